// Renames interfaces in a finished component. The engine's linker refuses a world that imports the
// `wasi:io` it uses itself ("mismatched resource types"), so guests are built against interfaces of
// other names of the same length, which get their true names here.
//
// Invariants
//  - Only names change: imports, exports, aliases and types. Code, data and custom sections of core
//    modules stay as they are, whatever bytes they hold.
//  - The size stays the same, so no length in the file has to change.
//  - Every offset is checked against the end of the section it lies in.

import { WwError } from '../base/index.ts'

const CORE_LAYER = 0
const COMPONENT_LAYER = 1

/** Sections of a component that hold other binaries, which are walked into. */
const NESTED_CORE_MODULE = 1
const NESTED_COMPONENT = 4

/** Sections of a core module that hold names to link by. */
const CORE_IMPORTS = 2
const CORE_EXPORTS = 7

const PREAMBLE_BYTES = 8

/**
 * @returns a copy of `component` with `from` replaced by `to`, and how often that was done
 * @throws {WwError} BAD_COMPONENT when the bytes are not a whole component
 */
export function renameInterfaces(
  component: Uint8Array,
  from: string,
  to: string,
): { bytes: Uint8Array; count: number } {
  const search = new TextEncoder().encode(from)
  const replacement = new TextEncoder().encode(to)
  if (search.length !== replacement.length || search.length === 0) {
    throw new Error(`Cannot rename "${from}" to "${to}": the lengths differ`)
  }
  const bytes = component.slice()
  let count = 0

  const replaceIn = (start: number, end: number) => {
    for (let at = start; at + search.length <= end; at += 1) {
      if (!search.every((byte, index) => bytes[at + index] === byte)) continue
      bytes.set(replacement, at)
      count += 1
    }
  }

  const walk = (start: number, end: number, expected: number | undefined) => {
    const layer = layerAt(bytes, start, end)
    if (expected !== undefined && layer !== expected) throw malformed(start, 'the wrong layer')
    let at = start + PREAMBLE_BYTES
    while (at < end) {
      const id = bytes[at]!
      const { value: length, next } = readLength(bytes, at + 1, end)
      if (length > end - next) throw malformed(at, 'a section that runs over the end')
      at = next + length
      if (layer === CORE_LAYER) {
        if (id === CORE_IMPORTS || id === CORE_EXPORTS) replaceIn(next, at)
      } else if (id === NESTED_CORE_MODULE) {
        walk(next, at, CORE_LAYER)
      } else if (id === NESTED_COMPONENT) {
        walk(next, at, COMPONENT_LAYER)
      } else {
        replaceIn(next, at)
      }
    }
  }

  walk(0, bytes.length, COMPONENT_LAYER)
  return { bytes, count }
}

function layerAt(bytes: Uint8Array, start: number, end: number): number {
  const isWasm =
    end - start >= PREAMBLE_BYTES && MAGIC.every((byte, at) => bytes[start + at] === byte)
  if (!isWasm) throw malformed(start, 'no WebAssembly preamble')
  return bytes[start + 6]!
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d] // "\0asm"

/** An unsigned LEB128 of 32 bits. */
function readLength(bytes: Uint8Array, at: number, end: number): { value: number; next: number } {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    if (at >= end) throw malformed(at, 'a length cut short')
    const byte = bytes[at]!
    at += 1
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return { value, next: at }
  }
  throw malformed(at, 'a length of more than 32 bits')
}

function malformed(at: number, what: string): WwError {
  return new WwError('failed', 'BAD_COMPONENT', `Not a component: ${what} at byte ${at}`)
}
