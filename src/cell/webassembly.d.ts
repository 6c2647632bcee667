// The part of the WebAssembly JavaScript interface this room uses: without the DOM library nothing
// declares it. Source: https://webassembly.github.io/spec/js-api/
declare namespace WebAssembly {
  type ImportValue = Memory | Table | Global | ((...args: never[]) => unknown)
  type ModuleImports = Record<string, ImportValue | undefined>
  type Imports = Record<string, ModuleImports>
  type Exports = Record<string, ImportValue | undefined>
  type ItemKind = 'function' | 'global' | 'memory' | 'table' | 'tag'

  class Module {
    constructor(bytes: Uint8Array)
    static imports(module: Module): { module: string; name: string; kind: ItemKind }[]
    static exports(module: Module): { name: string; kind: ItemKind }[]
    static customSections(module: Module, name: string): ArrayBuffer[]
    private readonly brand: undefined
  }
  class Instance {
    constructor(module: Module, imports?: Imports)
    readonly exports: Exports
  }
  class Memory {
    constructor(shape: { readonly initial: number; readonly maximum: number })
    readonly buffer: ArrayBuffer
    private readonly brand: undefined
  }
  class Table {
    readonly length: number
    get(index: number): unknown
    set(index: number, value: () => void): void
    private readonly brand: undefined
  }
  class Global {
    value: number | bigint
    private readonly brand: undefined
  }
  class RuntimeError extends Error {}
  function compile(bytes: Uint8Array): Promise<Module>
  function validate(bytes: Uint8Array): boolean
}
