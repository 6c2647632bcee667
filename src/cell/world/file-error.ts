/** In the words of `wasi:filesystem`; preview 1 has numbers for them. */
export type FileErrorCode =
  | 'bad-descriptor'
  | 'cross-device'
  | 'exist'
  | 'illegal-byte-sequence'
  | 'insufficient-space'
  | 'invalid'
  | 'io'
  | 'is-directory'
  | 'loop'
  | 'name-too-long'
  | 'no-entry'
  | 'not-directory'
  | 'not-empty'
  | 'not-permitted'
  | 'read-only'
  | 'unsupported'

/** A file operation a guest may not do, or not on this file. It gets the code. */
export class FileError extends Error {
  readonly code: FileErrorCode

  constructor(code: FileErrorCode) {
    super(code)
    this.code = code
  }
}

export function refuse(code: FileErrorCode): never {
  throw new FileError(code)
}
