// A rewritten program as a shape, which is JSON, and the bytes of its modules: on disk, and on the way
// to a process that compiles it.

import type { LinkPlan } from './component/plan.ts'
import type { Rewritten, Shape } from './module/rewrite.ts'
import type { RewrittenProgram } from './program.ts'

/** The modules' bytes follow each other in order. */
export interface ProgramShape {
  readonly kind: RewrittenProgram['kind']
  readonly modules: readonly (Shape & { readonly size: number })[]
  readonly plan?: LinkPlan
}

export function splitProgram(program: RewrittenProgram): {
  readonly shape: ProgramShape
  readonly modules: readonly Uint8Array[]
} {
  const modules = program.kind === 'module' ? [program.module] : program.modules
  const shape = {
    kind: program.kind,
    modules: modules.map(({ bytes, ...rest }) => ({ ...rest, size: bytes.length })),
    ...(program.kind === 'component' ? { plan: program.plan } : {}),
  }
  return { shape, modules: modules.map(({ bytes }) => bytes) }
}

/** @param bytes of all modules; the program has views of them */
export function joinProgram(shape: ProgramShape, bytes: Uint8Array): RewrittenProgram {
  let at = 0
  const modules = shape.modules.map(({ size, ...rest }): Rewritten => {
    // JSON has no undefined.
    const module = { ...rest, memory: rest.memory, bytes: bytes.subarray(at, at + size) }
    at += size
    return module
  })
  if (shape.kind === 'module') return { kind: 'module', module: modules[0]! }
  return { kind: 'component', modules, plan: shape.plan! }
}
