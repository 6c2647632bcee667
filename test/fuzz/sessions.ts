// Real sessions with their bytes changed: what a client once said to a vat, said again with bits,
// lengths and whole messages altered, in any cuts. Nothing is known of what must come of it, except
// that it comes to an end: results, or an abort of this one connection with a reason.

import { concatBytes } from '../../src/base/index.ts'
import { Connection, loopback, promised, serve } from '../../src/rpc/index.ts'
import { FrameReader, rootOf } from '../../src/wire/index.ts'
import { Message } from '../fixture/rpc.gen.ts'
import { Thing } from '../fixture/thing.gen.ts'
import type { Thing$Server } from '../fixture/thing.gen.ts'
import { Choices } from './choices.ts'
import type { Fuzzer } from './fuzzer.ts'

const NO_ENTRIES = { questions: 0, answers: 0, exports: 0, imports: 0, embargoes: 0 }
/** For what still runs when the connection is over. */
const MAX_END_TURNS = 60

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

export const sessions: Fuzzer = {
  name: 'sessions',
  maxBytes: 60,
  async run(input) {
    const choices = new Choices(input)
    session ??= await recordSession()
    return await play(altered(session, choices), choices.byte())
  },
}

/** The frames a client sent, recorded once. */
let session: readonly Uint8Array[] | undefined

/** An object that counts itself, and calls back what it is given. */
class Offer {
  alive = 0
  readonly #held: Thing[] = []

  thing(): Thing {
    this.alive++
    const server: Partial<Thing$Server> & Disposable = {
      ping: ({ tag }) => ({ tag }),
      make: () => ({ thing: this.thing() }),
      give: ({ thing }) => ({ thing }),
      later: () => ({
        thing: promised(
          Thing,
          turn().then(() => this.thing()),
        ),
      }),
      late: async () => {
        await turn()
        return { thing: this.thing() }
      },
      use: async ({ tag, thing }) => {
        await thing!.ping({ tag })
      },
      keep: ({ thing }) => {
        if (thing) this.#held.push(thing.$dup())
      },
      never: async (_, { signal }) =>
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      pour: async () => await turn(),
      [Symbol.dispose]: () => {
        this.alive--
      },
    }
    return serve(Thing, server as Thing$Server)
  }

  /** Calls all that was kept, as a program would. */
  pingKept(): Promise<unknown> {
    return Promise.allSettled(this.#held.map(async (held) => await held.ping({ tag: 1 })))
  }

  drop(): void {
    for (const held of this.#held.splice(0)) held[Symbol.dispose]()
  }
}

async function recordSession(): Promise<readonly Uint8Array[]> {
  const [here, there] = loopback()
  const sent: Uint8Array[] = []
  const frames = new FrameReader(({ segments }) => {
    const words = segments.map(({ bytes, start, end }) => bytes.slice(start * 8, end * 8))
    const table = new Uint8Array((4 + 4 * words.length + 7) & ~7)
    const view = new DataView(table.buffer)
    view.setUint32(0, words.length - 1, true)
    words.forEach((part, index) => view.setUint32(4 + 4 * index, part.length / 8, true))
    return sent.push(concatBytes([table, ...words])) > 0
  })
  const client = new Connection({
    open: (sink) => here.open(sink),
    send(chunks) {
      for (const chunk of chunks) frames.feed(chunk.slice())
      return here.send(chunks)
    },
    pause: () => here.pause(),
    resume: () => here.resume(),
    close: () => here.close(),
    abort: (reason) => here.abort(reason),
  })
  const vat = new Connection(there, { bootstrap: new Offer().thing() })
  const mine = new Offer()
  const remote = client.bootstrap(Thing)
  const own = mine.thing()
  using made = remote.make({ tag: 1 })
  await made.thing.ping({ tag: 2 })
  using given = remote.give({ tag: 3, thing: own })
  const early = given.thing.ping({ tag: 4 })
  await given
  await Promise.all([early, given.thing.ping({ tag: 5 })])
  await remote.use({ tag: 6, thing: own })
  await remote.pour({ tag: 14, data: new Uint8Array(16) })
  await remote.pour({ tag: 15 })
  await remote.keep({ tag: 7, thing: own })
  await remote.keep({
    tag: 8,
    thing: promised(
      Thing,
      turn().then(() => mine.thing()),
    ),
  })
  using later = remote.later({ tag: 9 })
  await later.thing.ping({ tag: 10 })
  using late = remote.late({ tag: 11 })
  await late.thing.ping({ tag: 12 })
  remote.never({ tag: 13 })[Symbol.dispose]()
  await turn()
  client.close()
  await vat.closed
  return sent
}

/** The same frames with some bytes changed, left out, doubled or moved. */
function altered(frames: readonly Uint8Array[], choices: Choices): Uint8Array[] {
  const changed = frames.map((frame) => frame.slice())
  while (!choices.isOver) {
    const at = choices.below(changed.length)
    const frame = changed[at]!
    const byte = choices.below(frame.length)
    switch (choices.below(8)) {
      case 0:
        changed.splice(at, 1)
        break
      case 1:
        changed.splice(choices.below(changed.length), 0, frame.slice())
        break
      case 2: {
        const other = choices.below(changed.length)
        changed[at] = changed[other]!
        changed[other] = frame
        break
      }
      case 3:
        changed[at] = frame.slice(0, byte)
        break
      case 4:
      case 5: // small numbers: ids, tags, kinds
        frame[byte & ~3] = choices.below(16)
        break
      case 6:
        frame[byte]! ^= 1 << choices.below(8)
        break
      default:
        frame[byte] = choices.byte()
    }
    if (changed.length === 0) break
  }
  return changed
}

async function play(frames: readonly Uint8Array[], cutting: number): Promise<string[]> {
  const offer = new Offer()
  const [ours, theirs] = loopback()
  const kinds = new Set<string>()
  let reason = 'no abort'
  const reader = new FrameReader((message) => {
    const read = rootOf(message).asStruct(Message)
    kinds.add(`said ${read.$which}`)
    if (read.abort) reason = read.abort.reason.replaceAll(/\d+/g, '#').slice(0, 60)
    return true
  })
  let isEnded = false
  ours.open({
    chunk: (chunk) => reader.feed(chunk),
    drained() {},
    ended() {
      isEnded = true
    },
  })
  const vat = new Connection(theirs, { bootstrap: offer.thing() })
  const bytes = concatBytes(frames)
  const step = cutting === 0 ? bytes.length : cutting * 8
  for (let at = 0; at < bytes.length; at += step) {
    ours.send([bytes.slice(at, at + step)])
    if (at % 3 === 0) await turn()
  }
  for (let turns = 0; turns < 4; turns++) await turn()
  const kept = offer.pingKept()
  await turn()
  if (reason !== 'no abort' && !isEnded) throw new Error(`an abort without an end: ${reason}`)
  // A changed message may be an abort of the peer, which is not answered.
  if (isEnded && reason === 'no abort') reason = 'ended by the peer'
  ours.close()
  const closed = await vat.closed
  if (isEnded && closed === undefined) throw new Error('an abort that closed does not know')
  await kept
  offer.drop()
  // Stream calls that were doubled take a turn each.
  for (let turns = 0; turns < 3 || (offer.alive > 0 && turns < MAX_END_TURNS); turns++) await turn()
  if (JSON.stringify(vat.stats) !== JSON.stringify(NO_ENTRIES)) {
    throw new Error(`entries are left: ${JSON.stringify(vat.stats)}`)
  }
  if (offer.alive !== 0) throw new Error(`${offer.alive} objects outlived the connection`)
  return [...kinds, reason]
}
