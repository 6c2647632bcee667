// One schema file as one TypeScript file.

import { interfaceOf } from './interface.mjs'
import { constantName, nameOf, SchemaFile } from './schema.mjs'
import { structOf } from './struct.mjs'
import { expressionOf } from './value.mjs'

/**
 * @param licence lines to open with
 * @param runtime specifier of src/rpc/codegen.ts as seen from the output
 * @param extension of outputs, for imports of one from another
 * @returns the file's text
 */
export function generate(request, requested, { licence, runtime, extension }) {
  const file = new SchemaFile(request, requested, extension)
  const body = []
  // Values stand behind the classes they are made of.
  const values = []

  const doneInterfaces = new Set()
  const interfaces = (node) => {
    if (doneInterfaces.has(node.id)) return
    doneInterfaces.add(node.id)
    // A class must stand after the one it extends.
    for (const { id } of node.interface.superclasses.toArray()) {
      const base = file.nodes.get(id)
      if (file.isOurs(base)) interfaces(base)
    }
    body.push(...interfaceOf(file, node))
  }

  const enumeration = (node) => {
    const name = nameOf(node)
    const enumerants = node.enum.enumerants
      .toArray()
      .map((value, index) => `${file.memberDoc(node, index)}  ${value.name}: ${index},`)
    const doc = file.doc(node)
    body.push(`${doc}export const ${name} = {\n${enumerants.join('\n')}\n} as const`)
    body.push(`${doc}export type ${name} = (typeof ${name})[keyof typeof ${name}]`)
  }

  const expression = (type, value) => expressionOf(type, value, file.global('Uint8Array'))

  const constant = (node) => {
    const type = file.describe(node.const.type, { node })
    const value = expression(type, node.const.value)
    values.push(`${file.doc(node)}export const ${constantName(node)}: ${type.read} = ${value}`)
  }

  const annotation = (node) => {
    const type = file.describe(node.annotation.type, { node })
    const id = `0x${node.id.toString(16)}n`
    values.push(
      `${file.doc(node)}export const ${constantName(node)}: $.Annotation<${type.read}> = { id: ${id}, name: '${nameOf(node).replaceAll('_', '.')}' }`,
    )
  }

  /** What annotations say about a node and its members, if they say anything. */
  const notes = (node) => {
    const list = (annotations) =>
      annotations.toArray().map(({ id, value }) => {
        const type = file.describe(file.nodes.get(id).annotation.type, { node })
        return `[${file.annotationRef(id)}, ${expression(type, value)}]`
      })
    const own = list(node.annotations)
    const members = membersOf(node)
      .map(({ name, annotations }) => [name, list(annotations)])
      .filter(([, said]) => said.length > 0)
      .map(([name, said]) => `    ${name}: [${said.join(', ')}],`)
    if (own.length + members.length === 0) return
    const name = node._isFile ? '' : nameOf(node)
    values.push(
      `export const ${name}$Annotations = {\n  own: [${own.join(', ')}],\n  members: {${members.length > 0 ? `\n${members.join('\n')}\n  ` : ''}},\n} satisfies $.Annotations`,
    )
  }

  const visit = (node) => {
    if (node._isStruct && !node.struct.isGroup) body.push(...structOf(file, node))
    else if (node._isInterface) interfaces(node)
    else if (node._isEnum) enumeration(node)
    else if (node._isConst) constant(node)
    else if (node._isAnnotation) annotation(node)
    for (const nested of node.nestedNodes.toArray()) {
      const inner = file.nodes.get(nested.id)
      if (inner && file.isOurs(inner)) visit(inner)
    }
  }
  for (const nested of file.node.nestedNodes.toArray()) visit(file.nodes.get(nested.id))
  for (const node of file.nodes.values()) if (file.isOurs(node)) notes(node)

  const head = [
    ...licence,
    `// Generated from ${file.fileName} by scripts/gen-capnp.mjs. Do not edit.`,
    `import * as $ from '${runtime}'`,
    ...[...file.imports].map(([alias, path]) => `import * as ${alias} from '${path}'`),
  ]
  return `${head.join('\n')}\n\n${[...file.hoisted(), ...body, ...values].join('\n\n')}\n`
}

function membersOf(node) {
  if (node._isStruct) return node.struct.fields.toArray()
  if (node._isEnum) return node.enum.enumerants.toArray()
  if (node._isInterface) return node.interface.methods.toArray()
  return []
}
