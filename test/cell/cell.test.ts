import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import type { Cell } from '../../src/cell/index.ts'
import { untilIdle } from '../help/host.ts'
import { isolation } from '../help/isolation.ts'
import { collect, readAll, readText, sleep, spawn, treeOf, until } from './help/cells.ts'
import { command, copier, flooder, wat } from './help/wat.ts'

const PIPE_BYTES = 65_536
const bytes = (length: number, from = 0) => new Uint8Array(length).map((_, i) => (from + i) * 13)
const text = (content: string) => new TextEncoder().encode(content)

/** Reads descriptor `fd` once, for a byte, then returns. */
const readOnce = (fd: number) =>
  command(
    { fd_read: 'i32 i32 i32 i32' },
    `(i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 1))
    (drop (call $fd_read (i32.const ${fd}) (i32.const 0) (i32.const 1) (i32.const 8)))`,
  )

const sleepForever = command(
  { poll_oneoff: 'i32 i32 i32 i32' },
  `(i32.store (i32.const 16) (i32.const 1))
  (i64.store (i32.const 24) (i64.const 0x7fffffffffffffff))
  (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))`,
)

const openReadme = wat(`(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "readme")
  (func (export "_start")
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))))`)

const program = (body: string) =>
  wat(`(module (memory (export "memory") 1)
  (func $again (call $again)) (func (export "_start") ${body}))`)

test('W16 a cell exits with the code its guest gives, and with 0 when it returns', async () => {
  const exits = async (source: Uint8Array) => await (await spawn(source)).exited
  const exit = (code: number) =>
    command({ proc_exit: 'i32' }, `(call $proc_exit (i32.const ${code}))`)
  expect(await exits(exit(3))).toEqual({ kind: 'exited', code: 3 })
  expect(await exits(exit(0))).toEqual({ kind: 'exited', code: 0 })
  expect(await exits(program(''))).toEqual({ kind: 'exited', code: 0 })
})

test.each([
  ['(unreachable)', /^unreachable in function 1$/],
  ['(drop (i32.load (i32.const -1)))', /^memory access out of bounds in function 1$/],
  ['(drop (i32.div_u (i32.const 1) (i32.const 0)))', /^divide by zero in function 1$/],
])('W16 a trap is reported with its cause: %s', async (body, message) => {
  await using cell = await spawn(program(body))
  expect(await cell.exited).toEqual({
    kind: 'trapped',
    code: 134,
    message: expect.stringMatching(message) as string,
  })
})

test('a program that traps while it is instantiated does not start', async () => {
  const source = wat('(module (func $f (unreachable)) (start $f) (func (export "_start")))')
  await expect(spawn(source, { name: 'broken' })).rejects.toThrow(
    /^Cannot start cell broken: unreachable in function 0/,
  )
})

