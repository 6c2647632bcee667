// What a program holds: clients of capabilities, calls in progress, objects it serves.

import type { WwError } from '../base/index.ts'
import type { Struct, StructType } from '../wire/index.ts'
import { asWwError, canceled, failed } from './error.ts'
import { BrokenHook, PromiseHook, refuse, ROOT } from './hook.ts'
import type { Hook, Path, PendingCall, Request } from './hook.ts'
import { Owned } from './owned.ts'
import { Payload } from './payload.ts'
import { flowTo, rejected } from './stream.ts'
import type { StreamTurns } from './stream.ts'

/** One method as its interface declares it; its ordinal is its place in the list. */
export interface Method {
  readonly name: string
  readonly params: () => StructType<Struct, never>
  readonly results: () => StructType<Struct, never>
  /** Of a method declared `-> stream`: makes what gives the calls of an object their turns. */
  readonly turns?: () => StreamTurns
}

/** An interface as its schema declares it. `Server` is the type of the handlers that implement it. */
export interface Interface<Server = unknown> {
  readonly id: bigint
  /** As in the schema, for sentences and traces. */
  readonly name: string
  readonly methods: readonly Method[]
  readonly superclasses: () => readonly Interface[]
  /** Never there: ties the type of the handlers to the interface. */
  readonly server?: Server
}

/** A generated client class. */
export interface InterfaceType<C extends Client = Client, Server = unknown> {
  /** Takes ownership of one reference of `hook`. */
  new (hook: Hook): C
  readonly $interface: Interface<Server>
}

export interface CallOptions {
  /** Cancels the call: the other side is told, the call fails with CANCELED. */
  readonly signal?: AbortSignal | undefined
}

/** The reference that a client owns. */
class Reference extends Owned {
  hook: Hook | undefined

  constructor(hook: Hook, client: Client) {
    super()
    this.hook = hook
    this.endWith(client)
  }

  get isHeld(): boolean {
    return this.hook?.isMissed ?? false
  }

  letGo(): void {
    const { hook } = this
    if (!hook) return
    this.hook = undefined
    this.givenBack()
    hook.release()
  }
}

/**
 * A reference to a capability. Dispose it when done (`using`, or `client[Symbol.dispose]()`); one
 * that is forgotten is released when it is collected. Members of ours start with `$`; everything
 * else is the interface's methods.
 */
export class Client implements Disposable {
  static readonly $interface: Interface = {
    id: 0n,
    name: 'Capability',
    methods: [],
    superclasses: () => [],
  }

  // Declared, not defined, as in all classes that many extend: see `Struct`.
  declare private readonly $reference: Reference
  /** The class of this client: a schema may call a method `constructor`. */
  declare readonly $type: InterfaceType<this>

  /** Takes ownership of one reference of `hook`. */
  constructor(hook: Hook) {
    this.$reference = new Reference(hook, this)
    this.$type = new.target as unknown as InterfaceType<this>
  }

  /** What stands behind this client. Borrowed. @throws {WwError} DISPOSED */
  get $hook(): Hook {
    const { hook } = this.$reference
    if (!hook) throw disposed(this)
    return hook
  }

  get $isDisposed(): boolean {
    return this.$reference.hook === undefined
  }

  /** The same capability under another interface. What it does not implement it will refuse. */
  $as<C extends Client>(type: InterfaceType<C>): C {
    return new type(this.$hook.addRef())
  }

  /** One more reference, to be disposed on its own. */
  $dup(): this {
    return new this.$type(this.$hook.addRef())
  }

  /** Resolves when it is known what this is; rejects if it turned out to be broken. */
  async $settled(): Promise<void> {
    const target = await new Promise<Hook>((resolve) => this.$hook.whenSettled(resolve))
    if (target instanceof BrokenHook) throw target.error
  }

  [Symbol.dispose](): void {
    this.$reference.letGo()
  }
}

/** Makes a call of a generated method. Bad params are an error of the call, not of the caller. */
export function call<Init>(
  client: Client,
  interfaceId: bigint,
  methodId: number,
  type: StructType<Struct, Init>,
  init: Init,
  options?: CallOptions,
): PendingCall {
  const params = new Payload(type, init, false)
  return begin(client, { interfaceId, methodId, params }, options)
}

/**
 * Makes a call of a generated `-> stream` method. A signal cancels it until it is done, also when
 * the promise has resolved; like any failure, this ends the stream (see stream.ts).
 * @returns when the next call may be made
 */
