import { expect, test } from 'vitest'

import { DEFAULT_CELL_LIMITS } from '../../src/cell/index.ts'
import { DATA, OUT, runCalls } from './help/calls.ts'
import type { Call } from './help/calls.ts'
import { spawn, treeOf } from './help/cells.ts'
import { DIRECTORY, ERRNO as E, OFLAGS, open, READ, vector, WRITE } from './help/preview1.ts'
import { command } from './help/wat.ts'

const { CREAT, TRUNC, EXCL } = OFLAGS
const READ_WRITE = READ | WRITE
const FOLLOW = 1
const APPEND = 1

/** A call and what it must answer. */
type Step = readonly [call: Call, errno: number]

/** Runs calls in one cell, and compares what each answers; gives what lies at `OUT`. */
async function expectSteps(steps: readonly Step[], options = {}): Promise<DataView> {
  const { errnos, out } = await runCalls(
    steps.map(([call]) => call),
    options,
  )
  const told = (answers: readonly number[]) =>
    steps.map(([call], i) => `${call.map(String).join(' ')} → ${answers[i]}`)
  expect(told(errnos)).toEqual(told(steps.map(([, errno]) => errno)))
  return out
}

const ok = (...call: Call): Step => [call, E.SUCCESS]
const fails = (errno: number, ...call: Call): Step => [call, errno]
/** Creates a file below fd 3 and closes it again. */
const file = (path: string): Step[] => [
  [open(path, CREAT, READ_WRITE), E.SUCCESS],
  ok('fd_close', 5),
]
const mkdir = (path: string) => ok('path_create_directory', 3, path)
const rename = (from: string, to: string): Call => ['path_rename', 3, from, 3, to]
const link = (from: string, to: string): Call => ['path_link', 3, 0, from, 3, to]
const symlink = (target: string, path: string): Call => ['path_symlink', target, 3, path]
const stat = (path: string, at = OUT + 1_000): Call => ['path_filestat_get', 3, 0, path, at]

const text = (out: DataView, at: number, length: number) =>
  Buffer.from(out.buffer, out.byteOffset + at, length).toString()
const u32 = (out: DataView, at: number) => out.getUint32(at, true)
const u64 = (out: DataView, at: number) => Number(out.getBigUint64(at, true))

const HELLO = {
  memory: Buffer.concat([vector(DATA + 16, 5), vector(OUT, 64), Buffer.from('hello')]),
}
/** Writes “hello” from, and reads up to 64 bytes to `OUT`. */
const HELLO_AT = DATA
const TO_OUT = DATA + 8

test('a file in /tmp is created, written, read again and removed', async () => {
  const out = await expectSteps(
    [
      [open('tmp/a', CREAT, READ_WRITE), E.SUCCESS],
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok('fd_tell', 5, OUT + 104),
      ok('fd_seek', 5, 3n, 0, OUT + 112),
      ok('fd_read', 5, TO_OUT, 1, OUT + 120),
      ok('fd_close', 5),
      ok(...stat('tmp/a')),
      [open('tmp/a', TRUNC, READ), E.SUCCESS],
      ok('fd_read', 5, TO_OUT, 1, OUT + 124),
      ok('fd_close', 5),
      ok('path_unlink_file', 3, 'tmp/a'),
      [open('tmp/a'), E.NOENT],
    ],
    HELLO,
  )
  expect([u32(out, 100), u64(out, 104), u64(out, 112), u32(out, 120)]).toEqual([5, 10, 3, 7])
  expect(text(out, 0, 7)).toBe('lohello')
  expect([out.getUint8(1_016), u64(out, 1_024), u64(out, 1_032)]).toEqual([4, 1, 10])
  expect(u32(out, 124)).toBe(0)
})

test('each cell has a /tmp of its own, empty at first, and it hides the one of the image', async () => {
  const root = treeOf({ '/tmp/old': 'x', '/zoo': '' })
  const out = await expectSteps(
    [
      [open('tmp/old'), E.NOENT],
      ...file('tmp/new'),
      [open('tmp/new'), E.SUCCESS],
      ok('fd_close', 5),
      ok('fd_readdir', 3, OUT, 1_000, 2n, OUT + 1_000),
      ok(...stat('tmp', OUT + 1_100)),
    ],
    { root },
  )
  expect(u32(out, 1_000)).toBe(24 + 3 + 24 + 3)
  expect([text(out, 24, 3), text(out, 51, 3)]).toEqual(['tmp', 'zoo'])
  expect(out.getBigUint64(8, true)).toBe(out.getBigUint64(1_108, true))
  await expectSteps([[open('tmp/new'), E.NOENT]], { root })
})

