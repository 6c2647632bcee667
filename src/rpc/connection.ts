// One end of a connection between two vats: Cap'n Proto RPC, level 1, in both roles at once.
//
// Four tables, after rpc.capnp; two of ids we choose, two of ids the peer chooses.
//
//   ours:   questions  calls we made               exports  capabilities the peer holds
//   theirs: answers    calls the peer made         imports  capabilities we hold
//
// What the messages of level 1 do, seen from us (─▶ we send, ◀─ we receive), and where:
//
//   a call          Call 7 ─▶ … ◀─ Return 7, Finish 7 ─▶              #sendCall, #receiveReturn, #conclude
//   given up        Call 7 ─▶ Finish 7 ─▶ … ◀─ Return 7                #giveUp; #receiveFinish at the callee
//   pipelined       Call 7 ─▶ Call 8 on 7.0 ─▶                         Call.pipeline, #targetHook
//   a promise       ◀─ senderPromise 3 … ◀─ Resolve 3, Release 3 ─▶    #receiveResolve; #export, #sendResolve
//   … that is ours  ◀─ Resolve 3 to our 1, Disembargo e to 3 ─▶        #replace: calls wait
//                   … ◀─ Disembargo e back: the calls go on            #receiveDisembargo, both ways
//   results kept    ◀─ Call 5 to yourself, Return 5 elsewhere ─▶       #receiveCall, #return
//                   Call 7 ─▶ … ◀─ Return 7 take from 5                #receiveReturn
//   a reference     ◀─ senderHosted 4 … Release 4 x1 ─▶                #import, #importDropped; #releaseExport
//   broken rules    Abort ─▶, and the link ends                        whoever finds it throws protocolError
//   level 3         ◀─ Provide; Unimplemented(Provide) ─▶              #receive, #sendUnimplemented
//
// What waits for a promise and in which order is hook.ts; what goes over a connection remote.ts; who
// owns which capability in a message payload.ts; objects of ours local.ts; streams stream.ts.
//
// Invariants
//  - A question's id is free again when its Return has come and its Finish is out. We send Finish as
//    soon as the Return is here, or early to give the call up; then the Return is still owed.
//  - An answer lives until the peer's Finish. Finish before Return cancels the call, and a canceled
//    Return goes out at once.
//  - An export's count is how often its id went out in a descriptor minus what was released. Below
//    zero ends the connection; at zero the hook is let go. One hook has one id.
//  - An import is let go with one Release of everything the peer ever counted for it. A descriptor
//    for an id that is in the table is the same hook.
//  - Whatever a Return or a Resolve designates is final, or a promise of ours: a capability of the
//    peer that is still its promise goes back to it as ours until it is settled. So a Disembargo for
//    it always finds what it must bounce off, however many promises lie between.
//  - When a promise of the peer turns out to be something that is not behind this same connection, or
//    is reached by way of ourselves although it is, and calls went out through it, new calls wait
//    behind an embargo until a Disembargo has made the round trip: nothing overtakes what is still
//    bouncing off the peer. If the connection ends before, those calls fail: what they were to follow
//    is lost.
//  - Returns never give back the capabilities of params (releaseParamCaps is false): arguments are
//    released one by one, when their last user drops them.
//  - All frames of one turn go out in one write; what nobody waits for, Finish and Release, leaves a few
//    turns later at most.
//  - A call that the peer gives up goes on as long as calls that were pipelined on it wait for it.
//  - Of an answer that the peer has not finished we keep what pipelining needs: results with
//    capabilities. Calls under way and results kept count against one limit; a call beyond it is
//    refused as overloaded, which takes no memory and cannot stop what is under way.
//  - A message that breaks a rule leaves nothing behind: references taken while it was read are
//    given back before the connection ends.
//  - After `#fail` every table is empty and nothing of this connection is reachable from outside
//    except broken hooks.
//
// Level 3 (provide, accept, join, third-party answers) is answered with Unimplemented, which is what
// its senders expect from a vat that has not got it. A third-party capability is reached by its vine.

