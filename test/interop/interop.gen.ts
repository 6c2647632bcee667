// Generated from interop.capnp by scripts/gen-capnp.mjs. Do not edit.
import * as $ from '../../src/rpc/codegen.ts'

export class Peer_ping$Params extends $.Struct {
  declare readonly $init?: Peer_ping$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get value(): number {
    return $.getUint32(this.$, 0, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_ping$Params$Init): void {
    const byte = at * 8
    if (value.value !== undefined) {
      $.putUint32(builder, byte + 0, value.value, 0)
    }
  }
}

export interface Peer_ping$Params$Init {
  readonly value?: number | undefined
}

export class Peer_echo$Params extends $.Struct {
  declare readonly $init?: Peer_echo$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get data(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_echo$Params$Init): void {
    if (value.data !== undefined) {
      $.putData(builder, at + 0, value.data)
    }
  }
}

export interface Peer_echo$Params$Init {
  readonly data?: Uint8Array | undefined
}

export class Peer_echo$Results extends $.Struct {
  declare readonly $init?: Peer_echo$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get data(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_echo$Results$Init): void {
    if (value.data !== undefined) {
      $.putData(builder, at + 0, value.data)
    }
  }
}

export interface Peer_echo$Results$Init {
  readonly data?: Uint8Array | undefined
}

export class Peer_echo$Results$Promise extends $.Pipeline<Peer_echo$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_echo$Results, call, path)
  }
}

export class Peer_echoAll$Params extends $.Struct {
  declare readonly $init?: Peer_echoAll$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get parts(): $.List<Uint8Array> {
    return $.getList(this.$, 0, $.dataElement)
  }

  static $write(builder: $.Builder, at: number, value: Peer_echoAll$Params$Init): void {
    if (value.parts !== undefined) {
      $.dataElement.writeList(builder, at + 0, value.parts)
    }
  }
}

export interface Peer_echoAll$Params$Init {
  readonly parts?: $.ListInit<Uint8Array> | undefined
}

export class Peer_echoAll$Results extends $.Struct {
  declare readonly $init?: Peer_echoAll$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get parts(): $.List<Uint8Array> {
    return $.getList(this.$, 0, $.dataElement)
  }

  static $write(builder: $.Builder, at: number, value: Peer_echoAll$Results$Init): void {
    if (value.parts !== undefined) {
      $.dataElement.writeList(builder, at + 0, value.parts)
    }
  }
}

export interface Peer_echoAll$Results$Init {
  readonly parts?: $.ListInit<Uint8Array> | undefined
}

export class Peer_echoAll$Results$Promise extends $.Pipeline<Peer_echoAll$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_echoAll$Results, call, path)
  }
}

export class Peer_fail$Params extends $.Struct {
  declare readonly $init?: Peer_fail$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 1

  get kind(): Kind {
    return $.getUint16(this.$, 0, 0) as Kind
  }
  get text(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Peer_fail$Params$Init): void {
    const byte = at * 8
    if (value.kind !== undefined) {
      $.putUint16(builder, byte + 0, value.kind, 0)
    }
    if (value.text !== undefined) {
      $.putText(builder, at + 1, value.text)
    }
  }
}

export interface Peer_fail$Params$Init {
  readonly kind?: Kind | undefined
  readonly text?: string | undefined
}

export class Peer_fail$Results extends $.Struct {
  declare readonly $init?: Peer_fail$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_fail$Results$Init = Readonly<Record<string, never>>

export class Peer_fail$Results$Promise extends $.Pipeline<Peer_fail$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_fail$Results, call, path)
  }
}

export class Peer_make$Params extends $.Struct {
  declare readonly $init?: Peer_make$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get start(): bigint {
    return $.getInt64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Peer_make$Params$Init): void {
    const byte = at * 8
    if (value.start !== undefined) {
      $.putInt64(builder, byte + 0, value.start, 0n)
    }
  }
}

export interface Peer_make$Params$Init {
  readonly start?: bigint | undefined
}

export class Peer_makeNamed$Params extends $.Struct {
  declare readonly $init?: Peer_makeNamed$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get name(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Peer_makeNamed$Params$Init): void {
    if (value.name !== undefined) {
      $.putText(builder, at + 0, value.name)
    }
  }
}

export interface Peer_makeNamed$Params$Init {
  readonly name?: string | undefined
}

export class Peer_makeNamed$Results extends $.Struct {
  declare readonly $init?: Peer_makeNamed$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counter(): NamedCounter | null {
    return $.getCap(this.$, 0, NamedCounter)
  }

  static $write(builder: $.Builder, at: number, value: Peer_makeNamed$Results$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
  }
}

export interface Peer_makeNamed$Results$Init {
  readonly counter?: NamedCounter | null | undefined
}

export class Peer_makeNamed$Results$Promise extends $.Pipeline<Peer_makeNamed$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_makeNamed$Results, call, path)
  }

  get counter(): NamedCounter {
    return this.$cap(NamedCounter, 0)
  }
}

export class Peer_makeMany$Params extends $.Struct {
  declare readonly $init?: Peer_makeMany$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get count(): number {
    return $.getUint32(this.$, 0, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_makeMany$Params$Init): void {
    const byte = at * 8
    if (value.count !== undefined) {
      $.putUint32(builder, byte + 0, value.count, 0)
    }
  }
}

export interface Peer_makeMany$Params$Init {
  readonly count?: number | undefined
}

export class Peer_makeMany$Results extends $.Struct {
  declare readonly $init?: Peer_makeMany$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counters(): $.List<Counter | null> {
    return $.getList(this.$, 0, $.capElement(() => Counter))
  }

  static $write(builder: $.Builder, at: number, value: Peer_makeMany$Results$Init): void {
    if (value.counters !== undefined) {
      ($.capElement(() => Counter)).writeList(builder, at + 0, value.counters)
    }
  }
}

export interface Peer_makeMany$Results$Init {
  readonly counters?: $.ListInit<Counter | null> | undefined
}

export class Peer_makeMany$Results$Promise extends $.Pipeline<Peer_makeMany$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_makeMany$Results, call, path)
  }
}

export class Peer_shapes$Params extends $.Struct {
  declare readonly $init?: Peer_shapes$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 1

  get gate(): Gate | null {
    return $.getCap(this.$, 0, Gate)
  }
  get start(): bigint {
    return $.getInt64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Peer_shapes$Params$Init): void {
    const byte = at * 8
    if (value.gate !== undefined) {
      $.putCap(builder, at + 1, value.gate)
    }
    if (value.start !== undefined) {
      $.putInt64(builder, byte + 0, value.start, 0n)
    }
  }
}

export interface Peer_shapes$Params$Init {
  readonly gate?: Gate | null | undefined
  readonly start?: bigint | undefined
}

export class Peer_promise$Params extends $.Struct {
  declare readonly $init?: Peer_promise$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get gates(): $.List<Gate | null> {
    return $.getList(this.$, 0, $.capElement(() => Gate))
  }
  get outcome(): Outcome {
    return $.getStruct(this.$, 1, Outcome)
  }

  static $write(builder: $.Builder, at: number, value: Peer_promise$Params$Init): void {
    if (value.gates !== undefined) {
      ($.capElement(() => Gate)).writeList(builder, at + 0, value.gates)
    }
    if (value.outcome !== undefined) {
      $.putStruct(builder, at + 1, Outcome, value.outcome)
    }
  }
}

