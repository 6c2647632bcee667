import { expect, test } from 'vitest'

import { DEFAULT_CELL_LIMITS } from '../../src/cell/index.ts'
import { DEFAULT_PORT, nodeConfig, resolveConfig } from '../../src/host/index.ts'
import type { ConfigSources, SourcedConfig } from '../../src/host/index.ts'

function resolved(sources: Partial<ConfigSources>): SourcedConfig {
  const base = {
    mounts: [],
    flags: {},
    env: {},
    cwd: '/there',
    home: '/home/ada',
    kernelImage: '/ww',
  }
  return resolveConfig({ ...base, ...sources })
}

const file = (content: unknown) => ({ file: { path: '/home/ada/.ww/config.json', content } })

test('without any source every value is the default, and says so', () => {
  const config = resolved({})
  expect(nodeConfig(config)).toEqual({
    mounts: ['/ww'],
    listen: [`/ip4/0.0.0.0/tcp/${DEFAULT_PORT}`],
    identity: { path: '/home/ada/.ww/identity', named: false },
    logLevel: 'warn',
    wasmDebug: false,
    cacheDirectory: '/home/ada/.cache/ww',
    cellLimits: DEFAULT_CELL_LIMITS,
    isolation: 'thread',
    control: undefined,
  })
  const { cellLimits, ...others } = config
  for (const { source } of [...Object.values(others), ...Object.values(cellLimits)]) {
    expect(source.kind).toBe('default')
  }
})

test('a flag wins over the environment, the environment over the file, the file over the default', () => {
  const flags = { 'log-level': 'error' }
  const env = { WW_LOG: 'info' }
  const all = { flags, env, ...file({ 'log-level': 'trace' }) }
  const level = (sources: Partial<ConfigSources>) => resolved(sources).logLevel
  expect(level(all)).toEqual({ value: 'error', source: { kind: 'flag', name: '--log-level' } })
  expect(level({ ...all, flags: {} })).toEqual({
    value: 'info',
    source: { kind: 'environment', name: 'WW_LOG' },
  })
  expect(level({ ...all, flags: {}, env: {} })).toEqual({
    value: 'trace',
    source: { kind: 'file', name: '/home/ada/.ww/config.json' },
  })
})

test('cells run where flag, environment or file say, in one of two ways', () => {
  const of = (sources: Partial<ConfigSources>) => resolved(sources).isolation
  expect(of({ flags: { isolation: 'process' }, env: { WW_ISOLATION: 'thread' } })).toEqual({
    value: 'process',
    source: { kind: 'flag', name: '--isolation' },
  })
  expect(of({ env: { WW_ISOLATION: 'process' } }).value).toBe('process')
  expect(of(file({ isolation: 'process' })).value).toBe('process')
  expect(() => of({ env: { WW_ISOLATION: 'vm' } })).toThrow(
    'WW_ISOLATION must be one of thread, process, not "vm"',
  )
})

test('an empty variable counts as unset', () => {
  expect(resolved({ env: { WW_LOG: '', WW_PORT: '', WW_IDENTITY: '' } })).toEqual(resolved({}))
})

test.each([
  ['--port', { flags: { port: '65536' } }, '"65536"'],
  ['--port', { flags: { port: '-1' } }, '"-1"'],
  ['--port', { flags: { port: '2e3' } }, '"2e3"'],
  ['--port', { flags: { port: '' } }, '""'],
  ['WW_PORT', { env: { WW_PORT: 'http' } }, '"http"'],
  ['"port" in /home/ada/.ww/config.json', file({ port: 1.5 }), '1.5'],
  ['"port" in /home/ada/.ww/config.json', file({ port: '2025x' }), '"2025x"'],
])('a port outside 0..65535 is refused, naming %s and what it was', (title, sources, shown) => {
  expect(() => resolved(sources)).toThrow(
    `${title} must be a whole number from 0 to 65535, not ${shown}`,
  )
})

test('a bad value is refused even when a stronger source overrides it', () => {
  expect(() => resolved({ flags: { port: '1' }, env: { WW_PORT: 'x' } })).toThrow('WW_PORT must be')
  expect(() => resolved({ flags: { port: '1' }, ...file({ port: true }) })).toThrow(
    '"port" in /home',
  )
})

