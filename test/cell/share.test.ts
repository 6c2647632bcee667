import { expect, test } from 'vitest'

import { CELL_LIMITS } from '../../src/cell/limits.ts'
import { Doorbell } from '../../src/cell/ring.ts'
import { Share, TurnWord } from '../../src/cell/world/share.ts'

/** A cell's share, whose every wish is granted at once, while others want the turn too. */
function shareAmongOthers() {
  const words = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))
  const word = new TurnWord(words, 0)
  let asked = 0
  class Host extends Doorbell {
    override ring(): void {
      if (word.isAsked) asked++
      word.grant(true)
    }
  }
  const share = new Share(word, new Host(words, 1), new Doorbell(words, 2), () => false)
  return { share, asked: () => asked }
}

test('a cell asks for a turn when it has used up what it saved, and not before', () => {
  const { share, asked } = shareAmongOthers()
  share.pay(CELL_LIMITS.savedUnits)
  expect(asked()).toBe(0)
  share.pay(1)
  expect(asked()).toBe(1)
  share.pay(CELL_LIMITS.turnUnits - 1)
  expect(asked()).toBe(1)
})

test('what is left of a turn is lost with it, and what is owed is not', () => {
  const { share, asked } = shareAmongOthers()
  share.pay(CELL_LIMITS.savedUnits + 1)
  share.pause()
  share.resume(0)
  share.pay(1)
  expect(asked()).toBe(2)
  share.spend(2 * CELL_LIMITS.turnUnits)
  share.pause()
  share.resume(0)
  share.pay(0)
  expect(asked()).toBeGreaterThan(3)
})
