// AbortController and AbortSignal for guests, as the DOM standard says as far as cells need it: one
// event, `abort`, said once. Listeners are called in order of registration; one that throws is
// reported like an uncaught error and does not keep the others from hearing.

type AbortListener = ((event: AbortEvent) => void) | { handleEvent(event: AbortEvent): void }

interface OnAbort {
  handler: (event: AbortEvent) => void
  handleEvent(event: AbortEvent): void
}

interface AbortEvent {
  readonly type: 'abort'
  readonly target: GuestAbortSignal
}

/** Starts a timer; handed in, because time belongs to the loop. */
type After = (ms: number, callback: () => void) => void

let after: After | undefined

/** Gives `AbortSignal.timeout` its clock. */
export function bindAbortTimers(start: After): void {
  after = start
}

/** What `reason` is when nobody gives another: an error that a program tells by its `name`. */
class AbortError extends Error {
  /** As old programs ask for it. */
  readonly code: number

  constructor(name: keyof typeof CODES, message: string) {
    super(message)
    this.name = name
    this.code = CODES[name]
  }
}

const CODES = { AbortError: 20, TimeoutError: 23 } as const

// Only this file makes signals and fires them: the key is the proof.
const KEY = Symbol('AbortSignal')
let fire: (signal: GuestAbortSignal, reason: unknown) => void

export class GuestAbortSignal {
  #aborted = false
  #reason: unknown = undefined
  readonly #listeners: { listener: AbortListener; once: boolean }[] = []
  #onabort: OnAbort | undefined

  static {
    fire = (signal, reason) => signal.#abort(reason)
  }

  constructor(key: symbol) {
    if (key !== KEY) throw new TypeError('An AbortSignal comes from an AbortController')
  }

  static abort(reason?: unknown): GuestAbortSignal {
    const signal = new GuestAbortSignal(KEY)
    signal.#abort(reason)
    return signal
  }

  static timeout(ms: number): GuestAbortSignal {
    const signal = new GuestAbortSignal(KEY)
    if (!after) throw new Error('AbortSignal.timeout works only while the guest runs')
    after(ms, () =>
      signal.#abort(new AbortError('TimeoutError', `The operation took longer than ${ms} ms`)),
    )
    return signal
  }

  static any(signals: Iterable<GuestAbortSignal>): GuestAbortSignal {
    const result = new GuestAbortSignal(KEY)
    const sources = [...signals]
    const first = sources.find((source) => source.#aborted)
    if (first) {
      result.#abort(first.#reason)
      return result
    }
    for (const source of sources) {
      source.addEventListener('abort', () => result.#abort(source.#reason), { once: true })
    }
    return result
  }

  get onabort(): OnAbort['handler'] | null {
    return this.#onabort?.handler ?? null
  }

  /** Stands among the listeners where it was first set. */
  set onabort(handler: OnAbort['handler'] | null) {
    if (typeof handler !== 'function') {
      if (this.#onabort) this.removeEventListener('abort', this.#onabort)
      this.#onabort = undefined
    } else if (this.#onabort) this.#onabort.handler = handler
    else {
      this.#onabort = { handler, handleEvent: (event) => this.#onabort?.handler(event) }
      this.addEventListener('abort', this.#onabort)
    }
  }

  get aborted(): boolean {
    return this.#aborted
  }

  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason
  }

  addEventListener(
    type: 'abort',
    listener: AbortListener,
    { once = false }: { readonly once?: boolean } = {},
  ): void {
    if (type !== 'abort' || this.#listeners.some((entry) => entry.listener === listener)) return
    this.#listeners.push({ listener, once })
  }

  removeEventListener(type: 'abort', listener: AbortListener): void {
    if (type !== 'abort') return
    const at = this.#listeners.findIndex((entry) => entry.listener === listener)
    if (at >= 0) this.#listeners.splice(at, 1)
  }

  #abort(reason: unknown = new AbortError('AbortError', 'The operation was aborted')): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    const event: AbortEvent = { type: 'abort', target: this }
    const heard = this.#listeners.slice() // a listener may add or remove others
    for (const entry of heard) {
      if (!this.#listeners.includes(entry)) continue // removed by an earlier listener
      if (entry.once) this.removeEventListener('abort', entry.listener)
      const { listener } = entry
      if (typeof listener === 'function') call(() => listener(event))
      else call(() => listener.handleEvent(event))
    }
  }
}

function call(listener: () => void): void {
  try {
    listener()
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}

export class GuestAbortController {
  readonly signal = new GuestAbortSignal(KEY)

  abort(reason?: unknown): void {
    fire(this.signal, reason)
  }
}
