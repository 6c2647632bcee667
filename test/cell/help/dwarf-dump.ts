import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'

const TOOL = 'llvm-dwarfdump'

export const hasDwarfDump = spawnSync(TOOL, ['--version']).status === 0

/** `address line column file`, or `address end`, as LLVM reads the lines of a module; none of code that was left out. */
export function rowsByLlvm(path: string): string[] {
  const { stdout } = spawnSync(TOOL, ['--debug-line', path], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return stdout.split(/^debug_line\[/m).flatMap((unit) => {
    const files = new Map<string, string>()
    for (const [, index, name] of unit.matchAll(/^file_names\[ *(\d+)\]:\n +name: "(.*)"$/gm)) {
      files.set(index!, name!)
    }
    const rows = Array.from(
      unit.matchAll(/^0x([0-9a-f]{16}) +(\d+) +(\d+) +(\d+) .*?(end_sequence)?$/gm),
      ([, address, line, column, file, end]) => {
        const at = parseInt(address!, 16)
        return { at, end, text: `${at} ${line} ${column} ${basename(files.get(file!) ?? '')}` }
      },
    )
    return sequences(rows).flatMap((sequence) =>
      sequence[0]!.at === 0 || sequence[0]!.at >= 0xffff_fffe
        ? []
        : sequence.map(({ at, end, text }) => (end ? `${at} end` : text)),
    )
  })
}

function sequences<T extends { readonly end: string | undefined }>(rows: readonly T[]): T[][] {
  const all: T[][] = [[]]
  for (const row of rows) {
    all.at(-1)!.push(row)
    if (row.end) all.push([])
  }
  return all.filter((sequence) => sequence.length > 0)
}
