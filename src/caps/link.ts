import { WwError } from '../base/index.ts'
import type { ByteLink } from '../base/index.ts'
import type { Cell, LimitName, Member } from '../cell/index.ts'
import { Connection, DEFAULT_RPC_LIMITS } from '../rpc/index.ts'
import type { CallDeadline, ConnectionOptions } from '../rpc/index.ts'

const WORD_BYTES = 8

type LinkOptions = Pick<ConnectionOptions, 'bootstrap' | 'log' | 'expose' | 'trace'> & {
  /** The link to the cell of this name, as the node is to use it. */
  readonly recorded?: ((cell: string, link: ByteLink) => ByteLink) | undefined
}

/**
 * Speaks with a cell over its data stream, within the limits of that cell. A cell that exceeds one
 * which only the connection can count is ended for it.
 */
export function linkCell(
  cell: Cell,
  member: Member,
  { recorded, ...options }: LinkOptions,
): Connection {
  const { references, calls, callBytes, callMs } = cell.limits
  let letGo: (() => void) | undefined
  const connection = new Connection(recorded?.(cell.name, cell.data) ?? cell.data, {
    ...options,
    limits: {
      ...DEFAULT_RPC_LIMITS,
      maxAnswers: calls,
      maxExports: references,
      maxImports: references,
      maxHeldWords: Math.ceil(callBytes / WORD_BYTES),
    },
    deadline: callMs === Infinity ? undefined : deadlineOf(cell.name, callMs),
    onHeld: (isHeld) => {
      letGo?.()
      letGo = isHeld ? member.hold() : undefined
    },
  })
  member.traffic = () => {
    const { answers, exports, imports } = connection.stats
    const callBytesHeld = connection.heldWords * WORD_BYTES
    return { calls: answers, callBytes: callBytesHeld, references: exports + imports }
  }
  const exceeded: Readonly<Record<string, readonly [LimitName, string]>> = {
    TOO_MANY_CALLS: ['calls', `made more than ${calls} calls at once, its limit`],
    TOO_MANY_CAPABILITIES: [
      'references',
      `gave out more than ${references} capabilities, its limit`,
    ],
  }
  void connection.closed.then((error) => {
    const limit = error && exceeded[error.code]
    if (limit) cell.exceed(...limit)
  })
  return connection
}

function deadlineOf(name: string, callMs: number): CallDeadline {
  const sentence = `Cell ${name} did not answer a call within ${callMs} ms, its limit`
  return {
    reason: new WwError('overloaded', 'CALL_LIMIT', sentence),
    start(expire) {
      const timer = setTimeout(expire, callMs)
      return () => clearTimeout(timer)
    },
  }
}
