import { Writable } from 'node:stream'

import { expect, test } from 'vitest'

import { pumpOutput } from '../../src/host/stdio.ts'

/** What comes out when these are read one after the other. */
async function pumped(chunks: readonly Uint8Array[], isPlain: boolean): Promise<Buffer> {
  const written: Buffer[] = []
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk)
      done()
    },
  })
  const left = [...chunks]
  const reader = { read: async () => left.shift() ?? new Uint8Array(0), close() {} }
  await pumpOutput(reader, output, { isPlain })
  return Buffer.concat(written)
}

const utf8 = (text: string) => new TextEncoder().encode(text)

test('what could drive a terminal is shown instead of passed on', async () => {
  const text = '\u001b[2J\u0007\r\u0008\u009b31m\u202e\u007fred\u001b]0;title\u0007'
  expect((await pumped([utf8(text)], true)).toString()).toBe(
    String.raw`\u001b[2J\u0007\u000d\u0008\u009b31m\u202e\u007fred\u001b]0;title\u0007`,
  )
})

test('lines, tabs and letters of any script stay as they are, also where a letter is cut in two', async () => {
  const bytes = utf8('a\tb\nΩ 日本 🙂\n')
  for (let at = 1; at < bytes.length; at++) {
    const parts = [bytes.subarray(0, at), bytes.subarray(at)]
    expect((await pumped(parts, true)).toString()).toBe('a\tb\nΩ 日本 🙂\n')
  }
})

test('a control character in two bytes is found where it is cut in two', async () => {
  const [first, second] = utf8('\u009b')
  const parts = [Uint8Array.of(first!), Uint8Array.of(second!)]
  expect((await pumped(parts, true)).toString()).toBe(String.raw`\u009b`)
})

test('what is no text is shown as such, and passed on as it is where no terminal is', async () => {
  const bytes = Uint8Array.of(0xff, 0x1b, 0xc2)
  expect((await pumped([bytes], true)).toString()).toBe('\ufffd\\u001b\ufffd')
  expect([...(await pumped([bytes], false))]).toEqual([...bytes])
})
