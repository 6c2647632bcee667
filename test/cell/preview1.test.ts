import { expect, test } from 'vitest'

import { DEFAULT_CELL_LIMITS } from '../../src/cell/index.ts'
import { untilIdle } from '../help/host.ts'
import { DATA, OUT, runCalls } from './help/calls.ts'
import type { Call } from './help/calls.ts'
import { collect, sleep, treeOf, until } from './help/cells.ts'
import { ERRNO as E, vector } from './help/preview1.ts'

const RIGHT = { READ: 2n, WRITE: 64n, READDIR: 1n << 14n }
const ALL_RIGHTS = (1n << 29n) - 1n
const OFLAGS = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 }
const NONBLOCK = 4

const root = treeOf({
  '/etc/motd': 'hello, guest',
  '/etc/.hidden': '',
  '/etc/sub/deep': 'deep',
  '/readme': 'read me',
})

const open = (path: string, oflags = 0, rights = RIGHT.READ, fd = 3): Call => [
  'path_open',
  fd,
  0,
  path,
  oflags,
  rights,
  ALL_RIGHTS,
  0,
  OUT,
]

async function errnosOf(calls: readonly Call[], options = {}): Promise<readonly number[]> {
  return (await runCalls(calls, { root, ...options })).errnos
}

test('W01 a module sees exactly the arguments and the environment it was given', async () => {
  const sizes: Call[] = [
    ['args_sizes_get', OUT, OUT + 4],
    ['args_get', OUT + 16, OUT + 32],
    ['environ_sizes_get', OUT + 8, OUT + 12],
    ['environ_get', OUT + 24, OUT + 64],
  ]
  const given = await runCalls(sizes, { args: ['prog', 'ü'], env: ['A=1', 'PATH=/bin'] })
  const words = (at: number) => given.out.getUint32(at, true)
  const textAt = (at: number, length: number) =>
    Buffer.from(given.out.buffer, given.out.byteOffset + at, length).toString()
  expect([words(0), words(4), words(8), words(12)]).toEqual([2, 8, 2, 14])
  expect([words(16), words(20), words(24), words(28)].map((at) => at - OUT)).toEqual([
    32, 37, 64, 68,
  ])
  expect(textAt(32, 8)).toBe('prog\0ü\0')
  expect(textAt(64, 14)).toBe('A=1\0PATH=/bin\0')

  const none = await runCalls(sizes)
  expect([0, 4, 8, 12].map((at) => none.out.getUint32(at, true))).toEqual([0, 0, 0, 0])
})

test('W02 what is no socket, and what is not open, has an error of its own', async () => {
  const calls: Call[] = []
  for (const fd of [0, 1, 2, 3, 5]) {
    calls.push(['sock_accept', fd, 0, OUT])
    calls.push(['sock_recv', fd, DATA, 1, 0, OUT, OUT + 8])
    calls.push(['sock_send', fd, DATA, 1, 0, OUT])
    calls.push(['sock_shutdown', fd, 3])
  }
  const answers = [E.NOTSOCK, E.NOTSOCK, E.NOTSOCK, E.NOTSOCK, E.BADF]
  expect(await errnosOf(calls)).toEqual(
    answers.flatMap((errno) => Array(4).fill(errno) as number[]),
  )
})

