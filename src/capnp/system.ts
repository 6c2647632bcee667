// Generated from system.capnp by scripts/gen-capnp.mjs. Do not edit.
import * as $ from '../rpc/codegen.ts'

export class PeerInfo extends $.Struct {
  declare readonly $init?: PeerInfo$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  /** Binary peer id (multihash). For secp256k1 keys: 00 25 08 02 12 21 and the 33-byte public key. */
  get peerId(): Uint8Array {
    return $.getData(this.$, 0)
  }
  /** Binary multiaddrs on which the peer is connected, without the trailing /p2p part. */
  get addrs(): $.List<Uint8Array> {
    return $.getList(this.$, 1, $.dataElement)
  }

  static $write(builder: $.Builder, at: number, value: PeerInfo$Init): void {
    if (value.peerId !== undefined) {
      $.putData(builder, at + 0, value.peerId)
    }
    if (value.addrs !== undefined) {
      $.dataElement.writeList(builder, at + 1, value.addrs)
    }
  }
}

export interface PeerInfo$Init {
  /** Binary peer id (multihash). For secp256k1 keys: 00 25 08 02 12 21 and the 33-byte public key. */
  readonly peerId?: Uint8Array | undefined
  /** Binary multiaddrs on which the peer is connected, without the trailing /p2p part. */
  readonly addrs?: $.ListInit<Uint8Array> | undefined
}

export class PeerInfo$Promise extends $.Pipeline<PeerInfo> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(PeerInfo, call, path)
  }
}

export class Host_id$Params extends $.Struct {
  declare readonly $init?: Host_id$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Host_id$Params$Init = Readonly<Record<string, never>>

export class Host_id$Results extends $.Struct {
  declare readonly $init?: Host_id$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get peerId(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Host_id$Results$Init): void {
    if (value.peerId !== undefined) {
      $.putData(builder, at + 0, value.peerId)
    }
  }
}

export interface Host_id$Results$Init {
  readonly peerId?: Uint8Array | undefined
}

export class Host_id$Results$Promise extends $.Pipeline<Host_id$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Host_id$Results, call, path)
  }
}

export class Host_addrs$Params extends $.Struct {
  declare readonly $init?: Host_addrs$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Host_addrs$Params$Init = Readonly<Record<string, never>>

export class Host_addrs$Results extends $.Struct {
  declare readonly $init?: Host_addrs$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get addrs(): $.List<Uint8Array> {
    return $.getList(this.$, 0, $.dataElement)
  }

  static $write(builder: $.Builder, at: number, value: Host_addrs$Results$Init): void {
    if (value.addrs !== undefined) {
      $.dataElement.writeList(builder, at + 0, value.addrs)
    }
  }
}

export interface Host_addrs$Results$Init {
  readonly addrs?: $.ListInit<Uint8Array> | undefined
}

export class Host_addrs$Results$Promise extends $.Pipeline<Host_addrs$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Host_addrs$Results, call, path)
  }
}

export class Host_peers$Params extends $.Struct {
  declare readonly $init?: Host_peers$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Host_peers$Params$Init = Readonly<Record<string, never>>

export class Host_peers$Results extends $.Struct {
  declare readonly $init?: Host_peers$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get peers(): $.List<PeerInfo> {
    return $.getList(this.$, 0, $.structElement(() => PeerInfo))
  }

  static $write(builder: $.Builder, at: number, value: Host_peers$Results$Init): void {
    if (value.peers !== undefined) {
      ($.structElement(() => PeerInfo)).writeList(builder, at + 0, value.peers)
    }
  }
}

export interface Host_peers$Results$Init {
  readonly peers?: $.ListInit<PeerInfo$Init | PeerInfo> | undefined
}

export class Host_peers$Results$Promise extends $.Pipeline<Host_peers$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Host_peers$Results, call, path)
  }
}

export class Host_connect$Params extends $.Struct {
  declare readonly $init?: Host_connect$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get peerId(): Uint8Array {
    return $.getData(this.$, 0)
  }
  get addrs(): $.List<Uint8Array> {
    return $.getList(this.$, 1, $.dataElement)
  }

  static $write(builder: $.Builder, at: number, value: Host_connect$Params$Init): void {
    if (value.peerId !== undefined) {
      $.putData(builder, at + 0, value.peerId)
    }
    if (value.addrs !== undefined) {
      $.dataElement.writeList(builder, at + 1, value.addrs)
    }
  }
}

export interface Host_connect$Params$Init {
  readonly peerId?: Uint8Array | undefined
  readonly addrs?: $.ListInit<Uint8Array> | undefined
}

export class Host_connect$Results extends $.Struct {
  declare readonly $init?: Host_connect$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Host_connect$Results$Init = Readonly<Record<string, never>>

export class Host_connect$Results$Promise extends $.Pipeline<Host_connect$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Host_connect$Results, call, path)
  }
}

export class Host_executor$Params extends $.Struct {
  declare readonly $init?: Host_executor$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Host_executor$Params$Init = Readonly<Record<string, never>>

export class Host_executor$Results extends $.Struct {
  declare readonly $init?: Host_executor$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get executor(): Executor | null {
    return $.getCap(this.$, 0, Executor)
  }

  static $write(builder: $.Builder, at: number, value: Host_executor$Results$Init): void {
    if (value.executor !== undefined) {
      $.putCap(builder, at + 0, value.executor)
    }
  }
}

export interface Host_executor$Results$Init {
  readonly executor?: Executor | null | undefined
}

export class Host_executor$Results$Promise extends $.Pipeline<Host_executor$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Host_executor$Results, call, path)
  }

  get executor(): Executor {
    return this.$cap(Executor, 0)
  }
}

/** This node in the network. */
export class Host extends $.Client {
  static override readonly $interface: $.Interface<Host$Server> = {
    id: 0x9ea70c8c9aefb70cn,
    name: 'Host',
    methods: [
      { name: 'id', params: () => Host_id$Params, results: () => Host_id$Results },
      { name: 'addrs', params: () => Host_addrs$Params, results: () => Host_addrs$Results },
      { name: 'peers', params: () => Host_peers$Params, results: () => Host_peers$Results },
      { name: 'connect', params: () => Host_connect$Params, results: () => Host_connect$Results },
      { name: 'executor', params: () => Host_executor$Params, results: () => Host_executor$Results },
    ],
    superclasses: () => [],
  }

  /** Binary peer id of this node. */
  id(params: Host_id$Params$Init = {}, options?: $.CallOptions): Host_id$Results$Promise {
    return new Host_id$Results$Promise(
      $.call(this, Host.$interface.id, 0, Host_id$Params, params, options),
    )
  }
  /**
   * Binary multiaddrs this node listens on, in order of announcement, without /p2p. Addresses bound
   * to all interfaces are listed once per interface.
   */
  addrs(params: Host_addrs$Params$Init = {}, options?: $.CallOptions): Host_addrs$Results$Promise {
    return new Host_addrs$Results$Promise(
      $.call(this, Host.$interface.id, 1, Host_addrs$Params, params, options),
    )
  }
  /** Peers with at least one open connection, each once. */
  peers(params: Host_peers$Params$Init = {}, options?: $.CallOptions): Host_peers$Results$Promise {
    return new Host_peers$Results$Promise(
      $.call(this, Host.$interface.id, 2, Host_peers$Params, params, options),
    )
  }
  /**
   * Dials exactly the given addresses (binary multiaddrs) and returns when a connection stands whose
   * key proves the given peer id. Already connected: returns at once. An address that does not parse
   * is an error. Gives up after 10 s.
   */
  connect(params: Host_connect$Params$Init, options?: $.CallOptions): Host_connect$Results$Promise {
    return new Host_connect$Results$Promise(
      $.call(this, Host.$interface.id, 3, Host_connect$Params, params, options),
    )
  }
  /** The authority to start cells, bound like this Host to its epoch. */
  executor(params: Host_executor$Params$Init = {}, options?: $.CallOptions): Host_executor$Results$Promise {
    return new Host_executor$Results$Promise(
      $.call(this, Host.$interface.id, 4, Host_executor$Params, params, options),
    )
  }
}

/** What serves a Host. */
export interface Host$Server {
  /** Binary peer id of this node. */
  id(
    params: Host_id$Params,
    context: $.CallContext,
  ): $.Awaitable<Host_id$Results$Init | void>
  /**
   * Binary multiaddrs this node listens on, in order of announcement, without /p2p. Addresses bound
   * to all interfaces are listed once per interface.
   */
  addrs(
    params: Host_addrs$Params,
    context: $.CallContext,
  ): $.Awaitable<Host_addrs$Results$Init | void>
  /** Peers with at least one open connection, each once. */
  peers(
    params: Host_peers$Params,
    context: $.CallContext,
  ): $.Awaitable<Host_peers$Results$Init | void>
  /**
   * Dials exactly the given addresses (binary multiaddrs) and returns when a connection stands whose
   * key proves the given peer id. Already connected: returns at once. An address that does not parse
   * is an error. Gives up after 10 s.
   */
  connect(
    params: Host_connect$Params,
    context: $.CallContext,
  ): $.Awaitable<Host_connect$Results$Init | void>
  /** The authority to start cells, bound like this Host to its epoch. */
  executor(
    params: Host_executor$Params,
    context: $.CallContext,
  ): $.Awaitable<Host_executor$Results$Init | void>
}

