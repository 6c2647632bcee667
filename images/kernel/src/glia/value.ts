/** What a form of Glia stands for. Plain data; lists are calls only once somebody evaluates them. */
export type Value =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'keyword'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'vector'; readonly items: readonly Value[] }
  | { readonly kind: 'map'; readonly entries: readonly Entry[] }
  | { readonly kind: 'set'; readonly items: readonly Value[] }

/** One pair of a map. Maps keep their order and may name a key twice. */
export type Entry = readonly [key: Value, value: Value]

export const NIL: Value = { kind: 'nil' }

export function bool(value: boolean): Value {
  return { kind: 'bool', value }
}

/** @throws {RangeError} when the value does not fit 64 bits, signed */
export function int(value: bigint): Value {
  if (BigInt.asIntN(64, value) !== value) {
    throw new RangeError(`integer ${value} does not fit 64 bits`)
  }
  return { kind: 'int', value }
}

export function float(value: number): Value {
  return { kind: 'float', value }
}

export function string(value: string): Value {
  return { kind: 'string', value }
}

export function symbol(name: string): Value {
  return { kind: 'symbol', name }
}

export function keyword(name: string): Value {
  return { kind: 'keyword', name }
}

export function list(items: readonly Value[]): Value {
  return { kind: 'list', items }
}

export function vector(items: readonly Value[]): Value {
  return { kind: 'vector', items }
}

export function map(entries: readonly Entry[]): Value {
  return { kind: 'map', entries }
}

/** The caller sees to it that no item stands twice. */
export function set(items: readonly Value[]): Value {
  return { kind: 'set', items }
}