export interface Peer_promise$Params$Init {
  readonly gates?: $.ListInit<Gate | null> | undefined
  readonly outcome?: Outcome$Init | Outcome | undefined
}

export class Peer_promise$Results extends $.Struct {
  declare readonly $init?: Peer_promise$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Peer_promise$Results$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
  }
}

export interface Peer_promise$Results$Init {
  readonly counter?: Counter | null | undefined
}

export class Peer_promise$Results$Promise extends $.Pipeline<Peer_promise$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_promise$Results, call, path)
  }

  get counter(): Counter {
    return this.$cap(Counter, 0)
  }
}

export class Peer_late$Params extends $.Struct {
  declare readonly $init?: Peer_late$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get gate(): Gate | null {
    return $.getCap(this.$, 0, Gate)
  }
  get outcome(): Outcome {
    return $.getStruct(this.$, 1, Outcome)
  }

  static $write(builder: $.Builder, at: number, value: Peer_late$Params$Init): void {
    if (value.gate !== undefined) {
      $.putCap(builder, at + 0, value.gate)
    }
    if (value.outcome !== undefined) {
      $.putStruct(builder, at + 1, Outcome, value.outcome)
    }
  }
}

export interface Peer_late$Params$Init {
  readonly gate?: Gate | null | undefined
  readonly outcome?: Outcome$Init | Outcome | undefined
}

export class Peer_late$Results extends $.Struct {
  declare readonly $init?: Peer_late$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Peer_late$Results$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
  }
}

export interface Peer_late$Results$Init {
  readonly counter?: Counter | null | undefined
}

export class Peer_late$Results$Promise extends $.Pipeline<Peer_late$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_late$Results, call, path)
  }

  get counter(): Counter {
    return this.$cap(Counter, 0)
  }
}

export class Peer_give$Params extends $.Struct {
  declare readonly $init?: Peer_give$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Peer_give$Params$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
  }
}

export interface Peer_give$Params$Init {
  readonly counter?: Counter | null | undefined
}

export class Peer_give$Results extends $.Struct {
  declare readonly $init?: Peer_give$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Peer_give$Results$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
  }
}

export interface Peer_give$Results$Init {
  readonly counter?: Counter | null | undefined
}

export class Peer_give$Results$Promise extends $.Pipeline<Peer_give$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_give$Results, call, path)
  }

  get counter(): Counter {
    return this.$cap(Counter, 0)
  }
}

export class Peer_giveAny$Params extends $.Struct {
  declare readonly $init?: Peer_giveAny$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get value(): $.AnyPointer {
    return $.getAny(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_giveAny$Params$Init): void {
    if (value.value !== undefined) {
      $.putAny(builder, at + 0, value.value)
    }
  }
}

export interface Peer_giveAny$Params$Init {
  readonly value?: $.AnyInit | undefined
}

export class Peer_giveAny$Results extends $.Struct {
  declare readonly $init?: Peer_giveAny$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get value(): $.AnyPointer {
    return $.getAny(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_giveAny$Results$Init): void {
    if (value.value !== undefined) {
      $.putAny(builder, at + 0, value.value)
    }
  }
}

export interface Peer_giveAny$Results$Init {
  readonly value?: $.AnyInit | undefined
}

export class Peer_giveAny$Results$Promise extends $.Pipeline<Peer_giveAny$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_giveAny$Results, call, path)
  }

  get value(): $.Client {
    return this.$cap($.Client, 0)
  }
}

export class Peer_giveAll$Params extends $.Struct {
  declare readonly $init?: Peer_giveAll$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counters(): $.List<Counter | null> {
    return $.getList(this.$, 0, $.capElement(() => Counter))
  }

  static $write(builder: $.Builder, at: number, value: Peer_giveAll$Params$Init): void {
    if (value.counters !== undefined) {
      ($.capElement(() => Counter)).writeList(builder, at + 0, value.counters)
    }
  }
}

export interface Peer_giveAll$Params$Init {
  readonly counters?: $.ListInit<Counter | null> | undefined
}

export class Peer_giveAll$Results extends $.Struct {
  declare readonly $init?: Peer_giveAll$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counters(): $.List<Counter | null> {
    return $.getList(this.$, 0, $.capElement(() => Counter))
  }

  static $write(builder: $.Builder, at: number, value: Peer_giveAll$Results$Init): void {
    if (value.counters !== undefined) {
      ($.capElement(() => Counter)).writeList(builder, at + 0, value.counters)
    }
  }
}

export interface Peer_giveAll$Results$Init {
  readonly counters?: $.ListInit<Counter | null> | undefined
}

export class Peer_giveAll$Results$Promise extends $.Pipeline<Peer_giveAll$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_giveAll$Results, call, path)
  }
}

export class Peer_callBack$Params extends $.Struct {
  declare readonly $init?: Peer_callBack$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }
  get amounts(): $.List<bigint> {
    return $.getList(this.$, 1, $.int64Element)
  }

  static $write(builder: $.Builder, at: number, value: Peer_callBack$Params$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
    if (value.amounts !== undefined) {
      $.int64Element.writeList(builder, at + 1, value.amounts)
    }
  }
}

export interface Peer_callBack$Params$Init {
  readonly counter?: Counter | null | undefined
  readonly amounts?: $.ListInit<bigint> | undefined
}

export class Peer_callBack$Results extends $.Struct {
  declare readonly $init?: Peer_callBack$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get totals(): $.List<bigint> {
    return $.getList(this.$, 0, $.int64Element)
  }

  static $write(builder: $.Builder, at: number, value: Peer_callBack$Results$Init): void {
    if (value.totals !== undefined) {
      $.int64Element.writeList(builder, at + 0, value.totals)
    }
  }
}

export interface Peer_callBack$Results$Init {
  readonly totals?: $.ListInit<bigint> | undefined
}

export class Peer_callBack$Results$Promise extends $.Pipeline<Peer_callBack$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_callBack$Results, call, path)
  }
}

export class Peer_hold$Params extends $.Struct {
  declare readonly $init?: Peer_hold$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Peer_hold$Params$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
  }
}

export interface Peer_hold$Params$Init {
  readonly counter?: Counter | null | undefined
}

export class Peer_hold$Results extends $.Struct {
  declare readonly $init?: Peer_hold$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_hold$Results$Init = Readonly<Record<string, never>>

export class Peer_hold$Results$Promise extends $.Pipeline<Peer_hold$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_hold$Results, call, path)
  }
}

export class Peer_held$Params extends $.Struct {
  declare readonly $init?: Peer_held$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_held$Params$Init = Readonly<Record<string, never>>

export class Peer_held$Results extends $.Struct {
  declare readonly $init?: Peer_held$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Peer_held$Results$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
  }
}

export interface Peer_held$Results$Init {
  readonly counter?: Counter | null | undefined
}

export class Peer_held$Results$Promise extends $.Pipeline<Peer_held$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_held$Results, call, path)
  }

  get counter(): Counter {
    return this.$cap(Counter, 0)
  }
}

export class Peer_drop$Params extends $.Struct {
  declare readonly $init?: Peer_drop$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_drop$Params$Init = Readonly<Record<string, never>>

export class Peer_drop$Results extends $.Struct {
  declare readonly $init?: Peer_drop$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_drop$Results$Init = Readonly<Record<string, never>>

export class Peer_drop$Results$Promise extends $.Pipeline<Peer_drop$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_drop$Results, call, path)
  }
}