export class Executor_runBytes$Params extends $.Struct {
  declare readonly $init?: Executor_runBytes$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 3

  get wasm(): Uint8Array {
    return $.getData(this.$, 0)
  }
  get args(): $.List<string> {
    return $.getList(this.$, 1, $.textElement)
  }
  get env(): $.List<string> {
    return $.getList(this.$, 2, $.textElement)
  }

  static $write(builder: $.Builder, at: number, value: Executor_runBytes$Params$Init): void {
    if (value.wasm !== undefined) {
      $.putData(builder, at + 0, value.wasm)
    }
    if (value.args !== undefined) {
      $.textElement.writeList(builder, at + 1, value.args)
    }
    if (value.env !== undefined) {
      $.textElement.writeList(builder, at + 2, value.env)
    }
  }
}

export interface Executor_runBytes$Params$Init {
  readonly wasm?: Uint8Array | undefined
  readonly args?: $.ListInit<string> | undefined
  readonly env?: $.ListInit<string> | undefined
}

export class Executor_runBytes$Results extends $.Struct {
  declare readonly $init?: Executor_runBytes$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get process(): Process | null {
    return $.getCap(this.$, 0, Process)
  }

  static $write(builder: $.Builder, at: number, value: Executor_runBytes$Results$Init): void {
    if (value.process !== undefined) {
      $.putCap(builder, at + 0, value.process)
    }
  }
}

export interface Executor_runBytes$Results$Init {
  readonly process?: Process | null | undefined
}

export class Executor_runBytes$Results$Promise extends $.Pipeline<Executor_runBytes$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Executor_runBytes$Results, call, path)
  }

  get process(): Process {
    return this.$cap(Process, 0)
  }
}

export class Executor_echo$Params extends $.Struct {
  declare readonly $init?: Executor_echo$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get message(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Executor_echo$Params$Init): void {
    if (value.message !== undefined) {
      $.putText(builder, at + 0, value.message)
    }
  }
}

export interface Executor_echo$Params$Init {
  readonly message?: string | undefined
}

export class Executor_echo$Results extends $.Struct {
  declare readonly $init?: Executor_echo$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get response(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Executor_echo$Results$Init): void {
    if (value.response !== undefined) {
      $.putText(builder, at + 0, value.response)
    }
  }
}

export interface Executor_echo$Results$Init {
  readonly response?: string | undefined
}

export class Executor_echo$Results$Promise extends $.Pipeline<Executor_echo$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Executor_echo$Results, call, path)
  }
}

export class Executor_spawn$Params extends $.Struct {
  declare readonly $init?: Executor_spawn$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 6

  get wasm(): Uint8Array {
    return $.getData(this.$, 0)
  }
  get args(): $.List<string> {
    return $.getList(this.$, 1, $.textElement)
  }
  get env(): $.List<string> {
    return $.getList(this.$, 2, $.textElement)
  }
  get grants(): $.List<Export> {
    return $.getList(this.$, 3, $.structElement(() => Export))
  }
  get limits(): CellLimits {
    return $.getStruct(this.$, 4, CellLimits)
  }
  get lifetime(): Lifetime {
    return $.getUint16(this.$, 0, 0) as Lifetime
  }
  get executor(): string {
    return $.getText(this.$, 5, '')
  }

  static $write(builder: $.Builder, at: number, value: Executor_spawn$Params$Init): void {
    const byte = at * 8
    if (value.wasm !== undefined) {
      $.putData(builder, at + 1, value.wasm)
    }
    if (value.args !== undefined) {
      $.textElement.writeList(builder, at + 2, value.args)
    }
    if (value.env !== undefined) {
      $.textElement.writeList(builder, at + 3, value.env)
    }
    if (value.grants !== undefined) {
      ($.structElement(() => Export)).writeList(builder, at + 4, value.grants)
    }
    if (value.limits !== undefined) {
      $.putStruct(builder, at + 5, CellLimits, value.limits)
    }
    if (value.lifetime !== undefined) {
      $.putUint16(builder, byte + 0, value.lifetime, 0)
    }
    if (value.executor !== undefined) {
      $.putText(builder, at + 6, value.executor)
    }
  }
}

export interface Executor_spawn$Params$Init {
  readonly wasm?: Uint8Array | undefined
  readonly args?: $.ListInit<string> | undefined
  readonly env?: $.ListInit<string> | undefined
  readonly grants?: $.ListInit<Export$Init | Export> | undefined
  readonly limits?: CellLimits$Init | CellLimits | undefined
  readonly lifetime?: Lifetime | undefined
  readonly executor?: string | undefined
}

export class Executor_spawn$Results extends $.Struct {
  declare readonly $init?: Executor_spawn$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get process(): Process | null {
    return $.getCap(this.$, 0, Process)
  }

  static $write(builder: $.Builder, at: number, value: Executor_spawn$Results$Init): void {
    if (value.process !== undefined) {
      $.putCap(builder, at + 0, value.process)
    }
  }
}

export interface Executor_spawn$Results$Init {
  readonly process?: Process | null | undefined
}

export class Executor_spawn$Results$Promise extends $.Pipeline<Executor_spawn$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Executor_spawn$Results, call, path)
  }

  get process(): Process {
    return this.$cap(Process, 0)
  }
}

export class Executor_load$Params extends $.Struct {
  declare readonly $init?: Executor_load$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get wasm(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Executor_load$Params$Init): void {
    if (value.wasm !== undefined) {
      $.putData(builder, at + 0, value.wasm)
    }
  }
}

export interface Executor_load$Params$Init {
  readonly wasm?: Uint8Array | undefined
}

export class Executor_load$Results extends $.Struct {
  declare readonly $init?: Executor_load$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get program(): Program | null {
    return $.getCap(this.$, 0, Program)
  }

  static $write(builder: $.Builder, at: number, value: Executor_load$Results$Init): void {
    if (value.program !== undefined) {
      $.putCap(builder, at + 0, value.program)
    }
  }
}

export interface Executor_load$Results$Init {
  readonly program?: Program | null | undefined
}

export class Executor_load$Results$Promise extends $.Pipeline<Executor_load$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Executor_load$Results, call, path)
  }

  get program(): Program {
    return this.$cap(Program, 0)
  }
}

/** The authority to start cells on this node. */
export class Executor extends $.Client {
  static override readonly $interface: $.Interface<Executor$Server> = {
    id: 0xbfa37c1e99b4a492n,
    name: 'Executor',
    methods: [
      { name: 'runBytes', params: () => Executor_runBytes$Params, results: () => Executor_runBytes$Results },
      { name: 'echo', params: () => Executor_echo$Params, results: () => Executor_echo$Results },
      { name: 'spawn', params: () => Executor_spawn$Params, results: () => Executor_spawn$Results },
      { name: 'load', params: () => Executor_load$Params, results: () => Executor_load$Results },
    ],
    superclasses: () => [],
  }

  /** `spawn` with no grants: the child can compute and use its stdio, nothing else. */
  runBytes(params: Executor_runBytes$Params$Init, options?: $.CallOptions): Executor_runBytes$Results$Promise {
    return new Executor_runBytes$Results$Promise(
      $.call(this, Executor.$interface.id, 0, Executor_runBytes$Params, params, options),
    )
  }
  /** Answers "Echo: " and the message. For trying out a link. */
  echo(params: Executor_echo$Params$Init, options?: $.CallOptions): Executor_echo$Results$Promise {
    return new Executor_echo$Results$Promise(
      $.call(this, Executor.$interface.id, 1, Executor_echo$Params, params, options),
    )
  }
  /**
   * Starts a cell from a core module (WASI preview 1) or a component (WASI 0.2). Returns when the
   * code is validated, compiled and instantiated; code that cannot run is an error of this call.
   *
   * `args` is the whole argument list, program name first if the child expects one. `env` holds
   * NAME=value entries; nothing is added to either. The child sees a read-only root with nothing in it
   * but a /tmp of its own, and its bootstrap capability is an InitialGrants that holds exactly `grants`
   * and what `executor` names: names must be unique and not empty, capabilities must not be null. Two
   * names may stand for one capability.
   *
   * The parent of the child is the cell this executor belongs to: the one it was granted to when that
   * cell was started (`executor`), pid0 for the one it grafted, and nobody else's for whoever was only
   * handed it. The child gets the smaller of its parent's limits and `limits`, and what it holds
   * counts for every cell above it. Where that would be too much the call fails with kind `overloaded`
   * and a reason with figures, as it does when more cells are started per second than may be.
   *
   * `executor`, if not empty, is the name of one more grant: an executor of the child's own. Cells it
   * starts are its children, bounded by what it has. A child that is to start cells should be given
   * this one: whoever is handed its parent's starts cells for the parent, with the parent's limits.
   *
   * `lifetime` says when the child ends if nobody ends it; see there.
   */
  spawn(params: Executor_spawn$Params$Init, options?: $.CallOptions): Executor_spawn$Results$Promise {
    return new Executor_spawn$Results$Promise(
      $.call(this, Executor.$interface.id, 2, Executor_spawn$Params, params, options),
    )
  }
  /**
   * Validates and compiles as `spawn` does, and starts nothing. For whoever starts one program often:
   * its bytes cross the link once. Fails with kind `overloaded` when the cell this executor belongs to,
   * or one above it, holds as many programs as it may.
   */
  load(params: Executor_load$Params$Init, options?: $.CallOptions): Executor_load$Results$Promise {
    return new Executor_load$Results$Promise(
      $.call(this, Executor.$interface.id, 3, Executor_load$Params, params, options),
    )
  }
}

