// What a node says to a cell host, and what it believes of the answers: by hand, without a process.

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { FarSource, FarTarget } from '../../src/cell/fence/far-pipe.ts'
import { encodeFrame, FrameReader } from '../../src/cell/fence/frame.ts'
import type { Frame } from '../../src/cell/fence/frame.ts'
import { FENCE_LIMITS } from '../../src/cell/fence/limits.ts'
import type { Order, Report } from '../../src/cell/fence/message.ts'
import { decodeOrder, encodeOrder } from '../../src/cell/fence/order.ts'
import { decodeReport, encodeReport } from '../../src/cell/fence/report.ts'
import { DEFAULT_CELL_LIMITS } from '../../src/cell/limits.ts'
import { collect } from './help/cells.ts'
import { endedBy, HandHost, NO_GAUGES, rewrittenCode } from './help/fence.ts'

const { windowBytes, restBytes } = FENCE_LIMITS
const bytesOf = (length: number, from = 0) => new Uint8Array(length).map((_, i) => (from + i) * 13)
/** As text, whatever kind of bytes they are. */
const plain = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, key, item: unknown) {
    const own = this[key]
    if (own instanceof Uint8Array) return [...own]
    return own === Infinity ? 'Infinity' : item
  })

const frame = fc.record({
  number: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  kind: fc.integer({ min: 0, max: 255 }),
  pipe: fc.integer({ min: 0, max: 255 }),
  body: fc.uint8Array({ maxLength: 60 }),
})

test('frames arrive as they were sent, wherever the pipe cuts them', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(40)), (frames, cuts) => {
      const seen: Frame[] = []
      const reader = new FrameReader(60, (one) => seen.push({ ...one, body: one.body.slice() }))
      const all = Buffer.concat(frames.map(encodeFrame))
      let at = 0
      for (const cut of [...cuts, all.length]) {
        reader.push(all.subarray(at, at + cut))
        at = Math.min(all.length, at + cut)
      }
      expect(plain(seen)).toBe(plain(frames))
    }),
  )
})

test('a frame that is longer than allowed is refused by its header, however it arrives', () => {
  const long = encodeFrame({ number: 1, kind: 1, pipe: 0, body: new Uint8Array(61) })
  for (const cut of [4, 10, long.length]) {
    const reader = new FrameReader(60, () => {})
    const push = () => {
      for (let at = 0; at < 10; at += cut) reader.push(long.subarray(at, at + cut))
    }
    expect(push).toThrow('sent a message of 61 bytes, more than 60')
  }
})

