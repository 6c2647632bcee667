// What a person sees when a guest in TypeScript goes wrong while it runs: one report, in one piece, with
// the lines of the source they wrote.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { buildGuest } from '../../src/bundle/index.ts'
import { loadProgram, spawnCell } from '../../src/cell/index.ts'
import type { Program } from '../../src/cell/index.ts'
import { folderWith } from './folder.ts'

const MAIN = `import { type Guest } from 'ww/guest'
import { acts } from './acts.ts'

export async function main(guest: Guest): Promise<number | void> {
  return await acts[guest.args[0] ?? '']!(guest)
}
`
const ACTS = `import { Executor, Membrane, serve, WwError, type Guest } from 'ww/guest'

const forever = () => new Promise<never>(() => {})

async function inner(guest: Guest) {
  await guest.sleep(1)
  throw new RangeError('deep inside')
}

async function outer(guest: Guest) {
  await inner(guest)
}

function middle(): never {
  throw new WwError('failed', 'MINE', 'thrown by hand')
}

const executor = () => serve(Executor, {
  echo: () => middle(),
  runBytes: () => ({}), spawn: () => ({}), load: () => middle(),
})

export const acts: Record<string, (guest: Guest) => Promise<number | void>> = {
  async awaited(guest) {
    await outer(guest)
  },
  async synchronous() {
    middle()
  },
  async sdk(guest) {
    guest.offer(executor())
    guest.offer(executor())
  },
  async handler() {
    using served = executor()
    await served.echo({ message: '' })
  },
  async call(guest) {
    await guest.bootstrap(Membrane).graft({})
  },
  async timer() {
    setTimeout(() => {
      middle()
    }, 1)
    await forever()
  },
  async callback() {
    ;[3, 1, 2].sort(() => middle())
  },
  async generator() {
    function* numbers() { yield 1; middle() }
    for (const _ of numbers());
  },
  async cause() {
    try {
      middle()
    } catch (cause) {
      throw new Error('wrapped', { cause })
    }
  },
  async nothing() {
    throw undefined
  },
  async text() {
    throw 'only a text'
  },
  async object() {
    throw { code: 7, why: 'because' }
  },
  async nasty() {
    throw Object.defineProperty(new Error(''), 'message', { get() { throw new Error('again') } })
  },
  async forgotten() {
    void Promise.reject(new Error('first'))
    void Promise.reject(new Error('second'))
    await forever()
  },
  async both() {
    void Promise.reject(new Error('forgotten'))
    throw new Error('thrown')
  },
  async later(guest) {
    const lost = Promise.reject(new Error('handled in the end'))
    await null
    lost.catch(() => {})
    await guest.sleep(1)
    return 3
  },
  async late(guest) {
    const lost = Promise.reject(new Error('handled too late'))
    await guest.sleep(1)
    lost.catch(() => {})
  },
  async both_ways(guest) {
    // Awaited by two: one rejection, one report.
    const lost = Promise.reject(new Error('shared'))
    void lost.then(() => {})
    await lost
  },
  async printed(guest) {
    console.error('before')
    guest.stdout.write('out')
    throw new Error('after')
  },
}
`

let program: Program

async function programOf(files: Readonly<Record<string, string>>): Promise<Program> {
  await using folder = await folderWith(files)
  const out = join(folder.path, 'main.wasm')
  await buildGuest({ entry: join(folder.path, 'src/main.ts'), out, root: folder.path })
  return await loadProgram(await readFile(out), 'main.wasm')
}

beforeAll(async () => {
  program = await programOf({ 'src/main.ts': MAIN, 'src/acts.ts': ACTS })
})

/** Runs one act. */
async function live(act: string, of = program) {
  await using cell = await spawnCell({
    program: of,
    name: 'test',
    args: [act],
    env: [],
    log: silentLog,
  })
  if (act === 'call') cell.data.close()
  const read = async (reader: { read(maxBytes: number): Promise<Uint8Array> }) => {
    const chunks: Uint8Array[] = []
    for (;;) {
      const chunk = await reader.read(65_536)
      if (chunk.length === 0) return Buffer.concat(chunks).toString()
      chunks.push(chunk)
    }
  }
  const [stdout, stderr, exit] = await Promise.all([
    read(cell.stdout),
    read(cell.stderr),
    cell.exited,
  ])
  return { code: exit.kind === 'exited' ? exit.code : exit, stdout, stderr }
}

/** Where that piece of the source begins. */
const line = (piece: string) => ACTS.slice(0, ACTS.indexOf(piece)).split('\n').length

