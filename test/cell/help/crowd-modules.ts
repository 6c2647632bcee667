// Programs that mean harm and need something to do it with: a data stream somebody speaks RPC on,
// files, pipes that are read. Those that need nothing are in hostile-modules.ts.

import { concatBytes } from '../../../src/base/index.ts'
import { Membrane } from '../../../src/capnp/stem.ts'
import {
  Executor,
  Executor_echo$Params,
  Executor_load$Params,
  Executor_spawn$Params,
} from '../../../src/capnp/system.ts'
import { Builder, finished, putStruct, rootOf } from '../../../src/wire/index.ts'
import type { Struct, StructType } from '../../../src/wire/index.ts'
import { Message } from '../../fixture/rpc.gen.ts'
import type { Message$Init } from '../../fixture/rpc.gen.ts'
import { command, flooder, wat } from './wat.ts'

/** What ends a program: being killed, or the limit of this name. */
export type Ending = 'killed' | 'fuel' | 'stack' | 'wall' | 'output'

export interface Villain {
  readonly program: () => Uint8Array
  readonly ends: Ending
  readonly limits?: Readonly<Record<string, number>>
  /** Whether somebody reads what it writes to stdout and stderr. */
  readonly isRead?: boolean
}

const MESSAGES_AT = 131_072
const EVENTS_AT = 65_536
const READ_AT = 69_632
/** Of the first field of a question, and of most messages, in a message of one segment. */
const ID_AT = 32

function frame(message: Message$Init): Uint8Array {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), Message, message)
  return concatBytes(builder.frame())
}

interface Speech {
  /** Said once. */
  readonly first?: readonly Message$Init[]
  /** Said without end, each time with another id. */
  readonly again: readonly Message$Init[]
  /** Where the id goes; nowhere if undefined. */
  readonly idAt?: number | undefined
  /** Takes what is answered, whenever there is some. */
  readonly reads?: boolean
}

const escaped = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')

/** Speaks on the data stream without end, by messages made beforehand. */
function speaker({ first = [], again, idAt = ID_AT, reads = false }: Speech): Uint8Array {
  const before = concatBytes(first.map(frame))
  const frames = again.map(frame)
  let at = MESSAGES_AT + before.length
  const starts = frames.map(({ length }) => (at += length) - length)
  const length = at - MESSAGES_AT - before.length
  const take = `
    (drop (call $poll (i32.const 256) (i32.const ${EVENTS_AT}) (i32.const 2) (i32.const 32)))
    (if (i32.eq (i32.load8_u (i32.const ${EVENTS_AT + 10})) (i32.const 1))
      (then (drop (call $read (i32.const 4) (i32.const 16) (i32.const 1) (i32.const 32)))))`
  return wat(`(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff"
      (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") ${(at >> 16) + 1})
    (data (i32.const ${MESSAGES_AT}) "${escaped(concatBytes([before, ...frames]))}")
    (func $say (param $at i32) (param $length i32)
      (loop $more
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (i32.store (i32.const 8) (i32.const 0))
        (drop (call $write (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
        (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 8))))
        (br_if $more (local.get $length))))
    (func (export "_start") (local $id i32)
      (i32.store (i32.const 16) (i32.const ${READ_AT}))
      (i32.store (i32.const 20) (i32.const 61440))
      (i32.store8 (i32.const ${256 + 8}) (i32.const 1))
      (i32.store (i32.const ${256 + 16}) (i32.const 4))
      (i32.store (i32.const ${256 + 48 + 16}) (i32.const 1))
      (local.set $id (i32.const 100))
      (call $say (i32.const ${MESSAGES_AT}) (i32.const ${before.length}))
      (loop $again
        (local.set $id (i32.add (local.get $id) (i32.const 1)))
        ${idAt < 0 ? '' : starts.map((start) => `(i32.store (i32.const ${start + idAt}) (local.get $id))`).join('')}
        (call $say (i32.const ${starts[0]}) (i32.const ${length}))
        ${reads ? take : ''}
        (br $again))))`)
}

const bootstrap = (questionId = 0): Message$Init => ({ bootstrap: { questionId } })
const finish = (questionId = 0): Message$Init => ({
  finish: { questionId, releaseResultCaps: true },
})
const ofAnswer = (questionId: number, pointer?: number) => ({
  promisedAnswer: {
    questionId,
    transform: pointer === undefined ? [] : [{ getPointerField: pointer }],
  },
})
const graft = (questionId: number): Message$Init => ({
  call: {
    questionId,
    target: ofAnswer(0),
    interfaceId: Membrane.$interface.id,
    methodId: 0,
    params: {},
  },
})
/** The place of `executor` among the results of graft. */
const EXECUTOR = 2

