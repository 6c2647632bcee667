import { MONOTONIC_RESOLUTION_NS, monotonicNs, WALL_RESOLUTION_NS, wallNs } from '../world/clock.ts'
import { utf8 } from '../world/memory.ts'
import { fillRandom } from '../world/random.ts'
import { Stop } from '../world/stop.ts'
import type { Calls, Context } from './context.ts'
import { ERRNO } from './errno.ts'

/** Clocks of preview 1 that are served; those of processor time are not. */
export const CLOCK = { REALTIME: 0, MONOTONIC: 1 } as const

/** Arguments, environment, clocks, randomness, the end. */
export function processCalls({ world, memory }: Context): Calls {
  const args = textList(world.args)
  const env = textList(world.env)

  // Texts are NUL-terminated, one after the other in `buffer`; `pointers` gets their addresses.
  function textList(texts: readonly string[]) {
    const encoded = texts.map((text) => utf8(`${text}\0`))
    const total = encoded.reduce((sum, { length }) => sum + length, 0)
    const sizes = (count: number, size: number) => {
      memory.setU32(count, encoded.length)
      memory.setU32(size, total)
      return ERRNO.SUCCESS
    }
    const get = (pointers: number, buffer: number) => {
      let at = buffer
      encoded.forEach((text, i) => {
        memory.setU32(pointers + 4 * i, at)
        memory.setBytes(at, text)
        at += text.length
      })
      return ERRNO.SUCCESS
    }
    return { sizes, get }
  }

  return {
    args_sizes_get: args.sizes,
    args_get: args.get,
    environ_sizes_get: env.sizes,
    environ_get: env.get,

    clock_res_get(clock: number, resolution: number) {
      switch (clock) {
        case CLOCK.REALTIME:
          memory.setU64(resolution, WALL_RESOLUTION_NS)
          return ERRNO.SUCCESS
        case CLOCK.MONOTONIC:
          memory.setU64(resolution, MONOTONIC_RESOLUTION_NS)
          return ERRNO.SUCCESS
        default:
          return ERRNO.INVAL
      }
    },

    clock_time_get(clock: number, _precision: bigint, time: number) {
      switch (clock) {
        case CLOCK.REALTIME:
          memory.setU64(time, wallNs())
          return ERRNO.SUCCESS
        case CLOCK.MONOTONIC:
          memory.setU64(time, monotonicNs())
          return ERRNO.SUCCESS
        default:
          return ERRNO.INVAL
      }
    },

    random_get(buffer: number, length: number) {
      const target = memory.slice(buffer, length)
      // The one call whose work a guest can make as long as it likes.
      world.pipes.share.pay(length)
      fillRandom(target)
      return ERRNO.SUCCESS
    },

    proc_exit(code: number): never {
      throw new Stop({ kind: 'exit', code })
    },

    // There are no signals; a guest that raises one learns it, and goes on.
    proc_raise: () => ERRNO.NOTSUP,
    sched_yield: () => ERRNO.SUCCESS,
  }
}
