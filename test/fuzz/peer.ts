// The other end of the connection under test: a vat of level 1 written from rpc.capnp alone, message
// by message, which shares no code with ours but the encoding. It is honest; when it speaks and what
// it answers, the script decides. It holds every message of ours to the protocol, as far as it can
// be known at the moment it is read, and throws a `Violation` when one breaks it.
//
// Invariants
//  - Messages of the connection wait in `inbox` until the script reads them, so messages cross.
//  - `count` of an export (theirs or ours) is what a Release may still take.
//  - What was queued for a place (a promise of ours, or the result of their question) is passed on
//    before anything that comes later.

import type { ByteLink } from '../../src/base/index.ts'
import { serve } from '../../src/rpc/index.ts'
import {
  Builder,
  finished,
  FrameReader,
  getCapIndex,
  getUint32,
  putCapability,
  putStruct,
  rootOf,
} from '../../src/wire/index.ts'
import type { AnyPointer, Struct, StructType } from '../../src/wire/index.ts'
import { Message } from '../fixture/rpc.gen.ts'
import type {
  Call,
  CapDescriptor,
  CapDescriptor$Init,
  Disembargo,
  Message$Init,
  MessageTarget,
  MessageTarget$Init,
  Payload,
  Payload$Init,
  PromisedAnswer,
  PromisedAnswer$Init,
  Return,
} from '../fixture/rpc.gen.ts'
import {
  Thing,
  Thing_give$Params,
  Thing_make$Results,
  Thing_ping$Results,
} from '../fixture/thing.gen.ts'
import { BROKEN, objectRef, ResultRef, UNKNOWN } from './meaning.ts'
import type { CallRecord, Method, PromiseRef, Ref } from './meaning.ts'

/** The connection under test broke the protocol, or said what cannot be. */
export class Violation extends Error {}

export const METHODS: readonly Method[] = [
  'ping',
  'make',
  'give',
  'later',
  'late',
  'use',
  'keep',
  'never',
  'pour',
]

/** Marks the ping that `use` makes with its own tag. */
export const USE = 0x8000_0000

const CAP = serve(Thing, {} as never)

/** Where a capability leads, seen from the peer. */
export type Dest =
  | { readonly kind: 'own'; readonly tag: number }
  | { readonly kind: 'vat'; readonly export: VatExport }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'answer'; readonly question: PeerQuestion }
  | { readonly kind: 'broken' }

/** A capability the vat gave us. */
export interface VatExport {
  readonly id: number
  count: number
  readonly isPromise: boolean
  resolved: 'no' | 'to us' | 'elsewhere'
  /** Calls are passed on to it: it must not be released. */
  isPinned: boolean
  readonly ref: Ref
  /** Tags of the pings that went out through it. */
  readonly sequence: number[]
}

/** A capability we gave the vat. */
export interface OwnExport {
  readonly id: number
  count: number
  readonly dest: Dest
}

type Item =
  | { readonly kind: 'call'; readonly question: VatQuestion }
  | { readonly kind: 'ping'; readonly tag: number }
  | { readonly kind: 'disembargo'; readonly id: number }

/** Something not known yet, that can be called. */
export class Place {
  readonly ref: Ref
  dest: Dest | undefined
  #queue: Item[] = []
  #listeners: (() => void)[] = []
  readonly #pass: (item: Item, dest: Dest) => void

  constructor(ref: Ref, pass: (item: Item, dest: Dest) => void) {
    this.ref = ref
    this.#pass = pass
  }

