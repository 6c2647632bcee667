import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { initGuest } from '../../src/bundle/index.ts'
import { folderWith } from './folder.ts'

test('a new guest is written into a folder that is made for it', async () => {
  await using folder = await folderWith()
  const target = join(folder.path, 'my-agent')
  const files = await initGuest(target)
  expect(files).toEqual(expect.arrayContaining(['src/main.ts', 'tsconfig.json', '.gitignore']))
  expect(await readFile(join(target, 'README.md'), 'utf8')).toMatch(/^# my-agent\n/)
  for (const file of files) expect(await readFile(join(target, file), 'utf8')).not.toBe('')
})

test('what is in the way is listed, and nothing is written', async () => {
  await using folder = await folderWith({ 'README.md': 'mine', 'src/main.ts': 'mine too' })
  await expect(initGuest(folder.path)).rejects.toThrow(
    /src\/main\.ts, README\.md are there already; name another folder, or take away what is there$/,
  )
  expect((await readdir(folder.path)).sort()).toEqual(['README.md', 'src'])
  expect(await readFile(join(folder.path, 'README.md'), 'utf8')).toBe('mine')
})

test('files of other names are no obstacle', async () => {
  await using folder = await folderWith({ LICENSE: 'mine' })
  await initGuest(folder.path, { name: 'other name' })
  expect(await readFile(join(folder.path, 'README.md'), 'utf8')).toMatch(/^# other name\n/)
})

test('a file where the folder should be is told', async () => {
  await using folder = await folderWith({ agent: 'a file' })
  await expect(initGuest(join(folder.path, 'agent'))).rejects.toThrow(
    /agent: it is a file; name a folder$/,
  )
})
