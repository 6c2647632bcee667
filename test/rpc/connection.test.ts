import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import type { ByteLink, ByteSink } from '../../src/base/index.ts'
import { Connection, DEFAULT_RPC_LIMITS, loopback, promised } from '../../src/rpc/index.ts'
import { FrameReader, rootOf } from '../../src/wire/index.ts'
import { Node } from '../fixture/calls.gen.ts'
import { Message } from '../fixture/rpc.gen.ts'
import { Census, connect, expectEmpty, failure, NO_ENTRIES, quiet, Slot, TestNode } from './help.ts'
import { describe } from './raw-peer.ts'

function world() {
  const census = new Census()
  const { node, server } = TestNode.serve(census)
  const { left, right } = connect({ bootstrap: node })
  return { census, server, left, right, remote: right.bootstrap(Node) }
}

/** A link that writes down what is sent through it, one line per message. */
function listening(link: ByteLink, lines: string[][]): ByteLink {
  return {
    open: (sink) => link.open(sink),
    send: (chunks) => {
      const written: string[] = []
      const reader = new FrameReader((message) => {
        written.push(describe(rootOf(message).asStruct(Message)))
        return true
      })
      for (const chunk of chunks) reader.feed(chunk.slice())
      lines.push(written)
      return link.send(chunks)
    },
    pause: () => link.pause(),
    resume: () => link.resume(),
    close: () => link.close(),
    abort: (reason) => link.abort(reason),
  }
}

test('calls, results, callbacks and failures cross a connection, which is empty in the end', async () => {
  const { census, left, right, remote } = world()
  {
    using node = remote
    expect((await node.ping({ value: 7 })).value).toBe(7)
    expect([...(await node.echo({ data: new Uint8Array([1, 2]) })).data]).toEqual([1, 2])
    expect(
      await failure(node.fail({ kind: 2, code: 'NO_DISK', message: 'No disk' })),
    ).toMatchObject({
      kind: 'disconnected',
      code: 'NO_DISK',
      message: 'No disk',
    })
    const { node: mine, server } = TestNode.serve(census)
    expect((await node.callBack({ node: mine, value: 9 })).value).toBe(9)
    expect(server.pings).toEqual([9])
    await node.hold({ node: mine })
    using back = (await node.held()).node!
    await back.ping({ value: 10 })
    expect(server.pings).toEqual([9, 10])
    await node.drop()
    mine[Symbol.dispose]()
    using _ = node.deep()
  }
  await expectEmpty(left, right)
  expect(census.alive).toBe(0)
})

test('twenty pipelined steps, from the bootstrap on, go out in one write', async () => {
  const { node } = TestNode.serve()
  const [here, there] = loopback()
  const sent: string[][] = []
  const answered: string[][] = []
  const server = new Connection(listening(there, answered), { bootstrap: node })
  const client = new Connection(listening(here, sent))
  using remote = client.bootstrap(Node)
  let last: Node = remote
  for (let step = 0; step < 20; step++) last = last.make({ name: step }).node
  expect(sent).toEqual([])
  expect((await last.ping({ value: 3 })).value).toBe(3)
  expect(sent[0]?.[0]).toBe('bootstrap')
  expect(sent[0]?.filter((line) => line.startsWith('call')).length).toBe(21)
  expect(sent.filter((lines) => lines.some((line) => line.startsWith('call'))).length).toBe(1)
  expect(answered.flat().filter((line) => line.startsWith('return')).length).toBe(22)
  client.close()
  server.close()
})

test('of many calls in one turn the first are on their way before the last is made', async () => {
  const { node } = TestNode.serve()
  const [here, there] = loopback()
  const sent: string[][] = []
  const server = new Connection(there, { bootstrap: node })
  const client = new Connection(listening(here, sent))
  using remote = client.bootstrap(Node)
  const pings = Array.from({ length: 200 }, (_, value) => remote.ping({ value }))
  const early = sent.length
  expect(early).toBeGreaterThan(1)
  expect((await Promise.all(pings)).map(({ value }) => value)).toEqual([...pings.keys()])
  const calls = sent.map((lines) => lines.filter((line) => line.startsWith('call')).length)
  expect(calls.reduce((sum, count) => sum + count, 0)).toBe(200)
  // And not each by itself.
  expect(Math.min(...calls.slice(0, early))).toBeGreaterThan(20)
  client.close()
  server.close()
})

