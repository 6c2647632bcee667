import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { EDITOR_CONFIG, editorConfigOf } from './editor-config.ts'
import { findSdk } from './sdk.ts'

export const TEMPLATE_LANGUAGES = ['ts', 'c', 'cpp', 'rust'] as const
export type TemplateLanguage = (typeof TEMPLATE_LANGUAGES)[number]

interface Template {
  /** Folders of `template/` whose files it has, in the order a newcomer reads them. */
  readonly folders: readonly string[]
  /** What `ww build` does, for the README. */
  readonly build: string
  /** Lines about the sources, for the README. */
  readonly about: readonly string[]
}

const TEMPLATES: Readonly<Record<TemplateLanguage, Template>> = {
  ts: {
    folders: [],
    build: 'checks src/main.ts and makes boot/main.wasm of it',
    about: [
      '`src/main.ts` exports `main(guest)`. The number it returns is the exit code; none is 0.',
      '`src/bin/<name>.ts`, if there are any, become `bin/<name>.wasm`.',
      'The types of `ww/guest` and the globals of a cell come with `.ww/tsconfig.json`, which\n  `ww build` writes for the machine it runs on.',
    ],
  },
  c: {
    folders: ['c', 'rpc'],
    build: 'makes boot/main.wasm of src/, with clang and wasi-libc',
    about: [
      '`src/main.c` is the guest; what `main` returns is the exit code.',
      '`src/ww.c` with `include/ww.h` speaks Cap’n Proto RPC with the host: one file, yours to change.',
      '`src/bin/<name>.c`, if there are any, become `bin/<name>.wasm`; every other source below `src/`\n  is linked to all of them.',
      '`compile_flags.txt` holds more flags, one a line, for `ww build` and for clangd.',
    ],
  },
  cpp: {
    folders: ['cpp', 'rpc'],
    build: 'makes boot/main.wasm of src/, with clang, wasi-libc and libc++',
    about: [
      '`src/main.cpp` is the guest; what `main` returns is the exit code.',
      '`src/ww.c` with `include/ww.h` speaks Cap’n Proto RPC with the host: one file, yours to change.',
      '`src/bin/<name>.cpp`, if there are any, become `bin/<name>.wasm`; every other source below `src/`\n  is linked to all of them.',
      '`compile_flags.txt` holds more flags, one a line, for `ww build` and for clangd.',
      'Exceptions are on where the toolchain’s libraries have them (wasi-sdk), off elsewhere (Debian).',
    ],
  },
  rust: {
    folders: ['rust'],
    build: 'makes boot/main.wasm of the package, with cargo',
    about: [
      '`src/main.rs` is the guest, on the crates capnp and capnp-rpc; its exit code is that of the cell.',
      '`src/ww.rs` connects them to the stream between a cell and its host.',
      '`schema/ww.request` holds the interfaces of the host, as `capnp compile -o-` writes them;\n  `build.rs` makes Rust of it, without the capnp tool.',
      'Cargo needs a WASI target: `rustup target add wasm32-wasip1`.',
    ],
  },
}

/** The files of a new guest, by path in its folder, in the order a newcomer reads them. */
export async function templateFiles(
  name: string,
  target: string,
  language: TemplateLanguage,
): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const template = TEMPLATES[language]
  const files = new Map<string, string | Uint8Array>(language === 'ts' ? TYPESCRIPT : [])
  for (const folder of template.folders) {
    for (const path of await filesOf(folder)) {
      files.set(path, await readFile(placeOf(folder, path)))
    }
  }
  files.set('.gitignore', GITIGNORE)
  files.set('README.md', readme(name, template))
  if (language === 'ts') files.set(EDITOR_CONFIG, editorConfigOf(target, findSdk()).text)
  return files
}

const placeOf = (...path: string[]) =>
  fileURLToPath(new URL(['template', ...path].join('/'), import.meta.url))

/** The files of a folder, `src/` first. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const root = placeOf(folder)
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
  const isMain = (path: string) => path.startsWith('src/main.')
  return paths.sort((a, b) => Number(isMain(b)) - Number(isMain(a)) || (a < b ? -1 : 1))
}

// Text, because a module below src/ would be compiled with ours.
const TYPESCRIPT: readonly [path: string, text: string][] = [
  [
    'src/main.ts',
    `import { Membrane, peerIdText, type Guest } from 'ww/guest'

// A cell can reach nothing by itself. It asks the membrane around it for capabilities: here for the
// host, which knows the node this cell runs on.
export async function main(guest: Guest): Promise<void> {
  const { host } = await guest.bootstrap(Membrane).graft({})
  if (!host) throw new Error('This membrane gives no host')
  const { peerId } = await host.id({})
  guest.stdout.write(\`Hello from \${peerIdText(peerId)}\\n\`)
}
`,
  ],
  ['tsconfig.json', `{\n  "extends": "./${EDITOR_CONFIG}"\n}\n`],
]

const GITIGNORE = `/.ww/
/boot/
/bin/*.wasm
`

function readme(name: string, { build, about }: Template): string {
  return `# ${name}

A guest for ww. The folder is an image: what is in it is what the cell sees, read-only, as \`/\`, but
for \`src/\`, what tools of a language keep beside it, and names that begin with a dot.

    ww build    # ${build}
    ww run .    # boots it

${about.map((line) => `- ${line}`).join('\n')}
`
}
