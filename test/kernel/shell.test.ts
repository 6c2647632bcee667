import { describe, expect, test } from 'vitest'

import { ReadError } from '../../images/kernel/src/glia/index.ts'
import {
  multiaddrText,
  parseMultiaddr,
  parsePeerId,
} from '../../images/kernel/src/multiaddr/index.ts'
import {
  complete,
  MAX_CAPTURED_BYTES,
  sentence,
  Shell,
} from '../../images/kernel/src/shell/index.ts'
import { nearest } from '../../images/kernel/src/text/nearest.ts'
import { World } from './world.ts'

const PEER = '16Uiu2HAm1Vuj3Z3NSq4SvTQxYmxm9MnvAuRLD14mPTkMdt5CbP3z'
const OTHER = '16Uiu2HAkvYi5fq5NApwZwiswzx2uNASuyHj355ZZYSKa7nKE5AUZ'
const ADDRESS = '/ip4/127.0.0.1/tcp/2025'
const NEVER = new AbortController().signal

class Seat extends World {
  readonly shell = new Shell({
    session: this.session,
    files: this.files,
    screen: this.screen,
    directories: ['/bin', '/usr/bin'],
  })

  constructor() {
    super({ '/etc/motd': 'hi', '/etc/init/a': '', '/boot/main.wasm': '' })
    this.install('/bin/say.wasm', ({ args, print }) => {
      print(`${args.slice(1).join(' ')}\n`)
      return 0
    })
    this.install('/bin/fail.wasm', ({ print, warn }) => {
      print('before\n')
      warn('why\n')
      return 3
    })
    this.install('/bin/both.wasm', () => 0)
    this.install('/usr/bin/both.wasm', () => 9)
    this.install('/usr/bin/deep/main.wasm', ({ args, print }) => {
      print(args.join('|'))
      return 0
    })
    this.install('/etc/tool.wasm', () => 5)
  }

  /** What evaluating shows. */
  async see(text: string, signal = NEVER): Promise<string> {
    this.shown.length = 0
    await this.shell.run(text, signal)
    return this.shown.join('')
  }
}

describe('values', () => {
  test.each([
    ['42', '42\n'],
    ['"a\nb"', '"a\\nb"\n'],
    ['nil', ''],
    ['()', ''],
    [':a', ':a\n'],
    ["'(1 2)", '(1 2)\n'],
    ["'word", 'word\n'],
    ['[1 (executor echo a)]', '[1 "Echo: a"]\n'],
    ['{:a (executor echo b)}', '{:a "Echo: b"}\n'],
    ['#{(executor echo a) (session executor echo a)}', '#{"Echo: a"}\n'],
  ])('%s', async (text, shown) => {
    expect(await new Seat().see(text)).toBe(shown)
  })

  test('forms of one input are evaluated in order', async () => {
    expect(await new Seat().see('(executor echo one) 2\n"three"')).toBe('"Echo: one"\n2\n"three"\n')
  })

  test('nothing runs when the text is no text', async () => {
    const seat = new Seat()
    await expect(seat.see('say hello\n)')).rejects.toThrow(ReadError)
    expect(seat.calls).toEqual([])
  })
})

describe('the host', () => {
  test('shows its id and its addresses as text', async () => {
    const seat = new Seat()
    seat.peerId = parsePeerId(PEER)!
    seat.listening = [parseMultiaddr(ADDRESS).bytes]
    expect(await seat.see('(host id)')).toBe(`"${PEER}"\n`)
    expect(await seat.see('(host addrs)')).toBe(`("${ADDRESS}/p2p/${PEER}")\n`)
    expect(await seat.see('(host peers)')).toBe('()\n')
    seat.connected = [{ peerId: parsePeerId(OTHER)!, addrs: seat.listening }]
    expect(await seat.see('(host peers)')).toBe(`(("${OTHER}" "${ADDRESS}/p2p/${OTHER}"))\n`)
  })

  test.each([
    [`(host connect "${ADDRESS}/p2p/${PEER}")`],
    [`(host connect ${ADDRESS}/p2p/${PEER})`],
    [`host connect ${ADDRESS}/p2p/${PEER}`],
    [`(host connect "${PEER}" "${ADDRESS}")`],
    [`(host connect "${PEER}" "${ADDRESS}/p2p/${PEER}")`],
  ])('dials by %s', async (text) => {
    const seat = new Seat()
    expect(await seat.see(text)).toBe('ok\n')
    const [, peerId, addrs] = seat.calls[0] as [string, Uint8Array, Uint8Array[]]
    expect(peerId).toEqual(parsePeerId(PEER))
    expect(addrs.map(multiaddrText)).toEqual([ADDRESS])
  })

  test.each([
    ['(host connect)', 'usage: (host connect "<address>")'],
    ['(host connect 1)', 'usage: (host connect "<address>")'],
    [
      `(host connect "${ADDRESS}")`,
      `address "${ADDRESS}" does not say whom to expect: add /p2p/<peer id>`,
    ],
    [`(host connect "${PEER}")`, 'no address to dial'],
    [`(host connect "${OTHER}" "${ADDRESS}/p2p/${PEER}")`, 'the addresses name different peers'],
    ['(host connect "/ip4/1.2.3")', '"1.2.3" is no value of /ip4'],
    ['(host id 1)', 'usage: (host id)'],
    ['(host)', 'usage: (host <method> [args...]) with a method of id, addrs, peers, connect'],
    ['(host idd)', 'unknown host method: idd (did you mean id?)'],
    ['(session hots id)', 'unknown capability: hots (did you mean host?)'],
    ['(session)', 'usage: (session <capability> <method> [args...])'],
    ['(executor echo)', 'usage: (executor echo "<message>")'],
    ['(ipfs cat)', 'usage: (ipfs cat "<path>")'],
    ['(1 2)', 'expected symbol, got 1'],
    ['("host" id)', 'expected symbol, got "host"'],
    ['(cd a b)', 'usage: (cd "<path>")'],
    ['(exit x)', 'exit status x is no number from 0 to 255'],
    ['(exit 256)', 'exit status 256 is no number from 0 to 255'],
    ['(help nothing)', 'no help for nothing: see (help)'],
  ])('%s is answered with its usage or the reason', async (text, reason) => {
    await expect(new Seat().see(text)).rejects.toThrow(reason)
  })
})