test('what happens in /tmp is no business of the host', async () => {
  const asked: string[] = []
  const tree = treeOf({})
  const root = { ...tree, find: (path: string) => (asked.push(path), tree.find(path)) }
  await expectSteps(
    [
      mkdir('tmp/d'),
      ...file('tmp/d/../d/a'),
      ok(...rename('tmp/d/a', 'tmp/b')),
      ok(...stat('tmp/b')),
      [open('tmp/../tmp/b'), E.SUCCESS],
    ],
    { root },
  )
  expect(asked).toEqual([])
})

test('what is outside /tmp stays read-only, also for what comes from /tmp', async () => {
  await expectSteps(
    [
      ...file('tmp/a'),
      fails(E.ROFS, ...rename('tmp/a', 'etc/a')),
      fails(E.ROFS, ...rename('etc/motd', 'tmp/motd')),
      fails(E.ROFS, ...rename('tmp', 'other')),
      fails(E.XDEV, ...link('etc/motd', 'tmp/motd')),
      fails(E.ROFS, ...link('tmp/a', 'etc/a')),
      fails(E.ROFS, ...symlink('tmp/a', 'link')),
      fails(E.ROFS, 'path_remove_directory', 3, 'tmp'),
      fails(E.EXIST, 'path_create_directory', 3, 'tmp'),
      fails(E.EXIST, 'path_create_directory', 3, 'etc'),
      fails(E.ISDIR, 'path_unlink_file', 3, 'tmp'),
      fails(E.ROFS, 'path_create_directory', 3, 'tmp/../etc/x'),
      fails(E.PERM, ...rename('tmp/a', 'tmp/../../a')),
    ],
    { root: treeOf({ '/etc/motd': 'hello' }) },
  )
})

test('opening is refused for what is there, what is not, and what is something else', async () => {
  await expectSteps([
    ...file('tmp/a'),
    mkdir('tmp/d'),
    [open('tmp/a', CREAT | EXCL), E.EXIST],
    [open('tmp/d', CREAT | EXCL), E.EXIST],
    [open('tmp/a', DIRECTORY), E.NOTDIR],
    [open('tmp/n', DIRECTORY), E.NOENT],
    [open('tmp/n', CREAT | DIRECTORY), E.INVAL],
    [open('tmp/n/', CREAT), E.ISDIR],
    [open('tmp/d', 0, WRITE), E.ISDIR],
    [open('tmp/d', DIRECTORY, READ_WRITE), E.ISDIR],
    [open('tmp/d', TRUNC), E.ISDIR],
    [open('tmp/n/a', CREAT), E.NOENT],
    [open('tmp/a/a', CREAT), E.NOTDIR],
    [open(`tmp/${'x'.repeat(256)}`, CREAT), E.NAMETOOLONG],
    [open('tmp/d/x', CREAT | 16), E.INVAL],
    [['path_open', 3, 0, 'tmp/a', 0, READ, 0n, 32, OUT], E.INVAL],
    [open('tmp/a', 0, READ), E.SUCCESS],
    [open('foo', CREAT, READ, 5), E.NOTDIR],
    [['path_open', 3, 0, 'tmp', 0, 0n, 0n, 4, OUT], E.SUCCESS],
  ])
})

test('only what was asked for can be done: reading, or writing', async () => {
  const out = await expectSteps(
    [
      ...file('tmp/a'),
      [open('tmp/a', 0, WRITE), E.SUCCESS],
      fails(E.BADF, 'fd_read', 5, TO_OUT, 1, OUT + 100),
      fails(E.BADF, 'fd_pread', 5, TO_OUT, 1, 0n, OUT + 100),
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      [open('tmp/a', 0, READ), E.SUCCESS],
      fails(E.BADF, 'fd_write', 6, HELLO_AT, 1, OUT + 100),
      fails(E.BADF, 'fd_pwrite', 6, HELLO_AT, 1, 0n, OUT + 100),
      fails(E.NOTCAPABLE, 'fd_filestat_set_size', 6, 0n),
      fails(E.NOTCAPABLE, 'fd_allocate', 6, 0n, 10n),
      ok('fd_read', 6, TO_OUT, 1, OUT + 104),
      [open('tmp/a', 0, 0n), E.SUCCESS],
      fails(E.BADF, 'fd_read', 7, TO_OUT, 1, OUT + 100),
      fails(E.BADF, 'fd_write', 7, HELLO_AT, 1, OUT + 100),
      ok('fd_filestat_get', 7, OUT + 200),
    ],
    HELLO,
  )
  expect(text(out, 0, u32(out, 104))).toBe('hello')
})

