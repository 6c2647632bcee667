// What a built guest is made of, and where its engine gives in instead of breaking.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, expect, test, vi } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { buildGuest } from '../../src/bundle/index.ts'
import { loadProgram, spawnCell } from '../../src/cell/index.ts'
import { Random } from '../help/random.ts'
import { folderWith } from './folder.ts'

const GUEST = `
import type { Guest } from 'ww/guest'

const acts: Record<string, (guest: Guest) => Promise<void> | void> = {
  recursion() {
    class Endless {
      constructor() {
        void new Endless()
      }
    }
    const ways: Record<string, () => void> = {
      call: function down() {
        ways['call']!()
      },
      getter() {
        const endless = { get next(): unknown { return endless.next } }
        void endless.next
      },
      constructor: () => void new Endless(),
      callback: () => void [1].map(ways['callback']!),
      comparison: () => void [2, 1].sort(() => (ways['comparison']!(), 0)),
      replacement: () => void 'a'.replace(/a/, () => (ways['replacement']!(), '')),
      serializing() {
        const endless = { toJSON: (): unknown => JSON.stringify(endless) }
        JSON.stringify(endless)
      },
      parsing: () => void JSON.parse('['.repeat(1_000_000)),
      proxy() {
        const endless: object = new Proxy({}, { get: (_, key) => Reflect.get(endless, key) })
        Reflect.get(endless, 'x')
      },
      text() {
        const endless = { toString: (): string => String(endless) }
        String(endless)
      },
      reading: () => void JSON.parse('[1]', () => ways['reading']!()),
      generator() {
        function* endless(): Generator { yield* endless() }
        endless().next()
      },
    }
    for (const [name, act] of Object.entries(ways)) {
      try {
        act()
      } catch (thrown) {
        console.log(name, (thrown as Error).name)
      }
    }
  },
  memory() {
    const held: unknown[] = []
    try {
      for (;;) held.push(new Array(100_000).fill(1))
    } catch (thrown) {
      held.length = 0
      console.log((thrown as Error).message)
    }
  },
  async forgotten(guest) {
    const registry = new FinalizationRegistry<string>((held) => console.log(held))
    const forget = (held: string, isKept: boolean) => {
      const target = { held }
      registry.register(target, held, target)
      if (isKept) registry.unregister(target)
    }
    forget('gone', false)
    forget('unregistered', true)
    await guest.sleep(1)
  },
}

export async function main(guest: Guest): Promise<void> {
  await acts[guest.args[0] ?? '']?.(guest)
}
`

async function build(source = GUEST): Promise<Buffer> {
  await using folder = await folderWith({ 'src/main.ts': source })
  const out = join(folder.path, 'boot/main.wasm')
  await buildGuest({ entry: join(folder.path, 'src/main.ts'), out, root: folder.path })
  return await readFile(out)
}

let building: Promise<Buffer> | undefined
const built = async () => await (building ??= build())

/** What the guest prints. */
async function live(act: string, bytes?: Buffer): Promise<string> {
  await using cell = await spawnCell({
    program: await loadProgram(bytes ?? (await built()), 'main.wasm'),
    name: 'test',
    args: [act],
    env: [],
    log: silentLog,
  })
  const chunks: Uint8Array[] = []
  for (;;) {
    const chunk = await cell.stdout.read(65_536)
    if (chunk.length === 0) break
    chunks.push(chunk)
  }
  expect(await cell.exited).toEqual({ kind: 'exited', code: 0 })
  return Buffer.concat(chunks).toString()
}

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

test('a guest is a command of preview 1, in under 0.9 MB, and needs nothing else', async () => {
  const bytes = await built()
  const module = await WebAssembly.compile(bytes)
  expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(['memory', '_start'])
  expect(new Set(WebAssembly.Module.imports(module).map((one) => one.module))).toEqual(
    new Set(['wasi_snapshot_preview1']),
  )
  // A guest with the SDK and little else; and the largest we have.
  expect(bytes.length).toBeLessThan(800_000)
  const kernel = new URL('../../../images/kernel/boot/main.wasm', import.meta.url)
  expect((await readFile(kernel)).length).toBeLessThan(900_000)
})

/** What is neither data nor the size of the memory. */
function codeOf(bytes: Buffer): string {
  const parts: string[] = []
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at++]!
    let length = 0
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = bytes[at++]!
      length += (byte & 127) << shift
      more = byte > 127
    }
    const [memory, data] = [5, 11]
    if (id !== memory && id !== data) parts.push(bytes.toString('latin1', at, at + length))
    at += length
  }
  return parts.join('|')
}

test('guests differ in their data and the size of their memory, and nowhere else', async () => {
  const other = await build('export function main(): void {}\n')
  expect(codeOf(other) === codeOf(await built())).toBe(true)
  expect(other.equals(await built())).toBe(false)
})

test('a guest too large for the room below its heap runs as any other', async () => {
  const random = new Random(3)
  const text = Buffer.from(random.bytes(1_200_000)).toString('base64')
  const bytes = await build(
    `const text = '${text}'\nexport function main(): void { console.log(text.length, text.slice(-8)) }\n`,
  )
  expect(await live('', bytes)).toBe(`${text.length} ${text.slice(-8)}\n`)
})

test('equal sources give equal bytes, whatever the folder, the date and the environment', async () => {
  const first = await built()
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2031-05-06T07:08:09Z') })
  vi.stubEnv('TZ', 'Asia/Tokyo')
  vi.stubEnv('LANG', 'de_DE.UTF-8')
  expect(Buffer.compare(await build(), first)).toBe(0)
})

test('a recursion that never ends is a RangeError the guest can catch, whatever calls what', async () => {
  const ways =
    'call getter constructor callback comparison replacement serializing parsing proxy text reading generator'
  const expected = ways.split(' ').map((way) => `${way} RangeError\n`)
  expect(await live('recursion')).toBe(expected.join(''))
})

test('a guest that wants more memory than its cell has gets an error it can catch', async () => {
  expect(await live('memory')).toBe('out of memory\n')
})

test('what is forgotten is told to its registry, also when it is its own token', async () => {
  expect(await live('forgotten')).toBe('gone\n')
})