const orders: Order[] = [
  { kind: 'setup', pool: { minIdle: 3, maxStarting: Infinity }, places: 7 },
  { kind: 'prepare' },
  { kind: 'part', number: 7, bytes: bytesOf(3) },
  {
    kind: 'program',
    number: 7,
    originalBytes: 1,
    shape: {
      kind: 'module',
      modules: [
        {
          memory: { minPages: 1, maxPages: 2 },
          tableEntries: 0,
          isMetered: true,
          hasStart: false,
          size: 2,
        },
      ],
    },
  },
  {
    kind: 'data',
    number: 9,
    program: 7,
    minPages: 3,
    segments: [
      [65_536, 2],
      [0, 0],
    ],
  },
  { kind: 'forget', number: 7 },
  {
    kind: 'start',
    number: 8,
    spec: {
      program: 7,
      name: 'ä "quoted"',
      args: ['∞', ''],
      env: ['A=b'],
      terminals: { stdin: true },
      limits: { ...DEFAULT_CELL_LIMITS, fuel: 5 },
    },
  },
  { kind: 'kill', number: 8 },
  { kind: 'bytes', number: 8, pipe: 'dataIn', bytes: bytesOf(9) },
  { kind: 'bytes', number: 8, pipe: 'stdin', bytes: bytesOf(0) },
  { kind: 'end', number: 8, pipe: 'stdin' },
  { kind: 'closed', number: 8, pipe: 'stdout' },
  { kind: 'credit', number: 8, pipe: 'stderr', count: 40_000 },
  { kind: 'answer', number: 8, answer: { kind: 'file', size: 2 ** 40 } },
  { kind: 'answer', number: 8, answer: { kind: 'directory' } },
  { kind: 'answer', number: 8, answer: { kind: 'bytes', bytes: bytesOf(5) } },
  { kind: 'answer', number: 8, answer: 'is-a-directory' },
  { kind: 'lend', number: 1 },
  { kind: 'recall', number: 1 },
]
const reports: Report[] = [
  { kind: 'up' },
  { kind: 'compiled', number: 7 },
  { kind: 'refused', number: 7, refusal: { code: 'PROGRAM_INVALID', message: 'it is odd' } },
  {
    kind: 'refused',
    number: 7,
    refusal: { kind: 'overloaded', code: 'COMPILER_BUSY', message: 'later' },
  },
  { kind: 'started', number: 8 },
  { kind: 'notStarted', number: 8, cause: 'it does not want to' },
  { kind: 'bytes', number: 8, pipe: 'dataOut', bytes: bytesOf(9) },
  { kind: 'end', number: 8, pipe: 'stderr' },
  { kind: 'closed', number: 8, pipe: 'stdin' },
  { kind: 'credit', number: 8, pipe: 'dataIn', count: 40_000 },
  { kind: 'question', number: 8, question: { kind: 'find', path: '/' } },
  { kind: 'question', number: 8, question: { kind: 'list', path: '/a', offset: 3 } },
  {
    kind: 'question',
    number: 8,
    question: { kind: 'read', path: '/a/ü', offset: 2 ** 40, length: 9 },
  },
  { kind: 'gauges', number: 8, gauges: { ...NO_GAUGES, fuel: 2 ** 50, memoryBytes: 1 } },
  { kind: 'ending', number: 8 },
  { kind: 'askPlace', number: 1 },
  { kind: 'givePlace', number: 1 },
  endedBy(8, 3),
  ...(
    [
      { kind: 'trapped', code: 134, message: 'unreachable' },
      { kind: 'limited', code: 137, limit: 'fuel', message: 'used up its fuel' },
      { kind: 'killed', code: 137 },
    ] as const
  ).map((exit): Report => {
    return { kind: 'ended', number: 8, end: { exit, gauges: NO_GAUGES, isLeftBehind: true } }
  }),
]

function sent<T>(encoded: Uint8Array, decode: (one: Frame) => T): T {
  let decoded: T | undefined
  new FrameReader(FENCE_LIMITS.orderBytes, (one) => void (decoded = decode(one))).push(encoded)
  return decoded!
}

test('every order and every report is the same on the other side', () => {
  for (const order of orders) {
    expect(plain(sent(encodeOrder(order), decodeOrder))).toBe(plain(order))
  }
  for (const report of reports) {
    expect(plain(sent(encodeReport(report), decodeReport))).toBe(plain(report))
  }
})

test('a sentence that is too long is cut by the host, not refused by the node', () => {
  const cause = 'x'.repeat(100_000)
  const seen = sent(encodeReport({ kind: 'notStarted', number: 1, cause }), decodeReport)
  expect(seen).toEqual({ kind: 'notStarted', number: 1, cause: cause.slice(0, 8_192) })
})

const NOTHING = Object.values(NO_GAUGES)
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const kindOf = (kind: Report['kind']) =>
  sent(encodeReport(reports.find((one) => one.kind === kind)!), (one) => one.kind)
const question = (path: string, offset = 0) => {
  const asked = { kind: 'read', path, offset, length: 1 } as const
  return sent(encodeReport({ kind: 'question', number: 1, question: asked }), (one) => one.body)
}

