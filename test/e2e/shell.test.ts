import { expect, test } from 'vitest'

import { plain, startOnTerminal, terminalMissing, wwLine } from '../help/terminal.ts'
import { startWw, temporaryFolder } from '../help/ww.ts'
import type { RunningWw } from '../help/ww.ts'

const missing = terminalMissing()
const onTerminal = test.skipIf(missing !== undefined)
const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']
const RUN = wwLine(`run ${LISTEN.join(' ')}`)

/** Types a line and waits until what it shows matches and the shell is back at its prompt. */
async function say(node: RunningWw, line: string, shows: RegExp): Promise<string> {
  const before = plain(node.stdout).length
  node.write(`${line}\r`)
  const shown = () => plain(node.stdout).slice(before)
  await expect
    .poll(() => shows.test(shown()) && shown().endsWith('❯ '))
    .toBe(true)
    .catch(() => {
      throw new Error(`${line}: expected ${shows}, saw ${JSON.stringify(shown())}`)
    })
  return shown()
}

const shell = async (args = ''): Promise<RunningWw> => {
  const node = startOnTerminal(`${RUN} ${args}`)
  await node.waitFor('stdout', /❯ /)
  return node
}

onTerminal('W14, W17 the shell answers as its help says, and leaves with status 0', async () => {
  await using node = await shell()
  await say(node, '(host id)', /"16Uiu2HA\w+"/)
  await say(node, '(host addrs)', /"\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/16Uiu2HA/)
  await say(node, '(host peers)', /\n\(\)\n/)
  await say(node, '(executor echo "hello")', /\n"Echo: hello"\n/)
  await say(node, '(help)', /\(host connect/)
  await say(node, '(ipfs cat "/ipfs/Qm")', /error: no IPFS configured/)
  await say(node, '(cd "/etc")', /\/etc ❯/)
  await say(node, '(ls)', /\nmotd\n/)
  await say(node, '(cd "/nowhere")', /error: \/nowhere: no such directory/)
  node.write('(exit)\r')
  expect((await node.exited()).code).toBe(0)
})

onTerminal('W17 a bare word runs the command of that name with its arguments', async () => {
  await using node = await shell()
  await say(node, 'echo one two', /\none two\n/)
  await say(node, '(echo "three" four)', /\nthree four\n/)
  await say(node, 'fail', /error: fail: exit code 1/)
  await say(node, 'ehco', /error: ehco: command not found \(did you mean echo\?\)/)
  node.write('(exit 3)\r')
  expect((await node.exited()).code).toBe(3)
})

onTerminal('a form may go on over lines, and an error points at its place', async () => {
  await using node = await shell()
  node.write('(executor\r')
  await say(node, 'echo "over two lines")', /"Echo: over two lines"/)
  await say(node, '(host id))', /parse error: unexpected \) at line 1, column 10\n.*\n +\^/)
})

onTerminal(
  'history and completion work: up brings the last line back, tab ends a word',
  async () => {
    await using node = await shell()
    await say(node, '(executor echo "again")', /"Echo: again"/)
    await say(node, '\u001b[A', /"Echo: again"/)
    await say(node, '(executor ec\t "tab")', /"Echo: tab"/)
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
  node.write('sleep 1000\r')
  await node.waitFor('stdout', /sleep 1000[^❯]*\n/)
  await say(node, '\u0003', /\^C/)
  await say(node, '(executor echo "alive")', /"Echo: alive"/)
})

onTerminal('W17 (host connect) dials a second node, and both see each other', async () => {
  await using other = startWw(['run', ...LISTEN, '--log-level', 'debug'])
  await other.waitFor('stderr', /"event":"ready"/)
  const [, addr = ''] = await other.waitFor('stderr', /addrs=(\S+\/p2p\/\w+)/)
  await using node = await shell()
  const peer = addr.split('/').at(-1) ?? ''
  await say(node, `(host connect "${addr}")`, /\nok\n/)
  await say(node, '(host peers)', new RegExp(`\\(\\("${peer}"`))
  await other.waitFor('stderr', /peer connected/)
  await say(node, '(host connect "nonsense")', /error: /)
})

onTerminal('a form that never ends can be given up, and a large paste arrives whole', async () => {
  await using node = await shell()
  node.write('(executor\r')
  await node.waitFor('stdout', /… /)
  await say(node, '\u0003', /\^C/)
  const long = 'x'.repeat(3000)
  const paste = `\u001b[200~(executor echo "${long}")\u001b[201~`
  await say(node, paste, new RegExp(`"Echo: ${long}"`))
})

test.runIf(missing !== undefined)(`terminal tests are skipped: ${missing}`, () => {
  expect(missing).toBeDefined()
})