test('rights that were taken away are gone, for what is opened from then on too', async () => {
  const RIGHT = { SEEK: 1n << 2n, UNLINK: 1n << 26n, SET_SIZE_AT: 1n << 19n }
  const ALL = (1n << 29n) - 1n
  // As the root holds them: see `rights.ts`.
  const INHERITED = 0xf_ff_ff_ffn & ~(1n << 28n)
  const out = await expectSteps([
    ...file('tmp/a'),
    ok('fd_fdstat_get', 3, OUT),
    [open('tmp/a', 0, READ_WRITE), E.SUCCESS],
    ok('fd_fdstat_get', 5, OUT + 24),
    ok('fd_fdstat_set_rights', 5, READ, 0n),
    fails(E.NOTCAPABLE, 'fd_fdstat_set_rights', 5, READ_WRITE, 0n),
    fails(E.NOTCAPABLE, 'fd_seek', 5, 1n, 0, OUT + 500),
    fails(E.NOTCAPABLE, 'fd_filestat_get', 5, OUT + 500),
    fails(E.BADF, 'fd_write', 5, DATA, 0, OUT + 500),
    ok('fd_close', 5),
    [open('tmp', DIRECTORY), E.SUCCESS],
    ok('fd_fdstat_get', 5, OUT + 48),
    ok('fd_fdstat_set_rights', 5, RIGHT.UNLINK | (1n << 13n), READ),
    [['path_open', 5, 0, 'a', TRUNC, READ, 0n, 0, OUT + 500], E.NOTCAPABLE],
    [['path_open', 5, 0, 'b', CREAT, READ, 0n, 0, OUT + 500], E.NOTCAPABLE],
    fails(E.NOTCAPABLE, 'path_create_directory', 5, 'd'),
    fails(E.NOTCAPABLE, 'fd_readdir', 5, OUT + 500, 10, 0n, OUT + 600),
    [['path_open', 5, 0, 'a', 0, READ | WRITE, 0n, 0, OUT + 500], E.SUCCESS],
    ok('fd_fdstat_get', 6, OUT + 72),
    ok('path_unlink_file', 5, 'a'),
  ])
  const rightsAt = (at: number) => out.getBigUint64(at + 8, true)
  const directory = rightsAt(0)
  expect(out.getBigUint64(16, true) & INHERITED).toBe(out.getBigUint64(16, true) & ALL)
  expect(directory & (RIGHT.SEEK | READ | WRITE)).toBe(0n)
  expect(directory & (RIGHT.UNLINK | RIGHT.SET_SIZE_AT)).toBe(RIGHT.UNLINK | RIGHT.SET_SIZE_AT)
  expect(rightsAt(48)).toBe(directory)
  expect(rightsAt(24) & (READ | WRITE | RIGHT.SEEK)).toBe(READ | WRITE | RIGHT.SEEK)
  expect(rightsAt(72)).toBe(READ)
})

test('appending writes at the end wherever the position is, until it is switched off', async () => {
  const out = await expectSteps(
    [
      [['path_open', 3, 0, 'tmp/a', CREAT, READ_WRITE, 0n, APPEND, OUT + 100], E.SUCCESS],
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok('fd_seek', 5, 0n, 0, OUT + 104),
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok('fd_tell', 5, OUT + 112),
      ok('fd_fdstat_get', 5, OUT + 200),
      ok('fd_fdstat_set_flags', 5, 0),
      fails(E.INVAL, 'fd_fdstat_set_flags', 5, 2),
      ok('fd_seek', 5, 1n, 0, OUT + 104),
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok('fd_pread', 5, TO_OUT, 1, 0n, OUT + 120),
    ],
    HELLO,
  )
  expect([u64(out, 112), u32(out, 120), out.getUint16(202, true)]).toEqual([10, 10, APPEND])
  expect(text(out, 0, 10)).toBe('hhelloello')
})

test('reading and writing at a place leaves the position, and a hole is zeroes', async () => {
  const out = await expectSteps(
    [
      [open('tmp/a', CREAT, READ_WRITE), E.SUCCESS],
      ok('fd_pwrite', 5, HELLO_AT, 1, 200_000n, OUT + 100),
      ok('fd_pread', 5, TO_OUT, 1, 199_990n, OUT + 104),
      ok('fd_tell', 5, OUT + 112),
      ok('fd_filestat_get', 5, OUT + 200),
      fails(E.INVAL, 'fd_pread', 5, TO_OUT, 1, -1n, OUT + 120),
      fails(E.INVAL, 'fd_pwrite', 5, HELLO_AT, 1, -1n, OUT + 120),
      ok('fd_pread', 5, TO_OUT, 1, 1n << 52n, OUT + 120),
      fails(E.NOSPC, 'fd_pwrite', 5, HELLO_AT, 1, 1n << 52n, OUT + 124),
    ],
    HELLO,
  )
  expect([u32(out, 104), u64(out, 112), u64(out, 232), u32(out, 120)]).toEqual([15, 0, 200_005, 0])
  expect(text(out, 0, 15)).toBe('\0\0\0\0\0\0\0\0\0\0hello')
})

