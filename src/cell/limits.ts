import { availableParallelism } from 'node:os'

/** Every number that bounds all cells alike, with its unit and why it is that large; {@link LIMIT_RULES} has the others. */
export const CELL_LIMITS = {
  /** Bytes in flight per direction of the data stream and per standard stream: the size of a Unix pipe. A power of two. */
  ringBytes: 64 << 10,
  /** Bytes of one program. The largest engine known (StarlingMonkey) makes 12 MiB. */
  programBytes: 64 << 20,
  /** Imports, exports and core modules one program may declare. Real programs stay under a few hundred. */
  programImports: 1_000,
  programExports: 10_000,
  programCoreModules: 64,
  /**
   * What one core module may declare. StarlingMonkey, the largest engine known, has about 20,000
   * functions; QuickJS with its heap in the image has 10,000 data segments.
   */
  moduleTypes: 20_000,
  /** Parameters and results of all its types. Node 20 looks at ten million for four seconds. */
  moduleTypeValues: 200_000,
  moduleFunctions: 100_000,
  moduleGlobals: 20_000,
  moduleSegments: 100_000,
  moduleTables: 16,
  /** Programs up to here are taken apart into code and data: some milliseconds of the host's thread. A guest in TypeScript has 1 MiB, in two segments. */
  separatedBytes: 4 << 20,
  separatedSegments: 1_000,
  /** Kinds of exceptions. C++ has one or two. */
  moduleTags: 100,
  /** One function: its bytes, its locals, its blocks within blocks, its operands. An interpreter's loop has some 100 KiB. */
  functionBytes: 2 << 20,
  functionLocals: 20_000,
  functionBlocks: 10_000,
  functionOperands: 10_000,
  /**
   * Units of work for the engine to compile one function, which it does in the cell's thread and
   * cannot be stopped in: some 20 ns each, 100 ms in all; and all functions of a module, which some
   * day may all have been called, at some 10 bytes of machine code each. See `module/work.ts`.
   */
  functionWork: 5_000_000,
  moduleWork: 200_000_000,
  /** Entries of tables any cell may have, some 30 bytes each of its thread's heap. V8 aborts the process when that is full. */
  tableEntries: 524_288,
  /** Pages of 64 KiB the memory of any cell may have: 1 GiB. */
  memoryPages: 16_384,
  /** Units of fuel given at a time; a guest that computes uses them in well under a millisecond, and then looks whether it was killed. */
  fuelSlice: 1 << 18,
  /**
   * Units a cell may use at once after it has waited; some milliseconds. Beyond, it computes in turns
   * of so many units, as long again. A cell that answers a call now and then stays below.
   */
  savedUnits: 1 << 22,
  turnUnits: 1 << 22,
  /** Units saved by a millisecond of waiting: a thirtieth of what it could have used. */
  savedUnitsPerMs: 1 << 14,
  /** What a call of the host counts in that, besides what the guest pays for it: some microseconds. */
  hostCallUnits: 1 << 10,
  /** So many are counted at once, with a look at the clock, which takes as long as a tenth of one. */
  callsAtOnce: 8,
  /** What a millisecond of a processor counts: half a unit per nanosecond. */
  unitsPerMs: 1 << 19,
  /** How long a cell's thread looks out for what it waits for before it sleeps. */
  glanceMs: 0.03,
  /** How far a cell's thread stands back behind the host's, where threads have priorities of their own. */
  niceness: 10,
  /**
   * How far the thread that starts and joins them does, and they until they are up. Little: beside
   * others of the machine a start is not to take much longer.
   */
  foremanNiceness: 2,
  /** Its JavaScript heap, MiB: some kilobytes for each thread. */
  foremanHeapMb: 64,
  /** It ends when there has been no thread for so many milliseconds. */
  foremanIdleMs: 1_000,
  /** Whoever asks after a while is ahead of those who have asked all the time by so many milliseconds: half a turn. */
  turnAheadMs: 4,
  /** A turn counts as so long at least, for what it takes to give one. */
  turnLeastMs: 0.25,
  /** A turn in which nothing was computed for so many milliseconds counts no more. */
  turnMs: 50,
  /** Milliseconds of the host's thread a cell may use at once; see `pump.ts`. */
  savedHostMs: 4,
  /** Cells beyond that move so many bytes at a time: some ten calls. */
  sliceBytes: 2 << 10,
  /** Then they rest so many times as long, if another was served within its own in the last milliseconds. */
  restRatio: 4,
  calmMs: 100,
  /** Milliseconds in which cells are counted that share the thread. */
  periodMs: 100,
  /** What is limited per second can be saved for so long: a cell that waits for its user has it at once. */
  savedMs: 1_000,
  /** A killed cell stops by itself within so many milliseconds, or its thread is terminated. */
  stopMs: 50,
  /**
   * A terminated thread is gone within so many milliseconds, or is given up: the engine first compiles
   * a function to its end, a tenth of a second that takes a hundred times as long where others compute.
   */
  terminateMs: 30_000,
  /** A thread whose guest has ended is gone after so many milliseconds, or is left behind as well. */
  takeDownMs: 30_000,
  /** Definitions evaluated while a component is linked, instantiations of nested components included. */
  componentDefinitions: 100_000,
  /** Components nested in components. Engines use two. */
  componentDepth: 8,
  /** Compiled programs kept for the next cell of the same bytes: how many, and their bytes together. Those in use are kept besides. */
  cachedPrograms: 32,
  cachedProgramBytes: 128 << 20,
  /** Rewritten programs kept on disk, their bytes together; the least recently used goes. */
  storeBytes: 512 << 20,
  /** One of them: counters and names add less than as much again. */
  storedProgramBytes: 160 << 20,
  /** A file in the store that somebody began to write so long ago is not being written. */
  storeUnfinishedMs: 3_600_000,
  /** Programs waiting to be compiled. More are refused, as overloaded. */
  waitingPrograms: 64,
  /** One program is compiled within so many milliseconds; the largest known takes under 1,000. */
  compileMs: 30_000,
  /** The JavaScript heap of the thread that compiles, MiB. The bytes of programs are not part of it. */
  compilerHeapMb: 256,
  /** That thread ends after so many milliseconds without work, and gives back what it holds. */
  compilerIdleMs: 60_000,
  /** Pieces of memory one read or write may fill or take, as with Linux. */
  vectors: 1_024,
  /** Subscriptions of one `poll_oneoff`, pollables of one `poll`. */
  pollables: 4_096,
  /** Bytes of one path, and of one name in `/tmp`, in UTF-8. */
  pathBytes: 4_096,
  nameBytes: 255,
  /** Links one path may lead through. */
  linksFollowed: 32,
  /** Bytes of a file or of a listing carried by one answer of the host. */
  fileChunkBytes: 64 << 10,
  /** Bytes of randomness by one call of a component, which gets them as a list. */
  randomBytes: 1 << 20,
  /** The JavaScript heap of a cell's thread, MiB. Guest memory is not part of it; a guest's host objects are. */
  heapMb: 64,
  youngHeapMb: 4,
  /**
   * The stack of a cell's thread, MiB. Frames are counted as 8 bytes for each value; it has room for
   * what the engine's take beyond that, and for host functions.
   */
  stackMb: 32,
} as const

