import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { rewrittenInstance } from './help/rewritten.ts'

// Modules made by wasm-smith (features of the written list, NaNs canonical, loops that end). What breaks
// the rewriter one day belongs here, too.
const CORPUS = new URL('../../../test/cell/corpus/', import.meta.url)
const FILES = readdirSync(CORPUS).filter((name) => name.endsWith('.wasm'))
/** Texts, which the engine turns into what a parameter takes, 64-bit integers included. */
const ARGUMENTS = ['0', '-1', '7', '1000003']

/** All that can be seen of a module, calls first. */
function behaviour(exports: WebAssembly.Exports): unknown[] {
  const items = Object.entries(exports)
  const calls = items.flatMap(([name, item]) =>
    typeof item === 'function'
      ? ARGUMENTS.map((arg) => [name, arg, attempt(item as (...args: string[]) => unknown, arg)])
      : [],
  )
  return [...calls, ...items.map(([name, item]) => [name, stateOf(item)])]
}

function attempt(call: (...args: string[]) => unknown, arg: string): unknown {
  try {
    return shown(call(...Array.from({ length: call.length }, () => arg)))
  } catch (thrown) {
    return (thrown as Error).message
  }
}

function stateOf(item: unknown): unknown {
  if (item instanceof WebAssembly.Memory) {
    return createHash('sha256').update(new Uint8Array(item.buffer)).digest('hex')
  }
  if (item instanceof WebAssembly.Table) return item.length
  if (!(item instanceof WebAssembly.Global)) return typeof item
  try {
    return shown(item.value)
  } catch {
    return 'a vector'
  }
}

function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value === 'number' && Object.is(value, -0)) return '-0'
  if (typeof value === 'object' || typeof value === 'function')
    return value === null ? 'null' : 'ref'
  return typeof value === 'bigint' ? `${value}n` : (value as string | number | undefined)
}

function instance(bytes: Uint8Array): { exports: WebAssembly.Exports } | { failed: string } {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes))
  } catch (thrown) {
    return { failed: (thrown as Error).message }
  }
}

test.each(FILES)('a generated module does what it did before: %s', (name) => {
  const bytes = new Uint8Array(readFileSync(new URL(name, CORPUS)))
  const original = instance(bytes)
  if ('failed' in original) {
    expect(() => rewrittenInstance(bytes)).toThrow(original.failed)
    return
  }
  const expected = behaviour(original.exports)
  const plain = rewrittenInstance(bytes)
  expect(behaviour(plain.exports)).toEqual(expected)
  const deterministic = rewrittenInstance(bytes, {}, { isDeterministic: true })
  expect(behaviour(deterministic.exports)).toEqual(expected)
  const again = rewrittenInstance(bytes)
  behaviour(again.exports)
  expect(again.fuel.used).toBe(plain.fuel.used)
})

test('the corpus is worth the name', () => {
  expect(FILES.length).toBeGreaterThan(50)
})
