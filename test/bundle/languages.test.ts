// Guests in other languages than TypeScript: what of a folder is built, by what, and when not.

import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { BuildError, buildImage } from '../../src/bundle/index.ts'
import type { BuildImageOptions } from '../../src/bundle/index.ts'
import { loadProgram } from '../../src/cell/index.ts'
import { compilerEnv, cppTools, cTools, rustComponents, rustTools } from '../help/toolchains.ts'
import { PROJECT } from '../help/ww.ts'
import { folderWith } from './folder.ts'

const C = 'int main(void) { return 0; }\n'
const OPTIONS: BuildImageOptions = {
  check: async (program) => void (await loadProgram(program, 'the build')),
  env: compilerEnv(),
}

const build = async (path: string, options: BuildImageOptions = {}) =>
  await buildImage(path, { ...OPTIONS, ...options })

/** What a build throws. */
async function refusal(path: string, options: BuildImageOptions = {}): Promise<Error> {
  const thrown: unknown = await build(path, options).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof Error)) throw new Error('it was built')
  return thrown
}

const fixture = async (name: string) => await readFile(join(PROJECT, 'test/cell/fixture', name))

describe('programs made elsewhere', () => {
  test('a module and a component in src/ are adopted as they are, and are current the next time', async () => {
    await using folder = await folderWith({ 'src/bin/x': '' })
    const [main, tool] = [await fixture('files.wasm'), await fixture('files.component.wasm')]
    await writeFile(join(folder.path, 'src/main.wasm'), main)
    await writeFile(join(folder.path, 'src/bin/tool.wasm'), tool)
    const made = await build(folder.path)
    expect(made.map(({ path }) => path.slice(folder.path.length))).toEqual([
      '/boot/main.wasm',
      '/bin/tool.wasm',
    ])
    expect(made.map(({ isCurrent }) => isCurrent)).toEqual([false, false])
    expect((await readFile(join(folder.path, 'boot/main.wasm'))).equals(main)).toBe(true)
    expect((await readFile(join(folder.path, 'bin/tool.wasm'))).equals(tool)).toBe(true)
    expect((await build(folder.path)).map(({ isCurrent }) => isCurrent)).toEqual([true, true])
  })

  test('one that a cell would refuse is refused in the same words, and nothing is written', async () => {
    const magic = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
    // Imports "a" "b", a function; and nothing at all.
    const foreign = [...magic, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 97, 1, 98, 0, 0]
    const cases: [Uint8Array, RegExp][] = [
      [Uint8Array.from(foreign), /it imports a b, which cells do not have/],
      [Uint8Array.from(magic), /it exports no function _start/],
      [Buffer.from('#!/bin/sh\n'), /it is not WebAssembly but a script/],
    ]
    for (const [bytes, sentence] of cases) {
      await using folder = await folderWith({ 'src/x': '' })
      await writeFile(join(folder.path, 'src/main.wasm'), bytes)
      expect((await refusal(folder.path)).message).toMatch(sentence)
      expect(await readdir(folder.path)).toEqual(['src'])
    }
  })

  test('a file named by its path becomes pid0, whatever else there is to build', async () => {
    await using folder = await folderWith({ 'image/src/main.ts': 'not looked at' })
    const file = join(folder.path, 'made.wasm')
    await writeFile(file, await fixture('files.wasm'))
    const image = join(folder.path, 'image')
    const [made, ...more] = await build(image, { prebuilt: file })
    expect([made?.path, more]).toEqual([join(image, 'boot/main.wasm'), []])
    expect(await refusal(image, { prebuilt: join(folder.path, 'gone.wasm') })).toMatchObject({
      code: 'NO_PREBUILT',
      message: expect.stringMatching(
        /^Cannot adopt gone\.wasm: there is no such file; name a module/,
      ) as string,
    })
  })
})

test('two sources of one program are refused, naming both', async () => {
  await using folder = await folderWith({ 'src/main.ts': '', 'src/main.c': C })
  expect(await refusal(folder.path)).toMatchObject({
    code: 'TWO_SOURCES',
    message:
      'Cannot build boot/main.wasm: both src/main.ts and src/main.c would become it; remove one',
  })
})

