import { expect, test } from 'vitest'

import {
  decodeVlq,
  encodeVlq,
  errorFromUnknown,
  lineLog,
  messageOf,
  Scope,
  Watch,
  WwError,
} from '../../src/base/index.ts'
import { Random } from '../help/random.ts'

const closer = (name: string, closed: string[]) => ({
  [Symbol.dispose]: () => {
    closed.push(name)
  },
})

test('a scope closes what it owns last in, first out, each once, however often it is closed', async () => {
  const closed: string[] = []
  const scope = new Scope()
  scope.own(closer('a', closed))
  scope.own({
    [Symbol.asyncDispose]: async () => {
      await Promise.resolve()
      closed.push('b')
    },
  })
  scope.defer(() => {
    closed.push('c')
  })
  await Promise.all([scope[Symbol.asyncDispose](), scope[Symbol.asyncDispose]()])
  await scope[Symbol.asyncDispose]()
  expect(closed).toEqual(['c', 'b', 'a'])
})

test('a scope closes everything though something fails, and then throws the first failure', async () => {
  const closed: string[] = []
  const scope = new Scope()
  scope.own(closer('a', closed))
  scope.defer(() => {
    throw new Error('second')
  })
  scope.defer(async () => await Promise.reject(new Error('first')))
  scope.own(closer('b', closed))
  await expect(scope[Symbol.asyncDispose]()).rejects.toThrow('first')
  expect(closed).toEqual(['b', 'a'])
})

test('what is handed to a closed scope is closed too, also after a failure', async () => {
  const closed: string[] = []
  const scope = new Scope()
  scope.defer(() => {
    throw new Error('broken')
  })
  await expect(scope[Symbol.asyncDispose]()).rejects.toThrow('broken')
  scope.own(closer('late', closed))
  await expect(scope[Symbol.asyncDispose]()).rejects.toThrow('broken')
  expect(closed).toEqual(['late'])
})

test('what is handed to a scope while it closes is closed before closing is done', async () => {
  const closed: string[] = []
  const scope = new Scope()
  scope.defer(() => {
    scope.own(closer('inner', closed))
  })
  await scope[Symbol.asyncDispose]()
  expect(closed).toEqual(['inner'])
})

test('listeners of a watch hear the same changes in the same order, also one made by a listener', () => {
  const watch = new Watch(0)
  const first: number[] = []
  const second: number[] = []
  watch.listen((value) => {
    first.push(value)
    if (value === 1) watch.set(2)
  })
  watch.listen((value) => {
    second.push(value)
  })
  watch.set(1)
  expect(first).toEqual([1, 2])
  expect(second).toEqual([1, 2])
  expect(watch.value).toBe(2)
})

test('a listener added during a change hears the next one, one that stopped hears none', () => {
  const watch = new Watch(0)
  const added: number[] = []
  const stopped: number[] = []
  let stop = () => {}
  watch.listen((value) => {
    if (value === 1) watch.listen((later) => added.push(later))
    stop()
  })
  stop = watch.listen((value) => stopped.push(value))
  watch.set(1)
  watch.set(2)
  expect(added).toEqual([2])
  expect(stopped).toEqual([])
})

test('one listener registered twice is stopped one registration at a time', () => {
  const watch = new Watch(0)
  const heard: number[] = []
  const listener = (value: number) => heard.push(value)
  const stop = watch.listen(listener)
  watch.listen(listener)
  stop()
  stop()
  watch.set(1)
  expect(heard).toEqual([1])
})

test('a listener that throws keeps no other from hearing, and the watch goes on', () => {
  const watch = new Watch(0)
  const heard: number[] = []
  const stop = watch.listen(() => {
    throw new Error('deaf')
  })
  watch.listen((value) => heard.push(value))
  expect(() => watch.set(1)).toThrow('deaf')
  stop()
  watch.set(2)
  expect(heard).toEqual([1, 2])
})

test('whatever was thrown becomes an error with a sentence', () => {
  const kept = new WwError('failed', 'X', 'kept')
  expect(errorFromUnknown(kept)).toBe(kept)
  expect(messageOf('text')).toBe('text')
  expect(messageOf(undefined)).toBe('undefined')
  expect(messageOf(Symbol('s'))).toBe('Symbol(s)')
  expect(messageOf(Object.create(null))).toBe('A value of type object was thrown')
  const hostile = new Error('x')
  Object.defineProperty(hostile, 'message', {
    get() {
      throw new Error('no')
    },
  })
  expect(messageOf(hostile)).toBe('An error without a readable message')
})

test('a log line is one line that drives no terminal, whatever its facts are', () => {
  const lines: string[] = []
  const log = lineLog('info', (line) => lines.push(line))
  log.info('dialed', {
    peer: 'a\nb',
    title: '\u009b31mred',
    way: '\u202eevil',
    n: 3n,
    none: undefined,
  })
  log.debug('not at this level')
  expect(lines).toEqual(['info: dialed peer="a\\nb" title="\\u009b31mred" way="\\u202eevil" n=3'])
})

test('numbers of a source map read as they were written, in the digits of ECMA-426', () => {
  expect(encodeVlq(0, 1, -1, 15, 16, -511)).toBe('ACDegB/f')
  const random = new Random(5)
  const numbers = Array.from({ length: 500 }, () => random.below(2 ** 30) - 2 ** 29)
  expect(decodeVlq(encodeVlq(...numbers))).toEqual(numbers)
  expect(decodeVlq('')).toEqual([])
})