export class Peer_never$Params extends $.Struct {
  declare readonly $init?: Peer_never$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get witness(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Peer_never$Params$Init): void {
    if (value.witness !== undefined) {
      $.putCap(builder, at + 0, value.witness)
    }
  }
}

export interface Peer_never$Params$Init {
  readonly witness?: Counter | null | undefined
}

export class Peer_never$Results extends $.Struct {
  declare readonly $init?: Peer_never$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_never$Results$Init = Readonly<Record<string, never>>

export class Peer_never$Results$Promise extends $.Pipeline<Peer_never$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_never$Results, call, path)
  }
}

export class Peer_forward$Params extends $.Struct {
  declare readonly $init?: Peer_forward$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 1

  get target(): Peer | null {
    return $.getCap(this.$, 0, Peer)
  }
  get value(): number {
    return $.getUint32(this.$, 0, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_forward$Params$Init): void {
    const byte = at * 8
    if (value.target !== undefined) {
      $.putCap(builder, at + 1, value.target)
    }
    if (value.value !== undefined) {
      $.putUint32(builder, byte + 0, value.value, 0)
    }
  }
}

export interface Peer_forward$Params$Init {
  readonly target?: Peer | null | undefined
  readonly value?: number | undefined
}

export class Peer_forwardMake$Params extends $.Struct {
  declare readonly $init?: Peer_forwardMake$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 1

  get target(): Peer | null {
    return $.getCap(this.$, 0, Peer)
  }
  get start(): bigint {
    return $.getInt64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Peer_forwardMake$Params$Init): void {
    const byte = at * 8
    if (value.target !== undefined) {
      $.putCap(builder, at + 1, value.target)
    }
    if (value.start !== undefined) {
      $.putInt64(builder, byte + 0, value.start, 0n)
    }
  }
}

export interface Peer_forwardMake$Params$Init {
  readonly target?: Peer | null | undefined
  readonly start?: bigint | undefined
}

export class Peer_stats$Params extends $.Struct {
  declare readonly $init?: Peer_stats$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_stats$Params$Init = Readonly<Record<string, never>>

export class Peer_stats$Results extends $.Struct {
  declare readonly $init?: Peer_stats$Results$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get objects(): number {
    return $.getUint32(this.$, 0, 0)
  }
  get canceled(): number {
    return $.getUint32(this.$, 4, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_stats$Results$Init): void {
    const byte = at * 8
    if (value.objects !== undefined) {
      $.putUint32(builder, byte + 0, value.objects, 0)
    }
    if (value.canceled !== undefined) {
      $.putUint32(builder, byte + 4, value.canceled, 0)
    }
  }
}

export interface Peer_stats$Results$Init {
  readonly objects?: number | undefined
  readonly canceled?: number | undefined
}

export class Peer_stats$Results$Promise extends $.Pipeline<Peer_stats$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_stats$Results, call, path)
  }
}

export class Peer_readWide$Params extends $.Struct {
  declare readonly $init?: Peer_readWide$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get lists(): $.AnyPointer {
    return $.getAny(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_readWide$Params$Init): void {
    if (value.lists !== undefined) {
      $.putAny(builder, at + 0, value.lists)
    }
  }
}

export interface Peer_readWide$Params$Init {
  readonly lists?: $.AnyInit | undefined
}

export class Peer_readWide$Results extends $.Struct {
  declare readonly $init?: Peer_readWide$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get lists(): Wide {
    return $.getStruct(this.$, 0, Wide)
  }

  static $write(builder: $.Builder, at: number, value: Peer_readWide$Results$Init): void {
    if (value.lists !== undefined) {
      $.putStruct(builder, at + 0, Wide, value.lists)
    }
  }
}

export interface Peer_readWide$Results$Init {
  readonly lists?: Wide$Init | Wide | undefined
}

export class Peer_readWide$Results$Promise extends $.Pipeline<Peer_readWide$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_readWide$Results, call, path)
  }

  get lists(): Wide$Promise {
    return new Wide$Promise(this.$call, [...this.$path, 0])
  }
}

export class Peer_readNarrow$Params extends $.Struct {
  declare readonly $init?: Peer_readNarrow$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get lists(): $.AnyPointer {
    return $.getAny(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Peer_readNarrow$Params$Init): void {
    if (value.lists !== undefined) {
      $.putAny(builder, at + 0, value.lists)
    }
  }
}

export interface Peer_readNarrow$Params$Init {
  readonly lists?: $.AnyInit | undefined
}

export class Peer_readNarrow$Results extends $.Struct {
  declare readonly $init?: Peer_readNarrow$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get lists(): Narrow {
    return $.getStruct(this.$, 0, Narrow)
  }

  static $write(builder: $.Builder, at: number, value: Peer_readNarrow$Results$Init): void {
    if (value.lists !== undefined) {
      $.putStruct(builder, at + 0, Narrow, value.lists)
    }
  }
}

export interface Peer_readNarrow$Results$Init {
  readonly lists?: Narrow$Init | Narrow | undefined
}

export class Peer_readNarrow$Results$Promise extends $.Pipeline<Peer_readNarrow$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_readNarrow$Results, call, path)
  }

  get lists(): Narrow$Promise {
    return new Narrow$Promise(this.$call, [...this.$path, 0])
  }
}

export class Peer_quit$Params extends $.Struct {
  declare readonly $init?: Peer_quit$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_quit$Params$Init = Readonly<Record<string, never>>

export class Peer_quit$Results extends $.Struct {
  declare readonly $init?: Peer_quit$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Peer_quit$Results$Init = Readonly<Record<string, never>>

export class Peer_quit$Results$Promise extends $.Pipeline<Peer_quit$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_quit$Results, call, path)
  }
}

export class Peer_sink$Params extends $.Struct {
  declare readonly $init?: Peer_sink$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 1

  get gate(): Gate | null {
    return $.getCap(this.$, 0, Gate)
  }
  get limit(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Peer_sink$Params$Init): void {
    const byte = at * 8
    if (value.gate !== undefined) {
      $.putCap(builder, at + 1, value.gate)
    }
    if (value.limit !== undefined) {
      $.putUint64(builder, byte + 0, value.limit, 0n)
    }
  }
}

export interface Peer_sink$Params$Init {
  readonly gate?: Gate | null | undefined
  readonly limit?: bigint | undefined
}

export class Peer_sink$Results extends $.Struct {
  declare readonly $init?: Peer_sink$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get sink(): Sink | null {
    return $.getCap(this.$, 0, Sink)
  }

  static $write(builder: $.Builder, at: number, value: Peer_sink$Results$Init): void {
    if (value.sink !== undefined) {
      $.putCap(builder, at + 0, value.sink)
    }
  }
}

export interface Peer_sink$Results$Init {
  readonly sink?: Sink | null | undefined
}

export class Peer_sink$Results$Promise extends $.Pipeline<Peer_sink$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Peer_sink$Results, call, path)
  }

  get sink(): Sink {
    return this.$cap(Sink, 0)
  }
}

/**
 * Every method means the same on both sides. Where timing matters the caller decides it: a method
 * that is to be late calls `wait` on a gate of the caller and goes on when that returns.
 */