test('a guest that exits while it is instantiated has started and exited', async () => {
  const source = wat(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32)))
    (func $f (call $x (i32.const 4))) (start $f) (func (export "_start")))`)
  expect(await (await spawn(source)).exited).toEqual({ kind: 'exited', code: 4 })
})

test('W20 stdin reaches stdout whole and in order, then both end', async () => {
  await using cell = await spawn(copier(0, 1, 7))
  const written = (async () => {
    for (let at = 0; at < 300_000; at += 50_000) await cell.stdin.write(bytes(50_000, at))
    cell.stdin.close()
  })()
  const read = await readAll(cell.stdout)
  await written
  expect(Buffer.compare(read, bytes(300_000))).toBe(0)
  expect(await cell.exited).toEqual({ kind: 'exited', code: 7 })
  expect(await cell.stdout.read(10)).toEqual(new Uint8Array(0))
  expect(await cell.stderr.read(10)).toEqual(new Uint8Array(0))
})

test('W20 stdout that nobody reads stops the guest; reading lets it go on', async () => {
  await using cell = await spawn(flooder(1))
  await sleep(50)
  await untilIdle(200, 100) // it waits, and does not turn
  let total = 0
  while (total < 4 * PIPE_BYTES) total += (await cell.stdout.read(1_000_000)).length
  expect((await cell.stdout.read(10)).length).toBe(10)
  await cell.kill()
})

test('W20 a write to stdin waits until the guest has made room, and fails when it is gone', async () => {
  await using cell = await spawn(copier(0, 1))
  // Two pipes and the guest's own 64 KiB fill up while nobody reads stdout; with another process
  // between, as much again is on its way to and from it.
  const room = isolation() === 'process' ? 5 : 3
  let accepted = 0
  const writes = Array.from({ length: room + 3 }, async () => {
    await cell.stdin.write(bytes(PIPE_BYTES))
    accepted++
  })
  const settled = Promise.allSettled(writes)
  await until(() => accepted === room)
  await sleep(30)
  expect(accepted).toBe(room)
  await cell.stdout.read(PIPE_BYTES)
  await until(() => accepted === room + 1)
  await cell.kill()
  const failed = (await settled).filter((each) => each.status === 'rejected')
  expect(failed.length).toBe(2)
  await expect(cell.stdin.write(bytes(1))).rejects.toMatchObject({ code: 'PIPE_CLOSED' })
})

test('reads are answered in order, a read of nothing at once', async () => {
  await using cell = await spawn(copier(0, 1))
  const reads = [cell.stdout.read(2), cell.stdout.read(3), cell.stdout.read(0)]
  await cell.stdin.write(text('abcde'))
  const [first, second, none] = await Promise.all(reads)
  expect([first, second, none]).toEqual([text('ab'), text('cde'), new Uint8Array(0)])
  cell.stdin.close()
  await expect(cell.stdin.write(text('x'))).rejects.toThrow(
    'Cannot write to stdin of cell test: it was closed',
  )
})

test('a guest that writes to a pipe nobody reads any more is told so', async () => {
  await using cell = await spawn(flooder(1))
  const pending = [cell.stderr.read(9), cell.stderr.read(9)]
  cell.stderr.close()
  expect(await Promise.all(pending)).toEqual([new Uint8Array(0), new Uint8Array(0)])
  await sleep(10)
  cell.stdout.close()
  cell.stdout.close()
  expect(await cell.stdout.read(9)).toEqual(new Uint8Array(0))
  expect(await cell.exited).toEqual({ kind: 'exited', code: 64 }) // EPIPE
})

test('what a guest wrote before it ended can be read after it ended', async () => {
  await using cell = await spawn(copier(0, 2, 5))
  await cell.stdin.write(text('last words'))
  cell.stdin.close()
  expect(await cell.exited).toEqual({ kind: 'exited', code: 5 })
  expect(await readText(cell.stderr)).toBe('last words')
})

test('the data stream carries bytes both ways, and its end', async () => {
  await using cell = await spawn(copier(4, 4, 3))
  const { ended } = collect(cell.data)
  for (let at = 0; at < 400_000; at += 40_000) cell.data.send([bytes(40_000, at)])
  cell.data.close()
  const { bytes: received, error } = await ended
  expect(Buffer.compare(received, bytes(400_000))).toBe(0)
  expect(error).toBeUndefined()
  expect(await cell.exited).toEqual({ kind: 'exited', code: 3 })
})

test('the data stream says when it is full and when it takes bytes again', async () => {
  await using cell = await spawn(copier(4, 1))
  let drained = 0
  cell.data.open({ chunk() {}, drained: () => drained++, ended() {} })
  expect(cell.data.send([bytes(10)])).toBe(true)
  // Two pipes and the guest's own 64 KiB take some, and what is on its way to and from another process;
  // the rest waits here.
  const sent = isolation() === 'process' ? 12 : 6
  for (let i = 0; i < sent; i++) cell.data.send([bytes(PIPE_BYTES)])
  await sleep(20)
  drained = 0
  expect(cell.data.send([bytes(1)])).toBe(false)
  await sleep(20)
  expect(drained).toBe(0)
  const reading = readAll(cell.stdout)
  await until(() => drained === 1)
  cell.data.close()
  expect((await reading).length).toBe(11 + sent * PIPE_BYTES)
})

test('a paused data stream stops the guest until it is resumed', async () => {
  await using cell = await spawn(flooder(4))
  let received = 0
  cell.data.open({ chunk: (chunk) => void (received += chunk.length), drained() {}, ended() {} })
  await until(() => received > 4 * PIPE_BYTES)
  cell.data.pause()
  const paused = received
  await sleep(50)
  expect(received).toBe(paused)
  cell.data.resume()
  await until(() => received > paused + 4 * PIPE_BYTES)
})

test('all of the data stream and its end are delivered before the exit is reported', async () => {
  for (let i = 0; i < 5; i++) {
    await using cell = await spawn(copier(0, 4))
    let received = 0
    let isOver = false
    cell.data.open({
      chunk: (chunk) => void (received += chunk.length),
      drained() {},
      ended: () => void (isOver = true),
    })
    await cell.stdin.write(bytes(60_000))
    cell.stdin.close()
    await cell.exited
    expect([received, isOver]).toEqual([60_000, true])
  }
})

test('a guest that closes its stream ends it cleanly; what is sent to it afterwards is dropped', async () => {
  await using cell = await spawn(
    command(
      { fd_close: 'i32', fd_read: 'i32 i32 i32 i32', proc_exit: 'i32' },
      `(drop (call $fd_close (i32.const 4)))
      (i32.store (i32.const 4) (i32.const 1))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (call $proc_exit (i32.const 3))`,
    ),
  )
  const { ended } = collect(cell.data)
  expect(await ended).toEqual({ bytes: new Uint8Array(0), error: undefined })
  for (let i = 0; i < 5; i++) expect(cell.data.send([bytes(PIPE_BYTES)])).toBe(true)
  cell.stdin.close()
  expect(await cell.exited).toEqual({ kind: 'exited', code: 3 })
})

test('a trap breaks the data stream with the reason', async () => {
  await using cell = await spawn(program('(unreachable)'), { name: 'oops' })
  const { error } = await collect(cell.data).ended
  expect(error).toBeInstanceOf(WwError)
  expect(error).toMatchObject({ kind: 'disconnected', code: 'CELL_ENDED' })
  expect(error?.message).toMatch(/^Cell oops trapped: unreachable/)
})

test('an aborted data stream is over for us at once, whatever the guest does', async () => {
  await using cell = await spawn(sleepForever)
  const { ended } = collect(cell.data)
  const reason = new WwError('failed', 'GARBAGE', 'The guest sent garbage')
  cell.data.abort(reason)
  expect((await ended).error).toBe(reason)
  expect(cell.data.send([bytes(9)])).toBe(true)
})

test('an aborted data stream is over for the guest', async () => {
  await using cell = await spawn(flooder(4))
  const { ended } = collect(cell.data)
  const reason = new WwError('failed', 'GARBAGE', 'The guest sent garbage')
  cell.data.abort(reason)
  expect((await ended).error).toBe(reason)
  expect(await cell.exited).toEqual({ kind: 'exited', code: 64 }) // EPIPE
})

const stuckTree = { ...treeOf({}), find: () => new Promise<undefined>(() => {}) }

test.each<[string, () => Promise<Cell>]>([
  ['reading stdin', () => spawn(readOnce(0))],
  ['reading the data stream', () => spawn(readOnce(4))],
  ['writing stdout', () => spawn(flooder(1))],
  ['writing the data stream', () => spawn(flooder(4))],
  ['sleeping', () => spawn(sleepForever)],
  ['waiting for a file', () => spawn(openReadme, { root: stuckTree })],
  ['computing without end', () => spawn(program('(loop $l (br $l))'))],
])('a cell is killed while it is %s', async (_what, start) => {
  const cell = await start()
  await sleep(20)
  await Promise.all([cell.kill(), cell.kill()])
  expect(await cell.exited).toEqual({ kind: 'killed', code: 137 })
  expect(await cell.stdin.write(bytes(1)).catch((error: WwError) => error)).toMatchObject({
    code: 'PIPE_CLOSED',
  })
  while ((await cell.stdout.read(PIPE_BYTES)).length > 0);
})

test('killing a cell that has exited leaves its exit as it was', async () => {
  const cell = await spawn(program(''))
  await cell.exited
  await cell.kill()
  expect(await cell.exited).toEqual({ kind: 'exited', code: 0 })
})

test('a start that is not wanted any more ends in the reason it was given', async () => {
  const reason = new Error('not wanted')
  await expect(spawn(sleepForever, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const controller = new AbortController()
  const busy = wat('(module (func $f (loop $l (br $l))) (start $f) (func (export "_start")))')
  const starting = spawn(busy, { signal: controller.signal })
  setTimeout(() => controller.abort(reason), 50)
  await expect(starting).rejects.toBe(reason)
})

test('a signal does not end a cell that has started', async () => {
  const controller = new AbortController()
  await using cell = await spawn(copier(0, 1), { signal: controller.signal })
  controller.abort()
  await cell.stdin.write(text('still here'))
  expect(await cell.stdout.read(99)).toEqual(text('still here'))
})

test('cells that ended in any way leave no thread and no handle behind', async () => {
  const threads = () =>
    process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort/.test(name))
  const before = threads()
  const endings = [
    async () => await (await spawn(program('(unreachable)'))).exited,
    async () => await (await spawn(program(''))).exited,
    async () => await (await spawn(flooder(1))).kill(),
    async () =>
      await spawn(
        wat('(module (func $f (unreachable)) (start $f) (func (export "_start")))'),
      ).catch(() => {}),
    async () => {
      await using cell = await spawn(copier(4, 4))
      cell.data.close()
    },
  ]
  await Promise.all(endings.map((end) => end()))
  // Of those before, some may still have been leaving.
  await expect.poll(() => threads().length).toBeLessThanOrEqual(before.length)
})

test.each([1, PIPE_BYTES])(
  'the host goes on while a guest floods it, %i bytes a time',
  async (block) => {
    await using cell = await spawn(flooder(4, block))
    cell.data.open({ chunk() {}, drained() {}, ended() {} })
    // A pump that never lets go would not let the first of these timers fire.
    for (let turns = 0; turns < 20; turns++) await sleep(5)
  },
)

test('W23 a hundred idle cells use no measurable CPU', async () => {
  const idle = readOnce(4)
  const cells = await Promise.all(
    Array.from({ length: 100 }, (_, i) => spawn(idle, { name: `idle-${i}`, starter: {} })),
  )
  try {
    // One that turns would take all of every second, one that looks each millisecond some hundredths.
    await untilIdle(1_000, 100)
  } finally {
    await Promise.all(cells.map((cell) => cell.kill()))
  }
})
