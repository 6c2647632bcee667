// Generated from ipfs.capnp by scripts/gen-capnp.mjs. Do not edit.
import * as $ from '../rpc/codegen.ts'

export class Client_unixfs$Params extends $.Struct {
  declare readonly $init?: Client_unixfs$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_unixfs$Params$Init = Readonly<Record<string, never>>

export class Client_unixfs$Results extends $.Struct {
  declare readonly $init?: Client_unixfs$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): UnixFS | null {
    return $.getCap(this.$, 0, UnixFS)
  }

  static $write(builder: $.Builder, at: number, value: Client_unixfs$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_unixfs$Results$Init {
  readonly api?: UnixFS | null | undefined
}

export class Client_unixfs$Results$Promise extends $.Pipeline<Client_unixfs$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_unixfs$Results, call, path)
  }

  get api(): UnixFS {
    return this.$cap(UnixFS, 0)
  }
}

export class Client_block$Params extends $.Struct {
  declare readonly $init?: Client_block$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_block$Params$Init = Readonly<Record<string, never>>

export class Client_block$Results extends $.Struct {
  declare readonly $init?: Client_block$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): Block | null {
    return $.getCap(this.$, 0, Block)
  }

  static $write(builder: $.Builder, at: number, value: Client_block$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_block$Results$Init {
  readonly api?: Block | null | undefined
}

export class Client_block$Results$Promise extends $.Pipeline<Client_block$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_block$Results, call, path)
  }

  get api(): Block {
    return this.$cap(Block, 0)
  }
}

export class Client_dag$Params extends $.Struct {
  declare readonly $init?: Client_dag$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_dag$Params$Init = Readonly<Record<string, never>>

export class Client_dag$Results extends $.Struct {
  declare readonly $init?: Client_dag$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): Dag | null {
    return $.getCap(this.$, 0, Dag)
  }

  static $write(builder: $.Builder, at: number, value: Client_dag$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_dag$Results$Init {
  readonly api?: Dag | null | undefined
}

export class Client_dag$Results$Promise extends $.Pipeline<Client_dag$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_dag$Results, call, path)
  }

  get api(): Dag {
    return this.$cap(Dag, 0)
  }
}

export class Client_name$Params extends $.Struct {
  declare readonly $init?: Client_name$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_name$Params$Init = Readonly<Record<string, never>>

export class Client_name$Results extends $.Struct {
  declare readonly $init?: Client_name$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): Name | null {
    return $.getCap(this.$, 0, Name)
  }

  static $write(builder: $.Builder, at: number, value: Client_name$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_name$Results$Init {
  readonly api?: Name | null | undefined
}

export class Client_name$Results$Promise extends $.Pipeline<Client_name$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_name$Results, call, path)
  }

  get api(): Name {
    return this.$cap(Name, 0)
  }
}

export class Client_key$Params extends $.Struct {
  declare readonly $init?: Client_key$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_key$Params$Init = Readonly<Record<string, never>>

export class Client_key$Results extends $.Struct {
  declare readonly $init?: Client_key$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): Key | null {
    return $.getCap(this.$, 0, Key)
  }

  static $write(builder: $.Builder, at: number, value: Client_key$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_key$Results$Init {
  readonly api?: Key | null | undefined
}

export class Client_key$Results$Promise extends $.Pipeline<Client_key$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_key$Results, call, path)
  }

  get api(): Key {
    return this.$cap(Key, 0)
  }
}

export class Client_pin$Params extends $.Struct {
  declare readonly $init?: Client_pin$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_pin$Params$Init = Readonly<Record<string, never>>

export class Client_pin$Results extends $.Struct {
  declare readonly $init?: Client_pin$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): Pin | null {
    return $.getCap(this.$, 0, Pin)
  }

  static $write(builder: $.Builder, at: number, value: Client_pin$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_pin$Results$Init {
  readonly api?: Pin | null | undefined
}

export class Client_pin$Results$Promise extends $.Pipeline<Client_pin$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_pin$Results, call, path)
  }

  get api(): Pin {
    return this.$cap(Pin, 0)
  }
}

export class Client_object$Params extends $.Struct {
  declare readonly $init?: Client_object$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_object$Params$Init = Readonly<Record<string, never>>

export class Client_object$Results extends $.Struct {
  declare readonly $init?: Client_object$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): Object | null {
    return $.getCap(this.$, 0, Object)
  }