export class Peer extends $.Client {
  static override readonly $interface: $.Interface<Peer$Server> = {
    id: 0xff39efe6b4ac62a8n,
    name: 'Peer',
    methods: [
      { name: 'ping', params: () => Peer_ping$Params, results: () => Pong },
      { name: 'echo', params: () => Peer_echo$Params, results: () => Peer_echo$Results },
      { name: 'echoAll', params: () => Peer_echoAll$Params, results: () => Peer_echoAll$Results },
      { name: 'fail', params: () => Peer_fail$Params, results: () => Peer_fail$Results },
      { name: 'make', params: () => Peer_make$Params, results: () => Made },
      { name: 'makeNamed', params: () => Peer_makeNamed$Params, results: () => Peer_makeNamed$Results },
      { name: 'makeMany', params: () => Peer_makeMany$Params, results: () => Peer_makeMany$Results },
      { name: 'shapes', params: () => Peer_shapes$Params, results: () => Shapes },
      { name: 'promise', params: () => Peer_promise$Params, results: () => Peer_promise$Results },
      { name: 'late', params: () => Peer_late$Params, results: () => Peer_late$Results },
      { name: 'give', params: () => Peer_give$Params, results: () => Peer_give$Results },
      { name: 'giveAny', params: () => Peer_giveAny$Params, results: () => Peer_giveAny$Results },
      { name: 'giveAll', params: () => Peer_giveAll$Params, results: () => Peer_giveAll$Results },
      { name: 'callBack', params: () => Peer_callBack$Params, results: () => Peer_callBack$Results },
      { name: 'hold', params: () => Peer_hold$Params, results: () => Peer_hold$Results },
      { name: 'held', params: () => Peer_held$Params, results: () => Peer_held$Results },
      { name: 'drop', params: () => Peer_drop$Params, results: () => Peer_drop$Results },
      { name: 'never', params: () => Peer_never$Params, results: () => Peer_never$Results },
      { name: 'forward', params: () => Peer_forward$Params, results: () => Pong },
      { name: 'forwardMake', params: () => Peer_forwardMake$Params, results: () => Made },
      { name: 'stats', params: () => Peer_stats$Params, results: () => Peer_stats$Results },
      { name: 'readWide', params: () => Peer_readWide$Params, results: () => Peer_readWide$Results },
      { name: 'readNarrow', params: () => Peer_readNarrow$Params, results: () => Peer_readNarrow$Results },
      { name: 'quit', params: () => Peer_quit$Params, results: () => Peer_quit$Results },
      { name: 'sink', params: () => Peer_sink$Params, results: () => Peer_sink$Results },
    ],
    superclasses: () => [],
  }

  ping(params: Peer_ping$Params$Init, options?: $.CallOptions): Pong$Promise {
    return new Pong$Promise(
      $.call(this, Peer.$interface.id, 0, Peer_ping$Params, params, options),
    )
  }
  echo(params: Peer_echo$Params$Init, options?: $.CallOptions): Peer_echo$Results$Promise {
    return new Peer_echo$Results$Promise(
      $.call(this, Peer.$interface.id, 1, Peer_echo$Params, params, options),
    )
  }
  /** Large enough parts make a message of many segments. */
  echoAll(params: Peer_echoAll$Params$Init, options?: $.CallOptions): Peer_echoAll$Results$Promise {
    return new Peer_echoAll$Results$Promise(
      $.call(this, Peer.$interface.id, 2, Peer_echoAll$Params, params, options),
    )
  }
  /** Fails with this kind of exception and this text. */
  fail(params: Peer_fail$Params$Init, options?: $.CallOptions): Peer_fail$Results$Promise {
    return new Peer_fail$Results$Promise(
      $.call(this, Peer.$interface.id, 3, Peer_fail$Params, params, options),
    )
  }
  make(params: Peer_make$Params$Init, options?: $.CallOptions): Made$Promise {
    return new Made$Promise(
      $.call(this, Peer.$interface.id, 4, Peer_make$Params, params, options),
    )
  }
  makeNamed(params: Peer_makeNamed$Params$Init, options?: $.CallOptions): Peer_makeNamed$Results$Promise {
    return new Peer_makeNamed$Results$Promise(
      $.call(this, Peer.$interface.id, 5, Peer_makeNamed$Params, params, options),
    )
  }
  /** Counters that start at 0, 1, 2 …. */
  makeMany(params: Peer_makeMany$Params$Init, options?: $.CallOptions): Peer_makeMany$Results$Promise {
    return new Peer_makeMany$Results$Promise(
      $.call(this, Peer.$interface.id, 6, Peer_makeMany$Params, params, options),
    )
  }
  /** One new counter, in every place where a capability can stand. Without a gate it returns at once. */
  shapes(params: Peer_shapes$Params$Init, options?: $.CallOptions): Shapes$Promise {
    return new Shapes$Promise(
      $.call(this, Peer.$interface.id, 7, Peer_shapes$Params, params, options),
    )
  }
  /**
   * Returns a promise at once. Each gate that opens makes it another promise; after the last one it
   * is the outcome.
   */
  promise(params: Peer_promise$Params$Init, options?: $.CallOptions): Peer_promise$Results$Promise {
    return new Peer_promise$Results$Promise(
      $.call(this, Peer.$interface.id, 8, Peer_promise$Params, params, options),
    )
  }
  /** Returns the outcome when the gate opens. Calls pipelined on it wait. */
  late(params: Peer_late$Params$Init, options?: $.CallOptions): Peer_late$Results$Promise {
    return new Peer_late$Results$Promise(
      $.call(this, Peer.$interface.id, 9, Peer_late$Params, params, options),
    )
  }
  /** Gives back what it was given; the next two do so with any content and with many. */
  give(params: Peer_give$Params$Init, options?: $.CallOptions): Peer_give$Results$Promise {
    return new Peer_give$Results$Promise(
      $.call(this, Peer.$interface.id, 10, Peer_give$Params, params, options),
    )
  }
  giveAny(params: Peer_giveAny$Params$Init, options?: $.CallOptions): Peer_giveAny$Results$Promise {
    return new Peer_giveAny$Results$Promise(
      $.call(this, Peer.$interface.id, 11, Peer_giveAny$Params, params, options),
    )
  }
  giveAll(params: Peer_giveAll$Params$Init, options?: $.CallOptions): Peer_giveAll$Results$Promise {
    return new Peer_giveAll$Results$Promise(
      $.call(this, Peer.$interface.id, 12, Peer_giveAll$Params, params, options),
    )
  }
  /**
   * Adds the amounts in this order, without waiting for one before the next. Without a counter, to
   * the one that is held.
   */
  callBack(params: Peer_callBack$Params$Init, options?: $.CallOptions): Peer_callBack$Results$Promise {
    return new Peer_callBack$Results$Promise(
      $.call(this, Peer.$interface.id, 13, Peer_callBack$Params, params, options),
    )
  }
  hold(params: Peer_hold$Params$Init, options?: $.CallOptions): Peer_hold$Results$Promise {
    return new Peer_hold$Results$Promise(
      $.call(this, Peer.$interface.id, 14, Peer_hold$Params, params, options),
    )
  }
  held(params: Peer_held$Params$Init = {}, options?: $.CallOptions): Peer_held$Results$Promise {
    return new Peer_held$Results$Promise(
      $.call(this, Peer.$interface.id, 15, Peer_held$Params, params, options),
    )
  }
  /** Keeps an argument beyond its call, and lets it go. Absent, nothing is held. */
  drop(params: Peer_drop$Params$Init = {}, options?: $.CallOptions): Peer_drop$Results$Promise {
    return new Peer_drop$Results$Promise(
      $.call(this, Peer.$interface.id, 16, Peer_drop$Params, params, options),
    )
  }
  /** Never returns, and holds the witness until the call is canceled. */
  never(params: Peer_never$Params$Init, options?: $.CallOptions): Peer_never$Results$Promise {
    return new Peer_never$Results$Promise(
      $.call(this, Peer.$interface.id, 17, Peer_never$Params, params, options),
    )
  }
  /** A tail call of the target's ping. */
  forward(params: Peer_forward$Params$Init, options?: $.CallOptions): Pong$Promise {
    return new Pong$Promise(
      $.call(this, Peer.$interface.id, 18, Peer_forward$Params, params, options),
    )
  }
  /** A tail call of the target's make. */
  forwardMake(params: Peer_forwardMake$Params$Init, options?: $.CallOptions): Made$Promise {
    return new Made$Promise(
      $.call(this, Peer.$interface.id, 19, Peer_forwardMake$Params, params, options),
    )
  }
  /** Counters that are alive in this process, and calls of `never` that were canceled. */
  stats(params: Peer_stats$Params$Init = {}, options?: $.CallOptions): Peer_stats$Results$Promise {
    return new Peer_stats$Results$Promise(
      $.call(this, Peer.$interface.id, 20, Peer_stats$Params, params, options),
    )
  }
  readWide(params: Peer_readWide$Params$Init, options?: $.CallOptions): Peer_readWide$Results$Promise {
    return new Peer_readWide$Results$Promise(
      $.call(this, Peer.$interface.id, 21, Peer_readWide$Params, params, options),
    )
  }
  /** Read the same lists as a newer or an older program would, and say what they saw. */
  readNarrow(params: Peer_readNarrow$Params$Init, options?: $.CallOptions): Peer_readNarrow$Results$Promise {
    return new Peer_readNarrow$Results$Promise(
      $.call(this, Peer.$interface.id, 22, Peer_readNarrow$Params, params, options),
    )
  }
  /** Ends the connection, or the process behind it, without a word. */
  quit(params: Peer_quit$Params$Init = {}, options?: $.CallOptions): Peer_quit$Results$Promise {
    return new Peer_quit$Results$Promise(
      $.call(this, Peer.$interface.id, 23, Peer_quit$Params, params, options),
    )
  }
  /** Takes bytes, each piece only when the gate is open (at once without one), and no more than this. */
  sink(params: Peer_sink$Params$Init, options?: $.CallOptions): Peer_sink$Results$Promise {
    return new Peer_sink$Results$Promise(
      $.call(this, Peer.$interface.id, 24, Peer_sink$Params, params, options),
    )
  }
}

