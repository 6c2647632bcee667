// The state machine: a script of messages, legal and not, between the connection under test and a
// peer that keeps its own books (peer.ts), with what every reference must mean at the end
// (meaning.ts). The input decides what happens when, and which messages cross.
//
// What must hold
//  - A legal script never ends the connection; an illegal message ends it, with its reason.
//  - Every call ends as its method says, and every ping arrives once, at the object that its
//    reference means; pings through one reference arrive in their order.
//  - When everything is finished and released, all tables are empty; when the connection is gone,
//    every object was let go.

import { messageOf, WwError } from '../../src/base/index.ts'
import { Connection, loopback, promised, serve, traceLines } from '../../src/rpc/index.ts'
import type { Message$Init } from '../fixture/rpc.gen.ts'
import * as schema from '../fixture/thing.gen.ts'
import { Thing } from '../fixture/thing.gen.ts'
import type { Thing$Server } from '../fixture/thing.gen.ts'
import { Choices } from './choices.ts'
import type { Fuzzer } from './fuzzer.ts'
import { BROKEN, expectedOutcome, objectRef, PromiseRef, ResultRef } from './meaning.ts'
import type { CallRecord, Method, Ref } from './meaning.ts'
import { METHODS, Peer, targetOf, USE, Violation } from './peer.ts'
import type { Dest, PeerQuestion, PeerWorld, VatExport } from './peer.ts'

export const machine: Fuzzer = {
  name: 'machine',
  maxBytes: 600,
  async run(input, line) {
    const script = new Script(new Choices(input), line)
    await script.run()
    return script.features
  },
}

const NO_ENTRIES = { questions: 0, answers: 0, exports: 0, imports: 0, embargoes: 0 }

/** Rounds in which everything that is open is brought to its end. */
const MAX_END_ROUNDS = 60

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A reference that the program on the vat's side holds. */
interface VatClient {
  client: Thing
  readonly ref: Ref
  readonly sequence: number[]
}

interface Slot {
  readonly promise: Promise<Thing>
  resolve(thing: Thing): void
  reject(error: Error): void
}

class Script implements PeerWorld {
  readonly features = new Set<string>()
  readonly #choices: Choices
  readonly #calls = new Map<number, CallRecord>()
  #lastNumber = 0
  readonly #arrivals: { readonly tag: number; readonly identity: number }[] = []
  readonly #facts: { readonly what: string; readonly one: Ref; readonly other: Ref }[] = []
  readonly #sequences: (readonly number[])[] = []
  readonly #slots = new Map<number, Slot>()
  readonly #clients: VatClient[] = []
  readonly #cancels: (() => void)[] = []
  /** Calls of the vat's program that have not ended. */
  #pending = 0
  #alive = 0
  readonly #peer: Peer
  readonly #connection: Connection
  readonly #line: ((text: string) => void) | undefined

  constructor(choices: Choices, line: ((text: string) => void) | undefined) {
    this.#choices = choices
    const [ours, theirs] = loopback()
    this.#peer = new Peer(ours, this)
    const bootstrap = this.#object(0)
    const trace = line && traceLines(line, [schema])
    this.#connection = new Connection(theirs, { bootstrap, trace })
    this.#line = line
  }

  // ---- the world both ends live in

  record(tag: number): CallRecord {
    const record = this.#calls.get(tag & ~USE)
    if (!record) throw new Violation(`call ${tag} was never made`)
    return record
  }
  next(): number {
    return ++this.#lastNumber
  }
  arrived(tag: number, identity: number): void {
    this.#line?.(`   ${tag >= USE ? `use ${tag - USE}` : tag} arrives at ${identity}`)
    this.#arrivals.push({ tag, identity })
  }
  same(what: string, one: Ref, other: Ref): void {
    if (one !== other) this.#facts.push({ what, one, other })
  }
  reached(feature: string): void {
    this.features.add(feature)
  }

