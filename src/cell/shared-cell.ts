// The shared memory of one cell, as both threads see it.
//
// Words: the two doorbells, the kill word and the turn to compute; what the cell uses. Then the file
// mailbox, then five rings.

import { CELL_LIMITS } from './limits.ts'
import { Mailbox, MAILBOX_BYTES } from './mailbox.ts'
import { Doorbell, RingReader, ringSize, RingWriter } from './ring.ts'
import type { RingPlace } from './ring.ts'
import { Share, TurnWord } from './world/share.ts'
import { TimedDoorbell } from './world/timesheet.ts'

// Indices of words; a doorbell has two.
const HOST_BELL = 0
const CELL_BELL = 2
const KILL = 4
const TURN = 5
// Doorbells are hot on both sides: the words get a cache line and more to themselves.
const WORD_BYTES = 128
/** Numbers from here on, the second half of the words. */
const GAUGES_AT = 64
const FUEL = 0
const MEMORY = 1
const HANDLES = 2
const TABLES = 3
const GAUGES = 4

const RINGS = ['dataIn', 'dataOut', 'stdin', 'stdout', 'stderr'] as const
type RingName = (typeof RINGS)[number]

/**
 * Of its 400 KB a cell uses some pages. The others stay unmapped only in memory that could grow, which
 * the engine has from the system; other shared memory it has from `calloc`, which wipes what was used
 * before, and so touches all of it.
 */
export function allocateCell(): SharedArrayBuffer {
  const rings = RINGS.length * ringSize(CELL_LIMITS.ringBytes)
  const bytes = WORD_BYTES + MAILBOX_BYTES + rings
  return new SharedArrayBuffer(bytes, { maxByteLength: bytes })
}

function place(buffer: SharedArrayBuffer, name: RingName): RingPlace {
  const capacity = CELL_LIMITS.ringBytes
  const offset = WORD_BYTES + MAILBOX_BYTES + RINGS.indexOf(name) * ringSize(capacity)
  return { buffer, offset, capacity }
}

/** What a cell uses. Written by its thread alone; who reads it may see numbers of different moments. */
export class Gauges {
  readonly #numbers: Float64Array

  constructor(buffer: SharedArrayBuffer) {
    this.#numbers = new Float64Array(buffer, GAUGES_AT, GAUGES)
  }

  /** Units used so far. */
  get fuel(): number {
    return this.#numbers[FUEL]!
  }
  set fuel(units: number) {
    this.#numbers[FUEL] = units
  }

  /** Its linear memories together. */
  get memoryBytes(): number {
    return this.#numbers[MEMORY]!
  }
  set memoryBytes(bytes: number) {
    this.#numbers[MEMORY] = bytes
  }

  /** Open files, or resources. */
  get handles(): number {
    return this.#numbers[HANDLES]!
  }
  set handles(count: number) {
    this.#numbers[HANDLES] = count
  }

  /** Entries of its tables together. */
  get tableEntries(): number {
    return this.#numbers[TABLES]!
  }
  set tableEntries(count: number) {
    this.#numbers[TABLES] = count
  }
}

class SharedWords {
  readonly gauges: Gauges
  readonly mailbox: Mailbox
  readonly hostBell: Doorbell
  readonly cellBell: TimedDoorbell
  readonly turn: TurnWord
  readonly #words: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, WORD_BYTES / Int32Array.BYTES_PER_ELEMENT)
    this.hostBell = new Doorbell(this.#words, HOST_BELL)
    this.cellBell = new TimedDoorbell(this.#words, CELL_BELL)
    this.turn = new TurnWord(this.#words, TURN)
    this.gauges = new Gauges(buffer)
    this.mailbox = new Mailbox(buffer, WORD_BYTES)
  }

  /** Asks the cell to stop at its next host call, and wakes it if it waits in one. */
  kill(): void {
    Atomics.store(this.#words, KILL, 1)
    this.cellBell.ring()
  }

  get killed(): boolean {
    return Atomics.load(this.#words, KILL) !== 0
  }
}

/** The host's ends. */
export class HostSide extends SharedWords {
  readonly dataIn: RingWriter
  readonly dataOut: RingReader
  readonly stdin: RingWriter
  readonly stdout: RingReader
  readonly stderr: RingReader

  constructor(buffer: SharedArrayBuffer) {
    super(buffer)
    const writer = (name: RingName) => new RingWriter(place(buffer, name), this.cellBell)
    const reader = (name: RingName) => new RingReader(place(buffer, name), this.cellBell)
    this.dataIn = writer('dataIn')
    this.dataOut = reader('dataOut')
    this.stdin = writer('stdin')
    this.stdout = reader('stdout')
    this.stderr = reader('stderr')
  }

  /** Closes every end the cell held; for when its thread is gone. */
  closeForCell(): void {
    for (const end of [this.dataOut, this.stdout, this.stderr]) end.closeForWriter()
    for (const end of [this.dataIn, this.stdin]) end.closeForReader()
  }
}

/** The cell's ends. */
export class CellSide extends SharedWords {
  readonly share: Share
  readonly dataIn: RingReader
  readonly dataOut: RingWriter
  readonly stdin: RingReader
  readonly stdout: RingWriter
  readonly stderr: RingWriter

  constructor(buffer: SharedArrayBuffer) {
    super(buffer)
    this.share = new Share(this.turn, this.hostBell, this.cellBell, () => this.killed)
    const writer = (name: RingName) => new RingWriter(place(buffer, name), this.hostBell)
    const reader = (name: RingName) => new RingReader(place(buffer, name), this.hostBell)
    this.dataIn = reader('dataIn')
    this.dataOut = writer('dataOut')
    this.stdin = reader('stdin')
    this.stdout = writer('stdout')
    this.stderr = writer('stderr')
  }
}