describe('without the tools', () => {
  const nowhere = { PATH: '/nowhere' }

  test.each([
    [
      'src/main.c',
      C,
      'a C guest',
      /there is no clang that makes WebAssembly of C \(looked on PATH for clang and for clang-14 to clang-22, and WASI_SDK_PATH is not set\); install it, on Debian for example with "apt install clang-19 /,
    ],
    [
      'src/main.cpp',
      C,
      'a C++ guest',
      /there is no clang that makes WebAssembly of C\+\+ .* libc\+\+abi-19-dev-wasm32"/,
    ],
    [
      'Cargo.toml',
      '[package]\nname = "x"\n',
      'a Rust guest',
      /cargo and rustc are not on PATH; install Rust from .* "rustup target add wasm32-wasip1"/,
    ],
  ])(
    '%s: one sentence says what was looked for, where, and what to install',
    async (file, text, _, sentence) => {
      await using folder = await folderWith({ [file]: text })
      const error = await refusal(folder.path, { env: nowhere })
      expect(error).toMatchObject({ code: 'NO_TOOLCHAIN' })
      expect(error.message).toMatch(sentence)
      expect(error.message.startsWith(`Cannot build ${file}: `)).toBe(true)
      expect(error.message).not.toContain('\n')
      expect(await readdir(folder.path)).toEqual([file.split('/')[0]])
    },
  )

  test('a WASI_SDK_PATH that leads nowhere is named, and no other clang is taken instead', async () => {
    await using folder = await folderWith({ 'src/main.c': C })
    const env = { ...compilerEnv(), WASI_SDK_PATH: '/nowhere/sdk' }
    expect((await refusal(folder.path, { env })).message).toContain(
      '(looked for /nowhere/sdk/bin/clang, as WASI_SDK_PATH says)',
    )
  })

  test('a clang that cannot make a whole program is named with what it says', async () => {
    await using folder = await folderWith({
      'src/main.c': C,
      'tools/clang': '#!/bin/sh\necho "clang: error: no such thing as wasm" >&2\nexit 1\n',
    })
    const tools = join(folder.path, 'tools')
    await chmod(join(tools, 'clang'), 0o755)
    expect((await refusal(folder.path, { env: { PATH: tools } })).message).toContain(
      `; ${tools}/clang is there but cannot (clang: error: no such thing as wasm)); install`,
    )
    expect((await readdir(folder.path)).sort()).toEqual(['src', 'tools'])
  })

  test('a Rust without a target for WASI is told which to add', async () => {
    const rustc = '#!/bin/sh\necho "/nowhere/$4"\n'
    const metadata =
      '{"packages":[{"manifest_path":"","name":"x","default_run":null,"targets":[{"name":"x","kind":["bin"]}]}]}'
    await using folder = await folderWith({
      'Cargo.toml': '[package]\nname = "x"\n',
      'tools/cargo': `#!/bin/sh\necho '${metadata}'\n`,
      'tools/rustc': rustc,
    })
    const tools = join(folder.path, 'tools')
    for (const name of ['cargo', 'rustc']) await chmod(join(tools, name), 0o755)
    const { message } = await refusal(folder.path, { env: { PATH: tools } })
    expect(message).toContain(
      'has no standard library for wasm32-wasip1 or wasm32-wasi or wasm32-wasip2',
    )
    expect(message).toContain('/nowhere/wasm32-wasip1')
    expect(message).toContain('"rustup target add wasm32-wasip1"')
  })
})

/** A folder for PATH with one clang in it, which writes down how it is called. */
async function loggingClang(folder: string) {
  const tools = join(folder, '.tools')
  const log = join(tools, 'log')
  await mkdir(tools)
  await writeFile(
    join(tools, 'clang'),
    `#!/bin/sh\necho "$*" >>"${log}"\nfor name in clang clang-19 clang-22 clang-16 clang-14; do\n  real=$(PATH="$REAL_PATH" command -v $name) && PATH="$REAL_PATH" exec "$real" "$@"\ndone\n`,
  )
  await chmod(join(tools, 'clang'), 0o755)
  const { PATH } = compilerEnv()
  return {
    env: { ...compilerEnv(), PATH: tools, REAL_PATH: PATH },
    /** The sources it compiled since it was last asked, and `link` for each link. */
    calls: async (): Promise<readonly string[]> => {
      const text = await readFile(log, 'utf8').catch(() => '')
      await writeFile(log, '')
      return text
        .split('\n')
        .filter((line) => line.includes('.ww/build'))
        .map((line) => / -c (\S+)/.exec(line)?.[1] ?? 'link')
        .sort()
    },
  }
}

