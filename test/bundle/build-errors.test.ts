import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { BuildError, buildGuest, buildImage } from '../../src/bundle/index.ts'
import { folderWith } from './folder.ts'

const MAIN = 'export async function main(): Promise<void> {}\n'

/** The problems of a build of `src/main.ts` in a folder with these files; paths are relative to it. */
async function problemsOf(files: Readonly<Record<string, string>>) {
  await using folder = await folderWith(files)
  const out = join(folder.path, 'boot/main.wasm')
  const error: unknown = await buildGuest({ entry: join(folder.path, 'src/main.ts'), out }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(await readdir(folder.path)).not.toContain('boot')
  if (!(error instanceof BuildError)) throw new Error('it was built', { cause: error })
  return {
    code: error.code,
    problems: error.problems.map((line) => line.split(`${folder.path}/`).at(-1)),
  }
}

test('a type error is told with file, line, column and the compiler’s sentence', async () => {
  expect(
    await problemsOf({
      'src/main.ts': `import { twice } from './part.ts'\n${MAIN}twice(1)\n`,
      'src/part.ts': "export const twice = (n: number): number =>\n  n + 'n'\n",
    }),
  ).toEqual({
    code: 'GUEST_TYPES',
    problems: ["src/part.ts:2:3: Type 'string' is not assignable to type 'number'."],
  })
})

test('of many problems the first are listed, and how many more there are', async () => {
  const wrong = Array.from(
    { length: 11 },
    (_, at) => `const n${at}: number = 'text'\nexport { n${at} }`,
  )
  const { problems } = await problemsOf({ 'src/main.ts': `${MAIN}${wrong.join('\n')}\n` })
  expect(problems).toHaveLength(9)
  expect(problems.at(0)).toMatch(/^src\/main\.ts:2:7: /)
  expect(problems.at(-1)).toBe('and 3 more')
})

test('what a cell has not is refused with file, line and what there is instead', async () => {
  const refused = [
    ['await fetch("https://example.com")', 'A cell has no `fetch`: it reaches the network only'],
    ['process.exit(1)', 'A cell has no `process`: use `guest.args`'],
    ['Buffer.from("x")', 'A cell has no `Buffer`: use Uint8Array'],
    ['require("fs")', 'A cell has no `require`: all its modules are bundled'],
    ['new WebSocket("ws://x")', 'A cell has no `WebSocket`: it reaches the network only'],
    ['globalThis.fetch("x")', 'A cell has no `fetch`: it reaches the network only'],
    ['window.alert("x")', 'A cell has no `window`: there is no page'],
  ]
  const body = refused.map(([statement]) => `  ${statement}\n`).join('')
  const source = `export async function main(): Promise<void> {\n${body}}\n`
  const { problems } = await problemsOf({ 'src/main.ts': source })
  expect(problems).toHaveLength(refused.length)
  refused.forEach(([, sentence], at) => {
    expect(problems[at]).toMatch(new RegExp(`^src/main\\.ts:${at + 2}:\\d+: `))
    expect(problems[at]).toContain(sentence)
  })
})

test('a module of Node is refused with what there is instead', async () => {
  expect(
    (
      await problemsOf({
        'src/main.ts': `import { readFile } from 'node:fs/promises'\nreadFile\n${MAIN}`,
      })
    ).problems,
  ).toEqual([
    'src/main.ts:1:26: A cell has no module `node:fs/promises`: read the files of the image with `guest.files`',
  ])
})

test('an import that leads nowhere is told with file and line', async () => {
  const { problems } = await problemsOf({
    'src/main.ts': `import './gone.ts'\nimport 'not-there'\n${MAIN}`,
  })
  expect(problems.map((line) => line?.split(':').slice(0, 2).join(':'))).toEqual(
    expect.arrayContaining(['src/main.ts:1', 'src/main.ts:2']),
  )
})

test('an interface of WASI is not imported by a guest', async () => {
  const { problems } = await problemsOf({
    'src/main.ts': `import * as poll from 'wasi:io/poll@0.2.9'\npoll\n${MAIN}`,
  })
  expect(problems[0]).toContain('A guest reaches WASI through `ww/guest`')
})

test('a guest without main is told what to add', async () => {
  expect(await problemsOf({ 'src/main.ts': 'export const other = 1\n' })).toEqual({
    code: 'GUEST_SOURCE',
    problems: ['src/main.ts: does not export main: add `export async function main(guest: Guest)`'],
  })
})

test('a main that cannot be called with a guest is told where and what it is', async () => {
  const source = '\nexport const main = async (count: number): Promise<string> => `${count}`\n'
  const { code, problems } = await problemsOf({ 'src/main.ts': source })
  expect(code).toBe('GUEST_SOURCE')
  expect(problems[0]).toMatch(
    /^src\/main\.ts:2:14: main must be .*, not `\(count: number\) => Promise<string>`$/,
  )
})

test('an entry that is not there is told by name', async () => {
  const { code, problems } = await problemsOf({ 'src/other.ts': MAIN })
  expect([code, problems]).toEqual(['GUEST_SOURCE', ['src/main.ts: there is no such file']])
})

test('a guest’s own tsconfig makes the check stricter, and cannot make a cell of Node', async () => {
  const files = (compilerOptions: object) => ({
    'src/main.ts': `const unused = 1\n${MAIN}`,
    'tsconfig.json': JSON.stringify({ compilerOptions }),
  })
  const build = async (compilerOptions: object, source?: string) => {
    await using folder = await folderWith({
      ...files(compilerOptions),
      ...(source === undefined ? {} : { 'src/main.ts': source }),
    })
    await buildGuest({
      entry: join(folder.path, 'src/main.ts'),
      out: join(folder.path, 'out.wasm'),
      tsconfig: join(folder.path, 'tsconfig.json'),
    })
  }
  await expect(build({ noUnusedLocals: true })).rejects.toMatchObject({ code: 'GUEST_TYPES' })
  await expect(
    build({ types: ['node'], lib: ['dom'] }, `${MAIN}fetch('x')\n`),
  ).rejects.toMatchObject({ code: 'GUEST_TYPES' })
})

test('a build that fails leaves the old program as it is', async () => {
  await using folder = await folderWith({ 'src/main.ts': 'wrong', 'boot/main.wasm': 'the old one' })
  const out = join(folder.path, 'boot/main.wasm')
  await expect(buildGuest({ entry: join(folder.path, 'src/main.ts'), out })).rejects.toThrow(
    /^Cannot build .*src\/main\.ts: one problem in its source$/,
  )
  expect(await readFile(out, 'utf8')).toBe('the old one')
  expect(await readdir(join(folder.path, 'boot'))).toEqual(['main.wasm'])
})

test('what stands in the way of a program is named, with what to do', async () => {
  const main = 'export function main(): void {}\n'
  await using inPlace = await folderWith({ 'src/main.ts': main, 'boot/main.wasm/x': '' })
  await expect(buildImage(inPlace.path)).rejects.toMatchObject({
    code: 'NOT_WRITTEN',
    message: `Cannot write ${join(inPlace.path, 'boot/main.wasm')}: a folder is in its place; take it away`,
  })
  await using above = await folderWith({ 'src/main.ts': main, boot: '' })
  await expect(buildImage(above.path)).rejects.toMatchObject({
    message: `Cannot write ${join(above.path, 'boot/main.wasm')}: ${join(above.path, 'boot')} is a file; take it away`,
  })
})

test('a folder that is none is told from one that is not there', async () => {
  await using folder = await folderWith({ file: '' })
  await expect(buildImage(join(folder.path, 'file'))).rejects.toThrow(
    /file: it is a file; name the folder that holds src\/$/,
  )
  await expect(buildImage(join(folder.path, 'gone'))).rejects.toThrow(
    /gone: there is no such folder; name the folder that holds src\/$/,
  )
})
