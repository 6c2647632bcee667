export interface ImageLimits {
  /** Symbolic links one path may go through; Linux stops at the same number. */
  readonly links: number
  /** Names looked up for one path, links included: what bounds a link that is a long path itself. */
  readonly steps: number
  /** Entries of one directory of one layer that `list` takes in. */
  readonly entries: number
  /** Bytes one `read` returns at most; asking for more is an error, not a short read. */
  readonly readBytes: number
}

export const DEFAULT_LIMITS: ImageLimits = {
  links: 40,
  steps: 1024,
  entries: 100_000,
  readBytes: 64 << 20,
}