test('a file grows and shrinks, and shows nothing of what it was', async () => {
  const out = await expectSteps(
    [
      [open('tmp/a', CREAT, READ_WRITE), E.SUCCESS],
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok('fd_filestat_set_size', 5, 2n),
      ok('fd_filestat_set_size', 5, 100n),
      ok('fd_allocate', 5, 10n, 20n),
      ok('fd_allocate', 5, 90n, 20n),
      ok('fd_filestat_get', 5, OUT + 200),
      ok('fd_pread', 5, TO_OUT, 1, 0n, OUT + 104),
      fails(E.INVAL, 'fd_allocate', 5, 0n, 0n),
      fails(E.INVAL, 'fd_allocate', 5, -1n, 10n),
      fails(E.INVAL, 'fd_filestat_set_size', 5, -1n),
      fails(E.ISDIR, 'fd_allocate', 3, 0n, 1n),
      fails(E.ISDIR, 'fd_filestat_set_size', 3, 0n),
      fails(E.SPIPE, 'fd_allocate', 1, 0n, 1n),
      fails(E.INVAL, 'fd_filestat_set_size', 1, 0n),
      ok('fd_advise', 5, 10n, 50n, 0),
      fails(E.INVAL, 'fd_advise', 5, 10n, 50n, 6),
      fails(E.BADF, 'fd_advise', 3, 0n, 0n, 0),
      ok('fd_sync', 5),
      ok('fd_datasync', 5),
      fails(E.BADF, 'fd_sync', 77),
    ],
    HELLO,
  )
  expect(u64(out, 232)).toBe(110)
  expect(text(out, 0, 6)).toBe('he\0\0\0\0')
})

test('directories are made and removed, with and without a slash at the end', async () => {
  await expectSteps([
    mkdir('tmp/d'),
    mkdir('tmp/d/nested/'),
    fails(E.EXIST, 'path_create_directory', 3, 'tmp/d'),
    fails(E.EXIST, 'path_create_directory', 3, 'tmp/d/.'),
    fails(E.NOENT, 'path_create_directory', 3, 'tmp/n/d'),
    fails(E.NOTEMPTY, 'path_remove_directory', 3, 'tmp/d'),
    ok('path_remove_directory', 3, 'tmp/d/nested/'),
    fails(E.INVAL, 'path_remove_directory', 3, 'tmp/d/.'),
    ok('path_remove_directory', 3, 'tmp/d'),
    fails(E.NOENT, 'path_remove_directory', 3, 'tmp/d'),
    ...file('tmp/a'),
    fails(E.NOTDIR, 'path_remove_directory', 3, 'tmp/a'),
    fails(E.NOTDIR, 'path_remove_directory', 3, 'tmp/a/'),
    mkdir('tmp/d'),
    fails(E.ISDIR, 'path_unlink_file', 3, 'tmp/d'),
    fails(E.ISDIR, 'path_unlink_file', 3, 'tmp/d/'),
    fails(E.NOTDIR, 'path_unlink_file', 3, 'tmp/a/'),
    fails(E.NOTDIR, 'path_unlink_file', 3, 'tmp/a/b'),
    ok('path_unlink_file', 3, 'tmp/a'),
  ])
})

test('renaming replaces what may be replaced, and nothing else', async () => {
  const out = await expectSteps([
    mkdir('tmp/s'),
    ok(...rename('tmp/s/', 'tmp/t')),
    ok(...rename('tmp/t', 'tmp/s/')),
    mkdir('tmp/t'),
    ok(...rename('tmp/s', 'tmp/t')),
    fails(E.NOENT, ...rename('tmp/s', 'tmp/t')),
    mkdir('tmp/s'),
    ...file('tmp/t/file'),
    fails(E.NOTEMPTY, ...rename('tmp/s', 'tmp/t')),
    fails(E.NOTDIR, ...rename('tmp/s', 'tmp/t/file')),
    fails(E.INVAL, ...rename('tmp/t', 'tmp/t/below')),
    fails(E.INVAL, ...rename('tmp/t', 'tmp/t/.')),
    ...file('tmp/a'),
    fails(E.ISDIR, ...rename('tmp/a', 'tmp/s')),
    fails(E.NOTDIR, ...rename('tmp/a', 'tmp/b/')),
    fails(E.NOTDIR, ...rename('tmp/a/', 'tmp/b')),
    ok(...rename('tmp/a', 'tmp/t/file')),
    ok(...rename('tmp/t/file', 'tmp/t/file')),
    ok(...stat('tmp/t/file')),
    ok(...rename('tmp/t', 'tmp/s')),
    [open('tmp/s', DIRECTORY), E.SUCCESS],
    [open('../s/file', 0, READ, 5), E.PERM],
    [open('file', 0, READ, 5), E.SUCCESS],
    ok('fd_readdir', 5, OUT, 1_000, 1n, OUT + 1_100),
  ])
  expect(text(out, 24, 2)).toBe('..')
  expect(u64(out, 1_024)).toBe(1)
})