function executorCall<Init>(
  type: StructType<Struct, Init>,
  name: string,
  params: Init,
  capTable: readonly object[] = [],
): Message$Init {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), type, params)
  return {
    call: {
      questionId: 0,
      target: ofAnswer(1, EXECUTOR),
      interfaceId: Executor.$interface.id,
      methodId: Executor.$interface.methods.findIndex((method) => method.name === name),
      params: { content: rootOf(finished(builder)), capTable: [...capTable] },
    },
  }
}

const echo = (message = 'again', capTable: readonly object[] = []) =>
  executorCall(Executor_echo$Params, 'echo', { message }, capTable)
const grafted = [bootstrap(0), graft(1)]
const spinning = () => wat('(module (func (export "_start") (loop $l (br $l))))')

const POLL = { poll_oneoff: 'i32 i32 i32 i32' }
const OPEN = 'i32 i32 i32 i32 i32 i64 i64 i32 i32'
const endless = (body: string) => `(loop $l ${body} (br $l))`
const villain = (program: () => Uint8Array, ends: Ending = 'killed'): Villain => ({ program, ends })
const sleepMs = (ms: number) =>
  `(i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const ${ms}000000))
  (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))`

/** What is done with files, to `/a`, which is there, or by a name that is not. */
const withFile = (name: string, body: string, params: Readonly<Record<string, string>>) =>
  wat(`(module
    ${Object.entries({ path_open: OPEN, fd_close: 'i32', ...params })
      .map(
        ([call, types]) =>
          `(import "wasi_snapshot_preview1" "${call}" (func $${call} (param ${types}) (result i32)))`,
      )
      .join('')}
    (memory (export "memory") 2) (data (i32.const 0) "${name}")
    (func $open (param $flags i32) (param $rights i64)
      (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const ${name.length})
        (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 64))))
    (func (export "_start") ${endless(body)}))`)

