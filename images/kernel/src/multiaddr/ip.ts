/** Four bytes, or undefined when the text is no IPv4 address. */
export function bytesFromIp4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) {
    return undefined
  }
  const numbers = parts.map(Number)
  return numbers.every((number) => number < 256) ? Uint8Array.from(numbers) : undefined
}

export function ip4FromBytes(bytes: Uint8Array): string {
  return bytes.join('.')
}

/** Sixteen bytes, or undefined when the text is no IPv6 address. No zone; that is a part of its own. */
export function bytesFromIp6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(groupsFrom)
  if (!head || (halves.length === 2 && !tail)) return undefined
  if (!tail) return head.length === 16 ? Uint8Array.from(head) : undefined
  const gap = 16 - head.length - tail.length
  if (gap < 2) return undefined
  return Uint8Array.from([...head, ...Array.from({ length: gap }, () => 0), ...tail])
}

// The bytes of `1:2:3` or `1:2:10.0.0.1`; no groups at all are fine, as on one side of `::`.
function groupsFrom(text: string): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [index, group] of groups.entries()) {
    if (group.includes('.') && index === groups.length - 1) {
      const ip4 = bytesFromIp4(group)
      if (!ip4) return undefined
      bytes.push(...ip4)
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
      const number = Number.parseInt(group, 16)
      bytes.push(number >> 8, number & 0xff)
    }
  }
  return bytes
}

/** The shortest form: RFC 5952 without its exception for embedded IPv4. */
export function ip6FromBytes(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => {
    return ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16)
  })
  const gap = longestZeros(groups)
  if (gap.length < 2) return groups.join(':')
  const head = groups.slice(0, gap.start).join(':')
  return `${head}::${groups.slice(gap.start + gap.length).join(':')}`
}

function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}
