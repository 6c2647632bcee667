/**
 * The line editor: keys in, drawings out.
 * @module
 */
export { MAX_HISTORY_LINES } from './history.ts'
export { KeyDecoder, MAX_PASTE_BYTES } from './key.ts'
export type { Key } from './key.ts'
export { LineEditor, MAX_INPUT_LENGTH } from './line-editor.ts'
export type { LineEditorOptions, Outcome, TerminalSize } from './line-editor.ts'
