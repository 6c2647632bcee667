// The configuration of a node: what this machine decides, never an image.
//
// Invariants
//  - Every value comes from exactly one place, and says which: flag, environment, file, default,
//    in this order of precedence.
//  - Nothing is guessed. A value that cannot be used is refused by name, whoever gave it, even
//    when a stronger source overrides it: a wrong file does not lie in wait.
//  - Nothing here looks at the disk, the environment or the command line; they are handed in.

import { dirname, isAbsolute, join, resolve } from 'node:path'

import { LOG_LEVELS, WwError } from '../base/index.ts'
import type { LogLevel } from '../base/index.ts'
import { DEFAULT_CELL_LIMITS, LIMIT_KEYS, limitsFrom } from '../cell/index.ts'
import type { CellLimits } from '../cell/index.ts'
import { limitsFromSetting } from './limit-setting.ts'

export interface NodeConfig {
  /** The layers of the image as written, `source[:target]`, lowest first; at least one. */
  readonly mounts: readonly string[]
  /** Multiaddrs to listen on; at least one. */
  readonly listen: readonly string[]
  /** The key file. Absent when nobody named one and there is no home directory. */
  readonly identity: IdentityFile | undefined
  readonly logLevel: LogLevel
  /** Traps of guests name functions as their programs do, callers too. */
  readonly wasmDebug: boolean
  /** Where rewritten programs are kept for the next run; absolute. Absent when they are not. */
  readonly cacheDirectory: string | undefined
  /** What pid0 may use, and with it every cell. */
  readonly cellLimits: CellLimits
  /** Where cells run: in threads of this process, or in processes that hold nothing of ours. */
  readonly isolation: Isolation
  /** Where whoever may open a file of ours can look at the cells; absolute. Absent: nowhere. */
  readonly control: string | undefined
}

const ISOLATIONS = ['thread', 'process'] as const
export type Isolation = (typeof ISOLATIONS)[number]

export interface IdentityFile {
  /** Absolute. */
  readonly path: string
  /** Somebody named it: a missing file is an error. Otherwise the node makes a key for one run. */
  readonly named: boolean
}

/** Where a value came from: the kind, and the flag, variable or file by name. */
export interface Source {
  readonly kind: 'argument' | 'flag' | 'environment' | 'file' | 'default'
  readonly name?: string
}

export interface Sourced<T> {
  readonly value: T
  readonly source: Source
}

/** {@link NodeConfig} before the sources are forgotten; what `--print-config` shows. */
export type SourcedConfig = {
  readonly [K in Exclude<keyof NodeConfig, 'cellLimits'>]: Sourced<NodeConfig[K]>
} & { readonly cellLimits: { readonly [K in keyof CellLimits]: Sourced<number> } }

/** Flags as the command line gave them; absent means not given. */
export interface NodeFlags {
  readonly port?: string
  readonly listen?: readonly string[]
  readonly identity?: string
  readonly 'log-level'?: string
  readonly 'wasm-debug'?: boolean
  readonly 'cache-dir'?: string
  /** `name=value` each. */
  readonly limit?: readonly string[]
  readonly isolation?: string
  readonly control?: string
}

export interface ConfigSources {
  readonly mounts: readonly string[]
  readonly flags: NodeFlags
  readonly env: Readonly<Record<string, string | undefined>>
  /** The configuration file, parsed; absent when there is none. */
  readonly file?: { readonly path: string; readonly content: unknown }
  /** Relative paths of flags and variables begin here; absolute. */
  readonly cwd: string
  readonly home: string | undefined
  /** The image that ships with ww, booted when no mount is given. */
  readonly kernelImage: string
}

export const DEFAULT_PORT = 2025

/** Where the configuration file of this machine is looked for. */
export function configFile(home: string): string {
  return join(home, '.ww', 'config.json')
}

/**
 * Settles every value.
 * @throws {WwError} BAD_CONFIG for a value that cannot be used, naming it and its source
 */
export function resolveConfig(sources: ConfigSources): SourcedConfig {
  const given = new Settings(sources)
  return {
    mounts:
      sources.mounts.length > 0
        ? { value: sources.mounts, source: { kind: 'argument' } }
        : { value: [sources.kernelImage], source: { kind: 'default' } },
    listen: listenFrom(given.find('port', portFrom), given.find('listen', listenAddrsFrom)),
    identity: identityFrom(given.find('identity', textFrom), sources),
    logLevel: given.find('log-level', logLevelFrom) ?? byDefault('warn'),
    wasmDebug: given.find('wasm-debug', booleanFrom) ?? byDefault(false),
    cacheDirectory: cacheFrom(given.find('cache-dir', textFrom), sources),
    isolation: given.find('isolation', isolationFrom) ?? byDefault('thread'),
    cellLimits: limitsOf(given.findAll('limit', limitsFromSetting)),
    control: controlFrom(given.find('control', textFrom), sources),
  }
}

