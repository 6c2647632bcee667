// Works out, on the host's thread and without running anything, what a component amounts to: which
// core modules to instantiate in which order, what to give each of them, and which host functions
// they use. The result is plain data: the cell's thread only carries it out.
//
// Invariants
//  - Every index is looked up where it is used; one that names nothing refuses the component.
//  - Work is bounded: each definition evaluated counts, in nested instantiations each time again.

import { CELL_LIMITS } from '../limits.ts'
import { Malformed, malformed } from '../malformed.ts'
import type { CanonOptions, Definition, Named, Sort } from './binary.ts'

/** A core function, memory, table or global. */
export type CoreRef =
  /** An export of the core instance made by that step. */
  | { readonly kind: 'export'; readonly step: number; readonly name: string }
  | { readonly kind: 'host'; readonly index: number }

interface BundleEntry {
  readonly name: string
  readonly ref: CoreRef
}

/** What a core module gets under one module name. */
interface CoreArg {
  readonly name: string
  readonly from:
    | { readonly kind: 'instance'; readonly step: number }
    | { readonly kind: 'bundle'; readonly entries: readonly BundleEntry[] }
}

interface Step {
  readonly module: number
  readonly args: readonly CoreArg[]
}

/** A function the host provides. */
export type HostImport =
  | {
      readonly kind: 'call'
      /** As imported, with its version. */
      readonly interface: string
      readonly name: string
      readonly memory: CoreRef | undefined
      readonly realloc: CoreRef | undefined
    }
  /** Gives up a handle to a resource of that name. */
  | { readonly kind: 'drop'; readonly resource: string }
  /** Something that is not offered: traps with the sentence if it is ever called. */
  | { readonly kind: 'trap'; readonly message: string }

export interface LinkPlan {
  readonly steps: readonly Step[]
  readonly imports: readonly HostImport[]
  /** The core function behind `wasi:cli/run`'s `run`. */
  readonly run: CoreRef
}

type CoreInstance =
  | { readonly kind: 'instance'; readonly step: number }
  | { readonly kind: 'bundle'; readonly items: ReadonlyMap<string, Item> }

type Item =
  | { readonly sort: CoreExportSort; readonly ref: CoreRef }
  | { readonly sort: 'core-module'; readonly module: number }
  | { readonly sort: 'core-instance'; readonly instance: CoreInstance }
  | { readonly sort: 'func'; readonly func: Func }
  /** The name of an imported resource, if it is one. */
  | { readonly sort: 'type'; readonly resource: string | undefined }
  | { readonly sort: 'core-type' }
  | { readonly sort: 'value' }
  | {
      readonly sort: 'component'
      readonly definitions: readonly Definition[]
      readonly scope: Scope
    }
  | { readonly sort: 'instance'; readonly instance: Instance }

type Func =
  | { readonly kind: 'imported'; readonly interface: string; readonly name: string }
  | { readonly kind: 'lifted'; readonly ref: CoreRef }

type Instance =
  | { readonly kind: 'imported'; readonly interface: string }
  | { readonly kind: 'made'; readonly items: ReadonlyMap<string, Item> }

// The item of sort S: those with one shape for several sorts are meant too.
type ItemOf<S extends Sort> = Item extends infer I
  ? I extends { readonly sort: infer Sorts }
    ? S extends Sorts
      ? I
      : never
    : never
  : never

const RUN = /^wasi:cli\/run@0\.2\.\d+$/

/** @throws {Malformed} */
export function planComponent(definitions: readonly Definition[]): LinkPlan {
  return new Planner().plan(definitions)
}

/** The index spaces of one component instance, and of the components around it. */
class Scope {
  readonly parent: Scope | undefined
  readonly exports = new Map<string, Item>()
  readonly #spaces = new Map<Sort, Item[]>()

  constructor(parent: Scope | undefined) {
    this.parent = parent
  }

  add(item: Item): void {
    const space = this.#spaces.get(item.sort)
    if (space) space.push(item)
    else this.#spaces.set(item.sort, [item])
  }

  get<S extends Sort>(sort: S, index: number): ItemOf<S> {
    const item = this.#spaces.get(sort)?.[index]
    if (!item) malformed(`it names ${sort} ${index}, which it does not define`)
    return item as ItemOf<S>
  }
}

