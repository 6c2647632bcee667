// What orders and reports are made of, as bytes. Whoever reads here may read an enemy: what is not
// exactly as it is written is a breach.

import { Breach, encodeFrame } from './frame.ts'
import type { InPipe, Order, OutPipe, Report } from './message.ts'

const PIPES = ['dataIn', 'stdin', 'dataOut', 'stdout', 'stderr'] as const

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @param kind its number among its like */
export function encodeMessage(kind: number, message: Order | Report, body: Uint8Array): Uint8Array {
  return encodeFrame({
    kind,
    number: 'number' in message ? message.number : 0,
    pipe: 'pipe' in message ? PIPES.indexOf(message.pipe) : 0,
    body,
  })
}

export function inPipe(index: number): InPipe {
  const name = PIPES[index]
  if (name === 'dataIn' || name === 'stdin') return name
  throw new Breach(`spoke of pipe ${index}, which does not lead to a cell`)
}

export function outPipe(index: number): OutPipe {
  const name = PIPES[index]
  if (name !== undefined && name !== 'dataIn' && name !== 'stdin') return name
  throw new Breach(`spoke of pipe ${index}, which does not lead from a cell`)
}

const UINT32_BYTES = 4

export function encodeCount(count: number): Uint8Array {
  const body = Buffer.allocUnsafe(UINT32_BYTES)
  body.writeUInt32LE(count)
  return body
}

export function decodeCount(body: Uint8Array): number {
  if (body.length !== UINT32_BYTES) throw new Breach('sent a count of a wrong size')
  return viewOf(body).getUint32(0, true)
}

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

export function decodeJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decodeText(body))
  } catch (thrown) {
    if (thrown instanceof Breach) throw thrown
    throw new Breach('sent a message that is not JSON')
  }
}

export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Breach('sent text that is not UTF-8')
  }
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

export function encodeText(characters: string): Uint8Array {
  return encoder.encode(characters)
}
