// A struct or group: the class that reads and writes it, the type of what it is written from, and
// the class of a call in progress that will return it.
//
// The type of a struct with a union is not its class but a union over `$which`, so that a switch
// narrows; the class then is called `Name$Union`.

import { Type } from 'capnp-es/capnp/schema'

import { INHERITED, member, nameOf, overriding } from './schema.mjs'
import { defaultOf, expressionOf, SCALARS, wordsOf } from './value.mjs'

const NO_DISCRIMINANT = 0xffff
const PIPELINE_RESERVED = new Set(['then', 'catch', 'finally'])

/** @returns definitions in the order they must stand in */
export function structOf(file, node) {
  const writer = new StructWriter(file, node)
  return writer.write()
}

class StructWriter {
  #file
  #node
  #name
  #generic
  #applied
  #out = []
  #getters = []
  #writes = []
  #inits = []
  #pipes = []
  /** Names, readers and writers of a union's members, by tag. */
  #members = []
  #narrowed = []
  #variants = []
  /** What describes types inside the getters, the writer and the accessors of a call. */
  #reading
  #writing
  #piping

  constructor(file, node) {
    this.#file = file
    this.#node = node
    this.#name = nameOf(node)
    this.#generic = file.declaration(node)
    this.#applied = file.application(node)
    this.#reading = { node, types: 'this.$types' }
    // A static method has no type parameters.
    this.#writing = { node, types: 'this.prototype.$types', isErased: true }
    this.#piping = { node, types: 'this.$types' }
  }

  write() {
    const { struct } = this.#node
    struct.fields.toArray().forEach((field, index) => this.#field(field, index))
    for (const list of [this.#members, this.#narrowed, this.#variants]) {
      list.sort(([left], [right]) => left - right)
    }
    this.#class()
    this.#init()
    if (!this.#name.endsWith('$Params')) this.#promise()
    return this.#out
  }

  get #names() {
    return this.#members.map(([, key]) => `'${key}'`)
  }

  #field(field, index) {
    const key = field.name
    const comment = this.#file.memberDoc(this.#node, index)
    const inUnion = field.discriminantValue !== NO_DISCRIMINANT
    if (inUnion) this.#members.push([field.discriminantValue, key])
    // An object without the field has something inherited in its place, says TypeScript.
    const isInherited = INHERITED.has(key)
    const orInherited = isInherited ? ` | ${this.#file.global('CallableFunction')}` : ''
    const place = {
      value: `value.${key}`,
      getter: (type, expression) => {
        const guard = inUnion
          ? `if (!$.isMember(this.$, ${this.#tagByte}, ${field.discriminantValue})) return undefined\n    `
          : ''
        if (inUnion) this.#narrowed.push([field.discriminantValue, key, type])
        this.#getters.push(
          `${comment}  ${overriding(key)}get ${member(key)}(): ${type}${inUnion ? ' | undefined' : ''} {\n    ${guard}return ${expression}\n  }`,
        )
      },
      init: (type) => {
        const name = `${comment}  readonly ${key}`
        if (inUnion) this.#variants.push([field.discriminantValue, key, `${name}: ${type}`])
        else this.#inits.push(`${name}?: ${type}${orInherited} | undefined`)
      },
      write: (statement) => {
        const isGiven = isInherited ? `$.isGiven(value, '${key}')` : `value.${key} !== undefined`
        this.#writes.push(`    if (${isGiven}) {\n      ${statement}\n    }`)
      },
      pipe: (type, expression) => this.#pipes.push([key, type, expression, comment]),
    }
    if (field._isGroup) this.#group(this.#file.nodes.get(field.group.typeId), place)
    else this.#slot(field, inUnion, place)
  }