test('a file may have several names, and goes with the last', async () => {
  const out = await expectSteps(
    [
      [open('tmp/a', CREAT, READ_WRITE), E.SUCCESS],
      ok(...link('tmp/a', 'tmp/b')),
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok(...stat('tmp/a', OUT + 200)),
      ok(...stat('tmp/b', OUT + 300)),
      ok(...rename('tmp/a', 'tmp/b')),
      ok(...stat('tmp/a', OUT + 400)),
      ok('path_unlink_file', 3, 'tmp/a'),
      ok(...stat('tmp/b', OUT + 400)),
      fails(E.EXIST, ...link('tmp/b', 'tmp/b')),
      mkdir('tmp/d'),
      fails(E.EXIST, ...link('tmp/b', 'tmp/d')),
      fails(E.PERM, ...link('tmp/d', 'tmp/e')),
      fails(E.NOENT, ...link('tmp/b', 'tmp/c/')),
      fails(E.NOENT, ...link('tmp/none', 'tmp/c')),
      ok(...symlink('none', 'tmp/l')),
      ok(...link('tmp/l', 'tmp/l2')),
      fails(E.EXIST, ...link('tmp/b', 'tmp/l')),
      fails(E.NOENT, 'path_link', 3, FOLLOW, 'tmp/l', 3, 'tmp/c'),
    ],
    HELLO,
  )
  expect(
    Buffer.compare(
      Buffer.from(out.buffer, out.byteOffset + 200, 64),
      Buffer.from(out.buffer, out.byteOffset + 300, 64),
    ),
  ).toBe(0)
  expect([u64(out, 224), u64(out, 232), u64(out, 424)]).toEqual([2, 5, 1])
})

test('links are followed when asked to, on the way always, and never out of the directory', async () => {
  const openAt = (path: string, follow: number, oflags = 0, fd = 3): Call => [
    'path_open',
    fd,
    follow,
    path,
    oflags,
    READ,
    0n,
    0,
    OUT + 100,
  ]
  const out = await expectSteps(
    [
      mkdir('tmp/d'),
      ...file('tmp/d/a'),
      ok(...symlink('d', 'tmp/l')),
      ok(...symlink('l/a', 'tmp/f')),
      ok(...symlink('loop', 'tmp/loop')),
      ok(...symlink('nothing', 'tmp/dangling')),
      ok(...symlink('../../etc', 'tmp/d/up')),
      ok(...symlink('../tmp/d/a', 'tmp/over')),
      fails(E.PERM, ...symlink('/etc/motd', 'tmp/abs')),
      fails(E.NOENT, ...symlink('', 'tmp/abs')),
      fails(E.NOENT, ...symlink('d', 'tmp/abs/')),
      fails(E.EXIST, ...symlink('d', 'tmp/d')),
      fails(E.EXIST, ...symlink('d', 'tmp/d/')),
      fails(E.EXIST, ...symlink('d', 'tmp/l')),
      [openAt('tmp/l', 0), E.LOOP],
      [openAt('tmp/l', 0, DIRECTORY), E.LOOP],
      [openAt('tmp/f', 0), E.LOOP],
      [openAt('tmp/loop', 0), E.LOOP],
      [openAt('tmp/loop', FOLLOW), E.LOOP],
      [openAt('tmp/loop/x', 0), E.LOOP],
      [openAt('tmp/dangling', 0), E.LOOP],
      [openAt('tmp/dangling', FOLLOW), E.NOENT],
      [openAt('tmp/dangling', FOLLOW, CREAT | EXCL), E.EXIST],
      [openAt('tmp/f/', FOLLOW), E.NOTDIR],
      [openAt('tmp/f', FOLLOW, DIRECTORY), E.NOTDIR],
      [openAt('tmp/d/up/motd', FOLLOW), E.SUCCESS],
      [openAt('tmp/over', FOLLOW), E.SUCCESS],
      [openAt('tmp/l/a', 0), E.SUCCESS],
      [openAt('tmp/l/', 0, DIRECTORY), E.SUCCESS],
      [openAt('tmp/f', FOLLOW), E.SUCCESS],
      [openAt('a', 0, 0, 8), E.SUCCESS],
      [openAt('up', FOLLOW, 0, 8), E.PERM],
      [openAt('tmp/dangling', FOLLOW, CREAT), E.SUCCESS],
      ok(...stat('tmp/nothing')),
      ok('path_readlink', 3, 'tmp/f', OUT, 10, OUT + 200),
      ok('path_readlink', 3, 'tmp/f', OUT + 20, 2, OUT + 204),
      ok('path_readlink', 3, 'tmp/f', OUT + 30, 0, OUT + 208),
      fails(E.INVAL, 'path_readlink', 3, 'tmp/d', OUT, 10, OUT + 200),
      ok(...stat('tmp/l', OUT + 300)),
      ok('path_filestat_get', 3, FOLLOW, 'tmp/l', OUT + 400),
      ok('path_unlink_file', 3, 'tmp/l'),
      ok('path_unlink_file', 3, 'tmp/loop'),
      ok(...stat('tmp/d/a')),
    ],
    { root: treeOf({ '/etc/motd': 'hello' }) },
  )
  expect([u32(out, 200), text(out, 0, 4)]).toEqual([3, 'l/a\0'])
  expect([u32(out, 204), text(out, 20, 3), u32(out, 208)]).toEqual([2, 'l/\0', 0])
  expect([out.getUint8(316), u64(out, 332), out.getUint8(416)]).toEqual([7, 1, 3])
})