  deliver(item: Item): void {
    if (this.dest) this.#pass(item, this.dest)
    else this.#queue.push(item)
  }
  whenResolved(listener: () => void): void {
    if (this.dest) listener()
    else this.#listeners.push(listener)
  }
  resolve(dest: Dest): void {
    this.dest = dest
    pin(dest)
    const queue = this.#queue
    this.#queue = []
    for (const item of queue) this.#pass(item, dest)
    for (const listener of this.#listeners) listener()
    this.#listeners = []
  }
}

/** A call the vat made. */
export interface VatQuestion {
  readonly id: number
  readonly method: Method
  readonly tag: number
  readonly record: CallRecord
  readonly param: Dest | undefined
  readonly result: Place
  state: 'open' | 'returned' | 'finished'
  isFinished: boolean
  /** Own exports that stand in its Return. */
  resultExports: OwnExport[]
  /** The object of ours that it came to. */
  executedAt: number | undefined
}

/** A call we made. */
export interface PeerQuestion {
  readonly id: number
  readonly record: CallRecord | undefined
  isReturned: boolean
  finish: 'no' | 'keeping' | 'releasing'
  /** Where its results are: known when it returned. */
  result: Dest | undefined
  readonly ref: Ref
  readonly isToYourself: boolean
  readonly sequence: number[]
  /** Whose results these are, too. */
  tailOf: VatQuestion | undefined
  /** As with exports. */
  isPinned: boolean
  onReturn: ((outcome: 'results' | 'exception', dest: Dest | undefined) => void) | undefined
}

export interface PeerWorld {
  /** The record of the call with this tag. */
  record(tag: number): CallRecord
  /** A number no call has had; promises made later have higher ones. */
  next(): number
  arrived(tag: number, identity: number): void
  hasArrived(tag: number): boolean
  /** A stream call failed at an object. */
  spoil(identity: number): void
  /** Both must turn out to be the same. */
  same(what: string, one: Ref, other: Ref): void
  /** Something noteworthy happened: what fuzzing is to reach. */
  reached(feature: string): void
}

export class Peer {
  readonly inbox: Message[] = []
  isEnded = false
  abortReason: string | undefined
  readonly questions = new Map<number, PeerQuestion>()
  readonly vatQuestions = new Map<number, VatQuestion>()
  readonly vatExports = new Map<number, VatExport>()
  readonly exports = new Map<number, OwnExport>()
  /** Our disembargoes that have not come back, with the pings that must come first. */
  readonly disembargoes = new Map<number, readonly number[]>()
  /** The vat's disembargoes that we have not returned. */
  readonly owedDisembargoes = new Set<number>()
  /** Calls that arrived at objects of ours and wait for their answer. */
  readonly todo: VatQuestion[] = []
  /** Promises we gave out and did not resolve. */
  readonly openPlaces: { readonly place: Place; readonly ref: PromiseRef }[] = []
  readonly unimplemented: string[] = []
  readonly #link: ByteLink
  readonly #world: PeerWorld
  /** What must be said right after the message being written. */
  #afterwards: (() => void)[] = []

  constructor(link: ByteLink, world: PeerWorld) {
    this.#link = link
    this.#world = world
    const frames = new FrameReader((message) => {
      this.inbox.push(rootOf(message).asStruct(Message))
      return true
    })
    link.open({
      chunk: (chunk) => frames.feed(chunk),
      drained: () => {},
      ended: () => {
        this.isEnded = true
      },
    })
  }

  // ---- sending

  send(message: Message$Init): void {
    const builder = new Builder()
    putStruct(builder, builder.allocate(1), Message, message)
    this.#link.send(builder.frame())
    const afterwards = this.#afterwards
    this.#afterwards = []
    for (const step of afterwards) step()
  }

  close(): void {
    this.#link.close()
  }

  static #free(table: ReadonlyMap<number, unknown>): number {
    let id = 0
    while (table.has(id)) id++
    return id
  }

  bootstrap(): PeerQuestion {
    const question = this.#ask(undefined, objectRef(0), false)
    this.send({ bootstrap: { questionId: question.id } })
    return question
  }

