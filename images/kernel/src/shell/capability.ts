import { peerIdText } from 'ww/guest'

import { int, list, print, string, symbol } from '../glia/index.ts'
import type { Value } from '../glia/index.ts'
import { MultiaddrError, multiaddrText, parseMultiaddr, parsePeerId } from '../multiaddr/index.ts'
import { textFromUtf8 } from '../text/bytes.ts'
import type { Session } from './session.ts'
import { ShellError } from './shell-error.ts'

/** A capability of the session as the shell offers it. Evaluation, help and completion read this. */
export interface Capability {
  readonly name: string
  readonly summary: string
  readonly methods: readonly Method[]
}

export interface Method {
  readonly name: string
  /** The whole form, as shown to whoever got it wrong. */
  readonly usage: string
  readonly summary: string
  /** Undefined when the arguments are none that fit. */
  call(session: Session, args: readonly Value[], signal: AbortSignal): Promise<Value> | undefined
}

export const CAPABILITIES: readonly Capability[] = [
  {
    name: 'host',
    summary: 'this node in the network',
    methods: [
      {
        name: 'id',
        usage: '(host id)',
        summary: 'the peer id of this node',
        call: (session, args, signal) => (args.length === 0 ? id(session, signal) : undefined),
      },
      {
        name: 'addrs',
        usage: '(host addrs)',
        summary: 'the addresses this node listens on',
        call: (session, args, signal) => (args.length === 0 ? addrs(session, signal) : undefined),
      },
      {
        name: 'peers',
        usage: '(host peers)',
        summary: 'connected peers, each with its addresses',
        call: (session, args, signal) => (args.length === 0 ? peers(session, signal) : undefined),
      },
      {
        name: 'connect',
        usage: '(host connect "<address>")',
        summary: 'dials a peer; the address ends with /p2p/<peer id>',
        call(session, args, signal) {
          const [first, ...rest] = texts(args) ?? []
          return first === undefined ? undefined : connect(session, first, rest, signal)
        },
      },
    ],
  },
  {
    name: 'executor',
    summary: 'other cells on this node',
    methods: [
      {
        name: 'echo',
        usage: '(executor echo "<message>")',
        summary: 'answers "Echo: " and the message',
        call(session, args, signal) {
          const [message, ...rest] = texts(args) ?? []
          if (message === undefined || rest.length > 0) return undefined
          return session.executor.echo(message, signal).then(string)
        },
      },
    ],
  },
  {
    name: 'ipfs',
    summary: 'content, verified as it is read',
    methods: [
      {
        name: 'cat',
        usage: '(ipfs cat "<path>")',
        summary: 'the content of a file, /ipfs/<cid>/...',
        call(session, args, signal) {
          const [path, ...rest] = texts(args) ?? []
          return path === undefined || rest.length > 0 ? undefined : cat(session, path, signal)
        },
      },
      {
        name: 'ls',
        usage: '(ipfs ls "<path>")',
        summary: 'names and sizes in a directory',
        call(session, args, signal) {
          const [path, ...rest] = texts(args) ?? []
          return path === undefined || rest.length > 0 ? undefined : ls(session, path, signal)
        },
      },
    ],
  },
]

// A string may be typed without its quotes where it has no blanks.
function texts(args: readonly Value[]): readonly string[] | undefined {
  const found = args.map((arg) => {
    if (arg.kind === 'string') return arg.value
    return arg.kind === 'symbol' ? arg.name : undefined
  })
  return found.every((text) => text !== undefined) ? found : undefined
}

async function id(session: Session, signal: AbortSignal): Promise<Value> {
  return string(peerIdText(await session.host.id(signal)))
}

async function addrs(session: Session, signal: AbortSignal): Promise<Value> {
  const [peerId, listening] = await Promise.all([
    session.host.id(signal),
    session.host.addrs(signal),
  ])
  return list(listening.map((addr) => string(addressOf(peerId, addr))))
}

async function peers(session: Session, signal: AbortSignal): Promise<Value> {
  const connected = await session.host.peers(signal)
  return list(
    connected.map((peer) => {
      const addresses = peer.addrs.map((addr) => string(addressOf(peer.peerId, addr)))
      return list([string(peerIdText(peer.peerId)), ...addresses])
    }),
  )
}

function addressOf(peerId: Uint8Array, addr: Uint8Array): string {
  return `${multiaddrText(addr)}/p2p/${peerIdText(peerId)}`
}

async function connect(
  session: Session,
  first: string,
  rest: readonly string[],
  signal: AbortSignal,
): Promise<Value> {
  const named = parsePeerId(first)
  const addresses = (named ? rest : [first, ...rest]).map(parseAddress)
  const peerId = named ?? addresses[0]?.peerId
  if (!peerId) {
    throw new ShellError(`address "${first}" does not say whom to expect: add /p2p/<peer id>`)
  }
  if (addresses.length === 0) {
    throw new ShellError(`no address to dial: (host connect "${first}" "<address>")`)
  }
  for (const address of addresses) {
    if (address.peerId && peerIdText(address.peerId) !== peerIdText(peerId)) {
      throw new ShellError('the addresses name different peers')
    }
  }
  await session.host.connect(
    peerId,
    addresses.map((address) => address.bytes),
    signal,
  )
  return symbol('ok')
}

function parseAddress(text: string) {
  try {
    return parseMultiaddr(text)
  } catch (thrown) {
    if (!(thrown instanceof MultiaddrError)) throw thrown
    throw new ShellError(thrown.message, { cause: thrown })
  }
}

async function cat(session: Session, path: string, signal: AbortSignal): Promise<Value> {
  const content = await session.ipfs.cat(path, signal)
  const text = textFromUtf8(content)
  return text === undefined ? symbol(`<${content.length} bytes>`) : string(text)
}

async function ls(session: Session, path: string, signal: AbortSignal): Promise<Value> {
  const entries = await session.ipfs.ls(path, signal)
  return list(entries.map(({ name, size }) => list([string(name), sizeValue(size)])))
}

// Sizes are unsigned on the wire, integers here signed; who claims 8 EiB gets a word for it.
function sizeValue(size: bigint): Value {
  return size < 1n << 63n ? int(size) : symbol(String(size))
}

/** An argument as a command sees it: strings and words as they are, the rest as it prints. */
export function argumentText(value: Value): string {
  return texts([value])?.[0] ?? print(value)
}