test('paths may be written in odd ways, and lead where they lead', async () => {
  await expectSteps([
    mkdir('tmp/dir'),
    mkdir('tmp/dir/nested'),
    ...file('tmp/dir/nested/file'),
    [open('tmp', DIRECTORY), E.SUCCESS],
    [open('/dir/nested/file', 0, READ, 5), E.PERM],
    [open('dir/.//nested/../../dir/nested/../nested///./file', 0, READ, 5), E.SUCCESS],
    [open('dir/nested/file\0', 0, READ, 5), E.INVAL],
    [open('dir/nested/file/', 0, READ, 5), E.NOTDIR],
    [open('dir/nested/file///', 0, READ, 5), E.NOTDIR],
    [open('dir/nested/file/.', 0, READ, 5), E.NOTDIR],
    [open('dir/nested/file/..', 0, READ, 5), E.NOTDIR],
    [open('dir/nested///', 0, READ, 5), E.SUCCESS],
    [open('dir/nested/../../../tmp/dir', 0, READ, 5), E.PERM],
    [open('dir/none/../nested', 0, READ, 5), E.NOENT],
    [open('ünïcödé/☃', CREAT, READ, 5), E.NOENT],
    [open('ünïcödé ☃', CREAT, READ, 5), E.SUCCESS],
    [open('tmp/ünïcödé ☃'), E.SUCCESS],
    [open('', 0, READ, 5), E.NOENT],
    [open('.', 0, READ, 5), E.SUCCESS],
  ])
})

/** The entries of a listing that begins at `at` and has `used` bytes, whole ones only. */
function entriesAt(out: DataView, at: number, used: number) {
  const entries: { next: number; name: string; type: number }[] = []
  for (let begin = at; begin + 24 <= at + used;) {
    const length = u32(out, begin + 16)
    if (begin + 24 + length > at + used) break
    const name = text(out, begin + 24, length)
    entries.push({ next: u64(out, begin), name, type: out.getUint8(begin + 20) })
    begin += 24 + length
  }
  return entries
}

test('a listing goes on where it ended, whatever was removed or added meanwhile', async () => {
  const out = await expectSteps([
    mkdir('tmp/d'),
    [open('tmp/d', DIRECTORY), E.SUCCESS],
    ok('fd_readdir', 5, OUT, 200, 0n, OUT + 1_000),
    ...['a', 'b', 'c', 'd'].flatMap((name): Step[] => [
      [open(`tmp/d/${name}`, CREAT), E.SUCCESS],
      ok('fd_close', 6),
    ]),
    ok('fd_readdir', 5, OUT + 200, 200, 0n, OUT + 1_004),
    ok('path_unlink_file', 3, 'tmp/d/a'),
    ok('path_unlink_file', 3, 'tmp/d/c'),
    [open('tmp/d/e', CREAT), E.SUCCESS],
    ok('fd_readdir', 5, OUT + 400, 200, 4n, OUT + 1_008), // behind b
    ok('fd_readdir', 5, OUT + 600, 23, 0n, OUT + 1_012),
    ok('fd_readdir', 5, OUT + 700, 24, 0n, OUT + 1_016),
    ok('fd_readdir', 5, OUT + 800, 0, 0n, OUT + 1_020),
    ok('fd_readdir', 5, OUT + 800, 100, -1n, OUT + 1_024),
    fails(E.NOTDIR, 'fd_readdir', 6, OUT + 800, 100, 0n, OUT + 1_024),
  ])
  const listed = (at: number, used: number) =>
    entriesAt(out, at, u32(out, used)).map(({ name, next }) => `${name} ${next}`)
  expect(listed(0, 1_000)).toEqual(['. 1', '.. 2'])
  expect(listed(200, 1_004)).toEqual(['. 1', '.. 2', 'a 3', 'b 4', 'c 5', 'd 6'])
  expect(listed(400, 1_008)).toEqual(['d 6', 'e 7'])
  expect([1_012, 1_016, 1_020, 1_024].map((at) => u32(out, at))).toEqual([23, 24, 0, 0])
  expect(text(out, 700, 24).length).toBe(24)
})