/** What serves a Executor. */
export interface Executor$Server {
  /** `spawn` with no grants: the child can compute and use its stdio, nothing else. */
  runBytes(
    params: Executor_runBytes$Params,
    context: $.CallContext,
  ): $.Awaitable<Executor_runBytes$Results$Init | void>
  /** Answers "Echo: " and the message. For trying out a link. */
  echo(
    params: Executor_echo$Params,
    context: $.CallContext,
  ): $.Awaitable<Executor_echo$Results$Init | void>
  /**
   * Starts a cell from a core module (WASI preview 1) or a component (WASI 0.2). Returns when the
   * code is validated, compiled and instantiated; code that cannot run is an error of this call.
   *
   * `args` is the whole argument list, program name first if the child expects one. `env` holds
   * NAME=value entries; nothing is added to either. The child sees a read-only root with nothing in it
   * but a /tmp of its own, and its bootstrap capability is an InitialGrants that holds exactly `grants`
   * and what `executor` names: names must be unique and not empty, capabilities must not be null. Two
   * names may stand for one capability.
   *
   * The parent of the child is the cell this executor belongs to: the one it was granted to when that
   * cell was started (`executor`), pid0 for the one it grafted, and nobody else's for whoever was only
   * handed it. The child gets the smaller of its parent's limits and `limits`, and what it holds
   * counts for every cell above it. Where that would be too much the call fails with kind `overloaded`
   * and a reason with figures, as it does when more cells are started per second than may be.
   *
   * `executor`, if not empty, is the name of one more grant: an executor of the child's own. Cells it
   * starts are its children, bounded by what it has. A child that is to start cells should be given
   * this one: whoever is handed its parent's starts cells for the parent, with the parent's limits.
   *
   * `lifetime` says when the child ends if nobody ends it; see there.
   */
  spawn(
    params: Executor_spawn$Params,
    context: $.CallContext,
  ): $.Awaitable<Executor_spawn$Results$Init | void>
  /**
   * Validates and compiles as `spawn` does, and starts nothing. For whoever starts one program often:
   * its bytes cross the link once. Fails with kind `overloaded` when the cell this executor belongs to,
   * or one above it, holds as many programs as it may.
   */
  load(
    params: Executor_load$Params,
    context: $.CallContext,
  ): $.Awaitable<Executor_load$Results$Init | void>
}

export class Program_spawn$Params extends $.Struct {
  declare readonly $init?: Program_spawn$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 5

  get args(): $.List<string> {
    return $.getList(this.$, 0, $.textElement)
  }
  get env(): $.List<string> {
    return $.getList(this.$, 1, $.textElement)
  }
  get grants(): $.List<Export> {
    return $.getList(this.$, 2, $.structElement(() => Export))
  }
  get limits(): CellLimits {
    return $.getStruct(this.$, 3, CellLimits)
  }
  get lifetime(): Lifetime {
    return $.getUint16(this.$, 0, 0) as Lifetime
  }
  get executor(): string {
    return $.getText(this.$, 4, '')
  }

  static $write(builder: $.Builder, at: number, value: Program_spawn$Params$Init): void {
    const byte = at * 8
    if (value.args !== undefined) {
      $.textElement.writeList(builder, at + 1, value.args)
    }
    if (value.env !== undefined) {
      $.textElement.writeList(builder, at + 2, value.env)
    }
    if (value.grants !== undefined) {
      ($.structElement(() => Export)).writeList(builder, at + 3, value.grants)
    }
    if (value.limits !== undefined) {
      $.putStruct(builder, at + 4, CellLimits, value.limits)
    }
    if (value.lifetime !== undefined) {
      $.putUint16(builder, byte + 0, value.lifetime, 0)
    }
    if (value.executor !== undefined) {
      $.putText(builder, at + 5, value.executor)
    }
  }
}

export interface Program_spawn$Params$Init {
  readonly args?: $.ListInit<string> | undefined
  readonly env?: $.ListInit<string> | undefined
  readonly grants?: $.ListInit<Export$Init | Export> | undefined
  readonly limits?: CellLimits$Init | CellLimits | undefined
  readonly lifetime?: Lifetime | undefined
  readonly executor?: string | undefined
}

export class Program_spawn$Results extends $.Struct {
  declare readonly $init?: Program_spawn$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get process(): Process | null {
    return $.getCap(this.$, 0, Process)
  }

  static $write(builder: $.Builder, at: number, value: Program_spawn$Results$Init): void {
    if (value.process !== undefined) {
      $.putCap(builder, at + 0, value.process)
    }
  }
}

export interface Program_spawn$Results$Init {
  readonly process?: Process | null | undefined
}

export class Program_spawn$Results$Promise extends $.Pipeline<Program_spawn$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Program_spawn$Results, call, path)
  }

  get process(): Process {
    return this.$cap(Process, 0)
  }
}

/** The authority to start cells of one program, and of no other. Holding it holds the compiled code. */
export class Program extends $.Client {
  static override readonly $interface: $.Interface<Program$Server> = {
    id: 0x95762398def34e8bn,
    name: 'Program',
    methods: [
      { name: 'spawn', params: () => Program_spawn$Params, results: () => Program_spawn$Results },
    ],
    superclasses: () => [],
  }

  /** As Executor.spawn, with the program it was loaded from. */
  spawn(params: Program_spawn$Params$Init, options?: $.CallOptions): Program_spawn$Results$Promise {
    return new Program_spawn$Results$Promise(
      $.call(this, Program.$interface.id, 0, Program_spawn$Params, params, options),
    )
  }
}

/** What serves a Program. */
export interface Program$Server {
  /** As Executor.spawn, with the program it was loaded from. */
  spawn(
    params: Program_spawn$Params,
    context: $.CallContext,
  ): $.Awaitable<Program_spawn$Results$Init | void>
}

/**
 * What ends a child besides itself, `kill`, a limit, and the end of this node. A child is held by
 * whoever has its Process, one of its streams, or anything the child itself has given out: its
 * bootstrap capability, a callback, a result.
 */
export const Lifetime = {
  /**
   * It ends when its parent has ended, however that ended, unless somebody still holds it: then when
   * the last of them lets go. While the parent lives nothing happens when a reference is dropped:
   * what a parent forgets does not depend on when its garbage is collected.
   */
  parent: 0,
  /** It ends as soon as nobody holds it, its parent living or not. */
  held: 1,
  /**
   * It goes on, whoever lets go or ends. For what is started and left alone. It still counts for
   * every cell above it.
   */
  detached: 2,
} as const

/**
 * What ends a child besides itself, `kill`, a limit, and the end of this node. A child is held by
 * whoever has its Process, one of its streams, or anything the child itself has given out: its
 * bootstrap capability, a callback, a result.
 */
export type Lifetime = (typeof Lifetime)[keyof typeof Lifetime]

/**
 * What one cell may use. 0 in what is asked for is "as my parent"; in what is shown, the largest
 * number is no limit.
 */
export class CellLimits extends $.Struct {
  declare readonly $init?: CellLimits$Init
  static readonly $dataWords = 22
  static readonly $pointerWords = 0