test('every setting says what it must be', () => {
  expect(() => resolved({ flags: { 'log-level': 'loud' } })).toThrow(
    '--log-level must be one of error, warn, info, debug, trace, not "loud"',
  )
  expect(() => resolved({ env: { WW_WASM_DEBUG: 'yes' } })).toThrow(
    'WW_WASM_DEBUG must be true or false, not "yes"',
  )
  expect(() => resolved({ env: { WW_LISTEN: 'localhost:2025' } })).toThrow(
    'WW_LISTEN must be multiaddrs such as /ip4/127.0.0.1/tcp/2025, not "localhost:2025"',
  )
  expect(() => resolved(file({ identity: 7 }))).toThrow('must be a path, not 7')
})

test('a key of the file that is no setting is named, with those that are', () => {
  expect(() => resolved(file({ prot: 1 }))).toThrow(
    'Unknown key "prot" in /home/ada/.ww/config.json: the known ones are ' +
      'port, listen, identity, log-level, wasm-debug, cache-dir',
  )
  expect(() => resolved(file([]))).toThrow('must hold one JSON object')
  expect(() => resolved(file(null))).toThrow('must hold one JSON object')
})

test('a port is listened on at every address, 0 included', () => {
  expect(resolved({ flags: { port: '0' } }).listen).toEqual({
    value: ['/ip4/0.0.0.0/tcp/0'],
    source: { kind: 'flag', name: '--port' },
  })
})

test('listen addresses come as a repeated flag, a list with commas, or an array', () => {
  const addrs = ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/2']
  expect(resolved({ flags: { listen: addrs } }).listen.value).toEqual(addrs)
  expect(resolved({ env: { WW_LISTEN: addrs.join(',') } }).listen.value).toEqual(addrs)
  expect(resolved(file({ listen: addrs })).listen.value).toEqual(addrs)
})

test('of port and listen the stronger source decides, and equally strong ones contradict', () => {
  const listen = ['/ip4/127.0.0.1/tcp/1']
  expect(resolved({ flags: { port: '7' }, env: { WW_LISTEN: listen[0] } }).listen.value).toEqual([
    '/ip4/0.0.0.0/tcp/7',
  ])
  expect(resolved({ flags: { listen }, env: { WW_PORT: '7' } }).listen.value).toEqual(listen)
  expect(() => resolved({ flags: { port: '7', listen } })).toThrow(
    'Only one of --port and --listen can be given',
  )
  expect(() => resolved(file({ port: 7, listen }))).toThrow(
    'Only one of "port" and "listen" in /home/ada/.ww/config.json can be given',
  )
})

test('a named key file is absolute: from the working directory, or from the folder of the file', () => {
  const path = (sources: Partial<ConfigSources>) => resolved(sources).identity.value
  expect(path({ flags: { identity: 'node.key' } })).toEqual({
    path: '/there/node.key',
    named: true,
  })
  expect(path({ env: { WW_IDENTITY: '/keys/a' } })).toEqual({ path: '/keys/a', named: true })
  expect(path(file({ identity: 'a.key' }))).toEqual({ path: '/home/ada/.ww/a.key', named: true })
  expect(path(file({ identity: '~/a.key' }))).toEqual({ path: '/home/ada/a.key', named: true })
})

test('without a home directory there is no default key file', () => {
  expect(resolved({ home: undefined }).identity).toEqual({
    value: undefined,
    source: { kind: 'default' },
  })
})

test('the cache is where this machine keeps caches, where somebody says, or nowhere', () => {
  const cache = (sources: Partial<ConfigSources>) => resolved(sources).cacheDirectory
  const XDG_CACHE_HOME = '/caches'
  expect(cache({ env: { XDG_CACHE_HOME } })).toEqual({
    value: '/caches/ww',
    source: { kind: 'environment', name: 'XDG_CACHE_HOME' },
  })
  // The specification has relative ones ignored.
  expect(cache({ env: { XDG_CACHE_HOME: 'caches' } }).value).toBe('/home/ada/.cache/ww')
  expect(cache({ env: { XDG_CACHE_HOME, WW_CACHE_DIR: 'here' } }).value).toBe('/there/here')
  expect(cache(file({ 'cache-dir': '~/there' })).value).toBe('/home/ada/there')
  expect(cache({ flags: { 'cache-dir': 'off' } })).toEqual({
    value: undefined,
    source: { kind: 'flag', name: '--cache-dir' },
  })
  expect(cache({ home: undefined })).toEqual({ value: undefined, source: { kind: 'default' } })
})