  #ask(record: CallRecord | undefined, ref: Ref, isToYourself: boolean): PeerQuestion {
    const question: PeerQuestion = {
      id: Peer.#free(this.questions),
      record,
      isReturned: false,
      finish: 'no',
      result: undefined,
      ref,
      isToYourself,
      sequence: [],
      tailOf: undefined,
      isPinned: false,
      onReturn: undefined,
    }
    this.questions.set(question.id, question)
    return question
  }

  call(
    target: MessageTarget$Init,
    record: CallRecord,
    param: Dest | undefined,
    options: { tag?: number; isToYourself?: boolean } = {},
  ): PeerQuestion {
    const { tag = record.tag, isToYourself = false } = options
    const question = this.#ask(record, new ResultRef(record), isToYourself)
    const capTable = param === undefined ? [] : [this.descriptor(param)]
    this.send({
      call: {
        questionId: question.id,
        target,
        interfaceId: Thing.$interface.id,
        methodId: METHODS.indexOf(tag >= USE ? 'ping' : record.method),
        params: {
          content: content(Thing_give$Params, {
            tag,
            thing: param === undefined ? undefined : CAP,
          }),
          capTable,
        },
        sendResultsTo: isToYourself ? { yourself: null } : { caller: null },
      },
    })
    return question
  }

  finish(question: PeerQuestion, isReleasing: boolean): void {
    this.send({ finish: { questionId: question.id, releaseResultCaps: isReleasing } })
    question.finish = isReleasing ? 'releasing' : 'keeping'
    if (!question.isReturned) {
      if (question.record) question.record.isDoubtful = true
      this.#world.reached(`early finish ${question.finish}`)
      return
    }
    this.questions.delete(question.id)
    const { result } = question
    if (isReleasing && result?.kind === 'vat' && !question.isToYourself)
      this.#uncount(result.export)
  }

  #uncount(held: VatExport): void {
    held.count--
    if (held.count === 0 && this.vatExports.get(held.id) === held) this.vatExports.delete(held.id)
  }

  release(held: VatExport, count: number): void {
    held.count -= count
    if (held.count === 0) this.vatExports.delete(held.id)
    this.send({ release: { id: held.id, referenceCount: count } })
  }

  /** What the vat says is something of ours, by a Resolve or in a Return. */
  get returnedHome(): (Dest & { kind: 'vat' | 'answer' })[] {
    const exports = [...this.vatExports.values()].filter(({ resolved }) => resolved === 'to us')
    const answers = [...this.questions.values()].filter(
      ({ result, finish, tailOf }) =>
        finish === 'no' && !tailOf && (result?.kind === 'own' || result?.kind === 'place'),
    )
    return [
      ...exports.map((held) => ({ kind: 'vat', export: held }) as const),
      ...answers.map((question) => ({ kind: 'answer', question }) as const),
    ]
  }

  /** Sends our Disembargo along what has returned home. */
  disembargo(dest: Dest & { kind: 'vat' | 'answer' }): void {
    const id = Peer.#free(this.disembargoes)
    const { sequence } = dest.kind === 'vat' ? dest.export : dest.question
    this.disembargoes.set(id, [...sequence])
    this.#world.reached(`sent disembargo along ${dest.kind}`)
    this.send({ disembargo: { target: targetOf(dest), context: { senderLoopback: id } } })
  }

  /** A descriptor of `dest`, counted as sent. */
  descriptor(dest: Dest, counted: OwnExport[] = []): CapDescriptor$Init {
    switch (dest.kind) {
      case 'own': {
        const known = [...this.exports.values()].find(
          (one) => one.dest.kind === 'own' && one.dest.tag === dest.tag,
        )
        const entry = known ?? this.#export(dest)
        entry.count++
        counted.push(entry)
        return { senderHosted: entry.id }
      }
      case 'vat':
        pin(dest)
        return { receiverHosted: dest.export.id }
      case 'answer':
        pin(dest)
        return { receiverAnswer: placeIn(dest.question) }
      case 'place': {
        if (dest.place.dest) return this.descriptor(dest.place.dest, counted)
        return this.#promiseDescriptor(dest.place, counted)
      }
      case 'broken': {
        const place = new Place(BROKEN, this.#pass)
        const init = this.#promiseDescriptor(place, counted)
        this.#afterwards.push(() => place.resolve({ kind: 'broken' }))
        return init
      }
    }
  }

  #promiseDescriptor(place: Place, counted: OwnExport[]): CapDescriptor$Init {
    const known = [...this.exports.values()].find(
      ({ dest }) => dest.kind === 'place' && dest.place === place,
    )
    const entry = known ?? this.#export({ kind: 'place', place })
    entry.count++
    counted.push(entry)
    if (!known) place.whenResolved(() => this.#sendResolve(entry, place.dest!))
    return { senderPromise: entry.id }
  }

  #export(dest: Dest): OwnExport {
    const entry: OwnExport = { id: Peer.#free(this.exports), count: 0, dest }
    this.exports.set(entry.id, entry)
    return entry
  }

  #sendResolve(entry: OwnExport, dest: Dest): void {
    if (this.exports.get(entry.id) !== entry) return
    if (dest.kind === 'broken') {
      this.#world.reached('sent resolve exception')
      this.send({ resolve: { promiseId: entry.id, exception: { reason: 'broken by the script' } } })
      return
    }
    const cap = this.descriptor(dest)
    this.#world.reached(`sent resolve ${Object.keys(cap)[0]}`)
    this.send({ resolve: { promiseId: entry.id, cap } })
  }

  /** Answers a call that arrived at an object of ours. */
  answer(question: VatQuestion, kind: 'results' | 'exception' | 'canceled', dest?: Dest): void {
    question.state = 'returned'
    if (kind === 'results') {
      const counted: OwnExport[] = []
      const results: Payload$Init =
        dest === undefined
          ? { content: content(Thing_ping$Results, { tag: question.tag }) }
          : {
              content: content(Thing_make$Results, { thing: CAP }),
              capTable: [this.descriptor(dest, counted)],
            }
      if (!question.isFinished) question.resultExports = counted
      this.send({ return: { answerId: question.id, releaseParamCaps: false, results } })
      // The Finish has released them already.
      if (question.isFinished) for (const entry of counted) this.#drop(entry)
    } else {
      question.record.isDoubtful = true
      if (question.method === 'pour' && question.executedAt !== undefined) {
        this.#world.spoil(question.executedAt)
      }
      const outcome =
        kind === 'canceled'
          ? { canceled: null }
          : { exception: { reason: 'refused by the script' } }
      this.send({ return: { answerId: question.id, releaseParamCaps: false, ...outcome } })
    }
    this.#settle(question, kind === 'results' ? dest : undefined)
  }

  /** Says that the results are those of `other`, a call to the vat that keeps them there. */
  answerWith(question: VatQuestion, other: PeerQuestion): void {
    question.state = 'returned'
    this.#world.reached('sent return takeFromOtherQuestion')
    const takeFromOtherQuestion = other.id
    this.send({ return: { answerId: question.id, releaseParamCaps: false, takeFromOtherQuestion } })
    this.#forget(question)
  }

  #settle(question: VatQuestion, dest: Dest | undefined): void {
    question.result.resolve(dest ?? { kind: 'broken' })
    this.#forget(question)
  }

  #forget(question: VatQuestion): void {
    if (!question.isFinished) return
    if (this.vatQuestions.get(question.id) === question) this.vatQuestions.delete(question.id)
  }

  #drop(entry: OwnExport): void {
    entry.count--
    if (entry.count > 0) return
    if (this.exports.get(entry.id) === entry) this.exports.delete(entry.id)
  }

  // ---- what was sent to a place goes on

  readonly #pass = (item: Item, dest: Dest): void => {
    if (dest.kind === 'place') {
      dest.place.deliver(item)
      return
    }
    if (item.kind === 'disembargo') {
      if (dest.kind !== 'vat' && dest.kind !== 'answer') {
        throw new Violation(`a disembargo for what is ${dest.kind}`)
      }
      this.owedDisembargoes.delete(item.id)
      const target = targetOf(dest)
      this.#world.reached('returned a disembargo')
      this.send({ disembargo: { target, context: { receiverLoopback: item.id } } })
      return
    }
    if (item.kind === 'ping') {
      if (dest.kind === 'own') this.#world.arrived(item.tag, dest.tag)
      if (dest.kind === 'vat' || dest.kind === 'answer') {
        const record = this.#world.record(item.tag)
        this.call(targetOf(dest), record, undefined, { tag: item.tag }).onReturn = () => {}
      }
      return
    }
    const { question } = item
    if (question.isFinished) {
      this.answer(question, 'canceled')
      return
    }
    if (dest.kind === 'broken') this.#refuse(question)
    else if (dest.kind === 'own') this.#execute(question, dest.tag)
    else this.#forward(question, dest)
  }

  #refuse(question: VatQuestion): void {
    const { isDoubtful } = question.record
    this.answer(question, 'exception')
    // It fails because its target is broken: that is no choice of ours.
    if (question.tag < USE) question.record.isDoubtful = isDoubtful
  }

  #execute(question: VatQuestion, identity: number): void {
    question.executedAt = identity
    const { maker } = question.record
    if (maker && maker !== this) this.#world.reached(`executed ${question.method} of the other`)
    if (question.method === 'ping' || question.method === 'pour') {
      this.#world.arrived(question.tag, identity)
    }
    if (question.method === 'use') {
      const item: Item = { kind: 'ping', tag: (question.tag | USE) >>> 0 }
      if (question.param) this.#pass(item, question.param)
    }
    this.todo.push(question)
  }

  /** @see script: chooses between passing results on and leaving them where they are */
  isTailCalling = false

  #forward(question: VatQuestion, target: Dest & { kind: 'vat' | 'answer' }): void {
    const isTail = this.isTailCalling
    const asked = this.call(targetOf(target), question.record, question.param, {
      tag: question.tag,
      isToYourself: isTail,
    })
    this.#world.reached(`forwarded ${question.method}${isTail ? ' keeping results' : ''}`)
    if (isTail) {
      asked.tailOf = question
      this.answerWith(question, asked)
      question.result.resolve({ kind: 'answer', question: asked })
      return
    }
    asked.onReturn = (outcome, dest) => {
      if (outcome === 'results') {
        const hasCap = ['make', 'give', 'later', 'late'].includes(question.method)
        this.answer(question, 'results', hasCap ? (dest ?? { kind: 'broken' }) : undefined)
      } else this.#refuse(question)
    }
  }

  // ---- receiving

  /** Reads one message. @throws {Violation} */
  read(): void {
    const message = this.inbox.shift()
    if (!message) return
    const { $which } = message
    switch ($which) {
      case 'call':
        this.#readCall(message.call!)
        break
      case 'return':
        this.#readReturn(message.return!)
        break
      case 'bootstrap': {
        const { questionId } = message.bootstrap!
        const question = this.#vatQuestion(questionId, 'give', 0, BROKEN_CALL, undefined)
        const tag = this.#world.next()
        this.#world.same('the bootstrap of the peer', objectRef(tag), objectRef(tag))
        bootstrapTags.set(this, tag)
        this.answerBootstrap(question, tag)
        break
      }
      case 'finish': {
        const { questionId, releaseResultCaps } = message.finish!
        const question = this.vatQuestions.get(questionId)
        if (!question || question.isFinished) throw new Violation(`finish ${questionId}: not open`)
        question.isFinished = true
        this.#world.reached(`read finish of ${question.state} ${releaseResultCaps}`)
        if (releaseResultCaps) for (const entry of question.resultExports) this.#drop(entry)
        if (question.state === 'open') question.record.isDoubtful = true
        else this.#forget(question)
        break
      }
      case 'resolve': {
        const { promiseId, cap, exception } = message.resolve!
        const held = this.vatExports.get(promiseId)
        if (held && (!held.isPromise || held.resolved !== 'no')) {
          throw new Violation(`resolve ${promiseId}: not an open promise`)
        }
        this.#world.reached(`read resolve ${held ? (cap ? cap.$which : 'exception') : 'crossing'}`)
        const dest = cap ? this.#dest(cap, held?.ref ?? UNKNOWN) : undefined
        if (held) {
          if (exception) this.#world.same(`export ${promiseId} broke`, held.ref, BROKEN)
          held.resolved = dest && dest.kind !== 'vat' ? 'to us' : 'elsewhere'
        } else if (dest?.kind === 'vat') this.release(dest.export, 1)
        break
      }
      case 'release': {
        const { id, referenceCount } = message.release!
        const entry = this.exports.get(id)
        if (!entry || entry.count < referenceCount || referenceCount === 0) {
          throw new Violation(`release ${id} x${referenceCount} of ${entry?.count}`)
        }
        entry.count -= referenceCount
        if (entry.count === 0) this.exports.delete(id)
        this.#world.reached('read release')
        break
      }
      case 'disembargo':
        this.#readDisembargo(message.disembargo!)
        break
      case 'unimplemented':
        this.unimplemented.push(message.unimplemented?.$which ?? 'unknown')
        break
      case 'abort':
        this.abortReason = message.abort!.reason
        break
      case 'provide':
      case 'accept':
      case 'join':
      case 'obsoleteSave':
      case 'obsoleteDelete':
      case undefined:
        throw new Violation(`a message of kind ${$which ?? 'unknown'}`)
    }
  }

  answerBootstrap(question: VatQuestion, tag: number): void {
    question.state = 'returned'
    const counted: OwnExport[] = []
    const cap = this.descriptor({ kind: 'own', tag }, counted)
    question.resultExports = counted
    const results = { content: capPointer(), capTable: [cap] }
    this.send({ return: { answerId: question.id, releaseParamCaps: false, results } })
    this.#settle(question, { kind: 'own', tag })
  }

  get bootstrapTag(): number | undefined {
    return bootstrapTags.get(this)
  }

  #vatQuestion(
    id: number,
    method: Method,
    tag: number,
    record: CallRecord,
    param: Dest | undefined,
  ): VatQuestion {
    if (this.vatQuestions.has(id)) throw new Violation(`question ${id} is in use`)
    const question: VatQuestion = {
      id,
      method,
      tag,
      record,
      param,
      result: new Place(new ResultRef(record), this.#pass),
      state: 'open',
      isFinished: false,
      resultExports: [],
      executedAt: undefined,
    }
    this.vatQuestions.set(id, question)
    return question
  }

  #readCall(call: Call): void {
    const method = METHODS[call.methodId]
    if (call.interfaceId !== Thing.$interface.id || !method) throw new Violation('a foreign call')
    const params = call.params.content.asStruct(Thing_give$Params)
    const tag = getUint32(params.$, 0, 0)
    const record = this.#world.record(tag)
    if (method !== (tag >= USE ? 'ping' : record.method)) {
      throw new Violation(`call ${tag} became ${method}`)
    }
    const param = this.#paramOf(call.params, record)
    const target = this.#target(call.target)
    this.#world.reached(`read call ${call.target.$which} ${method} at ${target.kind}`)
    const question = this.#vatQuestion(call.questionId, method, tag, record, param)
    this.#pass({ kind: 'call', question }, target)
  }

  #paramOf(params: Payload, record: CallRecord): Dest | undefined {
    if (record.method === 'pour') return undefined
    const index = capIndexOf(params.content, Thing_give$Params)
    if (index === undefined) return undefined
    const descriptor = params.capTable.at(index)
    if (!descriptor) throw new Violation('a capability pointer leaves its table')
    const dest = this.#dest(descriptor, record.param ?? BROKEN)
    // It may be needed as long as the call is under way.
    pin(dest)
    return dest
  }

  #readReturn(returned: Return): void {
    const { answerId, results, exception, $which } = returned
    const question = this.questions.get(answerId)
    if (!question || question.isReturned) throw new Violation(`return ${answerId}: not open`)
    if (returned.releaseParamCaps) throw new Violation('a return that releases params')
    question.isReturned = true
    this.#world.reached(`read return ${$which}${question.finish === 'no' ? '' : ' finished'}`)
    if (question.finish !== 'no') this.questions.delete(answerId)
    if ($which === 'canceled' && question.finish === 'no') throw new Violation('canceled by itself')
    if (($which === 'resultsSentElsewhere') !== question.isToYourself && $which !== 'canceled') {
      throw new Violation(`${$which} for a call whose results go ${String(question.isToYourself)}`)
    }
    const isIgnored = question.finish === 'releasing'
    if (results && !isIgnored) {
      const index = capIndexOf(results.content, question.record ? Thing_make$Results : undefined)
      const descriptor = index === undefined ? undefined : results.capTable.at(index)
      if (descriptor) question.result = this.#dest(descriptor, question.ref)
      else if (
        question.record &&
        ['make', 'give', 'later', 'late'].includes(question.record.method)
      ) {
        this.#world.same(`the null result of ${question.record.tag}`, question.ref, BROKEN)
      }
    }
    if (question.record && question.finish === 'no' && $which !== 'resultsSentElsewhere') {
      if (!exception && !results) throw new Violation(`${$which} for a call that was not finished`)
      if (!question.onReturn) question.record.outcome = exception ? 'exception' : 'results'
    }
    question.onReturn?.(results ? 'results' : 'exception', question.result)
  }

  #readDisembargo({ target, context }: Disembargo): void {
    const { senderLoopback, receiverLoopback } = context
    if (receiverLoopback !== undefined) {
      const before = this.disembargoes.get(receiverLoopback)
      if (!before) throw new Violation(`disembargo ${receiverLoopback} was not asked for`)
      const missing = before.find((tag) => !this.#world.hasArrived(tag) && !this.#isFailed(tag))
      if (missing !== undefined) throw new Violation(`disembargo before ping ${missing}`)
      this.disembargoes.delete(receiverLoopback)
      this.#world.reached('read disembargo back')
      return
    }
    if (senderLoopback === undefined) throw new Violation('a disembargo of unknown context')
    if (this.owedDisembargoes.has(senderLoopback)) throw new Violation('an embargo id in use')
    this.owedDisembargoes.add(senderLoopback)
    this.#world.reached(`read disembargo ${target.$which}`)
    this.#pass({ kind: 'disembargo', id: senderLoopback }, this.#target(target))
  }

  /** A ping that arrived nowhere may have come to a place that is queued still, or broken. */
  #isFailed(tag: number): boolean {
    const record = this.#world.record(tag)
    if (record.isDoubtful || record.outcome === 'exception') return true
    return [...this.vatQuestions.values()].some((question) => question.tag === tag)
  }

  #target(target: MessageTarget): Dest {
    const { importedCap, promisedAnswer } = target
    if (promisedAnswer) return this.#answer(promisedAnswer)
    const entry = this.exports.get(importedCap!)
    if (!entry) throw new Violation(`a message to export ${importedCap}, which is not there`)
    return entry.dest
  }

  #answer({ questionId, transform }: PromisedAnswer): Dest {
    const question = this.vatQuestions.get(questionId)
    if (!question || question.isFinished) {
      throw new Violation(`a message to question ${questionId}, which is not open`)
    }
    const path = transform.map((op) => op.getPointerField)
    if (path.some((index) => index !== 0)) throw new Violation(`a path of ${path.join()}`)
    return { kind: 'place', place: question.result }
  }

  #dest(descriptor: CapDescriptor, ref: Ref): Dest {
    const { senderHosted, senderPromise, receiverHosted, receiverAnswer, $which } = descriptor
    this.#world.reached(`read cap ${$which}`)
    const id = senderHosted ?? senderPromise
    if (id !== undefined) {
      const known = this.vatExports.get(id)
      if (known) {
        if (known.isPromise !== (senderPromise !== undefined)) {
          throw new Violation(`export ${id} is promise and not`)
        }
        if (known.resolved !== 'no')
          throw new Violation(`export ${id} was resolved and is sent again`)
        known.count++
        this.#world.same(`export ${id}`, known.ref, ref)
        return { kind: 'vat', export: known }
      }
      const isPromise = senderPromise !== undefined
      const made: VatExport = {
        id,
        count: 1,
        isPromise,
        resolved: 'no',
        isPinned: false,
        ref,
        sequence: [],
      }
      this.vatExports.set(id, made)
      return { kind: 'vat', export: made }
    }
    if (receiverHosted !== undefined) {
      const entry = this.exports.get(receiverHosted)
      if (!entry) throw new Violation(`export ${receiverHosted} of the peer is not there`)
      this.#world.same(`our export ${receiverHosted} comes back`, this.refOf(entry.dest), ref)
      return entry.dest
    }
    if (receiverAnswer) {
      const dest = this.#answer(receiverAnswer)
      this.#world.same('a place in an answer', this.refOf(dest), ref)
      return dest
    }
    throw new Violation(`a descriptor of kind ${$which ?? 'unknown'}`)
  }

  refOf(dest: Dest): Ref {
    if (dest.kind === 'own') return objectRef(dest.tag)
    if (dest.kind === 'vat') return dest.export.ref
    if (dest.kind === 'place') return dest.place.ref
    if (dest.kind === 'answer') return dest.question.ref
    return BROKEN
  }

  /** A promise of ours that the script resolves. */
  promise(ref: PromiseRef): Dest {
    const place = new Place(ref, this.#pass)
    this.openPlaces.push({ place, ref })
    return { kind: 'place', place }
  }
}

