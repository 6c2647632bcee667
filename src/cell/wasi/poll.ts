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

interface Subscription {
  readonly userdata: bigint
  readonly type: number
  /** What there is to tell, or undefined while there is nothing. */
  readonly check: () => Event | undefined
  readonly deadlineMs: number
}

interface Event {
  readonly errno: Errno
  readonly bytes: number
  readonly flags: number
}

const failed = (errno: Errno): Event => ({ errno, bytes: 0, flags: 0 })

export function pollCalls({ world, memory, descriptors }: Context): Calls {
  function subscriptionAt(at: number): Subscription {
    const userdata = memory.u64(at)
    const type = memory.u8(at + 8)
    if (type === EVENT_TYPE.CLOCK) {
      const event = clockEvent(memory.u32(at + 16), memory.u64(at + 24), memory.u16(at + 40))
      return { userdata, type, ...event }
    }
    const descriptor = descriptors.find(memory.u32(at + 16))
    const check = () => {
      if (!descriptor) return failed(ERRNO.BADF)
      if (!(descriptor.rights & RIGHT.POLL_FD_READWRITE)) return failed(ERRNO.NOTCAPABLE)
      if (type === EVENT_TYPE.FD_READ) return readEvent(descriptor)
      if (type === EVENT_TYPE.FD_WRITE) return writeEvent(descriptor)
      return failed(ERRNO.INVAL)
    }
    return { userdata, type, check, deadlineMs: Infinity }
  }

  function clockEvent(clock: number, timeout: bigint, flags: number) {
    if (clock !== CLOCK.REALTIME && clock !== CLOCK.MONOTONIC) {
      return { check: () => failed(ERRNO.INVAL), deadlineMs: Infinity }
    }
    const now = clock === CLOCK.REALTIME ? wallNs() : monotonicNs()
    const deadlineMs = deadlineAfterNs(flags & ABSTIME ? timeout - now : timeout)
    const check = () => (nowMs() >= deadlineMs ? failed(ERRNO.SUCCESS) : undefined)
    return { check, deadlineMs }
  }

  return {
    poll_oneoff(subscriptionsAt: number, eventsAt: number, count: number, out: number) {
      if (count === 0 || count > CELL_LIMITS.pollables) return ERRNO.INVAL
      memory.check(eventsAt, count * EVENT_BYTES)
      memory.check(subscriptionsAt, count * SUBSCRIPTION_BYTES)
      memory.check(out, 4)
      const subscriptions = Array.from({ length: count }, (_, i) =>
        subscriptionAt(subscriptionsAt + SUBSCRIPTION_BYTES * i),
      )
      const deadlineMs = Math.min(...subscriptions.map((each) => each.deadlineMs))
      let stored = 0
      const store = () => {
        for (const { userdata, type, check } of subscriptions) {
          const event = check()
          if (!event) continue
          const at = eventsAt + EVENT_BYTES * stored++
          memory.fill(at, EVENT_BYTES, 0)
          memory.setU64(at, userdata)
          memory.setU16(at + 8, event.errno)
          memory.setU8(at + 10, type)
          memory.setU64(at + 16, BigInt(event.bytes))
          memory.setU16(at + 24, event.flags)
        }
        return stored > 0
      }
      while (!world.waiter.until(store, deadlineMs)) {
        // The deadline has passed: the next look finds its clock.
      }
      memory.setU32(out, stored)
      return ERRNO.SUCCESS
    },
  }
}

const READY: Event = { errno: ERRNO.SUCCESS, bytes: 0, flags: 0 }
const HUNG_UP: Event = { errno: ERRNO.SUCCESS, bytes: 0, flags: HANGUP }

function readEvent(held: Descriptor): Event | undefined {
  if (held.kind === 'directory' || !(held.rights & RIGHT.FD_READ)) return failed(ERRNO.BADF)
  if (held.kind === 'file') {
    return { ...READY, bytes: Math.max(0, held.node.size - held.position) }
  }
  const { reader, shut } = held
  if (!reader) return failed(ERRNO.BADF)
  if (shut & SHUT.READ || reader.ended) return HUNG_UP
  return reader.readable > 0 ? { ...READY, bytes: reader.readable } : undefined
}

function writeEvent(held: Descriptor): Event | undefined {
  if (held.kind === 'directory' || !(held.rights & RIGHT.FD_WRITE)) return failed(ERRNO.BADF)
  if (held.kind === 'file') return READY
  const { writer, shut } = held
  if (!writer) return failed(ERRNO.BADF)
  if (shut & SHUT.WRITE || writer.readerClosed) return HUNG_UP
  const bytes = writer.writable
  return bytes > 0 ? { ...READY, bytes } : undefined
}
