#!/usr/bin/env node
// Builds test/interop/peer, the other end of the interop suite on the C++ reference, into
// dist/interop. Needs the capnp tool, its C++ library and g++; installs them when it may (root, apt).
// Where they cannot be had it says so in one sentence, and the suite is skipped with that sentence.
//
//   node scripts/build-interop.mjs             builds unless what is there is current
//   node scripts/build-interop.mjs --find      prints the path of the current program; builds nothing

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const schemas = join(root, 'test/interop')
const schema = join(schemas, 'interop.capnp')
const sources = join(schemas, 'peer')
const out = join(root, 'dist/interop')

const COMPILE = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Wno-unused-parameter']
const LIBRARIES = ['-lcapnp-rpc', '-lcapnp', '-lkj-async', '-lkj', '-pthread']
const PACKAGES = ['capnproto', 'libcapnp-dev', 'g++']
const HEADER = '/usr/include/capnp/rpc-twoparty.h'

const units = readdirSync(sources)
  .filter((name) => name.endsWith('.c++'))
  .sort()
const program = join(out, `peer-${hashOfInputs().slice(0, 16)}`)

if (process.argv[2] === '--find') {
  if (existsSync(program)) console.log(program)
  else console.log('The C++ peer is not built: run `node scripts/build-interop.mjs`')
  process.exitCode = existsSync(program) ? 0 : 1
} else if (!existsSync(program)) {
  const missing = whatIsMissing()
  if (missing) console.log(`Skipped the C++ peer: ${missing}`)
  else process.exitCode = await build()
}

function hashOfInputs() {
  const hash = createHash('sha256').update(COMPILE.join(' '))
  const files = readdirSync(sources).sort()
  for (const path of [schema, ...files.map((name) => join(sources, name))]) {
    hash.update(`${path.slice(root.length)}\0`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function hasTools() {
  const runs = (command) => spawnSync(command, ['--version']).status === 0
  return runs('capnp') && runs('g++') && existsSync(HEADER)
}

/** Installs what is missing where that is possible. @returns why there is no building, if so */
function whatIsMissing() {
  if (hasTools()) return undefined
  const names = PACKAGES.join(', ')
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    return `it needs ${names} (Debian's names), and only root can install them with apt`
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update'], { env })
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES], { env })
  return hasTools() ? undefined : `${names} could not be installed`
}

async function build() {
  const started = performance.now()
  const work = join(out, `build-${process.pid}`)
  mkdirSync(work, { recursive: true })
  try {
    await run('capnp', ['compile', `-oc++:${work}`, `--src-prefix=${schemas}`, schema])
    const inputs = [join(work, 'interop.capnp.c++'), ...units.map((name) => join(sources, name))]
    const objects = inputs.map((_, index) => join(work, `${index}.o`))
    const waiting = [...inputs.entries()]
    const compileWaiting = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [index, input] = next
        await run('g++', [...COMPILE, `-I${work}`, '-c', input, '-o', objects[index]])
      }
    }
    await Promise.all([compileWaiting(), compileWaiting()])
    await run('g++', [...objects, ...LIBRARIES, '-o', join(work, 'peer')])
    for (const name of readdirSync(out).filter((name) => name.startsWith('peer-'))) {
      rmSync(join(out, name))
    }
    renameSync(join(work, 'peer'), program)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`Built the C++ peer in ${seconds} s`)
    return 0
  } catch (thrown) {
    console.error(`The C++ peer does not build: ${thrown.message}`)
    return 1
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Runs a command whose output is for people; rejects unless it succeeds. */
async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 2, 2] })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ended with code ${code}; what is wrong stands above`)
}
