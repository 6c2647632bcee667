import { PassThrough } from 'node:stream'

import { expect, test } from 'vitest'

import { main } from '../../src/cli/index.ts'
import type { CliIo } from '../../src/cli/index.ts'

/** A world in memory: what is written can be read, and there are no signals. */
function world(env: CliIo['env'] = {}): CliIo & { said(): { stdout: string; stderr: string } } {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  return {
    stdin,
    stdout,
    stderr,
    env,
    cwd: '/work',
    home: undefined,
    onStop: () => () => {},
    exitNow: () => {},
    said: () => ({ stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }),
  }
}

test('the command line touches nothing but what it is handed', async () => {
  const io = world({ WW_PORT: '7' })
  expect(await main(['run', '--print-config', 'image'], io)).toBe(0)
  const { stdout, stderr } = io.said()
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^listen +\/ip4\/0\.0\.0\.0\/tcp\/7 +environment WW_PORT$/m)
  expect(stdout).toMatch(/^identity +none +default$/m)
})

test('two command lines in one process do not know each other', async () => {
  const [one, two] = [world(), world()]
  await Promise.all([
    main(['run', '--print-config', '--port', '1'], one),
    main(['run', '--print-config', '--port', '2'], two),
  ])
  expect(one.said().stdout).toContain('/tcp/1 ')
  expect(two.said().stdout).toContain('/tcp/2 ')
})

test('every failure is a code and a sentence, never an exception', async () => {
  const io = world()
  expect(await main(['run', '--port', 'x'], io)).toBe(2)
  expect(io.said()).toEqual({
    stdout: '',
    stderr: 'ww: --port must be a whole number from 0 to 65535, not "x"\n',
  })
})
