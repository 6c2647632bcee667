import type { ByteReader, Log } from '../base/index.ts'
import { ExitKind, Process } from '../capnp/system.ts'
import type { Process_wait$Results$Init } from '../capnp/system.ts'
import type { Cell, CellExit, Member } from '../cell/index.ts'
import { Client, serve } from '../rpc/index.ts'
import type { Connection } from '../rpc/index.ts'
import { serveReader, serveWriter } from './byte-stream.ts'
import { limitsShown, usageShown } from './cell-limits.ts'
import { lend } from './lend.ts'
import { CAPS_LIMITS } from './limits.ts'
import { tellLines } from './orphan-output.ts'

/**
 * One running child. Owns neither cell nor connection; whoever has it, or one of its streams, holds
 * the child in the sense of its lifetime. The three streams exist once, however often they are asked
 * for.
 */
export function serveProcess(
  cell: Cell,
  member: Member,
  connection: Connection,
  log: Log,
): Process {
  const letGo = member.hold()
  const stdin = serveWriter(cell.stdin, member.hold())
  const stdout = serveReader(
    cell.stdout,
    released(member, () => void drain(cell.stdout)),
  )
  const stderr = serveReader(
    cell.stderr,
    released(member, () => void tellLines(cell, log)),
  )
  return serve(Process, {
    stdin: () => ({ stream: stdin.$dup() }),
    stdout: () => ({ stream: stdout.$dup() }),
    stderr: () => ({ stream: stderr.$dup() }),
    wait: async () => exitShown(await cell.exited),
    bootstrap: () => ({ cap: lend(connection.bootstrap(Client), member.hold()) }),
    async kill() {
      await cell.kill()
    },
    usage: () => ({ usage: usageShown(member), limits: limitsShown(cell.limits) }),
    [Symbol.dispose]() {
      for (const stream of [stdin, stdout, stderr]) stream[Symbol.dispose]()
      letGo()
    },
  })
}

function released(member: Member, act: () => void): () => void {
  const letGo = member.hold()
  return () => {
    letGo()
    act()
  }
}

function exitShown(exit: CellExit): Process_wait$Results$Init {
  return {
    exitCode: exit.code,
    kind: ExitKind[exit.kind],
    limit: exit.kind === 'limited' ? exit.limit : '',
    cause: 'message' in exit ? exit.message : '',
  }
}

/** Takes what nobody will read, so that the child does not wait for a reader that cannot come. */
async function drain(reader: ByteReader): Promise<void> {
  while ((await reader.read(CAPS_LIMITS.maxReadBytes)).length > 0);
}