/** Forgets the sources. */
export function nodeConfig(config: SourcedConfig): NodeConfig {
  return {
    mounts: config.mounts.value,
    listen: config.listen.value,
    identity: config.identity.value,
    logLevel: config.logLevel.value,
    wasmDebug: config.wasmDebug.value,
    cacheDirectory: config.cacheDirectory.value,
    isolation: config.isolation.value,
    cellLimits: limitsFrom((key) => config.cellLimits[key].value),
    control: config.control.value,
  }
}

// The name of a setting is its flag and its key in the file; the variable follows from it.
type SettingName = keyof NodeFlags

const VARIABLES: Readonly<Record<SettingName, string>> = {
  port: 'WW_PORT',
  listen: 'WW_LISTEN',
  identity: 'WW_IDENTITY',
  'log-level': 'WW_LOG',
  'wasm-debug': 'WW_WASM_DEBUG',
  'cache-dir': 'WW_CACHE_DIR',
  limit: 'WW_LIMIT',
  isolation: 'WW_ISOLATION',
  control: 'WW_CONTROL',
}

const SETTING_NAMES = Object.keys(VARIABLES) as readonly SettingName[]

/** Reads a raw value, a text or what JSON allows, or says what it must be. */
type Reading<T> = (raw: unknown) => { value: T } | { must: string }

class Settings {
  readonly #flags: NodeFlags
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #file: { readonly path: string; readonly values: Readonly<Record<string, unknown>> }

  constructor({ flags, env, file }: ConfigSources) {
    this.#flags = flags
    this.#env = env
    this.#file = file
      ? { path: file.path, values: objectFrom(file.path, file.content) }
      : { path: '', values: {} }
  }

  /** The strongest value given, after every given one was read. */
  find<T>(name: SettingName, read: Reading<T>): Sourced<T> | undefined {
    return this.findAll(name, read)[0]
  }

