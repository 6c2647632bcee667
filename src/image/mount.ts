import { WwError } from '../base/index.ts'

/** A source, and where in the image it is laid. */
export interface Mount {
  /** A directory or file of this machine, as the user wrote it; later also a path in IPFS. */
  readonly source: string
  /** Absolute and normal; `/` for a layer of the whole image. */
  readonly target: string
}

/**
 * Reads one mount argument: `source`, or `source:/target`.
 * The first `:` splits if a `/` follows it, else the colon belongs to the name.
 * @throws {WwError} INVALID_MOUNT
 */
export function parseMount(argument: string): Mount {
  if (argument === '') throw invalidMount('it is empty: give a directory, or source:/target')
  if (argument.includes('\0')) throw invalidMount('it contains a zero byte')
  const colon = argument.indexOf(':')
  if (colon < 0 || argument[colon + 1] !== '/') return { source: argument, target: '/' }
  if (colon === 0) throw invalidMount(`${argument} names a target but no source`)
  return { source: argument.slice(0, colon), target: normalTarget(argument.slice(colon + 1)) }
}

function normalTarget(target: string): string {
  const names = target.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) throw invalidMount(`its target ${target} contains ..`)
  return `/${names.join('/')}`
}

function invalidMount(why: string): WwError {
  return new WwError('failed', 'INVALID_MOUNT', `Mount argument cannot be used: ${why}`)
}