  /** Its linear memories together. Growth beyond fails as the child's language has it. */
  get memoryBytes(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }
  /** What the memories of all cells below it can grow to. */
  get totalMemoryBytes(): bigint {
    return $.getUint64(this.$, 8, 0n)
  }
  /**
   * Units of computing in all, roughly one per instruction. All cells below it together get no more
   * than this; what one that has ended did not use can be given again. At 0 left: killed.
   */
  get fuel(): bigint {
    return $.getUint64(this.$, 16, 0n)
  }
  /** Who uses more waits. All cells below it together get no more than this. */
  get fuelPerSecond(): bigint {
    return $.getUint64(this.$, 24, 0n)
  }
  /** From its start on. Then: killed. */
  get wallMs(): bigint {
    return $.getUint64(this.$, 32, 0n)
  }
  /**
   * One call to what the cell has given out. Then the caller gets kind `overloaded`, and the cell is
   * told that nobody waits any more.
   */
  get callMs(): bigint {
    return $.getUint64(this.$, 40, 0n)
  }
  /** Written to stdout and stderr together. Then: killed. */
  get outputBytes(): bigint {
    return $.getUint64(this.$, 48, 0n)
  }
  /** Who writes faster waits. */
  get outputBytesPerSecond(): bigint {
    return $.getUint64(this.$, 56, 0n)
  }
  /** Open descriptors of WASI preview 1. One more is refused. */
  get files(): bigint {
    return $.getUint64(this.$, 64, 0n)
  }
  /** Open resources of WASI 0.2, which cannot refuse. One more: killed. */
  get handles(): bigint {
    return $.getUint64(this.$, 72, 0n)
  }
  get tmpBytes(): bigint {
    return $.getUint64(this.$, 80, 0n)
  }
  /** What is in its `/tmp`. More is refused. */
  get tmpEntries(): bigint {
    return $.getUint64(this.$, 88, 0n)
  }
  /**
   * Capabilities it has given out. One more: killed. As many may be given to it; one more is an error
   * of the call that would have given it.
   */
  get references(): bigint {
    return $.getUint64(this.$, 96, 0n)
  }
  /** Calls of its own under way. One more: killed. */
  get calls(): bigint {
    return $.getUint64(this.$, 104, 0n)
  }
  /** What these hold: arguments, and results it has not finished. Beyond that calls fail as overloaded. */
  get callBytes(): bigint {
    return $.getUint64(this.$, 112, 0n)
  }
  get children(): bigint {
    return $.getUint64(this.$, 120, 0n)
  }
  /** Cells it has started that have not ended; these and theirs. One more is refused. */
  get descendants(): bigint {
    return $.getUint64(this.$, 128, 0n)
  }
  /** Cells started by it and all below it; one second's can be saved. One more is refused. */
  get spawnsPerSecond(): bigint {
    return $.getUint64(this.$, 136, 0n)
  }
  /** Of its tables together. Growth beyond fails as the child's language has it. */
  get tableEntries(): bigint {
    return $.getUint64(this.$, 144, 0n)
  }
  /** What its nested calls take, 8 bytes for each value and 112 for each call. Then: killed. */
  get stackBytes(): bigint {
    return $.getUint64(this.$, 152, 0n)
  }
  get programs(): bigint {
    return $.getUint64(this.$, 160, 0n)
  }
  /**
   * Programs (see Executor.load) held through executors of it and of all below it, and their bytes.
   * One more is refused.
   */
  get programBytes(): bigint {
    return $.getUint64(this.$, 168, 0n)
  }

  static $write(builder: $.Builder, at: number, value: CellLimits$Init): void {
    const byte = at * 8
    if (value.memoryBytes !== undefined) {
      $.putUint64(builder, byte + 0, value.memoryBytes, 0n)
    }
    if (value.totalMemoryBytes !== undefined) {
      $.putUint64(builder, byte + 8, value.totalMemoryBytes, 0n)
    }
    if (value.fuel !== undefined) {
      $.putUint64(builder, byte + 16, value.fuel, 0n)
    }
    if (value.fuelPerSecond !== undefined) {
      $.putUint64(builder, byte + 24, value.fuelPerSecond, 0n)
    }
    if (value.wallMs !== undefined) {
      $.putUint64(builder, byte + 32, value.wallMs, 0n)
    }
    if (value.callMs !== undefined) {
      $.putUint64(builder, byte + 40, value.callMs, 0n)
    }
    if (value.outputBytes !== undefined) {
      $.putUint64(builder, byte + 48, value.outputBytes, 0n)
    }
    if (value.outputBytesPerSecond !== undefined) {
      $.putUint64(builder, byte + 56, value.outputBytesPerSecond, 0n)
    }
    if (value.files !== undefined) {
      $.putUint64(builder, byte + 64, value.files, 0n)
    }
    if (value.handles !== undefined) {
      $.putUint64(builder, byte + 72, value.handles, 0n)
    }
    if (value.tmpBytes !== undefined) {
      $.putUint64(builder, byte + 80, value.tmpBytes, 0n)
    }
    if (value.tmpEntries !== undefined) {
      $.putUint64(builder, byte + 88, value.tmpEntries, 0n)
    }
    if (value.references !== undefined) {
      $.putUint64(builder, byte + 96, value.references, 0n)
    }
    if (value.calls !== undefined) {
      $.putUint64(builder, byte + 104, value.calls, 0n)
    }
    if (value.callBytes !== undefined) {
      $.putUint64(builder, byte + 112, value.callBytes, 0n)
    }
    if (value.children !== undefined) {
      $.putUint64(builder, byte + 120, value.children, 0n)
    }
    if (value.descendants !== undefined) {
      $.putUint64(builder, byte + 128, value.descendants, 0n)
    }
    if (value.spawnsPerSecond !== undefined) {
      $.putUint64(builder, byte + 136, value.spawnsPerSecond, 0n)
    }
    if (value.tableEntries !== undefined) {
      $.putUint64(builder, byte + 144, value.tableEntries, 0n)
    }
    if (value.stackBytes !== undefined) {
      $.putUint64(builder, byte + 152, value.stackBytes, 0n)
    }
    if (value.programs !== undefined) {
      $.putUint64(builder, byte + 160, value.programs, 0n)
    }
    if (value.programBytes !== undefined) {
      $.putUint64(builder, byte + 168, value.programBytes, 0n)
    }
  }
}

/**
 * What one cell may use. 0 in what is asked for is "as my parent"; in what is shown, the largest
 * number is no limit.
 */
export interface CellLimits$Init {
  /** Its linear memories together. Growth beyond fails as the child's language has it. */
  readonly memoryBytes?: bigint | undefined
  /** What the memories of all cells below it can grow to. */
  readonly totalMemoryBytes?: bigint | undefined
  /**
   * Units of computing in all, roughly one per instruction. All cells below it together get no more
   * than this; what one that has ended did not use can be given again. At 0 left: killed.
   */
  readonly fuel?: bigint | undefined
  /** Who uses more waits. All cells below it together get no more than this. */
  readonly fuelPerSecond?: bigint | undefined
  /** From its start on. Then: killed. */
  readonly wallMs?: bigint | undefined
  /**
   * One call to what the cell has given out. Then the caller gets kind `overloaded`, and the cell is
   * told that nobody waits any more.
   */
  readonly callMs?: bigint | undefined
  /** Written to stdout and stderr together. Then: killed. */
  readonly outputBytes?: bigint | undefined
  /** Who writes faster waits. */
  readonly outputBytesPerSecond?: bigint | undefined
  /** Open descriptors of WASI preview 1. One more is refused. */
  readonly files?: bigint | undefined
  /** Open resources of WASI 0.2, which cannot refuse. One more: killed. */
  readonly handles?: bigint | undefined
  readonly tmpBytes?: bigint | undefined
  /** What is in its `/tmp`. More is refused. */
  readonly tmpEntries?: bigint | undefined
  /**
   * Capabilities it has given out. One more: killed. As many may be given to it; one more is an error
   * of the call that would have given it.
   */
  readonly references?: bigint | undefined
  /** Calls of its own under way. One more: killed. */
  readonly calls?: bigint | undefined
  /** What these hold: arguments, and results it has not finished. Beyond that calls fail as overloaded. */
  readonly callBytes?: bigint | undefined
  readonly children?: bigint | undefined
  /** Cells it has started that have not ended; these and theirs. One more is refused. */
  readonly descendants?: bigint | undefined
  /** Cells started by it and all below it; one second's can be saved. One more is refused. */
  readonly spawnsPerSecond?: bigint | undefined
  /** Of its tables together. Growth beyond fails as the child's language has it. */
  readonly tableEntries?: bigint | undefined
  /** What its nested calls take, 8 bytes for each value and 112 for each call. Then: killed. */
  readonly stackBytes?: bigint | undefined
  readonly programs?: bigint | undefined
  /**
   * Programs (see Executor.load) held through executors of it and of all below it, and their bytes.
   * One more is refused.
   */
  readonly programBytes?: bigint | undefined
}

export class CellLimits$Promise extends $.Pipeline<CellLimits> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(CellLimits, call, path)
  }
}

/**
 * What a cell uses at the moment, or had used when it ended. What its own thread counts is as of the
 * last moment at which it waited, or a few hundred microseconds ago.
 */
export class CellUsage extends $.Struct {
  declare readonly $init?: CellUsage$Init
  static readonly $dataWords = 14
  static readonly $pointerWords = 0

