import { transform } from 'esbuild'
import { expect, test } from 'vitest'

import { placesFromSourceMap } from '../../src/bundle/places.ts'
import type { SourceMap } from '../../src/bundle/places.ts'

async function placesOf(source: string, isOwn: boolean) {
  const { code, map } = await transform(source, {
    sourcemap: 'external',
    sourcefile: 'src/main.ts',
    loader: 'ts',
  })
  return { code, places: placesFromSourceMap(JSON.parse(map) as SourceMap, () => isOwn) }
}

test('each line of the script is led back to the line it comes from', async () => {
  const source = '\n// a comment\ninterface Gone {}\n\nfirst()\n\n\nsecond()\n'
  const { code, places } = await placesOf(source, true)
  expect(code).toBe('first();\nsecond();\n')
  expect(places.sources).toEqual(['src/main.ts'])
  // 1 1 1 5, 1 1 1 3.
  expect(places.segments).toBe('CCCKCCCG')
})

test('of code that is not the guest’s nothing is told', async () => {
  expect((await placesOf('first()\nsecond()\n', false)).places).toEqual({
    sources: [],
    segments: '',
  })
})