test('the data stream is a socket: it is received from, sent to and shut down', async () => {
  const { errnos, out, exit } = await runCalls(
    [
      ['sock_accept', 4, 0, OUT],
      ['sock_send', 4, DATA, 1, 0, OUT],
      ['sock_send', 4, DATA, 1, 1, OUT + 100],
      ['sock_recv', 4, DATA + 8, 1, 2, OUT + 4, OUT + 8], // all of it
      ['sock_recv', 4, DATA + 8, 1, 1, OUT + 100, OUT + 8],
      ['sock_shutdown', 4, 0],
      ['sock_shutdown', 4, 4],
      ['sock_shutdown', 4, 2],
      ['sock_send', 4, DATA, 1, 0, OUT + 100],
      ['fd_write', 4, DATA, 1, OUT + 100],
      ['sock_shutdown', 4, 3],
      ['sock_recv', 4, DATA + 8, 1, 0, OUT + 12, OUT + 8],
      ['poll_oneoff', DATA + 64, OUT + 200, 2, OUT + 16],
    ],
    {
      memory: Buffer.concat([
        vector(DATA + 56, 5),
        vector(OUT + 64, 10),
        Buffer.alloc(40),
        Buffer.from('hello\0\0\0'),
        subscription(1, READ, 4),
        subscription(2, WRITE, 4),
      ]),
      async meanwhile({ data }) {
        const { received, ended } = collect(data)
        await until(() => received() === 5)
        data.send([Buffer.from('good')])
        await sleep(10)
        data.send([Buffer.from('bye all of you')])
        expect(Buffer.from((await ended).bytes).toString()).toBe('hello')
      },
    },
  )
  expect(exit).toEqual({ kind: 'exited', code: 0 })
  expect(errnos).toEqual([
    ...[E.INVAL, 0, E.INVAL, 0, E.NOTSUP, E.INVAL, E.INVAL, 0],
    ...[E.PIPE, E.PIPE, 0, 0, 0],
  ])
  expect([0, 4, 12, 16].map((at) => out.getUint32(at, true))).toEqual([5, 10, 0, 2])
  expect(Buffer.from(out.buffer, out.byteOffset + 64, 10).toString()).toBe('goodbye al')
})

test('a standard stream is a terminal only if the cell is told so', async () => {
  const stats: Call[] = [0, 1, 2].map((fd) => ['fd_fdstat_get', fd, OUT + 24 * fd])
  const types = async (options = {}) => {
    const { out } = await runCalls(stats, options)
    return [0, 1, 2].map((fd) => out.getUint8(24 * fd))
  }
  expect(await types()).toEqual([0, 0, 0])
  expect(await types({ terminals: { stdin: true, stderr: true } })).toEqual([2, 0, 2])
})

test('W03 whatever would change the root answers that it is read-only', async () => {
  const calls: Call[] = [
    open('new', OFLAGS.CREAT),
    open('etc/motd', 0, RIGHT.READ | RIGHT.WRITE),
    open('etc/motd', 0, RIGHT.WRITE),
    open('etc/motd', OFLAGS.TRUNC),
    ['path_create_directory', 3, 'dir'],
    ['path_create_directory', 3, 'etc/dir'],
    ['path_remove_directory', 3, 'etc'],
    ['path_unlink_file', 3, 'etc/motd'],
    ['path_rename', 3, 'etc/motd', 3, 'x'],
    ['path_link', 3, 0, 'etc/motd', 3, 'x'],
    ['path_symlink', '/etc/passwd', 3, 'x'],
    ['path_filestat_set_times', 3, 0, 'etc/motd', 0n, 0n, 0],
    ['fd_filestat_set_times', 3, 0n, 0n, 0],
  ]
  expect(await errnosOf(calls)).toEqual(calls.map(() => E.ROFS))
})

test('W03 no path leads out of the root, nor out of a directory opened below it', async () => {
  const outside = ['..', '../x', 'etc/../..', 'etc/../../etc/motd', './../readme', '/etc/motd', '/']
  expect(await errnosOf(outside.map((path) => open(path)))).toEqual(outside.map(() => E.PERM))
  expect(
    await errnosOf([
      ['path_filestat_get', 3, 0, '../x', OUT],
      ['path_unlink_file', 3, '../x'],
      ['path_readlink', 3, '../x', OUT, 10, OUT + 20],
      open('etc', OFLAGS.DIRECTORY, RIGHT.READDIR),
      open('../readme', 0, RIGHT.READ, 5),
      open('sub/../../readme', 0, RIGHT.READ, 5),
      open('sub/../motd', 0, RIGHT.READ, 5),
    ]),
  ).toEqual([E.PERM, E.PERM, E.PERM, E.SUCCESS, E.PERM, E.PERM, E.SUCCESS])
})

