#!/usr/bin/env node
// Makes `engine/quickjs.wasm`, the engine of guests in TypeScript, of the sources of QuickJS-NG. The result is
// committed: who builds ww needs no compiler, and has the engine everybody has. With the tools named
// below equal bytes come out, wherever it is made.
//
//   pip download --no-deps --no-binary :all: quickjs-ng==0.17.0.2
//   node scripts/compile-engine.mjs quickjs_ng-0.17.0.2.tar.gz            makes it anew
//   node scripts/compile-engine.mjs quickjs_ng-0.17.0.2.tar.gz --check    says whether it is what comes out
//
// An engine made for size takes half as much fuel again as one made for speed, which is nearly twice as large.
// But most of what a guest does is done by few functions: those in `engine/hot.txt` are made for
// speed, and all others for size.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ENGINE_FUNCTIONS } from './engine/exports.mjs'

/** From PyPI, because a registry keeps what it has. */
const SOURCES = {
  sha256: '43d2e48272208721a7aaea8e3f02d4b9318f12ef20cc4f5421b59d9a470706ef',
  folder: 'quickjs_ng-0.17.0.2/upstream-quickjs',
}
/** clang-19, lld-19, wasi-libc and libclang-rt-19-dev-wasm32 of Debian 12. */
const CLANG = { command: 'clang-19', version: '19.1.7 (3~deb12u1)' }
/** From npm. */
const BINARYEN = 'binaryen@132.0.0'

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
const [archive, check] = process.argv.slice(2)
if (archive === undefined) throw new Error('Name the archive with the sources')
const engine = compile(archive)
if (check !== '--check') writeFileSync(ENGINE, engine)
else if (!readFileSync(ENGINE).equals(engine)) throw new Error('quickjs.wasm is another one')

function compile(archive) {
  const found = createHash('sha256').update(readFileSync(archive)).digest('hex')
  if (found !== SOURCES.sha256) {
    throw new Error(`Cannot compile ${archive}: its SHA-256 is ${found}, not ${SOURCES.sha256}`)
  }
  const version = run(CLANG.command, ['--version']).split('\n')[0]
  if (!version.includes(CLANG.version)) {
    throw new Error(`Cannot compile with ${version}: only ${CLANG.version} gives equal bytes`)
  }
  const folder = mkdtempSync(join(tmpdir(), 'ww-engine-'))
  try {
    run('tar', ['-xzf', archive, '-C', folder])
    const sources = join(folder, SOURCES.folder)
    const objects = FILES.map(({ name, options, hasHot = false }) => {
      const source = join(sources, `${name}.c`)
      if (hasHot) writeFileSync(source, coldButHot(readFileSync(source, 'utf8'), hotNames()))
      // Relative: a name that stands in the code does not tell where it was made.
      run(CLANG.command, [...COMPILE, ...options, `${name}.c`, '-o', `${name}.o`], sources)
      return `${name}.o`
    })
    const exported = exportedNames().map((name) => `-Wl,--export=${name}`)
    run(CLANG.command, [...LINK, ...exported, ...objects, '-o', 'linked.wasm'], sources)
    const optimize = ['wasm-opt', '-Oz', '--strip-producers', '--strip-target-features']
    const files = ['linked.wasm', '-o', 'engine.wasm']
    run('npx', ['--yes', `--package=${BINARYEN}`, ...optimize, ...files], sources)
    return readFileSync(join(sources, 'engine.wasm'))
  } finally {
    rmSync(folder, { recursive: true })
  }
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

function run(command, args, cwd) {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
