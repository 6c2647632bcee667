/** An unsigned LEB128 number, as multiformats writes its codes and lengths; below 2^31 here. */
export function varintBytes(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return bytes
}

/** @returns undefined when no such number stands at `start`, in its shortest form */
export function readVarint(
  bytes: Uint8Array,
  start: number,
): { value: number; end: number } | undefined {
  let value = 0
  for (let at = start; at < start + 4; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) return undefined
    value |= (byte & 0x7f) << (7 * (at - start))
    if (byte < 0x80) return byte === 0 && at > start ? undefined : { value, end: at + 1 }
  }
  return undefined
}
