import { readdirSync } from 'node:fs'

import { expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import type { Log } from '../../src/base/index.ts'
import {
  CELL_LIMITS,
  DEFAULT_CELL_LIMITS,
  loadProgram,
  spawnCell,
  ThreadPool,
} from '../../src/cell/index.ts'
import type { Cell, PoolLimits } from '../../src/cell/index.ts'
import type { CellThread } from '../../src/cell/thread.ts'
import { NO_TERMINALS } from '../../src/cell/world/world.ts'
import { brokenRoom } from './help/broken-room.ts'
import { collect, sleep, until } from './help/cells.ts'
import { copier } from './help/wat.ts'

const QUICK: PoolLimits = {
  minIdle: 1,
  maxIdle: 4,
  idleMs: 60_000,
  refillDelayMs: 0,
  refillPatienceMs: 60_000,
  maxStarting: 8,
  maxQueued: 8,
  startMs: 60_000,
  maxFailures: 3,
}

/** Long enough for a thread to come up that must not come. */
const LONG_MS = 300

const echo = await loadProgram(copier(4, 4, 9), 'echo')

/** A pool that tells which threads it lent. */
class WatchedPool extends ThreadPool {
  readonly lent: CellThread[] = []

  constructor(limits: Partial<PoolLimits> = {}, log: Log = silentLog) {
    super({ log, limits: { ...QUICK, ...limits } })
  }

  override async lend<T>(use: (thread: CellThread) => Promise<T>, who?: object): Promise<T> {
    return await super.lend(async (thread) => {
      this.lent.push(thread)
      return await use(thread)
    }, who)
  }
}

async function start(threads: ThreadPool): Promise<Cell> {
  return await spawnCell({
    program: echo,
    name: 'echo',
    args: [],
    env: [],
    terminals: NO_TERMINALS,
    threads,
    log: silentLog,
  })
}

const startMany = async (pool: ThreadPool, count: number): Promise<Cell[]> =>
  await Promise.all(Array.from({ length: count }, async () => await start(pool)))

/** Ends a cell by the end of its input; it was alive if it exits with the code of its program. */
async function finish(cell: Cell): Promise<void> {
  const { ended } = collect(cell.data)
  cell.data.close()
  await ended
  expect(await cell.exited).toEqual({ kind: 'exited', code: 9 })
}

const tasks = () => readdirSync('/proc/self/task').length

/** When none of an earlier test is leaving any more, nor who starts them. */
async function restingTasks(): Promise<number> {
  for (let count = tasks(); ;) {
    await sleep(2 * CELL_LIMITS.foremanIdleMs)
    const next = tasks()
    if (next >= count) return next
    count = next
  }
}

test('nothing is kept ready before the first cell, but what was asked for', async () => {
  await using pool = new WatchedPool()
  await sleep(LONG_MS)
  expect(pool.idle).toBe(0)
  pool.prepare()
  pool.prepare()
  await until(() => pool.idle === 1)
  await sleep(LONG_MS)
  expect(pool.idle).toBe(1)
})

test('a cell gets the thread that waits, and another takes its place', async () => {
  await using pool = new WatchedPool()
  pool.prepare()
  await until(() => pool.idle === 1)
  const cell = await start(pool)
  await until(() => pool.idle === 1)
  await finish(cell)
  expect(pool.lent).toHaveLength(1)
})

test('a cell that finds none waiting starts all the same', async () => {
  await using pool = new WatchedPool()
  await finish(await start(pool))
})

test('a thread runs one cell, whatever becomes of it', async () => {
  await using pool = new WatchedPool({ minIdle: 2 })
  for (let i = 0; i < 6; i++) {
    const [one, other] = await startMany(pool, 2)
    await Promise.all([finish(one!), other!.kill()])
  }
  expect(pool.lent).toHaveLength(12)
  expect(new Set(pool.lent).size).toBe(12)
  const [used] = pool.lent
  const nothing = { args: [], env: [], terminals: NO_TERMINALS }
  const again = { ...nothing, maxPages: [], limits: DEFAULT_CELL_LIMITS }
  expect(() =>
    used!.begin({ ...again, code: echo.code }, { hear() {}, fail() {}, end() {} }),
  ).toThrow('A thread runs one cell, and this one had its own')
})

test('a thread whose cell was refused before it began waits for another', async () => {
  await using pool = new WatchedPool({ minIdle: 0 })
  pool.prepare()
  await until(() => pool.idle === 1)
  const options = { program: echo, name: 'echo', args: [], env: [], threads: pool, log: silentLog }
  await expect(spawnCell({ ...options, limits: { memoryBytes: 1 } })).rejects.toThrow('its limit')
  expect(pool.idle).toBe(1)
  await finish(await start(pool))
  expect(pool.lent[1]).toBe(pool.lent[0])
})

test('demand makes the pool grow, up to its limit', async () => {
  await using pool = new WatchedPool()
  const cells = await startMany(pool, 8)
  await until(() => pool.idle === 4)
  await sleep(LONG_MS)
  expect(pool.idle).toBe(4)
  await Promise.all(cells.map((cell) => cell.kill()))
})

test('threads that nobody needs are ended, down to the least', async () => {
  await using pool = new WatchedPool({ idleMs: 1_000 })
  const cells = await startMany(pool, 8)
  await until(() => pool.idle > 1)
  await until(() => pool.idle === 1)
  await sleep(LONG_MS)
  expect(pool.idle).toBe(1)
  await Promise.all(cells.map((cell) => cell.kill()))
})

test('a thread that ends while it waits is replaced', async () => {
  await using pool = new WatchedPool()
  pool.prepare()
  await until(() => pool.idle === 1)
  // Lent, not begun, and given back.
  const thread = await pool.lend(async (lent) => lent)
  expect(pool.idle).toBe(1)
  await thread.terminate()
  expect(pool.idle).toBe(0)
  await until(() => pool.idle === 1)
  await finish(await start(pool))
  expect(pool.lent[1]).not.toBe(thread)
})

test('no thread is started while a cell is, unless that never ends', async () => {
  for (const [refillPatienceMs, expected] of [
    [60_000, 0],
    [50, 1],
  ] as const) {
    await using pool = new WatchedPool({ maxIdle: 1, refillPatienceMs })
    let letGo = () => {}
    const spawning = pool.lend(async () => await new Promise<void>((resolve) => (letGo = resolve)))
    const cell = await start(pool)
    if (expected > 0) await until(() => pool.idle === expected)
    else await sleep(LONG_MS)
    expect(pool.idle).toBe(expected)
    letGo()
    await spawning
    await until(() => pool.idle === 1)
    await cell.kill()
  }
})

test('a closed pool starts no cell and says why', async () => {
  const pool = new WatchedPool()
  await pool[Symbol.asyncDispose]()
  await expect(start(pool)).rejects.toMatchObject({
    code: 'POOL_CLOSED',
    message: 'Cannot start a cell: the node is ending',
  })
  expect(pool.lent).toHaveLength(0)
})

test('a cell that is being started when the pool closes has its thread to the end', async () => {
  const pool = new WatchedPool()
  const starting = start(pool)
  await pool[Symbol.asyncDispose]()
  await finish(await starting)
})

test.skipIf(process.platform !== 'linux')(
  'whatever was started, no thread is left when pool and cells are closed',
  async () => {
    await (await start(new WatchedPool({ minIdle: 0 }))).kill()
    const before = await restingTasks()
    const pool = new WatchedPool({ minIdle: 3 })
    pool.prepare()
    const cells = await startMany(pool, 6)
    await until(() => pool.idle >= 3)
    expect(tasks()).toBeGreaterThan(before + 6)
    await Promise.all(cells.map((cell) => cell.kill()))
    await pool[Symbol.asyncDispose]()
    await until(() => tasks() <= before)
  },
)

test('threads that cannot come up are not started for ever, and the log says so', async () => {
  await using room = await brokenRoom('worker.cjs', () => 'process.exit(1)')
  const errors: string[] = []
  const log = { ...silentLog, error: (event: string) => void errors.push(event) }
  await using pool = new room.door.ThreadPool({ log, limits: QUICK })
  const none = pool.lend(async () => await Promise.reject(new Error('the cell did not start')))
  await expect(none).rejects.toThrow('did not start')
  await until(() => errors.length > 0)
  await sleep(LONG_MS)
  expect(errors).toEqual(['cell threads end before they are up; none is kept ready'])
})