  get memoryBytes(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }
  get fuel(): bigint {
    return $.getUint64(this.$, 8, 0n)
  }
  get wallMs(): bigint {
    return $.getUint64(this.$, 16, 0n)
  }
  get outputBytes(): bigint {
    return $.getUint64(this.$, 24, 0n)
  }
  /** Open descriptors or resources. */
  get handles(): bigint {
    return $.getUint64(this.$, 32, 0n)
  }
  get references(): bigint {
    return $.getUint64(this.$, 40, 0n)
  }
  get calls(): bigint {
    return $.getUint64(this.$, 48, 0n)
  }
  get callBytes(): bigint {
    return $.getUint64(this.$, 56, 0n)
  }
  get children(): bigint {
    return $.getUint64(this.$, 64, 0n)
  }
  get descendants(): bigint {
    return $.getUint64(this.$, 72, 0n)
  }
  get totalMemoryBytes(): bigint {
    return $.getUint64(this.$, 80, 0n)
  }
  get tableEntries(): bigint {
    return $.getUint64(this.$, 88, 0n)
  }
  get programs(): bigint {
    return $.getUint64(this.$, 96, 0n)
  }
  /** As the limits of these names. */
  get programBytes(): bigint {
    return $.getUint64(this.$, 104, 0n)
  }

  static $write(builder: $.Builder, at: number, value: CellUsage$Init): void {
    const byte = at * 8
    if (value.memoryBytes !== undefined) {
      $.putUint64(builder, byte + 0, value.memoryBytes, 0n)
    }
    if (value.fuel !== undefined) {
      $.putUint64(builder, byte + 8, value.fuel, 0n)
    }
    if (value.wallMs !== undefined) {
      $.putUint64(builder, byte + 16, value.wallMs, 0n)
    }
    if (value.outputBytes !== undefined) {
      $.putUint64(builder, byte + 24, value.outputBytes, 0n)
    }
    if (value.handles !== undefined) {
      $.putUint64(builder, byte + 32, value.handles, 0n)
    }
    if (value.references !== undefined) {
      $.putUint64(builder, byte + 40, value.references, 0n)
    }
    if (value.calls !== undefined) {
      $.putUint64(builder, byte + 48, value.calls, 0n)
    }
    if (value.callBytes !== undefined) {
      $.putUint64(builder, byte + 56, value.callBytes, 0n)
    }
    if (value.children !== undefined) {
      $.putUint64(builder, byte + 64, value.children, 0n)
    }
    if (value.descendants !== undefined) {
      $.putUint64(builder, byte + 72, value.descendants, 0n)
    }
    if (value.totalMemoryBytes !== undefined) {
      $.putUint64(builder, byte + 80, value.totalMemoryBytes, 0n)
    }
    if (value.tableEntries !== undefined) {
      $.putUint64(builder, byte + 88, value.tableEntries, 0n)
    }
    if (value.programs !== undefined) {
      $.putUint64(builder, byte + 96, value.programs, 0n)
    }
    if (value.programBytes !== undefined) {
      $.putUint64(builder, byte + 104, value.programBytes, 0n)
    }
  }
}

/**
 * What a cell uses at the moment, or had used when it ended. What its own thread counts is as of the
 * last moment at which it waited, or a few hundred microseconds ago.
 */
export interface CellUsage$Init {
  readonly memoryBytes?: bigint | undefined
  readonly fuel?: bigint | undefined
  readonly wallMs?: bigint | undefined
  readonly outputBytes?: bigint | undefined
  /** Open descriptors or resources. */
  readonly handles?: bigint | undefined
  readonly references?: bigint | undefined
  readonly calls?: bigint | undefined
  readonly callBytes?: bigint | undefined
  readonly children?: bigint | undefined
  readonly descendants?: bigint | undefined
  readonly totalMemoryBytes?: bigint | undefined
  readonly tableEntries?: bigint | undefined
  readonly programs?: bigint | undefined
  /** As the limits of these names. */
  readonly programBytes?: bigint | undefined
}

export class CellUsage$Promise extends $.Pipeline<CellUsage> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(CellUsage, call, path)
  }
}

export const ExitKind = {
  /** By itself; the code is its own. */
  exited: 0,
  /** It did what WebAssembly or an interface forbids. */
  trapped: 1,
  /** By somebody, or by the rule of its lifetime. */
  killed: 2,
  /** By the node, for exceeding a limit. */
  limited: 3,
} as const

export type ExitKind = (typeof ExitKind)[keyof typeof ExitKind]

export class Process_stdin$Params extends $.Struct {
  declare readonly $init?: Process_stdin$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Process_stdin$Params$Init = Readonly<Record<string, never>>

export class Process_stdin$Results extends $.Struct {
  declare readonly $init?: Process_stdin$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get stream(): ByteStream | null {
    return $.getCap(this.$, 0, ByteStream)
  }

  static $write(builder: $.Builder, at: number, value: Process_stdin$Results$Init): void {
    if (value.stream !== undefined) {
      $.putCap(builder, at + 0, value.stream)
    }
  }
}

export interface Process_stdin$Results$Init {
  readonly stream?: ByteStream | null | undefined
}

export class Process_stdin$Results$Promise extends $.Pipeline<Process_stdin$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Process_stdin$Results, call, path)
  }

  get stream(): ByteStream {
    return this.$cap(ByteStream, 0)
  }
}

export class Process_stdout$Params extends $.Struct {
  declare readonly $init?: Process_stdout$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Process_stdout$Params$Init = Readonly<Record<string, never>>

export class Process_stdout$Results extends $.Struct {
  declare readonly $init?: Process_stdout$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get stream(): ByteStream | null {
    return $.getCap(this.$, 0, ByteStream)
  }

  static $write(builder: $.Builder, at: number, value: Process_stdout$Results$Init): void {
    if (value.stream !== undefined) {
      $.putCap(builder, at + 0, value.stream)
    }
  }
}

export interface Process_stdout$Results$Init {
  readonly stream?: ByteStream | null | undefined
}

export class Process_stdout$Results$Promise extends $.Pipeline<Process_stdout$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Process_stdout$Results, call, path)
  }

  get stream(): ByteStream {
    return this.$cap(ByteStream, 0)
  }
}

export class Process_stderr$Params extends $.Struct {
  declare readonly $init?: Process_stderr$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Process_stderr$Params$Init = Readonly<Record<string, never>>

export class Process_stderr$Results extends $.Struct {
  declare readonly $init?: Process_stderr$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get stream(): ByteStream | null {
    return $.getCap(this.$, 0, ByteStream)
  }

  static $write(builder: $.Builder, at: number, value: Process_stderr$Results$Init): void {
    if (value.stream !== undefined) {
      $.putCap(builder, at + 0, value.stream)
    }
  }
}

export interface Process_stderr$Results$Init {
  readonly stream?: ByteStream | null | undefined
}

export class Process_stderr$Results$Promise extends $.Pipeline<Process_stderr$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Process_stderr$Results, call, path)
  }

  get stream(): ByteStream {
    return this.$cap(ByteStream, 0)
  }
}

export class Process_wait$Params extends $.Struct {
  declare readonly $init?: Process_wait$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Process_wait$Params$Init = Readonly<Record<string, never>>

export class Process_wait$Results extends $.Struct {
  declare readonly $init?: Process_wait$Results$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 2

  get exitCode(): number {
    return $.getInt32(this.$, 0, 0)
  }
  get kind(): ExitKind {
    return $.getUint16(this.$, 4, 0) as ExitKind
  }
  get limit(): string {
    return $.getText(this.$, 0, '')
  }
  get cause(): string {
    return $.getText(this.$, 1, '')
  }

  static $write(builder: $.Builder, at: number, value: Process_wait$Results$Init): void {
    const byte = at * 8
    if (value.exitCode !== undefined) {
      $.putInt32(builder, byte + 0, value.exitCode, 0)
    }
    if (value.kind !== undefined) {
      $.putUint16(builder, byte + 4, value.kind, 0)
    }
    if (value.limit !== undefined) {
      $.putText(builder, at + 1, value.limit)
    }
    if (value.cause !== undefined) {
      $.putText(builder, at + 2, value.cause)
    }
  }
}

export interface Process_wait$Results$Init {
  readonly exitCode?: number | undefined
  readonly kind?: ExitKind | undefined
  readonly limit?: string | undefined
  readonly cause?: string | undefined
}

export class Process_wait$Results$Promise extends $.Pipeline<Process_wait$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Process_wait$Results, call, path)
  }
}

export class Process_bootstrap$Params extends $.Struct {
  declare readonly $init?: Process_bootstrap$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Process_bootstrap$Params$Init = Readonly<Record<string, never>>

export class Process_bootstrap$Results extends $.Struct {
  declare readonly $init?: Process_bootstrap$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get cap(): $.Client | null {
    return $.getCap(this.$, 0, $.Client)
  }

