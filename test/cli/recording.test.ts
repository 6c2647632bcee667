import { execFile } from 'node:child_process'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { silentLog, Watch } from '../../src/base/index.ts'
import { graft } from '../../src/caps/index.ts'
import { DEFAULT_CELL_LIMITS, Family } from '../../src/cell/index.ts'
import { generateKey } from '../../src/identity/index.ts'
import { FIRST_EPOCH, serveMembrane } from '../../src/membrane/index.ts'
import { Connection, readRecording, replay } from '../../src/rpc/index.ts'
import { sharedHost } from '../help/host.ts'
import { PROJECT, startWw, temporaryFolder, ww } from '../help/ww.ts'

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']
const run = promisify(execFile)

/** What a node offers its guest, without the node. */
function membrane() {
  const swarm = {
    peerId: new Uint8Array(),
    addrs: () => [],
    peers: () => [],
    connect: () => Promise.reject(new Error('There is no network')),
  }
  const powers = {
    key: generateKey((bytes) => void bytes.fill(1)),
    swarm,
    terminal: undefined,
    log: silentLog,
    expose: (error: Error) => error,
    family: new Family('pid0', DEFAULT_CELL_LIMITS),
    host: sharedHost(),
  }
  const epochs = new Watch(FIRST_EPOCH)
  return serveMembrane({ epochs, build: (boundary) => graft(powers, boundary) })
}

test('a link is recorded into a file that only its owner reads, is printed, and plays again as a test', async () => {
  await using folder = await temporaryFolder()
  const records = join(folder.path, 'deep', 'records')
  await using node = startWw(['run', ...LISTEN, 'images/echo'], { env: { WW_RECORD_RPC: records } })
  node.write('hello\nagain\n')
  node.endInput()
  expect(await node.exited()).toMatchObject({ code: 0, stdout: 'Echo: hello\nEcho: again\n' })

  const [name, ...others] = await readdir(records)
  expect(others).toEqual([])
  const file = join(records, name!)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(records)).mode & 0o777).toBe(0o700)

  const print = async (path: string) =>
    await run(process.execPath, [join(PROJECT, 'scripts/print-recording.mjs'), path])
  const { stdout } = await print(file)
  expect(stdout).toMatch(/^pid0, \d+ messages\n/)
  expect(stdout.match(/<- call \d+ Executor.echo/g)).toHaveLength(2)
  expect(stdout).not.toContain('hello')
  expect(stdout).not.toContain('ends before')

  const bytes = new Uint8Array(await readFile(file))
  const recording = readRecording(bytes.slice())
  const options = {
    connect: (link: ConstructorParameters<typeof Connection>[0]) =>
      void new Connection(link, { bootstrap: membrane() }),
    turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
  }
  await replay(recording, options)

  bytes[bytes.length >> 1]! ^= 4
  await writeFile(file, bytes)
  await expect(print(file)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^ww: Cannot read the recording: it is damaged at byte \d+/,
    ) as string,
  })
})

test('where nothing can be recorded, a node says so and does not start', async () => {
  const env = { WW_RECORD_RPC: join(PROJECT, 'package.json') }
  const { code, stderr } = await ww(['run', ...LISTEN, 'images/echo'], { env })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^ww: Cannot record into .*package\.json \(WW_RECORD_RPC\): /)
})
