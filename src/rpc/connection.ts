// One end of a connection between two vats: Cap'n Proto RPC, level 1, in both roles at once.
//
// Four tables, after rpc.capnp; two of ids we choose, two of ids the peer chooses. Each is a file, with
// the rules of its messages.
//
//   ours:   questions  calls we made               exports  capabilities the peer holds
//   theirs: answers    calls the peer made         imports  capabilities we hold
//
// What the messages of level 1 do, seen from us (─▶ we send, ◀─ we receive), and where:
//
//   the start       Bootstrap 0 ─▶ … ◀─ Return 0                      questions.ts; answers.ts
//   a call          Call 7 ─▶ … ◀─ Return 7, Finish 7 ─▶              questions.ts; answers.ts
//   given up        Call 7 ─▶ Finish 7 ─▶ … ◀─ Return 7                questions.ts; answers.ts
//   pipelined       Call 7 ─▶ Call 8 on 7.0 ─▶                         hook.ts, remote.ts; answers.ts
//   results kept    ◀─ Call 5 to yourself, Return 5 elsewhere ─▶       answers.ts
//                   Call 7 ─▶ … ◀─ Return 7 take from 5                questions.ts
//   a reference     ◀─ senderHosted 4 … Release 4 x1 ─▶                imports.ts; exports.ts
//   a promise       ◀─ senderPromise 3 … ◀─ Resolve 3, Release 3 ─▶    imports.ts; exports.ts
//   … that is ours  ◀─ Resolve 3 to our 1, Disembargo e to 3 ─▶        embargoes.ts: calls wait
//                   … ◀─ Disembargo e back: the calls go on            embargoes.ts, both ways
//   broken rules    Abort ─▶, and the link ends                        whoever finds it throws protocolError
//   level 3         ◀─ Provide; Unimplemented(Provide) ─▶              #receive
//
// How messages leave is sender.ts; how they lie in memory protocol.ts; what waits for a promise and in
// which order hook.ts; what goes over a connection remote.ts; who owns which capability in a message
// payload.ts; objects of ours local.ts; streams stream.ts.
//
// Invariants (each table has its own)
//  - Whatever a Return or a Resolve designates is final, or a promise of ours. So a Disembargo for it
//    always finds what it must bounce off (exports.ts, embargoes.ts).
//  - A message that breaks a rule ends this connection with an Abort, and leaves nothing behind.
//  - After `#end` every table is empty and nothing of this connection is reachable from outside
//    except broken hooks.
//
// Level 3 (provide, accept, join, third-party answers) is answered with Unimplemented, which is what
// its senders expect from a vat that has not got it. A third-party capability is reached by its vine.

import { silentLog } from '../base/index.ts'
import type { ByteLink, Log, WwError } from '../base/index.ts'
import { FrameReader, readerAt, rootStruct } from '../wire/index.ts'
import type { Message, Reader } from '../wire/index.ts'
import type { Client, InterfaceType } from './client.ts'
import { asWwError, disconnected, protocolError } from './error.ts'
import { BrokenHook } from './hook.ts'
import type { Hook } from './hook.ts'
import { DEFAULT_RPC_LIMITS } from './limits.ts'
import type { RpcLimits } from './limits.ts'
import {
  ABORT,
  BOOTSTRAP,
  CALL,
  CAP_SENDER_HOSTED,
  CAP_SENDER_PROMISE,
  DISEMBARGO,
  FINISH,
  readException,
  RELEASE,
  RESOLVE,
  RESOLVE_CAP,
  RETURN,
  u16,
  u32,
  UNIMPLEMENTED,
  writeException,
} from './protocol.ts'
import { Sender } from './sender.ts'
import { Tables } from './tables.ts'
import type { Trace } from './trace.ts'

export interface ConnectionOptions {
  /** What the peer gets when it bootstraps us. Takes ownership; without it, bootstrapping fails. */
  readonly bootstrap?: Client | undefined
  readonly log?: Log | undefined
  readonly limits?: RpcLimits | undefined
  /**
   * What a peer may know of an error of ours. Default: kind, code and message as they are. A host
   * whose handlers may fail with sentences meant for its operator narrows it here.
   */
  readonly expose?: ((error: Error) => Error) | undefined
  /** Sees every message as it leaves and as it comes: `traceLines` makes lines of them. */
  readonly trace?: Trace | undefined
  /** Gives up calls to the peer that take too long. Without it they may take for ever. */
  readonly deadline?: CallDeadline | undefined
  /**
   * Hears when we begin to hold something of the peer, a capability or a call that somebody waits
   * for, and when we hold nothing of it any more; not at the end. A bootstrap that has not been
   * answered does not count.
   */
  readonly onHeld?: ((isHeld: boolean) => void) | undefined
}

/** How long a call may take. */
export interface CallDeadline {
  /** What a call fails with that took too long. */
  readonly reason: WwError
  /** Runs `expire` when the time of one call is over. @returns what stops it */
  start(expire: () => void): () => void
}

/** What a connection holds, for tests and listings. */
export interface ConnectionStats {
  readonly questions: number
  readonly answers: number
  readonly exports: number
  readonly imports: number
  readonly embargoes: number
}

export class Connection {
  readonly #link: ByteLink
  readonly #log: Log
  readonly #trace: Trace | undefined
  readonly #bootstrap: Hook | undefined
  readonly #frames: FrameReader
  readonly #sender: Sender
  readonly #tables: Tables
  #reportEnd: (error: WwError | undefined) => void = () => {}

  /** Resolves when the connection is over: without an error if either side closed it. */
  readonly closed: Promise<WwError | undefined>

