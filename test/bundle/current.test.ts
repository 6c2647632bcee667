// `ww build` does nothing when nothing has changed, and never takes old for new.

import { appendFile, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { buildImage } from '../../src/bundle/index.ts'
import { folderWith } from './folder.ts'

const MAIN = `import type { Guest } from 'ww/guest'
import type { Shape } from './shape.ts'
import { word } from './word.ts'

export async function main(guest: Guest): Promise<void> {
  const shape: Shape = { size: word.length }
  guest.stdout.write(String(shape.size))
}
`
const FILES = {
  'src/main.ts': MAIN,
  'src/shape.ts': 'export interface Shape { readonly size: number }\n',
  'src/word.ts': "export const word = 'four'\n",
  'tsconfig.json': '{ "compilerOptions": { "strict": true } }\n',
}

let folder: Awaited<ReturnType<typeof folderWith>>
afterEach(async () => await folder[Symbol.asyncDispose]())

async function build(): Promise<boolean> {
  const [made] = await buildImage(folder.path)
  return made!.isCurrent
}

const at = (path: string) => join(folder.path, path)
const program = async () => await readFile(at('boot/main.wasm'))

test('what has not changed is current, and what has is made again', async () => {
  folder = await folderWith(FILES)
  expect(await build()).toBe(false)
  const first = await program()
  expect(await build()).toBe(true)
  expect(await program()).toEqual(first)

  await writeFile(at('src/word.ts'), "export const word = 'eleven'\n")
  expect(await build()).toBe(false)
  expect(await program()).not.toEqual(first)
})

test('a program that somebody changed is made again', async () => {
  folder = await folderWith(FILES)
  await build()
  const made = await program()
  await appendFile(at('boot/main.wasm'), 'x')
  expect(await build()).toBe(false)
  expect(await program()).toEqual(made)
})

test('types are looked at again when a file changed that leaves no trace in the program', async () => {
  folder = await folderWith(FILES)
  await build()
  await writeFile(at('src/shape.ts'), 'export interface Shape { readonly size: string }\n')
  await expect(build()).rejects.toMatchObject({ code: 'GUEST_TYPES' })
  await writeFile(at('src/shape.ts'), FILES['src/shape.ts'])
  expect(await build()).toBe(true)

  await writeFile(at('src/main.ts'), `import type { Guest as G } from './none'; ${MAIN}`)
  await expect(build()).rejects.toMatchObject({ code: 'GUEST_TYPES' })
  await writeFile(at('src/none.ts'), 'export type Guest = 1\n')
  expect(await build()).toBe(true)
  // Where there was none, there is one now, and it comes first.
  await rm(at('src/none.ts'))
  await mkdir(at('src/none'))
  await writeFile(at('src/none/index.ts'), 'export type Guest = 1\n')
  expect(await build()).toBe(true)
  await writeFile(at('src/none.ts'), 'export type Other = 1\n')
  await expect(build()).rejects.toMatchObject({ code: 'GUEST_TYPES' })
})

test('settings that became stricter are heard', async () => {
  folder = await folderWith(FILES)
  await writeFile(at('src/word.ts'), "export const word = 'four'\nconst unused = 1\n")
  await build()
  expect(await build()).toBe(true)
  await writeFile(at('tsconfig.json'), '{ "compilerOptions": { "noUnusedLocals": true } }\n')
  await expect(build()).rejects.toMatchObject({ code: 'GUEST_TYPES' })
})

test('a note that was cut short, or belongs to another image, is not believed', async () => {
  folder = await folderWith(FILES)
  await build()
  const note = at('.ww/build/typescript/src+main.ts.json')
  const whole = await readFile(note, 'utf8')
  await writeFile(note, whole.slice(0, -20))
  expect(await build()).toBe(false)

  await using other = await folderWith({ ...FILES, 'src/shape.ts': 'export type Shape = string\n' })
  const copied = join(other.path, '.ww/build/typescript')
  await mkdir(copied, { recursive: true })
  await mkdir(join(other.path, 'boot'))
  await copyFile(note, join(copied, 'src+main.ts.json'))
  await copyFile(at('boot/main.wasm'), join(other.path, 'boot/main.wasm'))
  await expect(buildImage(other.path)).rejects.toMatchObject({ code: 'GUEST_TYPES' })
})
