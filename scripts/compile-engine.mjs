#!/usr/bin/env node
// Makes `engine/quickjs.wasm`, the engine of guests in TypeScript, of the sources of QuickJS-NG. The result is
// committed: who builds ww needs no compiler, and has the engine everybody has. With the tools named
// below equal bytes come out, wherever it is made.
//
//   node scripts/compile-engine.mjs            makes it anew
//   node scripts/compile-engine.mjs --check    says whether it is what comes out; code 2 if that cannot be seen here
//
// An engine made for size takes half as much fuel again as one made for speed, which is nearly twice as large.
// But most of what a guest does is done by few functions: those in `engine/hot.txt` are made for
// speed, and all others for size.

import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ENGINE_FUNCTIONS } from './engine/exports.mjs'

/** From PyPI, because a registry keeps what it has. */
const SOURCES = {
  package: 'quickjs-ng==0.17.0.2',
  archive: 'quickjs_ng-0.17.0.2.tar.gz',
  sha256: '43d2e48272208721a7aaea8e3f02d4b9318f12ef20cc4f5421b59d9a470706ef',
  folder: 'quickjs_ng-0.17.0.2/upstream-quickjs',
}
/** From Debian 12: with others, other bytes come out. */
const TOOLS = {
  'clang-19': '1:19.1.7-3~deb12u1',
  'libclang-rt-19-dev-wasm32': '1:19.1.7-3~deb12u1',
  'lld-19': '1:19.1.7-3~deb12u1',
  'wasi-libc': '0.0~git20220510.9886d3d-2',
}
const CLANG = 'clang-19'
/** From npm. */
const BINARYEN = 'binaryen@132.0.0'
const OPTIMIZER = ['--yes', `--package=${BINARYEN}`, 'wasm-opt']

const TARGET = '--target=wasm32-wasi'
const COMPILE = [
  ...[TARGET, '-c', '-w', '-DNDEBUG', '-D_GNU_SOURCE', '-DQUICKJS_NG_BUILD'],
  ...['-D_WASI_EMULATED_PROCESS_CLOCKS', '-D_WASI_EMULATED_SIGNAL'],
  // What the language leaves open, as its authors assume it.
  ...['-funsigned-char', '-fno-strict-aliasing', '-fwrapv'],
  ...['-mbulk-memory', '-mnontrapping-fptoint', '-msign-ext'],
]
/** Of the engine's own stack; `src/bundle/snapshot-engine.ts` says how much of it scripts may use. */
const STACK_BYTES = 1 << 20
const LINK = [
  ...[TARGET, '-mexec-model=reactor', '-lwasi-emulated-process-clocks'],
  ...['-Wl,--stack-first', `-Wl,-z,stack-size=${STACK_BYTES}`, '-Wl,--strip-debug'],
  ...['-Wl,--export-table', '-Wl,--export=__stack_pointer'],
]
const FILES = [
  { name: 'quickjs', options: ['-O2'], hasHot: true },
  { name: 'libregexp', options: ['-Oz'] },
  { name: 'libunicode', options: ['-Oz'] },
  { name: 'dtoa', options: ['-Oz'] },
]

const FOLDER = join(import.meta.dirname, 'engine')
const ENGINE = join(FOLDER, 'quickjs.wasm')
/** What is not here, and not the fault of the engine that is. */
class NotFetched extends Error {}

const isCheck = process.argv[2] === '--check'
const missing = missingTools()
if (missing.length > 0) {
  console.log(`Skipped the engine of guests: to compile it takes ${missing.join(', ')} of Debian`)
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'ww-engine-'))
try {
  const engine = compile(folder)
  const isSame = readFileSync(ENGINE).equals(engine)
  if (!isCheck) writeFileSync(ENGINE, engine)
  const found = isSame ? 'what its sources give' : 'another one than its sources give'
  console.log(
    isCheck || isSame ? `The engine of guests is ${found}` : 'The engine of guests is new',
  )
  process.exitCode = isCheck && !isSame ? 1 : 0
} catch (thrown) {
  if (!(thrown instanceof NotFetched)) throw thrown
  console.log(`Skipped the engine of guests: ${thrown.message} could not be fetched`)
  process.exitCode = 2
} finally {
  rmSync(folder, { recursive: true })
}

