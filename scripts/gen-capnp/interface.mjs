// An interface: the client class, the table of its methods, the type of what serves it.
//
// A name belongs to the first method that has it, in the order: what the first superclass has, what
// the others have, what the interface declares. Another method of that name gets the interface that
// declares it in front (`Left_close`), for callers and for servers.

import { angle, member, nameOf, overriding } from './schema.mjs'
import { structOf } from './struct.mjs'

const CLIENT_RESERVED = new Set(['then'])
const clientName = (name) => (CLIENT_RESERVED.has(name) ? `${name}_` : name)

/** @returns definitions in the order they must stand in */
export function interfaceOf(file, node) {
  return new InterfaceWriter(file, node).write()
}

/** Every method that node has, inherited ones included: its name by interface and ordinal. */
function methodNames(file, node) {
  const names = new Map()
  const used = new Set()
  const add = (key, wanted, owner, plain) => {
    if (names.has(key)) return
    let name = wanted
    if (used.has(name)) name = `${nameOf(owner)}_${plain}`
    while (used.has(name)) name += '_'
    used.add(name)
    names.set(key, { name, owner, plain })
  }
  for (const { id } of node.interface.superclasses.toArray()) {
    const inherited = methodNames(file, file.nodes.get(id))
    for (const [key, { name, owner, plain }] of inherited) add(key, name, owner, plain)
  }
  node.interface.methods.toArray().forEach((method, ordinal) => {
    add(`${node.id}:${ordinal}`, method.name, node, method.name)
  })
  return names
}

class InterfaceWriter {
  #file
  #node
  #name
  #generic
  #applied
  #names
  #out = []
  #table = []
  #calls = []
  #handlers = []

  constructor(file, node) {
    this.#file = file
    this.#node = node
    this.#name = nameOf(node)
    this.#generic = file.declaration(node)
    this.#applied = file.application(node)
    this.#names = methodNames(file, node)
  }

  write() {
    const methods = this.#node.interface.methods.toArray()
    methods.forEach((method, ordinal) => this.#method(method, ordinal))
    this.#class()
    return this.#out
  }

  #method(method, ordinal) {
    const file = this.#file
    const doc = file.memberDoc(this.#node, ordinal)
    for (const id of [method.paramStructType, method.resultStructType]) {
      const struct = file.nodes.get(id)
      if (struct.scopeId === 0n && !file.isStream(id)) this.#out.push(...structOf(file, struct))
    }
    const implicit = this.#implicitOf(method)
    // What the types are where the caller names them, where it does not, and in the table.
    const sides = [
      implicit.map((name) => ({ name, read: `$.ValueOf<${name}>` })),
      implicit.map((name) => ({ name, read: '$.AnyPointer' })),
    ].map((own) => this.#sides(method, own))
    const [named, plain] = sides
    const erased = this.#sides(
      method,
      implicit.map(() => ({ read: '$.AnyPointer' })),
      true,
    )
    const isStream = file.isStream(method.resultStructType)
    const { name } = this.#names.get(`${this.#node.id}:${ordinal}`)
    const isGeneric = plain.params.args !== '' || plain.results.args !== ''
    const table = ({ type, isOpen }) =>
      implicit.length > 0 && isOpen ? `($implicit?: $.Types) => ${type}` : `() => ${type}`
    this.#table.push(
      `      { name: '${name}', params: ${table(erased.params)}, results: ${table(erased.results)}${isStream ? ', turns: $.streamTurns' : ''} },`,
    )
    this.#handlers.push(
      `${doc}  ${name}(\n    params: ${plain.params.read},\n    context: $.CallContext,\n  ): $.Awaitable<${isStream ? 'void' : `${plain.results.init} | void`}>`,
    )

