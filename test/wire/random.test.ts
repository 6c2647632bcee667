// Serialization against the `capnp` tool: random schemas through our generator, random values both
// ways in every form the tool knows.
//
// A few schemas of a fixed seed here. More, of another one:
//
//     WW_SCHEMA_SEED=7 WW_SCHEMAS=500 npx vitest run dist/test/wire/random.test.js
//
// A failure names the seed and prints the schema and the value.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import ts from 'typescript'
import { expect, test } from 'vitest'

import {
  canonicalOf,
  Message,
  pack,
  PackedReader,
  rootOf,
  segmentOf,
} from '../../src/wire/index.ts'
import type { Struct, StructType } from '../../src/wire/index.ts'
import { Random } from '../help/random.ts'
import { temporaryFolder } from '../help/ww.ts'
import { encode, messageIn } from './help.ts'
import { RandomSchema } from './random-schema.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const SEED = Number(process.env['WW_SCHEMA_SEED'] ?? 1)
const SCHEMAS = Number(process.env['WW_SCHEMAS'] ?? 4)
const VALUES = 2
const AT_ONCE = 20

const hasTool = spawnSync('capnp', ['--version']).status === 0

interface Case {
  readonly seed: number
  readonly schema: RandomSchema
  readonly file: string
  readonly module: { readonly [name: string]: StructType<Struct, unknown> }
}

/** The tool refuses some layouts that its old versions compiled wrongly: then it is the next schema. */
function acceptedSchema(seed: number, path: string): RandomSchema {
  const random = new Random(seed)
  for (;;) {
    const schema = new RandomSchema(random, BigInt(seed) + 0x1000n)
    writeFileSync(path, schema.text)
    const run = spawnSync('capnp', ['compile', '-o-', path])
    if (run.status === 0) return schema
    const problem = run.stderr.toString()
    if (!problem.includes('issues/344')) throw new Error(`${problem} in\n${schema.text}`)
  }
}

/** Schemas of seeds from `first` on: generated, transpiled, loaded. */
async function load(folder: string, first: number, count: number): Promise<Case[]> {
  const made = Array.from({ length: count }, (_, at) => {
    const seed = first + at
    const file = join(folder, `s${seed}.capnp`)
    return { seed, schema: acceptedSchema(seed, file), name: `s${seed}`, file }
  })
  const files = made.map(({ file }) => file)
  const runtime = pathToFileURL(join(ROOT, 'dist/src/rpc/codegen.js')).href
  const generator = join(ROOT, 'scripts/gen-capnp.mjs')
  const args = [generator, '--out', folder, '--runtime', runtime, ...files]
  const run = spawnSync(process.execPath, args)
  if (run.status !== 0) throw new Error(`Seeds from ${first}: ${run.stderr.toString()}`)
  return await Promise.all(
    made.map(async ({ seed, schema, name, file }) => {
      const source = await readFile(join(folder, `${name}.ts`), 'utf8')
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      })
      const path = join(folder, `${name}.mjs`)
      await writeFile(path, outputText)
      const module = (await import(pathToFileURL(path).href)) as Case['module']
      return { seed, schema, file, module }
    }),
  )
}

function capnp(args: readonly string[], input: string | Uint8Array): Uint8Array {
  const run = spawnSync('capnp', [...args], { input, maxBuffer: 64 << 20 })
  if (run.status !== 0) throw new Error(`capnp ${args.join(' ')}: ${run.stderr.toString()}`)
  return new Uint8Array(run.stdout)
}

function packedMessage(bytes: Uint8Array, step: number): Message {
  const messages: Message[] = []
  const reader = new PackedReader((message) => messages.push(message) > 0)
  for (let at = 0; at < bytes.length; at += step) reader.feed(bytes.slice(at, at + step))
  if (messages.length !== 1 || !reader.isBetweenFrames) throw new Error('Not one packed message')
  return messages[0]!
}

function checkStruct({ schema, file, module }: Case, of: number, random: Random): void {
  const name = `S${of}`
  const type = module[name]!
  const convert = (from: string, to: string, input: string | Uint8Array, ...flags: string[]) =>
    capnp(['convert', '--quiet', ...flags, `${from}:${to}`, file, name], input)
  for (let round = 0; round < VALUES; round++) {
    const value = schema.struct(of)
    const text = schema.textOf(of, value)
    const about = `${text}\nin\n${schema.text}`
    const ours = encode(type, value)
    const theirs = convert('text', 'binary', text)
    const canonical = Buffer.from(convert('binary', 'canonical', theirs))
    const packedByThem = convert('binary', 'packed', theirs)

    // What we write they read, in text and in JSON, as what they write themselves.
    expect(Buffer.from(convert('binary', 'text', ours)), about).toEqual(
      Buffer.from(convert('binary', 'text', theirs)),
    )
    // As JSON the tool writes an absent struct of a union without end where it contains itself.
    if (!schema.hasEndlessUnion) {
      expect(Buffer.from(convert('binary', 'json', ours)), about).toEqual(
        Buffer.from(convert('binary', 'json', theirs)),
      )
    }
    expect(Buffer.from(convert('binary', 'canonical', ours)), about).toEqual(canonical)
    // What they write we read, in one segment or many, packed or not, whole or in pieces.
    const forms: readonly [string, Message][] = [
      ['binary', messageIn(theirs)],
      ['segments', messageIn(convert('text', 'binary', text, '--segment-size=1'))],
      ['packed', packedMessage(packedByThem, 1 + random.below(40))],
      [
        'packed segments',
        packedMessage(convert('text', 'packed', text, '--segment-size=3'), 1 + random.below(7)),
      ],
      ['flat', new Message([segmentOf(convert('binary', 'flat', ours))])],
      ['ours', messageIn(ours)],
    ]
    for (const [form, message] of forms) {
      const reader = rootOf(message).asStruct(type)
      expect(schema.check(of, value, reader), `${form} of ${about}`).toEqual([])
      // All of them have the canonical form that the tool makes.
      expect(Buffer.from(canonicalOf(rootOf(message))), `canonical ${form} of ${about}`).toEqual(
        canonical,
      )
      // Written again as what was read, it is the same.
      const again = rootOf(messageIn(encode(type, reader))).asStruct(type)
      expect(schema.check(of, value, again), `copied ${form} of ${about}`).toEqual([])
    }
    // They unpack what we pack, and pack it as we do.
    const packed = pack(theirs)
    expect(Buffer.from(convert('packed', 'canonical', packed)), about).toEqual(canonical)
    expect(Buffer.from(packed), `packed ${about}`).toEqual(Buffer.from(packedByThem))
  }
}

test.skipIf(!hasTool)(
  hasTool
    ? 'random values of random schemas are the same to the capnp tool in every form'
    : 'skipped: the capnp tool is not installed, so nothing is compared with it',
  async () => {
    await using folder = await temporaryFolder()
    for (let done = 0; done < SCHEMAS; done += AT_ONCE) {
      const cases = await load(folder.path, SEED + done, Math.min(AT_ONCE, SCHEMAS - done))
      for (const one of cases) {
        const random = new Random(one.seed)
        one.schema.structs.forEach((_, of) => checkStruct(one, of, random))
      }
    }
  },
  30_000 + SCHEMAS * 5_000,
)