test('a file that was removed lives as long as it is open, and its name is free', async () => {
  const out = await expectSteps(
    [
      [open('tmp/a', CREAT, READ_WRITE), E.SUCCESS],
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok('path_unlink_file', 3, 'tmp/a'),
      [open('tmp/a', CREAT, READ), E.SUCCESS],
      ok('fd_pread', 5, TO_OUT, 1, 0n, OUT + 104),
      ok('fd_filestat_get', 5, OUT + 200),
      ok('fd_read', 6, TO_OUT, 1, OUT + 108),
      mkdir('tmp/d'),
      [open('tmp/d', DIRECTORY), E.SUCCESS],
      ok('path_remove_directory', 3, 'tmp/d'),
      [open('x', CREAT, READ, 7), E.NOENT],
      fails(E.NOENT, 'path_create_directory', 7, 'x'),
      ok('fd_readdir', 7, OUT + 300, 100, 2n, OUT + 112),
      mkdir('tmp/d'),
    ],
    HELLO,
  )
  expect([u32(out, 104), u64(out, 224), u32(out, 108), u32(out, 112)]).toEqual([5, 0, 0, 0])
})

test('descriptors move over others, also over the standard streams and the root', async () => {
  const out = await expectSteps([
    ...file('tmp/a'),
    [open('tmp/a'), E.SUCCESS],
    [open('tmp', DIRECTORY), E.SUCCESS],
    ok('fd_filestat_get', 6, OUT + 100),
    ok('fd_renumber', 5, 0),
    ok('fd_filestat_get', 0, OUT + 200),
    fails(E.BADF, 'fd_close', 5),
    fails(E.BADF, 'fd_renumber', 0, 5),
    fails(E.BADF, 'fd_renumber', 0, -1),
    ok('fd_renumber', 6, 3),
    ok('fd_filestat_get', 3, OUT + 300),
    fails(E.BADF, 'fd_prestat_get', 3, OUT + 400),
    [open('a'), E.SUCCESS],
    [open('etc'), E.NOENT],
    ok('fd_close', 3),
    fails(E.BADF, 'fd_close', 3),
    fails(E.BADF, 'fd_fdstat_get', 3, OUT),
    fails(E.BADF, 'fd_fdstat_get', 0x7fff_ffff, OUT),
    fails(E.BADF, 'fd_read', -1, DATA, 0, OUT),
  ])
  expect(out.getUint8(216)).toBe(4)
  expect([u64(out, 300), u64(out, 308)]).toEqual([u64(out, 100), u64(out, 108)])
})

test('times are set as told, and contradictions refused', async () => {
  const out = await expectSteps([
    ...file('tmp/a'),
    ok(...symlink('a', 'tmp/l')),
    ok('path_filestat_set_times', 3, 0, 'tmp/a', 111n, 222n, 5),
    ok(...stat('tmp/a', OUT)),
    ok('path_filestat_set_times', 3, 0, 'tmp/l', 0n, 333n, 4),
    ok('path_filestat_set_times', 3, 0, 'tmp/a', 444n, 0n, 8),
    ok(...stat('tmp/a', OUT + 100)),
    ok(...stat('tmp/l', OUT + 200)),
    ok('path_filestat_set_times', 3, FOLLOW, 'tmp/l', 0n, 555n, 4),
    [open('tmp/a'), E.SUCCESS],
    ok('fd_filestat_set_times', 5, 666n, 0n, 1),
    ok('fd_filestat_get', 5, OUT + 300),
    fails(E.INVAL, 'fd_filestat_set_times', 5, 1n, 1n, 3),
    fails(E.INVAL, 'fd_filestat_set_times', 5, 1n, 1n, 12),
    fails(E.INVAL, 'fd_filestat_set_times', 5, 1n, 1n, 16),
    fails(E.INVAL, 'path_filestat_set_times', 3, 0, 'tmp/a', 1n, 1n, 12),
    fails(E.INVAL, 'fd_filestat_set_times', 1, 1n, 1n, 0),
  ])
  expect([u64(out, 40), u64(out, 48)]).toEqual([111, 222])
  expect(u64(out, 140)).toBe(111)
  expect(Math.abs(u64(out, 148) / 1e6 - Date.now())).toBeLessThan(60_000)
  expect(u64(out, 248)).toBe(333)
  expect([u64(out, 340), u64(out, 348)]).toEqual([666, 555])
})

