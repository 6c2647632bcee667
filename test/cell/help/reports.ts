// Anything a cell host may say, in any cuts: it is read as what it is or it is a breach, alike however it
// is cut; and the node that hears it goes on, or has ended the host once and every cell with it.

import { Breach, encodeFrame, FrameReader } from '../../../src/cell/fence/frame.ts'
import type { Frame } from '../../../src/cell/fence/frame.ts'
import { FENCE_LIMITS } from '../../../src/cell/fence/limits.ts'
import type { Report } from '../../../src/cell/fence/message.ts'
import { decodeReport, encodeReport } from '../../../src/cell/fence/report.ts'
import { Choices } from '../../fuzz/choices.ts'
import type { Fuzzer } from '../../fuzz/fuzzer.ts'
import { Random } from '../../help/random.ts'
import { endedBy, HandHost, NO_GAUGES, rewrittenCode } from './fence.ts'

/** What the host was given: a program to compile, and a cell that runs. */
const PROGRAM = 1
const CELL = 2

export const reports: Fuzzer = {
  name: 'reports',
  maxBytes: 600,
  seeds: () => SAID.map((said) => Uint8Array.from([3, ...said.flatMap(inputOf)])),
  async run(input, line = () => {}) {
    const choices = new Choices(input)
    const cutting = choices.byte()
    const stream = streamFrom(choices)
    const random = new Random(cutting)
    const whole = read(stream, () => stream.length)
    for (const cut of [1, 0, 0]) {
      const pieces = read(stream, () => cut || 1 + random.below(cutting + 1))
      if (pieces.join('\n') !== whole.join('\n')) {
        throw new Error(`cut otherwise it is ${pieces.join(', ')} instead of ${whole.join(', ')}`)
      }
    }
    whole.forEach((said) => line(said))
    return [...whole.map(withoutNumbers), await heard(stream, cutting)]
  },
}

/** One byte each for kind, number, pipe and length, and the body; a kind of 255 is bytes as they are. */
function streamFrom(choices: Choices): Uint8Array {
  const parts: Uint8Array[] = []
  while (!choices.isOver) {
    const [kind, number, pipe, length] = [0, 1, 2, 3].map(() => choices.byte())
    const body = Uint8Array.from({ length: length! }, () => choices.byte())
    const frame = { kind: kind!, number: number!, pipe: pipe!, body }
    parts.push(kind === 255 ? body : encodeFrame(frame))
  }
  return Buffer.concat(parts)
}

/** What a reader makes of it, as text; a breach is the last. */
function read(stream: Uint8Array, nextCut: () => number): string[] {
  const found: string[] = []
  const reader = new FrameReader(FENCE_LIMITS.reportBytes, (frame) => {
    const report = decodeReport(frame)
    // What was understood is said again, and is the same.
    const again = decodeReport(frameOf(encodeReport(report)))
    if (plain(again) !== plain(report)) {
      throw new Error(`${plain(report)} said again is ${plain(again)}`)
    }
    found.push(`read ${report.kind} ${plain(report)}`)
  })
  try {
    for (let at = 0; at < stream.length;) {
      const chunk = stream.subarray(at, at + nextCut())
      at += chunk.length
      reader.push(chunk)
    }
  } catch (thrown) {
    if (!(thrown instanceof Breach)) throw thrown
    found.push(`breach: it ${thrown.message}`)
  }
  return found
}

/** What becomes of a node that hears it. */
async function heard(stream: Uint8Array, cutting: number): Promise<string> {
  const host = new HandHost()
  const compiled = host.fence.know(rewrittenCode()).then(
    () => 'compiled',
    () => 'not compiled',
  )
  const { cell, number } = host.running()
  if (number !== CELL) throw new Error(`the cell has number ${number}`)
  for (let at = 0; at < stream.length; at += 1 + cutting) {
    host.fence.receive(stream.subarray(at, at + 1 + cutting))
  }
  const isKilled = host.isKilled
  if (isKilled === host.fence.isFit) throw new Error('it is ended and fit')
  if (isKilled && host.isKept) throw new Error('it is ended and keeps the process alive')
  host.fence.end('was ended by the test')
  const { kind } = await cell.exited
  return `${isKilled ? 'ended' : 'lives'}, its cell ${kind}, its program ${await compiled}`
}

const numbers = (number: number) => ({ number })
const cell = numbers(CELL)
const sentence = 'it has no entry point'
/** What a host says that keeps to the protocol, and most of what it may not say in its place. */
const SAID: readonly (readonly Report[])[] = [
  [{ kind: 'up' }],
  [{ kind: 'compiled', number: PROGRAM }],
  [
    {
      kind: 'refused',
      number: PROGRAM,
      refusal: { kind: 'overloaded', code: 'BUSY', message: sentence },
    },
  ],
  [{ kind: 'refused', number: PROGRAM, refusal: { code: 'PROGRAM_BAD', message: sentence } }],
  [{ kind: 'notStarted', ...cell, cause: sentence }],
  [{ kind: 'bytes', ...cell, pipe: 'dataOut', bytes: Uint8Array.of(1, 2, 3) }],
  [
    { kind: 'bytes', ...cell, pipe: 'stdout', bytes: Uint8Array.of(1) },
    { kind: 'end', ...cell, pipe: 'stdout' },
  ],
  [{ kind: 'closed', ...cell, pipe: 'stdin' }],
  [{ kind: 'credit', ...cell, pipe: 'dataIn', count: 5 }],
  [{ kind: 'question', ...cell, question: { kind: 'find', path: '/a' } }],
  [{ kind: 'question', ...cell, question: { kind: 'list', path: '/', offset: 3 } }],
  [{ kind: 'question', ...cell, question: { kind: 'read', path: '/a/b', offset: 7, length: 9 } }],
  [{ kind: 'gauges', ...cell, gauges: { ...NO_GAUGES, fuel: 12.5, handles: 4 } }],
  [{ kind: 'askPlace', number: 0 }],
  [{ kind: 'givePlace', number: 0 }],
  [{ kind: 'ending', ...cell }, endedBy(CELL, 3)],
  [endedBy(CELL, 0, true)],
  ...(
    [
      { kind: 'trapped', code: 134, message: 'unreachable' },
      { kind: 'limited', code: 137, limit: 'fuel', message: 'used up its fuel, 10 units' },
      { kind: 'killed', code: 137 },
    ] as const
  ).map((exit): Report[] => [
    { kind: 'ended', ...cell, end: { exit, gauges: NO_GAUGES, isLeftBehind: false } },
  ]),
]

function inputOf(report: Report): number[] {
  const { kind, number, pipe, body } = frameOf(encodeReport(report))
  return [kind, number, pipe, body.length, ...body]
}

function frameOf(bytes: Uint8Array): Frame {
  let found: Frame | undefined
  new FrameReader(FENCE_LIMITS.reportBytes, (frame) => (found = frame)).push(bytes)
  return found!
}

/** As text, whatever kind of bytes they are. */
function plain(report: Report): string {
  return JSON.stringify(report, function (this: Record<string, unknown>, key, value: unknown) {
    const own = this[key]
    return own instanceof Uint8Array ? [...own] : value
  })
}

/** A kind of report, or a way to break the protocol. */
function withoutNumbers(said: string): string {
  return /^read \w+/.exec(said)?.[0] ?? said.replaceAll(/\d+/g, '#')
}
