import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { componentize } from 'componentize-qjs'

// The tests run from dist/test/cell/help; the fixtures are not compiled.
const FIXTURE = new URL('../../../../test/cell/fixture/', import.meta.url)

/** Builds test/cell/fixture/guest.js.txt as a component; takes seconds. */
export async function buildGuest(): Promise<Uint8Array> {
  const { component } = await componentize({
    witPath: fileURLToPath(new URL('guest.wit', FIXTURE)),
    jsSource: readFileSync(new URL('guest.js.txt', FIXTURE), 'utf8'),
    sync: true,
    optSize: true,
  })
  return withNames(component, 'wa5i:', 'wasi:')
}

const CUSTOM = 0
const CORE_MODULE = 1
const COMPONENT = 4
const CORE_DATA = 11

/**
 * The builder cannot match a world's `wasi:` interfaces with its engine's, so the world is written
 * with another name of the same length, put right here: in all of the component but the data and
 * custom sections of its core modules.
 */
function withNames(component: Uint8Array, from: string, to: string): Uint8Array {
  const bytes = Buffer.from(component)
  const rename = (start: number, end: number) => {
    for (let at = bytes.indexOf(from, start); at >= 0 && at < end; at = bytes.indexOf(from, at)) {
      bytes.write(to, at)
    }
  }
  const walk = (start: number, end: number, isComponent: boolean) => {
    for (let at = start + 8; at < end;) {
      const id = bytes[at++]!
      let length = 0
      for (let shift = 1, more = true; more; shift *= 128) {
        const byte = bytes[at++]!
        length += (byte & 127) * shift
        more = byte > 127
      }
      if (isComponent && (id === CORE_MODULE || id === COMPONENT)) {
        walk(at, at + length, id === COMPONENT)
      } else if (isComponent || (id !== CUSTOM && id !== CORE_DATA)) {
        rename(at, at + length)
      }
      at += length
    }
  }
  walk(0, bytes.length, true)
  return new Uint8Array(bytes)
}
