import { describe, expect, test } from 'vitest'

import { interact, isComplete } from '../../images/kernel/src/interactive.ts'
import { complete, Shell } from '../../images/kernel/src/shell/index.ts'
import { CookedInput } from '../../images/kernel/src/terminal/cooked-input.ts'
import {
  MAX_KEYS_AHEAD,
  MAX_LINE_BYTES,
  MAX_UNREAD_BYTES,
  PlainTerminal,
  Terminal,
} from '../../images/kernel/src/terminal/index.ts'
import { Screen } from './screen.ts'
import { textOf, World } from './world.ts'

/** A person at a terminal of 60 columns, the shell behind it. */
class Sitting extends World {
  readonly view = new Screen(60, 100)
  readonly #typed: Uint8Array[] = []
  #wake = () => {}
  readonly left: Promise<number>

  constructor() {
    super({ '/etc/motd': '' })
    this.install('/bin/copy.wasm', async ({ read, print }) => {
      for (let text = await read(); text !== ''; text = await read()) print(`<${text}>`)
      return 0
    })
    this.install('/bin/wait.wasm', async ({ killed }) => {
      await killed
      return 0
    })
    this.install('/bin/half.wasm', ({ print }) => {
      print('no newline')
      return 0
    })
    const terminal: Terminal = new Terminal(
      {
        read: async () => {
          while (this.#typed.length === 0) {
            await new Promise<void>((resolve) => {
              this.#wake = resolve
            })
          }
          return this.#typed.shift()!
        },
        // The kernel's terminal turns newlines into both, as a raw one of the host does.
        write: (data) => this.view.write(textOf(data).replaceAll(/\r?\n/g, '\r\n')),
        flush: async () => {},
        size: async () => ({ columns: 60, rows: 100 }),
      },
      { complete: (before) => complete(before, shell.path), isComplete },
    )
    const shell = new Shell({
      session: this.session,
      files: this.files,
      screen: terminal,
      directories: ['/bin'],
    })
    this.left = interact(shell, terminal, 'welcome\n')
  }

  type(text: string): void {
    this.#typed.push(new TextEncoder().encode(text))
    this.#wake()
  }

  hangUp(): void {
    this.#typed.push(new Uint8Array())
    this.#wake()
  }

  async sees(text: string): Promise<void> {
    await expect.poll(() => this.view.text).toContain(text)
  }
}

test('a form is answered, and the prompt comes back', async () => {
  const sitting = new Sitting()
  sitting.type('(executor echo "hi")\r')
  await sitting.sees('/ ❯ (executor echo "hi")\n"Echo: hi"\n/ ❯')
  sitting.type('(exit 4)\r')
  expect(await sitting.left).toBe(4)
})

test('errors point at their place or say one sentence, and the shell goes on', async () => {
  const sitting = new Sitting()
  sitting.type('(a))\r')
  await sitting.sees('parse error: unexpected ) at line 1, column 4\n  (a))\n     ^\n/ ❯')
  sitting.type('nope\r(ipfs cat "/x")\r')
  await sitting.sees('error: nope: command not found\n')
  await sitting.sees('error: no IPFS configured\n/ ❯')
})

test('everything typed ahead is evaluated, line by line', async () => {
  const sitting = new Sitting()
  sitting.type('1\r2\r(exit)\r')
  expect(await sitting.left).toBe(0)
  expect(sitting.view.text).toMatch(/❯ 1\n1\n.*❯ 2\n2\n/)
})

test('ctrl-d and the end of input leave with 0', async () => {
  const polite = new Sitting()
  polite.type('\x04')
  expect(await polite.left).toBe(0)
  const gone = new Sitting()
  gone.hangUp()
  expect(await gone.left).toBe(0)
})

