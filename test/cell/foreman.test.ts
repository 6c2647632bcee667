import { readdirSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'

import { expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { Foreman } from '../../src/cell/foreman.ts'
import { CELL_LIMITS } from '../../src/cell/limits.ts'
import { allocateCell } from '../../src/cell/shared-cell.ts'
import { temporaryFolder } from '../help/ww.ts'
import { brokenRoom } from './help/broken-room.ts'
import { spawn, until } from './help/cells.ts'
import { wat } from './help/wat.ts'

type Emit = (event: string | symbol, ...args: unknown[]) => boolean

const onLinux = test.skipIf(process.platform !== 'linux')
const tasks = () => readdirSync('/proc/self/task')
/** How far each thread stands back. */
const niceness = () =>
  tasks().flatMap((task) => {
    try {
      const [, fields] = readFileSync(`/proc/self/task/${task}/stat`, 'latin1').split(') ')
      return [Number(fields!.split(' ')[16])]
    } catch {
      return [] // it has ended meanwhile
    }
  })

/** A thread, and what is heard of it. */
function begin(foreman: Foreman) {
  const heard: string[] = []
  const { port1, port2 } = new MessageChannel()
  port1.on('message', ({ kind }: { kind: string }) => heard.push(kind))
  const hand = foreman.start(allocateCell(), port2, {
    fail: () => heard.push('failed'),
    gone: () => {
      heard.push('gone')
      port1.close()
    },
  })
  return { hand, heard }
}

test('threads come up and are gone, each once, whatever the order', async () => {
  const foreman = new Foreman()
  const threads = Array.from({ length: 6 }, () => begin(foreman))
  await until(() => threads.every(({ heard }) => heard.includes('up')))
  for (const { hand } of threads.toReversed()) {
    hand.terminate()
    hand.terminate()
  }
  await until(() => threads.every(({ heard }) => heard.includes('gone')))
  for (const { heard } of threads) expect(heard).toEqual(['up', 'gone'])
})

onLinux('who starts threads leaves when it has none, and the next comes up again', async () => {
  const foreman = new Foreman()
  const before = tasks().length
  for (let round = 0; round < 2; round++) {
    const { hand, heard } = begin(foreman)
    await until(() => heard.includes('up'))
    hand.terminate()
    await until(() => heard.includes('gone') && tasks().length <= before)
  }
})

onLinux('cells stand back behind who starts them, and that behind the host', async () => {
  await using cell = await spawn(wat('(module (func (export "_start") (loop $l (br $l))))'))
  await until(() => niceness().includes(CELL_LIMITS.niceness))
  expect(cell.usage.fuel).toBeGreaterThanOrEqual(0)
  const found = niceness()
  expect(found).toContain(CELL_LIMITS.foremanNiceness)
  expect(found[0]).toBe(0)
})

test('the thread of the host starts and joins none but the foreman', async () => {
  const started = new Set<Worker>()
  const joined = new Set<Worker>()
  const emit = Reflect.get(Worker.prototype, 'emit') as Emit
  Worker.prototype.emit = function (this: Worker, event: string | symbol, ...args: unknown[]) {
    if (event === 'online') started.add(this)
    if (event === 'exit') joined.add(this)
    return Reflect.apply(emit, this, [event, ...args])
  }
  try {
    const foreman = new Foreman()
    const threads = Array.from({ length: 4 }, () => begin(foreman))
    await until(() => threads.every(({ heard }) => heard.includes('up')))
    for (const { hand } of threads) hand.terminate()
    await until(() => threads.every(({ heard }) => heard.includes('gone')))
    expect(started.size).toBe(1)
    // The foreman of an earlier test may leave meanwhile.
    expect([...joined].filter((thread) => started.has(thread))).toEqual([])
  } finally {
    Worker.prototype.emit = emit
  }
})

test('when the foreman breaks down its cells end and say so, and others start', async () => {
  await using folder = await temporaryFolder()
  const sign = join(folder.path, 'break')
  const breaking = `setInterval(() => {
    if (require('node:fs').existsSync(${JSON.stringify(sign)})) throw new Error('it broke')
  }, 10).unref();`
  await using room = await brokenRoom('foreman.cjs', (code) => breaking + code)
  const program = await room.door.loadProgram(
    wat('(module (func (export "_start") (loop $l (br $l))))'),
    'loop',
  )
  const start = async () =>
    await room.door.spawnCell({ program, name: 'loop', args: [], env: [], log: silentLog })
  const cell = await start()
  await writeFile(sign, '')
  expect(await cell.exited).toEqual({ kind: 'trapped', code: 134, message: 'it broke' })
  await rm(sign)
  const next = await start()
  await next.kill()
  expect(await next.exited).toEqual({ kind: 'killed', code: 137 })
})
