import { readFileSync } from 'node:fs'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { readAll, spawn, treeOf } from './help/cells.ts'
import { callerOf, randomCalls } from './help/random-calls.ts'
import type { RandomCall } from './help/random-calls.ts'

/** Seeds of the generator, each good for so many runs; one that found something stays. */
const SEEDS = JSON.parse(
  readFileSync(new URL('../../../test/cell/fixture/random-calls.json', import.meta.url), 'utf8'),
) as readonly number[]
const RUNS = 12
/** The largest error number of preview 1. */
const LAST_ERRNO = 76

/** A tree that notes what it was asked for. */
function watched(asked: string[]) {
  const tree = treeOf({ '/etc/motd': 'hello', '/etc/hosts': 'x'.repeat(100_000) })
  const note = (path: string) => void asked.push(path)
  return {
    find: (path: string) => (note(path), tree.find(path)),
    list: (path: string) => (note(path), tree.list(path)),
    read: (path: string, offset: number, length: number) => (
      note(path),
      tree.read(path, offset, length)
    ),
  }
}

test.each(SEEDS)(
  'whatever a guest calls with whatever, it gets an error number and the host a sane question (seed %i)',
  async (seed) => {
    const before = process.memoryUsage().arrayBuffers
    await fc.assert(
      fc.asyncProperty(randomCalls, async (calls: readonly RandomCall[]) => {
        const asked: string[] = []
        await using cell = await spawn(callerOf(calls), { root: watched(asked), env: ['A=b'] })
        cell.stdin.close()
        cell.data.open({ chunk() {}, drained() {}, ended() {} })
        cell.data.close()
        await Promise.all([readAll(cell.stdout), readAll(cell.stderr)])
        const exit = await cell.exited
        expect(exit.kind).toBe('exited')
        expect(exit.code).toBeLessThanOrEqual(LAST_ERRNO)
        const odd = asked.filter(
          (path) => !/^(\/|(\/(?!\.{1,2}(\/|$)|tmp(\/|$))[^/\0]+)+)$/.test(path),
        )
        expect(odd).toEqual([])
      }),
      { seed, numRuns: RUNS },
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 << 20)
  },
)
