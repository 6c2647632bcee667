export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace'

export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace']

export type LogFacts = Readonly<Record<string, string | number | bigint | boolean | undefined>>

/** A log line is a fixed sentence in the tense of what happened, and facts. Nothing secret is a fact. */
export interface Log {
  error(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  info(message: string, facts?: LogFacts): void
  debug(message: string, facts?: LogFacts): void
  trace(message: string, facts?: LogFacts): void
}

/** Says nothing. */
export const silentLog: Log = { error() {}, warn() {}, info() {}, debug() {}, trace() {} }

/** A log that hands each line at or above `level` to `write`, without a newline. */
export function lineLog(level: LogLevel, write: (line: string) => void): Log {
  const limit = LOG_LEVELS.indexOf(level)
  const at = (lineLevel: LogLevel) => {
    if (LOG_LEVELS.indexOf(lineLevel) > limit) return () => {}
    return (message: string, facts?: LogFacts) => {
      let line = `${lineLevel}: ${message}`
      for (const [name, value] of Object.entries(facts ?? {})) {
        if (value !== undefined) line += ` ${name}=${quoted(String(value))}`
      }
      write(line)
    }
  }
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
  }
}

// A fact may come from outside: what could start a new line or drive a terminal is escaped.
function quoted(value: string): string {
  if (/^[\w@%+=:,./-]+$/.test(value)) return value
  return JSON.stringify(value).replace(DANGEROUS, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

// What JSON leaves as it is: C1 controls (an escape sequence may start with one), other line ends,
// and what turns the direction of text around.
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const DANGEROUS = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