test('a capability that goes out and comes back is itself on both sides', async () => {
  const { left, right, remote } = world()
  const { node: mine } = TestNode.serve()
  using back = (await remote.give({ node: mine })).node!
  expect(back.$hook.target).toBe(mine.$hook.target)
  using theirs = (await remote.give({ node: remote })).node!
  expect(theirs.$hook.target).toBe(remote.$hook.target)
  mine[Symbol.dispose]()
  back[Symbol.dispose]()
  theirs[Symbol.dispose]()
  remote[Symbol.dispose]()
  await expectEmpty(left, right)
})

test('data of any size crosses, chunked or not', async () => {
  const { remote, left, right } = world()
  for (const size of [0, 1, 16_383, 16_384, 65_537, 3 << 20, 40 << 20]) {
    const data = new Uint8Array(size).fill(size & 255)
    const { data: echoed } = await remote.echo({ data })
    expect(echoed.length).toBe(size)
    expect(echoed.at(-1)).toBe(data.at(-1))
  }
  expect(await failure(remote.echo({ data: new Uint8Array(65 << 20) }))).toMatchObject({
    code: 'MESSAGE_TOO_LARGE',
  })
  await remote.ping({ value: 1 })
  remote[Symbol.dispose]()
  await expectEmpty(left, right)
})

test('a promise given to the other side settles there, with calls in order and its shortest way', async () => {
  const { census, server, left, right, remote } = world()
  const { node: later } = await remote.later({ slot: 1 })
  const first = later!.ping({ value: 1 })
  const target = TestNode.serve(census)
  server.slot(1).resolve(target.node)
  await first
  await later!.$settled()
  await later!.ping({ value: 2 })
  expect(target.server.pings).toEqual([1, 2])
  later![Symbol.dispose]()
  remote[Symbol.dispose]()
  await expectEmpty(left, right)
})

test('a promise that becomes the asker’s own object delivers what was on its way first', async () => {
  const { census, server, left, right, remote } = world()
  const mine = TestNode.serve(census)
  await remote.hold({ node: mine.node })
  const { node: later } = await remote.later({ slot: 1 })
  const pings = [1, 2, 3].map((value) => later!.ping({ value }))
  server.slot(1).resolve(server.kept!.$dup())
  await later!.$settled()
  pings.push(later!.ping({ value: 4 }))
  await Promise.all(pings)
  expect(mine.server.pings).toEqual([1, 2, 3, 4])
  expect(later!.$hook.target).toBe(mine.node.$hook.target)
  await remote.drop()
  for (const client of [later!, mine.node, remote]) client[Symbol.dispose]()
  await expectEmpty(left, right)
})

test('canceling here aborts the handler there, also across a vat in between', async () => {
  const { server, remote } = world()
  const { left: near, right: far } = connect({ bootstrap: remote.$dup() })
  const giveUp = new AbortController()
  using proxied = far.bootstrap(Node)
  const call = failure(proxied.never({}, { signal: giveUp.signal }))
  await quiet()
  giveUp.abort()
  expect((await call).code).toBe('CANCELED')
  await quiet()
  expect(server.canceled).toEqual(['never'])
  near.close()
})

test('closing fails what is open on both sides, cancels handlers and disposes what was shared', async () => {
  for (const closing of ['left', 'right', 'abort'] as const) {
    const { census, server, left, right, remote } = world()
    const mine = TestNode.serve(census)
    await remote.hold({ node: mine.node })
    mine.node[Symbol.dispose]()
    const never = failure(remote.never())
    const pipelined = failure(remote.late({ slot: 1 }).node.ping({ value: 1 }))
    await quiet()
    if (closing === 'abort') left.abort(new WwError('failed', 'ENOUGH', 'Enough of this'))
    else ({ left, right })[closing].close()
    expect(await never).toMatchObject({ kind: 'disconnected' })
    expect(await pipelined).toMatchObject({ kind: 'disconnected' })
    expect(await failure(remote.ping({ value: 1 }))).toMatchObject({ kind: 'disconnected' })
    await Promise.all([left.closed, right.closed])
    expect((await right.closed)?.message).toBe(closing === 'abort' ? 'Enough of this' : undefined)
    await quiet()
    expect([left.stats, right.stats]).toEqual([NO_ENTRIES, NO_ENTRIES])
    expect(server.canceled).toEqual(['never'])
    server.slot(1).reject(new Error('too late')) // its handler still ran
    await quiet()
    expect(census.alive).toBe(0)
  }
})

