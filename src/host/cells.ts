import { CellState, Lifetime } from '../capnp/system.ts'
import type { CellInfo } from '../capnp/system.ts'
import { LIMIT_KEYS } from '../cell/index.ts'
import type { CellLimits } from '../cell/index.ts'
import { withControl } from './control.ts'

/** What a node says of one of its cells. No limit is Infinity. */
export interface CellSeen {
  readonly id: number
  readonly name: string
  /** 0 for pid0. It may have ended. */
  readonly parent: number
  readonly state: keyof typeof CellState
  /** Milliseconds since 1970. */
  readonly sinceMs: number
  readonly lifetime: keyof typeof Lifetime
  readonly usage: {
    readonly memoryBytes: number
    readonly fuel: number
    readonly wallMs: number
    readonly outputBytes: number
    readonly handles: number
    readonly references: number
    readonly calls: number
    readonly callBytes: number
    readonly children: number
    readonly descendants: number
    readonly totalMemoryBytes: number
    readonly tableEntries: number
    readonly programs: number
    readonly programBytes: number
  }
  readonly limits: CellLimits
  readonly grants: readonly string[]
  readonly moreGrants: number
}

/**
 * The cells of the node whose control socket is at `path`, parents before children.
 * @throws {WwError} as `withControl`
 */
export async function listCells(path: string): Promise<readonly CellSeen[]> {
  return await withControl(path, async (inspector) => {
    const { cells } = await inspector.cells()
    return Array.from(cells, seen)
  })
}

const NO_LIMIT = 2n ** 64n - 1n

function seen(info: CellInfo): CellSeen {
  const { usage, limits } = info
  return {
    id: Number(info.id),
    name: info.name,
    parent: Number(info.parent),
    state: nameOf(CellState, info.state),
    sinceMs: Number(info.sinceMs),
    lifetime: nameOf(Lifetime, info.lifetime),
    usage: {
      memoryBytes: Number(usage.memoryBytes),
      fuel: Number(usage.fuel),
      wallMs: Number(usage.wallMs),
      outputBytes: Number(usage.outputBytes),
      handles: Number(usage.handles),
      references: Number(usage.references),
      calls: Number(usage.calls),
      callBytes: Number(usage.callBytes),
      children: Number(usage.children),
      descendants: Number(usage.descendants),
      totalMemoryBytes: Number(usage.totalMemoryBytes),
      tableEntries: Number(usage.tableEntries),
      programs: Number(usage.programs),
      programBytes: Number(usage.programBytes),
    },
    limits: Object.fromEntries(
      LIMIT_KEYS.map((key) => [key, limits[key] === NO_LIMIT ? Infinity : Number(limits[key])]),
    ) as unknown as CellLimits,
    grants: [...info.grants],
    moreGrants: info.moreGrants,
  }
}

function nameOf<N extends string>(names: Readonly<Record<N, number>>, value: number): N {
  const [first, ...others] = Object.keys(names) as N[]
  return others.find((name) => names[name] === value) ?? first!
}
