// Generated from stem.capnp by scripts/gen-capnp.mjs. Do not edit.
import * as $ from '../rpc/codegen.ts'
import * as $system from './system.ts'
import * as $ipfs from './ipfs.ts'

/**
 * One generation of authority, decided by the head of an on-chain Stem contract. Carried by no
 * method; here so that logs, files and peers agree on its shape.
 */
export class Epoch extends $.Struct {
  declare readonly $init?: Epoch$Init
  static readonly $dataWords = 2
  static readonly $pointerWords = 1

  /** The contract's sequence number of this head. 0 for a node without a stem. */
  get seq(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }
  /** The binary CID the contract held. Empty for a node without a stem. */
  get head(): Uint8Array {
    return $.getData(this.$, 0)
  }
  /** Height of the block that carried the update. */
  get adoptedBlock(): bigint {
    return $.getUint64(this.$, 8, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Epoch$Init): void {
    const byte = at * 8
    if (value.seq !== undefined) {
      $.putUint64(builder, byte + 0, value.seq, 0n)
    }
    if (value.head !== undefined) {
      $.putData(builder, at + 2, value.head)
    }
    if (value.adoptedBlock !== undefined) {
      $.putUint64(builder, byte + 8, value.adoptedBlock, 0n)
    }
  }
}

/**
 * One generation of authority, decided by the head of an on-chain Stem contract. Carried by no
 * method; here so that logs, files and peers agree on its shape.
 */
export interface Epoch$Init {
  /** The contract's sequence number of this head. 0 for a node without a stem. */
  readonly seq?: bigint | undefined
  /** The binary CID the contract held. Empty for a node without a stem. */
  readonly head?: Uint8Array | undefined
  /** Height of the block that carried the update. */
  readonly adoptedBlock?: bigint | undefined
}

export class Epoch$Promise extends $.Pipeline<Epoch> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Epoch, call, path)
  }
}

export class Signer_sign$Params extends $.Struct {
  declare readonly $init?: Signer_sign$Params$Init
  static readonly $dataWords = 1
  static readonly $pointerWords = 0

  get nonce(): bigint {
    return $.getUint64(this.$, 0, 0n)
  }

  static $write(builder: $.Builder, at: number, value: Signer_sign$Params$Init): void {
    const byte = at * 8
    if (value.nonce !== undefined) {
      $.putUint64(builder, byte + 0, value.nonce, 0n)
    }
  }
}

export interface Signer_sign$Params$Init {
  readonly nonce?: bigint | undefined
}

export class Signer_sign$Results extends $.Struct {
  declare readonly $init?: Signer_sign$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get sig(): Uint8Array {
    return $.getData(this.$, 0)
  }

  static $write(builder: $.Builder, at: number, value: Signer_sign$Results$Init): void {
    if (value.sig !== undefined) {
      $.putData(builder, at + 0, value.sig)
    }
  }
}

export interface Signer_sign$Results$Init {
  readonly sig?: Uint8Array | undefined
}

export class Signer_sign$Results$Promise extends $.Pipeline<Signer_sign$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Signer_sign$Results, call, path)
  }
}

/** Signs challenges of one signing domain. Whoever holds it can prove to be its key. */
export class Signer extends $.Client {
  static override readonly $interface: $.Interface<Signer$Server> = {
    id: 0xafafaf9468b6a274n,
    name: 'Signer',
    methods: [
      { name: 'sign', params: () => Signer_sign$Params, results: () => Signer_sign$Results },
    ],
    superclasses: () => [],
  }

  /**
   * secp256k1 over SHA-256 of the length-prefixed domain, payload type and nonce (8 bytes, big-endian);
   * 64 bytes r || s, low s.
   */
  sign(params: Signer_sign$Params$Init, options?: $.CallOptions): Signer_sign$Results$Promise {
    return new Signer_sign$Results$Promise(
      $.call(this, Signer.$interface.id, 0, Signer_sign$Params, params, options),
    )
  }
}

/** What serves a Signer. */
export interface Signer$Server {
  /**
   * secp256k1 over SHA-256 of the length-prefixed domain, payload type and nonce (8 bytes, big-endian);
   * 64 bytes r || s, low s.
   */
  sign(
    params: Signer_sign$Params,
    context: $.CallContext,
  ): $.Awaitable<Signer_sign$Results$Init | void>
}

export class Identity_signer$Params extends $.Struct {
  declare readonly $init?: Identity_signer$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get domain(): string {
    return $.getText(this.$, 0, '')
  }

  static $write(builder: $.Builder, at: number, value: Identity_signer$Params$Init): void {
    if (value.domain !== undefined) {
      $.putText(builder, at + 0, value.domain)
    }
  }
}

export interface Identity_signer$Params$Init {
  readonly domain?: string | undefined
}

export class Identity_signer$Results extends $.Struct {
  declare readonly $init?: Identity_signer$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get signer(): Signer | null {
    return $.getCap(this.$, 0, Signer)
  }

  static $write(builder: $.Builder, at: number, value: Identity_signer$Results$Init): void {
    if (value.signer !== undefined) {
      $.putCap(builder, at + 0, value.signer)
    }
  }
}

export interface Identity_signer$Results$Init {
  readonly signer?: Signer | null | undefined
}

export class Identity_signer$Results$Promise extends $.Pipeline<Identity_signer$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Identity_signer$Results, call, path)
  }

  get signer(): Signer {
    return this.$cap(Signer, 0)
  }
}

/** The node's key, as far as it may be used; the key itself never leaves the host. */
export class Identity extends $.Client {
  static override readonly $interface: $.Interface<Identity$Server> = {
    id: 0xa7c200e5b4726d89n,
    name: 'Identity',
    methods: [
      { name: 'signer', params: () => Identity_signer$Params, results: () => Identity_signer$Results },
    ],
    superclasses: () => [],
  }

