// The state machine: a script of messages, legal and not, between a vat of ours and one or two peers
// that keep their own books (peer.ts), with what every reference must mean at the end (meaning.ts).
// The input decides what happens when, and which messages cross.
//
//   peer ◀── connection ──▶ vat ◀── connection ──▶ peer        what one has the other gets through us
//
// What must hold
//  - A legal script never ends a connection; an illegal message ends the one it came over, with its
//    reason, and not the other.
//  - Every call ends as its method says, and every ping arrives once, at the object that its
//    reference means; pings through one reference arrive in their order, over however many vats.
//  - While an object serves a stream call it gets no other; what follows one that failed is refused.
//  - When everything is finished and released, all tables are empty; when the connections are gone,
//    every object was let go.

import { messageOf, WwError } from '../../src/base/index.ts'
import { Connection, loopback, traceLines } from '../../src/rpc/index.ts'
import type { Message$Init } from '../fixture/rpc.gen.ts'
import * as schema from '../fixture/thing.gen.ts'
import { Thing } from '../fixture/thing.gen.ts'
import { Choices } from './choices.ts'
import type { Fuzzer } from './fuzzer.ts'
import { isEndless, objectRef, PromiseRef, ResultRef } from './meaning.ts'
import type { CallRecord, Ref } from './meaning.ts'
import { METHODS, Peer, targetOf, Violation } from './peer.ts'
import type { Dest, PeerQuestion, VatExport } from './peer.ts'
import { ruleBreakers } from './rules.ts'
import { World } from './world.ts'
import type { VatClient } from './world.ts'

export const machine: Fuzzer = {
  name: 'machine',
  maxBytes: 600,
  async run(input, line) {
    const script = new Script(new Choices(input), line)
    await script.run()
    return script.world.features
  },
}

const NO_ENTRIES = { questions: 0, answers: 0, exports: 0, imports: 0, embargoes: 0 }

/** Rounds in which everything that is open is brought to its end. */
const MAX_END_ROUNDS = 60

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A piece of a stream that is felt: three of them fill its window. */
const LARGE_PIECE = new Uint8Array(30 << 10)

/** A peer, and the vat's connection to it. */
interface Neighbour {
  readonly peer: Peer
  readonly connection: Connection
  /** Whether the vat has asked for its bootstrap capability. */
  isBootstrapped: boolean
}

class Script {
  readonly world: World
  readonly #choices: Choices
  readonly #neighbours: Neighbour[] = []
  /** Calls of the vat's program that have not ended. */
  #pending = 0
  readonly #line: ((text: string) => void) | undefined
  readonly #isClosing: boolean
  readonly #areIntroduced: boolean

  constructor(choices: Choices, line: ((text: string) => void) | undefined) {
    this.#choices = choices
    this.#line = line
    const kind = choices.byte()
    this.#isClosing = kind % 4 === 1
    this.world = new World(choices, line)
    const bootstrap = this.world.object(0)
    const count = kind & 4 ? 2 : 1
    this.#areIntroduced = count === 2 && (kind & 8) !== 0
    for (let index = 0; index < count; index++) this.#connect(index, bootstrap.$dup())
    bootstrap[Symbol.dispose]()
    if (count === 2) this.world.reached('three vats')
  }

