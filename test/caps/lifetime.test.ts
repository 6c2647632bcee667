import { expect, test } from 'vitest'

import { Lifetime } from '../../src/capnp/system.ts'
import type { Process } from '../../src/capnp/system.ts'
import { Random } from '../help/random.ts'
import { EXIT_7, LONG_MS, Nursery, sleep, SLEEP, SPIN, TRAP, wasm } from './help.ts'

const sleeper = await wasm(SLEEP)

/** A child, and a grand-child of a lifetime that the child has started, as a guest would. */
async function generations(node: Nursery, lifetime: Lifetime) {
  const above = node.executor()
  const { process: parent } = await above.spawn({ wasm: sleeper, args: ['parent'] })
  const own = node.executor(node.named('parent'))
  const { process: child } = await own.spawn({ wasm: sleeper, args: ['child'], lifetime })
  return { parent: parent!, child: child! }
}

const gone = async (node: Nursery, name: string) =>
  await expect.poll(() => node.named(name)).toBeUndefined()

async function staysFor(node: Nursery, name: string): Promise<void> {
  await sleep(LONG_MS)
  expect(node.named(name)?.hasEnded).toBe(false)
}

test('W20 a child ends with its parent when nobody holds it', async () => {
  await using node = new Nursery()
  const { parent, child } = await generations(node, Lifetime.parent)
  child[Symbol.dispose]()
  await staysFor(node, 'child')
  await parent.kill()
  await gone(node, 'child')
})

test('a child that somebody holds outlives its parent, and ends when it is let go', async () => {
  await using node = new Nursery()
  const { parent, child } = await generations(node, Lifetime.parent)
  await parent.kill()
  await staysFor(node, 'child')
  child[Symbol.dispose]()
  await gone(node, 'child')
})

test.each(['stdin', 'stdout', 'stderr'] as const)(
  'who has %s of a child holds it',
  async (name) => {
    await using node = new Nursery()
    const { parent, child } = await generations(node, Lifetime.parent)
    const { stream } = await child[name]()
    child[Symbol.dispose]()
    await parent.kill()
    await staysFor(node, 'child')
    stream![Symbol.dispose]()
    await gone(node, 'child')
  },
)

test('who waits for a child holds it', async () => {
  await using node = new Nursery()
  const { parent, child } = await generations(node, Lifetime.held)
  const waiting = child.wait()
  child[Symbol.dispose]()
  await parent.kill()
  await staysFor(node, 'child')
  await node.named('child')!.cell!.kill()
  expect((await waiting).exitCode).toBe(137)
})

test('who has what a child offers holds it', async () => {
  await using node = new Nursery()
  const { child } = await generations(node, Lifetime.held)
  // It never answers: the capability is a promise for as long as it runs.
  const { cap } = await child.bootstrap()
  child[Symbol.dispose]()
  await staysFor(node, 'child')
  cap![Symbol.dispose]()
  await gone(node, 'child')
})

test('a child that is to be held ends when it is not, though its parent lives', async () => {
  await using node = new Nursery()
  const { child } = await generations(node, Lifetime.held)
  const second = child.$dup()
  child[Symbol.dispose]()
  await staysFor(node, 'child')
  second[Symbol.dispose]()
  await gone(node, 'child')
  expect(node.named('parent')).toBeDefined()
})

test('a detached child outlives everybody but the node, and counts for those above all the same', async () => {
  await using node = new Nursery()
  const { parent, child } = await generations(node, Lifetime.detached)
  child[Symbol.dispose]()
  await parent.kill()
  await staysFor(node, 'child')
  expect(node.family.root.account.usage).toMatchObject({ children: 0, descendants: 1 })
  await node.family[Symbol.asyncDispose]()
  expect(node.children).toEqual([])
})

test('all generations end with the first', async () => {
  await using node = new Nursery()
  let owner = node.family.root
  const top: Process[] = []
  for (let depth = 0; depth < 5; depth++) {
    const executor = node.executor(owner)
    const { process } = await executor.spawn({ wasm: sleeper, args: [`${depth}`] })
    if (depth === 0) top.push(process!)
    else process![Symbol.dispose]()
    owner = node.named(`${depth}`)!
  }
  await top[0]!.kill()
  await expect.poll(() => node.children).toEqual([])
})

test('the executor of a cell that has ended starts nothing more', async () => {
  await using node = new Nursery()
  const { parent } = await generations(node, Lifetime.parent)
  const own = node.executor(node.named('parent'))
  await parent.kill()
  await expect(own.spawn({ wasm: sleeper })).rejects.toMatchObject({
    kind: 'disconnected',
    code: 'CELL_ENDED',
    message: 'Cannot start a cell: cell parent, which was to be its parent, has ended',
  })
})

test('a lifetime that is not known is refused before anything starts', async () => {
  await using node = new Nursery()
  const call = node.executor().spawn({ wasm: sleeper, lifetime: 9 as Lifetime })
  await expect(call).rejects.toThrow('lifetime 9 is not known here')
  expect(node.children).toEqual([])
})

test.each([11, 12])(
  'W22 whatever was started, killed and let go, afterwards nothing is charged (seed %i)',
  async (seed) => {
    await using node = new Nursery({ descendants: 24 })
    const random = new Random(seed)
    const programs = await Promise.all([SLEEP, SPIN, TRAP, EXIT_7].map(wasm))
    const lifetimes = Object.values(Lifetime)
    const held: Process[] = []
    let refused = 0
    for (let step = 0; step < 60; step++) {
      const { members } = node.family
      const owner = random.pick(members.filter(({ hasEnded }) => !hasEnded))
      const limits = { fuel: 50_000_000n }
      const [program, lifetime] = [random.pick(programs), random.pick(lifetimes)]
      const call = node.executor(owner).spawn({ wasm: program, lifetime, limits })
      const done = (async () => {
        try {
          held.push((await call).process!)
        } catch (thrown) {
          if ((thrown as { kind?: string }).kind === 'overloaded') refused++
        }
      })()
      if (random.chance(0.5)) await done
      if (held.length > 0 && random.chance(0.6)) {
        const [process] = held.splice(random.below(held.length), 1)
        if (random.chance(0.5)) await process!.kill()
        process![Symbol.dispose]()
      }
    }
    expect(refused).toBeGreaterThan(0)
    const { root } = node.family
    await node.family[Symbol.asyncDispose]()
    await expect.poll(() => node.children).toEqual([])
    const none = { children: 0, descendants: 0, memoryBytes: 0, fuel: 0, fuelPerSecond: 0 }
    expect(root.account.usage).toMatchObject(none)
    expect(root.account.usage.fuelSpent).toBeGreaterThan(0)
  },
)
