// The engine while a guest is built: QuickJS-NG in a world where nothing happens. Its C functions are
// called as C calls them: pointers are addresses in linear memory, a JavaScript value is 64 bits.

import type { Snapshot } from './program.ts'

type C = (...args: (number | bigint)[]) => number
type CValue = (...args: (number | bigint)[]) => bigint

/** The file name of the script in stack traces; `src/guest/places.ts` looks for it. */
const SCRIPT_NAME = 'script.js'

const TAG = { undefined: 3n, exception: 6n } as const
const EVAL = { module: 1, strict: 8, compileOnly: 32 } as const
const OBJECT = { bytecode: 1, stripSource: 16 } as const
/** How a native function is called: plainly. */
const GENERIC = 0
/** As many arguments as a native function may read: the engine fills up with undefined. */
const NATIVE_ARGUMENTS = 8
/**
 * Of the 1 MiB the engine's own stack has, what scripts may use. Deeper calls throw a RangeError; the
 * thread's stack (32 MiB, `cell/limits.ts`) must still hold at that depth, in code of V8's first tier.
 * The rest is for what the engine does without looking.
 */
const MAX_STACK_BYTES = 768 << 10
/** By how much the heap of a guest grows before cycles are looked for the first time. */
const FIRST_COLLECTION_BYTES = 512 << 10
/** What a wall clock shows in the building: 2000-01-01T00:00:00Z, in nanoseconds. */
const BUILD_TIME_NS = 946_684_800_000_000_000n

// The heap is dlmalloc's: chunks that touch, each with its size and flags in the second word of its
// header. A free one has links to others next, and the last one is what was never used.
const CHUNK_HEADER_BYTES = 8
const CHUNK_IN_USE = 2
const FREE_LINKS_BYTES = 32
/** The end of the heap: the allocator's own notes. */
const LAST_CHUNK_BYTES = 128

export class Engine {
  readonly #exports: WebAssembly.Exports
  readonly #memory: WebAssembly.Memory
  readonly #firstChunk: number
  readonly #runtime: number
  readonly #context: number

  private constructor(instance: WebAssembly.Instance) {
    this.#exports = instance.exports
    this.#memory = instance.exports['memory'] as WebAssembly.Memory
    this.#firstChunk = this.#c('malloc')(1) - CHUNK_HEADER_BYTES
    this.#c('_initialize')()
    this.#runtime = this.#c('JS_NewRuntime')()
    this.#c('JS_SetMaxStackSize')(this.#runtime, MAX_STACK_BYTES)
    this.#context = this.#c('JS_NewContext')(this.#runtime)
  }

