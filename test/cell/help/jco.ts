// Another host for components: jco, where the environment names a folder that has it. It makes
// JavaScript of a component and runs it in a process of its own, over a directory of the machine.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A folder with `@bytecodealliance/jco-transpile` and `preview2-shim` in its node_modules. */
export const jcoFolder = process.env['WW_JCO']

interface JcoRun {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** By absolute path. */
  readonly files: Readonly<Record<string, string>>
  readonly input: string
}

interface Transpiler {
  readonly transpile: (
    path: string,
    options: { name: string; map: Record<string, string> },
  ) => Promise<{ files: Record<string, Uint8Array> }>
}

// Its shim takes any standard input for a terminal, unless told otherwise.
const main = (root: string, { args, env }: JcoRun) => `
  import { _setPreopens } from '@bytecodealliance/preview2-shim/filesystem'
  import { _setArgs, _setEnv, _setTerminalStdin } from '@bytecodealliance/preview2-shim/cli'
  _setPreopens({ '/': ${JSON.stringify(root)} })
  _setArgs(${JSON.stringify(args)})
  _setEnv(${JSON.stringify(env)})
  _setTerminalStdin(undefined)
  const { run } = await import('./guest.js')
  run.run()
`
const NO_STREAMS = `export const streams = { Connection: class {}, createConnection() {} }`

/** Lines a component writes to stdout when jco runs it. */
export async function runByJco(path: string, run: JcoRun): Promise<string[]> {
  const folder = jcoFolder ?? ''
  const require = createRequire(pathToFileURL(join(folder, 'package.json')))
  const entry = require.resolve('@bytecodealliance/jco-transpile')
  const { transpile } = (await import(pathToFileURL(entry).href)) as Transpiler
  const map = { 'wetware:streams/*': './wetware.js#*' }
  const { files } = await transpile(path, { name: 'guest', map })

  // Below that folder, so that the shim is found.
  const scratch = mkdtempSync(join(folder, 'run-'))
  const root = mkdtempSync(join(tmpdir(), 'ww-jco-'))
  const put = (at: string, content: string | Uint8Array) => {
    mkdirSync(dirname(at), { recursive: true })
    writeFileSync(at, content)
  }
  try {
    mkdirSync(join(root, 'tmp'))
    for (const [name, content] of Object.entries(run.files)) put(join(root, name), content)
    for (const [name, content] of Object.entries(files)) put(join(scratch, name), content)
    put(join(scratch, 'package.json'), '{ "type": "module" }')
    put(join(scratch, 'wetware.js'), NO_STREAMS)
    put(join(scratch, 'main.js'), main(root, run))
    const { stdout } = spawnSync(process.execPath, ['--no-warnings', join(scratch, 'main.js')], {
      input: run.input,
      encoding: 'utf8',
    })
    return stdout.trimEnd().split('\n')
  } finally {
    for (const made of [scratch, root]) rmSync(made, { recursive: true })
  }
}
