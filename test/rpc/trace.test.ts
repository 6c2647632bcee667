// The inspector: what a conversation looks like in lines.

import { expect, test } from 'vitest'

import { traceLines } from '../../src/rpc/index.ts'
import type { Trace } from '../../src/rpc/index.ts'
import * as schema from '../fixture/calls.gen.ts'
import { Node } from '../fixture/calls.gen.ts'
import { connect, failure, quiet, TestNode } from './help.ts'
import { RawPeer } from './raw-peer.ts'

function recorded(schemas: readonly object[] = [schema]): { lines: string[]; trace: Trace } {
  const lines: string[] = []
  return { lines, trace: traceLines((line) => lines.push(line), schemas) }
}

/** The lines so far, without sizes. */
async function linesOf(lines: string[]): Promise<string[]> {
  await quiet()
  return lines.splice(0).map((line) => line.replace(/ \d+ bytes$/, ''))
}

test('each message is a line: direction, kind, ids by name, target, capabilities and size', async () => {
  const { lines, trace } = recorded()
  const { node, server } = TestNode.serve()
  const { left, right } = connect({ trace }, { bootstrap: node.$dup() })
  const there = left.bootstrap(Node)
  const { node: mine } = TestNode.serve()
  const given = there.give({ node: mine })
  const pong = given.node.ping({ value: 7 })
  await Promise.all([given, pong])
  await quiet()
  expect(lines.every((line) => / \d+ bytes$/.test(line))).toBe(true)
  expect(lines[0]).toBe('-> bootstrap 0 40 bytes')
  expect(await linesOf(lines)).toEqual([
    '-> bootstrap 0',
    '-> call 1 Node.give on question 0 [export 0]',
    '-> call 2 Node.ping on question 1.0',
    '<- return 0 bootstrap results [import 0]',
    '-> finish 0 bootstrap keeping its capabilities',
    '<- call 0 Node.ping on export 0',
    '<- return 1 Node.give results [export 0]',
    '-> disembargo 0 there by question 1.0',
    '-> finish 1 Node.give keeping its capabilities',
    '-> return 0 Node.ping results',
    '<- disembargo 0 back by export 0',
    '<- release export 0 x1',
    '<- return 2 Node.ping results',
    '-> finish 2 Node.ping keeping its capabilities',
    '<- finish 0 Node.ping keeping its capabilities',
  ])
  const later = await there.later({ slot: 1 })
  expect(await failure(there.fail({ kind: 1, code: 'BUSY', message: 'secret' }))).toBeDefined()
  server.slot(1).resolve(node.$dup())
  await later.node!.$settled()
  expect(await linesOf(lines)).toEqual([
    '-> call 2 Node.later on import 0',
    '<- return 2 Node.later results [promise import 1]',
    '-> finish 2 Node.later keeping its capabilities',
    '-> call 2 Node.fail on import 0',
    '<- return 2 Node.fail error overloaded BUSY',
    '-> finish 2 Node.fail keeping its capabilities',
    '<- resolve import 1 to import 0',
    '-> release import 1 x1',
  ])
  right.abort((await failure(there.fail({ kind: 0, code: 'GONE', message: 'secret' }))) as never)
  expect((await linesOf(lines)).at(-1)).toBe('<- abort error failed GONE')
})

test('what is said in a call is in no line', async () => {
  const { lines, trace } = recorded()
  const { left } = connect({ trace }, { bootstrap: TestNode.serve().node })
  const there = left.bootstrap(Node)
  await there.echo({ data: new TextEncoder().encode('secret') })
  await failure(there.fail({ kind: 0, code: 'NO', message: 'secret' }))
  expect(lines.length).toBeGreaterThan(7)
  expect(lines.join()).not.toContain('secret')
  left.close()
})

test('an id no schema knows is written as it is, and a line has an end', async () => {
  const { lines, trace } = recorded([])
  const peer = new RawPeer({ trace, bootstrap: TestNode.serve().node })
  const id = await peer.bootstrap()
  lines.splice(0)
  const capTable = Array.from({ length: 30 }, (_, index) => ({ senderHosted: 4e9 + index }))
  peer.call(1, id, 'drop', { capTable })
  const path = Array.from({ length: 60 }, () => ({ getPointerField: 60_000 }))
  peer.call(2, { promisedAnswer: { questionId: 1, transform: path } }, 'drop')
  await quiet()
  const type = `0x${Node.$interface.id.toString(16)}`
  expect(lines[0]).toMatch(
    new RegExp(`^<- call 1 ${type}\\.9 on export 0 \\[import .*, 22 more\\] `),
  )
  expect(Math.max(...lines.map((line) => line.length))).toBe(240)
  peer.connection.close()
})

test('a message that breaks every rule makes a line before it ends the connection', async () => {
  const { lines, trace } = recorded()
  const peer = new RawPeer({ trace })
  // A frame of one word whose root points out of it.
  peer.link.send([new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0, 0xfc, 0, 0, 0, 1, 0, 1, 0])])
  await peer.connection.closed
  expect(lines[0]).toBe('<- message that cannot be read 8 bytes')
  expect(lines[1]).toMatch(/^-> abort error failed /)
})
