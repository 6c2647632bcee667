import { concatBytes, silentLog, WwError } from '../../../src/base/index.ts'
import type { ByteLink, ByteReader, ReadOnlyTree, TreeEntry } from '../../../src/base/index.ts'
import { loadProgram, spawnCell } from '../../../src/cell/index.ts'
import type { Cell, CellOptions, ProgramOptions } from '../../../src/cell/index.ts'
import { sharedHost } from '../../help/host.ts'
import { isolation } from '../../help/isolation.ts'

export type SpawnOptions = Partial<Omit<CellOptions, 'program'>>

/** A cell in a new thread, or in a process that all cells of the test file share. */
export async function spawn(
  bytes: Uint8Array,
  options: SpawnOptions = {},
  how: ProgramOptions = {},
): Promise<Cell> {
  const name = options.name ?? 'test'
  const cell = { args: [], env: [], log: silentLog, ...options, name }
  if (isolation() === 'thread') {
    return await spawnCell({ ...cell, program: await loadProgram(bytes, name, how) })
  }
  const program = await sharedHost().load(bytes, name, how)
  return await sharedHost().start({ ...cell, program })
}

/**
 * A cell that ends `wallMs` after its start, or where starting alone takes as long, after twice that, and
 * so on.
 */
export async function spawnFor(
  wallMs: number,
  bytes: Uint8Array,
): Promise<{ readonly cell: Cell; readonly wallMs: number }> {
  try {
    return { cell: await spawn(bytes, { limits: { wallMs } }), wallMs }
  } catch (thrown) {
    if (wallMs > MAX_START_MS) throw thrown
    return await spawnFor(2 * wallMs, bytes)
  }
}

const MAX_START_MS = 30_000

export async function readAll(reader: ByteReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const chunk = await reader.read(65_536)
    if (chunk.length === 0) return concatBytes(chunks)
    chunks.push(chunk)
  }
}

export async function readText(reader: ByteReader): Promise<string> {
  return new TextDecoder().decode(await readAll(reader))
}

/** Opens a link; gives what came in, and promises its end. */
export function collect(link: ByteLink): {
  readonly received: () => number
  readonly ended: Promise<{ bytes: Uint8Array; error: WwError | undefined }>
} {
  const chunks: Uint8Array[] = []
  let received = 0
  const ended = new Promise<{ bytes: Uint8Array; error: WwError | undefined }>((resolve) => {
    link.open({
      chunk(chunk) {
        chunks.push(chunk)
        received += chunk.length
      },
      drained() {},
      ended: (error) => resolve({ bytes: concatBytes(chunks), error }),
    })
  })
  return { received: () => received, ended }
}

/** A tree of files by absolute path. */
export function treeOf(files: Readonly<Record<string, string | Uint8Array>>): ReadOnlyTree {
  const contents = new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    ]),
  )
  const inside = (path: string) => (path === '/' ? '/' : `${path}/`)
  const isDirectory = (path: string) =>
    path === '/' || [...contents.keys()].some((each) => each.startsWith(inside(path)))
  return {
    async find(path) {
      const content = contents.get(path)
      if (content) return { kind: 'file', size: content.length }
      return isDirectory(path) ? { kind: 'directory' } : undefined
    },
    async list(path) {
      if (!isDirectory(path)) throw new WwError('failed', 'NO_SUCH_FILE', `No ${path}`)
      const entries = new Map<string, TreeEntry>()
      for (const each of contents.keys()) {
        if (!each.startsWith(inside(path))) continue
        const [name, ...rest] = each.slice(inside(path).length).split('/')
        entries.set(name!, { name: name!, kind: rest.length > 0 ? 'directory' : 'file' })
      }
      return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async read(path, offset, length) {
      const content = contents.get(path)
      if (!content) throw new WwError('failed', 'NO_SUCH_FILE', `No ${path}`)
      return content.slice(offset, offset + length)
    },
  }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