test.each<[string, Report['kind'] | number, Uint8Array, number?]>([
  ['unknown kind', 99, new Uint8Array()],
  ['pipe 0, which does not lead from a cell', 'bytes', new Uint8Array(1), 0],
  ['pipe 9, which does not lead from a cell', 'end', new Uint8Array(), 9],
  ['pipe 3, which does not lead to a cell', 'closed', new Uint8Array(), 3],
  ['where there is nothing to say', 'up', new Uint8Array(1)],
  ['where there is nothing to say', 'compiled', new Uint8Array(1)],
  ['where there is nothing to say', 'ending', new Uint8Array(1)],
  ['a count of a wrong size', 'credit', new Uint8Array(3), 0],
  ['gauges of a wrong size', 'gauges', new Uint8Array(25)],
  ['uses what nothing can use', 'gauges', new Uint8Array(Float64Array.of(1, -1, 0, 0).buffer)],
  ['uses what nothing can use', 'gauges', new Uint8Array(Float64Array.of(NaN, 1, 0, 0).buffer)],
  ['not JSON', 'ended', Buffer.from('{')],
  ['not UTF-8', 'ended', Uint8Array.of(0xff)],
  ['but not how', 'ended', json([{ kind: 'killed' }])],
  ['uses what nothing can use', 'ended', json([{ kind: 'killed' }, [1, 2], false])],
  ['in a way that there is not', 'ended', json([{ kind: 'exited', code: 'x' }, NOTHING, false])],
  ['in a way that there is not', 'ended', json([{ kind: 'limited', limit: 'x' }, NOTHING, false])],
  ['in a way that there is not', 'ended', json([{ kind: 'toString' }, NOTHING, false])],
  ['no parts', 'ended', json([null, NOTHING, false])],
  ['no sentence', 'ended', json([{ kind: 'trapped', message: 5 }, NOTHING, false])],
  ['no sentence', 'notStarted', json('x'.repeat(8_193))],
  ['for no reason', 'refused', json({ code: 'a b', message: 'x' })],
  ['a wrong size', 'question', new Uint8Array(13)],
  ['a wrong size', 'question', question(`/${'x'.repeat(4_096)}`)],
  ['leads elsewhere', 'question', question('a')],
  ['leads elsewhere', 'question', question('/a/../../etc/passwd')],
  ['leads elsewhere', 'question', question('/a//b')],
  ['leads elsewhere', 'question', question('/a/.')],
  ['leads elsewhere', 'question', question('/a\0b')],
  ['a part of no file', 'question', question('/a', -1)],
  ['a part of no file', 'question', question('/a', 0.5)],
  ['unknown kind', 'question', Buffer.concat([Uint8Array.of(9), question('/a').subarray(1)])],
])('a report with %s is refused (%s)', (reason, kind, body, pipe = 3) => {
  const number = typeof kind === 'number' ? kind : kindOf(kind)
  expect(() => decodeReport({ number: 1, kind: number, pipe, body })).toThrow(reason)
})

test('a pipe from a cell holds a window, gives back halves, and takes no byte more', () => {
  const told: number[] = []
  const source = new FarSource(windowBytes, {
    credit: (count) => void told.push(count),
    closed() {},
  })
  source.receive(bytesOf(windowBytes))
  expect(source.readable).toBe(windowBytes)
  const target = new Uint8Array(windowBytes)
  expect(source.read(target, 0, windowBytes / 2 - 1)).toBe(windowBytes / 2 - 1)
  expect(told).toEqual([])
  expect(() => source.receive(bytesOf(1))).toThrow('more to a pipe than it may')
  expect(source.read(target, windowBytes / 2 - 1, windowBytes)).toBe(windowBytes / 2 + 1)
  expect(told).toEqual([windowBytes])
  expect(Buffer.compare(target, bytesOf(windowBytes))).toBe(0)
})

test('bytes come out of a pipe as they went in, in any pieces', () => {
  const piece = fc.integer({ min: 0, max: 9_000 })
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, piece), { maxLength: 30 }), (pieces) => {
      const source = new FarSource(windowBytes, { credit() {}, closed() {} })
      let written = 0
      let read = 0
      for (const [one, other] of pieces) {
        if (source.readable + one <= windowBytes / 2) {
          source.receive(bytesOf(one, written))
          written += one
        }
        const target = new Uint8Array(other)
        const count = source.read(target, 0, other)
        expect(Buffer.compare(target.subarray(0, count), bytesOf(count, read))).toBe(0)
        read += count
      }
      expect(source.readable).toBe(written - read)
    }),
  )
})

