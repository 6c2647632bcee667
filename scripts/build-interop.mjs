#!/usr/bin/env node
// Brings the other ends of the interop suite into dist/interop: test/interop/peer built on the C++
// reference, which needs the capnp tool, its library and g++ (installed when that is possible: root,
// apt), and pycapnp from its wheel. What cannot be had is said in one sentence, and the tests with
// it are skipped with that sentence.
//
//   node scripts/build-interop.mjs            does what is not done yet
//   node scripts/build-interop.mjs --find     says where things are, as JSON; does nothing

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const schemas = join(root, 'test/interop')
const schema = join(schemas, 'interop.capnp')
const sources = join(schemas, 'peer')
const out = join(root, 'dist/interop')

const COMPILE = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Wno-unused-parameter']
const LIBRARIES = ['-lcapnp-rpc', '-lcapnp', '-lkj-async', '-lkj', '-pthread']
const PACKAGES = ['capnproto', 'libcapnp-dev', 'g++']
const HEADER = '/usr/include/capnp/rpc-twoparty.h'
const APT = ['-o', 'Acquire::Retries=3']
/** Nobody waits longer for a network that is not there; what is there may be slow. */
const INSTALL_MS = 240_000

const units = readdirSync(sources)
  .filter((name) => name.endsWith('.c++'))
  .sort()
const program = join(out, `peer-${hashOfInputs().slice(0, 16)}`)

const PYCAPNP = 'pycapnp==2.2.4'
const python = join(out, PYCAPNP)

if (process.argv[2] === '--find') {
  const found = (path) => (existsSync(path) ? path : undefined)
  console.log(JSON.stringify({ program: found(program), python: found(python) }))
} else {
  if (!existsSync(program)) {
    const missing = whatIsMissing()
    if (missing) console.log(`Skipped the C++ peer: ${missing}`)
    else process.exitCode = await build()
  }
  if (!existsSync(python)) installPython()
}

function hashOfInputs() {
  const hash = createHash('sha256').update(COMPILE.join(' '))
  const files = readdirSync(sources)
    .filter((name) => /\.(h|c\+\+)$/.test(name))
    .sort()
  for (const path of [schema, ...files.map((name) => join(sources, name))]) {
    hash.update(`${path.slice(root.length)}\0`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function hasTools() {
  const runs = (command) => spawnSync(command, ['--version']).status === 0
  return runs('capnp') && runs('g++') && existsSync(HEADER)
}

/** Installs what is missing where that is possible. @returns why there is no building, if so */
function whatIsMissing() {
  if (hasTools()) return undefined
  const names = PACKAGES.join(', ')
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    return `it needs ${names} (Debian's names), and only root can install them with apt`
  }
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: INSTALL_MS,
  }
  spawnSync('apt-get', [...APT, 'update'], options)
  spawnSync('apt-get', [...APT, 'install', '-y', '--no-install-recommends', ...PACKAGES], options)
  return hasTools() ? undefined : `${names} could not be installed`
}

/** From its wheel, or not at all: building it would take minutes. */
function installPython() {
  const staged = `${python}.${process.pid}`
  const args = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '--target', staged]
  const { status } = spawnSync('python3', [...args, PYCAPNP], {
    stdio: 'ignore',
    timeout: INSTALL_MS,
  })
  if (status === 0) renameSync(staged, python)
  else console.log(`Skipped pycapnp: python3 with pip could not install ${PYCAPNP}`)
  rmSync(staged, { recursive: true, force: true })
}

async function build() {
  const started = performance.now()
  const work = join(out, `build-${process.pid}`)
  mkdirSync(work, { recursive: true })
  try {
    await run('capnp', ['compile', `-oc++:${work}`, `--src-prefix=${schemas}`, schema])
    const inputs = [join(work, 'interop.capnp.c++'), ...units.map((name) => join(sources, name))]
    const objects = inputs.map((_, index) => join(work, `${index}.o`))
    const waiting = [...inputs.entries()]
    const compileWaiting = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [index, input] = next
        await run('g++', [...COMPILE, `-I${work}`, '-c', input, '-o', objects[index]])
      }
    }
    await Promise.all([compileWaiting(), compileWaiting()])
    await run('g++', [...objects, ...LIBRARIES, '-o', join(work, 'peer')])
    for (const name of readdirSync(out).filter((name) => name.startsWith('peer-'))) {
      rmSync(join(out, name))
    }
    renameSync(join(work, 'peer'), program)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`Built the C++ peer in ${seconds} s`)
    return 0
  } catch (thrown) {
    console.error(`The C++ peer does not build: ${thrown.message}`)
    return 1
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Runs a command whose output is for people; rejects unless it succeeds. */
async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 2, 2] })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ended with code ${code}; what is wrong stands above`)
}
