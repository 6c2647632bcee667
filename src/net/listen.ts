import type { Transport } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { TCPComponents } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'

import { messageOf, WwError } from '../base/index.ts'
import { isIpAndTcp, multiaddrFrom } from './address.ts'

export interface ListenFailure {
  readonly address: Multiaddr
  readonly error: unknown
}

/** @throws {WwError} INVALID_ADDRESS when one of them is not something we listen on */
export function listenAddrsFrom(texts: readonly string[]): Multiaddr[] {
  return texts.map((text) => {
    const address = multiaddrFrom(text)
    if (isIpAndTcp(address)) return address
    const message = `Cannot listen on ${text}: only TCP ports of IP addresses, as in /ip4/0.0.0.0/tcp/2025`
    throw new WwError('failed', 'INVALID_ADDRESS', message)
  })
}

/**
 * The TCP transport, noting in `failures` what it could not listen on: libp2p tells it as a stack
 * inside a text, and not at all when IPv4 worked and only IPv6 did not.
 */
export function tcpNoting(failures: ListenFailure[]): (components: TCPComponents) => Transport {
  return (components) => {
    const transport = tcp()(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => {
      const listener = createListener(options)
      const listen = listener.listen.bind(listener)
      listener.listen = async (address) => {
        try {
          await listen(address)
        } catch (error) {
          failures.push({ address, error })
          throw error
        }
      }
      return listener
    }
    return transport
  }
}

/** One sentence for the first address that could not be listened on. */
export function listenError({ address: failed, error }: ListenFailure): WwError {
  const address = failed.toString()
  const port = failed.getComponents().at(-1)?.value ?? ''
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const options = { cause: error }
  switch (code) {
    case 'EADDRINUSE': {
      const message = `Port ${port} is in use (${address}): stop the program that has it, or take another with --port`
      return new WwError('failed', 'PORT_IN_USE', message, options)
    }
    case 'EACCES': {
      const message = `Not allowed to listen on port ${port} (${address}): take another with --port`
      return new WwError('failed', 'LISTEN_FAILED', message, options)
    }
    default: {
      const message = `Cannot listen on ${address}: ${messageOf(error)}`
      return new WwError('failed', 'LISTEN_FAILED', message, options)
    }
  }
}
