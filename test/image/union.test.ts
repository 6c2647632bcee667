import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open as openFile, readdir, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'

import { expect, test } from 'vitest'

import type { WwError } from '../../src/base/index.ts'
import { DEFAULT_LIMITS, openImage, parseMount } from '../../src/image/index.ts'
import { directoryWith, textOf } from './help.ts'
import type { Files } from './help.ts'

async function imageOf(...layers: Files[]) {
  const roots = await Promise.all(layers.map(directoryWith))
  return await openImage(roots.map(parseMount))
}

async function openMounts(...args: string[]) {
  return await openImage(args.map(parseMount))
}

async function read(image: Awaited<ReturnType<typeof openMounts>>, path: string) {
  return textOf(await image.read(path, 0, 1000))
}

test('W08 later layers win file by file, and directories merge', async () => {
  const image = await imageOf(
    { 'boot/QmPeerA': 'A of a', 'boot/main.wasm': 'a' },
    { 'boot/QmPeerB': 'B of b', 'boot/QmPeerA': 'A of b' },
  )
  expect((await image.list('/boot')).map(({ name }) => name)).toEqual([
    'QmPeerA',
    'QmPeerB',
    'main.wasm',
  ])
  expect(await read(image, '/boot/QmPeerA')).toBe('A of b')
  expect(await read(image, '/boot/QmPeerB')).toBe('B of b')
  expect(await read(image, '/boot/main.wasm')).toBe('a')
  expect(await image.winner('/boot/main.wasm')).toBe(image.layers[0])
  expect(await image.winner('/boot/QmPeerA')).toBe(image.layers[1])
  expect(await image.winner('/boot')).toBe(image.layers[1])
  expect(await image.winner('/none')).toBeUndefined()
})

test('a file over a directory hides all of it, and a directory over a file all of that', async () => {
  const below = { 'etc/x/deep': 'deep', 'etc/y': 'file' }
  const above = { 'etc/x': 'file', 'etc/y/deep': 'deep' }
  const image = await imageOf(below, above)
  expect(await read(image, '/etc/x')).toBe('file')
  expect(await image.find('/etc/x/deep')).toBeUndefined()
  expect(await image.find('/etc/y')).toEqual({ kind: 'directory' })
  expect(await read(image, '/etc/y/deep')).toBe('deep')
})

test('a directory over a file does not bring back what the file had hidden', async () => {
  const image = await imageOf({ 'etc/x/old': '' }, { 'etc/x': 'file' }, { 'etc/x/new': '' })
  expect(await image.list('/etc/x')).toEqual([{ name: 'new', kind: 'file' }])
  expect(await image.find('/etc/x/old')).toBeUndefined()
})

test('targeted and whole layers apply in the order they were given', async () => {
  const whole = await directoryWith({ 'etc/x': 'whole' })
  const file = await directoryWith({ x: 'targeted' })
  const before = await openMounts(`${file}/x:/etc/x`, whole)
  const after = await openMounts(whole, `${file}/x:/etc/x`)
  expect(await read(before, '/etc/x')).toBe('whole')
  expect(await read(after, '/etc/x')).toBe('targeted')
})

test('a target brings its parents along, over whatever file stood there', async () => {
  const whole = await directoryWith({ a: 'file', 'b/x': 'x' })
  const layer = await directoryWith({ deep: 'deep' })
  const image = await openMounts(whole, `${layer}:/a/b/c`, `${layer}/deep:/b/y/z`)
  expect(await image.list('/a')).toEqual([{ name: 'b', kind: 'directory' }])
  expect(await image.list('/a/b')).toEqual([{ name: 'c', kind: 'directory' }])
  expect(await read(image, '/a/b/c/deep')).toBe('deep')
  expect(await image.list('/b')).toEqual([
    { name: 'x', kind: 'file' },
    { name: 'y', kind: 'directory' },
  ])
  expect(await image.list('/b/y')).toEqual([{ name: 'z', kind: 'file' }])
  expect(await read(image, '/b/y/z')).toBe('deep')
  expect(await image.find('/b/y/z/deep')).toBeUndefined()
})