test('a path that names nothing, or the wrong kind of thing, has its own error', async () => {
  expect(
    await errnosOf(
      [
        open('nothing'),
        open(''),
        open('etc/motd/x'),
        open('etc/motd/../motd'),
        open('nothing/../readme'),
        open('etc/motd/'),
        open('etc/motd', OFLAGS.DIRECTORY),
        open('etc/motd', OFLAGS.CREAT | OFLAGS.EXCL),
        open('etc', 0, RIGHT.WRITE),
        open('a\0b'),
        open('x'.repeat(5_000)),
        open('readme', 0, RIGHT.READ, 9),
        open('readme', 0, RIGHT.READ, 0),
        ['path_readlink', 3, 'readme', OUT, 10, OUT + 20],
        open('etc//./sub/../motd'),
        ['path_open', 3, 0, DATA, 1, 0, RIGHT.READ, 0n, 0, OUT],
      ],
      { memory: new Uint8Array([0xff]) },
    ),
  ).toEqual([
    E.NOENT,
    E.NOENT,
    E.NOTDIR,
    E.NOTDIR,
    E.NOENT,
    E.NOTDIR,
    E.NOTDIR,
    E.EXIST,
    E.ISDIR,
    E.INVAL,
    E.NAMETOOLONG,
    E.BADF,
    E.NOTDIR,
    E.INVAL,
    E.SUCCESS,
    E.ILSEQ,
  ])
})

test('a file is read in order, from a place, and after a seek', async () => {
  const { errnos, out } = await runCalls(
    [
      open('etc/motd'),
      ['fd_read', 5, DATA, 1, OUT + 4],
      ['fd_read', 5, DATA + 8, 1, OUT + 8],
      ['fd_pread', 5, DATA + 16, 1, 7n, OUT + 12],
      ['fd_tell', 5, OUT + 16],
      ['fd_seek', 5, -2n, 2, OUT + 24],
      ['fd_read', 5, DATA + 24, 1, OUT + 32],
      ['fd_read', 5, DATA + 24, 1, OUT + 36],
      ['fd_seek', 5, -1n, 0, OUT],
      ['fd_seek', 5, 0n, 7, OUT],
      ['fd_write', 5, DATA, 1, OUT],
      ['fd_close', 5],
      ['fd_read', 5, DATA, 1, OUT],
    ],
    {
      root,
      memory: Buffer.concat([
        vector(OUT + 64, 3),
        vector(OUT + 67, 2),
        vector(OUT + 80, 99),
        vector(OUT + 96, 99),
      ]),
    },
  )
  const ok = Array(8).fill(E.SUCCESS) as number[]
  expect(errnos).toEqual([...ok, E.INVAL, E.INVAL, E.BADF, E.SUCCESS, E.BADF])
  const text = (at: number, length: number) =>
    Buffer.from(out.buffer, out.byteOffset + at, length).toString()
  expect(out.getUint32(0, true)).toBe(5)
  expect([4, 8, 12, 32, 36].map((at) => out.getUint32(at, true))).toEqual([3, 2, 5, 2, 0])
  expect(text(64, 5)).toBe('hello')
  expect(text(80, 5)).toBe('guest')
  expect(text(96, 2)).toBe('st')
  expect([out.getBigUint64(16, true), out.getBigUint64(24, true)]).toEqual([5n, 10n])
})

