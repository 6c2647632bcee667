import { CELL_LIMITS } from '../limits.ts'
import { refuse } from './file-error.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A guest named bytes outside its memory. */
export class MemoryFault extends Error {
  constructor(at: number, length: number) {
    super(`access outside memory: ${length} bytes at ${at}`)
  }
}

/** A guest passed text that is not UTF-8. */
export class TextFault extends Error {}

/**
 * A guest's linear memory, as host functions use it. Every access is checked: it throws
 * {@link MemoryFault} before it touches anything. Addresses are unsigned.
 */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined
  #bytes = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)

  constructor(memory?: WebAssembly.Memory) {
    this.#memory = memory
  }

  bind(memory: WebAssembly.Memory): void {
    this.#memory = memory
  }

  /** All of it. Not to be kept: `memory.grow` detaches it. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#renew()
    return this.#bytes
  }

  check(at: number, length: number): void {
    if (at + length <= this.#bytes.length) return
    this.#renew()
    if (at + length > this.#bytes.length) throw new MemoryFault(at, length)
  }

  // What `memory.grow` has detached is empty. To ask the memory itself each time takes longer than most
  // of what is done with it.
  #renew(): void {
    const buffer = this.#memory?.buffer
    if (!buffer || buffer === this.#bytes.buffer) return
    this.#bytes = new Uint8Array(buffer)
    this.#view = new DataView(buffer)
  }

  /** A view of `length` bytes, good until the guest runs again. */
  slice(at: number, length: number): Uint8Array {
    this.check(at, length)
    return this.#bytes.subarray(at, at + length)
  }

  #at(at: number, length: number): DataView {
    this.check(at, length)
    return this.#view
  }

  u8(at: number): number {
    return this.#at(at, 1).getUint8(at)
  }

  u16(at: number): number {
    return this.#at(at, 2).getUint16(at, true)
  }

  u32(at: number): number {
    return this.#at(at, 4).getUint32(at, true)
  }

  u64(at: number): bigint {
    return this.#at(at, 8).getBigUint64(at, true)
  }

  setU8(at: number, value: number): void {
    this.#at(at, 1).setUint8(at, value)
  }

  setU16(at: number, value: number): void {
    this.#at(at, 2).setUint16(at, value, true)
  }

  setU32(at: number, value: number): void {
    this.#at(at, 4).setUint32(at, value, true)
  }

  setU64(at: number, value: bigint): void {
    this.#at(at, 8).setBigUint64(at, value, true)
  }

  setBytes(at: number, bytes: Uint8Array): void {
    this.check(at, bytes.length)
    this.#bytes.set(bytes, at)
  }

  fill(at: number, length: number, value: number): void {
    this.slice(at, length).fill(value)
  }

  /** Text that names a file. @throws {TextFault} @throws {FileError} when it is too long for that */
  path(at: number, length: number): string {
    this.check(at, length)
    return length > CELL_LIMITS.pathBytes ? refuse('name-too-long') : this.text(at, length)
  }

  /** @throws {TextFault} when the bytes are not UTF-8 */
  text(at: number, length: number): string {
    const bytes = this.slice(at, length)
    try {
      return decoder.decode(bytes)
    } catch (thrown) {
      throw new TextFault('text that is not UTF-8', { cause: thrown })
    }
  }
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}
