// What a schema says about its declarations reaches the reader of generated code, and nobody else.

import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

import { annotationOf } from '../../src/rpc/index.ts'
import { Builder, rootOf } from '../../src/wire/index.ts'
import type { Struct, StructType } from '../../src/wire/index.ts'
import * as notes from '../fixture/notes.gen.ts'

const SOURCE = fileURLToPath(new URL('../../../test/fixture/notes.gen.ts', import.meta.url))

function copy<T extends Struct, Init>(type: StructType<T, Init>, init: Init): T {
  const builder = new Builder()
  builder.put(builder.allocate(1), type, init)
  return rootOf(builder.toMessage()).asStruct(type)
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

async function bundle(names: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { ${names} } from ${JSON.stringify(SOURCE)}\nglobalThis.used = [${names}]`,
      resolveDir: fileURLToPath(new URL('../../..', import.meta.url)),
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
  })
  return outputFiles[0]!.text
}

test('a bundle has the annotations, constants and classes that it uses, and no others', async () => {
  const plain = await bundle('Plain')
  for (const text of ['the file', 'on an interface', 'on a struct', 'hello', 'origin', 'Shop']) {
    expect(plain, text).not.toContain(text)
  }
  const shape = await bundle('Shape')
  expect(shape).toContain('square')
  for (const text of ['on a struct', 'on a field', 'the file', 'label', 'hello', 'Shop']) {
    expect(shape, text).not.toContain(text)
  }
  expect(shape.length).toBeLessThan(plain.length)
  const annotated = await bundle('Shape$Annotations')
  expect(annotated).toContain('on a struct')
  expect(annotated).not.toContain('on an enumerant')
})

describe('in an editor', () => {
  const CODE = `
    import * as notes from '../fixture/notes.gen.ts'
    import { Box } from '../fixture/generics.gen.ts'
    declare const shape: notes./*type*/Shape
    shape./*getter*/width; shape./*group*/place; shape.place./*groupField*/x; shape./*member*/text
    const init: notes.Shape$Init = { /*init*/width: 1, /*initMember*/text: '' }
    notes.Tint./*enumerant*/light; notes./*enum*/Tint; notes./*constant*/greeting; notes./*nested*/Shape_corners
    declare const shop: notes./*interface*/Shop
    shop./*method*/sell({ count: 1 }); shop./*generic*/browse({ what: 'x' }, { types: [notes.Shape] })
    const server: Partial<notes.Shop$Server> = { /*handler*/sell: () => ({}) }
    notes./*annotation*/label
    shop.order({ width: 1 })./*pipelined*/place
    declare const box: Box<string>
    box.value.length; box./*generics*/value
    if (shape.$which === 'text') { shape./*narrowed*/text }
    switch (shape.$which) { case '/*tags*/': }
  `
  const FILE = fileURLToPath(new URL('../../../test/rpc/in-an-editor.ts', import.meta.url))
  const config = fileURLToPath(new URL('../../../tsconfig.json', import.meta.url))
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, (path) => ts.sys.readFile(path)).config,
    { ...ts.sys, readDirectory: () => [] },
    fileURLToPath(new URL('../../..', import.meta.url)),
  )
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [FILE],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = path === FILE ? CODE : ts.sys.readFile(path)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => fileURLToPath(new URL('../../..', import.meta.url)),
    getDefaultLibFileName: (of) => ts.getDefaultLibFilePath(of),
    fileExists: (path) => path === FILE || ts.sys.fileExists(path),
    readFile: (path) => ts.sys.readFile(path),
  })
  const after = (mark: string) => CODE.indexOf(`/*${mark}*/`) + mark.length + 4

  function shown(mark: string) {
    const info = service.getQuickInfoAtPosition(FILE, after(mark))
    return {
      signature: ts.displayPartsToString(info?.displayParts),
      doc: ts.displayPartsToString(info?.documentation),
      tags: info?.tags ?? [],
    }
  }

  test('the comment of a schema is shown for what it is about', () => {
    const comments = {
      getter: 'How wide, in metres.',
      group: 'Where it is.',
      groupField: 'Across.',
      member: 'Something on it.',
      narrowed: 'Something on it.',
      init: 'How wide, in metres.',
      enumerant: 'Much light, \\@deprecated or not.',
      constant: 'What one says.',
      nested: 'How many it has.',
      interface: 'Sells shapes.',
      method: 'Sells some.\nAnd says what for.',
      generic: 'Looks around.',
      handler: 'Sells some.\nAnd says what for.',
      annotation: 'A label: `label("x")`.',
      pipelined: 'Where it is.',
      generics: 'What is in it.',
      enum: 'Colours *\\/ of a kind.',
    }
    const docs = Object.fromEntries(Object.keys(comments).map((mark) => [mark, shown(mark).doc]))
    expect(docs).toEqual(comments)
    // Of the member of a union that is being written, the editor tells when it completes it.
    const details = service.getCompletionEntryDetails(
      FILE,
      after('initMember'),
      'text',
      {},
      undefined,
      {},
      undefined,
    )
    expect(ts.displayPartsToString(details?.documentation)).toBe('Something on it.')
    const { doc, tags } = shown('type')
    expect(doc).toMatch(/^A shape\./)
    expect(doc).toMatch(/ends nothing\.$/)
    expect(tags).toEqual([])
  })

  test('members, tags and type parameters are completed and shown', () => {
    const completions = (mark: string) =>
      service.getCompletionsAtPosition(FILE, after(mark), {})?.entries.map(({ name }) => name) ?? []
    expect(completions('getter')).toEqual(expect.arrayContaining(['width', 'place', '$which']))
    expect(completions('method')).toEqual(expect.arrayContaining(['sell', 'browse', '$dup']))
    expect(completions('initMember')).toEqual(expect.arrayContaining(['text', 'plain', 'kind']))
    expect(completions('tags')).toEqual(['plain', 'text'])
    expect(shown('generics').signature).toContain('Box<string>.value: string')
    expect(shown('narrowed').signature).toContain('text: string')
    expect(shown('member').signature).toContain('text: string | undefined')
  })
})
