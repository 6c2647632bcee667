import { limitRows } from '../host/index.ts'
import type { IdentityFile, Source, SourcedConfig } from '../host/index.ts'

interface Row {
  readonly name: string
  readonly value: string | boolean | null | readonly string[]
  readonly source: Source
}

/** One line per value: name, value, where it came from. */
export function configAsText(config: SourcedConfig): string {
  const cells = rowsOf(config).map(({ name, value, source }) => [
    name,
    typeof value === 'object' ? (value?.join(' ') ?? 'none') : String(value),
    source.name === undefined ? source.kind : `${source.kind} ${source.name}`,
  ])
  const width = (column: number) => Math.max(...cells.map((row) => row[column]?.length ?? 0))
  const [names, values] = [width(0), width(1)]
  return cells
    .map(
      ([name = '', value = '', from = '']) =>
        `${name.padEnd(names)}  ${value.padEnd(values)}  ${from}\n`,
    )
    .join('')
}

/** `{"listen": {"value": …, "source": "flag", "name": "--port"}, …}` on one line. */
export function configAsJson(config: SourcedConfig): string {
  const entries = rowsOf(config).map(({ name, value, source }) => [
    name,
    { value, source: source.kind, ...(source.name === undefined ? {} : { name: source.name }) },
  ])
  return `${JSON.stringify(Object.fromEntries(entries))}\n`
}

function rowsOf(config: SourcedConfig): readonly Row[] {
  const { mounts, listen, identity, logLevel, wasmDebug, cacheDirectory, isolation, control } =
    config
  return [
    { name: 'mounts', ...mounts },
    { name: 'listen', ...listen },
    { name: 'identity', value: pathOf(identity.value), source: identity.source },
    { name: 'log-level', ...logLevel },
    { name: 'wasm-debug', ...wasmDebug },
    { name: 'cache-dir', value: cacheDirectory.value ?? null, source: cacheDirectory.source },
    { name: 'isolation', ...isolation },
    { name: 'control', value: control.value ?? null, source: control.source },
    ...limitRows(config).map((row) => ({ ...row, name: `limit.${row.name}` })),
  ]
}

function pathOf(identity: IdentityFile | undefined): string | null {
  return identity?.path ?? null
}