import { silentLog, soon, WwError } from '../base/index.ts'
import type { ByteLink, Log } from '../base/index.ts'
import { FrameReader, getAny, getBool, getUint64, Outbox, rootOf } from '../wire/index.ts'
import type { AnyPointer, Builder, Message } from '../wire/index.ts'
import type { Client, InterfaceType } from './client.ts'
import { asWwError, disconnected, protocolError } from './error.ts'
import { BrokenHook, Call, nullHook, PromiseHook } from './hook.ts'
import type { Hook, Outcome, PendingCall, Request, SettledListener } from './hook.ts'
import { DEFAULT_RPC_LIMITS } from './limits.ts'
import type { RpcLimits } from './limits.ts'
import { CapSlot, encoded, hookOfEntry, Payload } from './payload.ts'
import type { Content } from './payload.ts'
import {
  ABORT,
  BOOTSTRAP,
  CALL,
  CAP_NONE,
  CAP_RECEIVER_ANSWER,
  CAP_RECEIVER_HOSTED,
  CAP_SENDER_HOSTED,
  CAP_SENDER_PROMISE,
  CAP_THIRD_PARTY,
  DISEMBARGO,
  FINISH,
  Outgoing,
  Raw,
  readException,
  readTarget,
  readPromisedAnswer,
  RECEIVER_LOOPBACK,
  RELEASE,
  RESOLVE,
  RESOLVE_CAP,
  RESOLVE_EXCEPTION,
  RETURN,
  RETURN_CANCELED,
  RETURN_EXCEPTION,
  RETURN_RESULTS,
  RETURN_SENT_ELSEWHERE,
  RETURN_TAKE_FROM_OTHER,
  SENDER_LOOPBACK,
  TO_CALLER,
  TO_YOURSELF,
  UNIMPLEMENTED,
  writeException,
  writePromisedAnswer,
  writeTarget,
} from './protocol.ts'
import type { Address, Target } from './protocol.ts'
import { ImportHook, PipelineHook, Question } from './remote.ts'
import type { RemoteHook, Wire } from './remote.ts'
import type { Trace } from './trace.ts'

/** Turns of the microtask queue: a result passes through a few before its user can make the next call. */
const LINGER_TURNS = 8

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

interface Export {
  readonly id: number
  hook: Hook
  count: number
  /** The peer was told it is a promise; it is owed a Resolve. */
  isPromise: boolean
  /** Waits for the promise. */
  onSettled?: SettledListener
}

/** Calls through a promise wait until the peer has returned our Disembargo. */
interface Embargo {
  readonly promise: PromiseHook
  /** What it will be; the table owns a reference. */
  readonly target: Hook
}

interface Answer {
  readonly id: number
  call: PendingCall
  /** The results stay here; the peer will take them for a question of ours. */
  readonly isToYourself: boolean
  /** What is held for it: of params while it runs, of results while they are kept. */
  words: number
  state: 'running' | 'returned' | 'finished'
  /** Exports made for its results, one entry per reference. */
  resultExports: readonly number[]
}

/** Small integers, used again as soon as they are free. */
class Ids {
  readonly #free: number[] = []
  #next = 0

  take(): number {
    return this.#free.pop() ?? this.#next++
  }
  give(id: number): void {
    this.#free.push(id)
  }
}

export class Connection {
  readonly #link: ByteLink
  readonly #log: Log
  readonly #limits: RpcLimits
  readonly #expose: (error: Error) => Error
  readonly #trace: Trace | undefined
  readonly #deadline: CallDeadline | undefined
  readonly #onHeld: ((isHeld: boolean) => void) | undefined
  /** Calls somebody waits for; counted for `#onHeld`. */
  #awaited = 0
  #isHeld = false
  readonly #bootstrap: Hook | undefined
  readonly #wire: Wire

  readonly #questions = new Map<number, Question>()
  readonly #questionIds = new Ids()
  readonly #answers = new Map<number, Answer>()
  /** The sum of `words` of all answers. */
  #heldWords = 0
  readonly #exports = new Map<number, Export>()
  readonly #exportIds = new Ids()
  readonly #exportsByHook = new Map<Hook, Export>()
  readonly #imports = new Map<number, ImportHook>()
  readonly #embargoes = new Map<number, Embargo>()
  readonly #embargoIds = new Ids()

  readonly #frames: FrameReader
  readonly #out = new Outbox()
  #isFlushScheduled = false
  /** How much longer what nobody waits for may wait for company. */
  #lingerTurns = 0
  /** Bytes sent since the link said that it is full; undefined while it takes more. */
  #stalledBytes: number | undefined
  #isPaused = false
  #end: WwError | undefined
  #reportEnd: (error: WwError | undefined) => void = () => {}

  /** Resolves when the connection is over: without an error if either side closed it. */
  readonly closed: Promise<WwError | undefined>

