import { readFileSync } from 'node:fs'

const STEAL = 7
const IDLE = 3

/** What else a machine did while something was measured: without it a latency says little. */
export interface Load {
  /** Threads that ran or waited to, on average over the minute before. */
  readonly before: number
  /** Parts of the processors' time, percent. */
  readonly idle: number
  readonly steal: number
}

/** @returns what says, when called, how it was since. Where there is no /proc, nothing */
export function watchLoad(): () => Load | undefined {
  const from = ticks()
  const before = from && Number(readFileSync('/proc/loadavg', 'latin1').split(' ')[0])
  return () => {
    const to = ticks()
    if (!from || !to || before === undefined) return undefined
    const passed = to.map((count, i) => count - from[i]!)
    const all = passed.reduce((sum, count) => sum + count, 0)
    const part = (i: number) => Math.round((1_000 * passed[i]!) / all) / 10
    return { before, idle: part(IDLE), steal: part(STEAL) }
  }
}

export function loadText(load: Load | undefined): string {
  return load
    ? `load ${load.before}, ${load.idle} % idle, ${load.steal} % stolen`
    : 'load is not known'
}

/** Of all processors: user, nice, system, idle, waiting, two kinds of interrupts, stolen. */
function ticks(): number[] | undefined {
  if (process.platform !== 'linux') return undefined
  const [line] = readFileSync('/proc/stat', 'latin1').split('\n')
  return line!.split(/ +/).slice(1, 9).map(Number)
}
