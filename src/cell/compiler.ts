// The thread that makes programs of bytes, one at a time: so long work keeps nobody waiting but
// those who want that program. It compiles foreign code and never runs any.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

import { messageOf } from '../base/index.ts'
import type { CompilerAnswer, CompilerJob, CompilerSetup } from './compiler-protocol.ts'
import { Malformed } from './malformed.ts'
import { ProgramStore } from './program-store.ts'
import { compileChecked, compileRewritten, rewriteProgram } from './program.ts'
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

type FromBytes = Exclude<CompilerJob, { readonly kind: 'compile' }>

/** What the engine here has not found valid is not what it has. */
const keyOf = ({ kind, digest, how }: FromBytes) =>
  createHash('sha256')
    .update(`${digest} ${pass} ${JSON.stringify(how)}${kind === 'rewrite' ? ' unchecked' : ''}`)
    .digest('hex')

async function work(job: CompilerJob): Promise<CompilerAnswer> {
  switch (job.kind) {
    case 'make':
      return await make(job)
    case 'rewrite':
      return rewrite(job)
    case 'compile':
      return { kind: 'done', code: await compileChecked(job.code), from: 'bytes' }
  }
}

async function make(job: FromBytes): Promise<CompilerAnswer> {
  const key = keyOf(job)
  const stored = await compileStored(key)
  if (stored) return { kind: 'done', code: stored, from: 'store' }
  const program = rewriteProgram(job.bytes, job.how)
  const code = await compileChecked({ kind: 'rewritten', program, original: job.bytes })
  store?.keep(key, program)
  return { kind: 'done', code, from: 'bytes' }
}

function rewrite(job: FromBytes): CompilerAnswer {
  const key = keyOf(job)
  const original = job.bytes
  const stored = store?.find(key)
  if (stored)
    return { kind: 'done', code: { kind: 'rewritten', program: stored, original }, from: 'store' }
  const program = rewriteProgram(original, job.how)
  store?.keep(key, program)
  return { kind: 'done', code: { kind: 'rewritten', program, original }, from: 'bytes' }
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
  work(job).then(answer, (thrown: unknown) => {
    if (!(thrown instanceof Malformed)) throw thrown
    answer({ kind: 'refused', code: thrown.code, cause: thrown.message })
  })
})
