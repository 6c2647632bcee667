// The session the shell works with, over the capabilities that were grafted.

import type { Executor, Host, IpfsClient, Process } from 'ww/guest'

import type { Child, Session } from './shell/index.ts'

/** What one read asks of a child's pipes. */
const READ_BYTES = 64 << 10

export interface Grafted {
  readonly host: Host
  readonly executor: Executor
  readonly ipfs: IpfsClient
}

export function sessionOver({ host, executor, ipfs }: Grafted): Session {
  return {
    host: {
      async id(signal) {
        const { peerId } = await host.id({}, { signal })
        return peerId
      },
      async addrs(signal) {
        const { addrs } = await host.addrs({}, { signal })
        return [...addrs]
      },
      async peers(signal) {
        const { peers } = await host.peers({}, { signal })
        return Array.from(peers, ({ peerId, addrs }) => ({ peerId, addrs: [...addrs] }))
      },
      async connect(peerId, addrs, signal) {
        await host.connect({ peerId, addrs }, { signal })
      },
    },
    executor: {
      async echo(message, signal) {
        const { response } = await executor.echo({ message }, { signal })
        return response
      },
      async spawn(wasm, args, signal) {
        const { process: cell } = await executor.spawn(
          { wasm, args, env: [], grants: [] },
          { signal },
        )
        if (!cell) throw new Error('The executor answered without a process')
        return childOf(cell)
      },
    },
    ipfs: {
      async cat(path, signal) {
        const { data } = await ipfs.unixfs({}).api.cat({ path }, { signal })
        return data
      },
      async ls(path, signal) {
        const { entries } = await ipfs.unixfs({}).api.ls({ path }, { signal })
        return Array.from(entries, ({ name, size }) => ({ name, size }))
      },
    },
  }
}

function childOf(cell: Process): Child {
  const stdin = cell.stdin({}).stream
  const stdout = cell.stdout({}).stream
  const stderr = cell.stderr({}).stream
  return {
    async writeStdin(bytes) {
      await stdin.write({ data: bytes })
    },
    async closeStdin() {
      await stdin.close({})
    },
    async readStdout() {
      const { data } = await stdout.read({ maxBytes: READ_BYTES })
      return data
    },
    async readStderr() {
      const { data } = await stderr.read({ maxBytes: READ_BYTES })
      return data
    },
    async wait() {
      const { exitCode } = await cell.wait({})
      return exitCode
    },
    async kill() {
      await cell.kill({})
    },
    [Symbol.dispose]() {
      for (const capability of [stdin, stdout, stderr, cell]) capability[Symbol.dispose]()
    },
  }
}
