// The program of a cell host. It has one pipe, to its node, and ends with it: at once, whatever its
// threads do. It holds no key, no other socket, no environment and no file; see launch.ts. The build
// makes one file of it, `host.cjs`.

import { writeSync } from 'node:fs'
import { Socket } from 'node:net'

import { lineLog, messageOf } from '../../base/index.ts'
import { Keeper } from './keeper.ts'
import { SocketLine } from './socket-line.ts'

const STANDARD_ERROR = 2
/** The node's end of it is `stdio[3]`. */
const PIPE = 3

// Not `exit`, which waits for threads.
const leave = () => process.kill(process.pid, 'SIGKILL')
const tell = (line: string) => void writeSync(STANDARD_ERROR, `${line}\n`)

process.on('uncaughtException', (thrown) => {
  tell(thrown.stack ?? messageOf(thrown))
  leave()
})
// What a shell or a service manager says to all of a group is for our node, which ends us in its own time.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
const socket = new Socket({ fd: PIPE, readable: true, writable: true })
for (const event of ['end', 'close', 'error']) socket.on(event, leave)
const line = new SocketLine(socket)
const keeper = new Keeper((bytes) => void line.send(bytes), lineLog('warn', tell))
socket.on('data', (bytes: Buffer) => keeper.receive(bytes))
