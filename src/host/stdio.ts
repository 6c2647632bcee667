// pid0's standard streams, joined to those of the process.

import type { Writable } from 'node:stream'

import { plainText } from '../base/index.ts'
import type { ByteReader, ByteWriter } from '../base/index.ts'
import type { Terminal } from '../caps/index.ts'
import type { NodeIo } from './io.ts'
import { HOST_LIMITS } from './limits.ts'

/**
 * Moves what arrives at `stdin` into `writer`, no faster than the guest reads, and its end too.
 * @returns what stops it and closes the guest's stdin; twice is once
 */
export function pumpInput(stdin: NodeIo['stdin'], writer: ByteWriter): () => void {
  const onData = (chunk: Uint8Array | string) => {
    stdin.pause()
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
    // A guest that has closed its stdin wants no more of it.
    writer.write(bytes).then(() => stdin.resume(), stop)
  }
  const onEnd = () => stop()
  const stop = () => {
    stdin.off('data', onData)
    stdin.off('end', onEnd)
    stdin.off('error', onEnd)
    stdin.pause()
    writer.close()
  }
  stdin.on('data', onData)
  stdin.on('end', onEnd)
  stdin.on('error', onEnd)
  return stop
}

/**
 * Moves what the guest writes to `output` until it ends, no faster than `output` takes it.
 * @param isPlain shows what could drive a terminal instead of passing it on
 */
export async function pumpOutput(
  reader: ByteReader,
  output: Writable,
  { isPlain = false } = {},
): Promise<void> {
  const decoder = new TextDecoder()
  const write = async (bytes: Uint8Array | string) => {
    if (output.destroyed || output.errored) reader.close()
    else if (!output.write(bytes)) await drained(output)
  }
  for (;;) {
    const bytes = await reader.read(HOST_LIMITS.outputChunkBytes)
    if (bytes.length === 0) break
    await write(isPlain ? plainText(decoder.decode(bytes, { stream: true })) : bytes)
  }
  // The beginning of a letter whose end never came.
  if (isPlain) await write(plainText(decoder.decode()))
}

function drained(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) output.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'close', 'error']) output.once(event, done)
  })
}

/** The terminal both ends of pid0's stdio are on, if they are. */
export function terminalOf({ stdin, stdout }: NodeIo): (Terminal & Disposable) | undefined {
  if (!stdin.isTTY || !stdout.isTTY) return undefined
  const setRaw = (raw: boolean) => void stdin.setRawMode?.(raw)
  return {
    setRaw,
    size: () => ({ columns: stdout.columns ?? 0, rows: stdout.rows ?? 0 }),
    [Symbol.dispose]: () => setRaw(false),
  }
}
