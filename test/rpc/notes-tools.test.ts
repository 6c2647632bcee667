// What a schema says about its declarations, as bundlers and editors see it.

import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const SOURCE = fileURLToPath(new URL('../../../test/fixture/notes.gen.ts', import.meta.url))

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