/** How many threads wait for cells, and when they are started. */
export interface PoolLimits {
  /** Threads that wait, from the first cell on. Each takes some 8 MiB. */
  readonly minIdle: number
  /** Threads that wait at most, however many cells are started. */
  readonly maxIdle: number
  /** Threads that nobody needed for so long are ended, down to `minIdle`. */
  readonly idleMs: number
  /** After a cell has started, its first work goes before new threads. */
  readonly refillDelayMs: number
  /** Cells being started go before new threads, for so long at most. */
  readonly refillPatienceMs: number
  /** Cells that are being started at a time, and that wait to be for one who starts them. */
  readonly maxStarting: number
  readonly maxQueued: number
  /** A start that takes longer keeps nobody waiting any more. */
  readonly startMs: number
  /** Threads in a row that end before they are up: after so many no more are started ahead. */
  readonly maxFailures: number
}

export const POOL_LIMITS: PoolLimits = {
  minIdle: 2,
  maxIdle: 16,
  idleMs: 30_000,
  refillDelayMs: 10,
  refillPatienceMs: 200,
  // A start keeps a processor busy for some 30 ms; one is left for others.
  maxStarting: Math.max(1, availableParallelism() - 1),
  startMs: 500,
  maxQueued: 64,
  maxFailures: 3,
}

