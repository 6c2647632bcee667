// Assembles the WAT programs of an image: src/main.wat becomes boot/main.wasm, src/bin/<program>.wat
// becomes bin/<program>.wasm. Alone, it does so for every image here.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, parse, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import wabt from 'wabt'

const PROJECT = join(import.meta.dirname, '..')

/** @returns {Promise<string[]>} the files written, absolute; none when the image has no WAT */
export async function buildWat(image) {
  const programs = [
    ...(await watFiles(join(image, 'src'))).filter(({ name }) => name === 'main'),
    ...(await watFiles(join(image, 'src/bin'))),
  ]
  const assembler = programs.length > 0 ? await wabt() : undefined
  const written = []
  for (const { path, name } of programs) {
    const isMain = dirname(path) === join(image, 'src')
    const target = join(image, isMain ? 'boot' : 'bin', `${name}.wasm`)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, assemble(assembler, path, await readFile(path, 'utf8')))
    written.push(target)
  }
  return written
}

async function watFiles(folder) {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.wat')).sort()
    return names.map((name) => ({ path: join(folder, name), name: parse(name).name }))
  } catch (thrown) {
    if (thrown.code === 'ENOENT') return []
    throw thrown
  }
}

function assemble(assembler, path, text) {
  const module = assembler.parseWat(relative(PROJECT, path), text)
  try {
    module.resolveNames()
    module.validate()
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const images = join(PROJECT, 'images')
  for (const entry of await readdir(images, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    for (const path of await buildWat(join(images, entry.name))) console.log(relative('.', path))
  }
}