  static $write(builder: $.Builder, at: number, value: Process_bootstrap$Results$Init): void {
    if (value.cap !== undefined) {
      $.putCap(builder, at + 0, value.cap)
    }
  }
}

export interface Process_bootstrap$Results$Init {
  readonly cap?: $.Client | null | undefined
}

export class Process_bootstrap$Results$Promise extends $.Pipeline<Process_bootstrap$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Process_bootstrap$Results, call, path)
  }

  get cap(): $.Client {
    return this.$cap($.Client, 0)
  }
}

export class Process_kill$Params extends $.Struct {
  declare readonly $init?: Process_kill$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Process_kill$Params$Init = Readonly<Record<string, never>>

export class Process_kill$Results extends $.Struct {
  declare readonly $init?: Process_kill$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Process_kill$Results$Init = Readonly<Record<string, never>>

export class Process_kill$Results$Promise extends $.Pipeline<Process_kill$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Process_kill$Results, call, path)
  }
}

export class Process_usage$Params extends $.Struct {
  declare readonly $init?: Process_usage$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Process_usage$Params$Init = Readonly<Record<string, never>>

export class Process_usage$Results extends $.Struct {
  declare readonly $init?: Process_usage$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get usage(): CellUsage {
    return $.getStruct(this.$, 0, CellUsage)
  }
  get limits(): CellLimits {
    return $.getStruct(this.$, 1, CellLimits)
  }

  static $write(builder: $.Builder, at: number, value: Process_usage$Results$Init): void {
    if (value.usage !== undefined) {
      $.putStruct(builder, at + 0, CellUsage, value.usage)
    }
    if (value.limits !== undefined) {
      $.putStruct(builder, at + 1, CellLimits, value.limits)
    }
  }
}

export interface Process_usage$Results$Init {
  readonly usage?: CellUsage$Init | CellUsage | undefined
  readonly limits?: CellLimits$Init | CellLimits | undefined
}

export class Process_usage$Results$Promise extends $.Pipeline<Process_usage$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Process_usage$Results, call, path)
  }

  get usage(): CellUsage$Promise {
    return new CellUsage$Promise(this.$call, [...this.$path, 0])
  }
  get limits(): CellLimits$Promise {
    return new CellLimits$Promise(this.$call, [...this.$path, 1])
  }
}

/**
 * One running child. Its three streams are 64 KiB pipes: who does not read stops the child's writes.
 * Once nobody has its stdout any more, what it writes there is lost; what it writes to stderr when
 * nobody has that is told by the node's log, a line at a time, under its name.
 */
export class Process extends $.Client {
  static override readonly $interface: $.Interface<Process$Server> = {
    id: 0x97d4030d8435f0b1n,
    name: 'Process',
    methods: [
      { name: 'stdin', params: () => Process_stdin$Params, results: () => Process_stdin$Results },
      { name: 'stdout', params: () => Process_stdout$Params, results: () => Process_stdout$Results },
      { name: 'stderr', params: () => Process_stderr$Params, results: () => Process_stderr$Results },
      { name: 'wait', params: () => Process_wait$Params, results: () => Process_wait$Results },
      { name: 'bootstrap', params: () => Process_bootstrap$Params, results: () => Process_bootstrap$Results },
      { name: 'kill', params: () => Process_kill$Params, results: () => Process_kill$Results },
      { name: 'usage', params: () => Process_usage$Params, results: () => Process_usage$Results },
    ],
    superclasses: () => [],
  }

  /** Write end. `close` is the child's end of file. The same stream on every call, as for the next two. */
  stdin(params: Process_stdin$Params$Init = {}, options?: $.CallOptions): Process_stdin$Results$Promise {
    return new Process_stdin$Results$Promise(
      $.call(this, Process.$interface.id, 0, Process_stdin$Params, params, options),
    )
  }
  stdout(params: Process_stdout$Params$Init = {}, options?: $.CallOptions): Process_stdout$Results$Promise {
    return new Process_stdout$Results$Promise(
      $.call(this, Process.$interface.id, 1, Process_stdout$Params, params, options),
    )
  }
  /** Read ends. */
  stderr(params: Process_stderr$Params$Init = {}, options?: $.CallOptions): Process_stderr$Results$Promise {
    return new Process_stderr$Results$Promise(
      $.call(this, Process.$interface.id, 2, Process_stderr$Params, params, options),
    )
  }
  /**
   * Answers when the child has ended, as often as it is asked: its exit code, 134 if it trapped,
   * 137 if it was killed, by somebody or by a limit of its cell. `limit` is the name of that limit,
   * as on the command line of a node. `cause` goes on where a sentence about the child
   * begins: "used up its fuel, 1000000 units"; of a trap it is the engine's words. Empty otherwise.
   */
  wait(params: Process_wait$Params$Init = {}, options?: $.CallOptions): Process_wait$Results$Promise {
    return new Process_wait$Results$Promise(
      $.call(this, Process.$interface.id, 3, Process_wait$Params, params, options),
    )
  }
  /**
   * What the child offers as its own bootstrap capability. Calls may be pipelined onto it before the
   * child is up; a child that offers nothing breaks them with "no bootstrap capability".
   */
  bootstrap(params: Process_bootstrap$Params$Init = {}, options?: $.CallOptions): Process_bootstrap$Results$Promise {
    return new Process_bootstrap$Results$Promise(
      $.call(this, Process.$interface.id, 4, Process_bootstrap$Params, params, options),
    )
  }
  /** Ends the child now. Returns when it is gone; `wait` then answers 137. After the end: no effect. */
  kill(params: Process_kill$Params$Init = {}, options?: $.CallOptions): Process_kill$Results$Promise {
    return new Process_kill$Results$Promise(
      $.call(this, Process.$interface.id, 5, Process_kill$Params, params, options),
    )
  }
  /** What it uses, and what it may. Never waits for the child. */
  usage(params: Process_usage$Params$Init = {}, options?: $.CallOptions): Process_usage$Results$Promise {
    return new Process_usage$Results$Promise(
      $.call(this, Process.$interface.id, 6, Process_usage$Params, params, options),
    )
  }
}

/** What serves a Process. */
export interface Process$Server {
  /** Write end. `close` is the child's end of file. The same stream on every call, as for the next two. */
  stdin(
    params: Process_stdin$Params,
    context: $.CallContext,
  ): $.Awaitable<Process_stdin$Results$Init | void>
  stdout(
    params: Process_stdout$Params,
    context: $.CallContext,
  ): $.Awaitable<Process_stdout$Results$Init | void>
  /** Read ends. */
  stderr(
    params: Process_stderr$Params,
    context: $.CallContext,
  ): $.Awaitable<Process_stderr$Results$Init | void>
  /**
   * Answers when the child has ended, as often as it is asked: its exit code, 134 if it trapped,
   * 137 if it was killed, by somebody or by a limit of its cell. `limit` is the name of that limit,
   * as on the command line of a node. `cause` goes on where a sentence about the child
   * begins: "used up its fuel, 1000000 units"; of a trap it is the engine's words. Empty otherwise.
   */
  wait(
    params: Process_wait$Params,
    context: $.CallContext,
  ): $.Awaitable<Process_wait$Results$Init | void>
  /**
   * What the child offers as its own bootstrap capability. Calls may be pipelined onto it before the
   * child is up; a child that offers nothing breaks them with "no bootstrap capability".
   */
  bootstrap(
    params: Process_bootstrap$Params,
    context: $.CallContext,
  ): $.Awaitable<Process_bootstrap$Results$Init | void>
  /** Ends the child now. Returns when it is gone; `wait` then answers 137. After the end: no effect. */
  kill(
    params: Process_kill$Params,
    context: $.CallContext,
  ): $.Awaitable<Process_kill$Results$Init | void>
  /** What it uses, and what it may. Never waits for the child. */
  usage(
    params: Process_usage$Params,
    context: $.CallContext,
  ): $.Awaitable<Process_usage$Results$Init | void>
}

export class ByteStream_read$Params extends $.Struct {
  declare readonly $init?: ByteStream_read$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get maxBytes(): number {
    return $.getUint32(this.$, 0, 0)
  }

  static $write(builder: $.Builder, at: number, value: ByteStream_read$Params$Init): void {
    const byte = at * 8
    if (value.maxBytes !== undefined) {
      $.putUint32(builder, byte + 0, value.maxBytes, 0)
    }
  }
}

export interface ByteStream_read$Params$Init {
  readonly maxBytes?: number | undefined
}

export class ByteStream_read$Results extends $.Struct {
  declare readonly $init?: ByteStream_read$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get data(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: ByteStream_read$Results$Init): void {
    if (value.data !== undefined) {
      $.putData(builder, at + 0, value.data)
    }
  }
}

export interface ByteStream_read$Results$Init {
  readonly data?: Uint8Array | undefined
}

export class ByteStream_read$Results$Promise extends $.Pipeline<ByteStream_read$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(ByteStream_read$Results, call, path)
  }
}

export class ByteStream_write$Params extends $.Struct {
  declare readonly $init?: ByteStream_write$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get data(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: ByteStream_write$Params$Init): void {
    if (value.data !== undefined) {
      $.putData(builder, at + 0, value.data)
    }
  }
}

