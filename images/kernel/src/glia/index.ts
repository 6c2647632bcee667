/**
 * Glia, the notation of the shell: text to values and back.
 * @module
 */
export { print } from './printer.ts'
export { explain, placeOf, ReadError } from './read-error.ts'
export { MAX_DEPTH, readAll, readOne } from './reader.ts'
export type { Form } from './reader.ts'
export { scan } from './tokenizer.ts'
export type { CloseBracket, OpenBracket, Token } from './tokenizer.ts'
export { bool, float, int, keyword, list, map, NIL, set, string, symbol, vector } from './value.ts'
export type { Entry, Value } from './value.ts'
