// Recordings: what they hold, how damage is told, and that they can be played again.

import { expect, test } from 'vitest'

import { concatBytes } from '../../src/base/index.ts'
import type { ByteLink } from '../../src/base/index.ts'
import {
  Connection,
  loopback,
  readRecording,
  record,
  recordingLines,
  replay,
} from '../../src/rpc/index.ts'
import type { RecordOptions, ReplayOptions } from '../../src/rpc/index.ts'
import * as schema from '../fixture/calls.gen.ts'
import { Node } from '../fixture/calls.gen.ts'
import { Random } from '../help/random.ts'
import { rounds } from '../help/rounds.ts'
import { failure, quiet, TestNode } from './help.ts'

/** A recorder that keeps what it is given. */
function keeping(link: ByteLink, options?: RecordOptions) {
  const parts: Uint8Array[] = []
  const state = { ends: 0 }
  const sink = { part: (part: Uint8Array) => void parts.push(part), ended: () => void state.ends++ }
  return { link: record(link, sink, options), state, bytes: () => concatBytes(parts) }
}

/** A conversation with capabilities both ways, a failure and a promise; recorded by the server. */
async function conversation(options?: RecordOptions) {
  const [here, there] = loopback()
  const recorder = keeping(there, options)
  const { node, server } = TestNode.serve()
  const vat = new Connection(recorder.link, { bootstrap: node })
  const client = new Connection(here)
  const remote = client.bootstrap(Node)
  const mine = TestNode.serve().node
  await remote.ping({ value: 1 })
  await Promise.all([remote.give({ node: mine }).node.ping({ value: 2 }), remote.deep()])
  await failure(remote.fail({ kind: 1, code: 'BUSY', message: 'No' }))
  await remote.callBack({ node: mine, value: 3 })
  await remote.echo({ data: new Uint8Array(100_000).fill(7) })
  await quiet()
  client.close()
  await vat.closed
  await quiet()
  return { ...recorder, server }
}

const freshVat = (link: ByteLink) => void new Connection(link, { bootstrap: TestNode.serve().node })
const OPTIONS: ReplayOptions = {
  connect: freshVat,
  turn: () => new Promise((resolve) => setImmediate(resolve)),
}

test('a recording holds every message of both sides, in order, with its title and times', async () => {
  let now = 100
  const { bytes, state } = await conversation({ title: 'a test', clock: () => (now += 0.5) })
  const recording = readRecording(bytes())
  expect([recording.title, recording.isWhole, state.ends]).toEqual(['a test', true, 1])
  const times = recording.frames.map(({ ms }) => ms)
  expect(times[0]).toBe(0.5)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  const lines = recordingLines(recording, [schema])
  expect(lines[0]).toBe('     0.500 <- bootstrap 0 40 bytes')
  expect(lines.filter((line) => line.includes('Node.echo')).length).toBe(3)
  expect(lines.length).toBe(recording.frames.length)
})

test('a recorded link behaves as if nobody listened, whatever becomes of it', async () => {
  const [here, there] = loopback()
  const recorder = keeping(there)
  const heard: string[] = []
  recorder.link.open({
    chunk: (chunk) => heard.push(`chunk ${chunk.join()}`),
    drained: () => heard.push('drained'),
    ended: (error) => heard.push(`ended ${error?.code}`),
  })
  here.open({ chunk() {}, drained() {}, ended() {} })
  here.pause()
  expect(recorder.link.send([new Uint8Array(16)])).toBe(false)
  here.resume()
  await quiet()
  here.send([new Uint8Array([1, 2])])
  await quiet()
  here.close()
  await quiet()
  expect(heard).toEqual(['drained', 'chunk 1,2', 'ended undefined'])
  recorder.link.close()
  expect(recorder.state.ends).toBe(1)
  expect(readRecording(recorder.bytes()).frames.map(({ ms }) => ms)).toEqual([NaN, NaN])
})

test('a recording is played again to a fresh vat, which says what was said', async () => {
  const { bytes } = await conversation()
  await replay(readRecording(bytes()), OPTIONS)
})

test('the other side of a recording can be played again too', async () => {
  const { bytes } = await conversation()
  const recording = readRecording(bytes())
  const only = recording.frames.slice(0, 3)
  // A client that does what the recorded one did first.
  const connect = (link: ByteLink) => {
    const client = new Connection(link)
    void client
      .bootstrap(Node)
      .ping({ value: 1 })
      .then(undefined, () => {})
  }
  await replay(
    { ...recording, frames: only, isWhole: false },
    { ...OPTIONS, connect, side: 'received' },
  )
})

test('a vat that says something else, nothing, or more is told from the recorded one', async () => {
  const { bytes } = await conversation()
  const recording = readRecording(bytes())
  class Other extends TestNode {
    override ping() {
      return { value: 99 }
    }
  }
  const { serve } = await import('../../src/rpc/index.ts')
  const other = (link: ByteLink) =>
    void new Connection(link, { bootstrap: serve(Node, new Other() as never) })
  await expect(replay(recording, { ...OPTIONS, connect: other })).rejects.toMatchObject({
    code: 'REPLAY_DIFFERS',
    message: expect.stringMatching(
      /message \d+, return 1 .* did not come again; instead came return 1 /,
    ) as string,
  })
  const silent = (link: ByteLink) => link.open({ chunk() {}, drained() {}, ended() {} })
  await expect(replay(recording, { ...OPTIONS, connect: silent })).rejects.toThrow(
    'instead came nothing',
  )
  const less = { ...recording, frames: recording.frames.filter((one) => one.direction !== 'sent') }
  await expect(replay(less, OPTIONS)).rejects.toThrow('more came')
})

test('a recording that was cut off anywhere is read up to its last whole entry', async () => {
  const { bytes } = await conversation()
  const whole = bytes()
  const { frames } = readRecording(whole.slice())
  const random = new Random(3)
  for (let run = 0; run < rounds(100); run++) {
    const cut = readRecording(whole.slice(0, 40 + random.below(whole.length - 40)))
    expect(cut.isWhole).toBe(false)
    expect(cut.frames.length).toBeLessThanOrEqual(frames.length)
  }
})

test('any byte that was changed is told, by place', async () => {
  const { bytes } = await conversation({ title: 'x' })
  const whole = bytes()
  const head = 17
  const random = new Random(5)
  for (let run = 0; run < rounds(300); run++) {
    const changed = whole.slice()
    const at = head + random.below(whole.length - head)
    changed[at]! ^= 1 << random.below(8)
    let damage: unknown
    try {
      // A length that says more than is there looks like a recording that was cut off.
      if (!readRecording(changed).isWhole) continue
    } catch (thrown) {
      damage = thrown
    }
    expect(damage).toMatchObject({ code: 'BAD_RECORDING' })
  }
})

test.each<[string, number[], RegExp]>([
  ['nothing', [], /does not begin like one/],
  ['another file', [...Array(40).keys()], /does not begin like one/],
  [
    'a version to come',
    [0x77, 0x77, 0x20, 0x72, 0x70, 0x63, 13, 10, 2, 0, 0, 0, 0, 0, 0, 0],
    /version is 2/,
  ],
  [
    'a title without end',
    [0x77, 0x77, 0x20, 0x72, 0x70, 0x63, 13, 10, 1, 0, 0, 0, 255, 255, 255, 255],
    /title has 4294967295 bytes/,
  ],
])('%s is no recording', (_, bytes, sentence) => {
  expect(() => readRecording(Uint8Array.from(bytes))).toThrow(sentence)
})