  static $write(builder: $.Builder, at: number, value: Client_object$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_object$Results$Init {
  readonly api?: Object | null | undefined
}

export class Client_object$Results$Promise extends $.Pipeline<Client_object$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_object$Results, call, path)
  }

  get api(): Object {
    return this.$cap(Object, 0)
  }
}

export class Client_swarm$Params extends $.Struct {
  declare readonly $init?: Client_swarm$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_swarm$Params$Init = Readonly<Record<string, never>>

export class Client_swarm$Results extends $.Struct {
  declare readonly $init?: Client_swarm$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): Swarm | null {
    return $.getCap(this.$, 0, Swarm)
  }

  static $write(builder: $.Builder, at: number, value: Client_swarm$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_swarm$Results$Init {
  readonly api?: Swarm | null | undefined
}

export class Client_swarm$Results$Promise extends $.Pipeline<Client_swarm$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_swarm$Results, call, path)
  }

  get api(): Swarm {
    return this.$cap(Swarm, 0)
  }
}

export class Client_pubSub$Params extends $.Struct {
  declare readonly $init?: Client_pubSub$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_pubSub$Params$Init = Readonly<Record<string, never>>

export class Client_pubSub$Results extends $.Struct {
  declare readonly $init?: Client_pubSub$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): PubSub | null {
    return $.getCap(this.$, 0, PubSub)
  }

  static $write(builder: $.Builder, at: number, value: Client_pubSub$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_pubSub$Results$Init {
  readonly api?: PubSub | null | undefined
}

export class Client_pubSub$Results$Promise extends $.Pipeline<Client_pubSub$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_pubSub$Results, call, path)
  }

  get api(): PubSub {
    return this.$cap(PubSub, 0)
  }
}

export class Client_routing$Params extends $.Struct {
  declare readonly $init?: Client_routing$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 0

  static $write(): void {}
}

export type Client_routing$Params$Init = Readonly<Record<string, never>>

export class Client_routing$Results extends $.Struct {
  declare readonly $init?: Client_routing$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get api(): Routing | null {
    return $.getCap(this.$, 0, Routing)
  }

  static $write(builder: $.Builder, at: number, value: Client_routing$Results$Init): void {
    if (value.api !== undefined) {
      $.putCap(builder, at + 0, value.api)
    }
  }
}

export interface Client_routing$Results$Init {
  readonly api?: Routing | null | undefined
}

export class Client_routing$Results$Promise extends $.Pipeline<Client_routing$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_routing$Results, call, path)
  }

  get api(): Routing {
    return this.$cap(Routing, 0)
  }
}

export class Client_resolvePath$Params extends $.Struct {
  declare readonly $init?: Client_resolvePath$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get path(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Client_resolvePath$Params$Init): void {
    if (value.path !== undefined) {
      $.putText(builder, at + 0, value.path)
    }
  }
}

export interface Client_resolvePath$Params$Init {
  readonly path?: string | undefined
}

export class Client_resolvePath$Results extends $.Struct {
  declare readonly $init?: Client_resolvePath$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 2

  get resolved(): string {
    return $.getText(this.$, 0, '')
  }
  get remainder(): $.List<string> {
    return $.getList(this.$, 1, $.textElement)
  }

  static $write(builder: $.Builder, at: number, value: Client_resolvePath$Results$Init): void {
    if (value.resolved !== undefined) {
      $.putText(builder, at + 0, value.resolved)
    }
    if (value.remainder !== undefined) {
      $.textElement.writeList(builder, at + 1, value.remainder)
    }
  }
}

export interface Client_resolvePath$Results$Init {
  readonly resolved?: string | undefined
  readonly remainder?: $.ListInit<string> | undefined
}

export class Client_resolvePath$Results$Promise extends $.Pipeline<Client_resolvePath$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_resolvePath$Results, call, path)
  }
}

export class Client_resolveNode$Params extends $.Struct {
  declare readonly $init?: Client_resolveNode$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get path(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Client_resolveNode$Params$Init): void {
    if (value.path !== undefined) {
      $.putText(builder, at + 0, value.path)
    }
  }
}

export interface Client_resolveNode$Params$Init {
  readonly path?: string | undefined
}

export class Client_resolveNode$Results extends $.Struct {
  declare readonly $init?: Client_resolveNode$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get node(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Client_resolveNode$Results$Init): void {
    if (value.node !== undefined) {
      $.putData(builder, at + 0, value.node)
    }
  }
}

export interface Client_resolveNode$Results$Init {
  readonly node?: Uint8Array | undefined
}

