// The union against the plainest thing that means the same: copying the layers over one another into
// a map, and reading that.
import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { WwError } from '../../src/base/index.ts'
import { openImage } from '../../src/image/index.ts'
import { directoryWith, textOf } from './help.ts'
import type { Files } from './help.ts'

type Node = string | { readonly link: string } | null
type Model = Map<string, Node>

const NAMES = ['a', 'b', 'c']
const name = fc.constantFrom(...NAMES)
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
const linkTarget = fc
  .tuple(
    fc.constantFrom('', '/', '../', '../../../', './'),
    fc.array(fc.constantFrom(...NAMES, '..', '.'), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '', '', '/'),
  )
  .map(([start, names, end]) => start + names.join('/') + end)
const node: fc.Arbitrary<Node> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 5 }).map((text) => text) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: linkTarget.map((link) => ({ link })) },
)
const layer = fc.record({
  files: fc.array(fc.tuple(path, node), { maxLength: 8 }).map(withoutConflicts),
  target: fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: path.map((at) => `/${at}`) },
  ),
})

const ALL_PATHS = ['/', ...pathsOf(4)]

test('an image of random layers is what copying them over one another in order would give', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 4 }), async (layers) => {
      const model: Model = new Map([['', null]])
      for (const { files, target } of layers) lay(model, files, target)

      const roots = await Promise.all(layers.map(async ({ files }) => await directoryWith(files)))
      const image = await openImage(
        layers.map(({ target }, index) => ({ source: roots[index] ?? '', target: target || '/' })),
      )
      for (const at of ALL_PATHS) {
        const expected = resolve(model, at)
        expect(await outcome(image.find(at)), at).toEqual(foundIn(model, expected))
        if (typeof expected !== 'object') continue
        const real = model.get(expected.real)
        if (typeof real === 'string') {
          expect(textOf(await image.read(at, 0, 99)), at).toBe(real)
        } else {
          expect(await image.list(at), at).toEqual(entriesOf(model, expected.real))
        }
      }
    }),
    { numRuns: 60 },
  )
})

// ---- the model

function lay(model: Model, files: Files, target: string): void {
  put(model, target, null)
  for (const [at, what] of Object.entries(files)) put(model, `${target}/${at}`, what)
}

function put(model: Model, at: string, what: Node): void {
  if (at === '') return
  put(model, at.slice(0, at.lastIndexOf('/')), null)
  if (what === null && model.get(at) === null) return
  for (const path of model.keys()) if (path.startsWith(`${at}/`)) model.delete(path)
  model.set(at, what)
}

type Resolved = { readonly real: string } | 'absent' | 'loop'

function resolve(model: Model, at: string, budget = { links: 40 }): Resolved {
  if (at === '' || at === '/') return { real: '' }
  const slash = at.lastIndexOf('/')
  const last = at.slice(slash + 1)
  const parent = resolve(model, at.slice(0, slash), budget)
  if (typeof parent === 'string') return parent
  if (model.get(parent.real) !== null) return 'absent'
  if (last === '' || last === '.') return parent
  if (last === '..')
    return { real: parent.real.slice(0, Math.max(0, parent.real.lastIndexOf('/'))) }
  const real = `${parent.real}/${last}`
  const node = model.get(real)
  if (node === undefined) return 'absent'
  if (node === null || typeof node === 'string') return { real }
  if (budget.links-- === 0) return 'loop'
  const { link } = node
  return resolve(model, link.startsWith('/') ? link : `${parent.real}/${link}`, budget)
}

function foundIn(model: Model, resolved: Resolved) {
  if (resolved === 'absent') return undefined
  if (resolved === 'loop') return 'SYMLINK_LOOP'
  const what = model.get(resolved.real)
  if (typeof what !== 'string') return { kind: 'directory' }
  return { kind: 'file', size: Buffer.byteLength(what) }
}

function entriesOf(model: Model, directory: string) {
  return NAMES.flatMap((name) => {
    const resolved = resolve(model, `${directory}/${name}`)
    if (typeof resolved === 'string') return []
    return [{ name, kind: typeof model.get(resolved.real) === 'string' ? 'file' : 'directory' }]
  })
}

// ---- help

async function outcome(found: Promise<unknown>): Promise<unknown> {
  return await found.catch((thrown: unknown) => (thrown as WwError).code)
}

/** Only what can stand side by side in one directory of a disk: the first of two that cannot. */
function withoutConflicts(entries: readonly (readonly [string, Node])[]): Files {
  const kept: [string, Node][] = []
  for (const [at, what] of entries) {
    const clashes = kept.some(
      ([other, its]) =>
        other === at ||
        (at.startsWith(`${other}/`) && its !== null) ||
        (other.startsWith(`${at}/`) && what !== null),
    )
    if (!clashes) kept.push([at, what])
  }
  return Object.fromEntries(kept)
}

function pathsOf(depth: number): string[] {
  if (depth === 0) return ['']
  const shorter = pathsOf(depth - 1)
  return [
    ...new Set(shorter.flatMap((path) => [path, ...NAMES.map((name) => `${path}/${name}`)])),
  ].filter((path) => path !== '')
}