/** What serves a Peer. */
export interface Peer$Server {
  ping(
    params: Peer_ping$Params,
    context: $.CallContext,
  ): $.Awaitable<Pong$Init | Pong | void>
  echo(
    params: Peer_echo$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_echo$Results$Init | void>
  /** Large enough parts make a message of many segments. */
  echoAll(
    params: Peer_echoAll$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_echoAll$Results$Init | void>
  /** Fails with this kind of exception and this text. */
  fail(
    params: Peer_fail$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_fail$Results$Init | void>
  make(
    params: Peer_make$Params,
    context: $.CallContext,
  ): $.Awaitable<Made$Init | Made | void>
  makeNamed(
    params: Peer_makeNamed$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_makeNamed$Results$Init | void>
  /** Counters that start at 0, 1, 2 …. */
  makeMany(
    params: Peer_makeMany$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_makeMany$Results$Init | void>
  /** One new counter, in every place where a capability can stand. Without a gate it returns at once. */
  shapes(
    params: Peer_shapes$Params,
    context: $.CallContext,
  ): $.Awaitable<Shapes$Init | Shapes | void>
  /**
   * Returns a promise at once. Each gate that opens makes it another promise; after the last one it
   * is the outcome.
   */
  promise(
    params: Peer_promise$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_promise$Results$Init | void>
  /** Returns the outcome when the gate opens. Calls pipelined on it wait. */
  late(
    params: Peer_late$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_late$Results$Init | void>
  /** Gives back what it was given; the next two do so with any content and with many. */
  give(
    params: Peer_give$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_give$Results$Init | void>
  giveAny(
    params: Peer_giveAny$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_giveAny$Results$Init | void>
  giveAll(
    params: Peer_giveAll$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_giveAll$Results$Init | void>
  /**
   * Adds the amounts in this order, without waiting for one before the next. Without a counter, to
   * the one that is held.
   */
  callBack(
    params: Peer_callBack$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_callBack$Results$Init | void>
  hold(
    params: Peer_hold$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_hold$Results$Init | void>
  held(
    params: Peer_held$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_held$Results$Init | void>
  /** Keeps an argument beyond its call, and lets it go. Absent, nothing is held. */
  drop(
    params: Peer_drop$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_drop$Results$Init | void>
  /** Never returns, and holds the witness until the call is canceled. */
  never(
    params: Peer_never$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_never$Results$Init | void>
  /** A tail call of the target's ping. */
  forward(
    params: Peer_forward$Params,
    context: $.CallContext,
  ): $.Awaitable<Pong$Init | Pong | void>
  /** A tail call of the target's make. */
  forwardMake(
    params: Peer_forwardMake$Params,
    context: $.CallContext,
  ): $.Awaitable<Made$Init | Made | void>
  /** Counters that are alive in this process, and calls of `never` that were canceled. */
  stats(
    params: Peer_stats$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_stats$Results$Init | void>
  readWide(
    params: Peer_readWide$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_readWide$Results$Init | void>
  /** Read the same lists as a newer or an older program would, and say what they saw. */
  readNarrow(
    params: Peer_readNarrow$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_readNarrow$Results$Init | void>
  /** Ends the connection, or the process behind it, without a word. */
  quit(
    params: Peer_quit$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_quit$Results$Init | void>
  /** Takes bytes, each piece only when the gate is open (at once without one), and no more than this. */
  sink(
    params: Peer_sink$Params,
    context: $.CallContext,
  ): $.Awaitable<Peer_sink$Results$Init | void>
}

export class Sink_write$Params extends $.Struct {
  declare readonly $init?: Sink_write$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get data(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Sink_write$Params$Init): void {
    if (value.data !== undefined) {
      $.putData(builder, at + 0, value.data)
    }
  }
}

export interface Sink_write$Params$Init {
  readonly data?: Uint8Array | undefined
}

export class Sink_end$Params extends $.Struct {
  declare readonly $init?: Sink_end$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Sink_end$Params$Init = Readonly<Record<string, never>>

export class Sink_end$Results extends $.Struct {
  declare readonly $init?: Sink_end$Results$Init
  static readonly $dataWords = 2
  static readonly $pointerWords = 0

  get bytes(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }
  get pieces(): number {
    return $.getUint32(this.$, 8, 0)
  }

  static $write(builder: $.Builder, at: number, value: Sink_end$Results$Init): void {
    const byte = at * 8
    if (value.bytes !== undefined) {
      $.putUint64(builder, byte + 0, value.bytes, 0n)
    }
    if (value.pieces !== undefined) {
      $.putUint32(builder, byte + 8, value.pieces, 0)
    }
  }
}

export interface Sink_end$Results$Init {
  readonly bytes?: bigint | undefined
  readonly pieces?: number | undefined
}

export class Sink_end$Results$Promise extends $.Pipeline<Sink_end$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Sink_end$Results, call, path)
  }
}

export class Sink extends $.Client {
  static override readonly $interface: $.Interface<Sink$Server> = {
    id: 0xa1b51275cf7b4564n,
    name: 'Sink',
    methods: [
      { name: 'write', params: () => Sink_write$Params, results: () => $.StreamResult, turns: $.streamTurns },
      { name: 'end', params: () => Sink_end$Params, results: () => Sink_end$Results },
    ],
    superclasses: () => [],
  }

  /** Fails with `overloaded` when more than the limit has come. */
  write(params: Sink_write$Params$Init, options?: $.CallOptions): Promise<void> {
    return $.streamCall(this, Sink.$interface.id, 0, Sink_write$Params, params, options)
  }
  /** What came, after everything that was written before. */
  end(params: Sink_end$Params$Init = {}, options?: $.CallOptions): Sink_end$Results$Promise {
    return new Sink_end$Results$Promise(
      $.call(this, Sink.$interface.id, 1, Sink_end$Params, params, options),
    )
  }
}

/** What serves a Sink. */
export interface Sink$Server {
  /** Fails with `overloaded` when more than the limit has come. */
  write(
    params: Sink_write$Params,
    context: $.CallContext,
  ): $.Awaitable<void>
  /** What came, after everything that was written before. */
  end(
    params: Sink_end$Params,
    context: $.CallContext,
  ): $.Awaitable<Sink_end$Results$Init | void>
}

export const Kind = {
  failed: 0,
  overloaded: 1,
  disconnected: 2,
  unimplemented: 3,
} as const

export type Kind = (typeof Kind)[keyof typeof Kind]

export class Counter_add$Params extends $.Struct {
  declare readonly $init?: Counter_add$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get amount(): bigint {
    return $.getInt64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Counter_add$Params$Init): void {
    const byte = at * 8
    if (value.amount !== undefined) {
      $.putInt64(builder, byte + 0, value.amount, 0n)
    }
  }
}

export interface Counter_add$Params$Init {
  readonly amount?: bigint | undefined
}

export class Counter_add$Results extends $.Struct {
  declare readonly $init?: Counter_add$Results$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get total(): bigint {
    return $.getInt64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Counter_add$Results$Init): void {
    const byte = at * 8
    if (value.total !== undefined) {
      $.putInt64(builder, byte + 0, value.total, 0n)
    }
  }
}

export interface Counter_add$Results$Init {
  readonly total?: bigint | undefined
}

export class Counter_add$Results$Promise extends $.Pipeline<Counter_add$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Counter_add$Results, call, path)
  }
}

export class Counter_log$Params extends $.Struct {
  declare readonly $init?: Counter_log$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Counter_log$Params$Init = Readonly<Record<string, never>>

export class Counter_log$Results extends $.Struct {
  declare readonly $init?: Counter_log$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get amounts(): $.List<bigint> {
    return $.getList(this.$, 0, $.int64Element)
  }

  static $write(builder: $.Builder, at: number, value: Counter_log$Results$Init): void {
    if (value.amounts !== undefined) {
      $.int64Element.writeList(builder, at + 0, value.amounts)
    }
  }
}

export interface Counter_log$Results$Init {
  readonly amounts?: $.ListInit<bigint> | undefined
}

export class Counter_log$Results$Promise extends $.Pipeline<Counter_log$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Counter_log$Results, call, path)
  }
}

export class Counter extends $.Client {
  static override readonly $interface: $.Interface<Counter$Server> = {
    id: 0xdd464cf69950f2f9n,
    name: 'Counter',
    methods: [
      { name: 'add', params: () => Counter_add$Params, results: () => Counter_add$Results },
      { name: 'log', params: () => Counter_log$Params, results: () => Counter_log$Results },
    ],
    superclasses: () => [],
  }

  add(params: Counter_add$Params$Init, options?: $.CallOptions): Counter_add$Results$Promise {
    return new Counter_add$Results$Promise(
      $.call(this, Counter.$interface.id, 0, Counter_add$Params, params, options),
    )
  }
  /** The amounts so far, in the order in which they came. */
  log(params: Counter_log$Params$Init = {}, options?: $.CallOptions): Counter_log$Results$Promise {
    return new Counter_log$Results$Promise(
      $.call(this, Counter.$interface.id, 1, Counter_log$Params, params, options),
    )
  }
}

/** What serves a Counter. */
export interface Counter$Server {
  add(
    params: Counter_add$Params,
    context: $.CallContext,
  ): $.Awaitable<Counter_add$Results$Init | void>
  /** The amounts so far, in the order in which they came. */
  log(
    params: Counter_log$Params,
    context: $.CallContext,
  ): $.Awaitable<Counter_log$Results$Init | void>
}

export class NamedCounter_name$Params extends $.Struct {
  declare readonly $init?: NamedCounter_name$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type NamedCounter_name$Params$Init = Readonly<Record<string, never>>

export class NamedCounter_name$Results extends $.Struct {
  declare readonly $init?: NamedCounter_name$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get name(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: NamedCounter_name$Results$Init): void {
    if (value.name !== undefined) {
      $.putText(builder, at + 0, value.name)
    }
  }
}

export interface NamedCounter_name$Results$Init {
  readonly name?: string | undefined
}

export class NamedCounter_name$Results$Promise extends $.Pipeline<NamedCounter_name$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(NamedCounter_name$Results, call, path)
  }
}

export class NamedCounter extends Counter {
  static override readonly $interface: $.Interface<NamedCounter$Server> = {
    id: 0xf613f5b52496dfd0n,
    name: 'NamedCounter',
    methods: [
      { name: 'name', params: () => NamedCounter_name$Params, results: () => NamedCounter_name$Results },
    ],
    superclasses: () => [Counter.$interface],
  }

  name(params: NamedCounter_name$Params$Init = {}, options?: $.CallOptions): NamedCounter_name$Results$Promise {
    return new NamedCounter_name$Results$Promise(
      $.call(this, NamedCounter.$interface.id, 0, NamedCounter_name$Params, params, options),
    )
  }
}

/** What serves a NamedCounter. */
export interface NamedCounter$Server extends Counter$Server {
  name(
    params: NamedCounter_name$Params,
    context: $.CallContext,
  ): $.Awaitable<NamedCounter_name$Results$Init | void>
}

export class Gate_wait$Params extends $.Struct {
  declare readonly $init?: Gate_wait$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Gate_wait$Params$Init = Readonly<Record<string, never>>

export class Gate_wait$Results extends $.Struct {
  declare readonly $init?: Gate_wait$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Gate_wait$Results$Init = Readonly<Record<string, never>>

export class Gate_wait$Results$Promise extends $.Pipeline<Gate_wait$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Gate_wait$Results, call, path)
  }
}

export class Gate extends $.Client {
  static override readonly $interface: $.Interface<Gate$Server> = {
    id: 0xfc6349b590784930n,
    name: 'Gate',
    methods: [
      { name: 'wait', params: () => Gate_wait$Params, results: () => Gate_wait$Results },
    ],
    superclasses: () => [],
  }

  /** Returns when the gate is open. */
  wait(params: Gate_wait$Params$Init = {}, options?: $.CallOptions): Gate_wait$Results$Promise {
    return new Gate_wait$Results$Promise(
      $.call(this, Gate.$interface.id, 0, Gate_wait$Params, params, options),
    )
  }
}

/** What serves a Gate. */
export interface Gate$Server {
  /** Returns when the gate is open. */
  wait(
    params: Gate_wait$Params,
    context: $.CallContext,
  ): $.Awaitable<Gate_wait$Results$Init | void>
}

export class Stranger_add$Params extends $.Struct {
  declare readonly $init?: Stranger_add$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get text(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Stranger_add$Params$Init): void {
    if (value.text !== undefined) {
      $.putText(builder, at + 0, value.text)
    }
  }
}

export interface Stranger_add$Params$Init {
  readonly text?: string | undefined
}

export class Stranger_add$Results extends $.Struct {
  declare readonly $init?: Stranger_add$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get text(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Stranger_add$Results$Init): void {
    if (value.text !== undefined) {
      $.putText(builder, at + 0, value.text)
    }
  }
}

export interface Stranger_add$Results$Init {
  readonly text?: string | undefined
}

export class Stranger_add$Results$Promise extends $.Pipeline<Stranger_add$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Stranger_add$Results, call, path)
  }
}

/** Nobody implements it. Its method has a number that others use too. */
export class Stranger extends $.Client {
  static override readonly $interface: $.Interface<Stranger$Server> = {
    id: 0x9e3971b7e38d651an,
    name: 'Stranger',
    methods: [
      { name: 'add', params: () => Stranger_add$Params, results: () => Stranger_add$Results },
    ],
    superclasses: () => [],
  }

  add(params: Stranger_add$Params$Init, options?: $.CallOptions): Stranger_add$Results$Promise {
    return new Stranger_add$Results$Promise(
      $.call(this, Stranger.$interface.id, 0, Stranger_add$Params, params, options),
    )
  }
}

/** What serves a Stranger. */
export interface Stranger$Server {
  add(
    params: Stranger_add$Params,
    context: $.CallContext,
  ): $.Awaitable<Stranger_add$Results$Init | void>
}

export class Pong extends $.Struct {
  declare readonly $init?: Pong$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get value(): number {
    return $.getUint32(this.$, 0, 0)
  }

  static $write(builder: $.Builder, at: number, value: Pong$Init): void {
    const byte = at * 8
    if (value.value !== undefined) {
      $.putUint32(builder, byte + 0, value.value, 0)
    }
  }
}

export interface Pong$Init {
  readonly value?: number | undefined
}

export class Pong$Promise extends $.Pipeline<Pong> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Pong, call, path)
  }
}

export class Made extends $.Struct {
  declare readonly $init?: Made$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Made$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 0, value.counter)
    }
  }
}

export interface Made$Init {
  readonly counter?: Counter | null | undefined
}

export class Made$Promise extends $.Pipeline<Made> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Made, call, path)
  }

  get counter(): Counter {
    return this.$cap(Counter, 0)
  }
}