test('what is left of a cell that ends comes beyond the window, and nothing behind the end', () => {
  const source = new FarSource(windowBytes, { credit() {}, closed() {} })
  source.receive(new Uint8Array(windowBytes))
  source.expectRest()
  source.receive(new Uint8Array(restBytes))
  expect(() => source.receive(new Uint8Array(1))).toThrow('than it may')
  source.end()
  expect(() => source.receive(new Uint8Array(0))).toThrow('behind its end')
})

test('a pipe to a cell sends no more than a window, and goes on when some was taken', () => {
  const told: number[] = []
  const target = new FarTarget(windowBytes, {
    bytes: (bytes) => void told.push(bytes.length),
    end() {},
  })
  expect(target.write(new Uint8Array(windowBytes + 9), 0, windowBytes + 9)).toBe(windowBytes)
  expect(target.write(new Uint8Array(9), 0, 9)).toBe(0)
  target.grant(5)
  expect(target.write(new Uint8Array(9), 0, 9)).toBe(5)
  expect(told).toEqual([windowBytes, 5])
  expect(() => target.grant(windowBytes + 1)).toThrow('took more from a pipe than it was given')
})

test.each<[string, (host: HandHost, number: number) => void]>([
  ['spoke of cell 99, which is not there', (host) => host.say({ kind: 'started', number: 99 })],
  [
    'spoke of program 5, which it was not given',
    (host) => host.say({ kind: 'compiled', number: 5 }),
  ],
  ['came up twice', (host) => host.say({ kind: 'up' }, { kind: 'up' })],
  ['spoke of place 999, which there is not', (host) => host.say({ kind: 'askPlace', number: 999 })],
  [
    'asked twice for a place to compute in',
    (host) => host.say({ kind: 'askPlace', number: 0 }, { kind: 'askPlace', number: 0 }),
  ],
  [
    'gave back a place to compute in that it does not have',
    (host) => host.say({ kind: 'askPlace', number: 0 }, { kind: 'givePlace', number: 0 }),
  ],
  [
    'wrote more to a pipe than it may',
    (host, number) => {
      const bytes = new Uint8Array(windowBytes)
      host.say({ kind: 'bytes', number, pipe: 'stdout', bytes })
      host.say({ kind: 'bytes', number, pipe: 'stdout', bytes: new Uint8Array(1) })
    },
  ],
  [
    'took more from a pipe than it was given',
    (host, number) => host.say({ kind: 'credit', number, pipe: 'stdin', count: 1 }),
  ],
  [
    'wrote nothing to a pipe',
    (host, number) => {
      host.say({ kind: 'bytes', number, pipe: 'stdout', bytes: new Uint8Array(0) })
    },
  ],
  [
    'ended a pipe twice',
    (host, number) => {
      const end = { kind: 'end', number, pipe: 'stdout' } as const
      host.say(end, end)
    },
  ],
  [
    'closed a pipe twice',
    (host, number) => {
      const closed = { kind: 'closed', number, pipe: 'stdin' } as const
      host.say(closed, closed)
    },
  ],
  [
    'gave no credit',
    (host, number) => host.say({ kind: 'credit', number, pipe: 'stdin', count: 0 }),
  ],
  [
    'said without pause what a cell uses',
    (host, number) => {
      for (let n = 0; n < 10_000; n++) host.say({ kind: 'gauges', number, gauges: NO_GAUGES })
    },
  ],
  [
    'ended a cell twice',
    (host, number) => host.say({ kind: 'ending', number }, { kind: 'ending', number }),
  ],
  [
    'asked a question before the last was answered',
    (host, number) => {
      const asked = { kind: 'find', path: '/' } as const
      const one = { kind: 'question', number, question: asked } as const
      host.say(one, one)
    },
  ],
  [
    'spoke of cell 2, which is not there',
    (host, number) => host.say(endedBy(number), endedBy(number)),
  ],
  [
    'sent a message of 65537 bytes, more than 65536',
    (host, number) => {
      const bytes = new Uint8Array(windowBytes + 1)
      host.say({ kind: 'bytes', number, pipe: 'stdout', bytes })
    },
  ],
])(
  'a host that does what it cannot do is ended, and its cells with it: it %s',
  async (what, act) => {
    const host = new HandHost()
    const { cell: other } = host.running('other')
    const { number } = host.running()
    act(host, number)
    expect(host.isKilled).toBe(true)
    expect(host.fence.isFit).toBe(false)
    expect(host.errors).toContain('cell host broke the protocol')
    const message = `its host process broke the protocol: it ${what}`
    expect(await other.exited).toEqual({ kind: 'trapped', code: 134, message })
    // Nothing of what it says later is heard.
    host.say({ kind: 'up' })
  },
)