  /** Every value given, the strongest first. */
  findAll<T>(name: SettingName, read: Reading<T>): readonly Sourced<T>[] {
    const variable = VARIABLES[name]
    const text = this.#env[variable]
    return [
      settle(this.#flags[name], { kind: 'flag', name: `--${name}` }, `--${name}`, read),
      // An empty variable counts as unset, as programs that clear it mean it.
      settle(
        text === '' ? undefined : text,
        { kind: 'environment', name: variable },
        variable,
        read,
      ),
      settle(
        this.#file.values[name],
        { kind: 'file', name: this.#file.path },
        `"${name}" in ${this.#file.path}`,
        read,
      ),
    ].filter((found) => found !== undefined)
  }
}

function settle<T>(
  raw: unknown,
  source: Source,
  title: string,
  read: Reading<T>,
): Sourced<T> | undefined {
  if (raw === undefined) return undefined
  const reading = read(raw)
  if ('value' in reading) return { value: reading.value, source }
  throw badConfig(`${title} must be ${reading.must}, not ${shown(raw)}`)
}

/** As it was written: a flag that can be repeated is a list of texts. */
function shown(raw: unknown): string {
  const values: readonly unknown[] = Array.isArray(raw) && raw.length > 0 ? raw : [raw]
  return values.map((value) => JSON.stringify(value)).join(', ')
}

function objectFrom(path: string, content: unknown): Readonly<Record<string, unknown>> {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw badConfig(`The configuration file ${path} must hold one JSON object`)
  }
  const unknown = Object.keys(content).find((key) => !SETTING_NAMES.some((name) => name === key))
  if (unknown === undefined) return content as Readonly<Record<string, unknown>>
  const known = SETTING_NAMES.join(', ')
  throw badConfig(`Unknown key ${JSON.stringify(unknown)} in ${path}: the known ones are ${known}`)
}

const PORT_LIMIT = 65_535

const portFrom: Reading<number> = (raw) => {
  const port = typeof raw === 'string' && /^\d{1,5}$/.test(raw) ? Number(raw) : raw
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= PORT_LIMIT
    ? { value: port }
    : { must: `a whole number from 0 to ${PORT_LIMIT}` }
}

const listenAddrsFrom: Reading<readonly string[]> = (raw) => {
  const addrs: unknown = typeof raw === 'string' ? raw.split(',') : raw
  return Array.isArray(addrs) &&
    addrs.length > 0 &&
    addrs.every((addr): addr is string => typeof addr === 'string' && /^\/[^/\s]/.test(addr))
    ? { value: addrs }
    : { must: 'multiaddrs such as /ip4/127.0.0.1/tcp/2025' }
}

const textFrom: Reading<string> = (raw) =>
  typeof raw === 'string' && raw !== '' ? { value: raw } : { must: 'a path' }

const logLevelFrom: Reading<LogLevel> = (raw) => {
  const level = LOG_LEVELS.find((known) => known === raw)
  return level ? { value: level } : { must: `one of ${LOG_LEVELS.join(', ')}` }
}

const isolationFrom: Reading<Isolation> = (raw) => {
  const isolation = ISOLATIONS.find((known) => known === raw)
  return isolation ? { value: isolation } : { must: `one of ${ISOLATIONS.join(', ')}` }
}

const booleanFrom: Reading<boolean> = (raw) => {
  if (raw === true || raw === 'true' || raw === '1') return { value: true }
  if (raw === false || raw === 'false' || raw === '0') return { value: false }
  return { must: 'true or false' }
}

const STRENGTH: Readonly<Record<Source['kind'], number>> = {
  argument: 3,
  flag: 3,
  environment: 2,
  file: 1,
  default: 0,
}

// `listen` says all that `port` says and more. The stronger source decides; equally strong ones
// contradict each other.
function listenFrom(
  port: Sourced<number> | undefined,
  listen: Sourced<readonly string[]> | undefined,
): Sourced<readonly string[]> {
  const everywhere = port ?? byDefault(DEFAULT_PORT)
  const fromPort = { value: [`/ip4/0.0.0.0/tcp/${everywhere.value}`], source: everywhere.source }
  if (!listen) return fromPort
  const lead = STRENGTH[listen.source.kind] - STRENGTH[everywhere.source.kind]
  if (lead === 0) {
    const [one, other] = [everywhere.source.name, listen.source.name]
    const names = one === other ? `"port" and "listen" in ${one}` : `${one} and ${other}`
    throw badConfig(`Only one of ${names} can be given: listen addresses name their own port`)
  }
  return lead > 0 ? listen : fromPort
}

function identityFrom(
  given: Sourced<string> | undefined,
  sources: ConfigSources,
): Sourced<IdentityFile | undefined> {
  const { home } = sources
  if (!given) {
    return byDefault(
      home === undefined ? undefined : { path: join(home, '.ww', 'identity'), named: false },
    )
  }
  return { value: { path: absolute(given, sources), named: true }, source: given.source }
}

/** The word that stands for no directory; one of that name is `./off`. */
const NO_CACHE = 'off'

function cacheFrom(
  given: Sourced<string> | undefined,
  sources: ConfigSources,
): Sourced<string | undefined> {
  if (given) {
    const { value, source } = given
    return { value: value === NO_CACHE ? undefined : absolute(given, sources), source }
  }
  // The place that the desktop's base directory specification names for what can be made again.
  const { home, env } = sources
  const caches = env['XDG_CACHE_HOME']
  if (caches !== undefined && isAbsolute(caches)) {
    const source = { kind: 'environment', name: 'XDG_CACHE_HOME' } as const
    return { value: join(caches, 'ww'), source }
  }
  return byDefault(home === undefined ? undefined : join(home, '.cache', 'ww'))
}

/** A shell expands ~ on the command line; in a file nobody does, and paths are the file's own. */
function absolute({ value, source }: Sourced<string>, { cwd, home, file }: ConfigSources): string {
  const inFile = source.kind === 'file' && file
  const expanded =
    inFile && home !== undefined && value.startsWith('~/') ? join(home, value.slice(2)) : value
  return resolve(inFile ? dirname(file.path) : cwd, expanded)
}

/** Each limit as the strongest who names it says. */
function limitsOf(given: readonly Sourced<Partial<CellLimits>>[]): SourcedConfig['cellLimits'] {
  const one = (key: keyof CellLimits): Sourced<number> => {
    for (const { value, source } of given) {
      const limit = value[key]
      if (limit !== undefined) return { value: limit, source }
    }
    return byDefault(DEFAULT_CELL_LIMITS[key])
  }
  const entries = LIMIT_KEYS.map((key) => [key, one(key)])
  return Object.fromEntries(entries) as SourcedConfig['cellLimits']
}

function controlFrom(
  given: Sourced<string> | undefined,
  sources: ConfigSources,
): Sourced<string | undefined> {
  return given ? { value: absolute(given, sources), source: given.source } : byDefault(undefined)
}

function byDefault<T>(value: T): Sourced<T> {
  return { value, source: { kind: 'default' } }
}

function badConfig(message: string): WwError {
  return new WwError('failed', 'BAD_CONFIG', message)
}
