// Calls the peer makes to us.
//
//   a call          ◀─ Call 5 … Return 5 ─▶ … ◀─ Finish 5             receiveCall, #return, receiveFinish
//   given up        ◀─ Call 5, ◀─ Finish 5, Return 5 canceled ─▶      receiveFinish
//   pipelined       ◀─ Call 6 on 5.0                                  targetOf
//   results kept    ◀─ Call 5 to yourself, Return 5 elsewhere ─▶      #return; keptOf
//
// Invariants
//  - An answer lives until the peer's Finish. Finish before Return cancels the call, and a canceled
//    Return goes out at once. A call that the peer gives up goes on as long as calls that were
//    pipelined on it wait for it, and no longer.
//  - Returns never give back the capabilities of params (releaseParamCaps is false): arguments are
//    released one by one, when their last user drops them.
//  - Of an answer that the peer has not finished we keep what pipelining needs: results with
//    capabilities. Calls under way and results kept count against one limit; a call beyond it is
//    refused as overloaded, which takes no memory and cannot stop what is under way.
//  - A call that was given up counts as under way until it is over: whoever serves it may go on.

import type { WwError } from '../base/index.ts'
import { getBool, getUint64, readerAt } from '../wire/index.ts'
import type { Message, Reader } from '../wire/index.ts'
import { asWwError, failed, overloaded, protocolError, unknownKind } from './error.ts'
import { Call, nullHook, refuse } from './hook.ts'
import type { Hook, Outcome, PendingCall } from './hook.ts'
import type { RpcLimits } from './limits.ts'
import { Payload } from './payload.ts'
import {
  readPath,
  RETURN,
  RETURN_CANCELED,
  RETURN_EXCEPTION,
  RETURN_RESULTS,
  RETURN_SENT_ELSEWHERE,
  TARGET_ANSWER,
  TARGET_IMPORT,
  TO_CALLER,
  TO_YOURSELF,
  u16,
  u32,
  writeException,
} from './protocol.ts'
import type { Outgoing } from './protocol.ts'
import type { Tables } from './tables.ts'

interface Answer {
  readonly id: number
  /** None when it has returned without capabilities: whatever is pipelined on it is null. */
  call: PendingCall | undefined
  /** The results stay here; the peer will take them for a question of ours. */
  readonly isToYourself: boolean
  /** What is held for it: of params while it runs, of results while they are kept. */
  words: number
  isRunning: boolean
  /** Exports made for its results, one entry per reference. */
  resultExports: readonly number[]
}

export class Answers extends Map<number, Answer> {
  readonly #tables: Tables
  /** The sum of `words` of all answers, and of calls that were given up and are not over. */
  #heldWords = 0
  /** How many were given up and are not over. */
  #givenUp = 0

  constructor(tables: Tables) {
    super()
    this.#tables = tables
  }

  get heldWords(): number {
    return this.#heldWords
  }

  /** What a MessageTarget of the peer names. @returns with a reference for the caller */
  targetOf(target: Reader): Hook {
    const tag = u16(target, 4)
    if (tag === TARGET_IMPORT) return this.#tables.exports.hookAt(u32(target, 0))
    if (tag === TARGET_ANSWER) return this.pipelineOf(readerAt(target, 0))
    throw unknownKind('message target', tag)
  }

  /** What a PromisedAnswer of the peer names. @returns with a reference for the caller */
  pipelineOf(promised: Reader): Hook {
    const path = readPath(promised)
    const id = u32(promised, 0)
    const answer = this.get(id)
    if (!answer) throw protocolError(`a call on question ${id}, which is not open`)
    return answer.call?.pipeline(path) ?? nullHook()
  }

  /** The call whose results stay here for us. */
  keptOf(id: number): PendingCall {
    const answer = this.get(id)
    if (answer?.isToYourself && answer.call) return answer.call
    throw protocolError('results to be taken from a question that does not keep any')
  }

  receiveBootstrap(id: number, bootstrap: Hook | undefined): void {
    this.#checkQuestion(id)
    const outcome: Outcome = bootstrap
      ? { results: Payload.ofCap(bootstrap) }
      : { error: failed('NO_BOOTSTRAP', 'no bootstrap capability: this vat offers none') }
    this.#answer(id, new Call(outcome), false, 0)
  }

