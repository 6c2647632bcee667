import { EDITOR_CONFIG } from './editor-config.ts'

/** The files of a new guest, by path in its folder. */
export function templateFiles(name: string): ReadonlyMap<string, string> {
  return new Map([
    ['src/main.ts', MAIN],
    ['tsconfig.json', TSCONFIG],
    ['.gitignore', GITIGNORE],
    ['README.md', readme(name)],
  ])
}

const MAIN = `import { Membrane, peerIdText, type Guest } from 'ww/guest'

// A cell can reach nothing by itself. It asks the membrane around it for capabilities: here for the
// host, which knows the node this cell runs on.
export async function main(guest: Guest): Promise<void> {
  const { host } = await guest.bootstrap(Membrane).graft({})
  if (!host) throw new Error('This membrane gives no host')
  const { peerId } = await host.id({})
  guest.stdout.write(\`Hello from \${peerIdText(peerId)}\\n\`)
}
`

const TSCONFIG = `{
  "extends": "./${EDITOR_CONFIG}"
}
`

const GITIGNORE = `/.ww/
/boot/
/bin/*.wasm
`

function readme(name: string): string {
  return `# ${name}

A guest for ww. The folder is an image: what is in it is what the cell sees, read-only, as \`/\`.

    ww build    # checks src/main.ts and makes boot/main.wasm of it
    ww run .    # boots it

- \`src/main.ts\` exports \`main(guest)\`. The number it returns is the exit code; none is 0.
- \`src/bin/<name>.ts\`, if there are any, become \`bin/<name>.wasm\`.
- The types of \`ww/guest\` and the globals of a cell come with \`.ww/tsconfig.json\`, which
  \`ww build\` writes for the machine it runs on.
`
}
