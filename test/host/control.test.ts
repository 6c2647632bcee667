import { chmod, lstat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { serveInspector } from '../../src/caps/index.ts'
import { DEFAULT_CELL_LIMITS, Family } from '../../src/cell/index.ts'
import { serveControl, withControl } from '../../src/host/control.ts'
import { cellsOf } from '../../src/host/index.ts'
import { temporaryFolder } from '../help/ww.ts'

const family = () => {
  const made = new Family('pid0', { ...DEFAULT_CELL_LIMITS, wallMs: 5_000 })
  const options = { lifetime: 'held', limits: { files: 3 }, memoryBytesOf: () => 65_536 } as const
  const child = made.root.open({ ...options, name: 'child', grants: ['log', 'db'] })
  const grants = Array.from({ length: 70 }, (_, i) => `g${i}`)
  child.open({ ...options, lifetime: 'parent', name: 'x'.repeat(500), grants })
  return made
}

async function controlled() {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'ww.sock')
  const control = await serveControl(path, serveInspector(family()), silentLog)
  return {
    path,
    folder,
    control,
    async [Symbol.asyncDispose]() {
      await control[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('whoever may open the socket sees all cells: parents first, with limits, usage and names of grants', async () => {
  await using node = await controlled()
  const [pid0, child, grandChild, ...rest] = await cellsOf(node.path)
  expect(rest).toEqual([])
  expect(pid0).toMatchObject({ id: 1, name: 'pid0', parent: 0, lifetime: 'detached' })
  expect(pid0!.limits).toEqual({ ...DEFAULT_CELL_LIMITS, wallMs: 5_000 })
  expect(pid0!.usage).toMatchObject({ children: 1, descendants: 2, totalMemoryBytes: 131_072 })
  expect(child).toMatchObject({
    id: 2,
    parent: 1,
    name: 'child',
    state: 'starting',
    lifetime: 'held',
    grants: ['log', 'db'],
    moreGrants: 0,
  })
  expect(child!.limits).toMatchObject({ files: 3, wallMs: 5_000 })
  expect(grandChild).toMatchObject({ id: 3, parent: 2, moreGrants: 6 })
  expect(grandChild!.name).toHaveLength(64)
  expect(grandChild!.grants).toHaveLength(64)
})

test('an inspector of one cell sees that and those below it, and cannot get out', async () => {
  await using node = await controlled()
  await withControl(node.path, async (inspector) => {
    const { inspector: below } = await inspector.below({ id: 2n })
    const { cells } = await below!.cells()
    expect(Array.from(cells, ({ id }) => id)).toEqual([2n, 3n])
    await expect(below!.below({ id: 1n })).rejects.toThrow('No cell 1 is running here')
    await expect(below!.below({ id: 99n })).rejects.toThrow('No cell 99 is running here')
  })
})

test('only the owner may open it, whatever the umask is', async () => {
  const before = process.umask(0)
  try {
    await using node = await controlled()
    const { mode } = await lstat(node.path)
    expect(mode & 0o777).toBe(0o600)
    expect(process.umask()).toBe(0)
  } finally {
    process.umask(before)
  }
})

test('a socket that a node left behind is replaced; one that is in use and a file are not', async () => {
  await using node = await controlled()
  const serve = async (path: string) =>
    await serveControl(path, serveInspector(family()), silentLog)
  await expect(serve(node.path)).rejects.toThrow('belongs to a node that runs')
  const file = join(node.folder.path, 'file')
  await writeFile(file, 'precious')
  await expect(serve(file)).rejects.toThrow('is a file: choose another')
  const nowhere = join(node.folder.path, 'no')
  await expect(serve(join(nowhere, 'way'))).rejects.toMatchObject({
    code: 'NO_CONTROL',
    message: expect.stringContaining(`${nowhere} is not a folder`) as string,
  })
  // As a node leaves it that was killed: the file is there, and nobody listens.
  const stale = join(node.folder.path, 'stale')
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(stale, resolve))
  await chmod(stale, 0o600)
  const { rename } = await import('node:fs/promises')
  await rename(stale, `${stale}.kept`)
  await new Promise((resolve) => void server.close(resolve))
  await using again = await serve(`${stale}.kept`)
  expect(again).toBeDefined()
  expect(await cellsOf(`${stale}.kept`)).toHaveLength(3)
})

test('when the node ends the socket is gone, and who asks learns that nobody answers', async () => {
  const node = await controlled()
  await node.control[Symbol.asyncDispose]()
  await expect(lstat(node.path)).rejects.toThrow('ENOENT')
  await expect(cellsOf(node.path)).rejects.toMatchObject({
    code: 'NO_NODE',
    message: `No node answers at ${node.path} (ENOENT): is it running, with --control ${node.path}?`,
  })
  await node.folder[Symbol.asyncDispose]()
})
