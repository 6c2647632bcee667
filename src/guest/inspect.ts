// Values as text, for `console` and for errors that nobody caught.

// oxlint-disable no-restricted-globals -- moments are shown here; nobody asks what time it is

import { guestFrames } from './places.ts'

const MAX_DEPTH = 4
const MAX_ITEMS = 100

/** A value as a person reads it. Strings at the top stay bare; circles and deep parts are cut. Never throws. */
export function inspect(value: unknown): string {
  return typeof value === 'string' ? value : whole(() => format(value, []))
}

/** An error with its stack, its causes and, of an aggregate, its parts. Never throws. */
export function describeError(thrown: unknown): string {
  return whole(() => (thrown instanceof Error ? formatError(thrown, []) : inspect(thrown)))
}

/** Whoever is looked at may be a proxy, or have an odd name, and throw. */
function whole(text: () => string): string {
  try {
    return text()
  } catch {
    return '[a value that cannot be looked at]'
  }
}

function format(value: unknown, path: readonly object[]): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'symbol') return value.toString()
  if (typeof value === 'function') return `[Function ${value.name || '(anonymous)'}]`
  if (typeof value !== 'object' || value === null) return String(value)
  if (path.includes(value)) return '[Circular]'
  if (value instanceof Error) return formatError(value, path)
  if (value instanceof Date || value instanceof RegExp) return plainText(value)
  const name = className(value)
  if (path.length >= MAX_DEPTH) return `[${name}]`
  const inside = [...path, value]
  if (Array.isArray(value)) {
    return wrap(
      '[',
      sample(value, (item) => format(item, inside)),
      ']',
    )
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = value as unknown as ArrayLike<number | bigint>
    const shown = Array.from({ length: Math.min(items.length, MAX_ITEMS) }, (_, at) => items[at])
    const rest = items.length - shown.length
    const parts = shown.map(String)
    if (rest > 0) parts.push(`… ${rest} more`)
    return wrap(`${name}(${items.length}) [`, parts, ']')
  }
  if (value instanceof Map) {
    const parts = sample([...value], ([key, item]) => {
      return `${format(key, inside)} => ${format(item, inside)}`
    })
    return wrap(`Map(${value.size}) {`, parts, '}')
  }
  if (value instanceof Set) {
    return wrap(
      `Set(${value.size}) {`,
      sample([...value], (item) => format(item, inside)),
      '}',
    )
  }
  const parts = sample(Object.keys(value), (key) => {
    return `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${formatProperty(value, key, inside)}`
  })
  return wrap(name === 'Object' ? '{' : `${name} {`, parts, '}')
}

function plainText(value: Date | RegExp): string {
  if (value instanceof RegExp) return String(value)
  return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
}

/** A getter is named and not asked: it may do anything. */
function formatProperty(value: object, key: string, path: readonly object[]): string {
  const property = Object.getOwnPropertyDescriptor(value, key)
  return property?.get ? '[Getter]' : format(property?.value, path)
}

function formatError(error: Error, path: readonly object[]): string {
  const code: unknown = 'code' in error ? error.code : undefined
  let text = `${error.name}${typeof code === 'string' ? ` [${code}]` : ''}: ${error.message}`
  // Some engines repeat name and message above the frames; ours gives frames only.
  const frames = framesOf(error)
  if (frames.length > 0) text += `\n${frames.join('\n')}`
  const inside = [...path, error]
  if (error.cause !== undefined && !path.includes(error)) {
    text += `\n  cause: ${indent(format(error.cause, inside))}`
  }
  if (error instanceof AggregateError && !path.includes(error)) {
    for (const part of error.errors) text += `\n  error: ${indent(format(part, inside))}`
  }
  return text
}

/** The frames of an error's stack, one a line, as far as a reader of the guest's source wants them. */
export function framesOf(error: Error): readonly string[] {
  return guestFrames((error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)))
}

function className(value: object): string {
  const prototype: object | null = Object.getPrototypeOf(value)
  const maker: unknown = prototype?.constructor
  return (typeof maker === 'function' && maker.name) || 'Object'
}

function sample<T>(items: readonly T[], show: (item: T) => string): string[] {
  const parts = items.slice(0, MAX_ITEMS).map(show)
  if (items.length > MAX_ITEMS) parts.push(`… ${items.length - MAX_ITEMS} more`)
  return parts
}

function wrap(open: string, parts: readonly string[], close: string): string {
  if (parts.length === 0) return open + close
  const line = parts.join(', ')
  if (line.length <= 72 && !line.includes('\n')) {
    return open.endsWith('[') ? `${open}${line}${close}` : `${open} ${line} ${close}`
  }
  return `${open}\n${parts.map((part) => `  ${indent(part)},`).join('\n')}\n${close}`
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ')
}
