// `structuredClone` as the HTML standard says, as far as there is something of that kind in a cell.
// Bundled into a guest that names it, and into no other.

// oxlint-disable no-restricted-globals -- moments are copied here; nobody asks what time it is

interface CloneOptions {
  /** Buffers that move to the copy: the original is empty afterwards. */
  readonly transfer?: readonly ArrayBuffer[]
}

/** Errors that stay what they are; of any other class, an error becomes an `Error`. */
const ERROR_NAMES = [
  ...['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'],
]

/** What engines of ECMAScript 2024 can do with a buffer; Node 20 types do not know it. */
interface Transferable extends ArrayBuffer {
  transfer(): ArrayBuffer
}

/** @throws {DOMException} DataCloneError for functions, symbols and what only its class can copy */
export function structuredClone<T>(value: T, { transfer = [] }: CloneOptions = {}): T {
  if (arguments.length === 0) throw new TypeError('There is nothing to copy: give a value')
  const copies = new Map<object, object>()
  if (new Set(transfer).size < transfer.length) throw refusal('A buffer is to be moved twice')
  for (const buffer of transfer) {
    if (!(buffer instanceof ArrayBuffer)) throw refusal('Only an ArrayBuffer can be moved')
  }
  // What moves is moved last: if anything cannot be copied, it stays where it is.
  const moved = transfer.map((buffer) => {
    const copy = new ArrayBuffer(buffer.byteLength)
    copies.set(buffer, copy)
    return { buffer, copy }
  })
  const clone = copyOf(value, copies) as T
  for (const { buffer, copy } of moved) {
    new Uint8Array(copy).set(new Uint8Array(buffer))
    ;(buffer as Transferable).transfer()
  }
  return clone
}

function copyOf(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value === 'symbol') throw refusal(`${String(value)} cannot be copied`)
  if (typeof value === 'function') {
    throw refusal(`The function ${value.name || '(anonymous)'} cannot be copied`)
  }
  if (typeof value !== 'object' || value === null) return value
  const known = copies.get(value)
  if (known) return known
  const copy = emptyCopy(value, copies)
  copies.set(value, copy)
  if (value instanceof Map) {
    for (const [key, item] of [...value]) {
      ;(copy as Map<unknown, unknown>).set(copyOf(key, copies), copyOf(item, copies))
    }
  } else if (value instanceof Set) {
    for (const item of [...value]) (copy as Set<unknown>).add(copyOf(item, copies))
  } else if (value instanceof Error) {
    copyError(value, copy, copies)
  } else if (Array.isArray(value) || isPlain(value)) {
    for (const key of Object.keys(value)) {
      // It may be gone: a getter of an earlier property may have removed it.
      if (!Object.hasOwn(value, key)) continue
      const item = copyOf((value as Record<string, unknown>)[key], copies)
      define(copy, key, item, true)
    }
  }
  return copy
}

/** A new object of the same kind, whole if nothing in it can lead back to it. */
function emptyCopy(value: object, copies: Map<object, object>): object {
  if (Array.isArray(value)) return Object.assign([], { length: value.length })
  if (value instanceof Date) return new Date(value.getTime())
  if (value instanceof RegExp) return new RegExp(value.source, value.flags)
  if (value instanceof Map) return new Map()
  if (value instanceof Set) return new Set()
  if (value instanceof ArrayBuffer) return copyOfBuffer(value)
  if (ArrayBuffer.isView(value)) return copyOfView(value, copies)
  if (value instanceof Error) return new (errorClass(value))(value.message)
  if (isBoxed(value)) return Object(value.valueOf()) as object
  if (isPlain(value)) return {}
  throw refusal(`A ${value.constructor.name} cannot be copied`)
}

function copyOfBuffer(buffer: ArrayBuffer): ArrayBuffer {
  try {
    return buffer.slice(0)
  } catch {
    throw refusal('A buffer whose bytes have moved cannot be copied')
  }
}

function copyOfView(view: ArrayBufferView, copies: Map<object, object>): object {
  const buffer = copyOf(view.buffer, copies)
  const View = view.constructor as new (...args: unknown[]) => ArrayBufferView
  if (view instanceof DataView) return new View(buffer, view.byteOffset, view.byteLength)
  return new View(buffer, view.byteOffset, (view as Uint8Array).length)
}

function copyError(from: Error, to: object, copies: Map<object, object>): void {
  if (typeof from.stack === 'string') define(to, 'stack', from.stack)
  if (Object.hasOwn(from, 'cause')) define(to, 'cause', copyOf(from.cause, copies))
}

function errorClass({ name }: Error): ErrorConstructor {
  const known = ERROR_NAMES.includes(name) ? name : 'Error'
  return (globalThis as unknown as Record<string, ErrorConstructor>)[known]!
}

const isBoxed = (value: object) =>
  value instanceof Number ||
  value instanceof String ||
  value instanceof Boolean ||
  value instanceof BigInt

/** Objects whose own properties are all there is to them: instances of a guest's classes, too. */
function isPlain(value: object): boolean {
  return !UNCOPYABLE.some((Class) => value instanceof Class) && !isBoxed(value)
}

const UNCOPYABLE: readonly (abstract new (...args: never[]) => object)[] = [
  ...[Promise, WeakMap, WeakSet, WeakRef, FinalizationRegistry, SharedArrayBuffer],
  ...[Date, RegExp, Map, Set, ArrayBuffer, DataView],
]

function define(target: object, key: string, value: unknown, enumerable = false): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}

interface DomException {
  new (message: string, name: string): Error
}

function refusal(message: string): Error {
  const { DOMException } = globalThis as unknown as { DOMException: DomException }
  return new DOMException(message, 'DataCloneError')
}
