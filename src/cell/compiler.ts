// The thread that makes programs of bytes, one at a time: so long work keeps nobody waiting but
// those who want that program. It compiles foreign code and never runs any.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

import { messageOf } from '../base/index.ts'
import type { CompilerAnswer, CompilerJob, CompilerSetup } from './compiler-protocol.ts'
import { Malformed } from './malformed.ts'
import { ProgramStore } from './program-store.ts'
import { compileRewritten, rewriteProgram } from './program.ts'
import type { ProgramCode } from './protocol.ts'

const { cacheDirectory, cacheBytes } = workerData as CompilerSetup
const answer = (message: CompilerAnswer) => parentPort?.postMessage(message)

const store =
  cacheDirectory === undefined
    ? undefined
    : new ProgramStore(cacheDirectory, cacheBytes, (event, facts) =>
        answer({ kind: 'told', event, facts }),
      )

/**
 * What made it is part of what it is: the code of the pass, which is all in this one file, and the
 * engine that found the original valid. No number that somebody must remember to raise.
 */
const pass = createHash('sha256')
  .update(readFileSync(new URL(import.meta.url)))
  .update(process.versions.v8)
  .digest('hex')

const keyOf = ({ digest, how }: CompilerJob) =>
  createHash('sha256')
    .update(`${digest} ${pass} ${JSON.stringify(how)}`)
    .digest('hex')

async function make(job: CompilerJob): Promise<CompilerAnswer> {
  const key = keyOf(job)
  const stored = await compileStored(key)
  if (stored) return { kind: 'compiled', code: stored, from: 'store' }
  const rewritten = await rewriteProgram(job.bytes, job.how)
  const code = await compileRewritten(rewritten)
  store?.keep(key, rewritten)
  return { kind: 'compiled', code, from: 'bytes' }
}

async function compileStored(key: string): Promise<ProgramCode | undefined> {
  const stored = store?.find(key)
  try {
    return stored && (await compileRewritten(stored))
  } catch (thrown) {
    store?.reject(key, messageOf(thrown))
    return undefined
  }
}

parentPort?.on('message', (job: CompilerJob) => {
  make(job).then(answer, (thrown: unknown) => {
    if (!(thrown instanceof Malformed)) throw thrown
    answer({ kind: 'refused', code: thrown.code, cause: thrown.message })
  })
})
