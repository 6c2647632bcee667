// Installs what package-lock.json names, and does nothing when it is there already.
// npm leaves a record of what it installed in node_modules/.package-lock.json; we compare with that.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const missing = whatIsMissing()
if (missing !== undefined) {
  console.error(`Installing dependencies (${missing}) …`)
  process.exitCode = npmCi()
}

/** Why node_modules does not do, or undefined when it does. */
function whatIsMissing() {
  const wanted = packagesIn('package-lock.json')
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return 'none installed yet'
  const installed = packagesIn('node_modules/.package-lock.json')
  for (const [path, { version, optional, integrity }] of Object.entries(wanted)) {
    if (path === '') continue
    const found = installed[path]
    // Optional packages are for other platforms, or npm would have installed them.
    if (!found && optional) continue
    const other = integrity !== undefined && found?.integrity !== integrity
    if (found?.version !== version || other) return `${path} has changed`
    if (!existsSync(join(root, path))) return `${path} is gone`
  }
  const extra = Object.keys(installed).find((path) => !wanted[path])
  return extra === undefined ? undefined : `${extra} is not wanted any more`
}

function packagesIn(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages
}

// No install scripts: nothing we use needs one, and a dependency's script runs with all our power.
// A registry that does not answer is asked again, after ten seconds and then a minute each.
// The log level is named because under `npm run -s` npm would keep even its failure to itself.
function npmCi() {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const args = ['ci', '--ignore-scripts', '--fetch-retries=5', ...quiet]
  const npm = process.env.npm_execpath
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }
  const { status, error } = npm
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
  if (error) console.error(`Cannot start npm: ${error.message}`)
  return status ?? 1
}