export class Outcome$Union extends $.Struct {
  declare readonly $init?: Outcome$Init
  static readonly $dataWords = 2
  static readonly $pointerWords = 1

  /** A new counter of the peer. */
  get make(): bigint | undefined {
    if (!$.isMember(this.$, 8, 0)) return undefined
    return $.getInt64(this.$, 0, 0n)
  }
  /** This one. */
  get give(): Counter | null | undefined {
    if (!$.isMember(this.$, 8, 1)) return undefined
    return $.getCap(this.$, 0, Counter)
  }
  get fail(): string | undefined {
    if (!$.isMember(this.$, 8, 2)) return undefined
    return $.getText(this.$, 0, '')
  }
  /** Which member of the union is set; undefined for one newer than this code. */
  get $which(): 'make' | 'give' | 'fail' | undefined {
    return $.which(this.$, 8, ['make', 'give', 'fail'])
  }

  static $write(builder: $.Builder, at: number, value: Outcome$Init): void {
    const byte = at * 8
    $.choose(builder, byte + 8, value, ['make', 'give', 'fail'])
    if (value.make !== undefined) {
      $.putInt64(builder, byte + 0, value.make, 0n)
    }
    if (value.give !== undefined) {
      $.putCap(builder, at + 2, value.give)
    }
    if (value.fail !== undefined) {
      $.putText(builder, at + 2, value.fail)
    }
  }
}

