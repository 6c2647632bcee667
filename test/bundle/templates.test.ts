// What the templates and the page for other languages say of the wire is what is on it.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { Membrane } from '../../src/capnp/stem.ts'
import { Connection } from '../../src/rpc/index.ts'
import { PROJECT } from '../help/ww.ts'

const read = (path: string) => readFileSync(join(PROJECT, path))
const SCHEMAS = ['ipfs.capnp', 'stem.capnp', 'system.capnp']
const HEADER = 'src/bundle/template/rpc/include/ww.h'
const REQUEST = 'src/bundle/template/rust/schema/ww.request'

test('ids and ordinals in ww.h are those of the schemas', () => {
  const schemas = SCHEMAS.map((name) => read(join('capnp', name)).toString()).join('\n')
  const constantOf = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
  const inSchemas = new Map<string, string>()
  for (const [, name = '', id = '', body = ''] of schemas.matchAll(
    /^interface (\w+) @(0x\w+) \{\n(.*?)^\}/gms,
  )) {
    inSchemas.set(`WW_${constantOf(name)}`, `${id}u`)
    for (const [, method = '', ordinal = ''] of body.matchAll(/^ {2}(\w+) @(\d+) \(/gm)) {
      inSchemas.set(`WW_${constantOf(name)}_${constantOf(method)}`, ordinal)
    }
  }
  const inHeader = [
    ...read(HEADER)
      .toString()
      .matchAll(/^#define (WW_\w+) (0x\w+u|\d+)(?=\s|$)/gm),
  ]
    .map(([, name = '', value = '']) => [name, value] as const)
    .filter(([name]) => !/_MAX_|DATA_STREAM/.test(name))
  expect(inHeader.length).toBeGreaterThan(20)
  for (const [name, value] of inHeader) expect([name, inSchemas.get(name)]).toEqual([name, value])
})

const compiled = spawnSync(
  'capnp',
  ['compile', '-o-', '--src-prefix=capnp', ...SCHEMAS.map((name) => `capnp/${name}`)],
  { cwd: PROJECT },
)
const toolVersion = spawnSync('capnp', ['--version'], { encoding: 'utf8' }).stdout
// Other versions of the tool say the same in other bytes.
const isSameTool = compiled.status === 0 && toolVersion.includes(' 0.9.2')
const missing = isSameTool ? '' : ' (skipped: version 0.9.2 of the capnp tool is not here)'

test.skipIf(!isSameTool)(
  `the interfaces in the template for Rust are those of capnp/${missing}`,
  () => {
    expect(read(REQUEST).equals(compiled.stdout)).toBe(true)
  },
)

test('the page for other languages shows a Bootstrap as it is sent', async () => {
  const page = read('images/README.md').toString()
  const [, block = ''] = /^```\n(00 00 00 00 {2}05.*?)^```/ms.exec(page) ?? []
  const shown = [...block.matchAll(/\b[0-9a-f]{2}(?= |$)/gm)].map(([byte]) => parseInt(byte, 16))
  const sent: number[] = []
  const connection = new Connection({
    open: () => {},
    send: (chunks) => {
      for (const chunk of chunks) sent.push(...chunk)
      return true
    },
    pause: () => {},
    resume: () => {},
    close: () => {},
    abort: () => {},
  })
  const membrane = connection.bootstrap(Membrane)
  connection.close()
  membrane[Symbol.dispose]()
  expect(shown).toEqual(sent)
})