test('a directory is listed in parts, each beginning where the last ended', async () => {
  const { out } = await runCalls(
    [
      open('etc', OFLAGS.DIRECTORY, RIGHT.READDIR),
      ['fd_readdir', 5, OUT + 64, 1_000, 0n, OUT],
      ['fd_readdir', 5, OUT + 2_000, 1_000, 3n, OUT + 4],
      ['fd_readdir', 5, OUT + 3_000, 30, 3n, OUT + 8],
    ],
    { root },
  )
  const entries = (at: number, end: number) => {
    const names: string[] = []
    while (at < end) {
      const length = out.getUint32(at + 16, true)
      const name = Buffer.from(out.buffer, out.byteOffset + at + 24, length).toString()
      names.push(`${out.getBigUint64(at, true)} ${name} ${out.getUint8(at + 20)}`)
      at += 24 + length
    }
    return names
  }
  const used = (at: number) => out.getUint32(at, true)
  const last = ['4 motd 4', '5 sub 3']
  expect(entries(64, 64 + used(0))).toEqual(['1 . 3', '2 .. 3', '3 .hidden 4', ...last])
  expect(entries(2_000, 2_000 + used(4))).toEqual(last)
  expect(used(8)).toBe(30) // a cut entry: the buffer was full
})

test('descriptors tell what they are', async () => {
  const stats: Call[] = [0, 1, 2, 3, 4].map((fd) => ['fd_fdstat_get', fd, OUT + 24 * fd])
  const { errnos, out } = await runCalls(
    [
      ...stats,
      ['fd_prestat_get', 3, OUT + 200],
      ['fd_prestat_dir_name', 3, OUT + 208, 1],
      ['fd_prestat_get', 4, OUT + 300],
      ['fd_prestat_dir_name', 3, OUT + 300, 0],
      ['path_filestat_get', 3, 0, 'etc/motd', OUT + 400],
      ['fd_filestat_get', 3, OUT + 500],
      ['fd_seek', 3, 0n, 0, OUT + 300],
      ['fd_seek', 1, 0n, 0, OUT + 300],
      ['fd_readdir', 1, OUT + 300, 10, 0n, OUT + 320],
      ['fd_fdstat_set_rights', 3, ALL_RIGHTS, 0n],
      ['fd_fdstat_set_flags', 0, 2],
    ],
    { root },
  )
  const refused = [E.BADF, E.SPIPE, E.NOTDIR, E.NOTCAPABLE, E.INVAL]
  const ok = Array(7).fill(E.SUCCESS) as number[]
  expect(errnos).toEqual([...ok, E.BADF, E.NAMETOOLONG, E.SUCCESS, E.SUCCESS, ...refused])
  expect([0, 1, 2, 3, 4].map((fd) => out.getUint8(24 * fd))).toEqual([0, 0, 0, 3, 6])
  expect([out.getUint32(200, true), out.getUint32(204, true), out.getUint8(208)]).toEqual([
    0,
    1,
    '/'.charCodeAt(0),
  ])
  expect([out.getUint8(416), out.getBigUint64(432, true)]).toEqual([4, 12n])
  expect([out.getUint8(516), out.getBigUint64(532, true)]).toEqual([3, 0n])
})

test('descriptors are renumbered, closed, and run out', async () => {
  const moved = await errnosOf([
    open('readme'),
    ['fd_renumber', 5, 0],
    ['fd_filestat_get', 5, OUT],
    ['fd_read', 0, DATA, 0, OUT],
    ['fd_renumber', 0, 9],
    ['fd_close', 9],
  ])
  expect(moved).toEqual([0, 0, E.BADF, 0, E.BADF, E.BADF])

  const many = await errnosOf(Array.from({ length: 1_024 }, () => open('readme')))
  const free = DEFAULT_CELL_LIMITS.files - 5
  expect(many.slice(0, free)).toEqual(Array(free).fill(E.SUCCESS))
  expect(many.slice(free)).toEqual(Array(5).fill(E.MFILE))
})

test('a call takes so many vectors, and no longer list of them', async () => {
  expect(
    await errnosOf([
      ['fd_write', 1, DATA, 1_024, OUT],
      ['fd_write', 1, DATA, 1_025, OUT],
      ['fd_read', 3, DATA, -1, OUT],
      ['fd_write', 1, DATA, -1, OUT],
    ]),
  ).toEqual([0, E.INVAL, E.ISDIR, E.INVAL])
})