describe('other capabilities', () => {
  test.each([
    ['(executor echo "hello")', '"Echo: hello"\n'],
    ['(executor echo (executor echo x))', '"Echo: Echo: x"\n'],
    ['(session executor echo x)', '"Echo: x"\n'],
    ['(session::executor echo x)', '"Echo: x"\n'],
    ['(session.executor echo x)', '"Echo: x"\n'],
    ['(ipfs cat "/text")', '"two\\nlines"\n'],
    ['(ipfs cat "/binary")', '<2 bytes>\n'],
    ['(ipfs ls "/")', '(("a" 1) ("b" 18446744073709551615))\n'],
    ['(print (ipfs cat "/text"))', 'two\nlines\n'],
  ])('%s', async (text, shown) => {
    expect(await new Seat().see(text)).toBe(shown)
  })

  test('an error is one safe line', async () => {
    const failure = await new Seat().see('(ipfs cat "/x")').catch((thrown: unknown) => thrown)
    expect(sentence(failure)).toBe('no IPFS configured')
    expect(sentence(new Error('a\x1b[2Jb\nc'))).toBe('a?[2Jb')
    expect(sentence(new Error('x'.repeat(1000)))).toHaveLength(501)
  })
})

describe('commands', () => {
  test('a word is looked up along PATH, and shown what it prints', async () => {
    const seat = new Seat()
    expect(await seat.see('say one "two  three" :four 5 (executor echo six)')).toBe(
      'one two  three :four 5 Echo: six\n',
    )
    expect(await seat.see('(say)')).toBe('\n')
    expect(await seat.see('both')).toBe('')
    expect(await seat.see('(deep a)')).toBe('deep|a')
  })

  test('two lines are two commands', async () => {
    expect(await new Seat().see('say a\nsay b')).toBe('a\nb\n')
  })

  test('another exit code than 0 is the error, after the output', async () => {
    const seat = new Seat()
    await expect(seat.see('fail')).rejects.toThrow('fail: exit code 3')
    expect(seat.shown.toSorted()).toEqual(['before\n', 'err: why\n'])
  })

  test.each([
    [134, 'x: trapped (exit code 134)'],
    [137, 'x: killed (exit code 137)'],
  ])('code %i is said in words', async (code, message) => {
    const seat = new Seat()
    seat.install('/bin/x.wasm', () => code)
    await expect(seat.see('x')).rejects.toThrow(message)
  })

  test('nested in a form the output is the value', async () => {
    expect(await new Seat().see('(executor echo (say "a  b"))')).toBe('"Echo: a  b"\n')
  })

  test('a nested command that prints without end is stopped', async () => {
    const seat = new Seat()
    const stopped: string[] = []
    seat.install('/bin/flood.wasm', async ({ print, killed }) => {
      for (let count = 0; count < 40; count += 1) print('x'.repeat(65_536))
      await killed
      stopped.push('killed')
      return 0
    })
    await expect(seat.see('(executor echo (flood))')).rejects.toThrow(
      `flood: printed more than ${MAX_CAPTURED_BYTES} bytes`,
    )
    await expect.poll(() => stopped).toEqual(['killed'])
  })

  test('an aborted signal kills what runs', async () => {
    const seat = new Seat()
    seat.install('/bin/wait.wasm', async ({ killed }) => {
      await killed
      return 0
    })
    const running = new AbortController()
    const seen = seat.see('wait', running.signal)
    await expect.poll(() => seat.calls.length).toBe(1)
    running.abort()
    await expect(seen).rejects.toThrow('wait: killed')
  })

  test('true and false are programs where a call begins', async () => {
    const seat = new Seat()
    seat.install('/bin/false.wasm', () => 1)
    await expect(seat.see('false')).rejects.toThrow('false: exit code 1')
    await expect(seat.see('(false)')).rejects.toThrow('false: exit code 1')
    expect(await seat.see("'false")).toBe('false\n')
  })

  test('an unknown word says so, with the nearest there is', async () => {
    const seat = new Seat()
    await expect(seat.see('syy')).rejects.toThrow('syy: command not found (did you mean say?)')
    await expect(seat.see('hots id')).rejects.toThrow('(did you mean host?)')
    await expect(seat.see('qqqqqqqq')).rejects.toThrow(/not found$/)
  })

  test('a path is looked up from the current directory', async () => {
    const seat = new Seat()
    await expect(seat.see('./tool')).rejects.toThrow('./tool: command not found')
    await seat.see('(cd "/etc")')
    await expect(seat.see('./tool')).rejects.toThrow('./tool: exit code 5')
    await expect(seat.see('./tool.wasm')).rejects.toThrow('exit code 5')
    await expect(seat.see('../etc/tool')).rejects.toThrow('exit code 5')
    await expect(seat.see('/etc/tool')).rejects.toThrow('exit code 5')
    await expect(seat.see('tool')).rejects.toThrow('tool: command not found')
  })
})

