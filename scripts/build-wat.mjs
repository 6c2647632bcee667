// Assembles the WAT programs of the images: images/<name>/src/main.wat becomes boot/main.wasm,
// images/<name>/src/bin/<program>.wat becomes bin/<program>.wasm.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, parse, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import wabt from 'wabt'

const PROJECT = join(import.meta.dirname, '..')

/**
 * Assembles every program below `images`.
 * @returns {Promise<string[]>} the files written
 */
export async function buildWat(images = join(PROJECT, 'images')) {
  const assembler = await wabt()
  const written = []
  for (const image of await folders(images)) {
    for (const [source, target] of await programs(join(images, image))) {
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, assemble(assembler, source, await readFile(source, 'utf8')))
      written.push(target)
    }
  }
  return written
}

async function folders(path) {
  const entries = await readdir(path, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

async function programs(image) {
  const main = await names(join(image, 'src'))
  const bin = await names(join(image, 'src/bin'))
  return [
    ...main
      .filter((name) => name === 'main.wat')
      .map((name) => [join(image, 'src', name), join(image, 'boot/main.wasm')]),
    ...bin
      .filter((name) => name.endsWith('.wat'))
      .map((name) => [
        join(image, 'src/bin', name),
        join(image, 'bin', `${parse(name).name}.wasm`),
      ]),
  ]
}

async function names(folder) {
  try {
    return await readdir(folder)
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
  for (const path of await buildWat()) console.log(relative(process.cwd(), path))
}
