import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, delimiter, join } from 'node:path'

import { PROJECT, temporaryFolder } from './ww.ts'

const CONFIGURATION = [
  '.dependency-cruiser.cjs',
  '.gitignore',
  '.oxfmtrc.json',
  '.oxlintrc.json',
  'knip.json',
  'package.json',
  'tsconfig.json',
  'tsconfig.pure.json',
  'vitest.config.ts',
]

/** The sources and settings of the project in a folder of their own, to spoil at will. */
export interface ProjectCopy extends AsyncDisposable {
  /** Writes a file, or adds to the end of one that is there. */
  append(path: string, content: string): Promise<void>
  /** Runs the command of a script of package.json. @returns what it printed */
  runScript(name: string): Promise<{ readonly code: number | null; readonly output: string }>
}

export async function copyOfProject(): Promise<ProjectCopy> {
  const folder = await temporaryFolder()
  const at = (path: string) => join(folder.path, path)
  for (const path of CONFIGURATION) await cp(join(PROJECT, path), at(path))
  for (const path of ['capnp', 'images', 'scripts', 'src', 'test']) {
    await cp(join(PROJECT, path), at(path), { recursive: true })
  }
  // Tools and compiled declarations are only read.
  for (const path of ['dist', 'node_modules']) await symlink(join(PROJECT, path), at(path))
  return {
    async append(path, content) {
      await mkdir(dirname(at(path)), { recursive: true })
      await writeFile(at(path), content, { flag: 'a' })
    },
    async runScript(name) {
      return await runShell(scriptNamed(name), folder.path)
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** The command of a script of package.json. */
function scriptNamed(name: string): string {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string | undefined>
  }
  const command = scripts[name]
  if (command === undefined) throw new Error(`package.json has no script ${name}`)
  return command
}

async function runShell(
  command: string,
  cwd: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const path = [join(PROJECT, 'node_modules/.bin'), process.env['PATH']].join(delimiter)
  const env = { ...process.env, PATH: path, NO_COLOR: '1' }
  const child = spawn(command, { cwd, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}
