// Runs every `check:*` script of package.json, two at a time, and says which held.
// A check that fails does not hide the others.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const AT_ONCE = 2

const root = join(import.meta.dirname, '..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const waiting = Object.entries(scripts).filter(([name]) => name.startsWith('check:'))
let passed = 0
let failed = 0

await Promise.all(Array.from({ length: AT_ONCE }, runWaiting))
console.log(`${passed} passed, ${failed} failed`)
if (failed > 0 || passed === 0) process.exitCode = 1

async function runWaiting() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const [name, command] = next
    const started = performance.now()
    const { code, output } = await run(command)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
    if (code === 0) passed++
    else failed++
    if (code !== 0) console.log(output.trimEnd())
  }
}

// Not by `npm run`: its own start would cost more than most checks.
async function run(command) {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH: path, NO_COLOR: '1' }
  const child = spawn(command, { cwd: root, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  return { code, output }
}
