// The probe: a pid0 in TypeScript that carries out orders from its standard input (test/fixture/probe),
// built once per test file by `ww build` itself.

import { cp } from 'node:fs/promises'
import { join } from 'node:path'

import { PROJECT, startWw, temporaryFolder, ww } from './ww.ts'
import type { RunningWw } from './ww.ts'

export type Answer =
  | { readonly ok: unknown }
  | { readonly error: string; readonly kind?: string; readonly code?: string }

export interface ProbeImage extends AsyncDisposable {
  readonly path: string
}

export async function buildProbe(): Promise<ProbeImage> {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'probe')
  await cp(join(PROJECT, 'test/fixture/probe'), path, { recursive: true })
  const { code, stderr, stdout } = await ww(['build', path])
  if (code !== 0) throw new Error(`the probe does not build:\n${stdout}${stderr}`)
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

/** A node that runs the probe; one order at a time. */
export class Probe implements AsyncDisposable {
  readonly node: RunningWw
  #answers = 0

  constructor(
    mounts: readonly string[],
    flags: readonly string[] = [],
    options: { env?: Readonly<Record<string, string>> } = {},
  ) {
    const listen = flags.includes('--listen') ? [] : ['--listen', '/ip4/127.0.0.1/tcp/0']
    this.node = startWw(['run', ...listen, ...flags, ...mounts], options)
  }

  /** Gives an order and waits for its answer. */
  async order(what: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    this.#answers++
    this.node.write(`${JSON.stringify({ do: what, ...fields })}\n`)
    const lines = new RegExp(`^(?:.*\\n){${this.#answers - 1}}(.*)\\n`)
    const [, line] = await this.node.waitFor('stdout', lines)
    return JSON.parse(line ?? '') as Answer
  }

  /** Ends the input and waits for the exit code. */
  async end(): Promise<number | null> {
    this.node.endInput()
    return (await this.node.exited()).code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node[Symbol.asyncDispose]()
  }
}

/** The answers of a child to its orders: what it wrote to standard output, line by line. */
export function answersOf(stdout: string): Answer[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer)
}

export const orders = (...list: readonly Readonly<Record<string, unknown>>[]): string =>
  list.map((order) => `${JSON.stringify(order)}\n`).join('')
