// The globals a guest carries only if it names them: each guest here is built and run in a real cell,
// and what it says is held against what Node says.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { buildGuest } from '../../src/bundle/index.ts'
import { loadProgram, spawnCell } from '../../src/cell/index.ts'
import { Random } from '../help/random.ts'
import { folderWith } from './folder.ts'

async function build(body: string): Promise<Buffer> {
  const source = `import { Executor, serve, type Guest } from 'ww/guest'
export async function main(guest: Guest): Promise<void> {
  const print = (value: unknown) => guest.stdout.write(JSON.stringify(value) + '\\n')
  const nameOf = (act: () => unknown): string => {
    try {
      act()
      return 'fine'
    } catch (thrown) {
      return (thrown as Error).name
    }
  }
  void [print, nameOf, Executor, serve]
  ${body}
}
`
  await using folder = await folderWith({ 'main.ts': source })
  const out = join(folder.path, 'main.wasm')
  await buildGuest({ entry: join(folder.path, 'main.ts'), out })
  return await readFile(out)
}

/** What it printed, a value a line. */
async function live(body: string): Promise<unknown[]> {
  await using cell = await spawnCell({
    program: await loadProgram(await build(body), 'main.wasm'),
    name: 'test',
    args: [],
    env: [],
    log: silentLog,
  })
  const all = async (reader: { read(maxBytes: number): Promise<Uint8Array> }) => {
    const chunks: Uint8Array[] = []
    for (;;) {
      const chunk = await reader.read(65_536)
      if (chunk.length === 0) return Buffer.concat(chunks).toString()
      chunks.push(chunk)
    }
  }
  const [stdout, stderr] = await Promise.all([all(cell.stdout), all(cell.stderr)])
  expect(stderr).toBe('')
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

const URLS: readonly (readonly [url: string, base?: string])[] = [
  ['http://user:pass@Example.COM:80/a/./b/../c?q=1#f'],
  ['https://example.com:443'],
  ['https://example.com:8443/%7Efoo/%zz'],
  ['//host/path', 'https://base/x'],
  ['../up?x', 'http://h/a/b/c'],
  ['?query', 'http://h/a?old#f'],
  ['#frag', 'http://h/a?old#f'],
  ['http://0x7f.1/'],
  ['http://192.168.257/'],
  ['http://1.2.3.4.5/'],
  ['http://[::1]:8080/'],
  ['http://[2001:db8:0:0:1:0:0:1]/'],
  ['http://[::1%eth0]/'],
  ['file:///C|/windows/../x'],
  ['file://localhost/etc'],
  ['mailto:a@b'],
  ['data:text/plain,hello world'],
  ['javascript:alert(1)'],
  ['http://a b/'],
  ['http://ex%41mple/'],
  ['http://h:99999/'],
  ['http:\\\\h\\p'],
  ['  http://h/\tx\n '],
  ['no scheme'],
  ['ws://h/?a=b&a=c'],
  ['http://h/?q=ü&x=\ud800'],
  ['blob:https://h/id'],
  ['non-special://h:80/p/../q'],
  ['non-special:/..//p'],
  ['http://h/a%2fb/%2e%2e/c'],
]
const PARTS = [
  'href',
  'origin',
  'protocol',
  'username',
  'host',
  'port',
  'pathname',
  'search',
  'hash',
]
const partsOf = (url: URL) => PARTS.map((part) => url[part as keyof URL])

test('URLs are what the standard makes of them', async () => {
  const expected = URLS.map(([url, base]) =>
    URL.canParse(url, base) ? partsOf(new URL(url, base)) : null,
  )
  const seen = await live(`
    const parts = ${JSON.stringify(PARTS)} as (keyof URL)[]
    for (const [url, base] of ${JSON.stringify(URLS)} as [string, string?][]) {
      const parsed = URL.parse(url, base)
      print(parsed && parts.map((part) => parsed[part]))
    }
  `)
  expect(seen).toEqual(expected)
})

test('search parameters are read, changed and sorted, and the URL follows', async () => {
  expect(
    await live(`
      const url = new URL('https://h/?b=2&a=%20+x&b=3')
      url.searchParams.append('ü', '&=')
      url.searchParams.sort()
      print([url.href, url.searchParams.getAll('b'), [...new URLSearchParams({ k: 'v w' })]])
    `),
  ).toEqual([['https://h/?a=++x&b=2&b=3&%C3%BC=%26%3D', ['2', '3'], [['k', 'v w']]]])
})

test('structuredClone keeps circles, kinds and identity, and refuses what has behaviour', async () => {
  expect(
    await live(`
      const shared = { deep: [1, , 3] }
      const from = {
        self: undefined as unknown,
        shared, again: shared, when: new Date(5), what: /a+/gi, big: 10n ** 20n, nothing: undefined,
        map: new Map([[shared, new Set([1, 'two'])]]),
        error: new RangeError('far', { cause: shared }),
        bytes: new Uint8Array([1, 2, 3, 4]).subarray(1, 3), boxed: Object(7), minus: -0,
      }
      from.self = from
      const to = structuredClone(from)
      print([
        to !== from, to.self === to, to.again === to.shared, to.shared !== shared, 1 in to.shared.deep,
        to.shared.deep.length, to.when instanceof Date, to.when.getTime(), String(to.what),
        String(to.big), 'nothing' in to, [...to.map.keys()][0] === to.shared,
        [...[...to.map.values()][0]!], to.error instanceof RangeError, to.error.message,
        to.error.cause === to.shared, [...to.bytes], to.bytes.byteOffset, typeof to.boxed, Object.is(to.minus, -0),
      ])
      const moved = new Uint8Array([9, 8]).buffer
      const arrived = structuredClone({ moved }, { transfer: [moved] })
      print([moved.byteLength, [...new Uint8Array(arrived.moved)]])
      print([() => {}, Symbol(), new WeakMap(), Promise.resolve(), { f() {} }].map((value) =>
        nameOf(() => structuredClone(value))))
    `),
  ).toEqual([
    [
      ...[true, true, true, true, false, 3, true, 5, '/a+/gi', '100000000000000000000', true, true],
      ...[[1, 'two'], true, 'far', true, [2, 3], 1, 'object', true],
    ],
    [0, [9, 8]],
    Array.from({ length: 5 }, () => 'DataCloneError'),
  ])
})

test('digests, UUIDs and base64 are those of the standards', async () => {
  const names = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']
  const text = 'a text of some length, '.repeat(20)
  const expected = await Promise.all(
    names.map(async (name) =>
      Buffer.from(await crypto.subtle.digest(name, Buffer.from(text))).toString('hex'),
    ),
  )
  const [digests, ids, base64, refused] = (await live(`
    const hex = (buffer: ArrayBuffer) =>
      [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const bytes = new TextEncoder().encode('a text of some length, '.repeat(20))
    const digests: string[] = []
    for (const name of ${JSON.stringify(names)}) digests.push(hex(await crypto.subtle.digest(name, bytes)))
    print(digests)
    print([crypto.randomUUID(), crypto.randomUUID()])
    print([btoa('\\u00ff\\u0000a'), atob('/wBh'), nameOf(() => btoa('\\u0100')), nameOf(() => atob('='))])
    print(await crypto.subtle.digest('MD5', bytes).catch((thrown: Error) => thrown.message))
  `)) as [string[], string[], unknown, string]
  expect(digests).toEqual(expected)
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
  expect(ids[0]).not.toBe(ids[1])
  expect(base64).toEqual([
    '/wBh',
    '\u00ff\u0000a',
    'InvalidCharacterError',
    'InvalidCharacterError',
  ])
  expect(refused).toContain('"MD5"')
})

test('text is encoded and decoded as in Node, whatever the units and bytes are', async () => {
  const random = new Random(8)
  const texts = Array.from({ length: 60 }, () =>
    Array.from({ length: random.below(12) }, () => {
      const kinds = [random.below(0x80), random.below(0x800), 0xd7f0 + random.below(0x820)]
      return kinds[random.below(kinds.length)]!
    }),
  )
  const blocks = Array.from({ length: 120 }, () =>
    Array.from({ length: random.below(9) }, () => {
      const kinds = [random.below(0x80), 0x80 + random.below(0x40), 0xc0 + random.below(0x40)]
      return kinds[random.below(kinds.length)]!
    }),
  )
  const [encoded, decoded] = await live(`
    print((${JSON.stringify(texts)} as number[][]).map((units) =>
      [...new TextEncoder().encode(String.fromCharCode(...units))]))
    print((${JSON.stringify(blocks)} as number[][]).map((bytes) =>
      [...new TextDecoder().decode(new Uint8Array(bytes))].map((point) => point.codePointAt(0))))
  `)
  const encoder = new TextEncoder()
  expect(encoded).toEqual(texts.map((units) => [...encoder.encode(String.fromCharCode(...units))]))
  const decode = (bytes: number[]) =>
    Array.from(new TextDecoder().decode(Uint8Array.from(bytes)), (point) => point.codePointAt(0))
  expect(decoded).toEqual(blocks.map(decode))
})

test('a guest with the whole RPC has under 900,000 bytes, and carries nothing it does not name', async () => {
  const plain = await build(`
    guest.offer(serve(Executor, {
      echo: ({ message }) => ({ response: message }),
      runBytes: () => ({}),
      spawn: () => ({}),
      load: () => { throw new Error('not here') },
    }))
    await guest.closed
  `)
  expect(plain.length).toBeLessThan(900_000)
  // Whoever passes it on passes on what its engine's licence asks for.
  expect(plain.toString('latin1')).toMatch(/QuickJS-NG[^]*Permission is hereby granted/)
  const using = await build(`print(new URL('http://h').href)`)
  const without = await build(`print('http://h/')`)
  expect(using.length - without.length).toBeGreaterThan(20_000)
})
