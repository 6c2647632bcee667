#!/usr/bin/env node
// Brings here what `ww build` needs for guests in C, C++ and Rust, as far as that is possible without
// asking: clang with wasi-libc and libc++ from Debian (root, apt), WASI targets for the Rust that is
// here (rustup), the crates of the template. What cannot be had is said in one sentence, and the tests with it are skipped with
// that sentence.
//
//   node scripts/guest-toolchains.mjs            does what is not done yet
//   node scripts/guest-toolchains.mjs --find     says what is here, as JSON; does nothing

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

const TEMPLATE = join(import.meta.dirname, '../src/bundle/template/rust/Cargo.toml')

const CLANG = ['clang', 'clang-19', 'clang-22', 'clang-16', 'clang-14']
const DEBIAN_C = ['clang-19', 'lld-19', 'wasi-libc', 'libclang-rt-19-dev-wasm32']
const DEBIAN_CPP = ['libc++-19-dev-wasm32', 'libc++abi-19-dev-wasm32']
const TARGET = 'wasm32-wasip1'
const COMPONENT_TARGET = 'wasm32-wasip2'
const RUST_TARGETS = [TARGET, 'wasm32-wasi', COMPONENT_TARGET]
/** Nobody waits longer for a network that is not there; what is there may be slow. */
const INSTALL_MS = 180_000
const APT = ['-o', 'Acquire::Retries=3']

if (process.argv[2] === '--find') {
  const [c, cpp, rust] = [hasLibrary('libc.a'), hasLibrary('libc++.a'), hasRust()]
  const components = hasRust([COMPONENT_TARGET])
  const crates = rust && fetchCrates('--offline')
  console.log(JSON.stringify({ c, cpp, rust, components, crates }))
} else {
  if (!hasLibrary('libc.a') || !hasLibrary('libc++.a')) installClang()
  if (!hasRust([TARGET]) || !hasRust([COMPONENT_TARGET])) installRustTargets()
  if (hasRust() && !fetchCrates('--offline') && !fetchCrates()) {
    console.log('Skipped the template in Rust: its crates could not be fetched')
  }
}

/** Whether a clang is here that has this library for WASI. */
function hasLibrary(name) {
  if (process.env.WASI_SDK_PATH) return existsSync(join(process.env.WASI_SDK_PATH, 'bin/clang'))
  return CLANG.some((clang) => {
    const args = ['--target=wasm32-wasi', `-print-file-name=${name}`]
    const { status, stdout } = spawnSync(clang, args, { encoding: 'utf8' })
    return status === 0 && isAbsolute(stdout.trim()) && existsSync(stdout.trim())
  })
}

/** Whether cargo is here, with the standard library for one of these targets. */
function hasRust(targets = RUST_TARGETS) {
  if (spawnSync('cargo', ['--version']).status !== 0) return false
  return targets.some((target) => {
    const args = ['--print', 'target-libdir', '--target', target]
    const { status, stdout } = spawnSync('rustc', args, { encoding: 'utf8' })
    if (status !== 0 || !existsSync(stdout.trim())) return false
    return readdirSync(stdout.trim()).some((file) => file.startsWith('libstd-'))
  })
}

/** Brings the crates of the template, or with `--offline` looks whether they are here. */
function fetchCrates(...options) {
  const args = ['fetch', '--locked', '--target', TARGET, '--manifest-path', TEMPLATE, ...options]
  return spawnSync('cargo', args, { timeout: INSTALL_MS }).status === 0
}

function installClang() {
  const names = [...DEBIAN_C, ...DEBIAN_CPP]
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    console.log(
      `Skipped guests in C and C++: they need ${names.join(', ')} (Debian's names), and only root can install them with apt`,
    )
    return
  }
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: INSTALL_MS,
  }
  spawnSync('apt-get', [...APT, 'update'], options)
  spawnSync('apt-get', [...APT, 'install', '-y', '--no-install-recommends', ...names], options)
  if (!hasLibrary('libc.a')) {
    console.log(`Skipped guests in C and C++: ${names.join(', ')} could not be installed`)
  } else if (!hasLibrary('libc++.a')) {
    console.log(`Skipped guests in C++: ${DEBIAN_CPP.join(', ')} could not be installed`)
  }
}

function installRustTargets() {
  const args = ['target', 'add', TARGET, COMPONENT_TARGET]
  spawnSync('rustup', args, { stdio: 'ignore', timeout: INSTALL_MS })
  if (hasRust()) return
  console.log(
    `Skipped guests in Rust: cargo is not here, or has no standard library for ${TARGET} and rustup cannot add it`,
  )
}
