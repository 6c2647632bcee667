// From bytes to a program that can be started, in two steps: told apart, checked, rewritten so that
// it keeps its limits; then compiled. Nothing of it runs before all of that is done. What lies
// between the steps is plain data and can be stored.

import { createHash } from 'node:crypto'
import v8 from 'node:v8'

import { messageOf, WwError } from '../base/index.ts'
import { parseComponent } from './component/binary.ts'
import { findCall } from './component/interfaces.ts'
import { planComponent } from './component/plan.ts'
import type { LinkPlan } from './component/plan.ts'
import { Cursor } from './cursor.ts'
import { CELL_LIMITS } from './limits.ts'
import { Malformed, malformed } from './malformed.ts'
import { takeApart } from './module/data.ts'
import type { ModuleData } from './module/data.ts'
import type { CoreModule } from './module/instance.ts'
import { ADDED } from './module/names.ts'
import { rewriteModule } from './module/rewrite.ts'
import type { Rewritten, RewriteOptions } from './module/rewrite.ts'
import type { ProgramCode } from './protocol.ts'
import { PREVIEW1 } from './wasi/names.ts'

/** A program that was checked and compiled, ready for any number of cells. */
export interface Program {
  /** For logs and errors. */
  readonly name: string
  /** SHA-256 of its bytes, in hex. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  /** Shared by all programs that differ in their data alone. */
  readonly code: ProgramCode | RewrittenCode
  /** Undefined where it was not taken from the code. */
  readonly data?: ModuleData | undefined
}

export interface ProgramOptions {
  /** Keep the names of functions and lines of sources, so that traps tell them: for debugging, they cost memory. */
  readonly keepNames?: boolean | undefined
  /**
   * Its results depend on the program and what it is told alone, not on the engine: slower where
   * there is much floating point.
   */
  readonly isDeterministic?: boolean | undefined
}

/** The same for the same wishes: part of the key under which compiled programs are kept. */
export function howOf({ keepNames = false, isDeterministic = false }: ProgramOptions): {
  readonly keepNames: boolean
  readonly isDeterministic: boolean
} {
  return { keepNames, isDeterministic }
}

const HEADER_BYTES = 8
const MAGIC = [0x00, 0x61, 0x73, 0x6d]
// Version and layer, little endian.
const MODULE_VERSION = 0x0000_0001
const COMPONENT_VERSION = 0x0001_000d
/** How many unknown imports an error names. */
const NAMED_IMPORTS = 3

/** A program between the two steps. */
export type RewrittenProgram =
  | { readonly kind: 'module'; readonly module: Rewritten }
  | {
      readonly kind: 'component'
      readonly modules: readonly Rewritten[]
      readonly plan: LinkPlan
    }

export interface CompiledProgram extends Program {
  readonly code: ProgramCode
}

/** For a process that compiles it itself, and takes nobody's word for it that the original is valid. */
export interface RewrittenCode {
  readonly kind: 'rewritten'
  readonly program: RewrittenProgram
  readonly original: Uint8Array
}

/**
 * Checks and compiles a program on this thread: a WASI preview 1 command, or a WASI 0.2 component
 * that exports `wasi:cli/run`. A node has `Programs` for it, which keep what they compiled.
 *
 * @param bytes not changed and not kept
 * @param name what errors and logs call it
 * @throws {WwError} PROGRAM_EMPTY, PROGRAM_TOO_LARGE, PROGRAM_NOT_WASM, PROGRAM_TRUNCATED,
 *   PROGRAM_UNSUPPORTED, PROGRAM_INVALID, PROGRAM_UNKNOWN_IMPORT, PROGRAM_WRONG_TYPE, PROGRAM_NO_ENTRY
 */
export async function loadProgram(
  bytes: Uint8Array,
  name: string,
  options: ProgramOptions = {},
): Promise<CompiledProgram> {
  try {
    checkSize(bytes.length)
    const { code: original, data } = takeApart(bytes)
    const program = rewriteProgram(original, howOf(options))
    const code = await compileChecked({ kind: 'rewritten', program, original })
    const digest = createHash('sha256').update(bytes).digest('hex')
    return { name, digest, size: bytes.length, code, data }
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown
    throw notLoaded(name, thrown.code, thrown.message, thrown)
  }
}

