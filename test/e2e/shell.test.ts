import { expect, test } from 'vitest'

import { writeTree } from '../help/image.ts'
import { plain, startOnTerminal, terminalMissing, wwLine } from '../help/terminal.ts'
import { startWw, temporaryFolder } from '../help/ww.ts'
import type { RunningWw } from '../help/ww.ts'

const missing = terminalMissing()
const onTerminal = test.skipIf(missing !== undefined)
const RUN = wwLine('run --listen /ip4/127.0.0.1/tcp/0')

/** Types a line and waits until the shell is back at its prompt. */
async function say(node: RunningWw, line: string, until = /❯ $/): Promise<string> {
  const before = plain(node.stdout).length
  node.write(`${line}\r`)
  await expect
    .poll(
      () =>
        until.test(plain(node.stdout).slice(before).trimEnd().concat(' ')) &&
        plain(node.stdout).slice(before).includes('\n'),
      { timeout: 15_000 },
    )
    .toBe(true)
  return plain(node.stdout).slice(before)
}

const shell = async (args = ''): Promise<RunningWw> => {
  const node = startOnTerminal(`${RUN} ${args}`)
  await node.waitFor('stdout', /❯ /)
  return node
}

onTerminal('W14, W17 the shell answers as its help says, and leaves with status 0', async () => {
  await using node = await shell()
  const id = /16Uiu2HA\w+/.exec(await say(node, '(host id)'))?.[0]
  expect(id).toBeDefined()
  expect(await say(node, '(host addrs)')).toContain(`/ip4/127.0.0.1/tcp/`)
  expect(await say(node, '(host peers)')).toContain('()')
  expect(await say(node, '(executor echo "hello")')).toContain('Echo: hello')
  expect(await say(node, '(help)')).toContain('host')
  expect(await say(node, '(cd "/bin")')).toContain('/bin ❯')
  expect(await say(node, '(cd "/nowhere")')).toMatch(/nowhere/)
  expect(await say(node, '(ipfs cat "/ipfs/Qm")')).toContain('no IPFS configured')
  node.write('(exit)\r')
  expect((await node.exited()).code).toBe(0)
})

onTerminal('W17 a bare word runs the command of that name with its arguments', async () => {
  await using node = await shell()
  expect(await say(node, 'echo one two')).toMatch(/\none two\n/)
  expect(await say(node, '(echo "three" four)')).toMatch(/\nthree four\n/)
  expect(await say(node, 'fail')).toMatch(/exit code 1/)
  expect(await say(node, 'ehco')).toMatch(/command not found/)
  expect(await say(node, 'ehco')).toMatch(/echo/)
  node.write('(exit 3)\r')
  expect((await node.exited()).code).toBe(3)
})

onTerminal('a form may go on over lines, and an error points at its place', async () => {
  await using node = await shell()
  node.write('(executor\r')
  expect(await say(node, 'echo "over two lines")')).toContain('Echo: over two lines')
  expect(await say(node, '(host id))')).toMatch(/\^/)
})

onTerminal(
  'history and completion work: up brings the last line back, tab ends a word',
  async () => {
    await using node = await shell()
    await say(node, '(executor echo "again")')
    expect(await say(node, '\u001b[A')).toContain('Echo: again')
    expect(await say(node, '(executor ec\t "tab")')).toContain('Echo: tab')
  },
)

onTerminal('end of input leaves with status 0 and the terminal as it was', async () => {
  const line = `stty -g > before; ${RUN}; echo "left with $?"; stty -g > after; cmp before after && echo same`
  await using folder = await temporaryFolder()
  await using node = startOnTerminal(line, folder.path)
  await node.waitFor('stdout', /❯ /)
  node.write('\u0004')
  await node.waitFor('stdout', /left with 0/)
  await node.waitFor('stdout', /same/)
  await node.exited()
})

onTerminal('Ctrl-C stops a running command, not the shell', async () => {
  await using node = await shell()
  node.write('cat\r')
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect(await say(node, '\u0003')).toContain('❯')
  expect(await say(node, '(executor echo "alive")')).toContain('Echo: alive')
})

onTerminal('W17 (host connect) dials a second node, and both see each other', async () => {
  await using other = startWw(['run', '--listen', '/ip4/127.0.0.1/tcp/0', '--log-level', 'info'])
  await other.waitFor('stderr', /"event":"ready"/)
  const [, addr] = await other.waitFor('stderr', /addrs=(\S+\/p2p\/\w+)/)
  await using node = await shell()
  await say(node, `(host connect "${addr}")`)
  const peers = await say(node, '(host peers)')
  expect(peers).toContain(addr!.split('/').at(-1))
  expect(
    await say(node, '(host connect "/ip4/127.0.0.1/tcp/1/p2p/' + addr!.split('/').at(-1) + '")'),
  ).toContain('❯')
  expect(await say(node, '(host connect "nonsense")')).toMatch(/error/)
})

onTerminal('a form that never ends can be given up, and a large paste arrives whole', async () => {
  await using folder = await temporaryFolder()
  await writeTree(folder.path, { 'etc/motd': 'x' })
  await using node = await shell(`images/kernel ${folder.path}`)
  node.write('(executor\r')
  expect(await say(node, '\u0003')).toContain('❯')
  const long = 'x'.repeat(3000)
  expect(await say(node, `\u001b[200~(executor echo "${long}")\u001b[201~`)).toContain(
    `Echo: ${long.slice(0, 50)}`,
  )
})

test.runIf(missing !== undefined)(`terminal tests are skipped: ${missing}`, () => {})
