// Guests in C, C++ and Rust from nothing to running, and what a library in C can say to a host.

import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { compilerEnv, cppTools, cTools, rustCrates, rustTools } from '../help/toolchains.ts'
import { PROJECT, temporaryFolder, ww } from '../help/ww.ts'

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']
/** A compiler, and the crates of the template from nothing. */
const BUILD_MS = 600_000

async function build(cwd: string, args: readonly string[] = []) {
  return await ww(['build', ...args], { cwd, env: compilerEnv(), timeoutMs: BUILD_MS })
}

for (const [language, tools] of [
  ['c', cTools],
  ['cpp', cppTools],
  ['rust', rustCrates],
] as const) {
  test.skipIf(!tools.isHere)(
    `init --language ${language}, build, run: it grafts and prints the peer id${tools.missing}`,
    async () => {
      await using folder = await temporaryFolder()
      const made = await ww(['init', '--language', language, 'agent'], { cwd: folder.path })
      expect(made).toMatchObject({
        code: 0,
        stderr: 'Ready. Next: cd agent && ww build && ww run .\n',
      })
      const cwd = join(folder.path, 'agent')
      for (const file of made.stdout.trim().split('\n')) {
        expect((await readFile(join(cwd, file))).length, file).toBeGreaterThan(0)
      }
      expect(await build(cwd)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Built boot\/main\.wasm \(\d+\.\d kB\) in /) as string,
        stderr: '',
      })
      const { code, stdout } = await ww(['run', ...LISTEN, '.'], { cwd })
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^Hello from 16Uiu2HA\w{45}\n$/) as string,
      })
      expect((await build(cwd)).stdout).toMatch(/^boot\/main\.wasm is current /)
    },
    BUILD_MS,
  )
}

for (const { language, tools, files, place } of [
  {
    language: 'C',
    tools: cTools,
    files: { 'src/main.c': 'int main(void) {\n  __builtin_trap();\n}\n' },
    place: /unreachable in \S*main\S* \(\.?\/?src\/main\.c:2/,
  },
  {
    language: 'Rust',
    tools: rustTools,
    files: {
      'Cargo.toml': '[package]\nname = "agent"\nversion = "1.0.0"\nedition = "2021"\n',
      'src/main.rs': 'fn main() {\n    std::process::abort()\n}\n',
    },
    place: / \(src\/main\.rs:2/,
  },
]) {
  test.skipIf(!tools.isHere)(
    `--debug keeps the lines of ${language}, and --wasm-debug shows where a guest trapped${tools.missing}`,
    async () => {
      await using folder = await temporaryFolder()
      const cwd = folder.path
      await mkdir(join(cwd, 'src'))
      for (const [path, content] of Object.entries(files)) await writeFile(join(cwd, path), content)
      const trap = async () => {
        const { code, stderr } = await ww(['run', '--wasm-debug', ...LISTEN, '.'], { cwd })
        expect(code).toBe(134)
        return stderr
      }
      expect(await build(cwd)).toMatchObject({ code: 0 })
      expect(await trap()).not.toMatch(place)
      expect(await build(cwd, ['--debug'])).toMatchObject({ code: 0 })
      expect(await trap()).toMatch(place)
    },
    BUILD_MS,
  )
}

test.skipIf(!cTools.isHere)(
  `a guest in C calls with text, lists and capabilities, and grants to a child${cTools.missing}`,
  async () => {
    await using folder = await temporaryFolder()
    const cwd = folder.path
    await mkdir(join(cwd, 'src/bin'), { recursive: true })
    await mkdir(join(cwd, 'include'))
    const fixture = join(PROJECT, 'test/bundle/fixture')
    const rpc = join(PROJECT, 'src/bundle/template/rpc')
    await copyFile(join(fixture, 'parent.c'), join(cwd, 'src/main.c'))
    await copyFile(join(fixture, 'child.c'), join(cwd, 'src/bin/child.c'))
    await copyFile(join(rpc, 'src/ww.c'), join(cwd, 'src/ww.c'))
    await copyFile(join(rpc, 'include/ww.h'), join(cwd, 'include/ww.h'))
    expect(await build(cwd)).toMatchObject({ code: 0, stderr: '' })
    const { code, stdout } = await ww(['run', ...LISTEN, '.'], { cwd })
    expect(stdout.trimEnd().split('\n')).toEqual([
      'Echo: grüße, 13 bytes',
      'addresses 1, the first of 8 bytes',
      'sent -1',
      'finished: A capability is used that no answer holds: it is null, or its call is finished',
      'no such method: Method 99 of interface 0x9ea70c8c9aefb70c on a Host is not implemented',
      'refused: Not a peer id: 10 bytes are not one whole multihash',
      'field: A field is set that its struct has no room for',
      'pointer: A pointer is set that its struct has no room for',
      'echoed 6000750',
      'child with an argument: grants 2',
      'Echo: from the child',
      'it ended with 9',
      'too many: Too many calls are held: finish some of them',
    ])
    expect(code).toBe(5)
  },
  BUILD_MS,
)

test.skipIf(!cTools.isHere)(
  `a guest in C with an error is refused by file and line, and nothing is written${cTools.missing}`,
  async () => {
    await using folder = await temporaryFolder()
    await ww(['init', '--language', 'c', '.'], { cwd: folder.path })
    const main = join(folder.path, 'src/main.c')
    await writeFile(main, (await readFile(main, 'utf8')).replace('ww_error(link)', 'ww_eror(link)'))
    const { code, stdout, stderr } = await build(folder.path)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^src\/main\.c:\d+:\d+: /)
    expect(stderr).toMatch(/\nww: Cannot build src\/main\.c: the compiler refused it\n$/)
    expect(await readdir(folder.path)).not.toContain('boot')
  },
  BUILD_MS,
)

test('without a compiler the sentence says what to install, and the exit code is 1', async () => {
  await using folder = await temporaryFolder()
  await ww(['init', '--language', 'c', '.'], { cwd: folder.path })
  const env = { PATH: '/nowhere' }
  const { code, stdout, stderr } = await ww(['build'], { cwd: folder.path, env })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^ww: Cannot build src\/main\.c: there is no clang .* "apt install .*\n$/)
})

test('a program made elsewhere is adopted with --prebuilt, and runs', async () => {
  await using folder = await temporaryFolder()
  const hello = join(PROJECT, 'images/hello/boot/main.wasm')
  const made = await build(folder.path, ['--prebuilt', hello])
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(await ww(['run', ...LISTEN, '.'], { cwd: folder.path })).toMatchObject({
    code: 0,
    stdout: 'hello\n',
  })
  await rm(join(folder.path, 'boot'), { recursive: true })
  const refused = await build(folder.path, ['--prebuilt', join(PROJECT, 'README.md')])
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toMatch(/^ww: Cannot load .*: it is not WebAssembly but a text file\n$/)
  expect(await readdir(folder.path)).toEqual([])
})

test('a language without a template is answered with those there are, and the one that was meant', async () => {
  await using folder = await temporaryFolder()
  const init = async (language: string) =>
    await ww(['init', '--language', language, 'x'], { cwd: folder.path })
  expect(await init('c++')).toMatchObject({
    code: 2,
    stderr: 'ww: There is no template in c++; there are ts, c, cpp, rust. Did you mean cpp?\n',
  })
  expect(await init('cobol')).toMatchObject({
    code: 2,
    stderr: 'ww: There is no template in cobol; there are ts, c, cpp, rust.\n',
  })
  expect(await readdir(folder.path)).toEqual([])
})
