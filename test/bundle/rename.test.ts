import fc from 'fast-check'
import { expect, test } from 'vitest'

import { renameInterfaces } from '../../src/bundle/rename.ts'

const text = (value: string) => [...new TextEncoder().encode(value)]
const length = (value: number) => {
  const bytes = []
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  return [...bytes, value]
}
const section = (id: number, body: readonly number[]) => [id, ...length(body.length), ...body]
const magic = [0x00, 0x61, 0x73, 0x6d]
const component = (...sections: number[][]) => [
  ...magic,
  0x0d,
  0x00,
  0x01,
  0x00,
  ...sections.flat(),
]
const core = (...sections: number[][]) => [...magic, 0x01, 0x00, 0x00, 0x00, ...sections.flat()]

const rename = (bytes: readonly number[]) =>
  renameInterfaces(Uint8Array.from(bytes), 'wa5i:', 'wasi:')

test('names change in every section of a component, nested ones included', () => {
  const inner = component(section(10, text('wa5i:io')))
  const { bytes, count } = rename(
    component(section(7, text('wa5i:cli wa5i:io')), section(4, inner), section(11, text('wa5i:x'))),
  )
  expect(count).toBe(4)
  expect(new TextDecoder().decode(bytes)).not.toContain('wa5i:')
})

test('of a core module only imports and exports change: code, data and custom sections stay', () => {
  const kept = [
    section(0, text('wa5i:custom')),
    section(10, text('wa5i:code')),
    section(11, text('wa5i:data')),
  ]
  const module = core(section(2, text('wa5i:io')), section(7, text('wa5i:cli')), ...kept)
  const { bytes, count } = rename(component(section(1, module)))
  expect(count).toBe(2)
  const after = new TextDecoder().decode(bytes)
  expect(after).toContain('wasi:io')
  for (const name of ['wa5i:custom', 'wa5i:code', 'wa5i:data']) expect(after).toContain(name)
})

test('the bytes that came in stay as they were', () => {
  const given = Uint8Array.from(component(section(7, text('wa5i:io'))))
  const before = given.slice()
  renameInterfaces(given, 'wa5i:', 'wasi:')
  expect(given).toEqual(before)
})

test.each([
  ['nothing', []],
  ['another file', text('#!/bin/sh\n')],
  ['a core module', core()],
  ['a preamble cut short', magic],
  ['a section that runs over the end', component([7, 5, 1, 2])],
  ['a section without a length', component([7])],
  ['a length of more than 32 bits', component([7, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])],
  ['a nested module that is a component', component(section(1, component()))],
  ['a nested component cut short', component(section(4, [0, 1, 2]))],
])('%s is refused', (_what, bytes) => {
  expect(() => rename(bytes)).toThrow(/^Not a component: /)
})

test('any bytes are either renamed or refused', () => {
  const parts = fc.array(
    fc.record({
      id: fc.nat(12),
      body: fc.array(fc.nat(255), { maxLength: 30 }),
      cut: fc.boolean(),
    }),
  )
  fc.assert(
    fc.property(parts, (sections) => {
      const whole = component(...sections.map(({ id, body }) => section(id, body)))
      const bytes = sections.at(-1)?.cut === true ? whole.slice(0, -1) : whole
      try {
        expect(rename(bytes).bytes.length).toBe(bytes.length)
      } catch (thrown) {
        expect((thrown as { code?: string }).code).toBe('BAD_COMPONENT')
      }
    }),
  )
})

test('a name of another length cannot be put in place', () => {
  expect(() => renameInterfaces(Uint8Array.from(component()), 'wasi:', 'wasix:')).toThrow('lengths')
})
