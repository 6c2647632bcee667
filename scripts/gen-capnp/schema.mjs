// One requested file of the compiler's answer: its nodes, what they are called in TypeScript, and
// how a type of the schema is read, written and named there.
//
// Names: schema names contain neither `_` nor `$`, so what is joined with `_` and everything of ours,
// which has a `$`, cannot collide with them. Where a schema name would mean something to JavaScript
// (`then` on a client, a constant called `default`) it gets a final `_`.
//
// Type parameters: those of the scopes around a node, outermost first, and then its own. At run time
// they are a list of codecs in the same order; `types` is the expression that holds it.

import { basename } from 'node:path'

import { Type } from 'capnp-es/capnp/schema'

import { SCALARS } from './value.mjs'

/** Id of StreamResult in /capnp/stream.capnp, which `-> stream` stands for. */
const STREAM_RESULT = 0x995f_9a33_77c0_b16en

/** What every object has: a plain object holds a field of such a name only if it is its own. */
export const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Words that cannot name a constant. */
const RESERVED_WORDS = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval
  export extends false finally for function globalThis if implements import in instanceof interface
  let new null package private protected public return static super switch this throw true try typeof
  undefined var void while with yield`.split(/\s+/),
)

export class SchemaFile {
  nodes
  /** Import statements by alias. */
  imports = new Map()
  fileName
  id
  #sources
  #requested
  #extension
  #declared
  /** The interface of a method's anonymous struct, by the id of the struct. */
  #methodOwners = new Map()
  /** Branded types without open parameters, made once: expression → local name. */
  #hoisted = new Map()

  constructor(request, requested, extension) {
    this.nodes = new Map(request.nodes.toArray().map((node) => [node.id, node]))
    this.#sources = new Map(request.sourceInfo.toArray().map((info) => [info.id, info]))
    this.fileName = basename(requested.filename)
    this.id = requested.id
    this.#requested = new Set(request.requestedFiles.toArray().map(({ id }) => id))
    this.#extension = extension
    for (const node of this.nodes.values()) {
      if (!node._isInterface) continue
      for (const method of node.interface.methods.toArray()) {
        this.#methodOwners.set(method.paramStructType, node)
        this.#methodOwners.set(method.resultStructType, node)
      }
    }
    // A type of the schema may be called like a global one that we use, or like a parameter.
    this.#declared = new Set(
      [...this.nodes.values()].filter((node) => this.isOurs(node)).map((node) => nameOf(node)),
    )
  }

  get node() {
    return this.nodes.get(this.id)
  }

  isOurs(node) {
    let at = node
    while (!at._isFile) {
      at = this.scopeOf(at)
      if (!at) return false
    }
    return at.id === this.id
  }

  isStream(id) {
    return id === STREAM_RESULT
  }

  /** What stands around a node; for the anonymous struct of a method, the interface. */
  scopeOf(node) {
    return node.scopeId === 0n ? this.#methodOwners.get(node.id) : this.nodes.get(node.scopeId)
  }

  isDeclared(name) {
    return this.#declared.has(name)
  }

  /** A global name that a type of the schema may have taken. */
  global(name) {
    return this.#declared.has(name) ? `globalThis.${name}` : name
  }

  /** What a node of this or an imported file is called here. */
  ref(id, suffix = '') {
    const node = this.nodes.get(id)
    const path = node.displayName.slice(0, node.displayName.lastIndexOf(':'))
    const base = basename(path)
    const local = node._isConst || node._isAnnotation ? constantName(node) : nameOf(node)
    if (base === this.fileName) return `${local}${suffix}`
    const alias = `$${base.replace(/\.capnp$/, '').replaceAll(/\W/g, '_')}`
    this.imports.set(alias, `./${base.replace(/\.capnp$/, this.#extension)}`)
    return `${alias}.${local}${suffix}`
  }

  /** An annotation: by its name, or what it is if its file is not generated with this one. */
  annotationRef(id) {
    const node = this.nodes.get(id)
    if (this.#requested.has(node.scopeId)) return this.ref(id)
    return `{ id: 0x${id.toString(16)}n, name: '${nameOf(node)}' }`
  }

  // ---- documentation

  doc(node, indent = '') {
    return comment(this.#sources.get(node.id)?.docComment, indent)
  }
  memberDoc(node, index, indent = '  ') {
    const members = this.#sources.get(node.id)?.members.toArray() ?? []
    return comment(members[index]?.docComment, indent)
  }

  // ---- type parameters

  /** The parameters of a node: by which scope declares them, under names that are free here. */
  paramsOf(node) {
    const scopes = []
    for (let at = node; at && !at._isFile; at = this.scopeOf(at)) {
      if (at.scopeId === 0n && !this.#mentionsParams(at)) return []
      scopes.unshift(at)
    }
    const params = []
    for (const scope of scopes) {
      scope.parameters.toArray().forEach(({ name }, index) => {
        const isTaken = (it) => this.#declared.has(it) || params.some((one) => one.name === it)
        let free = isTaken(name) ? `${name}_` : name
        while (isTaken(free)) free += '_'
        params.push({ scopeId: scope.id, index, name: free })
      })
    }
    return params
  }

  /** Whether anything in a struct depends on type parameters. */
  #mentionsParams(node) {
    const inBrand = (brand) =>
      brand.scopes
        .toArray()
        .some(
          (scope) =>
            scope._isInherit || scope.bind.toArray().some((it) => it._isType && inType(it.type)),
        )
    const inType = (type) => {
      if (type._isList) return inType(type.list.elementType)
      if (type._isStruct) return inBrand(type.struct.brand)
      if (type._isInterface) return inBrand(type.interface.brand)
      return type._isAnyPointer && !type.anyPointer._isUnconstrained
    }
    return node.struct.fields
      .toArray()
      .some((field) =>
        field._isGroup
          ? this.#mentionsParams(this.nodes.get(field.group.typeId))
          : inType(field.slot.type),
      )
  }

  /**
   * `<T = $.AnyPointer>`, or nothing.
   * @param body what is declared: what it does not mention, the compiler wants marked
   */
  declaration(node, body) {
    const mark = (name) =>
      body === undefined || new RegExp(`\\b${name}\\b`).test(body) ? name : `_${name}`
    return angle(this.paramsOf(node).map(({ name }) => `${mark(name)} = $.AnyPointer`))
  }

  /** `<T>`, or nothing. */
  application(node) {
    return angle(this.paramsOf(node).map(({ name }) => name))
  }

  /**
   * What the parameters of node `id` are bound to under `brand`, seen from `context`: a type for
   * each. Undefined when none is bound.
   */
  bindingsOf(id, brand, context) {
    const node = this.nodes.get(id)
    const scopes = brand?.scopes.toArray() ?? []
    let isBound = false
    const bindings = this.paramsOf(node).map(({ scopeId, index }) => {
      // The anonymous struct of a method has the implicit parameters of the method.
      const own = scopeId === id && node.scopeId === 0n ? context.implicit?.[index] : undefined
      if (own) {
        isBound = true
        return this.#parameter(own, context.implicitTypes, index)
      }
      const scope = scopes.find((one) => one.scopeId === scopeId)
      if (scope?._isInherit) {
        isBound = true
        return this.#scoped(scopeId, index, context)
      }
      const binding = scope?.bind.toArray()[index]
      if (!binding?._isType) return ANY
      isBound = true
      return this.describe(binding.type, context)
    })
    return isBound ? bindings : undefined
  }

  #scoped(scopeId, index, context) {
    const params = this.paramsOf(context.node)
    const at = params.findIndex((one) => one.scopeId === scopeId && one.index === index)
    if (at < 0) return ANY
    const own = context.isErased ? { read: '$.AnyPointer' } : params[at]
    return this.#parameter(own, context.types, at)
  }

  #parameter({ name, read }, types, at) {
    return {
      kind: 'parameter',
      read: read ?? name,
      init: `$.InitOf<${read ?? name}>`,
      argument: `$.param(${types}, ${at})`,
      element: `$.elementOf($.param(${types}, ${at}))`,
      isOpen: true,
    }
  }

  /** A branded class as an expression: made once for the file unless it depends on parameters. */
  #branded(call, isOpen) {
    if (isOpen) return call
    let name = this.#hoisted.get(call)
    if (!name) this.#hoisted.set(call, (name = `$brand${this.#hoisted.size}`))
    return `${name}()`
  }

  /** Definitions of what {@link describe} names. */
  hoisted() {
    return [...this.#hoisted].map(
      ([call, name]) => `const ${name} = /* @__PURE__ */ $.lazy(() => ${call})`,
    )
  }

  /** A struct or interface under a brand: its names, and the expression for its class. */
  branded(id, brand, context) {
    const node = this.nodes.get(id)
    const bindings = this.bindingsOf(id, brand, context)
    const name = this.ref(id)
    if (!bindings) {
      // Of a generic class the compiler must hear that its parameters are their defaults.
      const kind = node._isInterface
        ? `InterfaceType<${name}, ${name}$Server>`
        : `StructType<${name}, ${name}$Init>`
      const type = this.paramsOf(node).length > 0 ? `(${name} as $.${kind})` : name
      return { name, type, args: '', read: name, isOpen: false }
    }
    const args = `<${bindings.map(({ read }) => read).join(', ')}>`
    const values = bindings.map(({ argument }) => argument).join(', ')
    const isOpen = bindings.some((one) => one.isOpen)
    const call = node._isInterface
      ? `$.brandClient<${name}${args}, ${name}$Server${args}>(${name}, [${values}])`
      : `$.brand<${name}${args}, ${name}$Init${args}>(${name}, [${values}])`
    return { name, type: this.#branded(call, isOpen), args, read: `${name}${args}`, isOpen }
  }

  /**
   * One schema type in TypeScript: `read` and `init` are types, `element` the codec of a list of it,
   * `argument` what stands for it where a type parameter is bound to it.
   */
  describe(type, context) {
    const kind = type.which()
    const scalar = SCALARS.get(kind)
    if (kind === Type.ENUM) {
      const name = this.ref(type.enum.typeId)
      return { kind, read: name, init: name, element: `$.uint16Element as $.ElementCodec<${name}>` }
    }
    if (scalar) {
      const lower = scalar[0][0].toLowerCase() + scalar[0].slice(1)
      return { kind, read: scalar[2], init: scalar[2], element: `$.${lower}Element` }
    }
    const bytes = this.global('Uint8Array')
    switch (kind) {
      case Type.VOID:
        return { kind, read: 'null', init: 'null', element: '$.voidElement' }
      case Type.TEXT:
        return pointer(kind, 'string', '$.textElement', '$.textType')
      case Type.DATA:
        return pointer(kind, bytes, '$.dataElement', '$.dataType')
      case Type.STRUCT: {
        const of = this.branded(type.struct.typeId, type.struct.brand, context)
        const init = `${of.name}$Init${of.args} | ${of.read}`
        return {
          kind,
          ...of,
          init,
          element: `$.structElement(() => ${of.type})`,
          argument: of.type,
        }
      }
      case Type.INTERFACE: {
        const of = this.branded(type.interface.typeId, type.interface.brand, context)
        const read = `${of.read} | null`
        const element = `$.capElement(() => ${of.type})`
        return { kind, ...of, client: of.read, read, init: read, element, argument: of.type }
      }
      case Type.LIST: {
        const item = this.describe(type.list.elementType, context)
        return {
          kind,
          read: `$.List<${item.read}>`,
          init: `$.ListInit<${item.init}>`,
          codec: item.element,
          element: `$.listElement(() => ${item.element})`,
          argument: `$.listType(${item.argument ? `$.elementOf(${item.argument})` : item.element})`,
          isOpen: item.isOpen,
        }
      }
      default:
        return this.#anyPointer(type.anyPointer, context)
    }
  }

  #anyPointer(any, context) {
    if (any._isParameter) {
      return this.#scoped(any.parameter.scopeId, any.parameter.parameterIndex, context)
    }
    if (any._isImplicitMethodParameter) {
      const { parameterIndex } = any.implicitMethodParameter
      const own = context.implicit?.[parameterIndex]
      return own ? this.#parameter(own, context.implicitTypes, parameterIndex) : ANY
    }
    if (!any.unconstrained._isCapability) return ANY
    const read = '$.Client | null'
    return {
      kind: Type.INTERFACE,
      name: '$.Client',
      type: '$.Client',
      client: '$.Client',
      read,
      init: read,
      element: '$.capElement(() => $.Client)',
      argument: '$.Client',
    }
  }
}