  #connect(index: number, bootstrap: Thing): void {
    const line = this.#line
    const [ours, theirs] = loopback()
    const peer = new Peer(ours, this.world)
    const trace = line && traceLines((text) => line(`${index} ${text}`), [schema])
    const connection = new Connection(theirs, { bootstrap, trace })
    this.#neighbours.push({ peer, connection, isBootstrapped: false })
  }

  /** Whose turn it is. */
  #neighbour(): Neighbour {
    const [first] = this.#neighbours
    return this.#neighbours.length === 1 ? first! : this.#choices.pick(this.#neighbours)
  }
  get #peers(): Peer[] {
    return this.#neighbours.map(({ peer }) => peer)
  }

  // ---- the script

  async run(): Promise<void> {
    const broken = await this.#act()
    const isEnded = this.#peers.some((peer) => peer.isEnded)
    if (isEnded && !broken) this.#checkNotAborted(this.#peers)
    if (broken) {
      await this.#checkAborted(broken.neighbour, broken.reason)
      this.#closeAll()
    } else if (this.#isClosing) this.#closeAll()
    else {
      await this.#finishEverything()
      if (this.#thrown !== undefined) throw this.#thrown
      this.world.checkMeaning()
      await this.#releaseEverything()
    }
    await this.#checkEnd()
  }

  #closeAll(): void {
    for (const peer of this.#peers) if (!peer.isEnded) peer.close()
  }

  async #act(): Promise<{ neighbour: Neighbour; reason: RegExp } | undefined> {
    const choices = this.#choices
    for (const peer of this.#peers) peer.bootstrap()
    if (this.#areIntroduced) this.#introduce()
    while (!choices.isOver) {
      const what = choices.below(32)
      const neighbour = this.#neighbour()
      const { peer } = neighbour
      if (what < 9) this.#peerCalls(peer)
      else if (what < 14) this.#vatCalls(neighbour)
      else if (what < 19) for (let left = choices.below(6); left >= 0; left--) this.#read(peer)
      else if (what < 21) {
        this.#peerAnswers(peer)
        if (choices.oneIn(2)) await this.#vatPingsAgain()
      } else if (what < 23) this.#peerFinishes(peer)
      else if (what < 24) this.#peerReleases(peer)
      else if (what < 25) {
        this.#peerResolves(peer)
        if (choices.oneIn(2)) await this.#vatPingsAgain()
        if (choices.oneIn(2)) this.#peerDisembargoes(peer)
      } else if (what < 27) this.#vatSettles()
      else if (what < 28) this.#vatDrops()
      else if (what < 29) this.#peerDisembargoes(peer)
      else if (what < 30) this.#level3(peer)
      else if (what < 31) await turn()
      else if (choices.oneIn(6)) {
        const reason = await this.#breakRule(peer)
        return reason && { neighbour, reason }
      }
      if (choices.oneIn(2)) await turn()
      this.#checkNotAborted(this.#peers)
    }
    return undefined
  }

  #read(peer: Peer): void {
    peer.isTailCalling = this.#choices.oneIn(3)
    peer.read()
  }

  #checkNotAborted(peers: readonly Peer[]): void {
    for (const { abortReason, inbox, isEnded } of peers) {
      const said = abortReason ?? inbox.find((one) => one.$which === 'abort')?.abort?.reason
      if (said !== undefined) throw new Violation(`a legal script was aborted: ${said}`)
      if (isEnded) throw new Violation('the connection ended by itself')
    }
  }

  // ---- what the peer does

  /** Something the peer can call or give away. */
  #dest(peer: Peer, maxRank = Infinity, isTarget = false): Dest {
    // Who is given what never comes would wait for it, and nobody could make him stop.
    const comes = (record: CallRecord | undefined) => isTarget || !record || !isEndless(record)
    const answers = [...peer.questions.values()].filter(
      ({ finish, tailOf, onReturn, record }) =>
        finish === 'no' && !tailOf && !onReturn && comes(record),
    )
    const dests = (
      [
        ...[...peer.vatExports.values()].map((held): Dest => ({ kind: 'vat', export: held })),
        ...answers.map((question): Dest => ({ kind: 'answer', question })),
        ...[...peer.exports.values()].map(({ dest }) => dest),
        ...peer.openPlaces.map(({ place }): Dest => ({ kind: 'place', place })),
        { kind: 'own', tag: peer.bootstrapTag ?? this.world.next() },
      ] satisfies Dest[] as Dest[]
    ).filter((dest) => peer.refOf(dest).rank < maxRank)
    return this.#choices.pick(dests)
  }

  #peerCalls(peer: Peer): void {
    const target = this.#dest(peer, Infinity, true)
    if (target.kind !== 'vat' && target.kind !== 'answer') {
      // It would be a matter between the peer and itself.
      if (this.#choices.oneIn(3)) peer.bootstrap()
      return
    }
    const method = this.#choices.pick(METHODS)
    const isGiving = ['give', 'use', 'keep'].includes(method)
    const param = isGiving ? this.#param(peer) : undefined
    const record = this.world.newCall(method, peer.refOf(target), param && peer.refOf(param), peer)
    const holder = target.kind === 'vat' ? target.export : target.question
    if (method === 'ping' || method === 'pour') this.world.follows(holder.sequence, record.tag)
    const state =
      target.kind === 'vat'
        ? `${target.export.isPromise} ${target.export.resolved}`
        : target.question.isReturned
    this.world.reached(`sent call ${method} to ${target.kind} ${state} with ${param?.kind}`)
    if (isEndless(record)) this.world.reached(`sent endless call ${method}`)
    peer.call(targetOf(target), record, param)
  }

  #param(peer: Peer): Dest {
    const choice = this.#choices.below(8)
    if (choice === 0) return peer.promise(new PromiseRef(this.world.next()))
    if (choice === 1) return { kind: 'own', tag: this.world.next() }
    if (choice === 2) return { kind: 'broken' }
    return this.#dest(peer)
  }

  #peerAnswers(peer: Peer): void {
    const { todo } = peer
    if (todo.length === 0) return
    this.#answer(peer, this.#choices.below(todo.length), this.#choices.oneIn(12))
  }

  #answer(peer: Peer, index: number, isRefused: boolean): void {
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
        const promise = new PromiseRef(this.world.next())
        peer.answer(question, 'results', isPromise ? peer.promise(promise) : { kind: 'own', tag })
        // It has one meaning only.
        if (isPromise) this.#resolvePlace(peer, peer.openPlaces.length - 1, { kind: 'own', tag })
        return
      }
      case 'give':
        peer.answer(question, 'results', question.param ?? { kind: 'broken' })
        return
      case 'later':
        peer.answer(question, 'results', peer.promise(record.promise!))
        return
      case 'late': {
        const dest = this.#dest(peer, record.promise!.rank)
        record.promise!.resolution = peer.refOf(dest)
        peer.answer(question, 'results', dest)
        return
      }
      case 'pour':
        peer.answer(question, record.isFailing ? 'exception' : 'results')
        return
      case 'ping':
      case 'use':
      case 'keep':
        peer.answer(question, 'results')
    }
  }

  #peerResolves(peer: Peer): void {
    const { openPlaces } = peer
    if (openPlaces.length === 0) return
    const index = this.#choices.below(openPlaces.length)
    const isBroken = this.#choices.oneIn(8)
    this.#resolvePlace(peer, index, isBroken ? { kind: 'broken' } : undefined)
  }

  #resolvePlace(peer: Peer, index: number, chosen?: Dest): void {
    const [open] = peer.openPlaces.splice(index, 1)
    const dest = chosen ?? this.#dest(peer, open!.ref.rank)
    open!.ref.resolution = peer.refOf(dest)
    this.world.reached(`resolved a promise to ${dest.kind}`)
    open!.place.resolve(dest)
  }

  #peerFinishes(peer: Peer): void {
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

  #peerReleases(peer: Peer): void {
    const used = new Set<VatExport>()
    // What a Finish may still release is not ours to release twice.
    for (const { result } of peer.questions.values())
      if (result?.kind === 'vat') used.add(result.export)
    const free = [...peer.vatExports.values()].filter((held) => !held.isPinned && !used.has(held))
    if (free.length === 0) return
    const held = this.#choices.pick(free)
    peer.release(held, 1 + this.#choices.below(held.count))
    this.world.reached('sent release')
  }

  #peerDisembargoes(peer: Peer): void {
    const { returnedHome } = peer
    if (returnedHome.length > 0) peer.disembargo(this.#choices.pick(returnedHome))
  }

  #level3(peer: Peer): void {
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
    this.world.reached(`sent ${Object.keys(message)[0]} of level 3`)
    peer.send(message)
  }

  // ---- what the program on the vat's side does

  /** Each of two peers is given what the other offers. */
  #introduce(): void {
    const [one, other] = this.#neighbours.map((neighbour) => this.#bootstrapped(neighbour))
    for (const [target, param] of [
      [one!, other!],
      [other!, one!],
    ] as const) {
      const record = this.world.newCall('keep', target.ref, param.ref)
      const { tag } = record
      this.#watch(record, target.client.keep({ tag, thing: param.client }))
    }
  }

  #bootstrapped(neighbour: Neighbour): VatClient {
    neighbour.isBootstrapped = true
    return this.world.hold(neighbour.connection.bootstrap(Thing), {
      rank: 0,
      identity: () => neighbour.peer.bootstrapTag ?? 'unknown',
    })
  }

  #vatCalls(neighbour: Neighbour): void {
    const choices = this.#choices
    const target = this.#vatClient(neighbour)
    const method = choices.pick(METHODS)
    const isGiving = ['give', 'use', 'keep'].includes(method)
    const param = isGiving ? this.#vatParam(neighbour) : undefined
    if (method === 'ping') {
      this.#vatPings(target)
      return
    }
    const record = this.world.newCall(method, target.ref, param?.ref)
    const { tag } = record
    const thing = param?.client
    const { client } = target
    switch (method) {
      case 'make':
      case 'give':
      case 'later':
      case 'late': {
        const call = method === 'give' ? client.give({ tag, thing }) : client[method]({ tag })
        const held = this.world.hold(call.thing, new ResultRef(record))
        if (choices.oneIn(2)) this.#vatPings(held)
        const isSwapped = choices.oneIn(2)
        this.#watch(record, call, ({ thing: real }) => {
          const isHeld = this.world.clients.includes(held)
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
        else this.world.cancels.push(cancel)
        break
      }
      case 'use':
      case 'keep':
        this.#watch(record, client[method]({ tag, thing }))
        break
      case 'pour':
        this.#vatPours(target, record)
        for (let left = choices.below(8) - 4; left > 0; left--) {
          this.#vatPours(target, this.world.newCall('pour', target.ref, undefined))
        }
    }
    if (param?.isOurs) param.client[Symbol.dispose]()
  }

  /** What is pinged while a promise settles must not overtake what was on its way. */
  async #vatPingsAgain(): Promise<void> {
    await turn()
    const pinged = this.world.clients.filter(({ sequence }) => sequence.length > 0)
    for (const held of pinged.slice(-4)) this.#vatPings(held)
  }

  #vatPings({ client, ref, sequence }: VatClient): void {
    const record = this.world.newCall('ping', ref, undefined)
    sequence.push(record.tag)
    this.#watch(record, client.ping({ tag: record.tag }))
  }

  #vatPours({ client, sequence }: VatClient, record: CallRecord): void {
    const { tag } = record
    sequence.push(tag)
    const data = this.#choices.oneIn(2) ? LARGE_PIECE : undefined
    this.#watchStream(record, client.pour({ tag, data }))
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

  /** Its promise says only when the next call may be made, or that one has failed. */
  #watchStream(record: CallRecord, call: Promise<void>): void {
    this.#pending++
    let isAtOnce = true
    void turn().then(() => (isAtOnce = false))
    call.then(
      () => {
        this.#pending--
        if (!isAtOnce) this.world.reached('a stream was held back')
      },
      () => {
        this.#pending--
        record.outcome = 'exception'
      },
    )
  }

  /** What no call should fail with. */
  #thrown: Error | undefined

  #vatClient(neighbour: Neighbour): VatClient {
    const { clients } = this.world
    const isAlone = this.#neighbours.length === 1
    // The other's objects are known from the start, or come by as arguments.
    const isAsking = clients.length === 0 || (!isAlone && this.#choices.oneIn(4))
    if (isAsking && !neighbour.isBootstrapped) return this.#bootstrapped(neighbour)
    if (clients.length > 0) return this.#choices.pick(clients)
    const tag = this.world.next()
    return this.world.hold(this.world.object(tag), objectRef(tag))
  }

  #vatParam(neighbour: Neighbour): { client: Thing; ref: Ref; isOurs: boolean } {
    if (!this.#choices.oneIn(3)) return { ...this.#vatClient(neighbour), isOurs: false }
    const tag = this.world.next()
    return { client: this.world.object(tag), ref: objectRef(tag), isOurs: true }
  }

  #vatSettles(): void {
    const { slots, cancels } = this.world
    const tags = [...slots.keys()]
    if (tags.length > 0) this.world.settle(this.#choices.pick(tags), this.#choices.oneIn(8))
    else if (cancels.length > 0) cancels.splice(this.#choices.below(cancels.length), 1)[0]!()
  }

  #vatDrops(): void {
    const { clients } = this.world
    if (clients.length === 0) return
    const [dropped] = clients.splice(this.#choices.below(clients.length), 1)
    dropped!.client[Symbol.dispose]()
  }

  // ---- breaking rules

  /** Sends one message that must end the connection. @returns what the reason says */
  async #breakRule(peer: Peer): Promise<RegExp | undefined> {
    await this.#drain()
    this.#checkNotAborted(this.#peers)
    const [reason, message] = this.#choices.pick(ruleBreakers(peer, this.#choices.below(1000)))
    if (!message) return undefined
    this.world.reached(`broke a rule: ${reason.source}`)
    peer.send(message)
    return reason
  }

  async #checkAborted({ peer, connection }: Neighbour, reason: RegExp): Promise<void> {
    await turn()
    await turn()
    const { inbox, isEnded } = peer
    const abortReason = inbox.at(-1)?.abort?.reason
    if (abortReason === undefined || !reason.test(abortReason)) {
      throw new Violation(
        `${reason.source} was to end the connection: ${abortReason ?? 'nothing said'}`,
      )
    }
    if (!isEnded) throw new Violation('an abort without an end')
    const closed = await connection.closed
    if (!reason.test(closed?.message ?? '')) throw new Violation('closed does not say the reason')
    this.#checkNotAborted(this.#peers.filter((other) => other !== peer))
  }

  // ---- the end

  async #drain(): Promise<void> {
    for (let round = 0; round < MAX_END_ROUNDS; round++) {
      await turn()
      if (this.#peers.every(({ inbox }) => inbox.length === 0)) return
      for (const peer of this.#peers) while (peer.inbox.length > 0) this.#read(peer)
    }
    throw new Violation('the peers talk without end')
  }

  /** Settles, answers and resolves until nothing is open but what is called `never`. */
  async #finishEverything(): Promise<void> {
    const { cancels, slots } = this.world
    for (let round = 0; round < MAX_END_ROUNDS; round++) {
      await this.#drain()
      this.#checkNotAborted(this.#peers)
      for (const cancel of cancels.splice(0)) cancel()
      for (const peer of this.#peers) this.#finishNever(peer)
      for (const tag of [...slots.keys()]) this.world.settle(tag, false)
      for (const peer of this.#peers) {
        while (peer.openPlaces.length > 0) this.#resolvePlace(peer, 0)
        for (let index = peer.todo.length - 1; index >= 0; index--) this.#answer(peer, index, false)
      }
      await this.#drain()
      const isOver = this.#pending === 0 && slots.size === 0 && cancels.length === 0
      if (isOver && this.#peers.every((peer) => isFinished(peer))) return
    }
    const left = this.#peers.map((peer) => openIn(peer))
    throw new Violation(`not everything ended: ${this.#pending} of ours, ${JSON.stringify(left)}`)
  }

  #finishNever(peer: Peer): void {
    for (const question of [...peer.questions.values()]) {
      const isNever = question.record !== undefined && isEndless(question.record)
      if (isNever && this.#isFinishable(question)) peer.finish(question, true)
    }
  }

  async #releaseEverything(): Promise<void> {
    const { clients } = this.world
    for (const { client } of clients.splice(0)) client[Symbol.dispose]()
    for (let round = 0; round < MAX_END_ROUNDS; round++) {
      await this.#drain()
      for (const peer of this.#peers) {
        for (const question of [...peer.questions.values()]) {
          if (this.#isFinishable(question)) peer.finish(question, this.#mayRelease(question))
        }
      }
      await this.#drain()
      for (const peer of this.#peers) {
        for (const held of [...peer.vatExports.values()]) peer.release(held, held.count)
      }
      await this.#drain()
      if (this.#peers.every((peer) => isEmpty(peer))) break
    }
    this.#checkTables('when everything was released')
    for (const peer of this.#peers) {
      if (!isEmpty(peer)) throw new Violation(`the peer still holds ${tablesOf(peer)}`)
    }
    if (this.world.alive !== 1) {
      throw new Violation(`${this.world.alive - 1} objects were not let go`)
    }
    this.world.reached('quiet end')
    for (const { connection } of this.#neighbours) connection.close()
  }

  #checkTables(when: string): void {
    for (const { connection } of this.#neighbours) {
      const stats = JSON.stringify(connection.stats)
      if (stats !== JSON.stringify(NO_ENTRIES)) {
        throw new Violation(`entries are left ${when}: ${stats}`)
      }
    }
  }

  /** The connections are over, or about to be. */
  async #checkEnd(): Promise<void> {
    const { clients, slots, cancels } = this.world
    await turn()
    for (const { connection } of this.#neighbours) await connection.closed
    this.#checkTables('after the end')
    for (const { client } of clients.splice(0)) client[Symbol.dispose]()
    // Stream calls to an object of ours may still wait for one another.
    const isOpen = () => this.#pending + this.world.alive > 0
    for (let round = 0; round < 3 || (isOpen() && round < MAX_END_ROUNDS); round++) {
      for (const slot of slots.values()) slot.reject(new Error('over'))
      slots.clear()
      for (const cancel of cancels.splice(0)) cancel()
      await turn()
      for (const { client } of clients.splice(0)) client[Symbol.dispose]()
    }
    if (this.#pending > 0) {
      throw new Violation(`${this.#pending} calls did not end with the connection`)
    }
    const { alive, failure } = this.world
    if (alive !== 0) throw new Violation(`${alive} objects outlived the connection`)
    const thrown = this.#thrown ?? failure
    if (thrown !== undefined) throw thrown
  }
}

function isFinished({ questions, vatQuestions, disembargoes, owedDisembargoes }: Peer): boolean {
  const isWaiting = [...questions.values()].some(
    ({ isReturned, finish }) => !isReturned || finish === 'releasing',
  )
  const isOpen = [...vatQuestions.values()].some(({ state }) => state === 'open')
  return !isWaiting && !isOpen && disembargoes.size + owedDisembargoes.size === 0
}

function openIn({ questions, vatQuestions, disembargoes, owedDisembargoes }: Peer): object {
  const waiting = [...questions.values()].filter(({ isReturned }) => !isReturned)
  const open = [...vatQuestions.values()].filter(({ state }) => state === 'open')
  return {
    questions: waiting.map(({ record }) => record && `${record.tag} ${record.method}`),
    vatQuestions: open.map(({ tag, method }) => `${tag} ${method}`),
    disembargoes: disembargoes.size,
    owedDisembargoes: owedDisembargoes.size,
  }
}

function isEmpty({ questions, vatQuestions, vatExports, exports }: Peer): boolean {
  return questions.size + vatQuestions.size + vatExports.size + exports.size === 0
}

function tablesOf({ questions, vatQuestions, vatExports, exports }: Peer): string {
  return [questions, vatQuestions, vatExports, exports]
    .map((table) => JSON.stringify([...table.keys()]))
    .join(' ')
}
