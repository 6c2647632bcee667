// Objects of this vat: finding the method, running the handler, keeping order.
//
// Invariants
//  - Handlers of one object start in the order of the calls, one microtask each; that a handler is
//    still running does not hold up the next.
//  - Except for a stream call (`-> stream`): it has its turn to itself (stream.ts).
//  - A handler runs at most once per call, never inside the caller's stack.
//  - When a call is done, pipelined calls go out first, then listeners hear of it.

import { soon } from '../base/index.ts'
import type { WwError } from '../base/index.ts'
import type { Struct } from '../wire/index.ts'
import type { Client, Interface, InterfaceType, Method } from './client.ts'
import { asWwError, canceled, unimplemented } from './error.ts'
import { Call, Hook, refuse, ROOT } from './hook.ts'
import type { PendingCall, Request } from './hook.ts'
import { Payload } from './payload.ts'
import type { StreamTurns, Turn } from './stream.ts'

/** What a handler knows about the call it serves. */
export interface CallContext {
  /** Aborted when the caller gives the call up or is gone. */
  readonly signal: AbortSignal
}

type Handler = (params: Struct, context: CallContext) => unknown

/**
 * Makes an object callable. Handlers are found by name on `server` (also inherited ones) and called
 * on it; a method it lacks is answered `unimplemented`. When nobody holds the object any more, its
 * `Symbol.dispose`, if it has one, is called.
 */
export function serve<C extends Client, Server extends object>(
  type: InterfaceType<C, Server>,
  server: NoInfer<Server> & Partial<Disposable>,
): C {
  return new type(new LocalHook(type.$interface, server))
}

class LocalHook extends Hook {
  readonly #interface: Interface
  readonly server: object
  /** Whose turn it is, once there was a stream call. */
  turns: StreamTurns | undefined

  constructor(type: Interface, server: object) {
    super()
    this.#interface = type
    this.server = server
  }

  override get isMissed(): boolean {
    return Reflect.get(this.server, Symbol.dispose) !== undefined
  }

  call(request: Request): PendingCall {
    if (this.turns?.broken) return refuse(request, this.turns.broken)
    const owner = findOwner(this.#interface, request.interfaceId)
    const method = owner?.methods[request.methodId]
    if (!method) {
      const what = `Method ${request.methodId} of interface 0x${request.interfaceId.toString(16)}`
      return refuse(request, unimplemented(`${what} on a ${this.#interface.name}`))
    }
    const turns = (this.turns ??= method.turns?.())
    let handler: Handler | undefined
    try {
      handler = findHandler(this.server, method.name)
      request.params.encoded()
    } catch (thrown) {
      return refuse(request, asWwError(thrown))
    }
    if (!handler) {
      const missing = unimplemented(`${owner!.name}.${method.name}`)
      if (turns && method.turns) turns.broken = missing
      return refuse(request, missing)
    }
    const call = new LocalCall(this, method, request.params, handler)
    this.addRef()
    if (turns) turns.take(call)
    else call.start()
    return call
  }

  protected dropped(): void {
    const dispose: unknown = Reflect.get(this.server, Symbol.dispose)
    if (typeof dispose !== 'function') return
    try {
      dispose.call(this.server)
    } catch {
      // Nobody is left who could be told.
    }
  }
}

// What every object has (`toString`), and the class an object was made of (`constructor`), is no
// handler: a method of such a name is implemented only by somebody who wrote it.
function findHandler(server: object, name: string): Handler | undefined {
  const handler: unknown = Reflect.get(server, name)
  if (typeof handler !== 'function') return undefined
  if (handler === Reflect.get(Object.prototype, name)) return undefined
  const isClass = name === 'constructor' && handler.prototype !== undefined
  const isOwnClass = isClass && !Object.hasOwn(server, name) && server instanceof handler
  return isOwnClass ? undefined : (handler as Handler)
}

const families = new WeakMap<Interface, Map<bigint, Interface>>()

/** All interfaces of what implements `type`, by their ids. */
function familyOf(type: Interface): Map<bigint, Interface> {
  let family = families.get(type)
  if (!family) {
    family = new Map([[type.id, type]])
    // A map is walked to its end, also to one that was moved meanwhile.
    for (const one of family.values()) {
      for (const base of one.superclasses()) family.set(base.id, family.get(base.id) ?? base)
    }
    families.set(type, family)
  }
  return family
}

// Which interface of `type`'s family has this id. Ids decide, never method numbers alone: a call
// under a foreign interface must not reach a method that happens to have its number.
export function findOwner(type: Interface, id: bigint): Interface | undefined {
  return id === type.id ? type : familyOf(type).get(id)
}

/** A call to an object of ours, which is also what its handler is told of it. */
class LocalCall extends Call implements Turn, CallContext {
  readonly #hook: LocalHook
  readonly #method: Method
  readonly #params: Payload
  readonly #handler: Handler
  #controller: AbortController | undefined
  #isCanceled = false
  /** The handler has ended, or will not run. */
  #isOver = false
  #overListeners: (() => void)[] | undefined

  constructor(hook: LocalHook, method: Method, params: Payload, handler: Handler) {
    super()
    this.#hook = hook
    this.#method = method
    this.#params = params
    this.#handler = handler
  }

  get isStream(): boolean {
    return this.#method.turns !== undefined
  }

  start(): void {
    soon(() => this.#run())
  }

  refuse(error: WwError): void {
    this.finish({ error })
    this.#end()
  }

  override whenOver(listener: () => void): void {
    if (this.#isOver) listener()
    else (this.#overListeners ??= []).push(listener)
  }

  #run(): void {
    if (this.#isCanceled) {
      this.#endTurn()
      return
    }
    let made: unknown
    try {
      const given = this.#params.structAt(ROOT, this.#method.params())
      made = this.#handler.call(this.#hook.server, given, this)
    } catch (thrown) {
      this.#failed(thrown)
      return
    }
    if (!isThenable(made)) this.#made(made)
    else {
      Promise.resolve(made).then(
        (value) => this.#made(value),
        (thrown) => this.#failed(thrown),
      )
    }
  }

  #made(value: unknown): void {
    const results = new Payload(this.#method.results(), value ?? {}, true)
    this.finish({ results })
    // The params end now, and with them what the results may refer to.
    results.settle()
    this.#endTurn()
  }

  #failed(thrown: unknown): void {
    const error = asWwError(thrown)
    this.finish({ error })
    this.#endTurn(this.#isCanceled ? undefined : error)
  }

  /** @param error what the handler failed with, unless nobody wanted it any more */
  #endTurn(error?: WwError): void {
    this.#end()
    if (this.isStream) this.#hook.turns?.pass(error)
  }

  #end(): void {
    this.#params.release()
    this.#isOver = true
    if (this.#overListeners) for (const listener of this.#overListeners) listener()
    this.#hook.release()
  }

  /** Made when a handler asks for it, which most do not. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#isCanceled) this.#controller.abort(canceled())
    }
    return this.#controller.signal
  }

  override cancel(): void {
    if (this.outcome || this.#isCanceled) return
    this.#isCanceled = true
    this.#controller?.abort(canceled())
    this.finish({ error: canceled() })
  }
}

function isThenable(value: unknown): boolean {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