  static start(module: WebAssembly.Module): Engine {
    let memory: WebAssembly.Memory | undefined
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {}
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {}
      imports[from][name] = () => {
        throw new Error(`${name} works only while the guest runs`)
      }
    }
    const { wasi_snapshot_preview1: wasi = {} } = imports
    wasi['clock_time_get'] = (_clock: number, _precision: bigint, time: number) => {
      new DataView(memory!.buffer).setBigUint64(time, BUILD_TIME_NS, true)
      return 0
    }
    wasi['random_get'] = (at: number, length: number) => {
      new Uint8Array(memory!.buffer, at, length).fill(0)
      return 0
    }
    const instance = new WebAssembly.Instance(module, imports)
    memory = instance.exports['memory'] as WebAssembly.Memory
    return new Engine(instance)
  }

  /** @returns the bytecode of a module, without its source text */
  compile(source: string): Uint8Array {
    const code = this.#text(source)
    const compiled = this.#checked(
      this.#value('JS_Eval')(
        this.#context,
        code.at,
        code.length,
        this.#text(SCRIPT_NAME).at,
        EVAL.module | EVAL.compileOnly,
      ),
    )
    const size = this.#c('malloc')(4)
    const flags = OBJECT.bytecode | OBJECT.stripSource
    const at = this.#c('JS_WriteObject')(this.#context, size, compiled, flags)
    if (at === 0) throw this.#exception()
    return this.#bytes(at, new DataView(this.#memory.buffer).getUint32(size, true)).slice()
  }

  /** Evaluates a script that says how the guest is lived, and stops there. */
  prepare(bytecode: Uint8Array): Snapshot {
    const context = this.#context
    this.#set('runtime', this.#runtime)
    this.#set('context', context)
    this.#c('JS_SetHostPromiseRejectionTracker')(this.#runtime, this.#pointer('c:rejection'), 0)

    const builder = this.#value('JS_NewObject')(context)
    const native = this.#value('JS_NewObject')(context)
    for (const name of Object.keys(this.#exports)) {
      if (name.startsWith('js:')) this.#define(native, name.slice(3), this.#function(name))
    }
    this.#define(builder, 'native', native)
    const global = this.#value('JS_GetGlobalObject')(context)
    // The global goes away when the script has read it.
    this.#keep(builder)
    this.#define(global, 'wwBuilder', builder)

    const at = this.#c('malloc')(bytecode.length)
    this.#bytes(at, bytecode.length).set(bytecode)
    const script = this.#checked(
      this.#value('JS_ReadObject')(context, at, bytecode.length, OBJECT.bytecode),
    )
    this.#bytes(at, bytecode.length).fill(0)
    this.#c('free')(at)
    this.#checked(this.#value('JS_EvalFunction')(context, script))
    const job = this.#c('malloc')(4)
    while (this.#c('JS_ExecutePendingJob')(this.#runtime, job) > 0);
    this.#c('free')(job)

    this.#set('main', this.#get(builder, 'main'))
    this.#set('rejection', this.#get(builder, 'rejection'))
    this.#c('JS_RunGC')(this.#runtime)
    const from = this.#global('__stack_pointer') as number
    // Else a cell that has just started would spend half its time on what was looked at here.
    const heapBytes = this.#memory.buffer.byteLength - from
    this.#c('JS_SetGCThreshold')(this.#runtime, heapBytes + FIRST_COLLECTION_BYTES)
    this.#wipe()
    return {
      memory: new Uint8Array(this.#memory.buffer),
      from,
      runtime: this.#runtime,
      context,
      main: this.#global('main') as bigint,
      rejection: this.#global('rejection') as bigint,
    }
  }

  /** What nobody holds any more becomes zeros: the stack, and the free chunks of the heap. */
  #wipe(): void {
    const end = this.#memory.buffer.byteLength
    const view = new DataView(this.#memory.buffer)
    this.#bytes(0, this.#global('__stack_pointer') as number).fill(0)
    for (let at = this.#firstChunk, size = 0; at < end - LAST_CHUNK_BYTES; at += size) {
      const head = view.getUint32(at + 4, true)
      size = head & ~7
      if (size === 0 || size > end - at)
        throw new Error('The heap of the engine is not as expected')
      const links = at + FREE_LINKS_BYTES
      if (!(head & CHUNK_IN_USE) && links < at + size) this.#bytes(links, at + size - links).fill(0)
    }
  }

  #c(name: string): C {
    return this.#exports[name] as unknown as C
  }

  #value(name: string): CValue {
    return this.#exports[name] as unknown as CValue
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length)
  }

  /** A C string of our own; engines live as long as one build, so nobody frees it. */
  #text(text: string): { at: number; length: number } {
    const encoded = new TextEncoder().encode(`${text}\0`)
    const at = this.#c('malloc')(encoded.length)
    this.#bytes(at, encoded.length).set(encoded)
    return { at, length: encoded.length - 1 }
  }

  /** Where a function of the glue stands in the table: what C calls a function pointer. */
  #pointer(name: string): number {
    const table = this.#exports['__indirect_function_table'] as WebAssembly.Table
    for (let at = table.length - 1; at > 0; at -= 1) {
      if (table.get(at) === this.#exports[name]) return at
    }
    throw new Error(`The engine has no ${name} in its table`)
  }

  #function(name: string): bigint {
    return this.#value('JS_NewCFunction2')(
      this.#context,
      this.#pointer(name),
      this.#text(name.slice(3)).at,
      NATIVE_ARGUMENTS,
      GENERIC,
      0,
    )
  }

  /** Holds `value`, which somebody else lets go. */
  #keep(value: bigint): void {
    this.#value('JS_DupValue')(this.#context, value)
  }

  /** Gives `value` away. */
  #define(object: bigint, name: string, value: bigint): void {
    this.#c('JS_SetPropertyStr')(this.#context, object, this.#text(name).at, value)
  }

  #get(object: bigint, name: string): bigint {
    return this.#checked(
      this.#value('JS_GetPropertyStr')(this.#context, object, this.#text(name).at),
    )
  }

  #global(name: string): number | bigint {
    return (this.#exports[name] as WebAssembly.Global).value as number | bigint
  }

  #set(name: string, value: number | bigint): void {
    ;(this.#exports[name] as WebAssembly.Global).value = value
  }

  #checked(value: bigint): bigint {
    if (BigInt.asUintN(64, value) >> 32n === TAG.exception) throw this.#exception()
    return value
  }

  #exception(): Error {
    const error = this.#value('JS_GetException')(this.#context)
    const at = this.#c('JS_ToCStringLen2')(this.#context, 0, error, 0)
    const bytes = new Uint8Array(this.#memory.buffer, at)
    return new Error(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))))
  }
}
