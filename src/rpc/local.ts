// Objects of this vat: finding the method, running the handler, keeping order.
//
// Invariants
//  - Handlers of one object start in the order of the calls, one microtask each; that a handler is
//    still running does not hold up the next.
//  - Except for a stream call (`-> stream`): until its handler is done, later calls of the object
//    wait; when it fails, they and all calls after them fail with its error (as in the reference). A
//    stream call that was given up does not fail what follows.
//  - A handler runs at most once per call, never inside the caller's stack.
//  - When a call is done, pipelined calls go out first, then listeners hear of it.

import { WwError } from '../base/index.ts'
import type { Builder, Struct } from '../wire/index.ts'
import type { Client, Interface, InterfaceType, Method } from './client.ts'
import { asWwError, canceled, unimplemented } from './error.ts'
import { BrokenHook, Hook, Pipelines } from './hook.ts'
import type { Outcome, PendingCall, Request } from './hook.ts'
import { Results } from './payload.ts'

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
  readonly #server: object
  #isStreaming = false
  /** Calls that wait for the end of a stream call. */
  #waiting: Job[] = []
  /** What a stream call failed with. */
  #broken: WwError | undefined

  constructor(type: Interface, server: object) {
    super()
    this.#interface = type
    this.#server = server
  }

  call(request: Request): PendingCall {
    if (this.#broken) return this.#refuse(request, this.#broken)
    const found = findMethod(this.#interface, request.interfaceId, request.methodId)
    if (!found) {
      const what = `Method ${request.methodId} of interface 0x${request.interfaceId.toString(16)}`
      return this.#refuse(request, unimplemented(`${what} on a ${this.#interface.name}`))
    }
    let handler: Handler | undefined
    try {
      handler = findHandler(this.#server, found.method.name)
      request.params.freeze()
    } catch (thrown) {
      return this.#refuse(request, asWwError(thrown))
    }
    if (!handler) {
      const missing = unimplemented(`${found.owner.name}.${found.method.name}`)
      if (found.method.isStream) this.#broken = missing
      return this.#refuse(request, missing)
    }
    const job: Job = { call: new LocalCall(), method: found.method, request, handler }
    this.addRef()
    if (this.#isStreaming) this.#waiting.push(job)
    else this.#start(job)
    return job.call
  }

  #start({ call, method, request, handler }: Job): void {
    if (method.isStream) this.#isStreaming = true
    queueMicrotask(() => {
      void call.run(method, request, this.#server, handler).then((error) => {
        if (method.isStream) this.#goOn(error)
        this.release()
      })
    })
  }

  /** A stream call is over: what waited for it starts, or fails with it. */
  #goOn(error: WwError | undefined): void {
    this.#isStreaming = false
    this.#broken ??= error
    while (this.#waiting.length > 0 && !this.#isStreaming) {
      const job = this.#waiting.shift()!
      if (!error) this.#start(job)
      else {
        job.call.fail(error, job.request)
        this.release()
      }
    }
  }

  #refuse(request: Request, error: WwError): PendingCall {
    return new BrokenHook(error).call(request)
  }

  protected dropped(): void {
    const dispose: unknown = Reflect.get(this.#server, Symbol.dispose)
    if (typeof dispose !== 'function') return
    try {
      dispose.call(this.#server)
    } catch {
      // Nobody is left who could be told.
    }
  }
}

/** A call and what it takes to run it. */
interface Job {
  readonly call: LocalCall
  readonly method: Method
  readonly request: Request
  readonly handler: Handler
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

interface FoundMethod {
  readonly owner: Interface
  readonly method: Method
}

const tables = new WeakMap<Interface, Map<bigint, Interface>>()

// Which interface of `type`'s family has this id. Ids decide, never method numbers alone: a call
// under a foreign interface must not reach a method that happens to have its number.
function findMethod(type: Interface, id: bigint, methodId: number): FoundMethod | undefined {
  let table = tables.get(type)
  if (!table) {
    table = new Map()
    const add = (one: Interface): void => {
      if (table!.has(one.id)) return
      table!.set(one.id, one)
      for (const base of one.superclasses()) add(base)
    }
    add(type)
    tables.set(type, table)
  }
  const owner = table.get(id)
  const method = owner?.methods[methodId]
  return owner && method ? { owner, method } : undefined
}

class Context implements CallContext {
  readonly #call: LocalCall

  constructor(call: LocalCall) {
    this.#call = call
  }
  get signal(): AbortSignal {
    return this.#call.signal
  }
}

class LocalCall implements PendingCall {
  #outcome: Outcome | undefined
  #listeners: ((outcome: Outcome) => void)[] = []
  #pipelines: Pipelines | undefined
  #controller: AbortController | undefined
  #isCanceled = false
  #isReleased = false

  /** @returns what the handler failed with, unless nobody wanted it any more */
  async run(
    method: Method,
    request: Request,
    server: object,
    handler: Handler,
  ): Promise<WwError | undefined> {
    const { params } = request
    try {
      if (this.#isCanceled) return undefined
      const results = method.results()
      const given = params.toPayload().root.asStruct(method.params())
      const made = await handler.call(server, given, new Context(this))
      const content = new Results((builder: Builder, at: number) =>
        builder.put(at, results, (made ?? {}) as never),
      )
      if (this.#isCanceled) content.release()
      else {
        this.#finish({ results: content })
        // The params end here, and with them what the results may refer to.
        content.freeze()
        if (this.#isReleased) content.release()
      }
      return undefined
    } catch (thrown) {
      const error = asWwError(thrown)
      const isWanted = !this.#isCanceled
      this.#finish({ error })
      return isWanted ? error : undefined
    } finally {
      params.release()
    }
  }

  /** Instead of running. */
  fail(error: WwError, request: Request): void {
    this.#finish({ error })
    request.params.release()
  }

  /** Made when a handler asks for it, which most do not. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#isCanceled) this.#controller.abort(canceled())
    }
    return this.#controller.signal
  }

  #finish(outcome: Outcome): void {
    if (this.#outcome) return
    this.#outcome = outcome
    this.#pipelines?.settle((path) => this.#hookAt(outcome, path))
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener(outcome)
  }

  whenDone(listener: (outcome: Outcome) => void): void {
    if (this.#outcome) listener(this.#outcome)
    else this.#listeners.push(listener)
  }

  pipeline(path: readonly number[]): Hook {
    if (this.#outcome) return this.#hookAt(this.#outcome, path)
    this.#pipelines ??= new Pipelines()
    return this.#pipelines.at(path)
  }

  #hookAt(outcome: Outcome, path: readonly number[]): Hook {
    if ('error' in outcome) return new BrokenHook(outcome.error)
    if (this.#isReleased) {
      return new BrokenHook(new WwError('failed', 'RELEASED', 'The results were released'))
    }
    try {
      return outcome.results.toPayload().hookAt(path)
    } catch (thrown) {
      return new BrokenHook(asWwError(thrown))
    }
  }

  cancel(): void {
    if (this.#outcome || this.#isCanceled) return
    this.#isCanceled = true
    this.#controller?.abort(canceled())
    this.#finish({ error: canceled() })
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    if (this.#outcome && 'results' in this.#outcome) this.#outcome.results.release()
  }
}
