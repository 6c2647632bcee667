#!/usr/bin/env node
// Generates src/capnp/*.ts from capnp/*.capnp, and the test schemas' code beside them in
// test/fixture/ and test/interop/: typed readers, writers, clients and server types on top of
// src/rpc/codegen.ts. Needs the `capnp` compiler on the PATH; its output is committed, so only a
// change of a schema does.
//
//   npm run gen               writes
//   npm run gen -- --check    fails when what is committed is not current
//   node scripts/gen-capnp.mjs --out DIR --runtime SPECIFIER [--extension .gen.ts] FILE…
//
// Names: schema names contain neither `_` nor `$`, so what is joined with `_` and everything of ours,
// which has a `$`, cannot collide with them. Where a schema name would mean something to JavaScript
// (`then` on a client, a constant called `default`) it gets a final `_`.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { Message } from 'capnp-es'
import * as schema from 'capnp-es/capnp/schema'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'src/capnp') },
    runtime: { type: 'string', default: '../rpc/index.ts' },
    extension: { type: 'string', default: '.ts' },
  },
})
const schemasIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.capnp'))
    .map((name) => join(root, folder, name))

const jobs = [
  {
    inputs: positionals.length > 0 ? positionals : schemasIn('capnp'),
    out: options.out,
    runtime: options.runtime,
    extension: options.extension,
  },
]
if (positionals.length === 0) {
  for (const folder of ['test/fixture', 'test/interop']) {
    jobs.push({
      inputs: schemasIn(folder),
      out: join(root, folder),
      runtime: '../../src/rpc/index.ts',
      extension: '.gen.ts',
    })
  }
}

const { Type } = schema
const NO_DISCRIMINANT = 0xffff
/** Id of StreamResult in /capnp/stream.capnp, which `-> stream` stands for. */
const STREAM_RESULT = 0x995f_9a33_77c0_b16en

/** Scalar types: accessor suffix, bytes, TypeScript type, name of the value in a schema Value. */
const SCALARS = new Map([
  [Type.BOOL, ['Bool', 0, 'boolean', 'bool']],
  [Type.INT8, ['Int8', 1, 'number', 'int8']],
  [Type.INT16, ['Int16', 2, 'number', 'int16']],
  [Type.INT32, ['Int32', 4, 'number', 'int32']],
  [Type.INT64, ['Int64', 8, 'bigint', 'int64']],
  [Type.UINT8, ['Uint8', 1, 'number', 'uint8']],
  [Type.UINT16, ['Uint16', 2, 'number', 'uint16']],
  [Type.UINT32, ['Uint32', 4, 'number', 'uint32']],
  [Type.UINT64, ['Uint64', 8, 'bigint', 'uint64']],
  [Type.FLOAT32, ['Float32', 4, 'number', 'float32']],
  [Type.FLOAT64, ['Float64', 8, 'number', 'float64']],
  [Type.ENUM, ['Uint16', 2, 'number', 'enum']],
])

/** Names that mean something to JavaScript where a generated accessor of that name would stand. */
const CLIENT_RESERVED = new Set(['then'])
const PIPELINE_RESERVED = new Set(['then', 'catch', 'finally'])

/** What every object has: a plain object holds a field of such a name only if it is its own. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Words that cannot name a constant. */
const RESERVED_WORDS = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval
  export extends false finally for function if implements import in instanceof interface let new null
  package private protected public return static super switch this throw true try typeof undefined
  var void while with yield`.split(/\s+/),
)

function fail(sentence) {
  process.stderr.write(`gen-capnp: ${sentence}\n`)
  process.exit(1)
}

const outputs = new Map()
for (const job of jobs) {
  const compiled = spawnSync('capnp', ['compile', '-o-', ...job.inputs], { maxBuffer: 64 << 20 })
  if (compiled.error) {
    fail(
      `cannot run the capnp compiler (${compiled.error.message}): install Cap'n Proto 0.9 or later`,
    )
  }
  if (compiled.status !== 0) fail(compiled.stderr.toString().trim())
  const request = new Message(compiled.stdout, false).getRoot(schema.CodeGeneratorRequest)
  for (const requested of request.requestedFiles.toArray()) {
    const name = basename(requested.filename)
    const path = join(job.out, name.replace(/\.capnp$/, job.extension))
    const source = job.inputs.find((input) => basename(input) === name)
    outputs.set(path, generate(job, request, requested, name, licenceOf(source)))
  }
}

