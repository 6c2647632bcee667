import { silentLog } from '../../../src/base/index.ts'
import type { Log } from '../../../src/base/index.ts'
import { FarBody } from '../../../src/cell/fence/far-body.ts'
import { Fence } from '../../../src/cell/fence/fence.ts'
import { FrameReader } from '../../../src/cell/fence/frame.ts'
import type { Order, Report } from '../../../src/cell/fence/message.ts'
import { decodeOrder } from '../../../src/cell/fence/order.ts'
import { encodeReport } from '../../../src/cell/fence/report.ts'
import type { AnswerFiles } from '../../../src/cell/files.ts'
import { HostedCell } from '../../../src/cell/hosted-cell.ts'
import { DEFAULT_CELL_LIMITS } from '../../../src/cell/limits.ts'
import type { RewrittenCode } from '../../../src/cell/program.ts'

/** A fence whose other side is the test. */
export class HandHost {
  readonly orders: Order[] = []
  readonly errors: string[] = []
  isKilled = false
  isKept = false
  /** Until it resolves, nothing that was sent is read. */
  read: Promise<void> = Promise.resolve()
  readonly fence: Fence

  constructor() {
    const reader = new FrameReader(1 << 20, (frame) => {
      const order = decodeOrder(frame)
      // A body is lent.
      this.orders.push('bytes' in order ? { ...order, bytes: order.bytes.slice() } : order)
    })
    const log: Log = { ...silentLog, error: (message) => void this.errors.push(message) }
    this.fence = new Fence(
      {
        send(bytes) {
          reader.push(bytes)
          return true
        },
        drained: async () => await this.read,
        keepAlive: (isKept) => void (this.isKept = isKept),
        kill: () => void (this.isKilled = true),
      },
      {},
      log,
    )
  }

  say(...reports: Report[]): void {
    for (const report of reports) this.fence.receive(encodeReport(report))
  }

  /** The last order of a kind. */
  last<K extends Order['kind']>(kind: K): Extract<Order, { readonly kind: K }> {
    const found = this.orders.findLast((order) => order.kind === kind)
    if (!found) throw new Error(`No ${kind} was ordered`)
    return found as Extract<Order, { readonly kind: K }>
  }

  /** A cell that was ordered, and its number. */
  start(
    name = 'far',
    answer: AnswerFiles = () => new Promise(() => {}),
  ): { readonly cell: HostedCell; readonly number: number } {
    const limits = DEFAULT_CELL_LIMITS
    const spec = { program: 1, name, args: [], env: [], terminals: {}, limits }
    const body = new FarBody(this.fence, spec, answer)
    const cell = new HostedCell({ name, limits, log: silentLog }, body)
    cell.started.catch(() => {})
    const ordered = this.orders.findLast((order) => order.kind === 'start')
    return { cell, number: ordered?.number ?? 0 }
  }

  /** A cell that runs. */
  running(
    name?: string,
    answer?: AnswerFiles,
  ): { readonly cell: HostedCell; readonly number: number } {
    const started = this.start(name, answer)
    this.say({ kind: 'started', number: started.number })
    return started
  }
}

export const NO_GAUGES = { fuel: 0, memoryBytes: 0, handles: 0, tableEntries: 0 }

export const endedBy = (number: number, code = 0, isLeftBehind = false): Report => {
  const exit = { kind: 'exited', code } as const
  return { kind: 'ended', number, end: { exit, gauges: NO_GAUGES, isLeftBehind } }
}

export function rewrittenCode(originalBytes = 10, moduleBytes = 20): RewrittenCode {
  const shape = { memory: undefined, tableEntries: 0, isMetered: true, hasStart: false }
  const module = { ...shape, bytes: new Uint8Array(moduleBytes).fill(2) }
  const original = new Uint8Array(originalBytes).fill(1)
  return { kind: 'rewritten', program: { kind: 'module', module }, original }
}