export interface ByteStream_write$Params$Init {
  readonly data?: Uint8Array | undefined
}

export class ByteStream_write$Results extends $.Struct {
  declare readonly $init?: ByteStream_write$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type ByteStream_write$Results$Init = Readonly<Record<string, never>>

export class ByteStream_write$Results$Promise extends $.Pipeline<ByteStream_write$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(ByteStream_write$Results, call, path)
  }
}

export class ByteStream_close$Params extends $.Struct {
  declare readonly $init?: ByteStream_close$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type ByteStream_close$Params$Init = Readonly<Record<string, never>>

export class ByteStream_close$Results extends $.Struct {
  declare readonly $init?: ByteStream_close$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type ByteStream_close$Results$Init = Readonly<Record<string, never>>

export class ByteStream_close$Results$Promise extends $.Pipeline<ByteStream_close$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(ByteStream_close$Results, call, path)
  }
}

/** One end of a pipe. Calls on a stream run one after another, in the order they arrived. */
export class ByteStream extends $.Client {
  static override readonly $interface: $.Interface<ByteStream$Server> = {
    id: 0xcb8707ff6dc46ee0n,
    name: 'ByteStream',
    methods: [
      { name: 'read', params: () => ByteStream_read$Params, results: () => ByteStream_read$Results },
      { name: 'write', params: () => ByteStream_write$Params, results: () => ByteStream_write$Results },
      { name: 'close', params: () => ByteStream_close$Params, results: () => ByteStream_close$Results },
    ],
    superclasses: () => [],
  }

  /**
   * Waits for at least one byte and answers 1..maxBytes of them, at most 65536. Empty means end of
   * file, then and on every later call. maxBytes 0 answers empty at once.
   */
  read(params: ByteStream_read$Params$Init, options?: $.CallOptions): ByteStream_read$Results$Promise {
    return new ByteStream_read$Results$Promise(
      $.call(this, ByteStream.$interface.id, 0, ByteStream_read$Params, params, options),
    )
  }
  /** Returns when the pipe has taken all bytes, which is how back-pressure is felt. */
  write(params: ByteStream_write$Params$Init, options?: $.CallOptions): ByteStream_write$Results$Promise {
    return new ByteStream_write$Results$Promise(
      $.call(this, ByteStream.$interface.id, 1, ByteStream_write$Params, params, options),
    )
  }
  /** End of file for the reader, after what was written. On a read end: the writer's next write fails. */
  close(params: ByteStream_close$Params$Init = {}, options?: $.CallOptions): ByteStream_close$Results$Promise {
    return new ByteStream_close$Results$Promise(
      $.call(this, ByteStream.$interface.id, 2, ByteStream_close$Params, params, options),
    )
  }
}

/** What serves a ByteStream. */
export interface ByteStream$Server {
  /**
   * Waits for at least one byte and answers 1..maxBytes of them, at most 65536. Empty means end of
   * file, then and on every later call. maxBytes 0 answers empty at once.
   */
  read(
    params: ByteStream_read$Params,
    context: $.CallContext,
  ): $.Awaitable<ByteStream_read$Results$Init | void>
  /** Returns when the pipe has taken all bytes, which is how back-pressure is felt. */
  write(
    params: ByteStream_write$Params,
    context: $.CallContext,
  ): $.Awaitable<ByteStream_write$Results$Init | void>
  /** End of file for the reader, after what was written. On a read end: the writer's next write fails. */
  close(
    params: ByteStream_close$Params,
    context: $.CallContext,
  ): $.Awaitable<ByteStream_close$Results$Init | void>
}

/** A capability under a name. The name is a local label for whoever receives it, never authority. */
export class Export extends $.Struct {
  declare readonly $init?: Export$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get name(): string {
    return $.getText(this.$, 0, '')
  }
  get cap(): $.Client | null {
    return $.getCap(this.$, 1, $.Client)
  }

  static $write(builder: $.Builder, at: number, value: Export$Init): void {
    if (value.name !== undefined) {
      $.putText(builder, at + 0, value.name)
    }
    if (value.cap !== undefined) {
      $.putCap(builder, at + 1, value.cap)
    }
  }
}

/** A capability under a name. The name is a local label for whoever receives it, never authority. */
export interface Export$Init {
  readonly name?: string | undefined
  readonly cap?: $.Client | null | undefined
}

export class Export$Promise extends $.Pipeline<Export> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Export, call, path)
  }

  get cap(): $.Client {
    return this.$cap($.Client, 1)
  }
}

export class InitialGrants_get$Params extends $.Struct {
  declare readonly $init?: InitialGrants_get$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type InitialGrants_get$Params$Init = Readonly<Record<string, never>>

export class InitialGrants_get$Results extends $.Struct {
  declare readonly $init?: InitialGrants_get$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get caps(): $.List<Export> {
    return $.getList(this.$, 0, $.structElement(() => Export))
  }

  static $write(builder: $.Builder, at: number, value: InitialGrants_get$Results$Init): void {
    if (value.caps !== undefined) {
      ($.structElement(() => Export)).writeList(builder, at + 0, value.caps)
    }
  }
}

export interface InitialGrants_get$Results$Init {
  readonly caps?: $.ListInit<Export$Init | Export> | undefined
}

export class InitialGrants_get$Results$Promise extends $.Pipeline<InitialGrants_get$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(InitialGrants_get$Results, call, path)
  }
}

/** The bootstrap capability of a child: what its parent gave it, unchangeable. */
export class InitialGrants extends $.Client {
  static override readonly $interface: $.Interface<InitialGrants$Server> = {
    id: 0xae9edc968ee787fen,
    name: 'InitialGrants',
    methods: [
      { name: 'get', params: () => InitialGrants_get$Params, results: () => InitialGrants_get$Results },
    ],
    superclasses: () => [],
  }

  /** The same list in the parent's order on every call. */
  get(params: InitialGrants_get$Params$Init = {}, options?: $.CallOptions): InitialGrants_get$Results$Promise {
    return new InitialGrants_get$Results$Promise(
      $.call(this, InitialGrants.$interface.id, 0, InitialGrants_get$Params, params, options),
    )
  }
}

/** What serves a InitialGrants. */
export interface InitialGrants$Server {
  /** The same list in the parent's order on every call. */
  get(
    params: InitialGrants_get$Params,
    context: $.CallContext,
  ): $.Awaitable<InitialGrants_get$Results$Init | void>
}

export class Tty_setRaw$Params extends $.Struct {
  declare readonly $init?: Tty_setRaw$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get raw(): boolean {
    return $.getBool(this.$, 0, false)
  }

  static $write(builder: $.Builder, at: number, value: Tty_setRaw$Params$Init): void {
    const byte = at * 8
    if (value.raw !== undefined) {
      $.putBool(builder, byte, 0, value.raw !== false)
    }
  }
}

export interface Tty_setRaw$Params$Init {
  readonly raw?: boolean | undefined
}

export class Tty_setRaw$Results extends $.Struct {
  declare readonly $init?: Tty_setRaw$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Tty_setRaw$Results$Init = Readonly<Record<string, never>>

export class Tty_setRaw$Results$Promise extends $.Pipeline<Tty_setRaw$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Tty_setRaw$Results, call, path)
  }
}

export class Tty_size$Params extends $.Struct {
  declare readonly $init?: Tty_size$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Tty_size$Params$Init = Readonly<Record<string, never>>

export class Tty_size$Results extends $.Struct {
  declare readonly $init?: Tty_size$Results$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get columns(): number {
    return $.getUint16(this.$, 0, 0)
  }
  get rows(): number {
    return $.getUint16(this.$, 2, 0)
  }

  static $write(builder: $.Builder, at: number, value: Tty_size$Results$Init): void {
    const byte = at * 8
    if (value.columns !== undefined) {
      $.putUint16(builder, byte + 0, value.columns, 0)
    }
    if (value.rows !== undefined) {
      $.putUint16(builder, byte + 2, value.rows, 0)
    }
  }
}

export interface Tty_size$Results$Init {
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

export class Tty_size$Results$Promise extends $.Pipeline<Tty_size$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Tty_size$Results, call, path)
  }
}

/** The terminal this node was started on. Only pid0 is given it, and only when there is one. */
export class Tty extends $.Client {
  static override readonly $interface: $.Interface<Tty$Server> = {
    id: 0xd2a1f0b94c8e7735n,
    name: 'Tty',
    methods: [
      { name: 'setRaw', params: () => Tty_setRaw$Params, results: () => Tty_setRaw$Results },
      { name: 'size', params: () => Tty_size$Params, results: () => Tty_size$Results },
    ],
    superclasses: () => [],
  }

