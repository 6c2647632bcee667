// Makes the two modules `ww build` needs from QuickJS-NG (`compile-engine.mjs` made it) and our glue:
// `builder.wasm`, in which a guest is evaluated when it is built, and `runtime.wasm`, the program its
// memory is put into. Both have the same table, so what points into it in one holds in the other.
// Beside them: `url.mjs`, the globals of the URL standard as one module, and the notices of all of them.

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { build } from 'esbuild'
import wabt from 'wabt'

import { BUILDER_EXPORTS } from './engine/exports.mjs'
import { link } from './engine/link.mjs'

const NOTICE = 'scripts/engine/NOTICE.txt'
const PROGRAM_EXPORTS = ['memory', '_start']

/** @returns {Promise<string[]>} the files written, absolute */
export async function buildEngine(project) {
  const engine = await readFile(join(project, 'scripts/engine/quickjs.wasm'))
  const glue = await assemble(join(project, 'scripts/engine/glue.wat'))
  const natives = WebAssembly.Module.exports(new WebAssembly.Module(glue))
    .map(({ name }) => name)
    .filter((name) => /^(js|c):/.test(name))
  const folder = join(project, 'dist/src/bundle/engine')
  await mkdir(folder, { recursive: true })
  const builder = join(folder, 'builder.wasm')
  const runtime = join(folder, 'runtime.wasm')
  const exported = [...BUILDER_EXPORTS, ...natives]
  await writeFile(builder, link(engine, glue, { exported, withData: true }))
  // Whoever passes a program on passes the notice on.
  const notice = await readFile(join(project, NOTICE))
  const program = link(engine, glue, { exported: PROGRAM_EXPORTS, withData: false, notice })
  await writeFile(runtime, program)
  const text = join(folder, 'NOTICE.txt')
  await copyFile(join(project, NOTICE), text)
  return [builder, runtime, text, await buildUrl(project, folder)]
}

async function buildUrl(project, folder) {
  const outfile = join(folder, 'url.mjs')
  await build({
    absWorkingDir: project,
    entryPoints: ['scripts/engine/url.mjs'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    // Names too: else the places of its modules stand in it.
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
  })
  return outfile
}

async function assemble(path) {
  const module = (await wabt()).parseWat('glue.wat', await readFile(path, 'utf8'))
  try {
    module.resolveNames()
    module.validate()
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}