  /** Takes ownership of `link` and starts reading. */
  constructor(link: ByteLink, options: ConnectionOptions = {}) {
    const { bootstrap, log = silentLog, limits = DEFAULT_RPC_LIMITS, trace } = options
    this.#link = link
    this.#log = log
    this.#trace = trace
    this.#bootstrap = bootstrap?.$hook.addRef()
    bootstrap?.[Symbol.dispose]()
    this.closed = new Promise((resolve) => {
      this.#reportEnd = resolve
    })
    this.#sender = new Sender(link, limits, trace, (error) => {
      link.abort(error)
      this.#end(because('The connection was ended', error), error)
    })
    this.#tables = new Tables(this.#sender, options)
    this.#frames = new FrameReader((message) => this.#receive(message), limits.wire, link.allocate)
    link.open({
      chunk: (chunk) => this.#feed(chunk),
      room: () => this.#frames.room(),
      drained: () => this.#sender.drained(),
      ended: (error) => this.#linkEnded(error),
    })
  }

  /** The peer's bootstrap capability. Calls may be made on it at once. */
  bootstrap<C extends Client>(type: InterfaceType<C>): C {
    const { end, questions } = this.#tables
    return new type(end ? new BrokenHook(end) : questions.bootstrap())
  }

  /** Ends the connection: what is queued is sent, calls in progress fail with DISCONNECTED. */
  close(): void {
    this.#close(disconnected('The connection was closed'), undefined)
  }

  /** Ends the connection and tells the peer why. */
  abort(reason: WwError): void {
    if (this.#tables.end) return
    const abort = this.#sender.begin(ABORT)
    writeException(abort, abort.at, this.#tables.expose(reason))
    this.#sender.send(abort)
    this.#close(because('The connection was ended', reason), reason)
  }

  get stats(): ConnectionStats {
    const { questions, answers, exports, imports, embargoes } = this.#tables
    return {
      questions: questions.size,
      answers: answers.size,
      exports: exports.size,
      imports: imports.size,
      embargoes: embargoes.size,
    }
  }

  /** Words of calls of the peer under way, and of results it has not finished. */
  get heldWords(): number {
    return this.#tables.answers.heldWords
  }

  #feed(chunk: Uint8Array): void {
    if (this.#tables.end) return
    try {
      this.#frames.feed(chunk)
    } catch (thrown) {
      this.abort(asWwError(thrown))
    }
  }

  #receive(message: Message): boolean {
    this.#trace?.message('received', message.segments)
    const { questions, answers, exports, imports, embargoes } = this.#tables
    const envelope = rootStruct(message)
    const tag = u16(envelope, 0)
    if (tag > RELEASE && tag !== BOOTSTRAP && tag !== DISEMBARGO) {
      this.#sender.sendUnimplemented(message)
      return true
    }
    const body = readerAt(envelope, 0)
    const id = u32(body, 0)
    switch (tag) {
      case CALL:
        answers.receiveCall(id, body, message)
        break
      case RETURN:
        questions.receiveReturn(id, body)
        break
      case FINISH:
        answers.receiveFinish(id, body)
        break
      case BOOTSTRAP:
        answers.receiveBootstrap(id, this.#bootstrap)
        break
      case RESOLVE:
        imports.receiveResolve(id, body)
        break
      case RELEASE:
        exports.release(id, u32(body, 4))
        break
      case DISEMBARGO:
        embargoes.receiveDisembargo(id, body, message)
        break
      case UNIMPLEMENTED:
        this.#receiveUnimplemented(body)
        break
      case ABORT: {
        const reason = readException(body)
        this.#close(because('The peer ended the connection', reason), reason)
        break
      }
    }
    return this.#tables.end === undefined
  }

  /** Something we sent means nothing to the peer. What it would have kept is given back. */
  #receiveUnimplemented(sent: Reader): void {
    const tag = u16(sent, 0)
    if (tag !== RESOLVE) {
      throw protocolError(`the peer does not implement message ${tag}, which level 1 needs`)
    }
    const resolve = readerAt(sent, 0)
    if (u16(resolve, 4) !== RESOLVE_CAP) return
    const descriptor = readerAt(resolve, 0)
    const kind = u16(descriptor, 0)
    if (kind === CAP_SENDER_HOSTED || kind === CAP_SENDER_PROMISE) {
      this.#tables.exports.release(u32(descriptor, 4), 1)
    }
  }

  #linkEnded(error: WwError | undefined): void {
    if (error) {
      this.#end(because('The connection was lost', error), error)
      return
    }
    const isCut = !this.#frames.isBetweenFrames
    const where = isCut ? ' in the middle of a message' : ''
    const reason = disconnected(`The peer closed the connection${where}`)
    this.#close(reason, isCut ? reason : undefined)
  }

  /** What is queued is sent, then our side ends. */
  #close(error: WwError, reported: WwError | undefined): void {
    if (this.#tables.end) return
    this.#sender.flush()
    this.#link.close()
    this.#end(error, reported)
  }

  /** @param error what calls fail with from here on */
  #end(error: WwError, reported: WwError | undefined): void {
    const tables = this.#tables
    if (tables.end) return
    tables.end = error
    this.#sender.end()
    tables.questions.end(error)
    tables.imports.end(error)
    tables.embargoes.end(error)
    tables.answers.end()
    tables.exports.end()
    this.#bootstrap?.release()
    this.#log.debug('connection ended', { reason: error.message })
    this.#reportEnd(reported)
  }
}

function because(what: string, reason: WwError): WwError {
  return disconnected(`${what}: ${reason.message}`, reason)
}