describe('while a command runs', () => {
  test('lines that are typed reach it, corrected and echoed; ctrl-d ends its input', async () => {
    const sitting = new Sitting()
    sitting.type('copy\r')
    await expect.poll(() => sitting.calls.length).toBe(1)
    sitting.type('ax\x7fb日\x7f\r')
    await sitting.sees('ab\n<ab\n>')
    sitting.type('rest\x04')
    await sitting.sees('rest<rest>')
    sitting.type('\x04')
    await sitting.sees('rest<rest>\n/ ❯')
  })

  test('ctrl-c kills it and forgets what was typed ahead, without another word', async () => {
    const sitting = new Sitting()
    sitting.type('wait\r42\r')
    await expect.poll(() => sitting.calls.length).toBe(1)
    sitting.type('\x03')
    await sitting.sees('/ ❯ wait\n^C\n/ ❯')
    sitting.type('(exit)\r')
    await sitting.left
    expect(sitting.view.text).not.toMatch(/error|42/)
  })

  test('the end of input kills it and leaves', async () => {
    const sitting = new Sitting()
    sitting.type('wait\r')
    await expect.poll(() => sitting.calls.length).toBe(1)
    sitting.hangUp()
    expect(await sitting.left).toBe(0)
  })

  test('keys typed before it started wait for the prompt', async () => {
    const sitting = new Sitting()
    sitting.type('copy\r42\r')
    await expect.poll(() => sitting.calls.length).toBe(1)
    sitting.type('\x04')
    await sitting.sees('/ ❯ 42\n42\n')
  })
})

test('output without a last newline stays readable', async () => {
  const sitting = new Sitting()
  sitting.type('half\r')
  await sitting.sees('no newline\n/ ❯')
})

describe('limits', () => {
  test('keys typed ahead are kept up to a number', async () => {
    const sitting = new Sitting()
    sitting.type(`1\r${'2'.repeat(MAX_KEYS_AHEAD + 500)}`)
    await expect.poll(() => sitting.view.text.split('2').length - 1).toBe(MAX_KEYS_AHEAD - 2)
  })

  test('a command that does not read is not handed lines without end', () => {
    const echoed: string[] = []
    const input = new CookedInput({
      echo: (text) => void echoed.push(text),
      writeStdin: () => new Promise(() => {}),
      closeStdin: async () => {},
    })
    const line = 'x'.repeat(MAX_UNREAD_BYTES / 4 - 1)
    for (let count = 0; count < 5; count += 1) input.key({ kind: 'paste', text: `${line}\n` })
    expect(echoed.filter((text) => text === '\x07')).toHaveLength(1)
  })

  test('a plain line that is too long is cut, a form that is too long given up', async () => {
    const bytes = new TextEncoder().encode(`(${'x '.repeat(MAX_LINE_BYTES)}`)
    const input = [bytes]
    const plain = new PlainTerminal(
      {
        read: async () => input.shift() ?? new Uint8Array(),
        out: async () => {},
        err: async () => {},
      },
      isComplete,
    )
    expect(await plain.readInput('> ')).toEqual({ kind: 'cancelled' })
  })
})

test('ctrl-c at the prompt begins anew, and shows that it did', async () => {
  const sitting = new Sitting()
  sitting.type('(abc\rdef\x03')
  await sitting.sees('/ ❯ (abc\n… def^C\n/ ❯')
})

test('without a terminal to draw on, lines come as they are', async () => {
  const world = new World()
  world.install('/bin/copy.wasm', async ({ read }) => ((await read()) === '' ? 0 : 1))
  const input = ['(executor\necho ', '"hi")\ncopy\n\n(a))\n4', '2'].map((text) =>
    new TextEncoder().encode(text),
  )
  const shown: string[] = []
  const terminal = new PlainTerminal(
    {
      read: async () => input.shift() ?? new Uint8Array(),
      out: async (data) => void shown.push(textOf(data)),
      err: async (data) => void shown.push(textOf(data)),
    },
    isComplete,
  )
  const { session, files } = world
  const shell = new Shell({ session, files, screen: terminal, directories: ['/bin'] })
  expect(await interact(shell, terminal, 'welcome\n')).toBe(0)
  const text = shown.join('')
  expect(text).toContain('/ ❯ … "Echo: hi"\n/ ❯ / ❯ / ❯ parse error: unexpected )')
  expect(text).toMatch(/42\n\/ ❯ $/)
})
