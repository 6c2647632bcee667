import { beforeEach, expect, test, vi } from 'vitest'

import { bindAbortTimers, GuestAbortController, GuestAbortSignal } from '../../src/guest/abort.ts'

let timers: { ms: number; callback: () => void }[] = []

beforeEach(() => {
  timers = []
  bindAbortTimers((ms, callback) => void timers.push({ ms, callback }))
})

test('an abort is heard once by each listener, in order, with the reason in place', () => {
  const controller = new GuestAbortController()
  const heard: unknown[] = []
  controller.signal.onabort = () => heard.push('onabort')
  controller.signal.addEventListener('abort', (event) => heard.push(event.target.reason))
  controller.signal.addEventListener('abort', { handleEvent: () => heard.push('object') })
  controller.abort('why')
  controller.abort('again')
  expect(heard).toEqual(['onabort', 'why', 'object'])
  expect(controller.signal.reason).toBe('why')
})

test('without a reason it is an AbortError, as the built-in one', () => {
  const controller = new GuestAbortController()
  controller.abort()
  const builtIn = AbortSignal.abort().reason as Error
  expect((controller.signal.reason as Error).name).toBe(builtIn.name)
  expect(() => controller.signal.throwIfAborted()).toThrow(controller.signal.reason as Error)
})

test('a removed listener hears nothing, also when an earlier listener removes it', () => {
  const { signal, ...controller } = withAbort()
  const heard: string[] = []
  const second = () => heard.push('second')
  const third = () => heard.push('third')
  signal.addEventListener('abort', () => signal.removeEventListener('abort', third))
  signal.addEventListener('abort', second)
  signal.addEventListener('abort', third)
  signal.removeEventListener('abort', second)
  controller.abort()
  expect(heard).toEqual([])
})

test('the same listener twice is one', () => {
  const { signal, abort } = withAbort()
  let count = 0
  const listener = () => {
    count += 1
  }
  signal.addEventListener('abort', listener)
  signal.addEventListener('abort', listener, { once: true })
  abort()
  expect(count).toBe(1)
})

test('a listener that throws does not keep the others from hearing, and is reported', () => {
  const jobs: (() => void)[] = []
  vi.stubGlobal('queueMicrotask', (job: () => void) => void jobs.push(job))
  const { signal, abort } = withAbort()
  const heard: string[] = []
  signal.addEventListener('abort', () => {
    throw new Error('bad listener')
  })
  signal.addEventListener('abort', () => heard.push('second'))
  abort()
  vi.unstubAllGlobals()
  expect(heard).toEqual(['second'])
  expect(jobs).toHaveLength(1)
  expect(jobs[0]).toThrow('bad listener')
})

test('timeout() aborts with a TimeoutError when its time has come', () => {
  const signal = GuestAbortSignal.timeout(250)
  expect(timers.map(({ ms }) => ms)).toEqual([250])
  expect(signal.aborted).toBe(false)
  timers[0]?.callback()
  expect((signal.reason as Error).name).toBe('TimeoutError')
})

test('any() aborts with the first of its signals, or at once if one is aborted', () => {
  const [a, b] = [withAbort(), withAbort()]
  const any = GuestAbortSignal.any([a.signal, b.signal])
  b.abort('b')
  a.abort('a')
  expect(any.reason).toBe('b')
  expect(GuestAbortSignal.any([a.signal, GuestAbortSignal.abort('c')]).reason).toBe('a')
  expect(GuestAbortSignal.any([]).aborted).toBe(false)
})

test('nobody makes a signal but a controller', () => {
  expect(() => new GuestAbortSignal(Symbol('forged'))).toThrow(TypeError)
})

function withAbort() {
  const controller = new GuestAbortController()
  return {
    signal: controller.signal,
    abort: (reason?: unknown) => controller.abort(reason),
  }
}