  /**
   * Raw: every key arrives at stdin at once, unechoed, Ctrl-C included; output keeps its newline
   * translation. The host puts the terminal back as it was when pid0 ends, however it ends.
   */
  setRaw(params: Tty_setRaw$Params$Init, options?: $.CallOptions): Tty_setRaw$Results$Promise {
    return new Tty_setRaw$Results$Promise(
      $.call(this, Tty.$interface.id, 0, Tty_setRaw$Params, params, options),
    )
  }
  /** 0 where unknown. */
  size(params: Tty_size$Params$Init = {}, options?: $.CallOptions): Tty_size$Results$Promise {
    return new Tty_size$Results$Promise(
      $.call(this, Tty.$interface.id, 1, Tty_size$Params, params, options),
    )
  }
}

/** What serves a Tty. */
export interface Tty$Server {
  /**
   * Raw: every key arrives at stdin at once, unechoed, Ctrl-C included; output keeps its newline
   * translation. The host puts the terminal back as it was when pid0 ends, however it ends.
   */
  setRaw(
    params: Tty_setRaw$Params,
    context: $.CallContext,
  ): $.Awaitable<Tty_setRaw$Results$Init | void>
  /** 0 where unknown. */
  size(
    params: Tty_size$Params,
    context: $.CallContext,
  ): $.Awaitable<Tty_size$Results$Init | void>
}

export class Inspector_cells$Params extends $.Struct {
  declare readonly $init?: Inspector_cells$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Inspector_cells$Params$Init = Readonly<Record<string, never>>

export class Inspector_cells$Results extends $.Struct {
  declare readonly $init?: Inspector_cells$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get cells(): $.List<CellInfo> {
    return $.getList(this.$, 0, $.structElement(() => CellInfo))
  }

  static $write(builder: $.Builder, at: number, value: Inspector_cells$Results$Init): void {
    if (value.cells !== undefined) {
      ($.structElement(() => CellInfo)).writeList(builder, at + 0, value.cells)
    }
  }
}

export interface Inspector_cells$Results$Init {
  readonly cells?: $.ListInit<CellInfo$Init | CellInfo> | undefined
}

export class Inspector_cells$Results$Promise extends $.Pipeline<Inspector_cells$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Inspector_cells$Results, call, path)
  }
}

export class Inspector_below$Params extends $.Struct {
  declare readonly $init?: Inspector_below$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get id(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Inspector_below$Params$Init): void {
    const byte = at * 8
    if (value.id !== undefined) {
      $.putUint64(builder, byte + 0, value.id, 0n)
    }
  }
}

export interface Inspector_below$Params$Init {
  readonly id?: bigint | undefined
}

export class Inspector_below$Results extends $.Struct {
  declare readonly $init?: Inspector_below$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get inspector(): Inspector | null {
    return $.getCap(this.$, 0, Inspector)
  }

  static $write(builder: $.Builder, at: number, value: Inspector_below$Results$Init): void {
    if (value.inspector !== undefined) {
      $.putCap(builder, at + 0, value.inspector)
    }
  }
}

export interface Inspector_below$Results$Init {
  readonly inspector?: Inspector | null | undefined
}

export class Inspector_below$Results$Promise extends $.Pipeline<Inspector_below$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Inspector_below$Results, call, path)
  }

  get inspector(): Inspector {
    return this.$cap(Inspector, 0)
  }
}

/**
 * Sees the cells of this node, and touches none. Only pid0 is given it, and whoever may open the
 * control socket of the node.
 */
export class Inspector extends $.Client {
  static override readonly $interface: $.Interface<Inspector$Server> = {
    id: 0xe3d4c8d7a59d2b11n,
    name: 'Inspector',
    methods: [
      { name: 'cells', params: () => Inspector_cells$Params, results: () => Inspector_cells$Results },
      { name: 'below', params: () => Inspector_below$Params, results: () => Inspector_below$Results },
    ],
    superclasses: () => [],
  }

  /**
   * Those that are starting or run, in the order in which they were started; parents come before
   * their children.
   */
  cells(params: Inspector_cells$Params$Init = {}, options?: $.CallOptions): Inspector_cells$Results$Promise {
    return new Inspector_cells$Results$Promise(
      $.call(this, Inspector.$interface.id, 0, Inspector_cells$Params, params, options),
    )
  }
  /** Sees that cell and those below it, and no others. An id that is not seen here is an error. */
  below(params: Inspector_below$Params$Init, options?: $.CallOptions): Inspector_below$Results$Promise {
    return new Inspector_below$Results$Promise(
      $.call(this, Inspector.$interface.id, 1, Inspector_below$Params, params, options),
    )
  }
}

/** What serves a Inspector. */
export interface Inspector$Server {
  /**
   * Those that are starting or run, in the order in which they were started; parents come before
   * their children.
   */
  cells(
    params: Inspector_cells$Params,
    context: $.CallContext,
  ): $.Awaitable<Inspector_cells$Results$Init | void>
  /** Sees that cell and those below it, and no others. An id that is not seen here is an error. */
  below(
    params: Inspector_below$Params,
    context: $.CallContext,
  ): $.Awaitable<Inspector_below$Results$Init | void>
}

export class CellInfo extends $.Struct {
  declare readonly $init?: CellInfo$Init
  static readonly $dataWords = 4
  static readonly $pointerWords = 4

  /** Counts up from 1, which is pid0. Never used again while the node runs. */
  get id(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }
  /** Its first argument, at most 64 UTF-16 units of it. Text of whoever started it. */
  get name(): string {
    return $.getText(this.$, 0, '')
  }
  /** Id of the cell that started it, which may have ended; 0 for pid0. */
  get parent(): bigint {
    return $.getUint64(this.$, 8, 0n)
  }
  get state(): CellState {
    return $.getUint16(this.$, 16, 0) as CellState
  }
  /** When it was started, in milliseconds since 1970. */
  get sinceMs(): bigint {
    return $.getUint64(this.$, 24, 0n)
  }
  get usage(): CellUsage {
    return $.getStruct(this.$, 1, CellUsage)
  }
  get limits(): CellLimits {
    return $.getStruct(this.$, 2, CellLimits)
  }
  get lifetime(): Lifetime {
    return $.getUint16(this.$, 18, 0) as Lifetime
  }
  /** Names of what it was granted, at most 64 of them, each cut as `name` is. */
  get grants(): $.List<string> {
    return $.getList(this.$, 3, $.textElement)
  }
  /** How many are not listed. */
  get moreGrants(): number {
    return $.getUint32(this.$, 20, 0)
  }

  static $write(builder: $.Builder, at: number, value: CellInfo$Init): void {
    const byte = at * 8
    if (value.id !== undefined) {
      $.putUint64(builder, byte + 0, value.id, 0n)
    }
    if (value.name !== undefined) {
      $.putText(builder, at + 4, value.name)
    }
    if (value.parent !== undefined) {
      $.putUint64(builder, byte + 8, value.parent, 0n)
    }
    if (value.state !== undefined) {
      $.putUint16(builder, byte + 16, value.state, 0)
    }
    if (value.sinceMs !== undefined) {
      $.putUint64(builder, byte + 24, value.sinceMs, 0n)
    }
    if (value.usage !== undefined) {
      $.putStruct(builder, at + 5, CellUsage, value.usage)
    }
    if (value.limits !== undefined) {
      $.putStruct(builder, at + 6, CellLimits, value.limits)
    }
    if (value.lifetime !== undefined) {
      $.putUint16(builder, byte + 18, value.lifetime, 0)
    }
    if (value.grants !== undefined) {
      $.textElement.writeList(builder, at + 7, value.grants)
    }
    if (value.moreGrants !== undefined) {
      $.putUint32(builder, byte + 20, value.moreGrants, 0)
    }
  }
}

export interface CellInfo$Init {
  /** Counts up from 1, which is pid0. Never used again while the node runs. */
  readonly id?: bigint | undefined
  /** Its first argument, at most 64 UTF-16 units of it. Text of whoever started it. */
  readonly name?: string | undefined
  /** Id of the cell that started it, which may have ended; 0 for pid0. */
  readonly parent?: bigint | undefined
  readonly state?: CellState | undefined
  /** When it was started, in milliseconds since 1970. */
  readonly sinceMs?: bigint | undefined
  readonly usage?: CellUsage$Init | CellUsage | undefined
  readonly limits?: CellLimits$Init | CellLimits | undefined
  readonly lifetime?: Lifetime | undefined
  /** Names of what it was granted, at most 64 of them, each cut as `name` is. */
  readonly grants?: $.ListInit<string> | undefined
  /** How many are not listed. */
  readonly moreGrants?: number | undefined
}

export class CellInfo$Promise extends $.Pipeline<CellInfo> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(CellInfo, call, path)
  }

  get usage(): CellUsage$Promise {
    return new CellUsage$Promise(this.$call, [...this.$path, 1])
  }
  get limits(): CellLimits$Promise {
    return new CellLimits$Promise(this.$call, [...this.$path, 2])
  }
}

export const CellState = {
  starting: 0,
  running: 1,
} as const

export type CellState = (typeof CellState)[keyof typeof CellState]
