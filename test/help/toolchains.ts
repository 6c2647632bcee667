// Which languages this machine can build guests of, besides TypeScript, and the words for a test's
// title where it cannot.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { PROJECT } from './ww.ts'

export interface Toolchain {
  readonly isHere: boolean
  /** For the end of a title: nothing, or that the test is skipped and what would bring the tools. */
  readonly missing: string
}

const search = spawnSync(process.execPath, [
  join(PROJECT, 'scripts/guest-toolchains.mjs'),
  '--find',
])
const found = JSON.parse(search.stdout.toString()) as Readonly<Record<string, boolean>>

function toolchain(name: string): Toolchain {
  const isHere = found[name] === true
  return {
    isHere,
    missing: isHere ? '' : ' (skipped: node scripts/guest-toolchains.mjs brings what it needs)',
  }
}

export const cTools = toolchain('c')
export const cppTools = toolchain('cpp')
export const rustTools = toolchain('rust')
/** Rust's target for components. */
export const rustComponents = toolchain('components')
/** The crates of the template, which the machine may have without reaching the registry. */
export const rustCrates = toolchain('crates')

/** What compilers need of this process's environment. */
export function compilerEnv(): Readonly<Record<string, string | undefined>> {
  const { PATH, HOME, RUSTUP_HOME, CARGO_HOME, WASI_SDK_PATH } = process.env
  return { PATH, HOME, RUSTUP_HOME, CARGO_HOME, WASI_SDK_PATH }
}