function pointer(kind, type, element, argument) {
  return { kind, read: type, init: type, element, argument }
}

const ANY = {
  kind: Type.ANY_POINTER,
  read: '$.AnyPointer',
  init: '$.AnyInit',
  element: '$.anyElement',
  argument: '$.anyType',
}

export function angle(names) {
  return names.length > 0 ? `<${names.join(', ')}>` : ''
}

/** TypeScript name of a node: nested names joined by underscores. */
export function nameOf(node) {
  const local = node.displayName.slice(node.displayName.lastIndexOf(':') + 1)
  return local.replaceAll('.', '_')
}

/** Of a constant or an annotation, which are variables. */
export function constantName(node) {
  const plain = nameOf(node)
  return RESERVED_WORDS.has(plain) ? `${plain}_` : plain
}

/** A member of a class: `constructor` only in quotes is one, and what every object has is overridden. */
export function member(name) {
  return name === 'constructor' ? `['constructor']` : name
}
export function overriding(name) {
  return INHERITED.has(name) ? 'override ' : ''
}

/** A doc comment of the schema as one of TypeScript; nothing in it ends it or is a tag. */
function comment(text, indent) {
  const lines = (text ?? '')
    .trim()
    .replaceAll('*/', '*\\/')
    .replaceAll(/(^|[\s{])@(?=\w)/g, '$1\\@')
    .split('\n')
  if (lines[0] === '') return ''
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} *${line ? ` ${line}` : ''}\n`).join('')}${indent} */\n`
}