export type Outcome = Outcome$Union &
  (
    | { readonly $which: 'make'; readonly make: bigint }
    | { readonly $which: 'give'; readonly give: Counter | null }
    | { readonly $which: 'fail'; readonly fail: string }
    | { readonly $which: undefined }
  )

export const Outcome: $.StructType<Outcome, Outcome$Init> = Outcome$Union as never

export interface Outcome$Members {
  /** A new counter of the peer. */
  readonly make: bigint
  /** This one. */
  readonly give: Counter | null
  readonly fail: string
}

export type Outcome$Init = $.OneOf<Outcome$Members>

export class Outcome$Promise extends $.Pipeline<Outcome> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Outcome, call, path)
  }

  /** This one. */
  get give(): Counter {
    return this.$cap(Counter, 0)
  }
}

export class Shapes_pair extends $.Struct {
  declare readonly $init?: Shapes_pair$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 8

  get left(): Counter | null {
    return $.getCap(this.$, 2, Counter)
  }
  get right(): Outer {
    return $.getStruct(this.$, 3, Outer)
  }

  static $write(builder: $.Builder, at: number, value: Shapes_pair$Init): void {
    if (value.left !== undefined) {
      $.putCap(builder, at + 3, value.left)
    }
    if (value.right !== undefined) {
      $.putStruct(builder, at + 4, Outer, value.right)
    }
  }
}

export interface Shapes_pair$Init {
  readonly left?: Counter | null | undefined
  readonly right?: Outer$Init | Outer | undefined
}

export class Shapes_pair$Promise extends $.Pipeline<Shapes_pair> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Shapes_pair, call, path)
  }

  get left(): Counter {
    return this.$cap(Counter, 2)
  }
  get right(): Outer$Promise {
    return new Outer$Promise(this.$call, [...this.$path, 3])
  }
}

export class Shapes_choice$Union extends $.Struct {
  declare readonly $init?: Shapes_choice$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 8

  get none(): null | undefined {
    if (!$.isMember(this.$, 0, 0)) return undefined
    return null
  }
  get some(): Counter | null | undefined {
    if (!$.isMember(this.$, 0, 1)) return undefined
    return $.getCap(this.$, 4, Counter)
  }
  /** Which member of the union is set; undefined for one newer than this code. */
  get $which(): 'none' | 'some' | undefined {
    return $.which(this.$, 0, ['none', 'some'])
  }

  static $write(builder: $.Builder, at: number, value: Shapes_choice$Init): void {
    const byte = at * 8
    $.choose(builder, byte + 0, value, ['none', 'some'])
    if (value.some !== undefined) {
      $.putCap(builder, at + 5, value.some)
    }
  }
}

export type Shapes_choice = Shapes_choice$Union &
  (
    | { readonly $which: 'none'; readonly none: null }
    | { readonly $which: 'some'; readonly some: Counter | null }
    | { readonly $which: undefined }
  )

export const Shapes_choice: $.StructType<Shapes_choice, Shapes_choice$Init> = Shapes_choice$Union as never

export interface Shapes_choice$Members {
  readonly none: null
  readonly some: Counter | null
}

export type Shapes_choice$Init = $.OneOf<Shapes_choice$Members>

export class Shapes_choice$Promise extends $.Pipeline<Shapes_choice> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Shapes_choice, call, path)
  }

  get some(): Counter {
    return this.$cap(Counter, 4)
  }
}