export function streamCall<Init>(
  client: Client,
  interfaceId: bigint,
  methodId: number,
  type: StructType<Struct, Init>,
  init: Init,
  options?: CallOptions,
): Promise<void> {
  if (client.$isDisposed) return rejected(disposed(client))
  const flow = flowTo(client.$hook)
  if (flow.error) return rejected(flow.error)
  const params = new Payload(type, init, false)
  const pending = begin(client, { interfaceId, methodId, params }, options)
  return flow.add(pending, params.bytes)
}

function begin(client: Client, request: Request, options: CallOptions | undefined): PendingCall {
  const signal = options?.signal
  let error: Error | undefined
  if (signal?.aborted) error = canceled()
  else if (client.$isDisposed) error = disposed(client)
  else error = client.$hook.flow?.error
  if (error) return refuse(request, error)
  const pending = client.$hook.call(request)
  if (signal) cancelOn(pending, signal)
  return pending
}

function disposed(client: Client): WwError {
  const { name } = client.$type.$interface
  return failed('DISPOSED', `Cannot use this ${name}: it was disposed`)
}

function cancelOn(pending: PendingCall, signal: AbortSignal): void {
  const cancel = () => pending.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  pending.whenDone(() => signal.removeEventListener('abort', cancel))
}

const DONE = /* @__PURE__ */ Promise.resolve()

/**
 * A call in progress, and what its results will be. Await it for the results; or call on through
 * its capabilities right away, which costs no round trip. A generated subclass has an accessor
 * for each capability and struct in the results.
 */
export class Pipeline<R extends Struct> implements PromiseLike<R>, Disposable {
  declare readonly $call: PendingCall
  declare readonly $path: Path
  declare private readonly $type: StructType<R, never>
  /** Once somebody has them: the same for all. */
  declare private $results: R | undefined

  constructor(type: StructType<R, never>, pending: PendingCall, path: Path = ROOT) {
    this.$type = type
    this.$call = pending
    this.$path = path
    this.$results = undefined
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a call is awaited like a promise
  then<A = R, B = never>(
    onDone?: ((results: R) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const { $call } = this
    // Who awaits a call within a vat finds it done, and most do: that is a third of the objects.
    const done = $call.outcome ? DONE : new Promise((resolve) => $call.whenDone(resolve))
    return done.then(() => {
      let results: R
      try {
        results = this.#read()
      } catch (thrown) {
        if (!onFailed) throw thrown
        return onFailed(thrown)
      }
      return onDone ? onDone(results) : (results as never)
    })
  }

  catch<B = never>(onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<R | B> {
    return this.then(undefined, onFailed)
  }

  finally(onEnd?: (() => void) | null): Promise<R> {
    return this.then().finally(onEnd)
  }

  /** Gives the call up: the other side is told, and it fails with CANCELED unless it is done. */
  $cancel(): void {
    this.$call.cancel()
  }

  /** Gives the call up, or frees what its results hold. */
  [Symbol.dispose](): void {
    this.$call.cancel()
    this.$call.release()
  }

  /** The capability at pointer `index`, as a client of its own. */
  $cap<C extends Client>(type: InterfaceType<C>, index: number): C {
    return new type(this.$call.pipeline([...this.$path, index]))
  }

  #read(): R {
    const outcome = this.$call.outcome!
    if ('error' in outcome) throw outcome.error
    return (this.$results ??= outcome.results.structAt(this.$path, this.$type))
  }
}

/**
 * A capability that is not there yet: calls wait for it in order.
 * @param made takes ownership of the client it resolves to
 */
export function promised<C extends Client>(type: InterfaceType<C>, made: PromiseLike<C>): C {
  const hook = new PromiseHook()
  // The promise keeps a reference until it settles, whatever happens to the client.
  const settle = (target: Hook) => {
    hook.resolve(target)
    hook.release()
  }
  const taken = Promise.resolve(made).then((client) => {
    const target = client.$hook.addRef()
    client[Symbol.dispose]()
    return target
  })
  taken.then(settle, (thrown: unknown) => settle(new BrokenHook(asWwError(thrown))))
  return new type(hook.addRef())
}

/** A capability that fails every call with `error`. */
export function broken<C extends Client>(type: InterfaceType<C>, error: WwError): C {
  return new type(new BrokenHook(error))
}
