/** Bytes that are no program this node can run. The message follows “Cannot load <name>: ”. */
export class Malformed extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export function malformed(message: string): never {
  throw new Malformed('PROGRAM_INVALID', message)
}