class Planner {
  readonly #steps: Step[] = []
  readonly #imports: HostImport[] = []
  #evaluated = 0

  plan(definitions: readonly Definition[]): LinkPlan {
    const scope = this.#instantiate(definitions, undefined, undefined, 0)
    return { steps: this.#steps, imports: this.#imports, run: entryPoint(scope) }
  }

  /** @param args by name; undefined for the outermost component, whose imports are the host's */
  #instantiate(
    definitions: readonly Definition[],
    parent: Scope | undefined,
    args: ReadonlyMap<string, Item> | undefined,
    depth: number,
  ): Scope {
    if (depth > CELL_LIMITS.componentDepth) malformed('its components are nested too deeply')
    const scope = new Scope(parent)
    for (const definition of definitions) {
      this.#count(definition.op === 'types' ? definition.count : 1)
      this.#evaluate(definition, scope, args, depth)
    }
    return scope
  }

  #count(definitions: number): void {
    this.#evaluated += definitions
    if (this.#evaluated > CELL_LIMITS.componentDefinitions) malformed('it has too many definitions')
  }

  #evaluate(
    definition: Definition,
    scope: Scope,
    args: ReadonlyMap<string, Item> | undefined,
    depth: number,
  ): void {
    switch (definition.op) {
      case 'core-module':
        scope.add({ sort: 'core-module', module: definition.module })
        return
      case 'core-instance':
        scope.add(this.#coreInstance(definition.module, definition.args, scope))
        return
      case 'core-bundle':
        scope.add({
          sort: 'core-instance',
          instance: { kind: 'bundle', items: this.#collect(definition.items, scope) },
        })
        return
      case 'types':
        for (let i = 0; i < definition.count; i++) {
          scope.add(
            definition.sort === 'type'
              ? { sort: 'type', resource: undefined }
              : { sort: 'core-type' },
          )
        }
        return
      case 'component':
        scope.add({ sort: 'component', definitions: definition.definitions, scope })
        return
      case 'instance': {
        const component = scope.get('component', definition.component)
        const given = this.#collect(definition.args, scope)
        const made = this.#instantiate(component.definitions, component.scope, given, depth + 1)
        scope.add({ sort: 'instance', instance: { kind: 'made', items: made.exports } })
        return
      }
      case 'bundle':
        scope.add({
          sort: 'instance',
          instance: { kind: 'made', items: this.#collect(definition.items, scope) },
        })
        return
      case 'alias': {
        const { instance } = scope.get('instance', definition.instance)
        scope.add(exportOf(instance, definition.sort, definition.name))
        return
      }
      case 'core-alias': {
        const { instance } = scope.get('core-instance', definition.instance)
        scope.add(coreExportOf(instance, definition.sort, definition.name))
        return
      }
      case 'outer': {
        let outer: Scope | undefined = scope
        for (let i = 0; i < definition.depth && outer; i++) outer = outer.parent
        if (!outer) malformed('it reaches for something outside itself')
        scope.add(outer.get(definition.sort, definition.index))
        return
      }
      case 'lift': {
        const { ref } = scope.get('core-func', definition.func)
        scope.add({ sort: 'func', func: { kind: 'lifted', ref } })
        return
      }
      case 'lower': {
        const { func } = scope.get('func', definition.func)
        this.#addHostImport(scope, this.#lowered(func, definition.options, scope))
        return
      }
      case 'resource': {
        const { resource } = scope.get('type', definition.type)
        this.#addHostImport(
          scope,
          resource !== undefined && definition.act === 'drop'
            ? { kind: 'drop', resource }
            : { kind: 'trap', message: 'resources made by guests are not supported' },
        )
        return
      }
      case 'import':
        scope.add(args ? argument(args, definition.name, definition.sort) : fromHost(definition))
        return
      case 'export': {
        const item: Item = scope.get(definition.sort, definition.index)
        scope.exports.set(definition.name, item)
        scope.add(item)
      }
    }
  }

  #coreInstance(module: number, args: readonly Named[], scope: Scope): Item {
    const coreArgs = args.map(({ name, sort, index }): CoreArg => {
      if (sort !== 'core-instance')
        malformed('a core module is given something that is no instance')
      const { instance } = scope.get('core-instance', index)
      if (instance.kind === 'instance') return { name, from: instance }
      const entries: BundleEntry[] = []
      for (const [entry, item] of instance.items) {
        if ('ref' in item) entries.push({ name: entry, ref: item.ref })
      }
      this.#count(entries.length)
      return { name, from: { kind: 'bundle', entries } }
    })
    const step = this.#steps.push({
      module: scope.get('core-module', module).module,
      args: coreArgs,
    })
    if (step > CELL_LIMITS.programCoreModules) malformed('it instantiates too many core modules')
    return { sort: 'core-instance', instance: { kind: 'instance', step: step - 1 } }
  }

  #collect(items: readonly Named[], scope: Scope): ReadonlyMap<string, Item> {
    this.#count(items.length)
    return new Map(items.map(({ name, sort, index }) => [name, scope.get(sort, index)]))
  }

  #lowered(func: Func, options: CanonOptions, scope: Scope): HostImport {
    if (func.kind === 'lifted') {
      return { kind: 'trap', message: 'calls between components are not supported' }
    }
    const { memory, realloc } = options
    return {
      kind: 'call',
      interface: func.interface,
      name: func.name,
      memory: memory === undefined ? undefined : scope.get('core-memory', memory).ref,
      realloc: realloc === undefined ? undefined : scope.get('core-func', realloc).ref,
    }
  }

  #addHostImport(scope: Scope, hostImport: HostImport): void {
    const index = this.#imports.push(hostImport) - 1
    if (index >= CELL_LIMITS.programImports) malformed('it imports too many functions')
    scope.add({ sort: 'core-func', ref: { kind: 'host', index } })
  }
}