test('a host that asks for files and does not read gets one answer, and no more until it reads', async () => {
  const host = new HandHost()
  let asked = 0
  const { number } = host.running('greedy', async () => {
    asked++
    return { kind: 'bytes', bytes: new Uint8Array(65_536) }
  })
  const question = { kind: 'read', path: '/a', offset: 0, length: 65_536 } as const
  const ask = async () => {
    host.say({ kind: 'question', number, question })
    await new Promise(setImmediate)
  }
  await ask()
  let goOn = () => {}
  host.read = new Promise((resolve) => void (goOn = resolve))
  await ask()
  expect(asked).toBe(1)
  goOn()
  await new Promise(setImmediate)
  expect(asked).toBe(2)
  expect(host.orders.filter(({ kind }) => kind === 'answer')).toHaveLength(2)
  host.read = new Promise(() => {})
  await ask()
  await ask()
  expect(host.isKilled).toBe(true)
})

test('a cell that ends with its host says so to whoever reads it, and to who calls it', async () => {
  const host = new HandHost()
  const { cell, number } = host.running('lost')
  host.say({ kind: 'bytes', number, pipe: 'dataOut', bytes: bytesOf(5) })
  const { ended } = collect(cell.data)
  host.fence.lose('was ended by SIGKILL')
  const { bytes, error } = await ended
  expect(bytes).toEqual(bytesOf(5))
  expect(error).toMatchObject({
    code: 'CELL_ENDED',
    message: 'Cell lost trapped: its host process was ended by SIGKILL',
  })
  await expect(cell.stdin.write(bytesOf(1))).rejects.toMatchObject({ code: 'PIPE_CLOSED' })
  expect(await cell.stdout.read(1)).toHaveLength(0)
})

test('a cell that is being killed when its host goes was killed', async () => {
  const host = new HandHost()
  const { cell, number } = host.running()
  const killed = cell.kill()
  expect(host.last('kill').number).toBe(number)
  host.fence.lose('was ended by SIGKILL')
  await killed
  expect(await cell.exited).toEqual({ kind: 'killed', code: 137 })
})

test('a cell of a host that is gone does not start, and says why', async () => {
  const host = new HandHost()
  host.fence.lose('ended by itself with code 7')
  await expect(host.start('late').cell.started).rejects.toMatchObject({
    code: 'CELL_NOT_STARTED',
    message: 'Cannot start cell late: it trapped: its host process ended by itself with code 7',
  })
})

test('where a thread does not end no cell is started; its host goes when the others have', async () => {
  const host = new HandHost()
  const one = host.running('healthy')
  const stuck = host.running('stuck')
  host.say({ kind: 'ending', number: stuck.number }, endedBy(stuck.number, 0, true))
  expect(host.errors).toEqual(['cell thread does not end'])
  expect([host.fence.isFit, host.isKilled]).toEqual([false, false])
  host.say({ kind: 'ending', number: one.number }, endedBy(one.number, 3))
  expect(await one.cell.exited).toEqual({ kind: 'exited', code: 3 })
  expect(host.isKilled).toBe(true)
})

test('a host with nothing but a thread that does not end is ended at once', () => {
  const host = new HandHost()
  const { number } = host.running()
  host.say(endedBy(number, 0, true))
  expect(host.isKilled).toBe(true)
})

