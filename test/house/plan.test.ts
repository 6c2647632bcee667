import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { PROJECT } from '../help/ww.ts'

interface FloorPlan {
  readonly forbidden: readonly {
    readonly name: string
    readonly from: { readonly path?: string }
  }[]
}

const plan = createRequire(import.meta.url)(join(PROJECT, '.dependency-cruiser.cjs')) as FloorPlan
const rule = plan.forbidden.find(({ name }) => name === 'pure-rooms')
const pure = (/\((.*)\)/.exec(rule?.from.path ?? '')?.[1] ?? '').split('|')

const json = <T>(path: string): T => JSON.parse(readFileSync(join(PROJECT, path), 'utf8')) as T

test('the floor plan knows pure rooms', () => {
  expect(pure).toContain('rpc')
})

test('the compiler holds the same rooms pure as the floor plan', () => {
  const { include } = json<{ include: string[] }>('tsconfig.pure.json')
  expect(include).toEqual(pure.map((room) => `src/${room}`))
})

test('the linter holds the same rooms pure as the floor plan', () => {
  const { overrides } = json<{ overrides: { files: string[] }[] }>('.oxlintrc.json')
  expect(overrides[0]?.files).toEqual(pure.map((room) => `src/${room}/**`))
})

test('npm run check runs every check', () => {
  const { scripts } = json<{ scripts: Record<string, string> }>('package.json')
  expect(scripts['check']).toBe('node scripts/check.mjs')
})