  /** The one domain known is "ww-membrane-graft"; every other is refused by name. */
  signer(params: Identity_signer$Params$Init, options?: $.CallOptions): Identity_signer$Results$Promise {
    return new Identity_signer$Results$Promise(
      $.call(this, Identity.$interface.id, 0, Identity_signer$Params, params, options),
    )
  }
}

/** What serves a Identity. */
export interface Identity$Server {
  /** The one domain known is "ww-membrane-graft"; every other is refused by name. */
  signer(
    params: Identity_signer$Params,
    context: $.CallContext,
  ): $.Awaitable<Identity_signer$Results$Init | void>
}

export class Membrane_graft$Params extends $.Struct {
  declare readonly $init?: Membrane_graft$Params$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 1

  get signer(): Signer | null {
    return $.getCap(this.$, 0, Signer)
  }

  static $write(builder: $.Builder, at: number, value: Membrane_graft$Params$Init): void {
    if (value.signer !== undefined) {
      $.putCap(builder, at + 0, value.signer)
    }
  }
}

export interface Membrane_graft$Params$Init {
  readonly signer?: Signer | null | undefined
}

export class Membrane_graft$Results extends $.Struct {
  declare readonly $init?: Membrane_graft$Results$Init
  static readonly $dataWords = 0
  static readonly $pointerWords = 6

  get identity(): Identity | null {
    return $.getCap(this.$, 0, Identity)
  }
  get host(): $system.Host | null {
    return $.getCap(this.$, 1, $system.Host)
  }
  get executor(): $system.Executor | null {
    return $.getCap(this.$, 2, $system.Executor)
  }
  get ipfs(): $ipfs.Client | null {
    return $.getCap(this.$, 3, $ipfs.Client)
  }
  get tty(): $system.Tty | null {
    return $.getCap(this.$, 4, $system.Tty)
  }
  get inspector(): $system.Inspector | null {
    return $.getCap(this.$, 5, $system.Inspector)
  }

  static $write(builder: $.Builder, at: number, value: Membrane_graft$Results$Init): void {
    if (value.identity !== undefined) {
      $.putCap(builder, at + 0, value.identity)
    }
    if (value.host !== undefined) {
      $.putCap(builder, at + 1, value.host)
    }
    if (value.executor !== undefined) {
      $.putCap(builder, at + 2, value.executor)
    }
    if (value.ipfs !== undefined) {
      $.putCap(builder, at + 3, value.ipfs)
    }
    if (value.tty !== undefined) {
      $.putCap(builder, at + 4, value.tty)
    }
    if (value.inspector !== undefined) {
      $.putCap(builder, at + 5, value.inspector)
    }
  }
}

export interface Membrane_graft$Results$Init {
  readonly identity?: Identity | null | undefined
  readonly host?: $system.Host | null | undefined
  readonly executor?: $system.Executor | null | undefined
  readonly ipfs?: $ipfs.Client | null | undefined
  readonly tty?: $system.Tty | null | undefined
  readonly inspector?: $system.Inspector | null | undefined
}

export class Membrane_graft$Results$Promise extends $.Pipeline<Membrane_graft$Results> {
  constructor(call: $.PendingCall, path?: readonly number[]) {
    super(Membrane_graft$Results, call, path)
  }

  get identity(): Identity {
    return this.$cap(Identity, 0)
  }
  get host(): $system.Host {
    return this.$cap($system.Host, 1)
  }
  get executor(): $system.Executor {
    return this.$cap($system.Executor, 2)
  }
  get ipfs(): $ipfs.Client {
    return this.$cap($ipfs.Client, 3)
  }
  get tty(): $system.Tty {
    return this.$cap($system.Tty, 4)
  }
  get inspector(): $system.Inspector {
    return this.$cap($system.Inspector, 5)
  }
}

/**
 * The boundary between a cell and everything else. Holding a Membrane is not yet authority; grafting
 * onto it is how authority is obtained, for the epoch that is current at that moment. A Membrane
 * never goes stale: after an epoch has ended, graft again.
 */
export class Membrane extends $.Client {
  static override readonly $interface: $.Interface<Membrane$Server> = {
    id: 0xdb52c25106bc2c5en,
    name: 'Membrane',
    methods: [
      { name: 'graft', params: () => Membrane_graft$Params, results: () => Membrane_graft$Results },
    ],
    superclasses: () => [],
  }

  /**
   * A membrane that verifies challenges the signer with a fresh nonce first and refuses with
   * "missing signer" or "graft auth failed: ..."; the link between a node and its own pid0 does not
   * verify and ignores the signer. `tty` is null unless the node runs on a terminal.
   * `inspector` is given to pid0 alone, to be given on, whole or less (`below`).
   */
  graft(params: Membrane_graft$Params$Init, options?: $.CallOptions): Membrane_graft$Results$Promise {
    return new Membrane_graft$Results$Promise(
      $.call(this, Membrane.$interface.id, 0, Membrane_graft$Params, params, options),
    )
  }
}

/** What serves a Membrane. */
export interface Membrane$Server {
  /**
   * A membrane that verifies challenges the signer with a fresh nonce first and refuses with
   * "missing signer" or "graft auth failed: ..."; the link between a node and its own pid0 does not
   * verify and ignores the signer. `tty` is null unless the node runs on a terminal.
   * `inspector` is given to pid0 alone, to be given on, whole or less (`below`).
   */
  graft(
    params: Membrane_graft$Params,
    context: $.CallContext,
  ): $.Awaitable<Membrane_graft$Results$Init | void>
}