  receiveCall(id: number, call: Reader, message: Message): void {
    const { sender, imports, limits } = this.#tables
    const sendTo = u16(call, 6)
    if (sendTo !== TO_CALLER && sendTo !== TO_YOURSELF) {
      sender.sendUnimplemented(message)
      return
    }
    this.#checkQuestion(id)
    const target = this.targetOf(readerAt(call, 0))
    try {
      const params = imports.readPayload(readerAt(call, 1), false)
      const request = { interfaceId: getUint64(call, 8, 0n), methodId: u16(call, 4), params }
      const { words } = message
      const refusal = this.#refusalOf(words, limits)
      const pending = refusal ? refuse(request, refusal) : target.call(request)
      this.#answer(id, pending, sendTo === TO_YOURSELF, refusal ? 0 : words)
    } finally {
      target.release()
    }
  }

  #refusalOf(words: number, { maxHeldWords, maxAnswers }: RpcLimits): WwError | undefined {
    if (this.#heldWords > 0 && this.#heldWords + words > maxHeldWords) {
      const sentence = `Calls of this peer hold ${(maxHeldWords * 8) >> 20} MiB: wait for some to end`
      return overloaded('TOO_MUCH_HELD', sentence)
    }
    if (this.size + this.#givenUp < maxAnswers) return undefined
    const sentence = `${this.#givenUp} calls that this peer gave up go on: wait for some to end`
    return overloaded('TOO_MUCH_HELD', sentence)
  }

  #checkQuestion(id: number): void {
    const { maxAnswers } = this.#tables.limits
    if (this.has(id)) throw protocolError(`question ${id} is in use already`)
    if (this.size >= maxAnswers) {
      throw failed('TOO_MANY_CALLS', `The peer made more than ${maxAnswers} calls at once`)
    }
  }

  #answer(id: number, call: PendingCall, isToYourself: boolean, words: number): void {
    const answer: Answer = { id, call, isToYourself, words, isRunning: true, resultExports: [] }
    this.set(id, answer)
    this.#heldWords += words
    call.whenDone((outcome) => this.#return(answer, outcome))
  }

  /** From now on `words` are held for `answer`. */
  #hold(answer: Answer, words: number): void {
    this.#heldWords += words - answer.words
    answer.words = words
  }

  #return(answer: Answer, outcome: Outcome): void {
    const tables = this.#tables
    const { sender, exports } = tables
    if (!answer.isRunning || tables.end) return
    answer.isRunning = false
    this.#hold(answer, 0)
    if (answer.isToYourself) {
      this.#hold(answer, wordsOf(outcome))
      sender.send(this.#beginReturn(answer.id, RETURN_SENT_ELSEWHERE))
      return
    }
    const message = this.#beginReturn(answer.id, RETURN_RESULTS)
    const at = message.body + 2
    let error: Error | undefined
    try {
      if ('error' in outcome) error = outcome.error
      else answer.resultExports = exports.writePayload(message, at, outcome.results, false)
    } catch (thrown) {
      error = asWwError(thrown)
    }
    if (error) {
      message.u16(6, RETURN_EXCEPTION)
      writeException(message, at, tables.expose(error))
    } else if (message.caps.length > 0) this.#hold(answer, message.totalBytes / 8)
    else {
      answer.call?.release()
      answer.call = undefined
    }
    sender.send(message)
  }

  #beginReturn(answerId: number, kind: number): Outgoing {
    const message = this.#tables.sender.begin(RETURN, answerId, 2, 1)
    message.u16(4, 1) // releaseParamCaps: false
    message.u16(6, kind)
    return message
  }

  receiveFinish(id: number, finish: Reader): void {
    const { sender, exports } = this.#tables
    const answer = this.get(id)
    if (!answer) throw protocolError(`a finish for question ${id}, which was never asked`)
    this.delete(id)
    const { call } = answer
    if (answer.isRunning && call) {
      answer.isRunning = false
      sender.send(this.#beginReturn(id, RETURN_CANCELED))
      this.#givenUp++
      call.abandon()
      call.whenOver(() => this.#over(answer))
    } else this.#hold(answer, 0)
    call?.release()
    if (getBool(finish, 32, true)) exports.releaseEach(answer.resultExports)
  }

  #over(answer: Answer): void {
    if (this.#tables.end) return
    this.#givenUp--
    this.#hold(answer, 0)
  }

  end(): void {
    const answers = [...this.values()]
    this.clear()
    this.#heldWords = 0
    for (const answer of answers) {
      answer.isRunning = false
      answer.call?.cancel()
      answer.call?.release()
    }
  }
}

/** What results hold that stay here. */
function wordsOf(outcome: Outcome): number {
  try {
    return 'results' in outcome ? outcome.results.encoded().words : 0
  } catch {
    return 0 // Whoever takes them hears what is wrong with them.
  }
}
