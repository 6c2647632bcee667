#!/usr/bin/env node
// Generates src/capnp/*.ts from capnp/*.capnp, and the test schemas' code beside them in
// test/fixture/ and test/interop/: typed readers, writers, clients and server types on top of
// src/rpc/codegen.ts. Needs the `capnp` compiler on the PATH; its output is committed, so only a
// change of a schema does.
//
//   npm run gen               writes
//   npm run gen -- --check    fails when what is committed is not current
//   node scripts/gen-capnp.mjs --out DIR --runtime SPECIFIER [--extension .gen.ts] FILE…

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { Message } from 'capnp-es'
import * as schema from 'capnp-es/capnp/schema'

import { generate } from './gen-capnp/generate.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'src/capnp') },
    runtime: { type: 'string', default: '../rpc/codegen.ts' },
    extension: { type: 'string', default: '.ts' },
  },
})
const schemasIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.capnp'))
    .map((name) => join(root, folder, name))

const jobs = [
  {
    inputs: positionals.length > 0 ? positionals : schemasIn('capnp'),
    out: options.out,
    runtime: options.runtime,
    extension: options.extension,
  },
]
if (positionals.length === 0) {
  for (const folder of ['test/fixture', 'test/interop']) {
    jobs.push({
      inputs: schemasIn(folder),
      out: join(root, folder),
      runtime: '../../src/rpc/codegen.ts',
      extension: '.gen.ts',
    })
  }
}

function fail(sentence) {
  process.stderr.write(`gen-capnp: ${sentence}\n`)
  process.exit(1)
}

const outputs = new Map()
for (const job of jobs) {
  const compiled = spawnSync('capnp', ['compile', '-o-', ...job.inputs], { maxBuffer: 64 << 20 })
  if (compiled.error) {
    fail(
      `cannot run the capnp compiler (${compiled.error.message}): install Cap'n Proto 0.9 or later`,
    )
  }
  if (compiled.status !== 0) fail(compiled.stderr.toString().trim())
  const request = new Message(compiled.stdout, false).getRoot(schema.CodeGeneratorRequest)
  for (const requested of request.requestedFiles.toArray()) {
    const name = basename(requested.filename)
    const path = join(job.out, name.replace(/\.capnp$/, job.extension))
    const source = job.inputs.find((input) => basename(input) === name)
    outputs.set(path, generate(request, requested, { ...job, licence: licenceOf(source) }))
  }
}

let stale = 0
for (const [path, text] of outputs) {
  if (!options.check) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    continue
  }
  let current
  try {
    current = readFileSync(path, 'utf8')
  } catch {
    current = undefined
  }
  if (current === text) continue
  stale++
  process.stderr.write(`gen-capnp: ${relative(root, path)} is not current: run \`npm run gen\`\n`)
}
if (stale > 0) process.exit(1)

/** The comment that opens a schema, if it is a licence: whoever copies the rest must keep it. */
function licenceOf(path) {
  const lines = readFileSync(path, 'utf8').split('\n')
  const head = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('#')),
  )
  return head.some((line) => line.includes('Copyright'))
    ? [...head.map((line) => line.replace('#', '//')), '']
    : []
}