  /** Takes ownership of `link` and starts reading. */
  constructor(link: ByteLink, options: ConnectionOptions = {}) {
    this.#link = link
    this.#log = options.log ?? silentLog
    this.#limits = options.limits ?? DEFAULT_RPC_LIMITS
    this.#trace = options.trace
    this.#deadline = options.deadline
    this.#onHeld = options.onHeld
    const expose = options.expose ?? ((error: Error) => error)
    this.#expose = (error) => {
      try {
        return expose(error)
      } catch {
        return new WwError('failed', 'FAILED', 'The call failed')
      }
    }
    this.#bootstrap = options.bootstrap?.$hook.addRef()
    options.bootstrap?.[Symbol.dispose]()
    this.closed = new Promise((resolve) => {
      this.#reportEnd = resolve
    })
    this.#wire = {
      sendCall: (address, request) => this.#sendCall(address, request),
      importDropped: (dropped) => this.#importDropped(dropped),
      giveUp: (question) => this.#giveUp(question),
      pipelineSettled: (hook, target) => this.#replace(hook, target),
    }
    this.#frames = new FrameReader((message) => this.#receive(message), this.#limits.wire)
    link.open({
      chunk: (chunk) => this.#feed(chunk),
      drained: () => this.#drained(),
      ended: (error) => this.#linkEnded(error),
    })
  }

  /** The peer's bootstrap capability. Calls may be made on it at once. */
  bootstrap<C extends Client>(type: InterfaceType<C>): C {
    if (this.#end) return new type(new BrokenHook(this.#end))
    const question = this.#ask()
    this.#send(this.#begin(BOOTSTRAP, question.id, 1, 1))
    const hook = question.pipeline([])
    // Nobody but the pipeline asks for the results.
    question.whenDone(() => question.release())
    return new type(hook)
  }

  /** Ends the connection: what is queued is sent, calls in progress fail with DISCONNECTED. */
  close(): void {
    if (this.#end) return
    this.#flush()
    this.#link.close()
    this.#fail(disconnected('The connection was closed'), undefined)
  }

  /** Ends the connection and tells the peer why. */
  abort(reason: WwError): void {
    if (this.#end) return
    const abort = new Outgoing(this.#out, ABORT)
    writeException(abort, abort.at, this.#expose(reason))
    this.#send(abort)
    this.#flush()
    this.#link.close()
    this.#fail(disconnected(`The connection was ended: ${reason.message}`, reason), reason)
  }

  get stats(): ConnectionStats {
    return {
      questions: this.#questions.size,
      answers: this.#answers.size,
      exports: this.#exports.size,
      imports: this.#imports.size,
      embargoes: this.#embargoes.size,
    }
  }

  /** Words of calls of the peer under way, and of results it has not finished. */
  get heldWords(): number {
    return this.#heldWords
  }

  // ---- sending

  /** @param isUrgent false if nobody waits for it: it may leave with the next message that is */
  #send(message: Outgoing, isUrgent = true): void {
    if (this.#end) {
      message.discard()
      return
    }
    this.#trace?.message('sent', message.snapshot().segments)
    message.frameInto(this.#out)
    if (this.#out.length >= this.#limits.flushBytes) this.#flush()
    else if (isUrgent && !this.#isFlushScheduled) {
      this.#isFlushScheduled = true
      soon(() => this.#flush())
    } else if (!isUrgent && this.#lingerTurns === 0) {
      this.#lingerTurns = LINGER_TURNS
      soon(this.#linger)
    }
  }

  // Who got results will often make the next call at once: a write for both is half the work.
  readonly #linger = (): void => {
    if (this.#lingerTurns-- > 0 && this.#out.length > 0) soon(this.#linger)
    else {
      this.#lingerTurns = 0
      this.#flush()
    }
  }

  #flush(): void {
    this.#isFlushScheduled = false
    if (this.#out.length === 0 || this.#end) return
    const bytes = this.#out.length
    if (!this.#link.send(this.#out.take())) this.#stalledBytes ??= 0
    if (this.#stalledBytes === undefined) return
    this.#stalledBytes += bytes
    if (this.#stalledBytes > this.#limits.maxQueuedBytes) soon(() => this.#giveUpPeer())
    // Who does not read what we answer is not read from either.
    if (this.#isPaused || this.#stalledBytes < this.#limits.maxStalledBytes) return
    this.#isPaused = true
    this.#link.pause()
  }

  #giveUpPeer(): void {
    if (this.#end || (this.#stalledBytes ?? 0) <= this.#limits.maxQueuedBytes) return
    const sentence = `The peer does not read: more than ${this.#limits.maxQueuedBytes} bytes wait for it`
    const error = new WwError('overloaded', 'PEER_STALLED', sentence)
    this.#link.abort(error)
    this.#fail(disconnected(`The connection was ended: ${sentence}`, error), error)
  }

  #drained(): void {
    this.#stalledBytes = undefined
    this.#resume()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#link.resume()
  }

  #ask(): Question {
    const question = new Question(this.#wire, this.#questionIds.take())
    this.#questions.set(question.id, question)
    return question
  }

  #countAwaited(question: Question): void {
    this.#awaited++
    this.#noteUse()
    question.whenDone(() => {
      this.#awaited--
      this.#noteUse()
    })
  }

  #noteUse(): void {
    const isHeld = this.#awaited + this.#imports.size > 0
    if (isHeld === this.#isHeld) return
    this.#isHeld = isHeld
    this.#onHeld?.(isHeld)
  }

  /** A message whose body begins with an id, as most do. */
  #begin(tag: number, id: number, dataWords = 1, pointers = 0): Outgoing {
    const message = new Outgoing(this.#out, tag, dataWords, pointers)
    message.u32(0, id)
    return message
  }

  #sendCall(address: Address, { interfaceId, methodId, params }: Request): PendingCall {
    let error: Error | undefined = this.#end
    if (this.#questions.size >= this.#limits.maxQuestions) {
      const sentence = `${this.#limits.maxQuestions} calls wait for the peer, which takes no more`
      error ??= new WwError('overloaded', 'TOO_MANY_CALLS', sentence)
    }
    if (error) {
      params.release()
      return new Call({ error })
    }
    const message = this.#begin(CALL, 0, 3, 3)
    const { body } = message
    const exported: number[] = []
    try {
      writeTarget(message, body + 3, address)
      this.#writePayload(message, body + 4, params, exported, true)
    } catch (thrown) {
      message.discard()
      this.#releaseExports(exported)
      params.release()
      return new Call({ error: asWwError(thrown) })
    }
    const question = this.#ask()
    question.paramExports = exported
    message.u32(0, question.id)
    message.u16(4, methodId)
    message.view.setBigUint64(body * 8 + 8, interfaceId, true)
    this.#send(message)
    params.release()
    const deadline = this.#deadline
    if (deadline) question.whenDone(deadline.start(() => question.cancel(deadline.reason)))
    if (this.#onHeld) this.#countAwaited(question)
    return question
  }

  #sendFinish(questionId: number, releaseResultCaps: boolean): void {
    const message = this.#begin(FINISH, questionId)
    if (!releaseResultCaps) message.u16(4, 1)
    this.#send(message, false)
  }

  #giveUp(question: Question): void {
    this.#sendFinish(question.id, true)
    if (question.hasReturned) this.#forget(question)
  }

  /** Its Return is here and its Finish is out, or not wanted. */
  #forget(question: Question): void {
    this.#questions.delete(question.id)
    this.#questionIds.give(question.id)
  }

  /**
   * Writes content and its capability table; `exported` gets an entry per reference given out.
   * @param inCall whether promises of the peer may be named as such (see the invariants)
   */
  #writePayload(
    builder: Builder,
    at: number,
    content: Content,
    exported: number[],
    inCall: boolean,
  ): void {
    const payload = builder.struct(at, 0, 2)
    content.writeTo(builder, payload)
    if (builder.caps.length === 0) return
    const table = builder.compositeList(payload + 1, builder.caps.length, 1, 1)
    builder.caps.forEach((entry, index) => {
      const id = this.#writeDescriptor(builder, table + index * 2, hookOfEntry(entry), inCall)
      if (id !== undefined) exported.push(id)
    })
  }

  /** @returns the export a reference was given out for, if one was */
  #writeDescriptor(builder: Builder, at: number, hook: Hook, inCall: boolean): number | undefined {
    const target = hook.target
    const byte = at * 8
    const isNameable = inCall || target.isSettled
    if (isNameable && isBehind(target, this.#wire)) {
      if (target instanceof ImportHook) {
        builder.view.setUint16(byte, CAP_RECEIVER_HOSTED, true)
        builder.view.setUint32(byte + 4, target.id, true)
        return undefined
      }
      if (target.question.state === 'open') {
        builder.view.setUint16(byte, CAP_RECEIVER_ANSWER, true)
        writePromisedAnswer(builder, at + 1, target.question.id, target.path)
        return undefined
      }
    }
    const entry = this.#export(target)
    entry.count++
    builder.view.setUint16(byte, entry.isPromise ? CAP_SENDER_PROMISE : CAP_SENDER_HOSTED, true)
    builder.view.setUint32(byte + 4, entry.id, true)
    return entry.id
  }

  #export(hook: Hook): Export {
    const known = this.#exportsByHook.get(hook)
    if (known) return known
    if (this.#exports.size >= this.#limits.maxExports) {
      const sentence = `The peer holds ${this.#limits.maxExports} capabilities and cannot get more`
      throw new WwError('overloaded', 'TOO_MANY_CAPABILITIES', sentence)
    }
    // A broken capability goes out as a promise that breaks: there is no descriptor for an error.
    const isPromise = !hook.isSettled || hook instanceof BrokenHook
    const entry: Export = { id: this.#exportIds.take(), hook: hook.addRef(), count: 0, isPromise }
    this.#exports.set(entry.id, entry)
    this.#exportsByHook.set(hook, entry)
    if (hook instanceof BrokenHook) soon(() => this.#sendResolve(entry, hook))
    else if (isPromise) {
      entry.onSettled = (target) => this.#sendResolve(entry, target)
      hook.whenSettled(entry.onSettled)
    }
    return entry
  }

  #sendResolve(entry: Export, target: Hook): void {
    if (this.#end || this.#exports.get(entry.id) !== entry) return
    // The id stays the promise's; whoever sends this hook again gives it an id of its own.
    this.#exportsByHook.delete(entry.hook)
    const promise = entry.hook
    entry.hook = target.addRef()
    promise.release()
    const message = this.#begin(RESOLVE, entry.id, 1, 1)
    let error = target instanceof BrokenHook ? target.error : undefined
    const at = message.body + 1
    try {
      if (!error) this.#writeDescriptor(message, message.struct(at, 1, 1), target, false)
    } catch (thrown) {
      error = asWwError(thrown)
    }
    if (error) {
      message.u16(4, RESOLVE_EXCEPTION)
      writeException(message, at, this.#expose(error))
    }
    this.#send(message)
  }

  #importDropped(dropped: ImportHook): void {
    if (this.#imports.get(dropped.id) !== dropped) return
    this.#imports.delete(dropped.id)
    const message = this.#begin(RELEASE, dropped.id)
    message.u32(4, dropped.wireCount)
    this.#send(message, false)
    this.#noteUse()
  }

  /**
   * `promise`, an import or a place in an answer, is now known to be `target` (whose reference we
   * take over). Behind this same connection order is the peer's affair. Anything else may be
   * reached faster than the calls already on their way to the peer and back: then an embargo.
   */
  #replace(promise: RemoteHook, target: Hook): void {
    const last = target.target
    if (!promise.wasUsed || this.#end || last instanceof BrokenHook) {
      promise.settle(target)
      return
    }
    if (isBehind(last, this.#wire)) {
      // Calls through the promise count as calls through what it became.
      last.wasUsed = true
      promise.settle(target)
      return
    }
    if (this.#embargoes.size >= this.#limits.maxEmbargoes) {
      const sentence = `The peer has not returned ${this.#embargoes.size} disembargoes`
      target.release()
      promise.settle(new BrokenHook(new WwError('overloaded', 'TOO_MANY_EMBARGOES', sentence)))
      return
    }
    const embargo = new PromiseHook()
    const id = this.#embargoIds.take()
    this.#embargoes.set(id, { promise: embargo, target })
    this.#sendDisembargo(id, SENDER_LOOPBACK, promise)
    promise.settle(embargo)
  }

  // ---- receiving

  #feed(chunk: Uint8Array): void {
    if (this.#end) return
    try {
      this.#frames.feed(chunk)
    } catch (thrown) {
      this.abort(asWwError(thrown))
    }
  }

  #linkEnded(error: WwError | undefined): void {
    if (this.#end) return
    if (error) this.#fail(disconnected(`The connection was lost: ${error.message}`, error), error)
    else if (this.#frames.isBetweenFrames) {
      this.#link.close()
      this.#fail(disconnected('The peer closed the connection'), undefined)
    } else {
      const cut = disconnected('The peer closed the connection in the middle of a message')
      this.#link.close()
      this.#fail(cut, cut)
    }
  }

  #receive(message: Message): boolean {
    this.#trace?.message('received', message.segments)
    const root = rootOf(message)
    const envelope = root.asStruct(Raw)
    const tag = envelope.u16(0)
    if (tag > RELEASE && tag !== BOOTSTRAP && tag !== DISEMBARGO) {
      this.#sendUnimplemented(root)
      return true
    }
    const body = envelope.struct(0)
    const id = body.u32(0)
    switch (tag) {
      case CALL:
        this.#receiveCall(id, body, message)
        break
      case RETURN:
        this.#receiveReturn(id, body, message)
        break
      case FINISH:
        this.#receiveFinish(id, body)
        break
      case BOOTSTRAP:
        this.#receiveBootstrap(id)
        break
      case RESOLVE:
        this.#receiveResolve(id, body)
        break
      case RELEASE:
        this.#releaseExport(id, body.u32(4))
        break
      case DISEMBARGO:
        this.#receiveDisembargo(id, body, root)
        break
      case UNIMPLEMENTED:
        this.#receiveUnimplemented(body)
        break
      case ABORT: {
        const reason = readException(body)
        this.#link.close()
        this.#fail(disconnected(`The peer ended the connection: ${reason.message}`, reason), reason)
        break
      }
    }
    return this.#end === undefined
  }

  #sendUnimplemented(received: AnyPointer): void {
    const echo = new Outgoing(this.#out, UNIMPLEMENTED)
    try {
      echo.copy(echo.at, received)
    } catch (thrown) {
      echo.discard()
      throw thrown
    }
    this.#send(echo)
  }

  /** Something we sent means nothing to the peer. What it would have kept is given back. */
  #receiveUnimplemented(sent: Raw): void {
    const tag = sent.u16(0)
    if (tag !== RESOLVE) {
      throw protocolError(`the peer does not implement message ${tag}, which level 1 needs`)
    }
    const resolve = sent.struct(0)
    if (resolve.u16(4) !== RESOLVE_CAP) return
    const descriptor = resolve.struct(0)
    const kind = descriptor.u16(0)
    if (kind === CAP_SENDER_HOSTED || kind === CAP_SENDER_PROMISE) {
      this.#releaseExport(descriptor.u32(4), 1)
    }
  }

  #receiveBootstrap(id: number): void {
    this.#checkQuestion(id)
    const bootstrapped = this.#bootstrap
    if (!bootstrapped) {
      const sentence = 'no bootstrap capability: this vat offers none'
      const error = new WwError('failed', 'NO_BOOTSTRAP', sentence)
      this.#answer(id, new Call({ error }), false, 0)
      return
    }
    const results = encoded((builder, at) => builder.capability(at, bootstrapped))
    this.#answer(id, new Call({ results }), false, 0)
  }

  #receiveCall(id: number, call: Raw, message: Message): void {
    const sendTo = call.u16(6)
    if (sendTo !== TO_CALLER && sendTo !== TO_YOURSELF) {
      this.#sendUnimplemented(rootOf(message))
      return
    }
    this.#checkQuestion(id)
    const target = this.#targetHook(readTarget(call.struct(0)))
    try {
      const params = this.#receivePayload(call.struct(1), message, false)
      const request = { interfaceId: getUint64(call, 8, 0n), methodId: call.u16(4), params }
      const isRefused =
        this.#heldWords > 0 && this.#heldWords + message.words > this.#limits.maxHeldWords
      const callee = isRefused ? new BrokenHook(tooMuchHeld(this.#limits)) : target
      this.#answer(id, callee.call(request), sendTo === TO_YOURSELF, isRefused ? 0 : message.words)
    } finally {
      target.release()
    }
  }

  #checkQuestion(id: number): void {
    if (this.#answers.has(id)) throw protocolError(`question ${id} is in use already`)
    if (this.#answers.size >= this.#limits.maxAnswers) {
      const sentence = `The peer made more than ${this.#limits.maxAnswers} calls at once`
      throw new WwError('failed', 'TOO_MANY_CALLS', sentence)
    }
  }

  #answer(id: number, call: PendingCall, isToYourself: boolean, words: number): void {
    const answer: Answer = { id, call, isToYourself, words, state: 'running', resultExports: [] }
    this.#answers.set(id, answer)
    this.#heldWords += words
    call.whenDone((outcome) => this.#return(answer, outcome))
  }

  /** From now on `words` are held for `answer`. */
  #hold(answer: Answer, words: number): void {
    this.#heldWords += words - answer.words
    answer.words = words
  }

  #return(answer: Answer, outcome: Outcome): void {
    if (answer.state !== 'running' || this.#end) return
    answer.state = 'returned'
    this.#hold(answer, 0)
    if (answer.isToYourself) {
      this.#hold(answer, wordsOf(outcome))
      this.#send(this.#beginReturn(answer.id, RETURN_SENT_ELSEWHERE))
      return
    }
    const message = this.#beginReturn(answer.id, RETURN_RESULTS)
    const exported: number[] = []
    let error: Error | undefined
    try {
      if ('error' in outcome) error = outcome.error
      else this.#writePayload(message, message.body + 2, outcome.results, exported, false)
    } catch (thrown) {
      this.#releaseExports(exported)
      error = asWwError(thrown)
    }
    if (error) {
      message.u16(6, RETURN_EXCEPTION)
      writeException(message, message.body + 2, this.#expose(error))
    } else {
      answer.resultExports = exported
      if (message.caps.length > 0) this.#hold(answer, message.totalBytes / 8)
      else {
        answer.call.release()
        answer.call = WITHOUT_CAPS
      }
    }
    this.#send(message)
  }

  #beginReturn(answerId: number, kind: number): Outgoing {
    const message = this.#begin(RETURN, answerId, 2, 1)
    message.u16(4, 1) // releaseParamCaps: false
    message.u16(6, kind)
    return message
  }

  #receiveFinish(id: number, finish: Raw): void {
    const answer = this.#answers.get(id)
    if (!answer) throw protocolError(`a finish for question ${id}, which was never asked`)
    this.#answers.delete(id)
    this.#hold(answer, 0)
    if (answer.state === 'running') {
      answer.state = 'finished'
      this.#send(this.#beginReturn(id, RETURN_CANCELED))
      if (!answer.call.isAwaited) answer.call.cancel()
    }
    answer.call.release()
    if (getBool(finish, 32, true)) this.#releaseExports(answer.resultExports)
  }

  #receiveReturn(id: number, returned: Raw, message: Message): void {
    const question = this.#questions.get(id)
    if (!question || question.hasReturned) {
      throw protocolError(`a return for question ${id}, which is not open`)
    }
    question.hasReturned = true
    if (getBool(returned, 32, true)) this.#releaseExports(question.paramExports)
    if (question.state !== 'open') {
      this.#forget(question)
      return
    }
    const isFinishOwed = !getBool(returned, 33, false)
    const kind = returned.u16(6)
    if (kind !== RETURN_TAKE_FROM_OTHER) {
      this.#conclude(question, this.#readReturn(kind, returned, message), isFinishOwed)
      return
    }
    const answer = this.#answers.get(returned.u32(8))
    if (!answer?.isToYourself) {
      throw protocolError('results to be taken from a question that does not keep any')
    }
    // They may still be on their way. Until then the question stays, and calls pipelined on it.
    answer.call.whenDone((outcome) => {
      const copy = copyOf(outcome, (hook) => this.#detour(hook.addRef()))
      this.#conclude(question, copy, isFinishOwed)
    })
  }

  #conclude(question: Question, outcome: Outcome, isFinishOwed: boolean): void {
    if (question.state !== 'open') {
      if ('results' in outcome) outcome.results.release()
      return
    }
    question.finish(outcome)
    // The id is free only now: a Disembargo that `finish` sent may still name it.
    if (isFinishOwed) this.#sendFinish(question.id, false)
    this.#forget(question)
  }

  #readReturn(kind: number, returned: Raw, message: Message): Outcome {
    switch (kind) {
      case RETURN_RESULTS:
        return { results: this.#receivePayload(returned.struct(0), message, true) }
      case RETURN_EXCEPTION:
        return { error: readException(returned.struct(0)) }
      case RETURN_CANCELED:
        return { error: new WwError('failed', 'CANCELED', 'The peer canceled the call') }
      case RETURN_SENT_ELSEWHERE:
        throw protocolError('results sent elsewhere for a call that did not ask for it')
      default:
        throw protocolError(`a return of unknown kind ${kind}`)
    }
  }

  #receiveResolve(id: number, resolve: Raw): void {
    const kind = resolve.u16(4)
    const what = resolve.struct(0)
    let target: Hook
    if (kind === RESOLVE_CAP) target = this.#receiveSettled(what) ?? nullHook()
    else if (kind === RESOLVE_EXCEPTION) target = new BrokenHook(readException(what))
    else throw protocolError(`a resolution of unknown kind ${kind}`)
    const promise = this.#imports.get(id)
    // Released meanwhile: the Release and this Resolve have crossed. What it carried is not wanted.
    if (!promise) {
      target.release()
      return
    }
    if (!promise.isPromise) {
      target.release()
      throw protocolError(`a resolution of import ${id}, which is not an open promise`)
    }
    this.#replace(promise, target)
    this.#importDropped(promise)
  }

  #receiveDisembargo(id: number, disembargo: Raw, received: AnyPointer): void {
    const kind = disembargo.u16(4)
    if (kind === RECEIVER_LOOPBACK) {
      const embargo = this.#embargoes.get(id)
      if (!embargo) throw protocolError(`a disembargo of ${id}, which is not under embargo`)
      this.#embargoes.delete(id)
      this.#embargoIds.give(id)
      embargo.promise.resolve(embargo.target)
      return
    }
    if (kind !== SENDER_LOOPBACK) {
      this.#sendUnimplemented(received)
      return
    }
    const target = this.#targetHook(readTarget(disembargo.struct(0)))
    // We said so, in a Return or a Resolve, hence it is settled; and everything that was queued for it
    // has been passed on by then (see hook.ts), so the echo comes last.
    const last = target.target
    target.release()
    if (!last.isSettled || !isBehind(last, this.#wire)) {
      throw protocolError('a disembargo for what does not lead back to its sender')
    }
    this.#sendDisembargo(id, RECEIVER_LOOPBACK, last)
  }

  #sendDisembargo(id: number, kind: number, to: RemoteHook): void {
    const message = this.#begin(DISEMBARGO, id, 1, 1)
    message.u16(4, kind)
    writeTarget(message, message.body + 1, to.address)
    this.#send(message)
  }

  /** @returns with a reference for the caller */
  #targetHook(target: Target): Hook {
    if ('exportId' in target) return this.#exportHook(target.exportId)
    const answer = this.#answers.get(target.answerId)
    if (!answer) throw protocolError(`a call on question ${target.answerId}, which is not open`)
    return answer.call.pipeline(target.path)
  }

  #exportHook(id: number): Hook {
    const entry = this.#exports.get(id)
    if (!entry) throw protocolError(`export ${id} does not exist`)
    return entry.hook.addRef()
  }

  #releaseExport(id: number, count: number): void {
    const entry = this.#exports.get(id)
    if (!entry || entry.count < count) {
      throw protocolError(`${count} references of export ${id} were released, which it has not`)
    }
    entry.count -= count
    if (entry.count > 0) return
    this.#exports.delete(id)
    this.#exportIds.give(id)
    if (this.#exportsByHook.get(entry.hook) === entry) this.#exportsByHook.delete(entry.hook)
    letGo(entry)
  }

  #releaseExports(ids: readonly number[]): void {
    for (const id of ids) this.#releaseExport(id, 1)
  }

  /** @param inReturn whether its capabilities may be what calls of ours went out to already */
  #receivePayload(payload: Raw, message: Message, inReturn: boolean): Payload {
    const slots: (CapSlot | null)[] = []
    const table = payload.list(1)
    if (table.length > this.#limits.maxMessageCaps) {
      throw protocolError(`a message with ${table.length} capabilities`)
    }
    try {
      for (const descriptor of table) {
        const hook = inReturn ? this.#receiveSettled(descriptor) : this.#receiveCap(descriptor)
        slots.push(hook && new CapSlot(hook))
      }
    } catch (thrown) {
      for (const slot of slots) slot?.release()
      throw thrown
    }
    return new Payload(message, getAny(payload, 0), slots)
  }

  /** What a promise of the peer has become; null for none. */
  #receiveSettled(descriptor: Raw): Hook | null {
    const hook = this.#receiveCap(descriptor)
    const kind = descriptor.u16(0)
    const isByWayOfUs = kind === CAP_RECEIVER_HOSTED || kind === CAP_RECEIVER_ANSWER
    return hook && isByWayOfUs ? this.#detour(hook) : hook
  }

  /**
   * `hook` (whose reference we take over) is something of ours that a promise of the peer has become.
   * If it leads back to the peer, calls that are on their way come by here once more. So it must not
   * look like the peer's yet: whoever called through the promise waits behind an embargo.
   */
  #detour(hook: Hook): Hook {
    if (!isBehind(hook.target, this.#wire)) return hook
    const detour = new PromiseHook()
    soon(() => {
      detour.resolve(hook)
      detour.release()
    })
    return detour.addRef()
  }

  /** The hook of a capability descriptor, with a reference for the caller; null for none. */
  #receiveCap(descriptor: Raw): Hook | null {
    const kind = descriptor.u16(0)
    const id = descriptor.u32(4)
    switch (kind) {
      case CAP_NONE:
        return null
      case CAP_SENDER_HOSTED:
      case CAP_SENDER_PROMISE:
        return this.#import(id, kind === CAP_SENDER_PROMISE)
      case CAP_RECEIVER_HOSTED:
        return this.#exportHook(id)
      case CAP_RECEIVER_ANSWER:
        return this.#targetHook(readPromisedAnswer(descriptor.struct(0)))
      case CAP_THIRD_PARTY:
        return this.#import(descriptor.struct(0).u32(0), false)
      default:
        throw protocolError(`a capability of unknown kind ${kind}`)
    }
  }

  #import(id: number, isPromise: boolean): Hook {
    const known = this.#imports.get(id)
    if (known) {
      known.wireCount++
      return known.addRef()
    }
    if (this.#imports.size >= this.#limits.maxImports) {
      const sentence = `The peer gave out more than ${this.#limits.maxImports} capabilities`
      throw new WwError('failed', 'TOO_MANY_CAPABILITIES', sentence)
    }
    const made = new ImportHook(this.#wire, id, isPromise)
    made.wireCount = 1
    this.#imports.set(id, made)
    this.#noteUse()
    return made
  }

  // ---- the end

  #fail(error: WwError, reported: WwError | undefined): void {
    if (this.#end) return
    this.#end = error
    const questions = [...this.#questions.values()]
    const answers = [...this.#answers.values()]
    const exports = [...this.#exports.values()]
    const imports = [...this.#imports.values()]
    const embargoes = [...this.#embargoes.values()]
    this.#questions.clear()
    this.#answers.clear()
    this.#exports.clear()
    this.#exportsByHook.clear()
    this.#imports.clear()
    this.#embargoes.clear()
    this.#out.take()
    this.#heldWords = 0
    for (const question of questions) question.finish({ error })
    for (const held of imports) held.settle(new BrokenHook(error))
    for (const { promise, target } of embargoes) {
      promise.resolve(new BrokenHook(error))
      target.release()
    }
    for (const answer of answers) {
      answer.state = 'finished'
      answer.call.cancel()
      answer.call.release()
    }
    for (const entry of exports) letGo(entry)
    this.#bootstrap?.release()
    // A link that is not read does not notice that its peer is gone.
    this.#resume()
    this.#log.debug('connection ended', { reason: error.message })
    this.#reportEnd(reported)
  }
}

function isBehind(hook: Hook, wire: Wire): hook is ImportHook | PipelineHook {
  return (hook instanceof ImportHook || hook instanceof PipelineHook) && hook.wire === wire
}

/** Stands for a call whose results have no capability: whatever is pipelined on it is null. */
const WITHOUT_CAPS = new (class extends Call {
  override pipeline(): Hook {
    return nullHook()
  }
})()

function letGo({ hook, onSettled }: Export): void {
  if (onSettled) hook.ignore(onSettled)
  hook.release()
}

/** What results hold that stay here. */
function wordsOf(outcome: Outcome): number {
  try {
    return 'results' in outcome ? outcome.results.toPayload().words : 0
  } catch {
    return 0 // Whoever takes them hears what is wrong with them.
  }
}

function tooMuchHeld({ maxHeldWords }: RpcLimits): WwError {
  const sentence = `Calls of this peer hold ${(maxHeldWords * 8) >> 20} MiB: wait for some to end`
  return new WwError('overloaded', 'TOO_MUCH_HELD', sentence)
}

/**
 * The same outcome, in a message and with references of its own: the first may be released. Its
 * capabilities are what `change` makes of them.
 */
function copyOf(outcome: Outcome, change: (hook: Hook) => Hook): Outcome {
  if ('error' in outcome) return outcome
  try {
    const { results } = outcome
    const copy = encoded((builder, at) => results.writeTo(builder, at))
    const changed = copy.withHooks(change)
    copy.release()
    return { results: changed }
  } catch (thrown) {
    return { error: asWwError(thrown) }
  }
}
