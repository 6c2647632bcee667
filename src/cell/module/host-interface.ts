import { Malformed } from '../malformed.ts'

/** The type of a function in words. */
export function functionType(params: readonly string[], results: readonly string[]): string {
  return `(${params.join(', ')}) -> (${results.join(', ')})`
}

/** The functions between a program and its host, each with its type in words. */
export class HostInterface {
  readonly module: string
  /** What the host has, by name. */
  readonly functions: ReadonlyMap<string, string>
  readonly #entry: { readonly name: string; readonly type: string }

  /** @param entry what the host calls */
  constructor(
    module: string,
    functions: ReadonlyMap<string, string>,
    entry: { readonly name: string; readonly type: string },
  ) {
    this.module = module
    this.functions = functions
    this.#entry = entry
  }

  /** A function that is not there is for others to refuse. @throws {Malformed} */
  checkImport(module: string, name: string, type: string): void {
    const expected = module === this.module ? this.functions.get(name) : undefined
    if (expected !== undefined) requireType('imports', name, type, expected)
  }

  /** @throws {Malformed} */
  checkExport(name: string, type: string): void {
    if (name === this.#entry.name) requireType('exports', name, type, this.#entry.type)
  }
}

function requireType(verb: string, name: string, found: string, expected: string): void {
  if (found === expected) return
  throw new Malformed('PROGRAM_WRONG_TYPE', `it ${verb} ${name} as ${found}; it is ${expected}`)
}
