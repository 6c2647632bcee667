// Old and new versions of a schema read and copy each other's messages. (Structs and lists that
// have grown: see roundtrip.test.ts.)

import { expect, test } from 'vitest'

import { NewEvent, NewMood, OldEvent, OldMood } from '../fixture/kinds.gen.ts'
import { decode, encode } from './help.ts'

test('an enumerant newer than the code is its number, and is written again as it was', () => {
  const bytes = encode(NewEvent, {
    mood: NewMood.furious,
    moods: [NewMood.merry, NewMood.furious],
  })
  const old = decode(OldEvent, bytes)
  expect(Object.values(OldMood)).not.toContain(old.mood)
  expect([old.mood, old.moods.toArray()]).toEqual([2, [1, 2]])
  const again = decode(NewEvent, encode(OldEvent, { mood: old.mood, moods: old.moods }))
  expect([again.mood, again.moods.toArray()]).toEqual([
    NewMood.furious,
    [NewMood.merry, NewMood.furious],
  ])
})

test('a member newer than the code is none that it knows, and survives a copy of the whole', () => {
  const bytes = encode(NewEvent, {
    place: { x: -1 },
    detail: { many: ['a', 'b'] },
    extra: { number: 7n },
  })
  const old = decode(OldEvent, bytes)
  expect([old.$which, old.none, old.text]).toEqual([undefined, undefined, undefined])
  expect([old.detail.$which, old.detail.small]).toEqual([undefined, undefined])
  const again = decode(NewEvent, encode(OldEvent, old))
  expect(again.$which === 'place' && [again.place.x, again.place.y]).toEqual([-1, 5])
  expect(again.detail.$which === 'many' && again.detail.many.toArray()).toEqual(['a', 'b'])
  expect(again.extra.$which === 'number' && again.extra.number).toBe(7n)
})

test('what the old code wrote is what the new code knows by the same name', () => {
  const cases = [
    [{ none: null }, 'none'],
    [{ $which: 'text', text: 'x' }, 'text'],
    [{}, 'none'],
  ] as const
  for (const [init, which] of cases) {
    const read = decode(NewEvent, encode(OldEvent, { ...init, mood: OldMood.merry }))
    expect([read.$which, read.mood]).toEqual([which, NewMood.merry])
    expect([read.number, read.place, read.extra.$which]).toEqual([undefined, undefined, 'none'])
  }
  expect(decode(NewEvent, encode(OldEvent, { detail: { small: 3 } })).detail.small).toBe(3)
})
