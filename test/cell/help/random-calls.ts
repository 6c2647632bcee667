import fc from 'fast-check'

import { wat } from './wat.ts'

/** All of preview 1 but `proc_exit`: parameters, `I` for 64 bits. */
const SIGNATURES: Readonly<Record<string, string>> = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'iIi',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  fd_advise: 'iIIi',
  fd_allocate: 'iII',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'iI',
  fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi',
  fd_prestat_dir_name: 'iii',
  fd_prestat_get: 'ii',
  fd_pwrite: 'iiiIi',
  fd_read: 'iiii',
  fd_readdir: 'iiiIi',
  fd_renumber: 'ii',
  fd_seek: 'iIii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiiIIi',
  path_link: 'iiiiiii',
  path_open: 'iiiiiIIii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_raise: 'i',
  random_get: 'ii',
  sched_yield: '',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
}

export type RandomCall = readonly [name: string, ...args: (number | bigint)[]]

/** Where texts, vectors and subscriptions lie that make sense. */
const MEMORY_BYTES = 65_536
const TEXTS = [
  ...['tmp', '.', '..', 'tmp/a', 'tmp/b', 'tmp/d', 'tmp/d/a', 'tmp/d/..', 'tmp/l', 'tmp/l/x'],
  ...[
    'a',
    'b/',
    'd',
    'd/',
    '../..',
    '/etc',
    'etc/motd',
    'etc',
    'tmp/../etc',
    '\0',
    '\u{1f600}',
    '',
  ],
  'tmp/'.repeat(1_200),
].map((text) => Buffer.from(text))
const TEXTS_AT = 16_384
const VECTORS_AT = 32_768
const SUBSCRIPTIONS_AT = 40_960

const textPlaces = TEXTS.map(({ length }, i) => ({
  at: TEXTS_AT + TEXTS.slice(0, i).reduce((sum, each) => sum + each.length, 0),
  length,
}))

/** Vectors as a guest might have them, and as it should not. */
const VECTORS = [
  [0, 64],
  [1_000, 4_000],
  [0, MEMORY_BYTES],
  [MEMORY_BYTES - 8, 8],
  [MEMORY_BYTES - 8, 9],
  [0xffff_ffff, 0xffff_ffff],
  [8, 0],
]

const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 8 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, VECTORS_AT, VECTORS_AT + 8, SUBSCRIPTIONS_AT, TEXTS_AT),
  },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0x7fff_ffff, MEMORY_BYTES, MEMORY_BYTES - 4) },
  { weight: 1, arbitrary: fc.integer() },
)
const long = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.constantFrom(-1n, 1n << 63n, 1n << 53n, (1n << 29n) - 1n, 16n << 20n),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
)
/** An address and a length, of a text mostly. */
const place = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...textPlaces) },
  { weight: 1, arbitrary: fc.record({ at: number, length: number }) },
)

/** Where a path stands among the parameters of a function. */
function pathsOf(name: string): readonly number[] {
  if (!name.startsWith('path_')) return []
  if (name === 'path_symlink') return [0, 3]
  if (name === 'path_rename') return [1, 4]
  if (name === 'path_link') return [2, 5]
  return ['path_open', 'path_filestat_get', 'path_filestat_set_times'].includes(name) ? [2] : [1]
}

const call: fc.Arbitrary<RandomCall> = fc.constantFrom(...Object.keys(SIGNATURES)).chain((name) =>
  fc
    .tuple(
      fc.tuple(...SIGNATURES[name]!.split('').map((type) => (type === 'I' ? long : number))),
      fc.tuple(place, place),
    )
    .map(([args, places]) => {
      for (const [i, at] of pathsOf(name).entries()) {
        args[at] = places[i]!.at
        args[at + 1] = places[i]!.length
      }
      return [name, ...args] as const
    }),
)

export const randomCalls = fc.array(call, { minLength: 50, maxLength: 150 })

/**
 * A command with one page of memory that makes the calls and exits with the largest answer. What
 * would wait for long is not called: its streams are closed, and subscriptions are to what is ready.
 */
export function callerOf(calls: readonly RandomCall[]): Uint8Array {
  const imports = Object.entries(SIGNATURES).map(([name, params]) => {
    const types = params
      .split('')
      .map((type) => (type === 'I' ? 'i64' : 'i32'))
      .join(' ')
    return `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${types}) (result i32)))`
  })
  const body = calls.map(([name, ...args]) => {
    // A poll of memory that calls have filled could be one for the end of time.
    if (name === 'poll_oneoff') args[0] = SUBSCRIPTIONS_AT
    const values = args.map((arg) =>
      typeof arg === 'bigint' ? `(i64.const ${arg})` : `(i32.const ${arg})`,
    )
    const isPoll = name === 'poll_oneoff'
    return `${isPoll ? '(call $prepare)' : ''}
      (local.set $errno (call $${name} ${values.join(' ')}))
      (if (i32.gt_u (local.get $errno) (local.get $most)) (then (local.set $most (local.get $errno))))`
  })
  const vectors = Buffer.from(new Uint32Array(VECTORS.flat()).buffer)
  return wat(`(module ${imports.join('')}
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    ${data(TEXTS_AT, Buffer.concat(TEXTS))}
    ${data(VECTORS_AT, vectors)}
    ;; Subscriptions to reading descriptors 0, 1, 2 and so on, and last to a clock, at once.
    (func $prepare (local $i i32) (local $at i32)
      (loop $next
        (local.set $at (i32.add (i32.const ${SUBSCRIPTIONS_AT}) (i32.mul (local.get $i) (i32.const 48))))
        (memory.fill (local.get $at) (i32.const 0) (i32.const 48))
        (i32.store8 offset=8 (local.get $at) (i32.rem_u (local.get $i) (i32.const 3)))
        (i32.store offset=16 (local.get $at) (local.get $i))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 500)))))
    (func (export "_start") (local $errno i32) (local $most i32)
      ${body.join('\n')}
      (call $proc_exit (local.get $most))))`)
}

function data(at: number, bytes: Uint8Array): string {
  const text = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  return `(data (i32.const ${at}) "${text}")`
}