test('closing from inside a handler, a dispose or a listener is safe', async () => {
  const census = new Census()
  let server: Connection | undefined
  class Closer extends TestNode {
    override ping() {
      server?.close()
      return { value: 1 }
    }
    override [Symbol.dispose](): void {
      server?.close()
      super[Symbol.dispose]()
    }
  }
  const { serve } = await import('../../src/rpc/index.ts')
  const node = serve(Node, new Closer(census) as never)
  const [here, there] = loopback()
  server = new Connection(there, { bootstrap: node })
  const client = new Connection(here)
  const remote = client.bootstrap(Node)
  const never = remote.never()
  void never.then(undefined, () => client.close())
  expect(await failure(remote.ping({ value: 1 }))).toMatchObject({ kind: 'disconnected' })
  await quiet()
  expect([client.stats, server.stats, census.alive]).toEqual([NO_ENTRIES, NO_ENTRIES, 0])
})

test('a bootstrap on a connection that has ended is broken', async () => {
  const { right } = world()
  right.close()
  expect(await failure(right.bootstrap(Node).ping({ value: 1 }))).toMatchObject({
    kind: 'disconnected',
  })
})

test('exports beyond the limit fail the call that would make them, and calls beyond it the connection', async () => {
  const { node } = TestNode.serve()
  const limits = { ...DEFAULT_RPC_LIMITS, maxExports: 3, maxAnswers: 5 }
  const { left, right } = connect({ bootstrap: node, limits })
  const remote = right.bootstrap(Node)
  const made = await Promise.all([remote.make({ name: 1 }), remote.make({ name: 2 })])
  expect(await failure(remote.make({ name: 3 }))).toMatchObject({
    kind: 'overloaded',
    code: 'TOO_MANY_CAPABILITIES',
  })
  made[0]!.node![Symbol.dispose]()
  await quiet()
  await remote.make({ name: 4 })
  const calls = Array.from({ length: 6 }, () => failure(remote.never()))
  expect((await calls[5]!).message).toContain('more than 5 calls at once')
  expect((await left.closed)?.message).toContain('more than 5 calls at once')
})

test('a promise that cannot be given an id when it settles breaks instead of hanging', async () => {
  const { node, server } = TestNode.serve()
  const limits = { ...DEFAULT_RPC_LIMITS, maxExports: 2 }
  const { right } = connect({ bootstrap: node, limits })
  const remote = right.bootstrap(Node)
  const { node: later } = await remote.later({ slot: 1 })
  server.slot(1).resolve(TestNode.serve().node)
  await expect(later!.$settled()).rejects.toThrow('cannot get more')
})

/** A link of two ends that stop taking bytes beyond a mark until the other side reads. */
class NarrowLink implements ByteLink {
  readonly mark: number
  peer!: NarrowLink
  sink: ByteSink | undefined
  inbox: Uint8Array[] = []
  isPaused = false
  isPeerWaiting = false
  most = 0

  constructor(mark: number) {
    this.mark = mark
  }

  static pair(mark: number): [NarrowLink, NarrowLink] {
    const ends: [NarrowLink, NarrowLink] = [new NarrowLink(mark), new NarrowLink(mark)]
    ends[0].peer = ends[1]
    ends[1].peer = ends[0]
    return ends
  }

  get waiting(): number {
    return this.inbox.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  open(sink: ByteSink): void {
    this.sink = sink
  }
  send(chunks: readonly Uint8Array[]): boolean {
    this.peer.inbox.push(...chunks)
    this.peer.most = Math.max(this.peer.most, this.peer.waiting)
    this.peer.schedule()
    const isFull = this.peer.waiting > this.mark
    this.peer.isPeerWaiting ||= isFull
    return !isFull
  }
  schedule(): void {
    setImmediate(() => {
      if (this.isPaused) return
      const chunk = this.inbox.shift()
      if (chunk) {
        this.sink?.chunk(chunk)
        this.schedule()
      }
      if (this.isPeerWaiting && this.waiting <= this.mark) {
        this.isPeerWaiting = false
        this.peer.sink?.drained()
      }
    })
  }
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
    this.schedule()
  }
  close(): void {}
  abort(): void {}
}