/** What a cell does with what it was given, by what it does. */
export const VILLAINS: Readonly<Record<string, Villain>> = {
  'asks for the time': villain(() =>
    command(
      { clock_time_get: 'i32 i64 i32' },
      endless('(drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0)))'),
    ),
  ),
  'polls without waiting': villain(() => command(POLL, endless(sleepMs(0)))),
  'wakes a thousand times a second': villain(() => command(POLL, endless(sleepMs(1)))),
  'polls four thousand timers': villain(() =>
    command(
      POLL,
      `(local $i i32)
      (loop $set
        (i32.store8 (i32.add (i32.mul (local.get $i) (i32.const 48)) (i32.const 8)) (i32.const 0))
        (i32.store (i32.add (i32.mul (local.get $i) (i32.const 48)) (i32.const 16)) (i32.const 1))
        (br_if $set (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
      ${endless('(drop (call $poll_oneoff (i32.const 0) (i32.const 65536) (i32.const 1000) (i32.const 131072)))')}`,
    ),
  ),
  'gives addresses that are none': villain(() =>
    command(
      { fd_write: 'i32 i32 i32 i32', random_get: 'i32 i32' },
      endless(`
      (drop (call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const -8)))
      (drop (call $random_get (i32.const -16) (i32.const 1000)))`),
    ),
  ),
  'opens and closes a file': villain(() =>
    withFile(
      'a',
      `(call $open (i32.const 0) (i64.const 2))
      (drop (call $fd_close (i32.load (i32.const 64))))`,
      {},
    ),
  ),
  'opens a file without end': villain(() =>
    withFile('a', '(call $open (i32.const 0) (i64.const 2))', {}),
  ),
  'looks for a file that is not there': villain(() =>
    withFile('nowhere/nothing', '(call $open (i32.const 0) (i64.const 2))', {}),
  ),
  'lists the root': villain(() =>
    withFile(
      'a',
      `(drop (call $fd_readdir
      (i32.const 3) (i32.const 1024) (i32.const 60000) (i64.const 0) (i32.const 68)))`,
      { fd_readdir: 'i32 i32 i32 i64 i32' },
    ),
  ),
  'reads a file': villain(() =>
    withFile(
      'a',
      `(call $open (i32.const 0) (i64.const 6))
      (i32.store (i32.const 80) (i32.const 1024)) (i32.store (i32.const 84) (i32.const 60000))
      (drop (call $fd_read
        (i32.load (i32.const 64)) (i32.const 80) (i32.const 1) (i32.const 72)))
      (drop (call $fd_close (i32.load (i32.const 64))))`,
      { fd_read: 'i32 i32 i32 i32' },
    ),
  ),
  'fills its /tmp': villain(() =>
    withFile(
      'tmp/a',
      `(call $open (i32.const 1) (i64.const 70))
      (i32.store (i32.const 80) (i32.const 1024)) (i32.store (i32.const 84) (i32.const 60000))
      (drop (call $fd_write
        (i32.load (i32.const 64)) (i32.const 80) (i32.const 1) (i32.const 72)))
      (i32.store8 (i32.const 4) (i32.add (i32.load8_u (i32.const 4)) (i32.const 1)))`,
      { fd_write: 'i32 i32 i32 i32' },
    ),
  ),
  'floods stdout that is read': { ...villain(() => flooder(1)), isRead: true },
  'floods stderr that is read, byte by byte': { ...villain(() => flooder(2, 1)), isRead: true },
  'floods stdout that nobody reads': villain(() => flooder(1)),
  'sends messages with nothing in them': villain(() => flooder(4)),
  'sends garbage after the end': villain(() => speaker({ again: [bootstrap()], idAt: 16 })),
  'reads what never comes': villain(() =>
    command(
      { fd_read: 'i32 i32 i32 i32' },
      endless(`
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))`),
    ),
  ),
  'bootstraps and never finishes': villain(() => speaker({ again: [bootstrap()] })),
  'bootstraps, finishes and reads': villain(() =>
    speaker({ again: [bootstrap(), finish()], reads: true }),
  ),
  'calls, finishes and reads': villain(() =>
    speaker({ first: grafted, again: [echo(), finish()], reads: true }),
  ),
  'calls and never reads': villain(() => speaker({ first: grafted, again: [echo()] })),
  'calls, finishes and never reads': villain(() =>
    speaker({ first: grafted, again: [echo(), finish()] }),
  ),
  'calls and never finishes': villain(() =>
    speaker({ first: grafted, again: [echo()], reads: true }),
  ),
  'calls with much to say': villain(() =>
    speaker({ first: grafted, again: [echo('x'.repeat(100_000)), finish()], reads: true }),
  ),
  'hoards capabilities': villain(() =>
    speaker({ first: [bootstrap(0)], again: [graft(0)], reads: true }),
  ),
  'hoards promises': villain(() =>
    speaker({ first: grafted, again: [echo('p', [{ senderPromise: 7 }])], reads: true }),
  ),
  'finishes what was never asked': villain(() => speaker({ again: [finish()] })),
  'resolves and returns what was never promised': villain(() =>
    speaker({
      again: [
        { resolve: { promiseId: 0, cap: { none: undefined } } },
        { disembargo: { target: { importedCap: 0 }, context: { senderLoopback: 0 } } },
        { return: { answerId: 0, canceled: undefined } },
      ],
      reads: true,
    }),
  ),
  'loads one program without end': villain(() =>
    speaker({
      first: grafted,
      again: [executorCall(Executor_load$Params, 'load', { wasm: spinning() })],
      reads: true,
    }),
  ),
  'starts cells without end': villain(() =>
    speaker({
      first: grafted,
      again: [
        executorCall(Executor_spawn$Params, 'spawn', {
          wasm: spinning(),
          args: [],
          env: [],
          grants: [],
        }),
      ],
      reads: true,
    }),
  ),
  'ignores the end of its input': villain(() =>
    command(
      { ...POLL, fd_read: 'i32 i32 i32 i32' },
      endless(`
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))
      (drop (call $fd_read (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 8)))`),
    ),
  ),
  'recurses without end': villain(
    () => wat('(module (func $f (export "_start") (call $f) (call $f)))'),
    'stack',
  ),
  'has little fuel': { ...villain(spinning, 'fuel'), limits: { fuel: 10_000_000 } },
  'has little time': { ...villain(spinning, 'wall'), limits: { wallMs: 10_000 } },
  'says more than it may': {
    ...villain(() => flooder(1), 'output'),
    isRead: true,
    limits: { outputBytes: 100_000 },
  },
}
