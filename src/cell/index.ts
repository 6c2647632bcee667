/**
 * Cells: a WebAssembly guest in a thread of its own, with nothing but what it was given, in this
 * process or one that has nothing but cells. It may block; the host never does. Bytes in and out only: what they mean is the affair of other rooms.
 * What a hostile guest is kept from, and what not, stands in THREATS.md.
 * @module
 */
export { Family, Member } from './family.ts'
export type { Lifetime, MemberOptions, Traffic } from './family.ts'
export { memoryBytesOf, spawnCell } from './cell.ts'
export type { Cell, CellOptions, CellUsage, SpawnOptions } from './cell.ts'
export { ThreadHost } from './cell-host.ts'
export type { CellHost, CellHostOptions, Place } from './cell-host.ts'
export { ProcessHost } from './fence/process-host.ts'
export { CELL_LIMITS, DEFAULT_CELL_LIMITS, LIMIT_KEYS, LIMIT_RULES, limitsFrom } from './limits.ts'
export type { CellLimits, LimitName, LimitRule, PoolLimits } from './limits.ts'
export { ThreadPool } from './pool.ts'
export type { ThreadPoolOptions } from './pool.ts'
export { loadProgram } from './program.ts'
export type { Program, ProgramOptions } from './program.ts'
export { Programs } from './programs.ts'
export type { ProgramsOptions } from './programs.ts'
export type { CellExit } from './protocol.ts'
