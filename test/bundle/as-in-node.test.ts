// What the SDK adds to its engine, held against Node: every case is run by both, as the same source.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { buildGuest } from '../../src/bundle/index.ts'
import { loadProgram, spawnCell } from '../../src/cell/index.ts'
import { folderWith } from './folder.ts'

const CASES: Readonly<Record<string, readonly string[]>> = {
  'labels of UTF-8': [
    ...['utf-8', 'utf8', 'UTF-8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8'],
    ...['x-unicode20utf8', ' utf8 ', '\\t\\n\\f\\rutf8', '\\u00a0utf8', '\\u000butf8', 'utf_8', ''],
    ...['utf-8\\0', 'nonsense'],
  ].map((label) => `new TextDecoder('${label}').encoding`),

  'text decoders': [
    `[new TextDecoder().fatal, new TextDecoder('utf8', { fatal: 1, ignoreBOM: 'x' }).fatal]`,
    `[new TextDecoder('utf8', { ignoreBOM: 1 }).ignoreBOM, new TextDecoder(undefined, {}).ignoreBOM]`,
    `points(new TextDecoder().decode(bytes(0xef, 0xbb, 0xbf, 0x41)))`,
    `points(new TextDecoder('utf8', { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf, 0x41)))`,
    `points(new TextDecoder().decode(bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf)))`,
    `points(new TextDecoder().decode(bytes(0x41, 0xef, 0xbb, 0xbf)))`,
    `points(new TextDecoder().decode())`,
    `points(new TextDecoder().decode(undefined, { stream: true }))`,
    `points(new TextDecoder().decode(new Uint16Array([0x4241])))`,
    `points(new TextDecoder().decode(bytes(0xff, 0x41).buffer))`,
    `new TextDecoder('utf8', { fatal: true }).decode(bytes(0xff))`,
    `new TextDecoder('utf8', { fatal: true }).decode(bytes(0xe2, 0x82))`,
    `{ const d = new TextDecoder('utf8', { fatal: true }); return [points(d.decode(bytes(0xe2), { stream: true })), points(d.decode(bytes(0x82, 0xac)))] }`,
    `{ const d = new TextDecoder(); return [points(d.decode(bytes(0xef), { stream: true })), points(d.decode(bytes(0xbb), { stream: true })), points(d.decode(bytes(0xbf, 0x41), { stream: true })), points(d.decode(bytes(0xef, 0xbb, 0xbf)))] }`,
    `{ const d = new TextDecoder(); return [points(d.decode(bytes(0xf0, 0x9f), { stream: true })), points(d.decode())] }`,
    `{ const d = new TextDecoder(); d.decode(bytes(0xf0, 0x9f), { stream: true }); d.decode(); return points(d.decode(bytes(0xef, 0xbb, 0xbf, 0x42))) }`,
    `{ const d = new TextDecoder('utf8', { fatal: true }); try { d.decode(bytes(0xff), { stream: true }) } catch {} return points(d.decode(bytes(0xef, 0xbb, 0xbf, 0x42))) }`,
    `new TextDecoder().decode('text')`,
    `new TextDecoder().decode(5)`,
    `new TextDecoder().decode(null)`,
    `[new TextDecoder(), new TextEncoder()].map(String)`,
    `[...new TextEncoder().encode('\\ud800x\\udc00')]`,
    `[...new TextEncoder().encode()]`,
    `[...new TextEncoder().encode(null)]`,
    `[...new TextEncoder().encode(12)]`,
    `{ const into = new Uint8Array(4); return [new TextEncoder().encodeInto('a\\u20ac\\u{1f600}', into), [...into]] }`,
    `{ const into = new Uint8Array(0); return new TextEncoder().encodeInto('', into) }`,
  ],

  timers: [
    `{ const log = []; setTimeout(() => log.push(3), 200); setTimeout(() => log.push(1), 1); setTimeout(() => log.push('0'), 0); setTimeout(() => log.push('-'), -5); await pause(250); return log }`,
    `{ const log = []; setTimeout((...args) => log.push(args), 1, 'a', 2); await pause(5); return log }`,
    `{ const log = []; const id = setTimeout(() => log.push(1), 1); clearTimeout(id); clearTimeout(id); clearTimeout(undefined); clearTimeout(null); clearTimeout(123456); await pause(8); return log }`,
    `{ let n = 0; await new Promise((done) => { const id = setInterval(() => { n += 1; if (n < 3) return; clearInterval(id); setTimeout(done, 5) }, 1) }); return n }`,
    `{ let n = 0; await new Promise((done) => { const id = setInterval(() => { n += 1; if (n < 2) return; clearTimeout(id); setTimeout(done, 5) }, 1) }); return n }`,
    `{ const log = []; setTimeout(() => { log.push('timer'); queueMicrotask(() => log.push('micro')) }, 1); setTimeout(() => log.push('timer 2'), 1); await pause(10); return log }`,
    `{ const log = []; setTimeout(() => { setTimeout(() => log.push('inner'), 0); log.push('outer') }, 1); setTimeout(() => log.push('second'), 2); await pause(15); return log[0] }`,
    `{ const log = []; setTimeout(() => log.push('NaN'), NaN); setTimeout(() => log.push('text'), '2'); await pause(10); return log }`,
    `setTimeout('text', 1)`,
    `setTimeout(undefined, 1)`,
    `setInterval({}, 1)`,
    `queueMicrotask(5)`,
  ],

  'abort controllers': [
    `{ const c = new AbortController(); c.abort(); return [c.signal.aborted, c.signal.reason.name, c.signal.reason.code, c.signal.reason instanceof Error] }`,
    `{ const c = new AbortController(); c.abort(undefined); return c.signal.reason.name }`,
    `{ const c = new AbortController(); c.abort(null); return [c.signal.aborted, c.signal.reason] }`,
    `{ const c = new AbortController(); c.abort(1); c.abort(2); return c.signal.reason }`,
    `{ const log = []; const c = new AbortController(); c.signal.addEventListener('abort', (event) => log.push(event.type)); c.signal.onabort = () => log.push('on'); c.abort(); c.abort(); return log }`,
    `{ const log = []; const c = new AbortController(); c.signal.addEventListener('abort', { handleEvent() { log.push('object') } }, { once: true }); c.abort(); return log }`,
    `{ const c = new AbortController(); c.abort('why'); try { c.signal.throwIfAborted() } catch (e) { return e } }`,
    `AbortSignal.abort().reason.name`,
    `AbortSignal.abort(5).reason`,
    `AbortSignal.any([]).aborted`,
    `{ const c = new AbortController(); const s = AbortSignal.any([c.signal, AbortSignal.abort(3)]); return [s.aborted, s.reason] }`,
    `{ const s = AbortSignal.timeout(1); await pause(10); return [s.aborted, s.reason.name] }`,
    `new AbortSignal()`,
    `{ const c = new AbortController(); let n = 0; const on = () => n++; c.signal.addEventListener('abort', on); c.signal.removeEventListener('abort', on); c.abort(); return n }`,
  ],

  structuredClone: [
    `structuredClone({ a: [1, { b: null }], c: undefined, d: 'x' })`,
    `{ const a = []; a.length = 3; a.extra = 1; const b = structuredClone(a); return [b.length, 0 in b, b.extra] }`,
    `Object.getPrototypeOf(structuredClone(Object.create(null))) === Object.prototype`,
    `{ class A { x = 1; get y() { return 2 } } const b = structuredClone(new A()); return [b.constructor.name, b.x, b.y] }`,
    `structuredClone({ get x() { return 5 } })`,
    `structuredClone(Object.defineProperty({}, 'hidden', { value: 1 }))`,
    `Object.getOwnPropertySymbols(structuredClone({ [Symbol('s')]: 1 })).length`,
    `structuredClone(new Date(NaN)).getTime()`,
    `{ const r = /a/gy; r.lastIndex = 3; const s = structuredClone(r); return [s.source, s.flags, s.lastIndex] }`,
    `[typeof structuredClone(Object(true)), structuredClone(Object('x')).length, structuredClone(Object(5n)).valueOf() === 5n]`,
    `{ const e = structuredClone(Object.assign(new TypeError('m'), { code: 5 })); return [e.name, e.message, e instanceof TypeError, e.code] }`,
    `{ class Mine extends Error { name = 'Mine' } const e = structuredClone(new Mine('m')); return [e.name, e instanceof Error, e.constructor.name] }`,
    `{ const b = new ArrayBuffer(8); const c = structuredClone({ x: new Uint8Array(b, 2, 3), y: new DataView(b, 1) }); return [c.x.length, c.x.byteOffset, c.x.buffer === c.y.buffer, c.y.byteLength] }`,
    `structuredClone(Symbol.iterator)`,
    `structuredClone(() => 1)`,
    `structuredClone({ f: class {} })`,
    `structuredClone(new WeakSet())`,
    `structuredClone()`,
    `{ const b = new ArrayBuffer(4); structuredClone(b, { transfer: [b] }); return structuredClone(b) }`,
    `{ const b = new ArrayBuffer(4); return structuredClone(b, { transfer: [b, b] }) }`,
    `{ let o = {}; for (let n = 0; n < 200; n++) o = { o }; return structuredClone(o).o.o !== undefined }`,
  ],

  URL: [
    `new URL('')`,
    `new URL('x')`,
    `new URL('x', 'y')`,
    `new URL(null, 'http://h').href`,
    `new URL({ toString: () => 'http://x/' }).href`,
    `String(new URL('http://h?a')) + JSON.stringify(new URL('http://h?a'))`,
    `{ const u = new URL('http://h:1/p?q#f'); u.port = '80'; u.hash = ''; u.search = ''; u.protocol = 'https'; u.host = 'x:99'; return u.href }`,
    `{ const u = new URL('http://h/'); u.port = '70000'; u.protocol = 'nonsense'; u.host = ''; return u.href }`,
    `{ const u = new URL('http://h/'); u.pathname = 'a b/../c'; u.username = 'ü'; u.password = ':'; return u.href }`,
    `{ const u = new URL('mailto:x'); u.host = 'y'; u.port = '1'; u.pathname = 'z'; return u.href }`,
    `{ const u = new URL('http://h/?a=1'); u.searchParams.delete('a'); return u.href }`,
    `{ const u = new URL('http://h/'); u.href = 'bad' }`,
    `[...new URLSearchParams('?a=1&a=2&b=%zz&=x&c')]`,
    `new URLSearchParams([['a', 'b'], ['c']])`,
    `new URLSearchParams([['a', 'b c'], ['+', '&']]).toString()`,
    `{ const p = new URLSearchParams('a=1&b=2&a=3'); p.set('a', '9'); p.delete('b', '3'); return [p.toString(), p.size, p.has('a', '1'), p.get('none')] }`,
    `{ const p = new URLSearchParams('a=1&b=2'); const seen = []; for (const [k] of p) { seen.push(k); p.delete('b') } return seen }`,
  ],
}

