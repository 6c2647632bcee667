// Compiles src/ and test/ into dist/, then the images, and redoes only what has changed: a step is
// current when its inputs have the content they had when it last succeeded, and its outputs are there.
// Speaks on standard error, and only when there is something to do: `npm start` owns standard output.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const at = (path) => join(root, path)

/** What succeeded, by step: the hash of its inputs and the list of its outputs. */
const RECORD = 'dist/build.json'
/** What every guest is made of: the SDK, what it re-exports, and what turns both into wasm. */
const SDK = ['src/base', 'src/wire', 'src/rpc', 'src/capnp', 'src/guest', 'src/bundle']
/** What makes the engine under them. */
const ENGINE = ['scripts/build-engine.mjs', 'scripts/engine']
const LOCK = 'package-lock.json'
const TEMPLATES = 'src/bundle/template'
/**
 * What runs in threads of its own, or a process, each as one file: it is up sooner, and for the thread
 * that compiles, the file is what its work is known by. A CommonJS file is up soonest.
 */
const THREADS = [
  { entry: 'src/cell/worker.ts', file: 'dist/src/cell/worker.cjs', format: 'cjs' },
  { entry: 'src/cell/foreman-thread.ts', file: 'dist/src/cell/foreman.cjs', format: 'cjs' },
  { entry: 'src/cell/fence/inside.ts', file: 'dist/src/cell/host.cjs', format: 'cjs' },
  { entry: 'src/cell/compiler.ts', file: 'dist/src/cell/compiler.mjs', format: 'esm' },
]
const IMPORT_META = {
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href' },
}
const THREAD_SOURCES = ['src/base', 'src/cell']
/** What a build leaves in an image. */
const MADE = /^images\/[^/]+\/(boot|\.ww|node_modules)\/|\.wasm$/

const record = existsSync(at(RECORD)) ? JSON.parse(readFileSync(at(RECORD), 'utf8')) : {}

try {
  // Tests of a guest's parts import its sources, so these are compiled along.
  await step('src and test', ['src', 'test', 'images', 'tsconfig.json', LOCK], compile)
  if (THREADS.some(({ entry }) => existsSync(at(entry)))) {
    await step('threads', [...THREAD_SOURCES, LOCK], bundleThreads)
  }
  await step('engine', [...ENGINE, LOCK], async () => {
    const { buildEngine } = await import('./build-engine.mjs')
    return (await buildEngine(root)).map((path) => path.slice(root.length + 1))
  })
  for (const name of readdirSync(at('images')).sort()) {
    const image = `images/${name}`
    if (existsSync(at(`${image}/src`))) {
      await step(
        image,
        [image, 'scripts/build-wat.mjs', ...ENGINE, ...SDK, LOCK],
        async () => await buildGuests(image),
      )
    }
  }
} catch (thrown) {
  for (const problem of thrown.problems ?? []) console.error(problem)
  console.error(`ww: ${thrown.message}`)
  process.exitCode = 1
}

/** Does `work`, which returns the outputs, unless it is done already. */
async function step(title, inputs, work) {
  const hash = hashOf(inputs)
  const last = record[title]
  if (last?.hash === hash && last.outputs.every((path) => existsSync(at(path)))) return
  console.error(`Building ${title} …`)
  const started = performance.now()
  // Not current until it succeeds, whatever happens.
  delete record[title]
  saveRecord()
  const outputs = await work()
  record[title] = { hash, outputs }
  saveRecord()
  console.error(`Built ${title} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

function saveRecord() {
  mkdirSync(at('dist'), { recursive: true })
  writeFileSync(at(RECORD), JSON.stringify(record))
}

/** One hash over names and contents of files and folders; what a build has made is left out. */
function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(filesIn).sort()) {
    hash.update(`${path}\0`).update(
      createHash('sha256')
        .update(readFileSync(at(path)))
        .digest(),
    )
  }
  return hash.digest('hex')
}

function filesIn(path) {
  if (!existsSync(at(path))) return []
  let names
  try {
    names = readdirSync(at(path), { withFileTypes: true, recursive: true })
  } catch (thrown) {
    if (thrown.code === 'ENOTDIR') return [path]
    throw thrown
  }
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !MADE.test(file))
}

async function compile() {
  const { default: ts } = await import('typescript')
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} }
  const project = ts.getParsedCommandLineOfConfigFile(at('tsconfig.json'), {}, host)
  const outputs = project.fileNames
    .flatMap((file) => ts.getOutputFileNames(project, file, !ts.sys.useCaseSensitiveFileNames))
    .map((file) => file.slice(root.length + 1))
  // The compiler trusts its notes about the last run: without one of its outputs they are wrong.
  if (!outputs.every((path) => existsSync(at(path))))
    rmSync(at('dist/tsconfig.tsbuildinfo'), { force: true })
  removeStale()
  const tsc = [at('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']
  // Its findings go to standard error with the rest.
  const { status } = spawnSync(process.execPath, tsc, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('The sources do not compile; what is wrong stands above')
  chmodSync(at('dist/src/main.js'), 0o755)
  return [...outputs, ...copyAsTheyAre()]
}

async function bundleThreads() {
  const { build } = await import('esbuild')
  for (const { entry, file, format } of THREADS) {
    await build({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile: file,
      bundle: true,
      format,
      platform: 'node',
      target: 'node20',
      // What CommonJS has instead: a file of ours starts the threads that lie beside it.
      ...(format === 'cjs' ? IMPORT_META : {}),
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: 'none',
      logLevel: 'error',
    })
  }
  return THREADS.map(({ file }) => file)
}

/** A compiled file whose source is gone would still be imported, and a test would still run. */
function removeStale() {
  for (const file of filesIn('dist')) {
    const [, name] = /^dist\/(.*)\.(js|js\.map|d\.ts)$/.exec(file) ?? []
    const made =
      name === undefined || existsSync(at(`${name}.ts`)) || existsSync(at(`${name}.d.ts`))
    if (!made) rmSync(at(file))
  }
}

// The compiler leaves them where they are: declarations, of which `ww build` looks for those of the
// SDK beside it, and what `ww init` writes.
function copyAsTheyAre() {
  rmSync(at(`dist/${TEMPLATES}`), { recursive: true, force: true })
  const files = filesIn('src').filter(
    (file) => file.endsWith('.d.ts') || file.startsWith(`${TEMPLATES}/`),
  )
  for (const file of files) {
    mkdirSync(dirname(at(`dist/${file}`)), { recursive: true })
    cpSync(at(file), at(`dist/${file}`))
  }
  return files.map((file) => `dist/${file}`)
}

/** An image has guests in WAT, in TypeScript, or both. */
async function buildGuests(image) {
  const { buildWat } = await import('./build-wat.mjs')
  const outputs = await buildWat(at(image))
  if (filesIn(`${image}/src`).some((file) => /\/src\/(main|bin\/[^/]+)\.ts$/.test(file))) {
    const { buildImage } = await import(pathToFileURL(at('dist/src/bundle/index.js')).href)
    for (const { path } of await buildImage(at(image), { env: process.env })) outputs.push(path)
  }
  return outputs.map((path) => path.slice(root.length + 1))
}
