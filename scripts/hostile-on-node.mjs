// Runs the hostile programs, in threads and in processes of their own, and programs whose fuel is
// counted, on other versions of Node: they differ in what their engines stop and compile.
// `node scripts/hostile-on-node.mjs 22 24 26`, after a build. The newest version of each line comes from
// npm (`node-<platform>-<arch>`) and stays in dist/node.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const help = join(root, 'dist/test/cell/help')
const TIMEOUT_MS = 120_000
/** A slow moment of the machine is not a guest that cannot be stopped. */
const ATTEMPTS = 3

const lines = process.argv.slice(2)
if (lines.length === 0 || !existsSync(help)) {
  console.error('Usage: npm run -s build && node scripts/hostile-on-node.mjs <line>…, as 22 24 26')
  process.exit(2)
}

const nodes = [process.execPath, ...lines.map(install)]
let expected
for (const node of nodes) {
  const { output: version } = await run(node, ['--version'])
  const { output: listed } = await run(node, [join(help, 'hostile.js'), '--list'])
  const names = JSON.parse(listed)
  const failed = []
  for (const name of names) {
    for (const isolation of ['thread', 'process']) {
      if (!(await isStopped(node, name, isolation))) failed.push(`${name}, in a ${isolation}`)
    }
  }
  const { output: totals } = await run(node, [join(help, 'totals.js')])
  expected ??= totals
  const isSame = totals !== '' && totals === expected
  const stopped = `${2 * names.length - failed.length} of ${2 * names.length} hostile cells stopped`
  console.log(`${version.trim()}: ${stopped}; fuel and results ${isSame ? 'the same' : 'DIFFER'}`)
  for (const name of failed) console.log(`  not stopped: ${name}`)
  if (!isSame) console.log(`  ${totals}\n  where ${nodes[0]} has\n  ${expected}`)
  if (failed.length > 0 || !isSame || names.length === 0) process.exitCode = 1
}

/** @returns the path of the executable */
function install(line) {
  const name = `node-${process.platform}-${process.arch}`
  const npm = (...args) => {
    const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8', cwd: root })
    if (status === 0) return stdout
    throw new Error(`npm ${args.join(' ')}: ${stderr.trim().split('\n').at(-1)}`)
  }
  const found = JSON.parse(npm('view', `${name}@${line}`, 'version', '--json'))
  const version = [found]
    .flat()
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1)
  const folder = join(root, 'dist/node', version)
  const executable = join(folder, 'node_modules', name, 'bin/node')
  if (existsSync(executable)) return executable
  mkdirSync(folder, { recursive: true })
  const quietly = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  npm('install', '--prefix', folder, ...quietly, `${name}@${version}`)
  return executable
}

async function isStopped(node, name, isolation) {
  for (let left = ATTEMPTS; left > 0; left--) {
    const { output } = await run(node, [join(help, 'hostile.js'), name, isolation])
    if (output === '') continue
    const { exit, errors } = JSON.parse(output)
    if (exit.kind === 'killed' && errors.length === 0) return true
  }
  return false
}

async function run(node, args) {
  const child = spawn(node, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.resume()
  await new Promise((resolve) => child.on('close', resolve))
  return { output }
}