let stale = 0
for (const [path, text] of outputs) {
  if (!options.check) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    continue
  }
  let current
  try {
    current = readFileSync(path, 'utf8')
  } catch {
    current = undefined
  }
  if (current === text) continue
  stale++
  process.stderr.write(`gen-capnp: ${relative(root, path)} is not current: run \`npm run gen\`\n`)
}
if (stale > 0) process.exit(1)

/** The comment that opens a schema, if it is a licence: whoever copies the rest must keep it. */
function licenceOf(path) {
  const lines = readFileSync(path, 'utf8').split('\n')
  const head = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('#')),
  )
  return head.some((line) => line.includes('Copyright'))
    ? [...head.map((line) => line.replace('#', '//')), '']
    : []
}

function wordAt(segment, byte) {
  return (BigInt(segment.getUint32(byte + 4)) << 32n) | BigInt(segment.getUint32(byte))
}

/**
 * Copies what the pointer at `byte` leads to behind word `to` of `words`, and the pointer there.
 * By the encoding itself: capnp-es does not copy every list. Input is the compiler's, so valid.
 */
function copyPointer(words, to, segment, byte) {
  const low = segment.getInt32(byte)
  const high = segment.getUint32(byte + 4)
  if (low === 0 && high === 0) return
  const kind = low & 3
  if (kind === 2) {
    const landing = segment.message.getSegment(high)
    const pad = (low >>> 3) * 8
    if ((low & 4) === 0) copyPointer(words, to, landing, pad)
    else {
      const content = landing.message.getSegment(landing.getUint32(pad + 4))
      const start = (landing.getUint32(pad) >>> 3) * 8
      copyContent(
        words,
        to,
        content,
        start,
        landing.getUint32(pad + 8),
        landing.getUint32(pad + 12),
      )
    }
    return
  }
  copyContent(words, to, segment, byte + 8 + (low >> 2) * 8, low, high)
}

/** @param start byte at which the content begins that a pointer of `low` and `high` describes */
function copyContent(words, to, segment, start, low, high) {
  const at = words.length
  const kind = low & 3
  // A struct without content points to itself, or it would be null.
  const offset = kind === 0 && high === 0 ? -1 : at - to - 1
  words[to] = (BigInt(high) << 32n) | BigInt(((offset << 2) | kind) >>> 0)
  // The elements: how many, and the words of data and the pointers of each.
  const layouts = () => {
    if (kind === 0) return [1, high & 0xffff, high >>> 16]
    const count = high >>> 3
    if ((high & 7) === 6) return [count, 0, 1]
    if ((high & 7) !== 7) return [1, Math.ceil((count * [0, 1, 8, 16, 32, 64][high & 7]) / 64), 0]
    words.push(wordAt(segment, start))
    const shape = segment.getUint32(start + 4)
    return [segment.getUint32(start) >>> 2, shape & 0xffff, shape >>> 16]
  }
  const [count, data, pointers] = layouts()
  const first = words.length
  const from = start + (first - at) * 8
  const size = data + pointers
  for (let index = 0; index < count * size; index++) {
    words.push(index % size < data ? wordAt(segment, from + index * 8) : 0n)
  }
  for (let index = 0; index < count * size; index++) {
    if (index % size >= data) copyPointer(words, first + index, segment, from + index * 8)
  }
}

/** Every object has something of this name already, as TypeScript wants to hear. */
function overriding(name) {
  return INHERITED.has(name) ? 'override ' : ''
}

