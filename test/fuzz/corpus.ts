import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { PROJECT } from '../help/ww.ts'
import { frames } from './frames.ts'
import type { Fuzzer } from './fuzzer.ts'
import { machine } from './machine.ts'
import { messages } from './messages.ts'
import { sessions } from './sessions.ts'

/** Of what runs in guests as well. */
export const PURE_FUZZERS: readonly Fuzzer[] = [frames, messages, machine, sessions]

export function corpusFolder(name: string): string {
  return join(PROJECT, 'test/fuzz/corpus', name)
}

/** Inputs worth trying first: what reached something rare, and every failure there was. */
export function readCorpus(name: string): Uint8Array[] {
  const folder = corpusFolder(name)
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).sort()
  return files.map((file) => new Uint8Array(readFileSync(join(folder, file))))
}