    const id = `0x${this.#node.id.toString(16)}n`
    const head = `${overriding(name)}${member(clientName(name))}`
    const signature = ({ params, results }, of = '', options = 'options?: $.CallOptions') =>
      `(params: ${params.init}${params.isBare && !of ? ' = {}' : ''}, ${options})`.replace(
        /^/,
        of,
      ) + `: ${isStream ? `${file.global('Promise')}<void>` : results.promise}`
    if (implicit.length > 0) {
      const of = angle(implicit.map((it) => `${it} extends $.TypeArgument`))
      const options = `options: $.CallOptions & { readonly types: [${implicit.join(', ')}] }`
      const optional = (text) => text.replace(' = {}', '')
      this.#calls.push(
        `${doc}  ${head}${optional(signature(plain).replace(': ', plain.params.isBare ? '?: ' : ': '))}\n${doc}  ${head}${signature(named, of, options)}\n  ${head}(params: unknown = {}, options?: $.CallOptions): ${isStream ? `${file.global('Promise')}<void>` : 'never'} {\n    return ${this.#genericCall(id, ordinal, isStream, plain)}${isStream ? '' : ' as never'}\n  }`,
      )
      return
    }
    const body = isGeneric
      ? this.#genericCall(id, ordinal, isStream, plain)
      : this.#plainCall(ordinal, isStream, plain)
    this.#calls.push(`${doc}  ${head}${signature(plain)} {\n    return ${body}\n  }`)
  }

  #genericCall(id, ordinal, isStream, { results }) {
    return isStream
      ? `$.genericStreamCall(this, ${id}, ${ordinal}, params, options)`
      : `$.genericCall(this, ${id}, ${ordinal}, ${results.promise}, params, options)`
  }

  #plainCall(ordinal, isStream, { params, results }) {
    const made = `this, ${this.#name}.$interface.id, ${ordinal}, ${params.type}, params, options`
    return isStream
      ? `$.streamCall(${made})`
      : `new ${results.promise}(\n      $.call(${made}),\n    )`
  }

  /** Names for the implicit parameters of a method that nothing around it has. */
  #implicitOf(method) {
    const taken = new Set(this.#file.paramsOf(this.#node).map(({ name }) => name))
    return method.implicitParameters.toArray().map(({ name }) => {
      let free = this.#file.isDeclared(name) ? `${name}_` : name
      while (taken.has(free)) free += '_'
      taken.add(free)
      return free
    })
  }

  #sides(method, implicit, isErased = false) {
    const file = this.#file
    const context = {
      node: this.#node,
      types: '$types',
      isErased,
      implicit,
      implicitTypes: '$implicit',
    }
    const of = (id, brand) => {
      const { name, type, args, read, isOpen } = file.branded(id, brand, context)
      const struct = file.nodes.get(id)
      // Whoever has one of a named struct can pass it on.
      const orRead = struct.scopeId === 0n ? '' : ` | ${read}`
      return {
        type,
        args,
        read,
        isOpen,
        isBare: struct.struct.fields.length === 0,
        init: `${name}$Init${args}${orRead}`,
        promise: `${name}$Promise${args}`,
      }
    }
    const results = file.isStream(method.resultStructType)
      ? { type: '$.StreamResult', args: '', read: '', isOpen: false, init: '', promise: '' }
      : of(method.resultStructType, method.resultBrand)
    return { params: of(method.paramStructType, method.paramBrand), results }
  }

  #bases() {
    const file = this.#file
    const context = { node: this.#node, types: '$types' }
    const seen = new Set()
    return this.#node.interface.superclasses.toArray().map(({ id, brand }) => {
      const of = file.branded(id, brand, context)
      const node = file.nodes.get(id)
      const isGeneric = file.paramsOf(node).length > 0
      // Methods of it that are called otherwise here, and those nobody before it brings.
      const renamed = []
      for (const [key, { name }] of methodNames(file, node)) {
        const ours = this.#names.get(key).name
        if (ours !== name) renamed.push({ key, name, ours, isNew: !seen.has(key) })
        seen.add(key)
      }
      const { type } = file.branded(id, brand, { ...context, isErased: true })
      return { ...of, type, isGeneric, renamed }
    })
  }

  #class() {
    const file = this.#file
    const name = this.#name
    const bases = this.#bases()
    const doc = file.doc(this.#node)
    const [first, ...others] = bases
    const merged = others.flatMap(({ read, renamed }) =>
      renamed.length > 0
        ? [`$.Without<${read}, ${names(renamed.map((one) => clientName(one.name)))}>`]
        : [read],
    )
    const fresh = (change, suffix) =>
      others.flatMap(({ name: base, args, renamed }) =>
        renamed
          .filter(({ isNew }) => isNew)
          .map((one) => `  ${change(one.ours)}: ${base}${suffix}${args}['${change(one.name)}']`),
      )
    if (others.length > 0) {
      const added = fresh(clientName, '')
      this.#out.push(
        `export interface ${name}${this.#generic} extends ${merged.join(', ')} {${added.length > 0 ? `\n${added.join('\n')}\n` : ''}}`,
      )
    }
    const extended = !first
      ? '$.Client'
      : first.isGeneric
        ? `${first.name}$Base${first.args}`
        : first.name
    const supers = bases.map(({ type, renamed }) => {
      if (renamed.length === 0) return `${type}.$interface`
      const entries = renamed.map(({ key, ours }) => {
        const [id, ordinal] = key.split(':')
        return `[0x${BigInt(id).toString(16)}n, ${ordinal}, '${ours}']`
      })
      return `$.renamed(${type}.$interface, [${entries.join(', ')}])`
    })
    const members = [
      `    id: 0x${this.#node.id.toString(16)}n,`,
      `    name: '${name.replaceAll('_', '.')}',`,
      `    methods: [${this.#table.length > 0 ? `\n${this.#table.join('\n')}\n    ` : ''}],`,
      `    superclasses: () => [${supers.join(', ')}],`,
    ].join('\n')
    const head = this.#applied
      ? `  static override readonly $interface: $.Interface<${name}$Server> = /* @__PURE__ */ ${name}$table()\n${this.#branding()}`
      : `  static override readonly $interface: $.Interface<${name}$Server> = {\n${members}\n  }`
    if (this.#applied) {
      this.#out.push(
        `function ${name}$table($types?: $.Types): $.Interface<never> {\n  return {\n${members}\n  }\n}`,
      )
    }
    this.#out.push(
      `${doc}export class ${name}${this.#generic} extends ${extended} {\n${head}${this.#calls.length > 0 ? `\n\n${this.#calls.join('\n')}` : ''}\n}`,
    )
    if (this.#applied) {
      this.#out.push(
        `/** ${name}, to be extended. */\nexport const ${name}$Base: {\n  new ${this.#generic}(hook: $.Hook): ${name}${this.#applied}\n  readonly $interface: $.Interface\n} = ${name}`,
      )
    }
    // The `constructor` that every class has would hide an inherited method of this name.
    const owner = [...this.#names.values()].find((one) => one.name === 'constructor')?.owner
    if (owner && owner !== this.#node) {
      this.#out.push(`${file.global('Reflect')}.deleteProperty(${name}.prototype, 'constructor')`)
    }
    for (const { name: base, renamed } of others) {
      const entries = renamed.map((one) => `${clientName(one.name)}: '${clientName(one.ours)}'`)
      const change = entries.length > 0 ? `, { ${entries.join(', ')} }` : ''
      this.#out.push(`$.inherit(${name}, ${base}${change})`)
    }
    const served = bases.map(({ name: base, args, renamed }) =>
      renamed.length > 0
        ? `${file.global('Omit')}<${base}$Server${args}, ${names(renamed.map((one) => one.name))}>`
        : `${base}$Server${args}`,
    )
    const handlers = [...fresh((it) => it, '$Server'), ...this.#handlers]
    const extend = served.length > 0 ? ` extends ${served.join(', ')}` : ''
    this.#out.push(
      handlers.length > 0 || bases.length > 0
        ? `/** What serves a ${name}. */\nexport interface ${name}$Server${file.declaration(this.#node, extend + handlers)}${extend} {\n${handlers.join('\n')}\n}`
        : `/** What serves a ${name}: nothing yet. */\nexport type ${name}$Server${file.declaration(this.#node, '')} = object`,
    )
  }

  /** The static method that binds the type parameters. */
  #branding() {
    const name = this.#name
    const params = this.#file.paramsOf(this.#node).map((param) => param.name)
    const args = `<${params.map((param) => `$.ValueOf<${param}>`).join(', ')}>`
    const of = params.map((param) => `${param} extends $.TypeArgument`).join(', ')
    return `  static readonly $table = ${name}$table\n\n  /** This interface with its type parameters bound. */\n  static $of<${of}>(...types: [${params.join(', ')}]): $.InterfaceType<${name}${args}, ${name}$Server${args}> {\n    return $.brandClient(${name}, types)\n  }`
  }
}

function names(of) {
  return of.map((name) => `'${name}'`).join(' | ')
}
