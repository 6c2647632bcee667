import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { Fuel } from '../../src/cell/module/fuel.ts'
import { Tables } from '../../src/cell/module/tables.ts'
import { rehearsal } from '../../src/cell/rehearsal.ts'
import { linkCommand } from '../../src/cell/wasi/preview1.ts'
import { Stopper } from '../../src/cell/world/stop.ts'
import { openWorld } from '../../src/cell/world/world.ts'
import { PROJECT } from '../help/ww.ts'
import { wat } from './help/wat.ts'

test('what a thread rehearses is what stands above its bytes', () => {
  const source = readFileSync(join(PROJECT, 'src/cell/rehearsal.ts'), 'utf8')
  const text = Array.from(source.matchAll(/^\/\/ ( *\(.*)$/gm), ([, line]) => line).join('\n')
  const bytes = Array.from(source.matchAll(/^ {2}'([\w+/=]+)',$/gm), ([, line]) => line).join('')
  expect(bytes).toBe(Buffer.from(wat(text)).toString('base64'))
})

test('a rehearsal goes through to its end, and waits for nobody', () => {
  const { start, pipes } = rehearsal()
  const stopper = new Stopper(() => pipes.killed)
  const fuel = new Fuel(start.limits, stopper)
  const tables = new Tables(start.limits.tableEntries, stopper)
  if (start.code.kind !== 'module') throw new Error('A rehearsal is a core module')
  const world = openWorld(pipes, start.args, start.env, start.terminals, start.limits)
  const meters = { fuel, tables, usage: world.usage }
  const [maxPages] = start.maxPages
  const entry = linkCommand(start.code.module, world, stopper, meters, maxPages!, start.data)
  expect(entry).toThrow()
  expect(stopper.reason).toEqual({ kind: 'exit', code: 0 })
  // It was given fuel, read the byte that was there, and wrote.
  expect(fuel.used).toBe(1)
  expect(pipes.dataIn.readable).toBe(0)
  expect(pipes.dataOut.writable).toBe(pipes.dataOut.capacity - 64)
})