test('a link means the union: it reaches files of other layers, and later layers replace it', async () => {
  const links = {
    'etc/absolute': { link: '/data/x' },
    'etc/relative': { link: '../data/x' },
    'etc/directory': { link: '/data' },
    'etc/replaced': { link: '/data/x' },
  }
  const image = await imageOf(links, { 'data/x': 'x', 'etc/replaced': 'mine' })
  for (const name of ['absolute', 'relative', 'directory/x']) {
    expect(await read(image, `/etc/${name}`)).toBe('x')
  }
  expect(await read(image, '/etc/replaced')).toBe('mine')
  expect(await image.list('/etc')).toEqual([
    { name: 'absolute', kind: 'file' },
    { name: 'directory', kind: 'directory' },
    { name: 'relative', kind: 'file' },
    { name: 'replaced', kind: 'file' },
  ])
})

test('.. in a link goes up from where the link leads through, and never above the image', async () => {
  const image = await imageOf({
    'a/b/c': null,
    'etc/x': 'inside',
    link: { link: 'a/b/c' },
    up: { link: 'link/../../../etc/x' },
    far: { link: '../../../../../../../../etc/x' },
    slash: { link: 'etc/x/' },
    dot: { link: 'etc/./x' },
    through: { link: 'etc/x/..' },
  })
  expect(await read(image, '/up')).toBe('inside')
  expect(await read(image, '/far')).toBe('inside')
  expect(await read(image, '/dot')).toBe('inside')
  expect(await image.find('/slash')).toBeUndefined()
  expect(await image.find('/through')).toBeUndefined()
})

test('W03 no link, however it is written, leads out of the image', async () => {
  const outside = await directoryWith({ secret: 'secret', 'deep/secret': 'secret' })
  const depth = outside.split('/').length + 4
  const layer = await directoryWith({
    'etc/x': 'x',
    absolute: { link: `${outside}/secret` },
    directory: { link: outside },
    relative: { link: `${'../'.repeat(depth)}${outside.slice(1)}/secret` },
    chain: { link: 'directory/deep' },
    'etc/up': { link: '../..' },
    passwd: { link: '/etc/passwd' },
    root: { link: '/proc/self/root' },
  })
  const image = await openMounts(layer)
  for (const path of [
    '/absolute',
    '/relative',
    '/directory',
    '/directory/secret',
    '/chain/secret',
  ]) {
    expect(await image.find(path)).toBeUndefined()
    await expect(image.read(path, 0, 9)).rejects.toMatchObject({ code: 'NO_SUCH_FILE' })
  }
  expect(await image.find('/passwd')).toBeUndefined()
  expect(await image.find('/root')).toBeUndefined()
  expect(await image.list('/etc/up')).toEqual(await image.list('/'))
  expect((await image.list('/')).map(({ name }) => name)).toEqual(['etc'])
})

test.each(['', 'etc', '/etc/', '//etc', '/etc/../x', '/./etc', '/..', '..', '/etc//x'])(
  'the path %j is not normal and is refused before anything is looked at',
  async (path) => {
    const image = await imageOf({ 'etc/x': 'x' })
    await expect(image.find(path)).rejects.toMatchObject({ code: 'INVALID_PATH' })
    await expect(image.list(path)).rejects.toMatchObject({ code: 'INVALID_PATH' })
    await expect(image.read(path, 0, 1)).rejects.toMatchObject({ code: 'INVALID_PATH' })
  },
)

test('a name no file can have is not there', async () => {
  const image = await imageOf({ 'etc/x': 'x' })
  for (const path of ['/etc/x\0', '/\0', `/${'n'.repeat(5000)}`, '/etc/x/y', '/etc/\\x']) {
    expect(await image.find(path)).toBeUndefined()
  }
  expect(await image.find(`/${Array(900).fill('etc').join('/')}`)).toBeUndefined()
})

