import { expect, test } from 'vitest'

import { Loop } from '../../src/guest/loop.ts'
import { Timers } from '../../src/guest/timers.ts'
import { MAX_SOURCES } from '../../src/guest/wasi.ts'
import { FakeHost, FakeInput } from './fake-wasi.ts'

function setUp() {
  const host = new FakeHost()
  const jobs: (() => void)[] = []
  const timers = new Timers(() => host.nowNs / 1e6)
  const loop = new Loop({
    wasi: host.wasi,
    runJobs() {
      let count = 0
      for (; jobs.length > 0; count += 1) jobs.shift()?.()
      return count
    },
    timers,
  })
  return { host, jobs, timers, loop }
}

const before = (loop: Loop, act: () => unknown) => loop.beforeWait({ flush: () => void act() })

test('timers fire in order of their due time, equal ones in order of their start', () => {
  const { host, timers, loop } = setUp()
  const log: string[] = []
  const note = (name: string) => () => void log.push(`${name} at ${host.nowNs / 1e6 - 1000}`)
  timers.start(note('c'), 30)
  timers.start(note('a'), 10)
  timers.start(note('b'), 10)
  timers.start(() => loop.stop(), 31)
  expect(loop.run()).toBe(true)
  expect(log).toEqual(['a at 10', 'b at 10', 'c at 30'])
})

test('jobs run between two timers that are due together', () => {
  const { jobs, timers, loop } = setUp()
  const log: string[] = []
  timers.start(() => {
    log.push('first')
    jobs.push(() => log.push('job'))
  }, 5)
  timers.start(() => {
    log.push('second')
    loop.stop()
  }, 5)
  loop.run()
  expect(log).toEqual(['first', 'job', 'second'])
})

test('a timer started by a callback waits for the next turn, however short it is', () => {
  const { host, timers, loop } = setUp()
  timers.start(() => {
    timers.start(() => loop.stop(), 0)
  }, 5)
  loop.run()
  expect(host.nowNs / 1e6 - 1000).toBe(6)
})

test('an interval repeats until it is stopped, also from inside', () => {
  const { timers, loop } = setUp()
  let count = 0
  const id = timers.start(
    () => {
      count += 1
      if (count < 3) return
      timers.stop(id)
      timers.start(() => loop.stop(), 100)
    },
    10,
    { repeat: true },
  )
  loop.run()
  expect(count).toBe(3)
})

test('a stopped timer does not fire, also when one that is due with it stops it', () => {
  const { timers, loop } = setUp()
  const fired: string[] = []
  timers.start(() => timers.stop(second), 5)
  const second = timers.start(() => fired.push('second'), 5)
  timers.start(() => loop.stop(), 6)
  loop.run()
  expect(fired).toEqual([])
})

test('with nothing to wait for the loop ends and says so', () => {
  const { loop } = setUp()
  expect(loop.run()).toBe(false)
})

test('a source that wants nothing is not waited for, and one that is ready is told once per turn', () => {
  const { host, loop } = setUp()
  const stream = new FakeInput().give('x')
  const pollable = stream.subscribe()
  let told = 0
  loop.add({ pollable: new FakeInput().give('y').subscribe(), ready: () => expect.unreachable() })
  loop.wanted |= loop.add({
    pollable,
    ready() {
      told += 1
      if (told === 3) loop.stop()
    },
  })
  expect(loop.run()).toBe(true)
  expect(host.polls).toBe(3)
})

test('a job queued before the block runs before the block', () => {
  let queued = false
  const log: string[] = []
  const { host, jobs, loop } = setUp()
  loop.beforeBlock = () => {
    if (queued) return false
    queued = true
    jobs.push(() => {
      log.push(`polls so far: ${host.polls}`)
      loop.stop()
    })
    return true
  }
  loop.run()
  expect(log).toEqual(['polls so far: 0'])
})

test('what is to be done before the next block is done once, and its jobs run before the block', () => {
  const { host, jobs, loop } = setUp()
  const log: string[] = []
  const pollable = new FakeInput().subscribe()
  loop.wanted |= loop.add({ pollable, ready: () => expect.unreachable() })
  before(loop, () => {
    log.push('task')
    jobs.push(() => before(loop, () => jobs.push(() => loop.stop())))
  })
  loop.run()
  expect([log, host.polls]).toEqual([['task'], 0])
})

test('a task that calls for another is not done again before the others had their turn', () => {
  const { jobs, loop } = setUp()
  const log: string[] = []
  before(loop, () => {
    log.push('a')
    before(loop, () => {
      log.push('c')
      jobs.push(() => loop.stop())
    })
  })
  before(loop, () => log.push('b'))
  loop.run()
  expect(log).toEqual(['a', 'b', 'c'])
})

test('what is wanted changes from turn to turn, and timers go on beside it', () => {
  const { host, timers, loop } = setUp()
  const log: string[] = []
  const source = (name: string) => {
    const bit: number = loop.add({
      pollable: new FakeInput().give('x').subscribe(),
      ready() {
        log.push(name)
        loop.wanted &= ~bit
      },
    })
    return bit
  }
  const bits = ['a', 'b', 'c'].map(source)
  loop.wanted = bits[0]! | bits[2]!
  timers.start(() => {
    log.push(`timer at ${host.nowNs / 1e6 - 1000}`)
    loop.wanted = bits[1]! | bits[2]!
    timers.start(() => loop.stop(), 5)
  }, 10)
  loop.run()
  expect(log).toEqual(['a', 'c', 'timer at 10', 'b', 'c'])
})

test('there are no more sources than can be waited for', () => {
  const { loop } = setUp()
  const source = { pollable: new FakeInput().subscribe(), ready: () => {} }
  for (let count = 0; count < MAX_SOURCES; count += 1) loop.add(source)
  expect(() => loop.add(source)).toThrow(RangeError)
})
