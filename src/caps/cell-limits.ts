// Limits and usage of cells between numbers, where no limit is Infinity, and the wire, where it is the
// largest number and, in what is asked for, 0.

import type {
  CellLimits as LimitsMessage,
  CellLimits$Init,
  CellUsage$Init,
} from '../capnp/system.ts'
import { LIMIT_KEYS } from '../cell/index.ts'
import type { CellLimits, CellUsage, Member } from '../cell/index.ts'

const NO_LIMIT = 2n ** 64n - 1n

/** What somebody asks for; what is 0 is not asked for. */
export function limitsAsked(message: LimitsMessage): Partial<CellLimits> {
  const asked = LIMIT_KEYS.map((key) => [key, message[key]] as const)
  return Object.fromEntries(
    asked.flatMap(([key, value]) =>
      value === 0n ? [] : [[key, value === NO_LIMIT ? Infinity : Number(value)]],
    ),
  )
}

/** As they are shown. */
export function limitsShown(limits: CellLimits): CellLimits$Init {
  return Object.fromEntries(LIMIT_KEYS.map((key) => [key, whole(limits[key])]))
}

const NO_USAGE: CellUsage = {
  memoryBytes: 0,
  fuel: 0,
  wallMs: 0,
  outputBytes: 0,
  handles: 0,
  tableEntries: 0,
}

/** What a cell uses, by all who count. */
export function usageShown({ cell, account, traffic }: Member): CellUsage$Init {
  const own = cell?.usage ?? NO_USAGE
  const { calls, callBytes, references } = traffic()
  const { children, descendants, memoryBytes, programs, programBytes } = account.usage
  return {
    memoryBytes: whole(own.memoryBytes),
    fuel: whole(own.fuel),
    wallMs: whole(own.wallMs),
    outputBytes: whole(own.outputBytes),
    handles: whole(own.handles),
    references: whole(references),
    calls: whole(calls),
    callBytes: whole(callBytes),
    children: whole(children),
    descendants: whole(descendants),
    totalMemoryBytes: whole(memoryBytes),
    tableEntries: whole(own.tableEntries),
    programs: whole(programs),
    programBytes: whole(programBytes),
  }
}

function whole(count: number): bigint {
  return count === Infinity ? NO_LIMIT : BigInt(Math.max(0, Math.floor(count)))
}
