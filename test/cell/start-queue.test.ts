import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { StartQueue } from '../../src/cell/start-queue.ts'
import { sleep } from './help/cells.ts'

const LONG_MS = 60_000

test('one who starts cells without end waits behind everybody else who starts one', async () => {
  const queue = new StartQueue(1, 100, LONG_MS)
  const [many, few] = [{}, {}]
  const order: string[] = []
  const start = async (who: object, name: string) => {
    const leave = await queue.enter(who)
    order.push(name)
    await sleep(0)
    leave()
  }
  const starts = [
    ...Array.from({ length: 50 }, () => start(many, 'many')),
    start(few, 'few'),
    start(few, 'few'),
  ]
  await Promise.all(starts)
  expect(order.indexOf('few')).toBeLessThanOrEqual(2)
  expect(order.lastIndexOf('few')).toBeLessThanOrEqual(4)
  expect(order).toHaveLength(52)
  expect(queue.starting).toBe(0)
})

test('no more are started at a time than may be, and one who asks for too many is told so', async () => {
  const queue = new StartQueue(2, 3, LONG_MS)
  const who = {}
  const leaves = [await queue.enter(who), await queue.enter(who)]
  const waiting = [queue.enter(who), queue.enter(who), queue.enter(who)]
  await expect(queue.enter(who)).rejects.toMatchObject({
    kind: 'overloaded',
    code: 'START_BUSY',
    message: 'Cannot start a cell now: 3 others wait to be started; try again later',
  })
  // Another is not refused for it.
  const other = queue.enter({})
  expect(queue.starting).toBe(2)
  for (const leave of leaves) {
    leave()
    leave()
  }
  expect(queue.starting).toBe(2)
  for (const entered of [...waiting, other]) void entered.then((leave) => leave())
  await Promise.all([...waiting, other])
  await sleep(0)
  expect(queue.starting).toBe(0)
})

test('a start that does not end keeps the others waiting for a while only', async () => {
  const queue = new StartQueue(1, 3, 20)
  await queue.enter({})
  const leave = await queue.enter({})
  leave()
  expect(queue.starting).toBe(0)
})

test('those who wait are refused when there is no more to start', async () => {
  const queue = new StartQueue(1, 3, LONG_MS)
  const leave = await queue.enter({})
  const waiting = queue.enter({})
  const reason = new WwError('disconnected', 'ENDING', 'The node is ending')
  queue.close(reason)
  await expect(waiting).rejects.toBe(reason)
  leave()
  expect(queue.starting).toBe(0)
})
