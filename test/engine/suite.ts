// Runs a guest made of tests in a real cell, and gathers what it reports.

import { join } from 'node:path'

import { silentLog } from '../../src/base/index.ts'
import { loadProgram, spawnCell } from '../../src/cell/index.ts'
import type { CellExit } from '../../src/cell/index.ts'
import { openImage } from '../../src/image/index.ts'
import { PROJECT } from '../help/ww.ts'
import type { Report } from './inside/report.ts'

/** The hundreds of tests, their values included; what is collected late is collected below it. */
const MEMORY_BYTES = 512 << 20
/** Far above what a busy machine takes: it ends a test that never gives the thread back. */
const WALL_MS = 900_000

const CORPUS = 'test/fuzz/corpus'

export interface SuiteOutcome {
  readonly reports: readonly Report[]
  readonly exit: CellExit
  readonly stderr: string
}

/** @param program a guest of `buildSuite` */
export async function runSuite(program: Uint8Array): Promise<SuiteOutcome> {
  await using cell = await spawnCell({
    program: await loadProgram(program, 'suite.wasm'),
    name: 'suite',
    args: [],
    env: [],
    log: silentLog,
    root: await openImage([{ source: join(PROJECT, CORPUS), target: `/${CORPUS}` }]),
    limits: { memoryBytes: MEMORY_BYTES, wallMs: WALL_MS },
  })
  const [stdout, stderr, exit] = await Promise.all([
    textOf(cell.stdout),
    textOf(cell.stderr),
    cell.exited,
  ])
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { reports: lines.map((line) => JSON.parse(line) as Report), exit, stderr }
}

async function textOf(reader: { read(maxBytes: number): Promise<Uint8Array> }): Promise<string> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const chunk = await reader.read(65_536)
    if (chunk.length === 0) return Buffer.concat(chunks).toString()
    chunks.push(chunk)
  }
}