/** What is written for this act, which is all of stderr. */
const REPORTS: Readonly<Record<string, readonly string[]>> = {
  awaited: [
    'Uncaught RangeError: deep inside',
    `    at inner (src/acts.ts:${line("'deep inside'")})`,
  ],
  synchronous: [
    'Uncaught WwError [MINE]: thrown by hand',
    `    at middle (src/acts.ts:${line("'MINE'")})`,
    `    at synchronous (src/acts.ts:${line('middle()\n  },\n  async sdk')})`,
    '    at main (src/main.ts:5)',
  ],
  sdk: [
    'Uncaught WwError [OFFER_TWICE]: Cannot offer a second capability: a cell has one',
    `    at sdk (src/acts.ts:${line('guest.offer(executor())\n  },')})`,
    '    at main (src/main.ts:5)',
  ],
  handler: [
    'Uncaught WwError [MINE]: thrown by hand',
    `    at middle (src/acts.ts:${line("'MINE'")})`,
    `    at echo (src/acts.ts:${line('echo: ()')})`,
  ],
  timer: [
    'Uncaught WwError [MINE]: thrown by hand',
    `    at middle (src/acts.ts:${line("'MINE'")})`,
    `    at src/acts.ts:${line('middle()\n    }, 1)')}`,
  ],
  callback: [
    'Uncaught WwError [MINE]: thrown by hand',
    `    at middle (src/acts.ts:${line("'MINE'")})`,
    `    at src/acts.ts:${line('].sort(')}`,
    `    at callback (src/acts.ts:${line('].sort(')})`,
    '    at main (src/main.ts:5)',
  ],
  generator: [
    'Uncaught WwError [MINE]: thrown by hand',
    `    at middle (src/acts.ts:${line("'MINE'")})`,
    `    at numbers (src/acts.ts:${line('yield 1')})`,
    `    at generator (src/acts.ts:${line('for (const _')})`,
    '    at main (src/main.ts:5)',
  ],
  cause: [
    'Uncaught Error: wrapped',
    `    at cause (src/acts.ts:${line("'wrapped'")})`,
    '    at main (src/main.ts:5)',
    '  cause: WwError [MINE]: thrown by hand',
    `      at middle (src/acts.ts:${line("'MINE'")})`,
    `      at cause (src/acts.ts:${line('middle()\n    } catch')})`,
    '      at main (src/main.ts:5)',
  ],
  nothing: ['Uncaught undefined'],
  text: ['Uncaught only a text'],
  object: ['Uncaught { code: 7, why: "because" }'],
  nasty: ['Uncaught [a value that cannot be looked at]'],
  forgotten: [
    'Uncaught Error: first',
    `    at forgotten (src/acts.ts:${line("'first'")})`,
    '    at main (src/main.ts:5)',
  ],
  both: [
    'Uncaught Error: thrown',
    `    at both (src/acts.ts:${line("'thrown'")})`,
    '    at main (src/main.ts:5)',
  ],
  late: [
    'Uncaught Error: handled too late',
    `    at late (src/acts.ts:${line("'handled too late'")})`,
    '    at main (src/main.ts:5)',
  ],
  both_ways: [
    'Uncaught Error: shared',
    `    at both_ways (src/acts.ts:${line("'shared'")})`,
    '    at main (src/main.ts:5)',
  ],
}

test.each(Object.entries(REPORTS))('what goes wrong in "%s" is told once', async (act, lines) => {
  const { code, stderr, stdout } = await live(act)
  expect(stderr.split('\n')).toEqual([...lines, ''])
  expect([code, stdout]).toEqual([1, ''])
})

test('a rejection that is taken care of before the guest waits is none', async () => {
  expect(await live('later')).toEqual({ code: 3, stdout: '', stderr: '' })
})

test('what was printed before stands before, each on its stream', async () => {
  const { code, stdout, stderr } = await live('printed')
  expect([code, stdout]).toEqual([1, 'out'])
  expect(stderr).toMatch(/^before\nUncaught Error: after\n {4}at printed \(src\/acts\.ts:\d+\)\n/)
})

test('an error that came from the host names no line of the guest, and is told once', async () => {
  const { code, stderr } = await live('call')
  expect(code).toBe(1)
  expect(stderr).toMatch(/^Uncaught WwError \[DISCONNECTED\]: The peer closed the connection\n/)
  expect(stderr.match(/Uncaught/g)).toHaveLength(1)
  expect(stderr).not.toContain('src/')
})

test('a module that throws while it is evaluated is told with the lines of all modules on the way', async () => {
  const broken = await programOf({
    'src/main.ts': `import { part } from './part.ts'

export function main(): void {
  console.log(part)
}
`,
    'src/part.ts': `function check(): never {
  throw new Error('half made')
}

export const part = {
  run: check(),
}
`,
  })
  expect((await live('', broken)).stderr.split('\n').slice(0, 3)).toEqual([
    'Uncaught Error: half made',
    '    at check (src/part.ts:2)',
    '    at src/part.ts (src/part.ts:6)',
  ])
})
