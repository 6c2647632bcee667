// The control socket: where whoever may open a file of this user looks at the cells of a node. It
// exists only where somebody asked for it, and gives an Inspector, which can look and not touch.

import { once } from 'node:events'
import { lstat, stat, unlink } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { dirname } from 'node:path'

import { WwError } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import { Inspector } from '../capnp/system.ts'
import { Connection } from '../rpc/index.ts'
import { HOST_LIMITS } from './limits.ts'
import { SocketLink } from './socket-link.ts'

/** Nobody but the owner. */
const OWNER_ONLY = 0o177

/**
 * Listens on a Unix socket that only its owner may open (mode 0600). A socket that a node left behind
 * is replaced; anything else that is there is not.
 *
 * @param inspector borrowed
 * @throws {WwError} CONTROL_TAKEN, NO_CONTROL
 */
export async function serveControl(
  path: string,
  inspector: Inspector,
  log: Log,
): Promise<AsyncDisposable> {
  await makeWay(path)
  const open = new Map<Socket, Connection>()
  const server = createServer((accepted) => {
    if (open.size >= HOST_LIMITS.maxControls) {
      accepted.destroy()
      return
    }
    const link = new SocketLink(accepted)
    const { socket } = link
    const connection = new Connection(link, { bootstrap: inspector.$dup(), log })
    open.set(socket, connection)
    socket.once('close', () => open.delete(socket))
    void connection.closed.then(() => socket.destroySoon())
  })
  await listenPrivately(server, path)
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      // Takes the socket's file away with it.
      server.close()
      for (const connection of open.values()) connection.close()
      for (const socket of open.keys()) socket.destroy()
      await closed
    },
  }
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  // The file is made within `listen`, so nobody else can open it for a moment.
  const before = process.umask(OWNER_ONLY)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  try {
    await listening
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const sentence = `Cannot listen on the control socket ${path}: ${code}`
    throw new WwError('failed', 'NO_CONTROL', sentence, { cause })
  }
}

async function makeWay(path: string): Promise<void> {
  // The system says EACCES to a name in no folder.
  const folder = await stat(dirname(path)).catch(() => undefined)
  if (!folder?.isDirectory()) {
    const sentence = `Cannot listen on the control socket ${path}: ${dirname(path)} is not a folder`
    throw new WwError('failed', 'NO_CONTROL', sentence)
  }
  const found = await lstat(path).catch(() => undefined)
  if (!found) return
  if (!found.isSocket()) {
    throw new WwError('failed', 'CONTROL_TAKEN', `Control socket ${path} is a file: choose another`)
  }
  const socket = connect(path)
  const isAlive = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  socket.destroy()
  if (isAlive) {
    const sentence = `Control socket ${path} belongs to a node that runs: choose another`
    throw new WwError('failed', 'CONTROL_TAKEN', sentence)
  }
  await unlink(path)
}

/**
 * Looks at a node through its control socket.
 * @throws {WwError} NO_NODE when nobody listens there
 */
export async function withControl<T>(
  path: string,
  look: (inspector: Inspector) => Promise<T>,
): Promise<T> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const sentence = `No node answers at ${path} (${code}): is it running, with --control ${path}?`
    throw new WwError('failed', 'NO_NODE', sentence, { cause })
  }
  const link = new SocketLink(socket)
  const connection = new Connection(link)
  try {
    using inspector = connection.bootstrap(Inspector)
    return await look(inspector)
  } finally {
    connection.close()
    link.socket.destroySoon()
  }
}