const SHARED = {
  'include/part.h': 'int part(void);\n',
  'src/main.c': '#include "part.h"\nint main(void) { return part(); }\n',
  'src/bin/tool.c': 'int main(void) { return 3; }\n',
  'src/deep/part.c': '#include "part.h"\nint part(void) { return FOUR; }\n',
  'compile_flags.txt': '# a comment\n-DFOUR=4\n',
}

describe.skipIf(!cTools.isHere)(`in C${cTools.missing}`, () => {
  test('an image is built whole: shared sources, headers in include/, flags of compile_flags.txt', async () => {
    await using folder = await folderWith(SHARED)
    const made = await build(folder.path)
    expect(made.map(({ path }) => path.slice(folder.path.length))).toEqual([
      '/boot/main.wasm',
      '/bin/tool.wasm',
    ])
    expect(made.flatMap(({ warnings }) => warnings)).toEqual([])
    expect(await readdir(join(folder.path, 'boot'))).toEqual(['main.wasm'])
    expect(await readdir(join(folder.path, 'bin'))).toEqual(['tool.wasm'])
  })

  test('nothing changed, nothing built; what changed is built with what depends on it', async () => {
    await using folder = await folderWith(SHARED)
    const at = (path: string) => join(folder.path, path)
    const { env, calls } = await loggingClang(folder.path)
    const again = async () => (await build(folder.path, { env })).map((made) => made.isCurrent)
    expect(await again()).toEqual([false, false])
    expect(await calls()).toEqual([
      'link',
      'link',
      'src/bin/tool.c',
      'src/deep/part.c',
      'src/main.c',
    ])

    expect(await again()).toEqual([true, true])
    expect(await calls()).toEqual([])

    await writeFile(at('include/part.h'), 'int part(void); // changed\n')
    expect(await again()).toEqual([false, false])
    expect(await calls()).toEqual(['link', 'link', 'src/deep/part.c', 'src/main.c'])

    await writeFile(at('src/bin/tool.c'), 'int main(void) { return 4; }\n')
    expect(await again()).toEqual([true, false])
    expect(await calls()).toEqual(['link', 'src/bin/tool.c'])

    await writeFile(at('compile_flags.txt'), '-DFOUR=5\n')
    expect(await again()).toEqual([false, false])
    expect(await calls()).toHaveLength(5)

    await writeFile(at('boot/main.wasm'), 'somebody else’s')
    expect(await again()).toEqual([false, true])
    expect(await calls()).toEqual(['link'])
  })

  test('the same sources give the same bytes, wherever they lie', async () => {
    await using here = await folderWith(SHARED)
    await using there = await folderWith(SHARED)
    const bytes = async (path: string) => {
      await build(path)
      return await readFile(join(path, 'boot/main.wasm'))
    }
    expect((await bytes(here.path)).equals(await bytes(there.path))).toBe(true)
  })

  test('errors are the compiler’s, with paths in the image, and the old build stays', async () => {
    await using folder = await folderWith(SHARED)
    await build(folder.path)
    const before = await readFile(join(folder.path, 'boot/main.wasm'))
    await writeFile(
      join(folder.path, 'src/deep/part.c'),
      'int part(void) {\n  return nowhere;\n}\n',
    )
    const error = await refusal(folder.path)
    if (!(error instanceof BuildError)) throw error
    expect(error.code).toBe('GUEST_COMPILE')
    expect(error.problems.join('\n')).toMatch(/^src\/deep\/part\.c:2:10: error: .*'nowhere'/)
    expect((await readFile(join(folder.path, 'boot/main.wasm'))).equals(before)).toBe(true)
  })

  test('errors of the linker and warnings are shown as well', async () => {
    await using folder = await folderWith({
      'src/main.c': 'void gone(void);\nint main(void) { int unused; gone(); return 0; }\n',
    })
    const error = await refusal(folder.path)
    expect(error instanceof BuildError && error.problems.join('\n')).toMatch(
      /undefined symbol: gone/,
    )
    const source = 'int main(void) { int unused; return 0; }\n'
    await writeFile(join(folder.path, 'src/main.c'), source)
    const [made] = await build(folder.path)
    expect(made?.warnings.join('\n')).toMatch(/^src\/main\.c:1:22: warning: unused variable/)
  })
})