const PRELUDE = `
const bytes = (...list) => Uint8Array.from(list)
const points = (text) => Array.from(text, (one) => one.codePointAt(0))
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const plain = (value) => JSON.stringify(value === undefined ? 'undefined' : value, (_, one) =>
  typeof one === 'bigint' ? one + 'n' : one === undefined ? 'undefined' : one)
const outcome = async (act) => {
  try {
    return plain(await act())
  } catch (thrown) {
    return 'throws ' + (thrown instanceof Error || thrown?.name ? thrown.name : String(thrown))
  }
}
`
const asFunction = (source: string) =>
  /^\{ .*\}$/.test(source) && /\b(const|let|return|class)\b/.test(source)
    ? `async () => ${source}`
    : `async () => (${source})`
const sources = Object.values(CASES).flat()
const program = `${PRELUDE}
export const outcomes = async () => {
  const all = []
  for (const act of [${sources.map(asFunction).join(',\n')}]) all.push(await outcome(act))
  return all
}
`

let inNode: readonly string[]
let inCell: readonly string[]

beforeAll(async () => {
  await using folder = await folderWith({
    'main.ts': `import { outcomes } from './cases.ts'
import type { Guest } from 'ww/guest'
export async function main(guest: Guest): Promise<void> {
  guest.stdout.write(JSON.stringify(await outcomes()))
}
`,
    'cases.ts': `// @ts-nocheck\n${program}`,
    'cases.mjs': program,
  })
  const here = (await import(join(folder.path, 'cases.mjs'))) as {
    outcomes(): Promise<readonly string[]>
  }
  inNode = await here.outcomes()
  const out = join(folder.path, 'main.wasm')
  await buildGuest({ entry: join(folder.path, 'main.ts'), out })
  await using cell = await spawnCell({
    program: await loadProgram(await readFile(out), 'main.wasm'),
    name: 'test',
    args: [],
    env: [],
    log: silentLog,
  })
  let text = ''
  for (;;) {
    const chunk = await cell.stdout.read(65_536)
    if (chunk.length === 0) break
    text += Buffer.from(chunk).toString()
  }
  expect(Buffer.from(await cell.stderr.read(65_536)).toString()).toBe('')
  inCell = JSON.parse(text) as readonly string[]
})

describe.each(Object.entries(CASES))('%s', (_, cases) => {
  test.each(cases)('%s', (source) => {
    const at = sources.indexOf(source)
    expect(inCell[at]).toBe(inNode[at])
  })
})
