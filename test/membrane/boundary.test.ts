import { expect, test } from 'vitest'

import { Watch, WwError } from '../../src/base/index.ts'
import { Executor, Host, InitialGrants, Process } from '../../src/capnp/system.ts'
import { Boundary, EpochGuard, FIRST_EPOCH, staleEpoch } from '../../src/membrane/index.ts'
import { Connection, loopback, serve } from '../../src/rpc/index.ts'
import type { Client } from '../../src/rpc/index.ts'

const next = (seq: bigint) => ({ ...FIRST_EPOCH, seq })

function world() {
  const epochs = new Watch(FIRST_EPOCH)
  const boundary = new Boundary(new EpochGuard(epochs))
  return { epochs, boundary }
}

function echoExecutor(dropped: () => void = () => {}): Executor {
  return serve(Executor, {
    echo: ({ message }) => ({ response: `Echo: ${message}` }),
    runBytes: () => ({}),
    load: () => ({}),
    spawn: () => ({}),
    [Symbol.dispose]: dropped,
  })
}

function hostWith(executor: () => Executor): Host {
  return serve(Host, {
    id: () => ({ peerId: new Uint8Array([1]) }),
    addrs: () => ({}),
    peers: () => ({}),
    connect: () => {},
    executor: () => ({ executor: executor() }),
  })
}

test('a wrapped capability works while its epoch lasts, and fails with staleEpoch from the moment it ends', async () => {
  const { epochs, boundary } = world()
  using executor = boundary.wrap(Executor, echoExecutor())
  expect((await executor.echo({ message: 'a' })).response).toBe('Echo: a')
  epochs.set(next(1n))
  await expect(executor.echo({ message: 'b' })).rejects.toThrow(staleEpoch().message)
})

test('an epoch that comes back does not bring its capabilities back', async () => {
  const { epochs, boundary } = world()
  using executor = boundary.wrap(Executor, echoExecutor())
  epochs.set(next(1n))
  epochs.set(FIRST_EPOCH)
  await expect(executor.echo({ message: 'b' })).rejects.toThrow('staleEpoch')
})

test('what a guarded capability returns is guarded too, awaited or pipelined', async () => {
  const { epochs, boundary } = world()
  using host = boundary.wrap(Host, hostWith(echoExecutor))
  const { executor } = await host.executor()
  const pipelined = host.executor().executor
  expect((await pipelined.echo({ message: 'p' })).response).toBe('Echo: p')
  epochs.set(next(1n))
  await expect(executor?.echo({ message: 'x' })).rejects.toThrow('staleEpoch')
  await expect(pipelined.echo({ message: 'x' })).rejects.toThrow('staleEpoch')
  await expect(host.executor().executor.echo({ message: 'x' })).rejects.toThrow('staleEpoch')
})

test('casting a guarded capability does not get around the guard', async () => {
  const { epochs, boundary } = world()
  using host = boundary.wrap(Host, hostWith(echoExecutor))
  epochs.set(next(1n))
  await expect(host.$as(Executor).echo({ message: 'x' })).rejects.toThrow('staleEpoch')
  await expect(host.$dup().id()).rejects.toThrow('staleEpoch')
})

test('a call in flight fails when the epoch ends, and its handler is told', async () => {
  const { epochs, boundary } = world()
  let aborted = false
  using process = boundary.wrap(
    Process,
    serve(Process, {
      stdin: () => ({}),
      stdout: () => ({}),
      stderr: () => ({}),
      bootstrap: () => ({}),
      kill: () => {},
      usage: () => ({}),
      wait: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true
            resolve({ exitCode: 0 })
          })
        }),
    }),
  )
  const waiting = process.wait()
  const outcome = expect(waiting).rejects.toThrow('staleEpoch')
  await Promise.resolve()
  await Promise.resolve()
  epochs.set(next(1n))
  await outcome
  expect(aborted).toBe(true)
})