  #newCall(method: Method, target: Ref, param: Ref | undefined): CallRecord {
    const tag = this.next()
    const isLate = method === 'later' || method === 'late'
    const promise = isLate ? new PromiseRef(tag) : undefined
    const call: CallRecord = {
      tag,
      method,
      target,
      param,
      promise,
      isDoubtful: false,
      outcome: undefined,
    }
    this.#calls.set(tag, call)
    this.#line?.(`   ${method} ${tag} to ${target.identity()} with ${param?.identity()}`)
    return call
  }

  #object(name: number): Thing {
    this.#alive++
    const server: Thing$Server & Disposable = {
      ping: ({ tag }) => {
        this.arrived(tag, name)
        return { tag }
      },
      make: ({ tag }) => ({ thing: this.#object(tag) }),
      give: ({ thing }) => ({ thing }),
      later: ({ tag }) => ({ thing: promised(Thing, this.#slot(tag).promise) }),
      late: async ({ tag }) => ({ thing: await this.#slot(tag).promise }),
      use: async ({ tag, thing }) => {
        await thing!.ping({ tag: (tag | USE) >>> 0 })
      },
      keep: ({ tag, thing }) => {
        const { param } = this.record(tag)
        if (thing) this.#hold(thing.$dup(), param!)
      },
      never: async (_, { signal }) =>
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      [Symbol.dispose]: () => {
        this.#alive--
      },
    }
    return serve(Thing, server)
  }

  #slot(tag: number): Slot {
    const made = {} as { -readonly [K in keyof Slot]: Slot[K] }
    made.promise = new Promise<Thing>((resolve, reject) => {
      made.resolve = resolve
      made.reject = reject
    })
    made.promise.catch(() => {})
    this.#slots.set(tag, made)
    return made
  }

  #hold(client: Thing, ref: Ref, sequence?: number[]): VatClient {
    const held = { client, ref, sequence: sequence ?? this.#newSequence() }
    this.#clients.push(held)
    return held
  }

  #newSequence(): number[] {
    const sequence: number[] = []
    this.#sequences.push(sequence)
    return sequence
  }

  // ---- the script

  async run(): Promise<void> {
    const { ending, breaking } = await this.#act()
    if (this.#peer.isEnded && !breaking) this.#checkNotAborted()
    if (breaking) await this.#checkAborted(breaking)
    else if (ending === 'close') this.#peer.close()
    else {
      await this.#finishEverything()
      this.#checkMeaning()
      await this.#releaseEverything()
    }
    await this.#checkEnd()
  }

  async #act(): Promise<{ ending: 'quiet' | 'close'; breaking: RegExp | undefined }> {
    const choices = this.#choices
    const ending = choices.oneIn(4) ? 'close' : 'quiet'
    this.#peer.bootstrap()
    while (!choices.isOver) {
      const what = choices.below(32)
      if (what < 9) this.#peerCalls()
      else if (what < 14) this.#vatCalls()
      else if (what < 19) for (let left = choices.below(6); left >= 0; left--) this.#read()
      else if (what < 21) {
        this.#peerAnswers()
        if (choices.oneIn(2)) await this.#vatPingsAgain()
      } else if (what < 23) this.#peerFinishes()
      else if (what < 24) this.#peerReleases()
      else if (what < 25) {
        this.#peerResolves()
        if (choices.oneIn(2)) await this.#vatPingsAgain()
      } else if (what < 27) this.#vatSettles()
      else if (what < 28) this.#vatDrops()
      else if (what < 29) this.#peerDisembargoes()
      else if (what < 30) this.#level3()
      else if (what < 31) await turn()
      else if (choices.oneIn(6)) return { ending, breaking: await this.#breakRule() }
      if (choices.oneIn(2)) await turn()
      this.#checkNotAborted()
    }
    return { ending, breaking: undefined }
  }

  #read(): void {
    this.#peer.isTailCalling = this.#choices.oneIn(3)
    this.#peer.read()
  }

  #checkNotAborted(): void {
    const { abortReason, inbox, isEnded } = this.#peer
    const said = abortReason ?? inbox.find((one) => one.$which === 'abort')?.abort?.reason
    if (said !== undefined) throw new Violation(`a legal script was aborted: ${said}`)
    if (isEnded) throw new Violation('the connection ended by itself')
  }

  // ---- what the peer does

  /** Something the peer can call or give away. */
  #dest(maxRank = Infinity): Dest {
    const peer = this.#peer
    const answers = [...peer.questions.values()].filter(
      ({ finish, tailOf, onReturn, record }) =>
        finish === 'no' && !tailOf && !onReturn && record?.method !== 'never',
    )
    const dests = (
      [
        ...[...peer.vatExports.values()].map((held): Dest => ({ kind: 'vat', export: held })),
        ...answers.map((question): Dest => ({ kind: 'answer', question })),
        ...[...peer.exports.values()].map(({ dest }) => dest),
        ...peer.openPlaces.map(({ place }): Dest => ({ kind: 'place', place })),
        { kind: 'own', tag: peer.bootstrapTag ?? this.next() },
      ] satisfies Dest[] as Dest[]
    ).filter((dest) => peer.refOf(dest).rank < maxRank)
    return this.#choices.pick(dests)
  }

  #peerCalls(): void {
    const peer = this.#peer
    const target = this.#dest()
    if (target.kind !== 'vat' && target.kind !== 'answer') {
      // It would be a matter between the peer and itself.
      if (this.#choices.oneIn(3)) peer.bootstrap()
      return
    }
    const method = this.#choices.pick(METHODS)
    const isGiving = ['give', 'use', 'keep'].includes(method)
    const param = isGiving ? this.#param() : undefined
    const record = this.#newCall(method, peer.refOf(target), param && peer.refOf(param))
    const holder = target.kind === 'vat' ? target.export : target.question
    if (method === 'ping') {
      if (holder.sequence.length === 0) this.#sequences.push(holder.sequence)
      holder.sequence.push(record.tag)
    }
    const state =
      target.kind === 'vat'
        ? `${target.export.isPromise} ${target.export.resolved}`
        : target.question.isReturned
    this.reached(`sent call ${method} to ${target.kind} ${state} with ${param?.kind}`)
    peer.call(targetOf(target), record, param)
  }

  #param(): Dest {
    const choice = this.#choices.below(8)
    if (choice === 0) return this.#peer.promise(new PromiseRef(this.next()))
    if (choice === 1) return { kind: 'own', tag: this.next() }
    if (choice === 2) return { kind: 'broken' }
    return this.#dest()
  }

  #peerAnswers(): void {
    const { todo } = this.#peer
    if (todo.length > 0) this.#answer(this.#choices.below(todo.length), this.#choices.oneIn(12))
  }

  #answer(index: number, isRefused: boolean): void {
    const peer = this.#peer
    const question = peer.todo[index]!
    if (question.method === 'never' && !question.isFinished && !isRefused) return
    peer.todo.splice(index, 1)
    if (question.isFinished && this.#choices.oneIn(2)) {
      peer.answer(question, 'canceled')
      return
    }
    if (isRefused || question.method === 'never') {
      peer.answer(question, 'exception')
      return
    }
    const { record, tag } = question
    switch (question.method) {
      case 'make': {
        const isPromise = this.#choices.oneIn(4)
        const promise = new PromiseRef(this.next())
        peer.answer(question, 'results', isPromise ? peer.promise(promise) : { kind: 'own', tag })
        // It has one meaning only.
        if (isPromise) this.#resolvePlace(peer.openPlaces.length - 1, { kind: 'own', tag })
        return
      }
      case 'give':
        peer.answer(question, 'results', question.param ?? { kind: 'broken' })
        return
      case 'later':
        peer.answer(question, 'results', peer.promise(record.promise!))
        return
      case 'late': {
        const dest = this.#dest(record.promise!.rank)
        record.promise!.resolution = peer.refOf(dest)
        peer.answer(question, 'results', dest)
        return
      }
      case 'ping':
      case 'use':
      case 'keep':
        peer.answer(question, 'results')
    }
  }

  #peerResolves(): void {
    const { openPlaces } = this.#peer
    if (openPlaces.length === 0) return
    const index = this.#choices.below(openPlaces.length)
    const isBroken = this.#choices.oneIn(8)
    this.#resolvePlace(index, isBroken ? { kind: 'broken' } : undefined)
  }

  #resolvePlace(index: number, chosen?: Dest): void {
    const peer = this.#peer
    const [open] = peer.openPlaces.splice(index, 1)
    const dest = chosen ?? this.#dest(open!.ref.rank)
    open!.ref.resolution = peer.refOf(dest)
    this.reached(`resolved a promise to ${dest.kind}`)
    open!.place.resolve(dest)
  }

  #peerFinishes(): void {
    const peer = this.#peer
    const open = [...peer.questions.values()].filter(
      (question) => !question.isPinned && this.#isFinishable(question),
    )
    if (open.length === 0) return
    const question = this.#choices.pick(open)
    // Whoever still asks for the outcome waits for it.
    if (!question.isReturned && question.onReturn) return
    peer.finish(question, this.#mayRelease(question) && this.#choices.oneIn(2))
  }

  #isFinishable({ finish, tailOf }: PeerQuestion): boolean {
    return finish === 'no' && (!tailOf || tailOf.isFinished)
  }

  #mayRelease({ result, isReturned, isToYourself, onReturn }: PeerQuestion): boolean {
    if (isToYourself) return true
    if (!isReturned) return onReturn === undefined
    return result?.kind !== 'vat' || !result.export.isPinned || result.export.count > 1
  }

  #peerReleases(): void {
    const peer = this.#peer
    const used = new Set<VatExport>()
    // What a Finish may still release is not ours to release twice.
    for (const { result } of peer.questions.values())
      if (result?.kind === 'vat') used.add(result.export)
    const free = [...peer.vatExports.values()].filter((held) => !held.isPinned && !used.has(held))
    if (free.length === 0) return
    const held = this.#choices.pick(free)
    peer.release(held, 1 + this.#choices.below(held.count))
    this.reached('sent release')
  }

  #peerDisembargoes(): void {
    const peer = this.#peer
    const settled = [...peer.vatExports.values()].filter(({ resolved }) => resolved === 'to us')
    if (settled.length === 0) return
    const held = this.#choices.pick(settled)
    if (held.ref.identity() === 'broken') return
    peer.disembargo(held)
    this.reached('sent disembargo')
  }

  #level3(): void {
    const peer = this.#peer
    const messages: Message$Init[] = [
      { provide: { questionId: 9, target: { importedCap: 9 } } },
      { accept: { questionId: 9 } },
      { join: { questionId: 9, target: { importedCap: 9 } } },
      { obsoleteSave: 'x' },
      { obsoleteDelete: 'x' },
      { call: { questionId: 0, sendResultsTo: { thirdParty: 'x' } } },
      { disembargo: { target: { importedCap: 0 }, context: { accept: null } } },
    ]
    const message = this.#choices.pick(messages)
    this.reached(`sent ${Object.keys(message)[0]} of level 3`)
    peer.send(message)
  }

  // ---- what the program on the vat's side does

  #vatCalls(): void {
    const choices = this.#choices
    const target = this.#vatClient()
    const method = choices.pick(METHODS)
    const isGiving = ['give', 'use', 'keep'].includes(method)
    const param = isGiving ? this.#vatParam() : undefined
    if (method === 'ping') {
      this.#vatPings(target)
      return
    }
    const record = this.#newCall(method, target.ref, param?.ref)
    const { tag } = record
    const thing = param?.client
    const { client } = target
    switch (method) {
      case 'make':
      case 'give':
      case 'later':
      case 'late': {
        const call = method === 'give' ? client.give({ tag, thing }) : client[method]({ tag })
        const held = this.#hold(call.thing, new ResultRef(record))
        if (choices.oneIn(2)) this.#vatPings(held)
        const isSwapped = choices.oneIn(2)
        this.#watch(record, call, ({ thing: real }) => {
          const isHeld = this.#clients.includes(held)
          if (isSwapped && isHeld && real) {
            held.client[Symbol.dispose]()
            held.client = real.$dup()
          }
          call[Symbol.dispose]()
        })
        if (choices.oneIn(10)) this.#cancel(record, call)
        break
      }
      case 'never': {
        const call = client.never({ tag })
        this.#watch(record, call)
        const cancel = () => this.#cancel(record, call)
        if (choices.oneIn(2)) cancel()
        else this.#cancels.push(cancel)
        break
      }
      case 'use':
      case 'keep':
        this.#watch(record, client[method]({ tag, thing }))
    }
    if (param?.isOurs) param.client[Symbol.dispose]()
  }

  /** What is pinged while a promise settles must not overtake what was on its way. */
  async #vatPingsAgain(): Promise<void> {
    await turn()
    const pinged = this.#clients.filter(({ sequence }) => sequence.length > 0)
    for (const held of pinged.slice(-4)) this.#vatPings(held)
  }

  #vatPings({ client, ref, sequence }: VatClient): void {
    const record = this.#newCall('ping', ref, undefined)
    sequence.push(record.tag)
    this.#watch(record, client.ping({ tag: record.tag }))
  }

  #cancel(record: CallRecord, call: { $cancel(): void }): void {
    if (record.outcome !== undefined) return
    record.isDoubtful = true
    call.$cancel()
  }

  #watch<T>(record: CallRecord, call: PromiseLike<T>, take: (results: T) => void = () => {}): void {
    this.#pending++
    call.then(
      (results) => {
        this.#pending--
        record.outcome = 'results'
        take(results)
      },
      (thrown: unknown) => {
        this.#pending--
        record.outcome = 'exception'
        if (!(thrown instanceof WwError)) this.#thrown ??= new Error(messageOf(thrown))
      },
    )
  }

  /** What no call should fail with. */
  #thrown: Error | undefined

  #vatClient(): VatClient {
    if (this.#clients.length === 0) {
      const tag = this.next()
      if (this.#peer.bootstrapTag === undefined && !this.#isBootstrapping) {
        this.#isBootstrapping = true
        return this.#hold(this.#connection.bootstrap(Thing), {
          rank: 0,
          identity: () => this.#peer.bootstrapTag ?? 'unknown',
        })
      }
      return this.#hold(this.#object(tag), objectRef(tag))
    }
    return this.#choices.pick(this.#clients)
  }
  #isBootstrapping = false

  #vatParam(): { client: Thing; ref: Ref; isOurs: boolean } {
    if (!this.#choices.oneIn(3)) return { ...this.#vatClient(), isOurs: false }
    const tag = this.next()
    return { client: this.#object(tag), ref: objectRef(tag), isOurs: true }
  }

  #vatSettles(): void {
    const tags = [...this.#slots.keys()]
    if (tags.length === 0) return
    this.#settle(this.#choices.pick(tags), this.#choices.oneIn(8))
  }

  #settle(tag: number, isBroken: boolean): void {
    const slot = this.#slots.get(tag)!
    this.#slots.delete(tag)
    const { promise } = this.record(tag)
    const lower = this.#clients.filter(({ ref }) => ref.rank < tag)
    this.reached(`settled a promise ${isBroken ? 'with an error' : lower.length > 0}`)
    if (isBroken) {
      promise!.resolution = BROKEN
      slot.reject(new WwError('failed', 'BROKEN', 'Broken by the script'))
    } else if (lower.length === 0) {
      const name = this.next()
      promise!.resolution = objectRef(name)
      slot.resolve(this.#object(name))
    } else {
      const { client, ref } = this.#choices.pick(lower)
      promise!.resolution = ref
      slot.resolve(client.$dup())
    }
  }

  #vatDrops(): void {
    if (this.#clients.length === 0) return
    const [dropped] = this.#clients.splice(this.#choices.below(this.#clients.length), 1)
    dropped!.client[Symbol.dispose]()
  }

  // ---- breaking rules

  /** Sends one message that must end the connection. @returns what the reason says */
  async #breakRule(): Promise<RegExp | undefined> {
    const peer = this.#peer
    await this.#drain()
    this.#checkNotAborted()
    const gone = 0xffff_0000 + this.#choices.below(1000)
    const [question] = [...peer.questions.values()]
    const [held] = [...peer.vatExports.values()]
    // What is said of a call that was given up is not looked at.
    const open = [...peer.vatQuestions.values()].find(
      ({ state, isFinished }) => state === 'open' && !isFinished,
    )
    const returned = [...peer.vatQuestions.values()].find(({ state }) => state === 'returned')
    const [own] = [...peer.exports.values()].filter(({ dest }) => dest.kind === 'own')
    const target = { importedCap: held?.id ?? gone }
    const inUse = question && { questionId: question.id }
    const rules: [RegExp, Message$Init | undefined][] = [
      [/export \d+ does not exist/, { call: { questionId: gone, target: { importedCap: gone } } }],
      [
        /which is not open/,
        { call: { questionId: gone, target: { promisedAnswer: { questionId: gone } } } },
      ],
      [/in use already/, inUse && held && { call: { ...inUse, target } }],
      [/in use already/, inUse && { bootstrap: inUse }],
      [/never asked/, { finish: { questionId: gone } }],
      [/which it has not/, { release: { id: gone, referenceCount: 1 } }],
      [/which it has not/, held && { release: { id: held.id, referenceCount: held.count + 1 } }],
      [/not open/, { return: { answerId: gone } }],
      [/not open/, returned && { return: { answerId: returned.id } }],
      [/did not ask for it/, open && { return: { answerId: open.id, resultsSentElsewhere: null } }],
      [/does not keep any/, open && { return: { answerId: open.id, takeFromOtherQuestion: gone } }],
      [
        /does not keep any/,
        open && question && !question.isToYourself
          ? { return: { answerId: open.id, takeFromOtherQuestion: question.id } }
          : undefined,
      ],
      [/not an open promise/, own && { resolve: { promiseId: own.id, cap: { none: null } } }],
      [/not under embargo/, { disembargo: { target, context: { receiverLoopback: gone } } }],
      [
        /export \d+ does not exist/,
        { resolve: { promiseId: gone, cap: { receiverHosted: gone } } },
      ],
      [
        /export \d+ does not exist/,
        held && {
          call: {
            questionId: gone,
            target,
            params: { capTable: [{ senderHosted: 1_000_000 }, { receiverHosted: gone }] },
          },
        },
      ],
      [
        /which is not open/,
        held && {
          call: {
            questionId: gone,
            target,
            params: { capTable: [{ receiverAnswer: { questionId: gone } }] },
          },
        },
      ],
      [/level 1 needs/, { unimplemented: { bootstrap: { questionId: 0 } } }],
      [/level 1 needs/, { unimplemented: { unimplemented: { finish: { questionId: 0 } } } }],
    ]
    const [reason, message] = this.#choices.pick(rules)
    if (!message) return undefined
    this.reached(`broke a rule: ${reason.source}`)
    peer.send(message)
    return reason
  }

  async #checkAborted(reason: RegExp): Promise<void> {
    await turn()
    await turn()
    const { inbox, isEnded } = this.#peer
    const abortReason = inbox.at(-1)?.abort?.reason
    if (abortReason === undefined || !reason.test(abortReason)) {
      throw new Violation(
        `${reason.source} was to end the connection: ${abortReason ?? 'nothing said'}`,
      )
    }
    if (!isEnded) throw new Violation('an abort without an end')
    const closed = await this.#connection.closed
    if (!reason.test(closed?.message ?? '')) throw new Violation('closed does not say the reason')
  }

  // ---- the end

  async #drain(): Promise<void> {
    for (let round = 0; round < MAX_END_ROUNDS; round++) {
      await turn()
      if (this.#peer.inbox.length === 0) return
      while (this.#peer.inbox.length > 0) this.#read()
    }
    throw new Violation('the peers talk without end')
  }

  /** Settles, answers and resolves until nothing is open but what is called `never`. */
  async #finishEverything(): Promise<void> {
    const peer = this.#peer
    for (let round = 0; round < MAX_END_ROUNDS; round++) {
      await this.#drain()
      this.#checkNotAborted()
      for (const cancel of this.#cancels.splice(0)) cancel()
      for (const question of [...peer.questions.values()]) {
        const isNever = question.record?.method === 'never'
        if (isNever && this.#isFinishable(question)) peer.finish(question, true)
      }
      for (const tag of [...this.#slots.keys()]) this.#settle(tag, false)
      while (peer.openPlaces.length > 0) this.#resolvePlace(0)
      for (let index = peer.todo.length - 1; index >= 0; index--) this.#answer(index, false)
      await this.#drain()
      const isWaiting = [...peer.questions.values()].some(
        ({ isReturned, finish }) => !isReturned || finish === 'releasing',
      )
      const isOpen = [...peer.vatQuestions.values()].some(({ state }) => state === 'open')
      const isOwed = peer.disembargoes.size + peer.owedDisembargoes.size > 0
      if (!isWaiting && !isOpen && !isOwed && this.#pending === 0 && this.#slots.size === 0) return
    }
    const waiting = [...peer.questions.values()].filter(({ isReturned }) => !isReturned)
    const left = {
      questions: waiting.map(({ record }) => record && `${record.tag} ${record.method}`),
      vatQuestions: [...peer.vatQuestions.values()]
        .filter(({ state }) => state === 'open')
        .map(({ tag, method }) => `${tag} ${method}`),
      disembargoes: peer.disembargoes.size,
      owedDisembargoes: peer.owedDisembargoes.size,
      pending: this.#pending,
    }
    throw new Violation(`not everything ended: ${JSON.stringify(left)}`)
  }

  #checkMeaning(): void {
    if (this.#thrown !== undefined) throw this.#thrown
    for (const { what, one, other } of this.#facts) {
      const [left, right] = [one.identity(), other.identity()]
      if (left === 'unknown' || right === 'unknown' || left === right) continue
      throw new Violation(`${what}: ${left} is not ${right}`)
    }
    for (const call of this.#calls.values()) {
      const expected = expectedOutcome(call)
      if (expected !== undefined && expected !== call.outcome) {
        throw new Violation(
          `${call.method} ${call.tag} ended with ${call.outcome}, not ${expected}`,
        )
      }
      if (call.method === 'ping') this.#checkArrival(call.tag, call.target, call)
      if (call.method === 'use') this.#checkUse(call)
    }
    const places = new Map(this.#arrivals.map(({ tag }, place) => [tag, place]))
    for (const sequence of this.#sequences) {
      let last = -1
      for (const tag of sequence) {
        const place = places.get(tag)
        if (place === undefined) continue
        if (place < last) throw new Violation(`ping ${tag} was overtaken: ${sequence.join()}`)
        last = place
      }
    }
  }

  #checkArrival(tag: number, target: Ref, { isDoubtful }: CallRecord): void {
    const arrivals = this.#arrivals.filter((one) => one.tag === tag)
    const identity = target.identity()
    if (arrivals.length > 1) throw new Violation(`ping ${tag} arrived ${arrivals.length} times`)
    const [arrival] = arrivals
    if (identity === 'unknown') return
    if (identity === 'broken' ? arrival : !arrival && !isDoubtful) {
      throw new Violation(`ping ${tag} to ${identity} arrived ${arrivals.length} times`)
    }
    if (arrival && arrival.identity !== identity) {
      throw new Violation(`ping ${tag} to ${identity} arrived at ${arrival.identity}`)
    }
  }

  #checkUse(call: CallRecord): void {
    if (typeof call.target.identity() !== 'number' || call.isDoubtful) return
    this.#checkArrival((call.tag | USE) >>> 0, call.param!, call)
  }

  async #releaseEverything(): Promise<void> {
    const peer = this.#peer
    for (const { client } of this.#clients.splice(0)) client[Symbol.dispose]()
    for (let round = 0; round < MAX_END_ROUNDS; round++) {
      await this.#drain()
      for (const question of [...peer.questions.values()]) {
        if (this.#isFinishable(question)) peer.finish(question, this.#mayRelease(question))
      }
      await this.#drain()
      for (const held of [...peer.vatExports.values()]) peer.release(held, held.count)
      await this.#drain()
      if (this.#isPeerEmpty()) break
    }
    const { stats } = this.#connection
    if (JSON.stringify(stats) !== JSON.stringify(NO_ENTRIES)) {
      throw new Violation(`entries are left: ${JSON.stringify(stats)}`)
    }
    if (!this.#isPeerEmpty()) throw new Violation(`the peer still holds ${this.#peerLeft()}`)
    if (this.#alive !== 1) throw new Violation(`${this.#alive - 1} objects were not let go`)
    this.reached('quiet end')
    this.#connection.close()
  }

  #isPeerEmpty(): boolean {
    const { questions, vatQuestions, vatExports, exports } = this.#peer
    return questions.size + vatQuestions.size + vatExports.size + exports.size === 0
  }

  #peerLeft(): string {
    const { questions, vatQuestions, vatExports, exports } = this.#peer
    return [questions, vatQuestions, vatExports, exports]
      .map((table) => JSON.stringify([...table.keys()]))
      .join(' ')
  }

  /** The connection is over, or about to be. */
  async #checkEnd(): Promise<void> {
    await turn()
    await this.#connection.closed
    const { stats } = this.#connection
    if (JSON.stringify(stats) !== JSON.stringify(NO_ENTRIES)) {
      throw new Violation(`entries are left after the end: ${JSON.stringify(stats)}`)
    }
    for (const { client } of this.#clients.splice(0)) client[Symbol.dispose]()
    for (let round = 0; round < 3; round++) {
      for (const slot of this.#slots.values()) slot.reject(new Error('over'))
      this.#slots.clear()
      for (const cancel of this.#cancels.splice(0)) cancel()
      await turn()
      for (const { client } of this.#clients.splice(0)) client[Symbol.dispose]()
    }
    if (this.#pending > 0)
      throw new Violation(`${this.#pending} calls did not end with the connection`)
    if (this.#alive !== 0) throw new Violation(`${this.#alive} objects outlived the connection`)
    if (this.#thrown !== undefined) throw this.#thrown
  }
}