export class Client_resolveNode$Results$Promise extends $.Pipeline<Client_resolveNode$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Client_resolveNode$Results, call, path)
  }
}

export class Client extends $.Client {
  static override readonly $interface: $.Interface<Client$Server> = {
    id: 0xd74f0585ce163b98n,
    name: 'Client',
    methods: [
      { name: 'unixfs', params: () => Client_unixfs$Params, results: () => Client_unixfs$Results },
      { name: 'block', params: () => Client_block$Params, results: () => Client_block$Results },
      { name: 'dag', params: () => Client_dag$Params, results: () => Client_dag$Results },
      { name: 'name', params: () => Client_name$Params, results: () => Client_name$Results },
      { name: 'key', params: () => Client_key$Params, results: () => Client_key$Results },
      { name: 'pin', params: () => Client_pin$Params, results: () => Client_pin$Results },
      { name: 'object', params: () => Client_object$Params, results: () => Client_object$Results },
      { name: 'swarm', params: () => Client_swarm$Params, results: () => Client_swarm$Results },
      { name: 'pubSub', params: () => Client_pubSub$Params, results: () => Client_pubSub$Results },
      { name: 'routing', params: () => Client_routing$Params, results: () => Client_routing$Results },
      { name: 'resolvePath', params: () => Client_resolvePath$Params, results: () => Client_resolvePath$Results },
      { name: 'resolveNode', params: () => Client_resolveNode$Params, results: () => Client_resolveNode$Results },
    ],
    superclasses: () => [],
  }

  unixfs(params: Client_unixfs$Params$Init = {}, options?: $.CallOptions): Client_unixfs$Results$Promise {
    return new Client_unixfs$Results$Promise(
      $.call(this, Client.$interface.id, 0, Client_unixfs$Params, params, options),
    )
  }
  block(params: Client_block$Params$Init = {}, options?: $.CallOptions): Client_block$Results$Promise {
    return new Client_block$Results$Promise(
      $.call(this, Client.$interface.id, 1, Client_block$Params, params, options),
    )
  }
  dag(params: Client_dag$Params$Init = {}, options?: $.CallOptions): Client_dag$Results$Promise {
    return new Client_dag$Results$Promise(
      $.call(this, Client.$interface.id, 2, Client_dag$Params, params, options),
    )
  }
  name(params: Client_name$Params$Init = {}, options?: $.CallOptions): Client_name$Results$Promise {
    return new Client_name$Results$Promise(
      $.call(this, Client.$interface.id, 3, Client_name$Params, params, options),
    )
  }
  key(params: Client_key$Params$Init = {}, options?: $.CallOptions): Client_key$Results$Promise {
    return new Client_key$Results$Promise(
      $.call(this, Client.$interface.id, 4, Client_key$Params, params, options),
    )
  }
  pin(params: Client_pin$Params$Init = {}, options?: $.CallOptions): Client_pin$Results$Promise {
    return new Client_pin$Results$Promise(
      $.call(this, Client.$interface.id, 5, Client_pin$Params, params, options),
    )
  }
  object(params: Client_object$Params$Init = {}, options?: $.CallOptions): Client_object$Results$Promise {
    return new Client_object$Results$Promise(
      $.call(this, Client.$interface.id, 6, Client_object$Params, params, options),
    )
  }
  swarm(params: Client_swarm$Params$Init = {}, options?: $.CallOptions): Client_swarm$Results$Promise {
    return new Client_swarm$Results$Promise(
      $.call(this, Client.$interface.id, 7, Client_swarm$Params, params, options),
    )
  }
  pubSub(params: Client_pubSub$Params$Init = {}, options?: $.CallOptions): Client_pubSub$Results$Promise {
    return new Client_pubSub$Results$Promise(
      $.call(this, Client.$interface.id, 8, Client_pubSub$Params, params, options),
    )
  }
  routing(params: Client_routing$Params$Init = {}, options?: $.CallOptions): Client_routing$Results$Promise {
    return new Client_routing$Results$Promise(
      $.call(this, Client.$interface.id, 9, Client_routing$Params, params, options),
    )
  }
  resolvePath(params: Client_resolvePath$Params$Init, options?: $.CallOptions): Client_resolvePath$Results$Promise {
    return new Client_resolvePath$Results$Promise(
      $.call(this, Client.$interface.id, 10, Client_resolvePath$Params, params, options),
    )
  }
  resolveNode(params: Client_resolveNode$Params$Init, options?: $.CallOptions): Client_resolveNode$Results$Promise {
    return new Client_resolveNode$Results$Promise(
      $.call(this, Client.$interface.id, 11, Client_resolveNode$Params, params, options),
    )
  }
}

