// The C++ program as the client: its own checks, of our server and through our relay. They hold for
// the C++ server too; otherwise they would ask for more than the reference promises.

import { spawnSync } from 'node:child_process'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { Scope } from '../../src/base/index.ts'
import { Tally } from './our-peer.ts'
import {
  BEYOND_CPP_RELAY,
  cppPeer,
  listenCpp,
  listenOurs,
  relayCpp,
  relayOurs,
  runCpp,
} from './vats.ts'
import type { Listening } from './vats.ts'

const ALL_CHECKS_MS = 240_000

const { path: program, missing } = cppPeer
const checks = program
  ? spawnSync(program, ['checks'], { encoding: 'utf8' }).stdout.trimEnd().split('\n')
  : ['nothing']

const tally = new Tally()

const setups: [string, (scope: Scope) => Promise<Listening>, beyond?: readonly RegExp[]][] = [
  ['itself', async (scope) => scope.own(await listenCpp('unix'))],
  ['ours', async (scope) => scope.own(await listenOurs('unix', tally))],
  ['ours over TCP', async (scope) => scope.own(await listenOurs('tcp', tally))],
  [
    'itself through ours',
    async (scope) => {
      const { address } = scope.own(await listenCpp('unix'))
      return scope.own(await relayOurs('unix', address))
    },
  ],
  [
    'ours through itself',
    async (scope) => {
      const { address } = scope.own(await listenOurs('unix', tally))
      return scope.own(await relayCpp('unix', address))
    },
    BEYOND_CPP_RELAY,
  ],
]

describe.skipIf(!program).each(setups)(`C++ calls %s ${missing}`, (_, start, beyond = []) => {
  const scope = new Scope()
  let findings: readonly string[] = []

  beforeAll(async () => {
    const { address } = await start(scope)
    findings = await runCpp(['check', address], ALL_CHECKS_MS)
  })
  afterAll(async () => await scope[Symbol.asyncDispose]())

  const expected = checks.filter((check) => !beyond.some((name) => name.test(check)))
  test.each(expected)('%s', (check) => {
    const told = findings.find((line) => line === `ok ${check}` || line.startsWith(`FAIL ${check}`))
    expect(told ?? findings.at(-1)).toBe(`ok ${check}`)
  })
})

test.skipIf(!program)(`what C++ held of ours is gone ${missing}`, async () => {
  await expect.poll(() => tally.objects).toBe(0)
})
