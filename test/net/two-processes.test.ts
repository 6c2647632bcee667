import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

const CHILD = fileURLToPath(new URL('child.js', import.meta.url))

test('two nodes in two processes meet, see each other leave, and exit by themselves', async () => {
  const a = node(1)
  const b = node(2)
  try {
    const [address] = (await a.next()) as { addrs: string[] }['addrs']
    await b.next()
    b.say(`connect ${address}`)
    expect(await b.next()).toEqual(['connected'])
    b.say('peers')
    expect(await b.next()).toEqual([expect.stringContaining('16Uiu2HAmEWQnHq2jLKJyp')])
    a.say('peers')
    expect(await a.next()).toEqual([expect.stringMatching(/^16Uiu2HA/)])

    a.end()
    expect(await a.exited).toEqual([0, null])
    await expect
      .poll(async () => {
        b.say('peers')
        return await b.next()
      })
      .toEqual([])
    b.end()
    expect(await b.exited).toEqual([0, null])
  } finally {
    a.kill()
    b.kill()
  }
})

// A process that runs a swarm; answers each line on stdin with one JSON list.
function node(byte: number) {
  const child = spawn(process.execPath, [CHILD, String(byte)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    exited: once(child, 'exit'),
    next: async () => JSON.parse(String((await lines.next()).value)) as unknown[],
    say: (line: string) => void child.stdin.write(`${line}\n`),
    end: () => void child.stdin.end(),
    kill: () => void child.kill('SIGKILL'),
  }
}
