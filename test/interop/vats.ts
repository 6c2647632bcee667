// The vats of the interop suite: the C++ program in its modes, ours behind a listener, and the
// connections between them. Whatever is started here is ended by its owner: `await using`.

import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, connect as dialSocket } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { Scope } from '../../src/base/index.ts'
import { Connection } from '../../src/rpc/index.ts'
import type { Client } from '../../src/rpc/index.ts'
import { socketLink } from '../help/socket-link.ts'
import { PROJECT, temporaryFolder } from '../help/ww.ts'
import { Peer } from './interop.gen.ts'
import { ourPeer, Tally } from './our-peer.ts'

export type Transport = 'unix' | 'tcp'

/** Where a vat listens, as KJ writes it: `unix:/path` or `127.0.0.1:port`. */
export interface Listening extends AsyncDisposable {
  readonly address: string
}

const search = spawnSync(process.execPath, [join(PROJECT, 'scripts/build-interop.mjs'), '--find'])
const found = JSON.parse(search.stdout.toString()) as { program?: string; python?: string }

/** A program that is not part of ours: where it is, or why its tests are skipped. */
export interface Foreign {
  readonly path: string | undefined
  readonly missing: string
}

const foreign = (path: string | undefined): Foreign => ({
  path,
  missing: path === undefined ? '(not built: node scripts/build-interop.mjs)' : '',
})

/** The C++ program. */
export const cppPeer = foreign(found.program)

/** The folder pycapnp is installed in: another program, on a newer library. */
export const pycapnp = foreign(found.python)

/**
 * What version 0.9 of the reference cannot do between two vats, whoever they are: it forwards 32 MB in
 * a message at most, and a disembargo that has to go on to a third vat ends its connection (repaired
 * since). It finds the same when it stands between two of itself, so nothing can be expected here.
 */
export const BEYOND_CPP_RELAY = [
  /^40 MB/,
  /^calls pipelined on a tail call/,
  /becomes? (an object of the caller|an object of ours|its own object), in order$/,
]

/** What takes longer hangs. */
const START_MS = 90_000
const END_MS = 10_000