  get #tagByte() {
    return this.#node.struct.discriminantOffset * 2
  }

  #group(group, { value, getter, init, write, pipe }) {
    this.#out.push(...structOf(this.#file, group))
    const name = nameOf(group)
    const read = `${name}${this.#applied}`
    const init$ = `${name}$Init${this.#applied}`
    // The same bytes under another class, with the same type parameters.
    const classIn = ({ types, isErased }) => {
      if (!this.#applied) return name
      const args = isErased ? `${name}, ${name}$Init` : `${read}, ${init$}`
      return `$.within<${args}>(${name}, ${types})`
    }
    getter(read, `new (${classIn(this.#reading)})(this.$)`)
    init(`${init$} | ${read}`)
    write(`${classIn(this.#writing)}.$write(builder, at, ${value} as ${name}$Init)`)
    const type = this.#applied ? `, ${classIn(this.#piping)}` : ''
    pipe(`${name}$Promise${this.#applied}`, `new ${name}$Promise(this.$call, this.$path${type})`)
  }

  #slot(field, inUnion, { value, getter, init, write, pipe }) {
    const { slot } = field
    const { offset } = slot
    const type = this.#file.describe(slot.type, this.#reading)
    const writing = this.#file.describe(slot.type, this.#writing)
    const scalar = SCALARS.get(type.kind)
    if (scalar) {
      this.#scalar(slot, type, scalar, { value, getter, init, write })
      return
    }
    if (type.kind === Type.VOID) {
      getter('null', 'null')
      if (inUnion) init('null')
      return
    }
    const at = `at + ${this.#node.struct.dataWordCount + offset}`
    const hasDefault = slot.hadExplicitDefault
    init(type.init)
    switch (type.kind) {
      case Type.TEXT:
        getter(
          'string',
          `$.getText(this.$, ${offset}, ${hasDefault ? JSON.stringify(slot.defaultValue.text) : "''"})`,
        )
        write(`$.putText(builder, ${at}, ${value})`)
        return
      case Type.DATA:
        getter(type.read, `$.getData(this.$, ${offset}${this.#default(field, type)})`)
        write(`$.putData(builder, ${at}, ${value})`)
        return
      case Type.INTERFACE:
        getter(type.read, `$.getCap(this.$, ${offset}, ${type.type})`)
        write(`$.putCap(builder, ${at}, ${value})`)
        pipe(type.client, `this.$cap(${type.type}, ${offset})`)
        return
      case Type.ANY_POINTER:
        getter(type.read, `$.getAny(this.$, ${offset})`)
        write(`$.putAny(builder, ${at}, ${value})`)
        pipe('$.Client', `this.$cap($.Client, ${offset})`)
        return
      case 'parameter':
        getter(type.read, `${type.argument}.get(this.$, ${offset}) as ${type.read}`)
        write(`${writing.argument}.put(builder, ${at}, ${value})`)
        pipe(
          `$.Pipelined<${type.read}>`,
          `$.pipelined<${type.read}>(this, ${type.argument}, ${offset})`,
        )
        return
      case Type.STRUCT: {
        getter(
          type.read,
          `$.getStruct(this.$, ${offset}, ${type.type}${this.#default(field, type)})`,
        )
        write(`$.putStruct(builder, ${at}, ${writing.type}, ${value})`)
        const brand = type.args ? `, ${type.type}` : ''
        pipe(
          `${type.name}$Promise${type.args}`,
          `new ${type.name}$Promise(this.$call, [...this.$path, ${offset}]${brand})`,
        )
        return
      }
      default:
        getter(
          type.read,
          `$.getList(this.$, ${offset}, ${type.codec}${this.#default(field, type)})`,
        )
        write(
          `(${writing.codec}).writeList(builder, ${at}, ${value})`.replace(/^\((\$\.\w+)\)/, '$1'),
        )
    }
  }

  #scalar(slot, type, [suffix, bytes], { value, getter, init, write }) {
    const { offset } = slot
    const byDefault = defaultOf(slot, SCALARS.get(type.kind))
    const at = bytes === 0 ? offset : offset * bytes
    const cast = type.kind === Type.ENUM ? ` as ${type.read}` : ''
    getter(type.read, `$.get${suffix}(this.$, ${at}, ${byDefault})${cast}`)
    init(type.init)
    write(
      suffix === 'Bool'
        ? `$.putBool(builder, byte, ${offset}, ${value} !== ${byDefault})`
        : `$.put${suffix}(builder, byte + ${at}, ${value}, ${byDefault})`,
    )
  }

  /** The default of a pointer field as one more argument of its reader. */
  #default({ name, slot }, type) {
    if (!slot.hadExplicitDefault) return ''
    const local = `${this.#name}$default$${name}`
    const { defaultValue } = slot
    const value =
      type.kind === Type.DATA
        ? expressionOf(type, defaultValue, this.#file.global('Uint8Array'))
        : `/* @__PURE__ */ $.stated(${wordsOf(defaultValue._isStruct ? defaultValue.struct : defaultValue.list)})`
    this.#out.push(`const ${local} = ${value}`)
    return `, ${local}`
  }

  #class() {
    const { struct } = this.#node
    const name = this.#name
    const isUnion = this.#members.length > 0
    const doc = this.#file.doc(this.#node)
    if (isUnion) {
      const names = this.#names.join(', ')
      this.#writes.unshift(`    $.choose(builder, byte + ${this.#tagByte}, value, [${names}])`)
      this.#getters.push(
        `  /** Which member of the union is set; undefined for one newer than this code. */\n  get $which(): ${this.#names.join(' | ')} | undefined {\n    return $.which(this.$, ${this.#tagByte}, [${names}])\n  }`,
      )
    }
    const uses = this.#writes.join('\n')
    const head =
      uses.includes('byte + ') || uses.includes(', byte,') ? '    const byte = at * 8\n' : ''
    const params = uses ? `builder: $.Builder, at: number, value: ${name}$Init` : ''
    const lines = [
      `  declare readonly $init?: ${name}$Init${this.#applied}`,
      ...(this.#applied ? ['  declare readonly $types?: $.Types'] : []),
      `  static readonly $dataWords = ${struct.dataWordCount}`,
      `  static readonly $pointerWords = ${struct.pointerCount}`,
    ]
    if (this.#getters.length > 0) lines.push('', ...this.#getters)
    lines.push('', `  static $write(${params}): void {${uses ? `\n${head}${uses}\n  ` : ''}}`)
    const isNamed = !struct.isGroup && this.#node.scopeId !== 0n
    if (this.#applied && isNamed) lines.push(brandingOf(this.#file, this.#node))
    const own = isUnion ? `${name}$Union` : name
    this.#out.push(
      `${doc}export class ${own}${this.#generic} extends $.Struct {\n${lines.join('\n')}\n}`,
    )
    if (!isUnion) return
    const cases = this.#narrowed.map(
      ([, key, type]) => `    | { readonly $which: '${key}'; readonly ${key}: ${type} }`,
    )
    this.#out.push(
      `${doc}export type ${name}${this.#generic} = ${own}${this.#applied} &\n  (\n${cases.join('\n')}\n    | { readonly $which: undefined }\n  )`,
    )
    const brands = this.#applied && isNamed ? ` & $.Branding<typeof ${own}>` : ''
    this.#out.push(
      `${doc}export const ${name}: $.StructType<${name}, ${name}$Init>${brands} = ${own} as never`,
    )
  }

  #init() {
    const file = this.#file
    const name = `${this.#name}$Init`
    const doc = file.doc(this.#node)
    const fields = `{\n${this.#inits.join('\n')}\n}`
    const add = (keyword, is, body, comment = doc) =>
      this.#out.push(
        `${comment}export ${keyword} ${name}${file.declaration(this.#node, body)}${is}${body}`,
      )
    if (this.#members.length > 0) {
      const members = `{\n${this.#variants.map(([, , text]) => text).join('\n')}\n}`
      const own = `${this.#name}$Members`
      this.#out.push(`export interface ${own}${file.declaration(this.#node, members)} ${members}`)
      const common = this.#inits.length > 0 ? `${fields} & ` : ''
      add('type', ' = ', `${common}$.OneOf<${own}${this.#applied}>`)
    } else if (this.#inits.length > 0) add('interface', ' ', fields)
    else
      add('type', ' = ', `${file.global('Readonly')}<${file.global('Record')}<string, never>>`, '')
  }

  #promise() {
    const name = this.#name
    const read = `${name}${this.#applied}`
    const accessors = this.#pipes.map(([key, type, expression, comment]) => {
      const safe = PIPELINE_RESERVED.has(key) ? `${key}_` : member(key)
      return `${comment}  ${overriding(key)}get ${safe}(): ${type} {\n    return ${expression}\n  }`
    })
    const lines = this.#applied
      ? [
          '  readonly $types: $.Types | undefined',
          '',
          `  constructor(call: $.PendingCall, path?: readonly number[], type: $.StructType<${read}, never> = ${name} as never) {\n    super(type, call, path)\n    this.$types = $.typesOf(type)\n  }`,
        ]
      : [
          `  constructor(call: $.PendingCall, path?: readonly number[]) {\n    super(${name}, call, path)\n  }`,
        ]
    if (accessors.length > 0) lines.push('', ...accessors)
    this.#out.push(
      `export class ${name}$Promise${this.#generic} extends $.Pipeline<${read}> {\n${lines.join('\n')}\n}`,
    )
  }
}

/** The static method that binds the type parameters of a generic struct. */
function brandingOf(file, node) {
  const name = nameOf(node)
  const params = file.paramsOf(node).map((param) => param.name)
  const values = params.map((param) => `$.ValueOf<${param}>`).join(', ')
  const of = params.map((param) => `${param} extends $.TypeArgument`).join(', ')
  const type = `$.StructType<${name}<${values}>, ${name}$Init<${values}>>`
  return `\n  /** This struct with its type parameters bound. */\n  static $of<${of}>(...types: [${params.join(', ')}]): ${type} {\n    return $.brand(${name}, types)\n  }`
}