test('a capability that comes out through a callback is guarded', async () => {
  const { epochs, boundary } = world()
  const inside = serve(Executor, {
    echo: () => ({}),
    runBytes: () => ({}),
    load: () => ({}),
    // Inside hands its secret to whatever it was given.
    async spawn({ grants }) {
      const callback = grants.at(0)?.cap?.$as(Executor)
      await callback?.spawn({ grants: [{ name: 'secret', cap: echoExecutor() }] })
    },
  })
  using executor = boundary.wrap(Executor, inside)
  let secret: Executor | undefined
  using callback = serve(Executor, {
    echo: () => ({}),
    runBytes: () => ({}),
    load: () => ({}),
    spawn({ grants }) {
      secret = grants.at(0)?.cap?.$as(Executor)
    },
  })
  await executor.spawn({ grants: [{ name: 'callback', cap: callback }] })
  expect((await secret!.echo({ message: 's' })).response).toBe('Echo: s')
  epochs.set(next(1n))
  await expect(secret!.echo({ message: 's' })).rejects.toThrow('staleEpoch')
})

test('a wrapper handed in and given out again is still the same wrapper, not a bare capability', async () => {
  const { epochs, boundary } = world()
  let kept: Client | null = null
  const keeper = serve(Executor, {
    echo: () => ({}),
    runBytes: () => ({}),
    load: () => ({}),
    spawn({ grants }) {
      kept = grants.at(0)?.cap?.$dup() ?? null
      const grantsOfChild = serve(InitialGrants, {
        get: () => ({ caps: [{ name: 'it', cap: kept!.$dup() }] }),
      })
      return {
        process: serve(Process, {
          stdin: () => ({}),
          stdout: () => ({}),
          stderr: () => ({}),
          wait: () => ({}),
          kill: () => {},
          usage: () => ({}),
          bootstrap: () => ({ cap: grantsOfChild.$dup() }),
        }),
      }
    },
  })
  using executor = boundary.wrap(Executor, keeper)
  using host = boundary.wrap(Host, hostWith(echoExecutor))
  const { process } = await executor.spawn({ grants: [{ name: 'host', cap: host }] })
  const given = await process!.bootstrap().cap.$as(InitialGrants).get()
  const back = given.caps.at(0)?.cap
  expect(back?.$hook.target).toBe(host.$hook.target)
  // What inside keeps (and would serve to a child) ends with the epoch like what outside holds.
  epochs.set(next(1n))
  await expect((kept as Client | null)?.$as(Host).id()).rejects.toThrow('staleEpoch')
})

test('an outside object that went in comes out as itself', async () => {
  const { boundary } = world()
  const store = serve(Host, {
    id: () => ({}),
    addrs: () => ({}),
    peers: () => ({}),
    connect: () => {},
    executor: () => ({ executor: mine.$dup() }),
  })
  const mine = boundaryInside(boundary)
  using host = boundary.wrap(Host, store)
  const { executor } = await host.executor()
  expect(executor?.$hook.target).toBe(outsideHook(mine))

  function boundaryInside(of: Boundary): Executor {
    const outside = echoExecutor()
    return new Executor(of.toInside(outside.$hook))
  }
  function outsideHook(inside: Executor): unknown {
    return (inside.$hook as unknown as { inner: unknown }).inner
  }
})

test('over a connection too, a guarded capability dies with its epoch, and the objects behind it are let go', async () => {
  const { epochs, boundary } = world()
  let dropped = 0
  const host = boundary.wrap(
    Host,
    hostWith(() => echoExecutor(() => dropped++)),
  )
  const [left, right] = loopback()
  const server = new Connection(left, { bootstrap: host })
  const client = new Connection(right)
  {
    using remote = client.bootstrap(Host)
    const { executor } = await remote.executor()
    expect((await executor?.echo({ message: 'far' }))?.response).toBe('Echo: far')
    epochs.set(next(1n))
    await expect(executor?.echo({ message: 'far' })).rejects.toThrow('staleEpoch')
  }
  client.close()
  await server.closed
  expect(server.stats).toEqual({ questions: 0, answers: 0, exports: 0, imports: 0, embargoes: 0 })
  expect(dropped).toBe(1)
})

test('a guard that has ended refuses with its own reason, over the wire with kind and code', async () => {
  const { epochs, boundary } = world()
  const [left, right] = loopback()
  const server = new Connection(left, { bootstrap: boundary.wrap(Executor, echoExecutor()) })
  const client = new Connection(right)
  using executor = client.bootstrap(Executor)
  epochs.set(next(7n))
  const error: unknown = await executor.echo({ message: '' }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(WwError)
  expect(error).toMatchObject({ kind: 'failed', code: 'STALE_EPOCH' })
  server.close()
  client.close()
})
