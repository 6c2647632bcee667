import { expect, test } from 'vitest'

import { console, random, setTimeout } from '../../src/guest/ambient.ts'
import type { Main } from '../../src/guest/guest.ts'
import { trackRejection } from '../../src/guest/rejections.ts'
import { runGuest } from '../../src/guest/run.ts'
import { outsideJobs, runJobs } from './engine-jobs.ts'
import { FakeHost } from './fake-wasi.ts'

const run = async (host: FakeHost, main: Main) =>
  await outsideJobs(() => runGuest(host.wasi, runJobs, async () => ({ main })))

test('main is given arguments, environment, clock and dice of its cell', async () => {
  const host = new FakeHost()
  host.args = ['agent', '--fast']
  host.env = [['A', '1']]
  let seen: unknown
  await run(host, (guest) => {
    seen = [guest.args, guest.env.get('A'), guest.now(), [...guest.random(3)]]
  })
  expect(seen).toEqual([['agent', '--fast'], '1', 1_700_000_000_123, [7, 7, 7]])
})

test('what main returns is the exit code, and nothing is 0', async () => {
  expect(await run(new FakeHost(), () => 3)).toBe(3)
  expect(await run(new FakeHost(), () => {})).toBe(0)
  expect(await run(new FakeHost(), () => Promise.resolve(255))).toBe(255)
})

test.each([256, -1, 1.5, Number.NaN, 'zero'])('an exit code of %s is an error', async (code) => {
  const host = new FakeHost()
  expect(await run(host, () => code as number)).toBe(1)
  expect(host.stderr.text).toContain('an exit code is an integer from 0 to 255')
})

test('what main throws is told on stderr with message, code, stack and cause, and is 1', async () => {
  const host = new FakeHost()
  const code = await run(host, function main() {
    throw new Error('out of luck', { cause: new RangeError('too far') })
  })
  expect(code).toBe(1)
  expect(host.stderr.text).toMatch(/^Uncaught Error: out of luck\n {4}at .*main/)
  expect(host.stderr.text).toContain('cause: RangeError: too far')
})

test('a module that throws while it is evaluated is told like main', async () => {
  const host = new FakeHost()
  expect(
    await outsideJobs(() =>
      runGuest(host.wasi, runJobs, async () => await Promise.reject(new Error('at the top'))),
    ),
  ).toBe(1)
  expect(host.stderr.text).toContain('Uncaught Error: at the top')
})

test('a rejection nobody handles is told once and is 1, one that is handled in time is not', async () => {
  const host = new FakeHost()
  const handled = Promise.reject(new Error('handled'))
  const lost = Promise.reject(new Error('nobody listens'))
  // Node would report it as well.
  void Promise.allSettled([handled, lost])
  trackRejection(handled, new Error('handled'), false)
  trackRejection(handled, undefined, true)
  trackRejection(lost, new Error('nobody listens'), false)
  expect(await run(host, () => new Promise<void>(() => {}))).toBe(1)
  expect(host.stderr.text.match(/Uncaught/g)).toHaveLength(1)
  expect(host.stderr.text).toContain('Uncaught Error: nobody listens')
  expect(host.stderr.text).not.toContain('Error: handled')
})

test('a main that waits for what can never come is told so', async () => {
  const host = new FakeHost()
  host.dataIn.end()
  expect(await run(host, () => new Promise<void>(() => {}))).toBe(1)
  expect(host.stderr.text).toContain('main waits for something that can never happen')
})

test('output leaves before the guest does, however slowly it is taken', async () => {
  const host = new FakeHost()
  host.stdout.permits = [0, 2, 0, 1, 0]
  await run(host, (guest) => guest.stdout.write('slowly'))
  expect(host.stdout.text).toBe('slowly')
})

test('more output than a guest may hold waits for the reader inside write', async () => {
  const host = new FakeHost()
  let written = 0
  await run(host, (guest) => {
    guest.stdout.write(new Uint8Array(1_048_577))
    written = host.stdout.writes.length
  })
  expect(written).toBe(1)
})

test('bytes that are written and then changed leave as they were', async () => {
  const host = new FakeHost()
  await run(host, (guest) => {
    const bytes = Uint8Array.of(0x61)
    guest.stdout.write(bytes)
    bytes[0] = 0x62
  })
  expect(host.stdout.text).toBe('a')
})

test('timers take the time they say, and one that still runs when main returns is dropped', async () => {
  const host = new FakeHost()
  const started = host.nowNs
  await run(host, () => {
    setTimeout(() => expect.unreachable(), 100)
    return new Promise<void>((resolve) => {
      setTimeout(() => resolve(), 40)
    })
  })
  expect((host.nowNs - started) / 1e6).toBe(40)
})

test('Math.random is made of the dice of the cell', async () => {
  const host = new FakeHost()
  let seen = 0
  await run(host, () => {
    seen = random()
  })
  expect(seen).toBeCloseTo(0x07070707 / 2 ** 32, 8)
})

test('console writes what a person can read, to the stream that is meant', async () => {
  const host = new FakeHost()
  await run(host, () => {
    const circle: Record<string, unknown> = {
      n: 1n,
      list: [1, 'two', { three: new Map([[1, 2]]) }],
    }
    circle['self'] = circle
    console.log('text', circle, new Uint8Array(2), undefined, null)
    console.warn(new Set(['a']))
  })
  expect(host.stdout.text).toBe(
    'text { n: 1n, list: [1, "two", { three: Map(1) { 1 => 2 } }], self: [Circular] } Uint8Array(2) [0, 0] undefined null\n',
  )
  expect(host.stderr.text).toBe('Set(1) { "a" }\n')
})