test('a program is sent once, in parts, and is there for every cell', async () => {
  const host = new HandHost()
  const code = rewrittenCode(FENCE_LIMITS.partBytes + 1, 5)
  const both = Promise.all([host.fence.know(code), host.fence.know(code)])
  await new Promise(setImmediate)
  const parts = host.orders.filter((order) => order.kind === 'part')
  expect(parts.map(({ bytes }) => bytes.length)).toEqual([FENCE_LIMITS.partBytes, 1, 5])
  const { number, originalBytes } = host.last('program')
  expect(originalBytes).toBe(FENCE_LIMITS.partBytes + 1)
  expect(host.isKept).toBe(true)
  host.say({ kind: 'compiled', number })
  expect(await both).toEqual([number, number])
  expect(await host.fence.know(code)).toBe(number)
  expect(host.isKept).toBe(false)
})

test('of programs with one code, that is sent once, and what is their own follows it', async () => {
  const host = new HandHost()
  const code = rewrittenCode(3, 5)
  const [one, other] = [8, 9].map((byte) => ({
    minPages: byte,
    segments: [[64, 2]] as const,
    bytes: new Uint8Array(2).fill(byte),
  }))
  const known = Promise.all([host.fence.know(code, one), host.fence.know(code, other)])
  await new Promise(setImmediate)
  const { number: compiled } = host.last('program')
  expect(host.orders.some(({ kind }) => kind === 'data')).toBe(false)
  host.say({ kind: 'compiled', number: compiled })
  const numbers = await known
  expect(new Set([compiled, ...numbers]).size).toBe(3)
  expect(await host.fence.know(code, one)).toBe(numbers[0])
  const sentOnce = host.orders.filter(({ kind }) => kind === 'program' || kind === 'data')
  expect(sentOnce.map(({ kind }) => kind)).toEqual(['program', 'data', 'data'])
  expect(host.last('data')).toMatchObject({ number: numbers[1], program: compiled, minPages: 9 })
  const parts = host.orders.filter((order) => order.kind === 'part')
  expect(parts.map(({ number }) => number)).toEqual([compiled, compiled, ...numbers])
  expect(host.isKept).toBe(false)
})

test('a program that is refused has its reason, and can be asked for again', async () => {
  const host = new HandHost()
  const code = rewrittenCode()
  const asked = host.fence.know(code)
  await new Promise(setImmediate)
  const { number } = host.last('program')
  host.say({ kind: 'refused', number, refusal: { code: 'PROGRAM_INVALID', message: 'it is odd' } })
  await expect(asked).rejects.toMatchObject({ code: 'PROGRAM_INVALID', message: 'it is odd' })
  const again = host.fence.know(code)
  await new Promise(setImmediate)
  expect(host.last('program').number).not.toBe(number)
  host.fence.lose('was ended by SIGABRT')
  await expect(again).rejects.toMatchObject({
    code: 'PROGRAM_NOT_COMPILED',
    message: 'it could not be compiled: its host process was ended by SIGABRT',
  })
})

test('whatever a host says, the node goes on: it believes it, or has ended it', () => {
  // A host with a thread that does not end lives on for its healthy cells.
  const isOfAll = (report: Report) => report.kind !== 'ended' || !report.end.isLeftBehind
  const oneOf = fc.constantFrom(...reports.filter(isOfAll))
  const noise = fc.oneof(
    frame.map(encodeFrame),
    fc.uint8Array({ maxLength: 30 }),
    oneOf.map(encodeReport),
    fc.tuple(oneOf, fc.nat(3), fc.nat()).map(([report, number, flip]) => {
      const bytes = encodeReport('number' in report ? { ...report, number } : report)
      if (flip % 3 === 0) bytes[flip % bytes.length]! ^= 1 << (flip % 8)
      return bytes
    }),
  )
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 40 }), (said) => {
      const host = new HandHost()
      for (const name of ['one', 'other']) host.running(name)
      for (const bytes of said) host.fence.receive(bytes)
      // It was believed whole, or it is gone.
      expect(host.isKilled).toBe(!host.fence.isFit)
      host.fence.lose('was ended by SIGKILL')
    }),
    { numRuns: 2_000 },
  )
})
