import type { GuestMemory } from '../world/memory.ts'
import type { World } from '../world/world.ts'
import type { DescriptorTable } from './descriptor.ts'
import type { Errno } from './errno.ts'

/** What the functions of preview 1 share. */
export interface Context {
  readonly world: World
  readonly memory: GuestMemory
  readonly descriptors: DescriptorTable
}

/**
 * Functions of preview 1 by name. They get 32-bit numbers unsigned and 64-bit numbers signed, and
 * may throw Failure, MemoryFault, TextFault and FileError, which become error numbers.
 */
export type Calls = Readonly<Record<string, (...args: never[]) => Errno>>

export const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value)