/**
 * What one cell may use. A node has defaults; whoever starts a cell may give less, and it never gets
 * more than its parent has. `Infinity` is no limit.
 */
export interface CellLimits {
  /** Its linear memories together. Growth beyond fails as the guest's language has it. */
  readonly memoryBytes: number
  /** What the memories of all cells below it may grow to, together. */
  readonly totalMemoryBytes: number
  /** Entries of its tables together. Growth beyond fails as the guest's language has it. */
  readonly tableEntries: number
  /** What its nested calls take, as counted: 8 bytes for each value and 112 for each call. */
  readonly stackBytes: number
  /** Units of computing: roughly one per instruction, at most one counter step per loop turn. */
  readonly fuel: number
  /** How many of them it earns; one second's can be saved. Who has used them up waits. */
  readonly fuelPerSecond: number
  /** From its start on, waiting included. */
  readonly wallMs: number
  /** One call to a capability of its own, until it returns. */
  readonly callMs: number
  /** Written to stdout and stderr together. */
  readonly outputBytes: number
  /** How fast that is taken from it; one second's can be saved. Who writes faster waits. */
  readonly outputBytesPerSecond: number
  /** Descriptors (preview 1) open at once. */
  readonly files: number
  /** Resource handles (components) open at once: streams, timers, files. */
  readonly handles: number
  /** What it keeps in its `/tmp`: bytes of files, also of those removed but still open. */
  readonly tmpBytes: number
  /** Names in its `/tmp`. */
  readonly tmpEntries: number
  /** Capabilities it holds, and as many it gives out: each keeps an object alive. */
  readonly references: number
  /** Calls of its own under way at once. */
  readonly calls: number
  /** What calls of its own that are under way hold: arguments, and results it has not finished. */
  readonly callBytes: number
  /** Cells it has started that have not ended. */
  readonly children: number
  /** These and theirs. */
  readonly descendants: number
  /** Cells started per second, by it and all below it; one second's can be saved. */
  readonly spawnsPerSecond: number
  /** Programs held to start cells of, by it and all below it, and their bytes. */
  readonly programs: number
  readonly programBytes: number
}

/** How one limit is called, counted and chosen. */
export interface LimitRule {
  /** On the command line, in listings and in the reason why a cell ended. */
  readonly name: string
  readonly unit: 'bytes' | 'bytes/s' | 'ms' | 'units' | 'units/s' | 'count' | 'count/s'
  /** What a node gives pid0 unless told otherwise. */
  readonly standard: number
  /** The most a node can be told to give; what `Infinity` has no more than that. */
  readonly most: number
  /** Said by `ww help run`. */
  readonly what: string
}

const MIB = 1 << 20