/** @param cause follows “Cannot load <name>: ” */
export function notLoaded(name: string, code: string, cause: string, thrown?: unknown): WwError {
  return new WwError('failed', code, `Cannot load ${name}: ${cause}`, { cause: thrown })
}

/** @throws {Malformed} */
export function checkSize(size: number): void {
  if (size === 0) throw new Malformed('PROGRAM_EMPTY', 'the file is empty')
  if (size > CELL_LIMITS.programBytes) {
    throw new Malformed(
      'PROGRAM_TOO_LARGE',
      `it has ${size} bytes; at most ${CELL_LIMITS.programBytes} are allowed`,
    )
  }
}

/**
 * The first step. Code of ours alone looks at the program.
 * @throws {Malformed}
 */
export function rewriteProgram(bytes: Uint8Array, how: RewriteOptions): RewrittenProgram {
  const version = sniff(bytes)
  if (version !== MODULE_VERSION && version !== COMPONENT_VERSION) {
    throw new Malformed(
      'PROGRAM_UNSUPPORTED',
      `it is WebAssembly of unknown version 0x${version.toString(16).padStart(8, '0')}`,
    )
  }
  checkWhole(bytes)
  if (version === MODULE_VERSION) {
    return { kind: 'module', module: rewriteModule(bytes, how, PREVIEW1) }
  }
  const { definitions, modules } = parseComponent(bytes)
  const plan = planComponent(definitions)
  const unknown = plan.imports.flatMap((each) =>
    each.kind === 'call' && !findCall(each.interface, each.name)
      ? [quote(each.interface, each.name)]
      : [],
  )
  refuseUnknown(unknown, 'WASI 0.2 and wetware:streams 0.1')
  const rewritten = modules.map((module, i) => rewriteCore(module, how, inModule(i)))
  return { kind: 'component', modules: rewritten, plan }
}

/**
 * The second step, for a program that the engine has not seen before. The original has to be valid,
 * too: what was added to it must not make it so.
 * @throws {Malformed}
 */
export async function compileChecked({ program, original }: RewrittenCode): Promise<ProgramCode> {
  allowExtendedConstants()
  // In threads of the engine's own, while this one looks at the original.
  const compiling = compileRewritten(program)
  compiling.catch(() => {})
  if (program.kind === 'module') await requireValid(original)
  else {
    const { modules } = parseComponent(original)
    for (const [i, module] of modules.entries()) await requireValid(module, inModule(i))
  }
  return await compiling
}

/** @param where it stands, for errors: nothing, or words and a space */
async function requireValid(bytes: Uint8Array, where = ''): Promise<void> {
  if (!WebAssembly.validate(bytes)) await engineCompile(bytes, where)
}

/**
 * The second step, for a program that went through it before.
 * @throws {Malformed}
 */
export async function compileRewritten(program: RewrittenProgram): Promise<ProgramCode> {
  if (program.kind === 'module') {
    const module = await compileCore(program.module)
    checkCommand(module)
    return { kind: 'module', module }
  }
  const { plan } = program
  const modules = await Promise.all(
    program.modules.map((module, i) => compileCore(module, inModule(i))),
  )
  return { kind: 'component', modules, plan }
}

const inModule = (index: number) => `in core module ${index} `

function sniff(bytes: Uint8Array): number {
  const known = Math.min(bytes.length, MAGIC.length)
  for (let i = 0; i < known; i++) {
    if (bytes[i] !== MAGIC[i]) {
      throw new Malformed('PROGRAM_NOT_WASM', `it is not WebAssembly but ${guessKind(bytes)}`)
    }
  }
  if (bytes.length < HEADER_BYTES) {
    throw new Malformed('PROGRAM_TRUNCATED', `it is cut off after ${bytes.length} bytes`)
  }
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true)
}