/** What serves a Client. */
export interface Client$Server {
  unixfs(
    params: Client_unixfs$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_unixfs$Results$Init | void>
  block(
    params: Client_block$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_block$Results$Init | void>
  dag(
    params: Client_dag$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_dag$Results$Init | void>
  name(
    params: Client_name$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_name$Results$Init | void>
  key(
    params: Client_key$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_key$Results$Init | void>
  pin(
    params: Client_pin$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_pin$Results$Init | void>
  object(
    params: Client_object$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_object$Results$Init | void>
  swarm(
    params: Client_swarm$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_swarm$Results$Init | void>
  pubSub(
    params: Client_pubSub$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_pubSub$Results$Init | void>
  routing(
    params: Client_routing$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_routing$Results$Init | void>
  resolvePath(
    params: Client_resolvePath$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_resolvePath$Results$Init | void>
  resolveNode(
    params: Client_resolveNode$Params,
    context: $.CallContext,
  ): $.Awaitable<Client_resolveNode$Results$Init | void>
}

export class UnixFS_cat$Params extends $.Struct {
  declare readonly $init?: UnixFS_cat$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get path(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: UnixFS_cat$Params$Init): void {
    if (value.path !== undefined) {
      $.putText(builder, at + 0, value.path)
    }
  }
}

export interface UnixFS_cat$Params$Init {
  readonly path?: string | undefined
}

export class UnixFS_cat$Results extends $.Struct {
  declare readonly $init?: UnixFS_cat$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get data(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: UnixFS_cat$Results$Init): void {
    if (value.data !== undefined) {
      $.putData(builder, at + 0, value.data)
    }
  }
}

export interface UnixFS_cat$Results$Init {
  readonly data?: Uint8Array | undefined
}

export class UnixFS_cat$Results$Promise extends $.Pipeline<UnixFS_cat$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(UnixFS_cat$Results, call, path)
  }
}

export class UnixFS_ls$Params extends $.Struct {
  declare readonly $init?: UnixFS_ls$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get path(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: UnixFS_ls$Params$Init): void {
    if (value.path !== undefined) {
      $.putText(builder, at + 0, value.path)
    }
  }
}

export interface UnixFS_ls$Params$Init {
  readonly path?: string | undefined
}

export class UnixFS_ls$Results extends $.Struct {
  declare readonly $init?: UnixFS_ls$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get entries(): $.List<UnixFS_Entry> {
    return $.getList(this.$, 0, $.structElement(() => UnixFS_Entry))
  }

  static $write(builder: $.Builder, at: number, value: UnixFS_ls$Results$Init): void {
    if (value.entries !== undefined) {
      ($.structElement(() => UnixFS_Entry)).writeList(builder, at + 0, value.entries)
    }
  }
}

export interface UnixFS_ls$Results$Init {
  readonly entries?: $.ListInit<UnixFS_Entry$Init | UnixFS_Entry> | undefined
}

export class UnixFS_ls$Results$Promise extends $.Pipeline<UnixFS_ls$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(UnixFS_ls$Results, call, path)
  }
}

/** Files and directories. Paths are /ipfs/<cid>[/...] or /ipns/<name>[/...]. */
export class UnixFS extends $.Client {
  static override readonly $interface: $.Interface<UnixFS$Server> = {
    id: 0xed62a696eb305ea7n,
    name: 'UnixFS',
    methods: [
      { name: 'cat', params: () => UnixFS_cat$Params, results: () => UnixFS_cat$Results },
      { name: 'ls', params: () => UnixFS_ls$Params, results: () => UnixFS_ls$Results },
    ],
    superclasses: () => [],
  }

  /** The whole content of a file. */
  cat(params: UnixFS_cat$Params$Init, options?: $.CallOptions): UnixFS_cat$Results$Promise {
    return new UnixFS_cat$Results$Promise(
      $.call(this, UnixFS.$interface.id, 0, UnixFS_cat$Params, params, options),
    )
  }
  ls(params: UnixFS_ls$Params$Init, options?: $.CallOptions): UnixFS_ls$Results$Promise {
    return new UnixFS_ls$Results$Promise(
      $.call(this, UnixFS.$interface.id, 1, UnixFS_ls$Params, params, options),
    )
  }
}

/** What serves a UnixFS. */
export interface UnixFS$Server {
  /** The whole content of a file. */
  cat(
    params: UnixFS_cat$Params,
    context: $.CallContext,
  ): $.Awaitable<UnixFS_cat$Results$Init | void>
  ls(
    params: UnixFS_ls$Params,
    context: $.CallContext,
  ): $.Awaitable<UnixFS_ls$Results$Init | void>
}

export class UnixFS_Entry extends $.Struct {
  declare readonly $init?: UnixFS_Entry$Init
  static readonly $dataWords = 2
  static readonly $pointerWords = 2

  get name(): string {
    return $.getText(this.$, 0, '')
  }
  /** Bytes; for a directory the size of its whole graph. */
  get size(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }
  get type(): UnixFS_Entry_EntryType {
    return $.getUint16(this.$, 8, 0) as UnixFS_Entry_EntryType
  }
  /** The textual CID, as ASCII bytes. */
  get cid(): Uint8Array {
    return $.getData(this.$, 1)
  }

  static $write(builder: $.Builder, at: number, value: UnixFS_Entry$Init): void {
    const byte = at * 8
    if (value.name !== undefined) {
      $.putText(builder, at + 2, value.name)
    }
    if (value.size !== undefined) {
      $.putUint64(builder, byte + 0, value.size, 0n)
    }
    if (value.type !== undefined) {
      $.putUint16(builder, byte + 8, value.type, 0)
    }
    if (value.cid !== undefined) {
      $.putData(builder, at + 3, value.cid)
    }
  }
}

export interface UnixFS_Entry$Init {
  readonly name?: string | undefined
  /** Bytes; for a directory the size of its whole graph. */
  readonly size?: bigint | undefined
  readonly type?: UnixFS_Entry_EntryType | undefined
  /** The textual CID, as ASCII bytes. */
  readonly cid?: Uint8Array | undefined
}

export class UnixFS_Entry$Promise extends $.Pipeline<UnixFS_Entry> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(UnixFS_Entry, call, path)
  }
}

export const UnixFS_Entry_EntryType = {
  file: 0,
  directory: 1,
} as const

export type UnixFS_Entry_EntryType = (typeof UnixFS_Entry_EntryType)[keyof typeof UnixFS_Entry_EntryType]

export class Block extends $.Client {
  static override readonly $interface: $.Interface<Block$Server> = {
    id: 0x9d2d1a66e9d76a1cn,
    name: 'Block',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a Block: nothing yet. */
export type Block$Server = object

export class Dag extends $.Client {
  static override readonly $interface: $.Interface<Dag$Server> = {
    id: 0xcfe3ee07d7f3d1b1n,
    name: 'Dag',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a Dag: nothing yet. */
export type Dag$Server = object

export class Name extends $.Client {
  static override readonly $interface: $.Interface<Name$Server> = {
    id: 0xbce5bbed1f7e19c1n,
    name: 'Name',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a Name: nothing yet. */
export type Name$Server = object

export class Key extends $.Client {
  static override readonly $interface: $.Interface<Key$Server> = {
    id: 0x9e71b3f6f86a1c53n,
    name: 'Key',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a Key: nothing yet. */
export type Key$Server = object

export class Pin extends $.Client {
  static override readonly $interface: $.Interface<Pin$Server> = {
    id: 0xcc47750603954394n,
    name: 'Pin',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a Pin: nothing yet. */
export type Pin$Server = object

export class Object extends $.Client {
  static override readonly $interface: $.Interface<Object$Server> = {
    id: 0xa78889b5b7ee0346n,
    name: 'Object',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a Object: nothing yet. */
export type Object$Server = object

export class Swarm extends $.Client {
  static override readonly $interface: $.Interface<Swarm$Server> = {
    id: 0xb7798b7dc73b1880n,
    name: 'Swarm',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a Swarm: nothing yet. */
export type Swarm$Server = object

export class PubSub extends $.Client {
  static override readonly $interface: $.Interface<PubSub$Server> = {
    id: 0xae832457b9225748n,
    name: 'PubSub',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a PubSub: nothing yet. */
export type PubSub$Server = object

export class Routing extends $.Client {
  static override readonly $interface: $.Interface<Routing$Server> = {
    id: 0xa9b200bf948b7dc7n,
    name: 'Routing',
    methods: [],
    superclasses: () => [],
  }
}

/** What serves a Routing: nothing yet. */
export type Routing$Server = object