test.skipIf(!cppTools.isHere)(`C and C++ are linked together${cppTools.missing}`, async () => {
  await using folder = await folderWith({
    'src/main.cc':
      '#include <string>\n#include <vector>\nextern "C" int part(void);\nint main() { return std::string(std::vector<int>(1, part()).size(), 0).size(); }\n',
    'src/part.c': 'int part(void) { return 4; }\n',
  })
  expect(await build(folder.path)).toMatchObject([{ isCurrent: false, warnings: [] }])
  expect(await build(folder.path)).toMatchObject([{ isCurrent: true }])
})

const CARGO = '[package]\nname = "my-guest"\nversion = "0.1.0"\nedition = "2021"\n'

describe.skipIf(!rustTools.isHere)(`in Rust${rustTools.missing}`, () => {
  test('the program of a package becomes pid0, and is current the next time', async () => {
    await using folder = await folderWith({
      'src/Cargo.toml': CARGO,
      'src/src/main.rs': 'fn main() { println!("hello"); }\n',
    })
    const [made, ...more] = await build(folder.path)
    expect([made?.path, made?.isCurrent, more]).toEqual([
      join(folder.path, 'boot/main.wasm'),
      false,
      [],
    ])
    expect(await build(folder.path)).toMatchObject([{ isCurrent: true }])
  })

  test('errors are the compiler’s, with file and line, and nothing is written', async () => {
    await using folder = await folderWith({
      'Cargo.toml': CARGO,
      'src/main.rs': 'fn main() {\n    nowhere();\n}\n',
    })
    const error = await refusal(folder.path)
    if (!(error instanceof BuildError)) throw error
    expect(error.problems.join('\n')).toMatch(/^error\[E0425\]: .*`nowhere`/)
    expect(error.problems.join('\n')).toContain('--> src/main.rs:2:5')
    expect(error.problems.join('\n')).not.toContain('Compiling')
    expect(await readdir(folder.path)).not.toContain('boot')
  })

  test('of several programs one must be named, and a package without any is told', async () => {
    await using folder = await folderWith({
      'Cargo.toml': CARGO,
      'src/bin/one.rs': 'fn main() {}\n',
      'src/bin/two.rs': 'fn main() { println!(); }\n',
    })
    const problems = async () => {
      const error = await refusal(folder.path)
      return error instanceof BuildError ? error.problems.join('\n') : error.message
    }
    expect(await problems()).toMatch(
      /Cargo\.toml: the package has the programs one, two: name one with default-run in \[package\]$/,
    )
    await writeFile(join(folder.path, 'Cargo.toml'), `${CARGO}default-run = "two"\n`)
    expect(await build(folder.path)).toHaveLength(1)

    await using library = await folderWith({ 'Cargo.toml': CARGO, 'src/lib.rs': '' })
    const error = await refusal(library.path)
    expect(error instanceof BuildError && error.problems[0]).toMatch(
      /has no program: add src\/main\.rs$/,
    )
  })
})

test.skipIf(!rustComponents.isHere)(
  `CARGO_BUILD_TARGET says for what Rust is built: a component with wasm32-wasip2${rustComponents.missing}`,
  async () => {
    await using folder = await folderWith({
      'Cargo.toml': CARGO,
      'src/main.rs': 'fn main() { println!("hello"); }\n',
    })
    await build(folder.path, { env: { ...compilerEnv(), CARGO_BUILD_TARGET: 'wasm32-wasip2' } })
    const [, , , , version, , layer] = await readFile(join(folder.path, 'boot/main.wasm'))
    expect([version, layer]).toEqual([0x0d, 1])
  },
)
