// Links two WebAssembly modules into one: an engine, and the glue that gives it its host. What the
// glue imports from `engine` is the engine's export of that name; what the engine imports from `env`
// is the glue's export of that name. Imports from anywhere else stay imports.
//
// Invariants
//  - The result holds only functions reached from its exports and its table, in a stable order: equal
//    inputs give equal bytes.
//  - Code is copied instruction by instruction; only indexes of functions, types and globals change.
//  - The table keeps the engine's entries at their places, because memory holds such places.

import { body } from './code.mjs'
import { bytesOf, parse, text, unsigned, vector } from './module.mjs'

/**
 * @param exported which exports of the two survive, by name; `undefined` for all
 * @param notice goes along as a section of that name
 * @param withData false leaves the engine's data out, for a memory that is made elsewhere
 */
export function link(engineBytes, glueBytes, { exported, withData, notice }) {
  const engine = parse(engineBytes)
  const glue = parse(glueBytes)
  const types = new Map()
  const typeIndex = (key) => {
    if (!types.has(key)) types.set(key, types.size)
    return types.get(key)
  }
  // The engine's types first: code names them by place.
  for (const key of engine.types) typeIndex(key)

  const outside = new Map()
  const functionOf = (module, index) => {
    const imported = module.imports[index]
    if (!imported) return module.functions[index - module.imports.length]
    const { from, name, type } = imported
    const other =
      module === engine
        ? from === 'env'
          ? glue
          : undefined
        : from === 'engine'
          ? engine
          : undefined
    if (other) {
      const target = other.exports.find((one) => one.kind === 0 && one.name === name)
      if (!target) throw new Error(`Cannot link: nobody defines ${from}.${name}`)
      const found = functionOf(other, target.index)
      if (found.module.types[found.type] !== module.types[type]) {
        throw new Error(`Cannot link ${from}.${name}: the types differ`)
      }
      return found
    }
    const key = `${from}.${name}`
    if (!outside.has(key)) outside.set(key, { module, type, from, name, isImport: true })
    return outside.get(key)
  }
  const globalOf = (module, index) => {
    const imported = module.globalImports[index]
    if (!imported) {
      const at = index - module.globalImports.length
      return module === engine ? at : engine.globals.length + at
    }
    const target = engine.exports.find((one) => one.kind === 3 && one.name === imported.name)
    if (imported.from !== 'engine' || !target)
      throw new Error(`Cannot link global ${imported.name}`)
    return target.index
  }

  const exports = [
    ...engine.exports.map((one) => ({ ...one, module: engine })),
    ...glue.exports.map((one) => ({ ...one, module: glue })),
  ].filter(({ name }) => exported === undefined || exported.includes(name))
  const inTable = glue.exports.filter(({ name }) => /^(js|c):/.test(name))
  const table = [
    ...engine.elements.map((index) => functionOf(engine, index)),
    ...inTable.map(({ index }) => functionOf(glue, index)),
  ]

  // What is reached, breadth first.
  const reached = new Set(table)
  for (const { kind, module, index } of exports)
    if (kind === 0) reached.add(functionOf(module, index))
  for (const one of reached) {
    if (one.isImport) continue
    body(one.code, {
      call: (index) => (reached.add(functionOf(one.module, index)), 0),
      type: () => 0,
      global: () => 0,
    })
  }
  const order = new Map([...engine.functions, ...glue.functions].map((one, at) => [one, at]))
  const imports = [...reached]
    .filter((one) => one.isImport)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const defined = [...reached]
    .filter((one) => !one.isImport)
    .sort((a, b) => order.get(a) - order.get(b))
  const place = new Map([...imports, ...defined].map((one, at) => [one, at]))

  const typeOf = (one) => typeIndex(one.module.types[one.type])
  const code = defined.map((one) =>
    body(one.code, {
      call: (index) => place.get(functionOf(one.module, index)),
      type: (index) => typeIndex(one.module.types[index]),
      global: (index) => globalOf(one.module, index),
    }),
  )
  const globals = [...engine.globals, ...glue.globals]
  const indexOf = ({ kind, module, index }) =>
    kind === 0 ? place.get(functionOf(module, index)) : kind === 3 ? globalOf(module, index) : index
  const importList = imports.map((one) => [
    text(one.from),
    text(one.name),
    0,
    unsigned(typeOf(one)),
  ])
  const functionList = defined.map((one) => unsigned(typeOf(one)))
  const entries = table.map((one) => unsigned(place.get(one)))
  const sections = [
    [1, vector([...types.keys()].map((key) => Buffer.from(key, 'latin1')))],
    [2, vector(importList)],
    [3, vector(functionList)],
    [4, vector([[0x70, 0, unsigned(engine.elementsFrom + table.length)]])],
    [5, vector([[0, unsigned(engine.pages)]])],
    [6, vector(globals)],
    [7, vector(exports.map((one) => [text(one.name), one.kind, unsigned(indexOf(one))]))],
    [9, vector([[0, 0x41, unsigned(engine.elementsFrom), 0x0b, vector(entries)]])],
    [10, vector(code.map((one) => [unsigned(one.length), one]))],
    ...(withData ? [[11, engine.data]] : []),
    ...(notice ? [[0, [text('notice'), notice]]] : []),
  ]
  return bytesOf([
    Buffer.from('\0asm\x01\0\0\0', 'latin1'),
    ...sections.map(([id, content]) => {
      const bytes = bytesOf(content)
      return [id, unsigned(bytes.length), bytes]
    }),
  ])
}
