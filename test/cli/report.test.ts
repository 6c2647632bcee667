import { PassThrough } from 'node:stream'

import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { EXIT, exitCodeOf } from '../../src/cli/exit-code.ts'
import { reportFailure, usageError, wantsStacks } from '../../src/cli/report.ts'

function reported(thrown: unknown, stacks = false): { code: number; text: string } {
  const stderr = new PassThrough()
  const code = reportFailure(thrown, stderr, stacks)
  return { code, text: String(stderr.read()) }
}

test('an error is one sentence, and the exit code is 1', () => {
  const error = new WwError('failed', 'NO_ENTRY', 'Cannot find boot/main.wasm in base, overlay')
  expect(reported(error)).toEqual({
    code: EXIT.failed,
    text: 'ww: Cannot find boot/main.wasm in base, overlay\n',
  })
})

test('a sentence that ends with a list keeps its lines', () => {
  const error = new WwError('failed', 'X', 'Cannot build main.ts:\n  main.ts:1:2: no\n')
  expect(reported(error).text).toBe('ww: Cannot build main.ts:\n  main.ts:1:2: no\n')
})

test('what is wrong with the command line or the configuration is exit code 2', () => {
  expect(reported(usageError('Option --json goes with --print-config')).code).toBe(EXIT.usage)
  expect(reported(new WwError('failed', 'BAD_CONFIG', 'No')).code).toBe(EXIT.usage)
})

test('whatever else was thrown is still a sentence', () => {
  expect(reported('out of luck')).toEqual({ code: EXIT.failed, text: 'ww: out of luck\n' })
})

test('stack and cause are shown to those who ask', () => {
  const error = new WwError('failed', 'X', 'It broke', { cause: new Error('a deeper reason') })
  expect(reported(error).text).toBe('ww: It broke\n')
  expect(reported(error, true).text).toMatch(/^ww: It broke\n[^]*^ {4}at [^]*a deeper reason/m)
})

test('WW_DEBUG asks for stacks, and so does a log level of debug or trace', () => {
  expect(wantsStacks(['run'], {})).toBe(false)
  expect(wantsStacks(['run'], { WW_DEBUG: '1' })).toBe(true)
  expect(wantsStacks(['run'], { WW_LOG: 'trace' })).toBe(true)
  expect(wantsStacks(['run', '--log-level', 'debug'], {})).toBe(true)
  expect(wantsStacks(['run', '--log-level=debug'], {})).toBe(true)
  expect(wantsStacks(['run', '--log-level', 'info'], { WW_LOG: 'debug' })).toBe(false)
})

test('a signal ends with the code a shell would report', () => {
  expect(exitCodeOf('SIGHUP')).toBe(129)
  expect(exitCodeOf('SIGINT')).toBe(130)
  expect(exitCodeOf('SIGPIPE')).toBe(141)
  expect(exitCodeOf('SIGTERM')).toBe(143)
})
