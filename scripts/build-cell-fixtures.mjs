// Builds the C programs that test/cell runs, from their sources beside them:
// `node scripts/build-cell-fixtures.mjs <folder with @bytecodealliance/jco in its node_modules>`.
// It needs clang and wasi-libc. What it makes is committed, because few machines have all of that.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const CLANG = ['clang', 'clang-19', 'clang-20', 'clang-18']
const PREVIEW1 = 'wasi_snapshot_preview1'
const FLAGS = ['--target=wasm32-wasi', '-Oz', '-Wl,--strip-all', '-Wl,--gc-sections']

const jcoFolder = process.argv[2]
if (jcoFolder === undefined) {
  throw new Error('Name the folder whose node_modules has @bytecodealliance/jco')
}
const require = createRequire(pathToFileURL(join(jcoFolder, 'package.json')))
const jco = await import(pathToFileURL(require.resolve('@bytecodealliance/jco')).href)

const fixture = join(import.meta.dirname, '../test/cell/fixture')
const scratch = mkdtempSync(join(tmpdir(), 'ww-fixture-'))
const at = (name) => join(fixture, name)
const compile = (...args) =>
  execFileSync(clang(), [...FLAGS, ...args], { stdio: ['ignore', 'inherit', 'inherit'] })

try {
  compile(at('files.c'), '-o', at('files.wasm'))
  const adapter = readFileSync(jco.preview1AdapterCommandPath())
  const command = readFileSync(at('files.wasm'))
  write('files.component.wasm', await jco.componentNew(command, [[PREVIEW1, adapter]]))

  const core = join(scratch, 'core.wasm')
  compile('-nostdlib', '-Wl,--no-entry', at('streams.c'), '-o', core)
  const witSource = readFileSync(at('streams.wit'), 'utf8')
  const embedded = await jco.componentEmbed({ binary: readFileSync(core), witSource })
  write('streams.component.wasm', await jco.componentNew(embedded))
} finally {
  rmSync(scratch, { recursive: true })
}

function clang() {
  for (const name of CLANG) {
    try {
      execFileSync(name, ['--target=wasm32-wasi', '--version'], { stdio: 'ignore' })
      return name
    } catch {
      // The next one, perhaps.
    }
  }
  throw new Error(`Install clang and wasi-libc: none of ${CLANG.join(', ')} is here`)
}

function write(name, built) {
  const component = withoutCustom(Buffer.from(built))
  writeFileSync(at(name), component)
  console.error(`${name}: ${component.length} bytes`)
}

/** A module or component without its custom sections, nor those of what is inside. */
function withoutCustom(bytes) {
  const isComponent = bytes[6] === 1
  const parts = [bytes.subarray(0, 8)]
  for (let position = 8; position < bytes.length;) {
    const id = bytes[position++]
    let length = 0
    for (let shift = 1, more = true; more; shift *= 128) {
      const byte = bytes[position++]
      length += (byte & 127) * shift
      more = byte > 127
    }
    const section = bytes.subarray(position, position + length)
    position += length
    if (id === 0) continue
    const kept = isComponent && (id === 1 || id === 4) ? withoutCustom(section) : section
    parts.push(Buffer.from([id, ...leb128(kept.length)]), kept)
  }
  return Buffer.concat(parts)
}

function leb128(value) {
  const bytes = []
  for (let left = value; ; left >>>= 7) {
    if (left < 128) return [...bytes, left]
    bytes.push((left & 127) | 128)
  }
}