function generate(job, request, requested, fileName, licence) {
  const nodes = new Map(request.nodes.toArray().map((node) => [node.id, node]))
  const sources = new Map(request.sourceInfo.toArray().map((info) => [info.id, info]))
  const imports = new Map()
  const body = []
  const file = nodes.get(requested.id)
  const fileIdOf = (node) => {
    let at = node
    for (;;) {
      if (at._isFile) return at.id
      const scope = at.scopeId !== 0n ? nodes.get(at.scopeId) : undefined
      if (!scope) return undefined
      at = scope
    }
  }

  /** TypeScript name of a node: nested names joined by underscores. */
  const nameOf = (node) => {
    const local = node.displayName.slice(node.displayName.lastIndexOf(':') + 1)
    return local.replaceAll('.', '_')
  }

  const ref = (id) => {
    const node = nodes.get(id)
    const path = node.displayName.slice(0, node.displayName.lastIndexOf(':'))
    const base = basename(path)
    if (base === fileName) return nameOf(node)
    const alias = `$${base.replace(/\.capnp$/, '').replaceAll(/\W/g, '_')}`
    imports.set(alias, `./${base.replace(/\.capnp$/, job.extension)}`)
    return `${alias}.${nameOf(node)}`
  }
  // A type of the schema may be called like a global one that we use.
  const declared = new Set(
    [...nodes.values()].filter((node) => fileIdOf(node) === file.id).map(nameOf),
  )
  const global = (name) => (declared.has(name) ? `globalThis.${name}` : name)
  const BYTES = global('Uint8Array')
  const PROMISE = global('Promise')
  const EMPTY = `${global('Readonly')}<${global('Record')}<string, never>>`
  const isStream = (id) => id === STREAM_RESULT

  const doc = (text, indent = '') => {
    const lines = (text ?? '').trim().replaceAll('*/', '*\\/').split('\n')
    if (lines.length === 0 || lines[0] === '') return ''
    if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
    return `${indent}/**\n${lines.map((line) => `${indent} *${line ? ` ${line}` : ''}\n`).join('')}${indent} */\n`
  }
  const nodeDoc = (node, indent) => doc(sources.get(node.id)?.docComment, indent)
  const memberDoc = (node, index, indent) => {
    const members = sources.get(node.id)?.members.toArray() ?? []
    return doc(members[index]?.docComment, indent)
  }

  /** Readers, writers and types of one schema type. */
  const describe = (type) => {
    const kind = type.which()
    const scalar = SCALARS.get(kind)
    if (kind === Type.ENUM) {
      const name = ref(type.enum.typeId)
      return { kind, read: name, init: name, element: `$.uint16Element as $.ElementCodec<${name}>` }
    }
    if (scalar) {
      const lower = scalar[0][0].toLowerCase() + scalar[0].slice(1)
      return { kind, read: scalar[2], init: scalar[2], element: `$.${lower}Element` }
    }
    switch (kind) {
      case Type.VOID:
        return { kind, read: 'null', init: 'null', element: '$.voidElement' }
      case Type.TEXT:
        return { kind, read: 'string', init: 'string', element: '$.textElement' }
      case Type.DATA:
        return { kind, read: BYTES, init: BYTES, element: '$.dataElement' }
      case Type.STRUCT: {
        const name = ref(type.struct.typeId)
        const init = `${name}$Init | ${name}`
        return { kind, name, read: name, init, element: `$.structElement(() => ${name})` }
      }
      case Type.INTERFACE: {
        const name = ref(type.interface.typeId)
        const init = `${name} | null`
        return { kind, name, read: init, init, element: `$.capElement(() => ${name})` }
      }
      case Type.LIST: {
        const item = describe(type.list.elementType)
        return {
          kind,
          read: `$.List<${item.read}>`,
          init: `$.ListInit<${item.init}>`,
          codec: item.element,
          element: `$.listElement(() => ${item.element})`,
        }
      }
      case Type.ANY_POINTER: {
        const any = type.anyPointer
        const isCap = any._isUnconstrained && any.unconstrained._isCapability
        if (isCap) {
          return {
            kind: Type.INTERFACE,
            name: '$.Client',
            read: '$.Client | null',
            init: '$.Client | null',
            element: '$.capElement(() => $.Client)',
          }
        }
        return { kind, read: '$.AnyPointer', init: '$.AnyInit', element: '$.anyElement' }
      }
      default:
        return fail(`${fileName}: a type of kind ${kind} is not supported`)
    }
  }

  const literal = (value, wide) => {
    if (wide) return `${value}n`
    return Object.is(value, -0) ? '-0' : String(value)
  }
  const bytesLiteral = (data) => `new ${BYTES}([${data.toUint8Array().join(', ')}])`

  /** A struct or list of the schema as the words of a message of its own. */
  const wordsOf = (pointer) => {
    const words = [0n]
    copyPointer(words, 0, pointer.segment, pointer.byteOffset)
    return words.map((word) => `0x${word.toString(16)}n`).join(', ')
  }

  /** The default of a slot, as the bit pattern its accessors take. */
  const defaultOf = (slot, scalar) => {
    const wide = scalar[1] === 8
    const zero = scalar[0] === 'Bool' ? 'false' : wide ? '0n' : '0'
    if (!slot.hadExplicitDefault) return zero
    const value = slot.defaultValue[scalar[3]]
    if (scalar[0] === 'Float32' || scalar[0] === 'Float64') {
      const bits = new DataView(new ArrayBuffer(8))
      if (wide) {
        bits.setFloat64(0, value)
        return `${bits.getBigUint64(0)}n`
      }
      bits.setFloat32(0, value)
      return String(bits.getUint32(0))
    }
    return literal(value, wide)
  }

  const structs = (node) => {
    const name = nameOf(node)
    const { struct } = node
    const getters = []
    const writes = []
    const inits = []
    const pipes = []
    const whiches = []
    struct.fields.toArray().forEach((field, index) => {
      const key = field.name
      const quoted = key === 'constructor' ? `['constructor']` : key
      const value = `value.${key}`
      const comment = memberDoc(node, index, '  ')
      const inUnion = field.discriminantValue !== NO_DISCRIMINANT
      const guard = inUnion
        ? `if ($.getUint16(this, ${struct.discriminantOffset * 2}, 0) !== ${field.discriminantValue}) return undefined\n    `
        : ''
      const choose = inUnion
        ? `$.putUint16(builder, byte + ${struct.discriminantOffset * 2}, ${field.discriminantValue}, 0)`
        : ''
      const maybe = inUnion ? ' | undefined' : ''
      if (inUnion) whiches.push([field.discriminantValue, key])
      const getter = (type, expression) =>
        getters.push(
          `${comment}  ${overriding(key)}get ${quoted}(): ${type}${maybe} {\n    ${guard}return ${expression}\n  }`,
        )
      // An object without the field has something inherited in its place, says TypeScript.
      const orInherited = INHERITED.has(key) ? ` | ${global('CallableFunction')}` : ''
      const init = (type) =>
        inits.push(`${comment}  readonly ${key}?: ${type}${orInherited} | undefined`)
      const isGiven = INHERITED.has(key) ? `$.isGiven(value, '${key}')` : `${value} !== undefined`
      const write = (...statements) =>
        writes.push(
          `    if (${isGiven}) {\n${[choose, ...statements]
            .filter(Boolean)
            .map((line) => `      ${line}\n`)
            .join('')}    }`,
        )

      if (field._isGroup) {
        const group = nodes.get(field.group.typeId)
        const groupName = nameOf(group)
        structs(group)
        getter(groupName, `$.getGroup(this, ${groupName})`)
        init(`${groupName}$Init`)
        write(`${groupName}.$write(builder, at, ${value})`)
        pipes.push([
          key,
          `${groupName}$Promise`,
          `new ${groupName}$Promise(this.$call, this.$path)`,
        ])
        return
      }
      const { slot } = field
      const type = describe(slot.type)
      const scalar = SCALARS.get(type.kind)
      const { offset } = slot
      if (scalar) {
        const [suffix, bytes] = scalar
        const byDefault = defaultOf(slot, scalar)
        const at = bytes === 0 ? offset : offset * bytes
        const cast = type.kind === Type.ENUM ? ` as ${type.read}` : ''
        getter(type.read, `$.get${suffix}(this, ${at}, ${byDefault})${cast}`)
        init(type.init)
        if (suffix === 'Bool') {
          write(`$.putBool(builder, byte, ${offset}, ${value} !== ${byDefault})`)
        } else write(`$.put${suffix}(builder, byte + ${at}, ${value}, ${byDefault})`)
        return
      }
      const pointer = `at + ${struct.dataWordCount + offset}`
      const hasDefault = slot.hadExplicitDefault
      switch (type.kind) {
        case Type.VOID:
          getter('null', 'null')
          if (inUnion) {
            init('null')
            write()
          }
          return
        case Type.TEXT:
          getter(
            'string',
            `$.getText(this, ${offset}, ${JSON.stringify(hasDefault ? slot.defaultValue.text : '')})`,
          )
          init('string')
          write(`builder.text(${pointer}, ${value})`)
          return
        case Type.DATA: {
          const bytes = hasDefault ? `, ${bytesLiteral(slot.defaultValue.data)}` : ''
          getter(BYTES, `$.getData(this, ${offset}${bytes})`)
          init(BYTES)
          write(`builder.data(${pointer}, ${value})`)
          return
        }
        case Type.INTERFACE:
          getter(type.read, `$.getCap(this, ${offset}, ${type.name})`)
          init(type.init)
          write(`$.putCap(builder, ${pointer}, ${value})`)
          pipes.push([key, type.name, `this.$cap(${type.name}, ${offset})`])
          return
        case Type.ANY_POINTER:
          getter(type.read, `$.getAny(this, ${offset})`)
          init(type.init)
          write(`$.putAny(builder, ${pointer}, ${value})`)
          pipes.push([key, '$.Client', `this.$cap($.Client, ${offset})`])
          return
        default:
      }
      let stated = ''
      if (hasDefault) {
        const local = `${name}$default$${key}`
        const { defaultValue } = slot
        const pointer = defaultValue._isStruct ? defaultValue.struct : defaultValue.list
        body.push(`const ${local} = /* @__PURE__ */ $.stated([${wordsOf(pointer)}])`)
        stated = `, ${local}`
      }
      if (type.kind === Type.STRUCT) {
        getter(type.read, `$.getStruct(this, ${offset}, ${type.name}${stated})`)
        init(type.init)
        write(`builder.put(${pointer}, ${type.name}, ${value})`)
        pipes.push([
          key,
          `${type.name}$Promise`,
          `new ${type.name}$Promise(this.$call, [...this.$path, ${offset}])`,
        ])
      } else {
        getter(type.read, `$.getList(this, ${offset}, ${type.codec}${stated})`)
        init(type.init)
        write(
          `(${type.codec}).writeList(builder, ${pointer}, ${value})`.replace(
            /^\((\$\.\w+)\)/,
            '$1',
          ),
        )
      }
    })

    if (whiches.length > 0) {
      writes.unshift(`    $.atMostOne(value, [${whiches.map(([, key]) => `'${key}'`).join(', ')}])`)
      const names = whiches.map(([, key]) => `'${key}'`)
      const cases = whiches.map(([tag, key]) => `      case ${tag}:\n        return '${key}'`)
      getters.push(
        `  /** Which member of the union is set; undefined for one newer than this code. */\n  get $which(): ${names.join(' | ')} | undefined {\n    switch ($.getUint16(this, ${struct.discriminantOffset * 2}, 0)) {\n${cases.join('\n')}\n      default:\n        return undefined\n    }\n  }`,
      )
    }
    const uses = writes.join('\n')
    const head = uses.includes('byte') ? '    const byte = at * 8\n' : ''
    const params = writes.length > 0 ? `builder: $.Builder, at: number, value: ${name}$Init` : ''
    body.push(
      `${nodeDoc(node, '')}export class ${name} extends $.Struct {\n  static readonly $dataWords = ${struct.dataWordCount}\n  static readonly $pointerWords = ${struct.pointerCount}\n${getters.length > 0 ? `\n${getters.join('\n')}\n` : ''}\n  static $write(${params}): void {${writes.length > 0 ? `\n${head}${uses}\n  ` : ''}}\n}`,
    )
    body.push(
      inits.length > 0
        ? `export interface ${name}$Init {\n${inits.join('\n')}\n}`
        : `export type ${name}$Init = ${EMPTY}`,
    )
    if (name.endsWith('$Params')) return
    const accessors = pipes.map(([key, type, expression]) => {
      const safe = PIPELINE_RESERVED.has(key)
        ? `${key}_`
        : key === 'constructor'
          ? `['constructor']`
          : key
      return `  ${overriding(key)}get ${safe}(): ${type} {\n    return ${expression}\n  }`
    })
    body.push(
      `export class ${name}$Promise extends $.Pipeline<${name}> {\n  constructor(call: $.PendingCall, path?: readonly number[]) {\n    super(${name}, call, path)\n  }${accessors.length > 0 ? `\n\n${accessors.join('\n')}` : ''}\n}`,
    )
  }

  const doneInterfaces = new Set()
  const interfaces = (node) => {
    if (doneInterfaces.has(node.id)) return
    doneInterfaces.add(node.id)
    // A class must stand after the one it extends.
    for (const { id } of node.interface.superclasses.toArray()) {
      const base = nodes.get(id)
      if (fileIdOf(base) === file.id) interfaces(base)
    }
    const name = nameOf(node)
    const methods = node.interface.methods.toArray()
    const bases = node.interface.superclasses.toArray().map((base) => ref(base.id))
    const table = []
    const calls = []
    const handlers = []
    methods.forEach((method, ordinal) => {
      const comment = memberDoc(node, ordinal, '  ')
      for (const id of [method.paramStructType, method.resultStructType]) {
        const struct = nodes.get(id)
        if (struct.scopeId === 0n && !isStream(id)) structs(struct)
      }
      const params = ref(method.paramStructType)
      const isStreaming = isStream(method.resultStructType)
      const results = isStreaming ? '$.StreamResult' : ref(method.resultStructType)
      const isBare = nodes.get(method.paramStructType).struct.fields.length === 0
      table.push(
        `      { name: '${method.name}', params: () => ${params}, results: () => ${results}${isStreaming ? ', isStream: true' : ''} },`,
      )
      const safe = CLIENT_RESERVED.has(method.name)
        ? `${method.name}_`
        : method.name === 'constructor'
          ? `['constructor']`
          : method.name
      const declared = `${comment}  ${overriding(method.name)}${safe}(params: ${params}$Init${isBare ? ' = {}' : ''}, options?: $.CallOptions)`
      const made = `this, ${name}.$interface.id, ${ordinal}, ${params}, params, options`
      calls.push(
        isStreaming
          ? `${declared}: ${PROMISE}<void> {\n    return $.streamCall(${made})\n  }`
          : `${declared}: ${results}$Promise {\n    return new ${results}$Promise(\n      $.call(${made}),\n    )\n  }`,
      )
      handlers.push(
        `${comment}  ${method.name}(\n    params: ${params},\n    context: $.CallContext,\n  ): $.Awaitable<${isStreaming ? 'void' : `${results}$Init | void`}>`,
      )
    })
    const [first, ...others] = bases
    if (others.length > 0) body.push(`export interface ${name} extends ${others.join(', ')} {}`)
    body.push(
      `${nodeDoc(node, '')}export class ${name} extends ${first ?? '$.Client'} {\n  static override readonly $interface: $.Interface<${name}$Server> = {\n    id: 0x${node.id.toString(16)}n,\n    name: '${name.replaceAll('_', '.')}',\n    methods: [${table.length > 0 ? `\n${table.join('\n')}\n    ` : ''}],\n    superclasses: () => [${bases.map((base) => `${base}.$interface`).join(', ')}],\n  }${calls.length > 0 ? `\n\n${calls.join('\n')}` : ''}\n}`,
    )
    if (others.length > 0) body.push(`$.inherit(${name}, [${others.join(', ')}])`)
    const extend =
      bases.length > 0 ? ` extends ${bases.map((base) => `${base}$Server`).join(', ')}` : ''
    body.push(
      handlers.length > 0 || bases.length > 0
        ? `/** What serves a ${name}. */\nexport interface ${name}$Server${extend} {\n${handlers.join('\n')}\n}`
        : `/** What serves a ${name}: nothing yet. */\nexport type ${name}$Server = object`,
    )
  }

  const enums = (node) => {
    const name = nameOf(node)
    const values = node.enum.enumerants
      .toArray()
      .map((value, index) => `  ${value.name}: ${index},`)
    body.push(`${nodeDoc(node, '')}export const ${name} = {\n${values.join('\n')}\n} as const`)
    body.push(`export type ${name} = (typeof ${name})[keyof typeof ${name}]`)
  }

  const constants = (node) => {
    const type = describe(node.const.type)
    const scalar = SCALARS.get(type.kind)
    const { value } = node.const
    const plain = nameOf(node)
    const local = RESERVED_WORDS.has(plain) ? `${plain}_` : plain
    const constant = (of, text) =>
      body.push(`${nodeDoc(node, '')}export const ${local}: ${of} = ${text}`)
    if (scalar) constant(type.read, literal(value[scalar[3]], scalar[2] === 'bigint'))
    else if (type.kind === Type.TEXT) constant('string', JSON.stringify(value.text))
    else if (type.kind === Type.DATA) constant(BYTES, bytesLiteral(value.data))
    else fail(`${fileName}: constant ${plain}: only scalars, texts and data are supported`)
  }

  const visit = (node) => {
    if (node._isStruct && !node.struct.isGroup) structs(node)
    else if (node._isInterface) interfaces(node)
    else if (node._isEnum) enums(node)
    else if (node._isConst) constants(node)
    for (const nested of node.nestedNodes.toArray()) {
      const inner = nodes.get(nested.id)
      if (inner && fileIdOf(inner) === file.id) visit(inner)
    }
  }
  for (const nested of file.nestedNodes.toArray()) visit(nodes.get(nested.id))

  const head = [
    ...licence,
    `// Generated from ${fileName} by scripts/gen-capnp.mjs. Do not edit.`,
    `import { codegen as $ } from '${job.runtime}'`,
    ...[...imports].map(([alias, path]) => `import * as ${alias} from '${path}'`),
  ]
  return `${head.join('\n')}\n\n${body.join('\n\n')}\n`
}
