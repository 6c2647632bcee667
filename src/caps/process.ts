import { Process } from '../capnp/system.ts'
import type { Cell } from '../cell/index.ts'
import { Client, serve } from '../rpc/index.ts'
import type { Connection } from '../rpc/index.ts'
import { serveReader, serveWriter } from './byte-stream.ts'

/**
 * One running child. Holds neither cell nor connection alive: whoever started them owns them.
 * The three streams exist once, however often they are asked for.
 */
export function serveProcess(cell: Cell, connection: Connection): Process {
  const stdin = serveWriter(cell.stdin)
  const stdout = serveReader(cell.stdout)
  const stderr = serveReader(cell.stderr)
  return serve(Process, {
    stdin: () => ({ stream: stdin.$dup() }),
    stdout: () => ({ stream: stdout.$dup() }),
    stderr: () => ({ stream: stderr.$dup() }),
    async wait() {
      const { code } = await cell.exited
      return { exitCode: code }
    },
    bootstrap: () => ({ cap: connection.bootstrap(Client) }),
    async kill() {
      await cell.kill()
    },
    [Symbol.dispose]() {
      for (const stream of [stdin, stdout, stderr]) stream[Symbol.dispose]()
    },
  })
}