test('who does not read what it asked for is not read from, and goes on when it reads again', async () => {
  const { node } = TestNode.serve()
  const limits = { ...DEFAULT_RPC_LIMITS, maxStalledBytes: 1 << 20 }
  const links = NarrowLink.pair(64 << 10)
  const { right } = connect({ bootstrap: node, limits }, {}, links)
  const remote = right.bootstrap(Node)
  await remote.ping({ value: 1 })
  links[1].pause()
  const calls: PromiseLike<{ readonly data: Uint8Array }>[] = []
  for (let call = 0; call < 300; call++) {
    calls.push(remote.echo({ data: new Uint8Array(32 << 10) }))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await quiet(600)
  expect(links[0].isPaused).toBe(true)
  expect(links[1].most).toBeLessThan(3 << 20) // of 10 MB
  links[1].resume()
  const sizes = await Promise.all(calls.map(async (call) => (await call).data.length))
  expect(new Set(sizes)).toEqual(new Set([32 << 10]))
  expect(links[0].isPaused).toBe(false)
})

test('two peers that answer each other much at once do not wait for each other for ever', async () => {
  const census = new Census()
  const links = NarrowLink.pair(64 << 10)
  const { left, right } = connect(
    { bootstrap: TestNode.serve(census).node },
    { bootstrap: TestNode.serve(census).node },
    links,
  )
  const ask = async (connection: Connection) => {
    const remote = connection.bootstrap(Node)
    const calls = Array.from({ length: 40 }, () => remote.echo({ data: new Uint8Array(256 << 10) }))
    for (const call of calls) expect((await call).data.length).toBe(256 << 10)
  }
  await Promise.all([ask(left), ask(right)])
})

test('a side that was told to wait hears when the other side closes', async () => {
  const [here, there] = loopback()
  const { node } = TestNode.serve()
  const server = new Connection(there, { bootstrap: node })
  const client = new Connection(here)
  const remote = client.bootstrap(Node)
  await remote.ping({ value: 1 })
  there.pause()
  const call = failure(remote.ping({ value: 2 }))
  await quiet()
  server.close()
  expect(await call).toMatchObject({ kind: 'disconnected' })
})

test('a link that breaks is told as the reason', async () => {
  const [here, there] = loopback()
  const client = new Connection(here)
  const remote = client.bootstrap(Node)
  there.open({ chunk() {}, drained() {}, ended() {} })
  const call = failure(remote.ping({ value: 2 }))
  await quiet()
  there.abort(new WwError('disconnected', 'CABLE', 'The cable was cut'))
  expect((await call).message).toBe('The connection was lost: The cable was cut')
  expect(await client.closed).toMatchObject({ code: 'CABLE' })
})

test('a promise exported to two peers settles for both', async () => {
  const slot = new Slot<Node>()
  const worlds = [0, 1].map(() => connect({ bootstrap: promised(Node, slot.promise) }))
  const remotes = worlds.map(({ right }) => right.bootstrap(Node))
  const calls = remotes.map(async (remote) => (await remote.ping({ value: 6 })).value)
  await quiet()
  // `promised` owns what it resolves to, so each gets its own.
  slot.resolve(TestNode.serve().node)
  const settled = await Promise.allSettled(calls)
  expect(settled[0]).toMatchObject({ status: 'fulfilled', value: 6 })
})

test('ids are used again, so a long run of calls and capabilities grows nothing', async () => {
  const { census, left, right, remote } = world()
  for (let round = 0; round < 200; round++) {
    const calls = Array.from({ length: 20 }, () => remote.make({ name: round }))
    for (const call of calls) (await call).node![Symbol.dispose]()
  }
  await quiet()
  expect([left.stats, right.stats]).toEqual([
    { ...NO_ENTRIES, exports: 1 },
    { ...NO_ENTRIES, imports: 1 },
  ])
  expect(census.alive).toBe(1)
  remote[Symbol.dispose]()
  await expectEmpty(left, right)
})
