// What a schema says about its declarations reaches the reader of generated code, and nobody else.

import { expect, test } from 'vitest'

import { annotationOf } from '../../src/rpc/index.ts'
import { Builder, finished, putStruct, rootOf } from '../../src/wire/index.ts'
import type { Struct, StructType } from '../../src/wire/index.ts'
import * as notes from '../fixture/notes.gen.ts'

function copy<T extends Struct, Init>(type: StructType<T, Init>, init: Init): T {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), type, init)
  return rootOf(finished(builder)).asStruct(type)
}

test('annotations are read from whatever they were put on', () => {
  const { label } = notes
  const { Shape$Annotations: shape, Tint$Annotations: tint, Shop$Annotations: shop } = notes
  expect(annotationOf(notes.$Annotations.own, label)).toBe('the file')
  expect(annotationOf(shape.own, label)).toBe('on a struct')
  expect(annotationOf(shape.members.width, label)).toBe('on a field')
  expect(annotationOf(shape.members.place, label)).toBe('on a group')
  expect(annotationOf(shape.members.kind, label)).toBe('on a union')
  expect(annotationOf(notes.Shape_place$Annotations.members.x, label)).toBe('on a field of a group')
  expect(annotationOf(notes.Shape_kind$Annotations.members.round, label)).toBe('on a member')
  expect(annotationOf(tint.own, label)).toBe('on an enum')
  expect(annotationOf(tint.members.dark, label)).toBe('on an enumerant')
  expect(annotationOf(shop.own, label)).toBe('on an interface')
  expect(annotationOf(shop.members.sell, label)).toBe('on a method')
  expect(annotationOf(notes.Shop_sell$Params$Annotations.members.count, label)).toBe('on a param')
  expect(annotationOf(notes.Shop_sell$Results$Annotations.members.price, label)).toBe('on a result')
  expect(annotationOf(notes.Shape_corners$Annotations.own, label)).toBe('on a constant')
  // An id is enough.
  const byId = { id: 0xd5a1c2b3e4f50617n, name: '' }
  expect(annotationOf(shape.own, byId)).toBe('on a struct')
})

test('annotations have values of every type, null without one, undefined where they are not', () => {
  const { Shape$Annotations: shape, Shape_Nested$Annotations: nested } = notes
  expect(annotationOf(notes.$Annotations.own, notes.rank)).toBe(0xffff_ffff_ffff_ffffn)
  expect(annotationOf(shape.own, notes.marked)).toBeNull()
  expect(annotationOf(nested.own, notes.marked)).toBeUndefined()
  expect(annotationOf(shape.members.width, notes.tint)).toBe(notes.Tint.light)
  expect(annotationOf(shape.members.width, notes.steps)?.toArray()).toEqual([1, -2, 3])
  expect(annotationOf(shape.members.text, notes.ratio)).toBe(2.5)
  expect(annotationOf(shape.members.text, notes.raw)).toEqual(new Uint8Array([0, 255]))
  const said = annotationOf(nested.own, notes.shape)
  expect([said?.width, said?.text]).toEqual([9, 'nested'])
  expect(annotationOf(nested.own, notes.boxed)?.value).toBe('in a box')
})

test('constants of every type are their values, at the top and nested', () => {
  const { origin } = notes
  expect([notes.greeting, notes.nothing, notes.no, notes.small, notes.wide]).toEqual([
    'hello',
    null,
    false,
    -128,
    -(1n << 63n),
  ])
  expect([notes.chosen, notes.Shape_corners]).toEqual([notes.Tint.light, 4])
  expect([origin.width, origin.place.x, origin.kind.$which, origin.kind.square]).toEqual([
    3,
    -4,
    'square',
    5,
  ])
  expect([origin.$which, origin.text]).toEqual(['text', 'origin'])
  expect(notes.shapes.map(({ width, $which }) => [width, $which])).toEqual([
    [1, 'plain'],
    [7, 'plain'],
  ])
  expect(notes.texts.toArray()).toEqual(['a', 'é'])
  expect(notes.table.map((row) => row.toArray())).toEqual([[1n, -(1n << 63n)], []])
  expect(notes.tints.toArray()).toEqual([notes.Tint.light, notes.Tint.dark])
  expect(notes.flags.toArray()).toEqual([true, false, true])
  expect(notes.blobs.map((blob) => [...blob])).toEqual([[1], []])
  expect(notes.floats.toArray()).toEqual([1.5, Infinity, Number.NaN])
  expect(notes.deep.inner.inner.inner).toBeInstanceOf(notes.Shape_Nested)
})

test('what is absent is what the schema states, in unions and of generic types too', () => {
  const absent = copy(notes.Defaults, {})
  expect([absent.boxed.value, absent.shape.text, absent.shape.width]).toEqual([
    'boxed',
    'origin',
    3,
  ])
  expect([absent.tints.toArray(), absent.blobs.map((blob) => [...blob]), [...absent.blob]]).toEqual(
    [[notes.Tint.light], [[1, 2]], [3]],
  )
  expect([absent.$which, absent.first]).toEqual(['first', 500])
  const second = copy(notes.Defaults, { second: ['y', 'z'] })
  expect([second.first, second.second?.toArray()]).toEqual([undefined, ['y', 'z']])
  expect(copy(notes.Defaults, { third: '' }).third).toBe('')
})