function missingTools() {
  return Object.entries(TOOLS)
    .filter(([name, version]) => {
      const args = ['-W', '-f', '${Version}', name]
      return spawnSync('dpkg-query', args, { encoding: 'utf8' }).stdout !== version
    })
    .map(([name, version]) => `${name} ${version}`)
}

/** Downloads and compiles, all of it in this folder. */
function compile(folder) {
  const sdist = ['download', '-q', '--no-deps', '--no-binary', ':all:', SOURCES.package]
  fetch(SOURCES.package, 'pip', sdist, folder)
  fetch(BINARYEN, 'npx', [...OPTIMIZER, '--version'], folder)
  const archive = readFileSync(join(folder, SOURCES.archive))
  const found = createHash('sha256').update(archive).digest('hex')
  if (found !== SOURCES.sha256) {
    throw new Error(`Cannot compile ${SOURCES.archive}: its SHA-256 is ${found}`)
  }
  run('tar', ['-xzf', SOURCES.archive], folder)
  const sources = join(folder, SOURCES.folder)
  const objects = FILES.map(({ name, options, hasHot = false }) => {
    const source = join(sources, `${name}.c`)
    if (hasHot) writeFileSync(source, coldButHot(readFileSync(source, 'utf8'), hotNames()))
    // Relative: a name that stands in the code does not tell where it was made.
    run(CLANG, [...COMPILE, ...options, `${name}.c`, '-o', `${name}.o`], sources)
    return `${name}.o`
  })
  const exported = exportedNames().map((name) => `-Wl,--export=${name}`)
  run(CLANG, [...LINK, ...exported, ...objects, '-o', 'linked.wasm'], sources)
  const optimize = ['-Oz', '--strip-producers', '--strip-target-features']
  const files = ['linked.wasm', '-o', 'engine.wasm']
  run('npx', [...OPTIMIZER, ...optimize, ...files], sources)
  return readFileSync(join(sources, 'engine.wasm'))
}

/** What is called to take a snapshot, and what the glue calls. */
function exportedNames() {
  const glue = readFileSync(join(FOLDER, 'glue.wat'), 'utf8')
  const called = [...glue.matchAll(/"engine" "(JS_\w+)"/g)].map(([, name]) => name)
  return [...new Set([...ENGINE_FUNCTIONS, ...called])]
}

function hotNames() {
  return readFileSync(join(FOLDER, 'hot.txt'), 'utf8').trim().split('\n')
}

/** The source with every function marked to be small, but those in `names`. */
function coldButHot(source, names) {
  const push = '#pragma clang attribute push(__attribute__((minsize)), apply_to = function)\n'
  const pop = '#pragma clang attribute pop\n'
  const spans = names.flatMap((name) => {
    // Declarations too: a function is marked when one of them is.
    const heads = new RegExp(
      `^[A-Za-z_][^\\n;{}()=#]*\\b${name}\\([^;{}]*\\)[\\sA-Za-z_]*(;|\\n\\{)`,
      'gm',
    )
    const found = [...source.matchAll(heads)].map((head) => ({
      from: head.index,
      to:
        head[1] === ';' ? head.index + head[0].length + 1 : source.indexOf('\n}\n', head.index) + 3,
    }))
    if (found.length === 0) throw new Error(`hot.txt names ${name}, which is no function there`)
    return found
  })
  const from = source.indexOf('\n', source.indexOf('#include "dtoa.h"')) + 1
  const parts = [source.slice(0, from), push]
  let at = from
  for (const span of spans.sort((a, b) => a.from - b.from)) {
    parts.push(source.slice(at, span.from), pop, source.slice(span.from, span.to), push)
    at = span.to
  }
  return [...parts, source.slice(at), pop].join('')
}

/** @throws {NotFetched} */
function fetch(what, command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new NotFetched(what)
}

function run(command, args, cwd) {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