test('a guest may yield, and learns that there are no signals', async () => {
  expect(await errnosOf([['sched_yield'], ['proc_raise', 2]])).toEqual([0, E.NOTSUP])
})

test('addresses outside memory are answered with an error, not with a crash', async () => {
  const END = 2 * 65_536
  expect(
    await errnosOf(
      [
        ['fd_read', 0, END - 4, 1, OUT],
        ['fd_read', 4, DATA, 1, OUT],
        ['fd_write', 1, DATA, 1, OUT],
        ['random_get', -1, 2],
        ['clock_time_get', 0, 0n, END - 7],
        ['args_sizes_get', END, OUT],
        ['path_open', 3, 0, END, 1, 0, 0n, 0n, 0, OUT],
        ['path_open', 3, 0, 'readme', 0, 0n, 0n, 0, END - 2],
        ['poll_oneoff', END, OUT, 1, OUT],
        ['poll_oneoff', DATA, END, 1, OUT],
        ['fd_prestat_dir_name', 3, END, 1],
      ],
      { memory: vector(END - 8, 9) },
    ),
  ).toEqual(Array(11).fill(E.FAULT))
})

test('clocks run in whole microseconds, and there are two', async () => {
  const { errnos, out } = await runCalls([
    ['clock_time_get', 0, 0n, OUT],
    ['clock_time_get', 1, 0n, OUT + 8],
    ['clock_time_get', 1, 0n, OUT + 16],
    ['clock_res_get', 1, OUT + 24],
    ['clock_time_get', 2, 0n, OUT],
    ['clock_res_get', 9, OUT],
  ])
  expect(errnos).toEqual([0, 0, 0, 0, E.INVAL, E.INVAL])
  expect(Math.abs(Number(out.getBigUint64(0, true)) / 1e6 - Date.now())).toBeLessThan(10_000)
  const [begin, end] = [out.getBigUint64(8, true), out.getBigUint64(16, true)]
  expect(end >= begin && begin % 1_000n === 0n && end % 1_000n === 0n).toBe(true)
  expect(out.getBigUint64(24, true)).toBe(1_000n)
})

test('randomness fills what it is given, and differs', async () => {
  const { out } = await runCalls([
    ['random_get', OUT, 16],
    ['random_get', OUT + 16, 16],
  ])
  expect(out.getBigUint64(0)).not.toBe(out.getBigUint64(16))
  expect(out.getBigUint64(32)).toBe(0n)
})

test('a read that may not block answers that it would', async () => {
  expect(
    await errnosOf(
      [
        ['fd_fdstat_set_flags', 0, NONBLOCK],
        ['fd_fdstat_set_flags', 4, NONBLOCK],
        ['fd_read', 0, DATA, 1, OUT],
        ['fd_read', 4, DATA, 1, OUT],
      ],
      { memory: vector(OUT, 10) },
    ),
  ).toEqual([0, 0, E.AGAIN, E.AGAIN])
})

/** A subscription to a clock (relative, ns) or a descriptor. */
function subscription(userdata: number, type: number, subject: number, timeout = 0n): Buffer {
  const bytes = Buffer.alloc(48)
  bytes.writeBigUInt64LE(BigInt(userdata), 0)
  bytes.writeUInt8(type, 8)
  bytes.writeUInt32LE(subject, 16)
  bytes.writeBigUInt64LE(timeout, 24)
  return bytes
}
const CLOCK = 0
const READ = 1
const WRITE = 2
const MONOTONIC = 1
const eventsAt = (out: DataView, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const at = 64 + 32 * i
    const bytes = out.getBigUint64(at + 16, true)
    return {
      userdata: Number(out.getBigUint64(at, true)),
      errno: out.getUint16(at + 8, true),
      type: out.getUint8(at + 10),
      bytes: Number(bytes),
      hangup: out.getUint16(at + 24, true),
    }
  })