test('links in a circle are named, and a list goes on without them', async () => {
  const image = await imageOf({
    'etc/x': 'x',
    'etc/a': { link: 'b' },
    'etc/b': { link: '/etc/a' },
    'etc/self': { link: 'self/x' },
    'etc/gone': { link: 'nowhere' },
  })
  for (const path of ['/etc/a', '/etc/b', '/etc/self']) {
    const circle = image.find(path)
    await expect(circle).rejects.toMatchObject({ code: 'SYMLINK_LOOP' })
    await expect(circle).rejects.toThrow(`Path ${path} goes through more than 40 symbolic links`)
  }
  expect(await image.list('/etc')).toEqual([{ name: 'x', kind: 'file' }])
})

test('40 links in a row are followed, 41 are not', async () => {
  const files: Record<string, string | { link: string }> = { 'etc/l0': 'end' }
  for (let i = 1; i <= 41; i++) files[`etc/l${i}`] = { link: `l${i - 1}` }
  const image = await imageOf(files)
  expect(await read(image, '/etc/l40')).toBe('end')
  await expect(image.find('/etc/l41')).rejects.toMatchObject({ code: 'SYMLINK_LOOP' })
})

test('a link that is a long way itself is given up after a known number of steps', async () => {
  const image = await imageOf({ 'd/x': null, long: { link: `d${'/x/..'.repeat(600)}` } })
  await expect(image.find('/long')).rejects.toThrow('takes more than 1024 steps')
})

test('pipes, sockets and devices are not there, and hide nothing below them', async () => {
  const below = await directoryWith({ 'run/pipe': 'file below' })
  const layer = await directoryWith({ 'run/x': 'x', 'run/link': { link: '/run/socket' } })
  execFileSync('mkfifo', [`${layer}/run/pipe`])
  const server = createServer().listen(`${layer}/run/socket`)
  await once(server, 'listening')
  const image = await openMounts(below, layer)
  expect(await image.list('/run')).toEqual([
    { name: 'pipe', kind: 'file' },
    { name: 'x', kind: 'file' },
  ])
  expect(await read(image, '/run/pipe')).toBe('file below')
  expect(await image.find('/run/socket')).toBeUndefined()
  expect(await image.find('/run/link')).toBeUndefined()
  await new Promise((closed) => server.close(closed))
})

test('each failure has its code: no file, a directory read, a file listed', async () => {
  const image = await imageOf({ 'etc/x': 'x' })
  await expect(image.read('/none', 0, 1)).rejects.toMatchObject({ code: 'NO_SUCH_FILE' })
  await expect(image.list('/none')).rejects.toMatchObject({ code: 'NO_SUCH_FILE' })
  await expect(image.read('/etc', 0, 1)).rejects.toMatchObject({ code: 'IS_A_DIRECTORY' })
  await expect(image.read('/', 0, 1)).rejects.toMatchObject({ code: 'IS_A_DIRECTORY' })
  await expect(image.list('/etc/x')).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' })
})

