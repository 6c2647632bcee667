/**
 * What the language lacks and every room needs: errors, ownership, byte channels, trees, logs.
 * @module
 */
export { concatBytes, EMPTY_BYTES, hexFromBytes } from './bytes.ts'
export type { ByteLink, ByteReader, ByteSink, ByteWriter } from './byte-link.ts'
export { ERROR_KINDS, errorFromUnknown, messageOf, WwError } from './error.ts'
export type { ErrorKind } from './error.ts'
export { lineLog, LOG_LEVELS, silentLog } from './log.ts'
export type { Log, LogFacts, LogLevel } from './log.ts'
export { plainText } from './plain-text.ts'
export { Scope } from './scope.ts'
export { soon } from './soon.ts'
export type { ReadOnlyTree, TreeEntry, TreeNode } from './tree.ts'
export { decodeVlq, encodeVlq } from './vlq.ts'
export { Watch } from './watch.ts'
