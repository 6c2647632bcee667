// Starts a cell host with nothing of ours: no environment, no descriptor but the pipe to us and its
// standard error, no terminal, no directory but our program's; and takes from it what Node and the system let us take.

import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

import type { Log } from '../../base/index.ts'
import type { HostLine } from './fence.ts'
import { FENCE_LIMITS } from './limits.ts'
import { permissionArguments } from './permission.ts'
import { SocketLine } from './socket-line.ts'

export interface HostProcess extends HostLine {
  readonly pid: number | undefined
  /** Resolves when it is gone. */
  readonly gone: Promise<void>
}

export interface HostListener {
  receive(bytes: Uint8Array): void
  /** It is gone. `cause` follows “its host process ”. */
  lose(cause: string): void
}

const ENTRY = new URL('../host.cjs', import.meta.url)
const FILES = [
  new URL('../foreman.cjs', import.meta.url),
  new URL('../worker.cjs', import.meta.url),
  new URL('../compiler.mjs', import.meta.url),
]
// No memory of it on disk, nothing it could write to a file, and no variables of the shell's own.
const BOUNDED = 'ulimit -c 0; ulimit -f 0; exec env -i "$0" "$@"'

/**
 * @param listener is called in later turns
 * @param entry another program than ours, for tests of what is taken from it
 */
export function launchHost(listener: HostListener, log: Log, entry = ENTRY): HostProcess {
  const files = [entry, ...FILES]
  const node = [...permissionArguments(files), '--allow-worker', fileURLToPath(entry)]
  const isUnix = process.platform !== 'win32'
  const [command, args] = isUnix
    ? ['/bin/sh', ['-c', BOUNDED, process.execPath, ...node]]
    : [process.execPath, node]
  const child = spawn(command, args, {
    env: {},
    // From Node 22 on its threads may read whatever is below it: nothing but our program.
    cwd: fileURLToPath(new URL('.', ENTRY)),
    detached: isUnix && mustBeApart(),
    windowsHide: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const socket = child.stdio[3] as Socket
  const line = new SocketLine(socket)
  const kill = () => void child.kill('SIGKILL')
  const gone = new Promise<void>((resolve) => {
    child.on('error', (thrown) => {
      listener.lose(`could not be started: ${thrown.message}`)
      resolve()
    })
    // Behind what it has said.
    child.on('close', (code, signal) => {
      listener.lose(signal ? `was ended by ${signal}` : `ended by itself with code ${code}`)
      resolve()
    })
  })
  socket.on('data', (bytes: Buffer) => listener.receive(bytes))
  socket.on('error', kill)
  socket.on('close', kill)
  const said = child.stderr as Socket
  tellLines(said, log)
  return {
    pid: child.pid,
    gone,
    send: (bytes) => line.send(bytes),
    drained: () => line.drained(),
    keepAlive(isKept) {
      for (const handle of [child, socket, said]) {
        if (isKept) handle.ref()
        else handle.unref()
      }
    },
    kill,
  }
}

/**
 * Whether it has to be in a session of its own: else it would have our terminal. Where Linux is asked to be
 * fair to sessions (`autogroup`), priorities count within one alone: forty cells of another would be as
 * much as we and all our peers' connections, however far they stand back.
 */
function mustBeApart(): boolean {
  if (process.platform !== 'linux') return true
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY))
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ENXIO'
  }
}

/** What a host says on its standard error is for whoever looks for what went wrong; an enemy may write it. */
function tellLines(stream: NodeJS.ReadableStream, log: Log): void {
  let left = FENCE_LIMITS.saidLines
  let begun = ''
  const tell = (line: string) => {
    if (line === '' || left-- <= 0) return
    log.warn('cell host wrote to stderr', { line: line.slice(0, FENCE_LIMITS.saidChars) })
  }
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    if (left <= 0) return
    const lines = (begun + text).split('\n')
    begun = lines.pop()!.slice(0, FENCE_LIMITS.saidChars)
    for (const line of lines) tell(line)
  })
  stream.on('end', () => tell(begun))
}
