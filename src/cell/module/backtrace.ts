// What a trap says: the engine's words, the function it was in and those that called it, with the
// lines they come from where the program was loaded with them.

import type { CoreModule } from './instance.ts'
import { Lines } from './line-section.ts'
import type { Place } from './line-section.ts'
import { ADDED } from './names.ts'

/** Where a place of a rewritten module comes from; the module is given as the engine names it. */
export type FindPlace = (tag: string, at: number) => Place | undefined

const nowhere: FindPlace = () => undefined

// As V8 writes a frame: its name, if there is one, and `wasm://wasm/<tag>-<hash>:wasm-function[1]:0x2f`.
const FRAME =
  /^ +at (?:(.+) \()?wasm:\/\/wasm\/(?:(ww-[0-9a-f]{8})-)?[^:]*:wasm-function\[(\d+)\]:0x([0-9a-f]+)/gm
/** Frames the engine is to tell. A panic of Rust has a dozen of its own. */
export const FRAMES = 20
const MAX_NAME = 120

/** Of modules that have them, read when the first is asked for. */
export function placesIn(modules: readonly CoreModule[]): FindPlace {
  let known: ReadonlyMap<string, Lines> | undefined
  return (tag, at) => {
    known ??= new Map(modules.flatMap(({ module }) => linesIn(module)))
    return known.get(tag)?.find(at)
  }
}

function linesIn(module: WebAssembly.Module): (readonly [string, Lines])[] {
  const [section] = WebAssembly.Module.customSections(module, ADDED.lines)
  if (!section) return []
  const lines = new Lines(new Uint8Array(section))
  return [[lines.tag, lines]]
}

/** Why a guest's code ended, given what it threw: it follows “trapped: ”. */
export function causeOf(thrown: unknown, find: FindPlace = nowhere): string {
  if (!(thrown instanceof Error)) return 'the guest threw an exception it did not catch'
  const frames = Array.from((thrown.stack ?? '').matchAll(FRAME), (found) => frameOf(found, find))
  const [first, ...callers] = frames
  if (!first) return thrown.message
  const told = frames.some(({ isNamed }) => isNamed) ? callers : []
  const texts = [first, ...told].map(({ text }) => text)
  return `${thrown.message} in ${texts.join(', called by ')}`
}

interface Frame {
  readonly text: string
  readonly isNamed: boolean
}

// Without a line the place within is left out: it is one of the rewritten code, which nobody has seen.
function frameOf([, called, tag, index, at]: RegExpMatchArray, find: FindPlace): Frame {
  const name = nameOf(called, tag)
  const place = tag === undefined ? undefined : find(tag, parseInt(at!, 16))
  const plain = `function ${index}`
  if (place) return { text: `${name ?? plain} (${placeText(place)})`, isNamed: true }
  if (name === undefined) return { text: plain, isNamed: false }
  return { text: `${plain} (${name})`, isNamed: true }
}

// V8 puts the module's name ahead.
function nameOf(called: string | undefined, tag: string | undefined): string | undefined {
  if (called === undefined || called === tag) return undefined
  return oneLine(
    tag !== undefined && called.startsWith(`${tag}.`) ? called.slice(tag.length + 1) : called,
  )
}

function placeText({ file, line, column }: Place): string {
  return `${oneLine(file)}:${line}${column === 0 ? '' : `:${column}`}`
}

/** Text of the guest: it must not break a line or drive a terminal, or fill one. */
function oneLine(text: string): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD')
  return plain.length <= MAX_NAME ? plain : `…${plain.slice(1 - MAX_NAME)}`
}