export class Shapes extends $.Struct {
  declare readonly $init?: Shapes$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 8

  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }
  get outer(): Outer {
    return $.getStruct(this.$, 1, Outer)
  }
  get pair(): Shapes_pair {
    return new (Shapes_pair)(this.$)
  }
  get choice(): Shapes_choice {
    return new (Shapes_choice)(this.$)
  }
  get any(): $.AnyPointer {
    return $.getAny(this.$, 5)
  }
  get absent(): Counter | null {
    return $.getCap(this.$, 6, Counter)
  }
  get list(): $.List<Counter | null> {
    return $.getList(this.$, 7, $.capElement(() => Counter))
  }

  static $write(builder: $.Builder, at: number, value: Shapes$Init): void {
    if (value.counter !== undefined) {
      $.putCap(builder, at + 1, value.counter)
    }
    if (value.outer !== undefined) {
      $.putStruct(builder, at + 2, Outer, value.outer)
    }
    if (value.pair !== undefined) {
      Shapes_pair.$write(builder, at, value.pair as Shapes_pair$Init)
    }
    if (value.choice !== undefined) {
      Shapes_choice.$write(builder, at, value.choice as Shapes_choice$Init)
    }
    if (value.any !== undefined) {
      $.putAny(builder, at + 6, value.any)
    }
    if (value.absent !== undefined) {
      $.putCap(builder, at + 7, value.absent)
    }
    if (value.list !== undefined) {
      ($.capElement(() => Counter)).writeList(builder, at + 8, value.list)
    }
  }
}

export interface Shapes$Init {
  readonly counter?: Counter | null | undefined
  readonly outer?: Outer$Init | Outer | undefined
  readonly pair?: Shapes_pair$Init | Shapes_pair | undefined
  readonly choice?: Shapes_choice$Init | Shapes_choice | undefined
  readonly any?: $.AnyInit | undefined
  readonly absent?: Counter | null | undefined
  readonly list?: $.ListInit<Counter | null> | undefined
}

export class Shapes$Promise extends $.Pipeline<Shapes> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Shapes, call, path)
  }

  get counter(): Counter {
    return this.$cap(Counter, 0)
  }
  get outer(): Outer$Promise {
    return new Outer$Promise(this.$call, [...this.$path, 1])
  }
  get pair(): Shapes_pair$Promise {
    return new Shapes_pair$Promise(this.$call, this.$path)
  }
  get choice(): Shapes_choice$Promise {
    return new Shapes_choice$Promise(this.$call, this.$path)
  }
  get any(): $.Client {
    return this.$cap($.Client, 5)
  }
  get absent(): Counter {
    return this.$cap(Counter, 6)
  }
}

export class Outer extends $.Struct {
  declare readonly $init?: Outer$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get label(): string {
    return $.getText(this.$, 0, '')
  }
  get inner(): Inner {
    return $.getStruct(this.$, 1, Inner)
  }

  static $write(builder: $.Builder, at: number, value: Outer$Init): void {
    if (value.label !== undefined) {
      $.putText(builder, at + 0, value.label)
    }
    if (value.inner !== undefined) {
      $.putStruct(builder, at + 1, Inner, value.inner)
    }
  }
}

export interface Outer$Init {
  readonly label?: string | undefined
  readonly inner?: Inner$Init | Inner | undefined
}

export class Outer$Promise extends $.Pipeline<Outer> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Outer, call, path)
  }

  get inner(): Inner$Promise {
    return new Inner$Promise(this.$call, [...this.$path, 1])
  }
}

export class Inner extends $.Struct {
  declare readonly $init?: Inner$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 1

  get depth(): number {
    return $.getUint8(this.$, 0, 0)
  }
  get counter(): Counter | null {
    return $.getCap(this.$, 0, Counter)
  }

  static $write(builder: $.Builder, at: number, value: Inner$Init): void {
    const byte = at * 8
    if (value.depth !== undefined) {
      $.putUint8(builder, byte + 0, value.depth, 0)
    }
    if (value.counter !== undefined) {
      $.putCap(builder, at + 1, value.counter)
    }
  }
}

export interface Inner$Init {
  readonly depth?: number | undefined
  readonly counter?: Counter | null | undefined
}

export class Inner$Promise extends $.Pipeline<Inner> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Inner, call, path)
  }

  get counter(): Counter {
    return this.$cap(Counter, 0)
  }
}

/** Lists as an old program wrote them … */
export class Narrow extends $.Struct {
  declare readonly $init?: Narrow$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get numbers(): $.List<number> {
    return $.getList(this.$, 0, $.uint32Element)
  }
  get texts(): $.List<string> {
    return $.getList(this.$, 1, $.textElement)
  }

  static $write(builder: $.Builder, at: number, value: Narrow$Init): void {
    if (value.numbers !== undefined) {
      $.uint32Element.writeList(builder, at + 0, value.numbers)
    }
    if (value.texts !== undefined) {
      $.textElement.writeList(builder, at + 1, value.texts)
    }
  }
}

/** Lists as an old program wrote them … */
export interface Narrow$Init {
  readonly numbers?: $.ListInit<number> | undefined
  readonly texts?: $.ListInit<string> | undefined
}

export class Narrow$Promise extends $.Pipeline<Narrow> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Narrow, call, path)
  }
}

/** … and as a newer program does. */
export class Wide extends $.Struct {
  declare readonly $init?: Wide$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get numbers(): $.List<Wide_Number> {
    return $.getList(this.$, 0, $.structElement(() => Wide_Number))
  }
  get texts(): $.List<Wide_Words> {
    return $.getList(this.$, 1, $.structElement(() => Wide_Words))
  }

  static $write(builder: $.Builder, at: number, value: Wide$Init): void {
    if (value.numbers !== undefined) {
      ($.structElement(() => Wide_Number)).writeList(builder, at + 0, value.numbers)
    }
    if (value.texts !== undefined) {
      ($.structElement(() => Wide_Words)).writeList(builder, at + 1, value.texts)
    }
  }
}

/** … and as a newer program does. */
export interface Wide$Init {
  readonly numbers?: $.ListInit<Wide_Number$Init | Wide_Number> | undefined
  readonly texts?: $.ListInit<Wide_Words$Init | Wide_Words> | undefined
}

export class Wide$Promise extends $.Pipeline<Wide> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Wide, call, path)
  }
}

export class Wide_Number extends $.Struct {
  declare readonly $init?: Wide_Number$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 1

  get value(): number {
    return $.getUint32(this.$, 0, 0)
  }
  get note(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Wide_Number$Init): void {
    const byte = at * 8
    if (value.value !== undefined) {
      $.putUint32(builder, byte + 0, value.value, 0)
    }
    if (value.note !== undefined) {
      $.putText(builder, at + 1, value.note)
    }
  }
}

export interface Wide_Number$Init {
  readonly value?: number | undefined
  readonly note?: string | undefined
}

export class Wide_Number$Promise extends $.Pipeline<Wide_Number> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Wide_Number, call, path)
  }
}

export class Wide_Words extends $.Struct {
  declare readonly $init?: Wide_Words$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 1

  get text(): string {
    return $.getText(this.$, 0, '')
  }
  get count(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Wide_Words$Init): void {
    const byte = at * 8
    if (value.text !== undefined) {
      $.putText(builder, at + 1, value.text)
    }
    if (value.count !== undefined) {
      $.putUint64(builder, byte + 0, value.count, 0n)
    }
  }
}

export interface Wide_Words$Init {
  readonly text?: string | undefined
  readonly count?: bigint | undefined
}

export class Wide_Words$Promise extends $.Pipeline<Wide_Words> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Wide_Words, call, path)
  }
}