/** The C++ program, run to its end. @returns its lines of output */
export async function runCpp(args: readonly string[], timeoutMs: number): Promise<string[]> {
  const child = spawn(programOrThrow(), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  clearTimeout(timer)
  const lines = output.split('\n').filter((line) => line !== '')
  if (code !== 0) lines.push(`FAIL it ended with ${signal ?? code}`)
  return lines
}

/** The C++ program as a server. */
export async function listenCpp(transport: Transport): Promise<Listening> {
  return await startCpp((address) => ['serve', address], transport)
}

/** The C++ program between its callers and `upstream`. */
export async function relayCpp(transport: Transport, upstream: string): Promise<Listening> {
  return await startCpp((address) => ['relay', address, upstream], transport)
}

async function startCpp(
  argsFor: (address: string) => string[],
  transport: Transport,
): Promise<Listening> {
  const scope = new Scope()
  const args = argsFor(await freeAddress(transport, scope))
  return await startVat(programOrThrow(), args, scope)
}

/** pycapnp as a server. */
export async function listenPycapnp(): Promise<Listening> {
  if (!pycapnp.path) throw new Error(`pycapnp is missing ${pycapnp.missing}`)
  const scope = new Scope()
  const address = await freeAddress('unix', scope)
  const program = join(PROJECT, 'test/interop/peer/peer.py')
  return await startVat('env', [`PYTHONPATH=${pycapnp.path}`, 'python3', program, address], scope)
}

/** Starts a program that says where it listens, and ends when its input does. */
export async function startVat(
  command: string,
  args: readonly string[],
  scope = new Scope(),
): Promise<Listening> {
  try {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    scope.defer(async () => await end(child))
    // One that has ended by itself takes no more input.
    child.stdin.on('error', () => {})
    return { address: await listeningAddress(child), [Symbol.asyncDispose]: () => close(scope) }
  } catch (thrown) {
    await close(scope)
    throw thrown
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
  child.stdin?.end()
  await ended
  clearTimeout(timer)
}

async function close(scope: Scope): Promise<void> {
  await scope[Symbol.asyncDispose]()
}

function programOrThrow(): string {
  if (!cppPeer.path) throw new Error(`The C++ peer is missing ${cppPeer.missing}`)
  return cppPeer.path
}

async function listeningAddress(child: ChildProcess): Promise<string> {
  const signal = AbortSignal.timeout(START_MS)
  for await (const line of createInterface({ input: child.stdout!, signal })) {
    const [, address] = /^listening (.+)$/.exec(line) ?? []
    if (address !== undefined) return address
  }
  throw new Error('A vat ended, or took too long, before it listened')
}

async function freeAddress(transport: Transport, scope: Scope): Promise<string> {
  if (transport === 'tcp') return '127.0.0.1:0'
  const { path } = scope.own(await temporaryFolder())
  return `unix:${join(path, 'vat')}`
}

/** Connects to an address. */
async function dial(address: string): Promise<Socket> {
  const [, host, port] = /^([\d.]+):(\d+)$/.exec(address) ?? []
  const socket =
    host === undefined ? dialSocket(address.replace(/^unix:/, '')) : dialSocket(Number(port), host)
  await once(socket, 'connect')
  return socket
}

/** A vat of ours that is connected to a peer. */
export class Session implements AsyncDisposable {
  readonly connection: Connection
  readonly peer: Peer
  readonly #socket: Socket

  constructor(socket: Socket) {
    const link = socketLink(socket)
    this.#socket = link.socket
    this.connection = new Connection(link)
    this.peer = this.connection.bootstrap(Peer)
  }

  static async dial(address: string): Promise<Session> {
    return new Session(await dial(address))
  }

  /** The socket breaks, without a word. */
  cut(): void {
    this.#socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer[Symbol.dispose]()
    this.connection.close()
    await this.connection.closed
    this.#socket.destroy()
  }
}

/** A listener of ours and the connections it has accepted. */
export interface OurListening extends Listening {
  readonly connections: readonly Connection[]
}

/** A vat of ours: every connection gets the same peer. */
export async function listenOurs(transport: Transport, tally = new Tally()): Promise<OurListening> {
  return await accept(transport, (socket) => {
    const link = socketLink(socket)
    const peer = ourPeer(tally, () => link.socket.destroy())
    return [new Connection(link, { bootstrap: peer })]
  })
}

/** A vat of ours between its callers and `upstream`, with a connection there for each. */
export async function relayOurs(transport: Transport, upstream: string): Promise<OurListening> {
  return await accept(transport, async (socket) => {
    const link = socketLink(socket)
    const outer = new Connection(socketLink(await dial(upstream)))
    const inner = new Connection(link, { bootstrap: outer.bootstrap(Peer) as Client })
    void inner.closed.then(() => outer.close())
    void outer.closed.then(() => inner.close())
    return [inner, outer]
  })
}

async function accept(
  transport: Transport,
  serveTo: (socket: Socket) => readonly Connection[] | Promise<readonly Connection[]>,
): Promise<OurListening> {
  const scope = new Scope()
  const connections: Connection[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    void Promise.resolve(serveTo(socket)).then(
      (made) => connections.push(...made),
      () => socket.destroy(),
    )
  })
  const wanted = await freeAddress(transport, scope)
  if (transport === 'tcp') server.listen(0, '127.0.0.1')
  else server.listen(wanted.replace(/^unix:/, ''))
  await once(server, 'listening')
  scope.defer(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const connection of connections) connection.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const { port } = server.address() as AddressInfo
  const address = transport === 'tcp' ? `127.0.0.1:${port}` : wanted
  return { address, connections, [Symbol.asyncDispose]: () => close(scope) }
}
