// What the languages have in common: each looks for its sources in an image, and says for every
// program it finds what it is made of, where it goes, and how it is made.

import type { BuildGuestOptions } from '../build-guest.ts'

export interface MakeOptions extends Pick<BuildGuestOptions, 'check' | 'signal'> {
  /** Where compilers are looked for and what they see: `PATH` and their own variables. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Leave the lines of its source in a program, for `--wasm-debug`; TypeScript has them anyway. */
  readonly keepLines?: boolean | undefined
}

/** One program of an image that can be made. */
export interface GuestSource {
  /** What it is made of: a file in the image, for sentences. */
  readonly from: string
  /** Where it goes. Absolute. */
  readonly out: string
  /** @throws {BuildError} when the source is at fault; {WwError} NO_TOOLCHAIN */
  make(options: MakeOptions): Promise<MadeProgram>
}

export interface MadeProgram {
  /** Absolute. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly elapsedMs: number
  /** Lines or blocks of lines, as whoever found them says it. */
  readonly warnings: readonly string[]
  /** It was there already, and what it is made of has not changed. */
  readonly isCurrent: boolean
  /** Bytes of the script in it, where it has one: the guest, the SDK's part it uses, its packages. */
  readonly scriptBytes?: number | undefined
}

export interface Language {
  /** @param image absolute */
  find(image: string): Promise<readonly GuestSource[]>
}
