import { execFileSync } from 'node:child_process'
import { chmod, link, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { openImage, parseMount } from '../../src/image/index.ts'
import { directoryWith, textOf } from './help.ts'

async function open(...args: string[]) {
  return await openImage(args.map(parseMount))
}

test('an image of nothing is refused', async () => {
  await expect(open()).rejects.toMatchObject({ code: 'NO_LAYERS' })
})

test('a layer that does not exist is named', async () => {
  const a = await directoryWith()
  const refused = open(a, `${a}/none`)
  await expect(refused).rejects.toMatchObject({ code: 'NO_SUCH_LAYER' })
  await expect(refused).rejects.toThrow(`Layer ${a}/none does not exist`)
})

test('a link to nowhere as a layer does not exist either', async () => {
  const a = await directoryWith({ gone: { link: 'nowhere' } })
  await expect(open(`${a}/gone`)).rejects.toMatchObject({ code: 'NO_SUCH_LAYER' })
})

test('a link to a directory serves as a layer', async () => {
  const a = await directoryWith({ 'real/etc/x': 'x', name: { link: 'real' } })
  expect(await (await open(`${a}/name`)).find('/etc/x')).toEqual({ kind: 'file', size: 1 })
})

test('a file as a layer of the whole image is refused with the way to say it', async () => {
  const a = await directoryWith({ 'main.wasm': '' })
  const refused = open(`${a}/main.wasm`)
  await expect(refused).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' })
  await expect(refused).rejects.toThrow(`${a}/main.wasm:/boot/main.wasm`)
})

test('a path through a file as a layer is refused', async () => {
  const a = await directoryWith({ file: '' })
  await expect(open(`${a}/file/x`)).rejects.toMatchObject({ code: 'UNREADABLE_LAYER' })
})

test('a pipe as a layer is refused at once', async () => {
  const a = await directoryWith()
  execFileSync('mkfifo', [`${a}/pipe`])
  await expect(open(`${a}/pipe:/x`)).rejects.toThrow('neither a directory nor a regular file')
})

test('a directory that we may not read is refused by name', async () => {
  const a = await directoryWith()
  await chmod(a, 0o000)
  await unprivileged(async () => {
    const refused = open(a)
    await expect(refused).rejects.toMatchObject({ code: 'UNREADABLE_LAYER' })
    await expect(refused).rejects.toThrow(`Layer ${a} cannot be read: `)
  })
})

test('a file that we may not read is found, and reading it says so', async () => {
  const a = await directoryWith({ 'etc/x': 'x', 'private/y': 'y' })
  await chmod(a, 0o755)
  await chmod(`${a}/etc/x`, 0o000)
  await chmod(`${a}/private`, 0o000)
  await unprivileged(async () => {
    const image = await open(a)
    expect(await image.find('/etc/x')).toEqual({ kind: 'file', size: 1 })
    await expect(image.read('/etc/x', 0, 1)).rejects.toMatchObject({ code: 'UNREADABLE' })
    await expect(image.find('/private/y')).rejects.toMatchObject({ code: 'UNREADABLE' })
    await expect(image.list('/private')).rejects.toMatchObject({ code: 'UNREADABLE' })
  })
})

test.each(['/ipfs/QmHash', '/ipns/name/x', '/ipld/baf'])(
  'the layer %s says what it is',
  async (path) => {
    await expect(open(path)).rejects.toMatchObject({
      code: 'UNSUPPORTED_LAYER',
      message: `Layer ${path} cannot be used: layers from IPFS are not supported yet, only local directories`,
    })
  },
)

test('one layer mounted twice at one place is refused, however it is spelt', async () => {
  const a = await directoryWith({ 'etc/x': '', again: { link: '.' } })
  await expect(open(a, `${a}/again`)).rejects.toMatchObject({ code: 'DUPLICATE_LAYER' })
  await expect(open(`${a}:/x`, `${a}/etc/..:/x`)).rejects.toMatchObject({ code: 'DUPLICATE_LAYER' })
  expect((await open(a, `${a}:/x`)).layers).toHaveLength(2)
})

test('a directory that holds the key is refused as a layer, at any depth and under any name', async () => {
  const home = await directoryWith({ '.ww/identity': 'secret', name: { link: '.ww' } })
  const key = `${home}/.ww/identity`
  for (const mount of [home, `${home}/.ww`, `${home}/name`, `${home}:/x`, `${key}:/etc/identity`]) {
    for (const refuse of [key, `${home}/name/identity`]) {
      const refused = openImage([parseMount(mount)], { refuse: [refuse] })
      await expect(refused).rejects.toMatchObject({ code: 'KEY_IN_LAYER' })
      await expect(refused).rejects.toThrow(`holds the node's key ${refuse}`)
    }
  }
})

test('a directory beside the key, or with a similar name, is no reason to refuse', async () => {
  const home = await directoryWith({ '.ww/identity': 'secret', '.ww/identity-old/etc/x': 'x' })
  const refuse = [`${home}/.ww/identity`, `${home}/no-such-key`]
  const image = await openImage([parseMount(`${home}/.ww/identity-old`)], { refuse })
  expect(await image.find('/etc/x')).toEqual({ kind: 'file', size: 1 })
})

test('a second name of the key inside a layer is not served', async () => {
  const home = await directoryWith({ identity: 'secret' })
  const layer = await directoryWith({ 'etc/x': 'x' })
  await link(`${home}/identity`, `${layer}/etc/harmless`)
  await symlink(`${home}/identity`, `${layer}/etc/link`)
  const image = await openImage([parseMount(layer)], { refuse: [`${home}/identity`] })
  await expect(image.read('/etc/harmless', 0, 6)).rejects.toThrow("holds the node's key")
  expect(await image.find('/etc/link')).toBeUndefined()
  const mounted = openImage([parseMount(`${layer}/etc/harmless:/x`)], {
    refuse: [`${home}/identity`],
  })
  await expect(mounted).rejects.toMatchObject({ code: 'KEY_IN_LAYER' })
})

test('boot/main.wasm is the entry point, and bin/main.wasm where there is none', async () => {
  const boot = await directoryWith({ 'boot/main.wasm': 'boot!' })
  const bin = await directoryWith({ 'bin/main.wasm': 'bin' })
  expect(await (await open(bin)).entryPoint()).toEqual({
    path: '/bin/main.wasm',
    size: 3,
    legacy: true,
  })
  for (const image of [await open(boot, bin), await open(bin, boot)]) {
    expect(await image.entryPoint()).toEqual({ path: '/boot/main.wasm', size: 5, legacy: false })
  }
})

test('W09 no layer needs to be complete; without an entry point every layer is named', async () => {
  const a = await directoryWith({ 'etc/x': '' })
  const b = await directoryWith({ 'main.wasm': 'wasm' })
  const none = (await open(a, `${b}:/svc/b`)).entryPoint()
  await expect(none).rejects.toMatchObject({ code: 'NO_ENTRY_POINT' })
  await expect(none).rejects.toThrow(`(layers: ${a}, ${b} at /svc/b)`)
  const image = await open(a, `${b}:/boot`)
  expect(await image.entryPoint()).toMatchObject({ path: '/boot/main.wasm' })
  expect(await image.winner('/boot/main.wasm')).toEqual({
    source: b,
    target: '/boot',
    kind: 'directory',
  })
})

test('a directory in place of the entry point is said to be one, with its layer', async () => {
  const a = await directoryWith({ 'boot/main.wasm': null, 'bin/main.wasm': 'x' })
  await expect((await open(a)).entryPoint()).rejects.toThrow(
    `Entry point /boot/main.wasm is a directory in layer ${a}, not a module`,
  )
})

test('an entry point may be a link inside the union, and an escaping one is none', async () => {
  const a = await directoryWith({ 'boot/main.wasm': { link: '../bin/app.wasm' } })
  const b = await directoryWith({ 'bin/app.wasm': 'four' })
  expect(await (await open(a, b)).entryPoint()).toMatchObject({ size: 4, legacy: false })
  const c = await directoryWith({ 'boot/main.wasm': { link: `${b}/bin/app.wasm` } })
  await expect((await open(c)).entryPoint()).rejects.toMatchObject({ code: 'NO_ENTRY_POINT' })
})

test('what lies beside an image for its author is not in it, except where it was asked for', async () => {
  const beside = ['.env', '.git/config', 'node_modules/a/b', 'package.json', 'src/main.ts']
  const files = Object.fromEntries(beside.map((name) => [name, 'x']))
  const a = await directoryWith({ ...files, 'boot/src/.keep': 'x', 'data/x': 'x', 'README.md': '' })
  const image = await open(a, `${a}:/place`)
  const names = (await image.list('/')).map(({ name }) => name)
  expect(names).toEqual(['README.md', 'boot', 'data', 'place'])
  for (const name of beside) {
    expect(await image.find(`/${name}`)).toBeUndefined()
    expect(await image.find(`/place/${name}`)).toMatchObject({ kind: 'file' })
  }
  expect(await image.find('/boot/src/.keep')).toMatchObject({ kind: 'file' })
})

test('W11 opening and reading an image changes nothing in its layers and makes no file', async () => {
  const a = await directoryWith({ 'boot/main.wasm': 'a', 'etc/x': 'x' })
  const b = await directoryWith({ 'boot/other': 'b' })
  const state = async () =>
    await Promise.all(
      [a, b].map(async (root) => {
        const names = await readdir(root, { recursive: true })
        const facts = names.sort().map(async (name) => {
          const { mtimeMs, ctimeMs, ino, nlink } = await stat(join(root, name))
          return [name, mtimeMs, ctimeMs, ino, nlink]
        })
        return await Promise.all(facts)
      }),
    )
  const before = await state()
  const image = await open(a, b, `${b}:/deep/down`)
  await image.list('/boot')
  await image.list('/deep')
  await image.entryPoint()
  expect(textOf(await image.read('/deep/down/boot/other', 0, 9))).toBe('b')
  expect(await state()).toEqual(before)
})

test('a file that changes between two reads is read as it is then', async () => {
  const a = await directoryWith({ 'etc/x': 'old' })
  const image = await open(a)
  expect(textOf(await image.read('/etc/x', 0, 9))).toBe('old')
  await writeFile(`${a}/etc/x`, 'newer')
  expect(textOf(await image.read('/etc/x', 0, 9))).toBe('newer')
})

// Root may read everything: run `check` as nobody then.
async function unprivileged(check: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return await check()
  process.seteuid?.(65534)
  try {
    await check()
  } finally {
    process.seteuid?.(0)
  }
}
