// wasi:sockets: present, so that programs that can use a network load; refusing, because there is none.

import { trap } from '../world/stop.ts'
import type { Canon, Guest, InterfaceCalls, Interfaces } from './canon.ts'

const ACCESS_DENIED = 1

// `result<handle, error-code>`: tag, payload at 4. The address is the last parameter.
const deny = (_guest: Guest, { memory }: Canon) =>
  function create(...args: number[]): void {
    const out = args.at(-1)!
    memory.setU8(out, 1)
    memory.setU8(out + 4, ACCESS_DENIED)
  }

/** No handle to such a resource is ever given out, so none can be valid. */
const noSuchHandle = (resource: string) => () => (self: number) =>
  trap(`handle ${self} is no ${resource}`)

function methods(resource: string, names: readonly string[]): InterfaceCalls {
  return Object.fromEntries(
    names.map((name) => [`[method]${resource}.${name}`, noSuchHandle(resource)]),
  )
}

export const SOCKETS: Interfaces = {
  'wasi:sockets/network': {
    // No error of a stream is one of a network.
    'network-error-code':
      ({ handles }, { memory }) =>
      (error: number, out: number) => {
        handles.get(error, 'error')
        memory.setU8(out, 0)
      },
  },
  'wasi:sockets/instance-network': {
    'instance-network':
      ({ handles }) =>
      () =>
        handles.add({ kind: 'network' }),
  },
  'wasi:sockets/tcp-create-socket': { 'create-tcp-socket': deny },
  'wasi:sockets/udp-create-socket': { 'create-udp-socket': deny },
  'wasi:sockets/ip-name-lookup': {
    'resolve-addresses': deny,
    ...methods('resolve-address-stream', ['resolve-next-address', 'subscribe']),
  },
  'wasi:sockets/tcp': methods('tcp-socket', [
    'start-bind',
    'finish-bind',
    'start-connect',
    'finish-connect',
    'start-listen',
    'finish-listen',
    'accept',
    'local-address',
    'remote-address',
    'is-listening',
    'address-family',
    'set-listen-backlog-size',
    'keep-alive-enabled',
    'set-keep-alive-enabled',
    'keep-alive-idle-time',
    'set-keep-alive-idle-time',
    'keep-alive-interval',
    'set-keep-alive-interval',
    'keep-alive-count',
    'set-keep-alive-count',
    'hop-limit',
    'set-hop-limit',
    'receive-buffer-size',
    'set-receive-buffer-size',
    'send-buffer-size',
    'set-send-buffer-size',
    'subscribe',
    'shutdown',
  ]),
  'wasi:sockets/udp': {
    ...methods('udp-socket', [
      'start-bind',
      'finish-bind',
      'stream',
      'local-address',
      'remote-address',
      'address-family',
      'unicast-hop-limit',
      'set-unicast-hop-limit',
      'receive-buffer-size',
      'set-receive-buffer-size',
      'send-buffer-size',
      'set-send-buffer-size',
      'subscribe',
    ]),
    ...methods('incoming-datagram-stream', ['receive', 'subscribe']),
    ...methods('outgoing-datagram-stream', ['check-send', 'send', 'subscribe']),
  },
}