/** Every limit of a cell. The order is that of listings. */
export const LIMIT_RULES: { readonly [K in keyof CellLimits]: LimitRule } = {
  memoryBytes: {
    name: 'memory',
    unit: 'bytes',
    // A TypeScript guest starts with under 4 MiB.
    standard: 64 * MIB,
    most: CELL_LIMITS.memoryPages * 65_536,
    what: 'memory of one cell',
  },
  totalMemoryBytes: {
    name: 'total-memory',
    unit: 'bytes',
    // What could grow counts, not what has: 256 children with all that a cell may have.
    standard: 16_384 * MIB,
    most: Infinity,
    what: 'memory that the children of a cell may grow to, together',
  },
  tableEntries: {
    name: 'table-entries',
    unit: 'count',
    // A large program has some thousand functions behind pointers.
    standard: 65_536,
    most: CELL_LIMITS.tableEntries,
    what: 'entries of the tables of a cell',
  },
  stackBytes: {
    name: 'stack',
    unit: 'bytes',
    // A guest in TypeScript takes 12 MiB until its engine stops a recursion by itself.
    standard: 16 * MIB,
    // A thread has as much again for what V8 takes beyond.
    most: (CELL_LIMITS.stackMb / 2) * MIB,
    what: 'nested calls of a cell',
  },
  fuel: {
    name: 'fuel',
    unit: 'units',
    // A node runs for as long as it runs: who knows better gives a number.
    standard: Infinity,
    most: Infinity,
    what: 'instructions, roughly',
  },
  fuelPerSecond: {
    name: 'fuel-rate',
    unit: 'units/s',
    standard: Infinity,
    most: Infinity,
    what: 'instructions per second; a cell that wants more waits',
  },
  wallMs: {
    name: 'wall',
    unit: 'ms',
    standard: Infinity,
    most: 2 ** 31 - 1, // a timer's longest
    what: 'life of a cell',
  },
  callMs: {
    name: 'call',
    unit: 'ms',
    // A call may be a subscription, which lasts.
    standard: Infinity,
    most: 2 ** 31 - 1,
    what: 'one call to what a cell offers',
  },
  outputBytes: {
    name: 'output',
    unit: 'bytes',
    standard: Infinity,
    most: Infinity,
    what: 'written to stdout and stderr',
  },
  outputBytesPerSecond: {
    name: 'output-rate',
    unit: 'bytes/s',
    standard: Infinity,
    most: Infinity,
    what: 'written per second; a cell that writes faster waits',
  },
  files: {
    name: 'files',
    unit: 'count',
    standard: 1_024, // as a Unix process
    most: 65_536,
    what: 'open files of a cell (WASI preview 1)',
  },
  handles: {
    name: 'handles',
    unit: 'count',
    standard: 16_384,
    most: 1 << 20,
    what: 'open resources of a cell (WASI 0.2)',
  },
  tmpBytes: {
    name: 'tmp',
    unit: 'bytes',
    standard: 16 * MIB,
    // It lies in the memory of the node.
    most: 1_024 * MIB,
    what: 'files in the /tmp of a cell',
  },
  tmpEntries: {
    name: 'tmp-entries',
    unit: 'count',
    standard: 4_096,
    most: 1 << 20,
    what: 'names in the /tmp of a cell',
  },
  references: {
    name: 'references',
    unit: 'count',
    // Some 300 bytes each, here and there.
    standard: 65_536,
    most: 1 << 20,
    what: 'capabilities a cell holds, and gives out',
  },
  calls: {
    name: 'calls',
    unit: 'count',
    standard: 65_536,
    most: 1 << 20,
    what: 'calls of a cell under way',
  },
  callBytes: {
    name: 'call-bytes',
    unit: 'bytes',
    standard: 64 * MIB, // the largest message
    most: 1_024 * MIB,
    what: 'what the calls of a cell under way hold',
  },
  children: {
    name: 'children',
    unit: 'count',
    standard: 1_024,
    most: 65_536,
    what: 'children of a cell alive at once',
  },
  descendants: {
    name: 'descendants',
    unit: 'count',
    // A thread each, with some 8 MiB.
    standard: 1_024,
    most: 65_536,
    what: 'children and theirs alive at once',
  },
  spawnsPerSecond: {
    name: 'spawn-rate',
    unit: 'count/s',
    // A node starts some 600 a second when it does nothing else.
    standard: 1_000,
    most: 1_000_000,
    what: 'cells started per second by a cell and those below it',
  },
  programs: {
    name: 'programs',
    unit: 'count',
    standard: 256,
    most: 65_536,
    what: 'programs held by a cell and those below it',
  },
  programBytes: {
    name: 'program-bytes',
    unit: 'bytes',
    standard: 512 * MIB,
    most: Infinity,
    what: 'what these have together',
  },
}

export const LIMIT_KEYS = Object.keys(LIMIT_RULES) as readonly (keyof CellLimits)[]

/** What a node gives unless it is told otherwise. */
export const DEFAULT_CELL_LIMITS: CellLimits = limitsFrom((key) => LIMIT_RULES[key].standard)

/** Limits, each as `of` says. */
export function limitsFrom(of: (key: keyof CellLimits) => number): CellLimits {
  return Object.fromEntries(LIMIT_KEYS.map((key) => [key, of(key)])) as unknown as CellLimits
}

/** The smaller of each. What is not asked for is as `held`. */
export function lesserLimits(held: CellLimits, asked: Partial<CellLimits>): CellLimits {
  return limitsFrom((key) => Math.min(held[key], asked[key] ?? Infinity))
}

/** Limits whose breach ends a cell. */
export const LIMIT_NAMES = [
  'fuel',
  'stack',
  'wall',
  'output',
  'handles',
  'references',
  'calls',
] as const
export type LimitName = (typeof LIMIT_NAMES)[number]