function fromHost({ name, sort }: { readonly name: string; readonly sort: Sort }): Item {
  if (sort === 'instance') return { sort, instance: { kind: 'imported', interface: name } }
  if (sort === 'func') return { sort, func: { kind: 'imported', interface: '', name } }
  if (sort === 'type') return { sort, resource: name }
  return malformed(`it imports ${name}, a ${sort}; only interfaces can be imported`)
}

function argument(args: ReadonlyMap<string, Item>, name: string, sort: Sort): Item {
  const item = args.get(name)
  if (item?.sort !== sort) malformed(`a component in it lacks its import ${name}`)
  return item
}

function exportOf(instance: Instance, sort: Sort, name: string): Item {
  if (instance.kind === 'made') {
    const item = instance.items.get(name)
    if (item?.sort !== sort) malformed(`it uses ${name} of an instance that has no such ${sort}`)
    return item
  }
  if (sort === 'func') {
    return { sort, func: { kind: 'imported', interface: instance.interface, name } }
  }
  if (sort === 'type') return { sort, resource: name }
  return malformed(`it imports ${name} of ${instance.interface}, which is no function`)
}

function coreExportOf(instance: CoreInstance, sort: Sort, name: string): Item {
  if (instance.kind === 'bundle') {
    const item = instance.items.get(name)
    if (item?.sort !== sort) malformed(`it uses ${name} of an instance that has no such ${sort}`)
    return item
  }
  if (!isCoreExport(sort)) malformed(`it uses a ${sort} of a core instance`)
  return { sort, ref: { kind: 'export', step: instance.step, name } }
}

type CoreExportSort = 'core-func' | 'core-table' | 'core-memory' | 'core-global'

function isCoreExport(sort: Sort): sort is CoreExportSort {
  return ['core-func', 'core-table', 'core-memory', 'core-global'].includes(sort)
}

function entryPoint({ exports }: Scope): CoreRef {
  for (const [name, item] of exports) {
    if (!RUN.test(name) || item.sort !== 'instance' || item.instance.kind !== 'made') continue
    const run = item.instance.items.get('run')
    if (run?.sort === 'func' && run.func.kind === 'lifted') return run.func.ref
  }
  throw new Malformed(
    'PROGRAM_NO_ENTRY',
    'it does not export a function run in wasi:cli/run@0.2, so there is nothing to run',
  )
}