function guessKind(bytes: Uint8Array): string {
  const starts = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte)
  if (starts(0x7f, 0x45, 0x4c, 0x46)) return 'a native program (ELF); compile it for wasm32-wasi'
  if (starts(0xcf, 0xfa, 0xed, 0xfe)) return 'a native program (Mach-O); compile it for wasm32-wasi'
  if (starts(0x4d, 0x5a)) return 'a native program (PE); compile it for wasm32-wasi'
  if (starts(0x23, 0x21)) return 'a script'
  if (starts(0x1f, 0x8b) || starts(0x50, 0x4b)) return 'a compressed file; unpack it first'
  const beginning = bytes.subarray(0, 256)
  const isText = beginning.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d))
  return isText ? 'a text file' : 'a file of another kind'
}

/** Every section lies within the file. Modules and components are alike in this. */
function checkWhole(bytes: Uint8Array): void {
  const cursor = new Cursor(bytes, HEADER_BYTES, bytes.length)
  while (!cursor.done) {
    cursor.u8()
    cursor.part(cursor.u32())
  }
}

function checkCommand(core: CoreModule): void {
  const imports = WebAssembly.Module.imports(core.module).filter(
    ({ module }) => module !== ADDED.module,
  )
  const unknown: string[] = []
  for (const { module: from, name, kind } of imports) {
    if (kind !== 'function') {
      throw new Malformed(
        'PROGRAM_UNKNOWN_IMPORT',
        `it imports a ${kind} (${quote(from, name)}); a program brings its own`,
      )
    }
    if (from !== PREVIEW1.module || !PREVIEW1.functions.has(name)) unknown.push(quote(from, name))
  }
  refuseUnknown(unknown, 'WASI preview 1')
  checkEntry(core.module)
}

function checkEntry(module: WebAssembly.Module): void {
  const exported = WebAssembly.Module.exports(module)
  if (exported.some(({ name, kind }) => name === '_start' && kind === 'function')) return
  const hint = exported.some(({ name }) => name === '_initialize')
    ? 'it is a library (it exports _initialize); compile it as a command'
    : 'it exports no function _start, so there is nothing to run'
  throw new Malformed('PROGRAM_NO_ENTRY', hint)
}

function refuseUnknown(unknown: readonly string[], offered: string): void {
  if (unknown.length === 0) return
  const named = unknown.slice(0, NAMED_IMPORTS).join(', ')
  const more = unknown.length > NAMED_IMPORTS ? ` and ${unknown.length - NAMED_IMPORTS} more` : ''
  throw new Malformed(
    'PROGRAM_UNKNOWN_IMPORT',
    `it imports ${named}${more}, which cells do not have; they have ${offered}`,
  )
}

// The names are the program's: they must not break a line or drive a terminal.
function quote(from: string, name: string): string {
  const text = from === '' ? name : `${from} ${name}`
  return /^[\w:@/.\-[\] ]{1,120}$/.test(text) ? text : JSON.stringify(text.slice(0, 120))
}

async function compileCore({ bytes, ...shape }: Rewritten, where = ''): Promise<CoreModule> {
  allowExtendedConstants()
  return { ...shape, module: await engineCompile(bytes, where) }
}

async function engineCompile(bytes: Uint8Array, where: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes)
  } catch (thrown) {
    const cause = messageOf(thrown).replace(/^WebAssembly\.\w+\(\): /, '')
    return malformed(`${where}it is not valid WebAssembly (${cause})`)
  }
}

/** @param where it stands, for errors: words and a space */
function rewriteCore(bytes: Uint8Array, how: RewriteOptions, where: string): Rewritten {
  try {
    return rewriteModule(bytes, how)
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown
    throw new Malformed(thrown.code, `${where}${thrown.message}`)
  }
}

// (module (global i32 (i32.add (i32.const 1) (i32.const 2))))
const EXTENDED_CONSTANT = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x06, 0x09, 0x01, 0x7f, 0x00, 0x41, 0x01, 0x41,
  0x02, 0x6a, 0x0b,
])

// Position-independent engines (QuickJS) need them; Node 20 has them behind a flag.
function allowExtendedConstants(): void {
  if (WebAssembly.validate(EXTENDED_CONSTANT)) return
  v8.setFlagsFromString('--experimental-wasm-extended-const')
}
