// The C library of the templates, natively and with sanitizers, against what a host should not send.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { PROJECT } from '../help/ww.ts'
import { folderWith } from './folder.ts'

const SANITIZE = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
const COMPILERS = ['cc', 'gcc', 'clang', 'clang-19']

/** A compiler whose sanitizers work here. */
async function findCompiler(): Promise<string | undefined> {
  await using folder = await folderWith({ 'trial.c': 'int main(void) { return 0; }\n' })
  return COMPILERS.find((compiler) => {
    const options = { cwd: folder.path }
    const built = spawnSync(compiler, [...SANITIZE, 'trial.c', '-o', 'trial'], options)
    return built.status === 0 && spawnSync(join(folder.path, 'trial')).status === 0
  })
}

const compiler = await findCompiler()
const missing = compiler ? '' : ' (skipped: no C compiler with sanitizers is here)'

/** First seed and count. The first is what is tried always; the others once found something. */
const STORED: readonly (readonly [first: number, count: number])[] = [[1, 4_000]]

test.skipIf(!compiler)(
  `whatever a host sends, ww.c keeps to its memory and ends${missing}`,
  async () => {
    await using folder = await folderWith()
    const fuzz = join(folder.path, 'fuzz')
    const rpc = join(PROJECT, 'src/bundle/template/rpc')
    const source = join(PROJECT, 'test/bundle/fixture/fuzz.c')
    const args = ['-g', '-O1', '-Wall', '-Wextra', '-Werror', ...SANITIZE]
    const includes = [`-I${rpc}/include`, `-I${rpc}/src`]
    const built = spawnSync(compiler!, [...args, ...includes, source, '-o', fuzz])
    expect(built.stderr.toString()).toBe('')
    for (const [first, count] of STORED) {
      const { stdout, stderr, status } = spawnSync(fuzz, [String(first), String(count)], {
        encoding: 'utf8',
        timeout: 170_000,
      })
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
      // Damage that never let anything through would try nothing but the reader of frames.
      const [, results = 0, caps = 0] = /(\d+) results, (\d+) capabilities/.exec(stdout) ?? []
      expect(Number(results)).toBeGreaterThan(count / 4)
      expect(Number(caps)).toBeGreaterThan(count / 8)
    }
  },
)