describe('built-ins', () => {
  test('cd goes where there is a directory, and nowhere else', async () => {
    const seat = new Seat()
    await seat.see('(cd "/etc/init/..")')
    expect(seat.shell.cwd).toBe('/etc')
    await seat.see('(cd init)')
    expect(seat.shell.cwd).toBe('/etc/init')
    await expect(seat.see('(cd "/nowhere")')).rejects.toThrow('/nowhere: no such directory')
    await expect(seat.see('(cd "/etc/motd")')).rejects.toThrow('/etc/motd: not a directory')
    expect(seat.shell.cwd).toBe('/etc/init')
    await seat.see('cd ../../../..')
    expect(seat.shell.cwd).toBe('/')
    await seat.see('(cd "/etc") (cd)')
    expect(seat.shell.cwd).toBe('/')
  })

  test('ls lists the image', async () => {
    const seat = new Seat()
    expect(await seat.see('ls')).toBe('bin/\nboot/\netc/\nusr/\n')
    expect(await seat.see('(ls "/etc")')).toBe('init/\nmotd\ntool.wasm\n')
  })

  test('help names everything there is', async () => {
    const help = await new Seat().see('(help)')
    for (const name of ['(host id)', '(ipfs ls', '(cd', '(exit', 'say', 'deep', '/bin:/usr/bin']) {
      expect(help).toContain(name)
    }
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(await new Seat().see('(help host)')).toContain('(host connect "<address>")')
    expect(await new Seat().see('(help cd)')).toContain('(cd "<path>")')
    expect(await new Seat().see('help say')).toContain('/bin/say.wasm')
  })

  test('exit leaves with its status, and nothing after it runs', async () => {
    const seat = new Seat()
    expect(await seat.see('(exit) (say x) 42')).toBe('')
    expect(seat.shell.exitCode).toBe(0)
    const other = new Seat()
    expect(await other.see('(executor echo (exit 3))')).toBe('')
    expect(other.shell.exitCode).toBe(3)
  })
})

describe('completion', () => {
  const { shell } = new Seat()
  test.each([
    ['h', ['help', 'host']],
    ['(h', ['help', 'host']],
    ['(host ', ['addrs', 'connect', 'id', 'peers']],
    ['host co', ['connect']],
    ['(session ho', ['host']],
    ['(session host i', ['id']],
    ['(session::host i', ['id']],
    ['(executor echo (sa', ['say']],
    ['(executor echo (say) (h', ['help', 'host']],
    ['say x\nho', ['host']],
    ['(help sa', ['say']],
    ['(cd "/e', ['/etc/']],
    ['(cd "/etc/', ['/etc/init/', '/etc/motd', '/etc/tool.wasm']],
    ['cd /etc/i', ['/etc/init/']],
    ['(say "a\\"/', []],
    ['./b', ['./bin/', './boot/']],
    ['(say wo', []],
    ['(host id x', []],
    ['; co', []],
  ])('%s', (before, candidates) => {
    const { start, candidates: found } = complete(before, shell.path)
    expect(found).toEqual(candidates)
    for (const candidate of found) expect(candidate.startsWith(before.slice(start))).toBe(true)
  })
})

test('nearest() knows slips of the finger from other words', () => {
  const names = ['host', 'echo', 'executor', 'exit']
  expect(nearest('hots', names)).toEqual(['host'])
  expect(nearest('exectuor', names)).toEqual(['executor'])
  expect(nearest('eixt', names)).toEqual(['exit'])
  expect(nearest('sleep', names)).toEqual([])
})
