// The floor plan of src/: who may walk into which room. A room is a folder; its door is its index.ts.
// To change the house, change PLAN. `npm run check:rooms` holds the code to it.

// Rooms that decide: no node:*, no ambient anything; they run in Node, in a worker, and in a guest.
const PURE = {
  base: [],
  wire: ['base'],
  rpc: ['base', 'wire'],
  capnp: ['rpc'], // generated
  identity: ['base'],
  membrane: ['base', 'capnp', 'rpc', 'identity'],
  guest: ['base', 'capnp', 'rpc'],
}

// Rooms that do: one outside thing each, strangers to one another.
const WORLD = {
  image: ['base'],
  net: ['base', 'identity'],
  cell: ['base'],
  bundle: ['base'],
}

const inside = [...Object.keys(PURE), ...Object.keys(WORLD)].filter((room) => room !== 'guest')
const PLAN = {
  ...PURE,
  ...WORLD,
  caps: inside.filter((room) => room !== 'bundle'), // what a guest can hold, one file per interface
  host: [...inside.filter((room) => room !== 'bundle'), 'caps'], // puts a node together
  cli: [...inside, 'host'], // the street door
}

// Each outside library has its owner rooms; the others meet it through their doors.
const OWNERS = {
  '(libp2p|@libp2p|@chainsafe|@multiformats/multiaddr)': ['net'],
  'capnp-es': [],
  '@noble/curves': ['identity'],
  '(@noble/hashes|multiformats)': ['identity', 'guest'], // digests for guests that ask for one
  '(esbuild|typescript)': ['bundle'],
  commander: ['cli'],
}

const rooms = Object.keys(PLAN)
const doors = rooms.filter((room) => room !== 'capnp')
const any = (names) => `(${names.join('|')})`
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    rule(
      'no-cycles',
      'no module reaches itself (types may refer to each other)',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule(
      'no-orphans',
      'every module is reached from somewhere',
      {
        orphan: true,
        path: '^src/',
        pathNot: [
          '^src/(main|base/polyfill|cell/worker|cell/fence/inside|guest/index)\\.ts$',
          '^src/guest/engine/',
          '^src/guest/structured-clone\\.ts$',
          '\\.d\\.ts$',
        ],
      },
      {},
    ),
    ...rooms.map((room) =>
      rule(
        `plan:${room}`,
        `${room}/ may import: ${PLAN[room].join(', ') || 'nothing'}`,
        { path: `^src/${room}/` },
        { path: '^src/', pathNot: `^src/${any([room, ...PLAN[room]])}/` },
      ),
    ),
    ...doors.map((room) =>
      rule(
        `door:${room}`,
        `from outside, import only src/${room}/index.ts` + (room === 'rpc' ? ', or codegen.ts from generated code' : ''),
        { path: '^(src|test)/', pathNot: `^(src|test)/(bench/)?${room}/` },
        { path: `^src/${room}/`, pathNot: `^src/${room}/index\\.ts$|^src/base/polyfill\\.ts$|^src/rpc/codegen\\.ts$` },
      ),
    ),
    ...Object.entries(OWNERS).map(([lib, owners]) =>
      rule(
        `owner:${lib}`,
        `only ${owners.join(', ') || 'scripts'} may import ${lib}`,
        { path: '^src/', ...(owners.length ? { pathNot: `^src/${any(owners)}/` } : {}) },
        { path: `node_modules/${lib}(/|$)` },
      ),
    ),
    rule(
      'pure-rooms',
      'a pure room imports no node:*',
      { path: `^src/${any(Object.keys(PURE))}/` },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'threads',
      'only cell/ starts threads',
      { path: '^src/', pathNot: '^src/cell/' },
      { path: '^(node:)?(worker_threads|wasi)$' },
    ),
    rule(
      'street-door',
      'main.ts knows only cli/',
      { path: '^src/main\\.ts$' },
      { path: '^src/', pathNot: '^src/(cli/index|base/polyfill)\\.ts$' },
    ),
    rule('src-alone', 'src/ knows nothing around it', { path: '^src/' }, { path: '^(test|scripts|images|contracts)/' }),
    rule(
      'process',
      'only cli/ meets the process it runs in',
      { path: '^src/', pathNot: '^src/cli/' },
      { path: '^(node:)?process$' },
    ),
    rule(
      'images',
      'a guest knows itself and ww/guest: no other image, no library, no Node',
      { path: '^(images|test/fixture)/([^/]+)/' },
      { pathNot: ['^$1/$2/', '^(dist/)?src/guest/index\\.(ts|d\\.ts|js)$'] },
    ),
    rule(
      'e2e',
      'end-to-end tests come in by the front doors',
      { path: '^test/e2e/' },
      { path: '^src/', pathNot: '^src/guest/index\\.ts$' },
    ),
    rule(
      'declared',
      'src/ imports only declared runtime dependencies',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    ),
    rule('resolvable', 'every import resolves', { pathNot: '^src/guest/engine/' }, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true, // type-only imports count: a type is knowledge too
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node'],
    },
  },
}