test('/tmp holds so many bytes, and gives back what is removed and closed', async () => {
  const most = BigInt(DEFAULT_CELL_LIMITS.tmpBytes)
  const out = await expectSteps(
    [
      [open('tmp/a', CREAT, READ_WRITE), E.SUCCESS],
      fails(E.NOSPC, 'fd_filestat_set_size', 5, most + 1n),
      fails(E.NOSPC, 'fd_allocate', 5, 1n, most),
      ok('fd_filestat_set_size', 5, most - 3n),
      [open('tmp/b', CREAT, READ_WRITE), E.SUCCESS],
      ok('fd_write', 6, HELLO_AT, 1, OUT + 100), // as much as fits
      fails(E.NOSPC, 'fd_write', 6, HELLO_AT, 1, OUT + 104),
      fails(E.NOSPC, ...symlink('b', 'tmp/l')),
      ok('path_unlink_file', 3, 'tmp/a'),
      fails(E.NOSPC, 'fd_write', 6, HELLO_AT, 1, OUT + 104), // it is still open
      ok('fd_close', 5),
      ok('fd_write', 6, HELLO_AT, 1, OUT + 104),
      ok(...link('tmp/b', 'tmp/c')),
      ok('path_unlink_file', 3, 'tmp/b'),
      ok('fd_close', 6),
      [open('tmp/d', CREAT, READ_WRITE), E.SUCCESS],
      fails(E.NOSPC, 'fd_filestat_set_size', 5, most - 7n), // its other name is left
      ok('fd_filestat_set_size', 5, most - 8n),
      ok('fd_filestat_set_size', 5, 0n),
      ok(...rename('tmp/d', 'tmp/c')),
      ok('fd_filestat_set_size', 5, most),
    ],
    HELLO,
  )
  expect([u32(out, 100), u32(out, 104)]).toEqual([3, 5])
})

test('/tmp holds so many names', async () => {
  // Makes `tmp/aaaa`, `tmp/baaa` and so on, and exits with how many it could.
  const bytes = command(
    { path_create_directory: 'i32 i32 i32', proc_exit: 'i32' },
    `(local $made i32) (local $n i32)
    (i32.store (i32.const 0) (i32.const 0x2f706d74)) ;; "tmp/"
    (loop $next
      (local.set $n (local.get $made))
      (i32.store8 (i32.const 4) (i32.add (i32.const 97) (i32.and (local.get $n) (i32.const 15))))
      (local.set $n (i32.shr_u (local.get $n) (i32.const 4)))
      (i32.store8 (i32.const 5) (i32.add (i32.const 97) (i32.and (local.get $n) (i32.const 15))))
      (local.set $n (i32.shr_u (local.get $n) (i32.const 4)))
      (i32.store8 (i32.const 6) (i32.add (i32.const 97) (i32.and (local.get $n) (i32.const 15))))
      (local.set $n (i32.shr_u (local.get $n) (i32.const 4)))
      (i32.store8 (i32.const 7) (i32.add (i32.const 97) (local.get $n)))
      (if (i32.ne (call $path_create_directory (i32.const 3) (i32.const 0) (i32.const 8)) (i32.const 0))
        (then (call $proc_exit (local.get $made))))
      (local.set $made (i32.add (local.get $made) (i32.const 1)))
      (br $next))`,
  )
  await using cell = await spawn(bytes)
  expect(await cell.exited).toEqual({ kind: 'exited', code: DEFAULT_CELL_LIMITS.tmpEntries })
})

test('a removed file that is open keeps its bytes to itself when its name is used again', async () => {
  const out = await expectSteps(
    [
      [open('tmp/a', CREAT, READ_WRITE), E.SUCCESS],
      [open('tmp/b', CREAT, READ_WRITE), E.SUCCESS],
      ok('fd_write', 5, HELLO_AT, 1, OUT + 100),
      ok(...rename('tmp/b', 'tmp/a')),
      ok('fd_filestat_get', 5, OUT + 200),
      ok('fd_filestat_get', 6, OUT + 300),
      ok('fd_pread', 5, TO_OUT, 1, 0n, OUT + 104),
    ],
    HELLO,
  )
  expect([u64(out, 224), u64(out, 232), u64(out, 324), u64(out, 332)]).toEqual([0, 5, 1, 0])
  expect(text(out, 0, u32(out, 104))).toBe('hello')
})
