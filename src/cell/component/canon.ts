import { GuestMemory, MemoryFault, utf8 } from '../world/memory.ts'
import { trap } from '../world/stop.ts'
import type { World } from '../world/world.ts'
import type { HandleTable } from './handles.ts'

type Realloc = (old: number, oldSize: number, align: number, size: number) => number

/** What the host functions of one component guest share. */
export interface Guest {
  readonly world: World
  readonly handles: HandleTable
  /** Whether `create-connection` was called. */
  connected: boolean
}

/** The memory and allocator one lowered function works with, and the shapes values have there. */
export class Canon {
  readonly memory: GuestMemory
  readonly #realloc: Realloc | undefined

  constructor(memory: WebAssembly.Memory | undefined, realloc: Realloc | undefined) {
    this.memory = new GuestMemory(memory)
    this.#realloc = realloc
  }

  /** Asks the guest for memory. Views of memory taken before are no longer good. */
  allocate(size: number, align: number): number {
    if (!this.#realloc) trap('a function that returns a list was imported without an allocator')
    const at = this.#realloc(0, 0, align, size) >>> 0
    if (at % align !== 0) trap('its allocator returned a misaligned address')
    if (at + size > this.memory.bytes.length) throw new MemoryFault(at, size)
    return at
  }

  /** Puts address and length of a new list of bytes at `at`. */
  putBytes(at: number, bytes: Uint8Array): void {
    const data = this.allocate(bytes.length, 1)
    this.memory.setBytes(data, bytes)
    this.memory.setU32(at, data)
    this.memory.setU32(at + 4, bytes.length)
  }

  putText(at: number, text: string): void {
    this.putBytes(at, utf8(text))
  }

  /** Puts address and length of a new list at `at`; `put` writes each item. */
  putList<T>(
    at: number,
    items: readonly T[],
    itemBytes: number,
    put: (itemAt: number, item: T) => void,
  ): void {
    const data = this.allocate(items.length * itemBytes, 4)
    items.forEach((item, i) => put(data + i * itemBytes, item))
    this.memory.setU32(at, data)
    this.memory.setU32(at + 4, items.length)
  }
}

/**
 * Host functions of one interface by name. Each gets the flattened parameters (32-bit numbers
 * unsigned, 64-bit ones signed) and, if its result does not fit a core value, an address for it.
 */
export type InterfaceCalls = Readonly<
  Record<string, (guest: Guest, canon: Canon) => (...args: never[]) => number | bigint | void>
>

/** Interfaces by name, without version. */
export type Interfaces = Readonly<Record<string, InterfaceCalls>>

export const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value)

/** The smaller of a guest's 64-bit count and `most`. */
export function atMost(most: number, count: bigint): number {
  const wanted = unsigned(count)
  return wanted > BigInt(most) ? most : Number(wanted)
}
