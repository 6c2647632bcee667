// Calls we make to the peer.
//
//   a call          Call 7 ─▶ … ◀─ Return 7, Finish 7 ─▶              call, receiveReturn, #conclude
//   given up        Call 7 ─▶ Finish 7 ─▶ … ◀─ Return 7                giveUp
//   pipelined       Call 7 ─▶ Call 8 on 7.0 ─▶                         Call.pipeline, PipelineHook
//   elsewhere       Call 7 ─▶ … ◀─ Return 7 take from 5                receiveReturn
//
// Invariants
//  - A question's id is free again when its Return has come and its Finish is out. We send Finish as
//    soon as the Return is here, or early to give the call up; then the Return is still owed.
//  - A call that cannot be sent leaves nothing behind, and fails.

import { getBool, readerAt } from '../wire/index.ts'
import type { Reader } from '../wire/index.ts'
import { asWwError, failed, overloaded, protocolError, unknownKind } from './error.ts'
import { forget, refuse } from './hook.ts'
import type { Hook, Outcome, PendingCall, Request } from './hook.ts'
import { IdTable } from './ids.ts'
import { copyOf } from './payload.ts'
import {
  BOOTSTRAP,
  CALL,
  FINISH,
  readException,
  RETURN_CANCELED,
  RETURN_EXCEPTION,
  RETURN_RESULTS,
  RETURN_SENT_ELSEWHERE,
  RETURN_TAKE_FROM_OTHER,
  u16,
  u32,
} from './protocol.ts'
import { Question } from './remote.ts'
import type { RemoteHook } from './remote.ts'
import type { Tables } from './tables.ts'

export class Questions extends IdTable<Question> {
  readonly #tables: Tables

  constructor(tables: Tables) {
    super()
    this.#tables = tables
  }

  /** Asks for the peer's bootstrap capability. @returns with a reference for the caller */
  bootstrap(): Hook {
    const { sender } = this.#tables
    const question = this.#ask()
    sender.send(sender.begin(BOOTSTRAP, question.id, 1, 1))
    const hook = question.pipeline([])
    // Nobody but the pipeline asks for the results.
    question.whenDone(() => question.release())
    return hook
  }

  /** Calls what `hook` stands for at the peer. */
  call(hook: RemoteHook, request: Request): PendingCall {
    const tables = this.#tables
    const { sender, limits, deadline } = tables
    const { interfaceId, methodId, params } = request
    if (tables.end) return refuse(request, tables.end)
    if (this.size >= limits.maxQuestions) {
      const sentence = `${limits.maxQuestions} calls wait for the peer, which takes no more`
      return refuse(request, overloaded('TOO_MANY_CALLS', sentence))
    }
    const message = sender.begin(CALL, 0, 3, 3)
    const { body } = message
    let question: Question
    try {
      hook.writeTarget(message, body + 3)
      question = this.#ask(tables.exports.writePayload(message, body + 4, params, true))
    } catch (thrown) {
      message.discard()
      return refuse(request, asWwError(thrown))
    }
    message.u32(0, question.id)
    message.u16(4, methodId)
    message.view.setBigUint64(body * 8 + 8, interfaceId, true)
    sender.send(message)
    params.release()
    if (deadline) question.whenDone(deadline.start(() => question.cancel(deadline.reason)))
    if (tables.onHeld) {
      tables.countHeld(1)
      question.whenDone(() => tables.countHeld(-1))
    }
    return question
  }

  #ask(paramExports: readonly number[] = []): Question {
    return this.add((id) => new Question(this.#tables, id, paramExports))
  }

  /** The caller gives up a question that has not concluded. */
  giveUp(question: Question): void {
    this.#sendFinish(question.id, true)
    if (question.hasReturned) this.delete(question.id)
  }

  #sendFinish(id: number, releaseResultCaps: boolean): void {
    const { sender } = this.#tables
    const message = sender.begin(FINISH, id)
    if (!releaseResultCaps) message.u16(4, 1)
    sender.send(message, false)
  }

  receiveReturn(id: number, returned: Reader): void {
    const { answers, exports, embargoes } = this.#tables
    const question = this.at(id)
    if (!question || question.hasReturned) {
      throw protocolError(`a return for question ${id}, which is not open`)
    }
    question.hasReturned = true
    if (getBool(returned, 32, true)) exports.releaseEach(question.paramExports)
    if (!question.isOpen) {
      this.delete(id)
      return
    }
    const isFinishOwed = !getBool(returned, 33, false)
    const kind = u16(returned, 6)
    if (kind !== RETURN_TAKE_FROM_OTHER) {
      this.#conclude(question, this.#readReturn(kind, returned), isFinishOwed)
      return
    }
    // They may still be on their way. Until then the question stays, and calls pipelined on it.
    answers.keptOf(u32(returned, 8)).whenDone((outcome) => {
      const copy = copyOf(outcome, (hook) => embargoes.detour(hook.addRef()))
      this.#conclude(question, copy, isFinishOwed)
    })
  }

  #conclude(question: Question, outcome: Outcome, isFinishOwed: boolean): void {
    if (!question.isOpen) {
      forget(outcome)
      return
    }
    question.finish(outcome)
    // The id is free only now: a Disembargo that `finish` sent may still name it.
    if (isFinishOwed) this.#sendFinish(question.id, false)
    this.delete(question.id)
  }

  #readReturn(kind: number, returned: Reader): Outcome {
    const content = readerAt(returned, 0)
    switch (kind) {
      case RETURN_RESULTS:
        return { results: this.#tables.imports.readPayload(content, true) }
      case RETURN_EXCEPTION:
        return { error: readException(content) }
      case RETURN_CANCELED:
        return { error: failed('CANCELED', 'The peer canceled the call') }
      case RETURN_SENT_ELSEWHERE:
        throw protocolError('results sent elsewhere for a call that did not ask for it')
      default:
        throw unknownKind('return', kind)
    }
  }

  end(error: Error): void {
    for (const question of this.clear()) question.finish({ error })
  }
}