test('a read is the asked part of the file, short only at its end, and never more', async () => {
  const text = Array.from({ length: 300_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join(
    '',
  )
  const image = await imageOf({ 'etc/x': text })
  for (const [offset, length] of [
    [0, 10],
    [26, 1],
    [299_990, 100],
    [300_000, 1],
    [9e15, 5],
    [5, 0],
  ] as const) {
    expect(textOf(await image.read('/etc/x', offset, length))).toBe(
      text.slice(offset, offset + length),
    )
  }
  const whole = await image.read('/etc/x', 0, DEFAULT_LIMITS.readBytes)
  expect(whole.buffer.byteLength).toBe(300_000)
  for (const [offset, length] of [
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [0, NaN],
    [0, DEFAULT_LIMITS.readBytes + 1],
  ] as const) {
    await expect(image.read('/etc/x', offset, length)).rejects.toMatchObject({
      code: 'INVALID_RANGE',
    })
  }
})

test('a part of a file larger than memory is read without the rest', async () => {
  const root = await directoryWith({ 'etc/x': null })
  const file = await openFile(`${root}/etc/huge`, 'w')
  await file.write('end', 64 * 2 ** 30)
  await file.close()
  const image = await openMounts(root)
  expect(await image.find('/etc/huge')).toEqual({ kind: 'file', size: 64 * 2 ** 30 + 3 })
  expect(textOf(await image.read('/etc/huge', 64 * 2 ** 30, 100))).toBe('end')
})

test('a directory with more entries than the limit is refused, not held in memory', async () => {
  const root = await directoryWith({ 'etc/a': '', 'etc/b': '', 'etc/c': '' })
  const limits = { ...DEFAULT_LIMITS, entries: 2 }
  const image = await openImage([parseMount(root)], { limits })
  await expect(image.list('/etc')).rejects.toMatchObject({ code: 'TOO_MANY_ENTRIES' })
  expect(await image.list('/')).toHaveLength(1)
})

test('a name that is not UTF-8 is not listed, for it cannot be asked for', async () => {
  const root = await directoryWith({ 'etc/x': '' })
  await writeFile(Buffer.concat([Buffer.from(`${root}/etc/`), Buffer.of(0xff, 0xfe)]), '')
  expect(await (await openMounts(root)).list('/etc')).toEqual([{ name: 'x', kind: 'file' }])
})

test('a layer that vanishes or loses a file while it is open answers, and leaks no descriptor', async () => {
  const root = await directoryWith({ 'layer/etc/x': 'x' })
  const image = await openMounts(`${root}/layer`)
  const before = (await readdir('/dev/fd')).length
  await rename(`${root}/layer`, `${root}/moved`)
  expect(await image.find('/etc/x')).toBeUndefined()
  await expect(image.read('/etc/x', 0, 1)).rejects.toMatchObject({ code: 'NO_SUCH_FILE' })
  expect(await image.list('/')).toEqual([])
  await rename(`${root}/moved`, `${root}/layer`)
  expect(await read(image, '/etc/x')).toBe('x')
  expect((await readdir('/dev/fd')).length).toBe(before)
})

// A second process swaps what is served for a link to the outside and back, as fast as it can, with
// a breath of random length now and then.
const SWAPPER = `
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs')
  const [at, aside, target] = process.argv.slice(1)
  const still = new Int32Array(new SharedArrayBuffer(4))
  process.stdout.write('ready')
  for (;;) {
    renameSync(at, aside); symlinkSync(target, at)
    if (Math.random() < 0.3) Atomics.wait(still, 0, 0, Math.random())
    unlinkSync(at); renameSync(aside, at)
    if (Math.random() < 0.3) Atomics.wait(still, 0, 0, Math.random())
  }`

test.each([
  ['a parent directory', 'etc/swapped', '', '/etc/swapped/file'],
  ['the file itself', 'etc/swapped/file', '/file', '/etc/swapped/file'],
])(
  'swapping %s for a link out of the layer never shows what is outside',
  async (_what, at, aim, path) => {
    const outside = await directoryWith({ file: 'outside' })
    const root = await directoryWith({ 'etc/swapped/file': 'inside' })
    const swapper = spawn(
      process.execPath,
      ['-e', SWAPPER, `${root}/${at}`, `${root}/etc/aside`, `${outside}${aim}`],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    try {
      await once(swapper.stdout, 'data')
      const image = await openMounts(root)
      const seen = new Set<unknown>()
      for (let i = 0; i < 2000; i++) {
        const answer = read(image, path).catch((thrown: unknown) => (thrown as WwError).code)
        seen.add(await answer)
      }
      expect(seen).toContain('inside')
      expect(seen).toContain('NO_SUCH_FILE')
      seen.delete('UNREADABLE') // seen only when a swap falls between opening and looking
      expect(seen).toEqual(new Set(['NO_SUCH_FILE', 'inside']))
    } finally {
      swapper.kill('SIGKILL')
      await once(swapper, 'exit')
    }
  },
)