test('poll_oneoff waits for a stream or a timer, whichever comes first, without spinning', async () => {
  const memory = Buffer.concat([
    subscription(7, CLOCK, MONOTONIC, 60_000_000_000n),
    subscription(8, READ, 0),
    subscription(9, CLOCK, MONOTONIC, 300_000_000n),
  ])
  const timed = await runCalls(
    [
      ['clock_time_get', 1, 0n, OUT],
      ['poll_oneoff', DATA, OUT + 64, 3, OUT + 16],
      ['clock_time_get', 1, 0n, OUT + 8],
    ],
    { memory },
  )
  expect(timed.out.getUint32(16, true)).toBe(1)
  expect(eventsAt(timed.out, 1)).toEqual([
    { userdata: 9, errno: 0, type: CLOCK, bytes: 0, hangup: 0 },
  ])
  const waited = timed.out.getBigUint64(8, true) - timed.out.getBigUint64(0, true)
  expect(Number(waited)).toBeGreaterThanOrEqual(300_000_000)

  const streamed = await runCalls([['poll_oneoff', DATA, OUT + 64, 2, OUT + 16]], {
    memory,
    async meanwhile(cell) {
      await untilIdle(200, 100)
      await cell.stdin.write(new Uint8Array(5))
    },
  })
  expect(streamed.out.getUint32(16, true)).toBe(1)
  expect(eventsAt(streamed.out, 1)).toEqual([
    { userdata: 8, errno: 0, type: READ, bytes: 5, hangup: 0 },
  ])
})

test('poll_oneoff reports every descriptor that is ready, closed, or wrong', async () => {
  const memory = Buffer.concat([
    subscription(1, WRITE, 1),
    subscription(2, READ, 4),
    subscription(3, READ, 77),
    subscription(4, READ, 1),
    subscription(5, CLOCK, 3),
    subscription(6, READ, 0),
  ])
  const { errnos, out } = await runCalls(
    [
      ['fd_read', 4, DATA + 300, 1, OUT],
      ['poll_oneoff', DATA, OUT + 64, 6, OUT + 16],
      ['poll_oneoff', DATA, OUT + 64, 0, OUT + 20],
    ],
    {
      memory: Buffer.concat([memory, Buffer.alloc(300 - memory.length), vector(OUT + 900, 9)]),
      meanwhile: (cell) => cell.data.close(),
    },
  )
  expect(errnos).toEqual([0, 0, E.INVAL])
  expect(out.getUint32(16, true)).toBe(5)
  expect(eventsAt(out, 5)).toEqual([
    { userdata: 1, errno: 0, type: WRITE, bytes: 65_536, hangup: 0 },
    { userdata: 2, errno: 0, type: READ, bytes: 0, hangup: 1 },
    { userdata: 3, errno: E.BADF, type: READ, bytes: 0, hangup: 0 },
    { userdata: 4, errno: E.BADF, type: READ, bytes: 0, hangup: 0 },
    { userdata: 5, errno: E.INVAL, type: CLOCK, bytes: 0, hangup: 0 },
  ])
})

test('a file the host cannot read is an I/O error, and the cell goes on', async () => {
  const broken = {
    ...treeOf({ '/x': 'x' }),
    read: () => Promise.reject(new Error('disk on fire')),
  }
  expect(
    await errnosOf([open('x'), ['fd_read', 5, DATA, 1, OUT], ['fd_close', 5]], {
      root: broken,
      memory: vector(OUT, 5),
    }),
  ).toEqual([0, 29, 0])
})

test('without a root a cell sees a directory with nothing but its own /tmp', async () => {
  const { errnos, out } = await runCalls([
    open('x'),
    ['fd_readdir', 3, OUT + 64, 1_000, 0n, OUT],
    ['path_filestat_get', 3, 0, '.', OUT + 200],
  ])
  expect(errnos).toEqual([E.NOENT, 0, 0])
  expect(out.getUint32(0, true)).toBe(24 + 1 + 24 + 2 + 24 + 3)
})
