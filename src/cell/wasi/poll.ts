// `poll_oneoff`. A guest that answers calls is in here more often than anywhere else, so nothing is made
// anew in a call: subscriptions are read into columns that stay.

import { CELL_LIMITS } from '../limits.ts'
import { monotonicNs, wallNs } from '../world/clock.ts'
import { deadlineAfterNs, nowMs } from '../world/waiter.ts'
import type { Calls, Context } from './context.ts'
import { SHUT } from './descriptor.ts'
import type { Descriptor } from './descriptor.ts'
import { ERRNO } from './errno.ts'
import type { Errno } from './errno.ts'
import { CLOCK } from './process.ts'
import { RIGHT } from './rights.ts'

const SUBSCRIPTION_BYTES = 48
const EVENT_BYTES = 32
const EVENT_TYPE = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 } as const
const ABSTIME = 1
const HANGUP = 1

/** What a guest waits for, by the number of the subscription. */
class Subscriptions {
  /** Userdata, two halves of each. */
  readonly userdata: Uint32Array
  readonly type: Uint8Array
  /** Of a clock its id. */
  readonly fd: Uint32Array
  /** Of a clock, on the scale of `nowMs`; else Infinity. */
  readonly deadlineMs: Float64Array

  constructor(count: number) {
    this.userdata = new Uint32Array(2 * count)
    this.type = new Uint8Array(count)
    this.fd = new Uint32Array(count)
    this.deadlineMs = new Float64Array(count)
  }
}

/** What there is to tell of one. */
interface Event {
  errno: Errno
  bytes: number
  flags: number
}

/** Most guests wait for no more; for others there are as many as they ask for, from then on. */
const FEW = 16

export function pollCalls({ world, memory, descriptors }: Context): Calls {
  let subscriptions = new Subscriptions(FEW)
  let count = 0
  let eventsAt = 0
  let stored = 0

  /** @returns when the first clock is due */
  function read(subscriptionsAt: number): number {
    let deadlineMs = Infinity
    const { userdata, type, fd, deadlineMs: deadlines } = subscriptions
    for (let i = 0; i < count; i++) {
      const at = subscriptionsAt + SUBSCRIPTION_BYTES * i
      userdata[2 * i] = memory.u32(at)
      userdata[2 * i + 1] = memory.u32(at + 4)
      type[i] = memory.u8(at + 8)
      fd[i] = memory.u32(at + 16)
      deadlines[i] = type[i] === EVENT_TYPE.CLOCK ? dueMs(at, fd[i]!) : Infinity
      deadlineMs = Math.min(deadlineMs, deadlines[i]!)
    }
    return deadlineMs
  }

  function dueMs(at: number, clock: number): number {
    if (clock !== CLOCK.REALTIME && clock !== CLOCK.MONOTONIC) return Infinity
    const timeout = memory.u64(at + 24)
    if (!(memory.u16(at + 40) & ABSTIME)) return deadlineAfterNs(timeout)
    return deadlineAfterNs(timeout - (clock === CLOCK.REALTIME ? wallNs() : monotonicNs()))
  }

  /** Notes in `event` what there is to tell of subscription `i`, if there is anything. */
  function hasEvent(i: number): boolean {
    const type = subscriptions.type[i]!
    const fd = subscriptions.fd[i]!
    if (type === EVENT_TYPE.CLOCK) {
      if (fd !== CLOCK.REALTIME && fd !== CLOCK.MONOTONIC) return tell(ERRNO.INVAL)
      return nowMs() >= subscriptions.deadlineMs[i]! && tell(ERRNO.SUCCESS)
    }
    const held = descriptors.find(fd)
    if (!held) return tell(ERRNO.BADF)
    if (!(held.rights & RIGHT.POLL_FD_READWRITE)) return tell(ERRNO.NOTCAPABLE)
    if (type === EVENT_TYPE.FD_READ) return canRead(held)
    if (type === EVENT_TYPE.FD_WRITE) return canWrite(held)
    return tell(ERRNO.INVAL)
  }

  /** Writes the events there are. @returns whether there is one */
  function store(): boolean {
    const { userdata, type } = subscriptions
    for (let i = 0; i < count; i++) {
      if (!hasEvent(i)) continue
      const at = eventsAt + EVENT_BYTES * stored++
      memory.setU32(at, userdata[2 * i]!)
      memory.setU32(at + 4, userdata[2 * i + 1]!)
      memory.setU32(at + 8, event.errno | (type[i]! << 16))
      memory.setU32(at + 12, 0)
      memory.setU32(at + 16, event.bytes)
      memory.setU32(at + 20, event.bytes / 2 ** 32)
      memory.setU32(at + 24, event.flags)
      memory.setU32(at + 28, 0)
    }
    return stored > 0
  }

  return {
    poll_oneoff(subscriptionsAt: number, events: number, asked: number, out: number) {
      if (asked === 0 || asked > CELL_LIMITS.pollables) return ERRNO.INVAL
      memory.check(events, asked * EVENT_BYTES)
      memory.check(subscriptionsAt, asked * SUBSCRIPTION_BYTES)
      memory.check(out, 4)
      if (asked > subscriptions.type.length) subscriptions = new Subscriptions(asked)
      count = asked
      eventsAt = events
      stored = 0
      const deadlineMs = read(subscriptionsAt)
      while (!world.waiter.until(store, deadlineMs)) {
        // The deadline has passed: the next look finds its clock.
      }
      memory.setU32(out, stored)
      return ERRNO.SUCCESS
    },
  }
}

const event: Event = { errno: ERRNO.SUCCESS, bytes: 0, flags: 0 }

/** There is an event. */
function tell(errno: Errno, bytes = 0, flags = 0): true {
  event.errno = errno
  event.bytes = bytes
  event.flags = flags
  return true
}

function canRead(held: Descriptor): boolean {
  if (held.kind === 'directory' || !(held.rights & RIGHT.FD_READ)) return tell(ERRNO.BADF)
  if (held.kind === 'file') {
    return tell(ERRNO.SUCCESS, Math.max(0, held.node.size - held.position))
  }
  const { reader, shut } = held
  if (!reader) return tell(ERRNO.BADF)
  if (shut & SHUT.READ) return tell(ERRNO.SUCCESS, 0, HANGUP)
  const bytes = reader.readable
  if (bytes > 0) return tell(ERRNO.SUCCESS, bytes)
  return reader.ended && tell(ERRNO.SUCCESS, 0, HANGUP)
}

function canWrite(held: Descriptor): boolean {
  if (held.kind === 'directory' || !(held.rights & RIGHT.FD_WRITE)) return tell(ERRNO.BADF)
  if (held.kind === 'file') return tell(ERRNO.SUCCESS)
  const { writer, shut } = held
  if (!writer) return tell(ERRNO.BADF)
  if (shut & SHUT.WRITE || writer.readerClosed) return tell(ERRNO.SUCCESS, 0, HANGUP)
  const bytes = writer.writable
  return bytes > 0 && tell(ERRNO.SUCCESS, bytes)
}