function pin(dest: Dest): void {
  if (dest.kind === 'vat') dest.export.isPinned = true
  if (dest.kind === 'answer') dest.question.isPinned = true
}

function placeIn({ id, record }: PeerQuestion): PromisedAnswer$Init {
  return { questionId: id, transform: record ? [{ getPointerField: 0 }] : [] }
}

export function targetOf(dest: Dest & { kind: 'vat' | 'answer' }): MessageTarget$Init {
  if (dest.kind === 'vat') return { importedCap: dest.export.id }
  return { promisedAnswer: placeIn(dest.question) }
}

const bootstrapTags = new WeakMap<Peer, number>()

const BROKEN_CALL: CallRecord = {
  tag: 0,
  method: 'give',
  maker: undefined,
  target: BROKEN,
  param: undefined,
  promise: undefined,
  isFailing: false,
  isSlow: false,
  isDoubtful: true,
  outcome: undefined,
  spoilt: new Set(),
}

function content<T extends Struct, Init>(type: StructType<T, Init>, init: Init): AnyPointer {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), type, init)
  return rootOf(finished(builder))
}

function capPointer(): AnyPointer {
  const builder = new Builder()
  putCapability(builder, builder.allocate(1), CAP)
  return rootOf(finished(builder))
}

/** Of the capability in the struct's first pointer, or in the pointer itself. */
function capIndexOf(
  pointer: AnyPointer,
  type: StructType<Struct, never> | undefined,
): number | undefined {
  if (!type) return getCapIndex(pointer.$at, 0)
  return getCapIndex(pointer.asStruct(type).$, 0)
}
