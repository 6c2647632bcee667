// A session and an image in memory, for tests of the shell.

import type { Child, Files, Screen, Session } from '../../images/kernel/src/shell/index.ts'

/** What a program in the image does: its name is its content. */
export type Program = (io: ProgramIo) => Promise<number> | number

export interface ProgramIo {
  readonly args: readonly string[]
  readonly killed: Promise<void>
  /** Empty at the end. */
  readonly read: () => Promise<string>
  readonly print: (text: string) => void
  readonly warn: (text: string) => void
}

export class World {
  readonly calls: unknown[][] = []
  readonly shown: string[] = []
  readonly programs = new Map<string, Program>()
  readonly #files = new Map<string, string>()

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [path, content] of Object.entries(files)) this.#files.set(path, content)
  }

  /** Puts a program into the image. */
  install(path: string, program: Program): void {
    this.#files.set(path, path)
    this.programs.set(path, program)
  }

  readonly files: Files = {
    kind: (path) => {
      if (this.#files.has(path)) return 'file'
      const prefix = path === '/' ? '/' : `${path}/`
      return [...this.#files.keys()].some((file) => file.startsWith(prefix))
        ? 'directory'
        : undefined
    },
    list: (path) => {
      const prefix = path === '/' ? '/' : `${path}/`
      const below = [...this.#files.keys()].filter((file) => file.startsWith(prefix))
      return [...new Set(below.map((file) => file.slice(prefix.length).split('/')[0]!))]
    },
    read: (path) => new TextEncoder().encode(this.#files.get(path)),
  }

  readonly screen: Screen = {
    out: async (data) => void this.shown.push(textOf(data)),
    err: async (data) => void this.shown.push(`err: ${textOf(data)}`),
    connectInput(input) {
      void input.closeStdin()
      return () => {}
    },
  }

  readonly session: Session = {
    host: {
      id: async () => this.peerId,
      addrs: async () => this.listening,
      peers: async () => this.connected,
      connect: async (peerId, addrs) => void this.calls.push(['connect', peerId, addrs]),
    },
    executor: {
      echo: async (message) => `Echo: ${message}`,
      spawn: async (wasm, args) => {
        this.calls.push(['spawn', ...args])
        return childOf(this.programs.get(new TextDecoder().decode(wasm))!, args)
      },
    },
    ipfs: {
      cat: async (path) => {
        if (path === '/binary') return Uint8Array.of(0xff, 0)
        if (path === '/text') return new TextEncoder().encode('two\nlines')
        throw new Error('no IPFS configured\n    at somewhere')
      },
      ls: async () => [
        { name: 'a', size: 1n },
        { name: 'b', size: 2n ** 64n - 1n },
      ],
    },
  }

  peerId: Uint8Array = new Uint8Array()
  listening: readonly Uint8Array[] = []
  connected: readonly { peerId: Uint8Array; addrs: readonly Uint8Array[] }[] = []
}

function childOf(program: Program, args: readonly string[]): Child {
  const stdin = new Channel()
  const stdout = new Channel()
  const stderr = new Channel()
  let kill = () => {}
  const killed = new Promise<void>((resolve) => {
    kill = resolve
  })
  const run = async () => {
    const code = program({
      args,
      killed,
      read: async () => new TextDecoder().decode(await stdin.take()),
      print: (text) => stdout.put(text),
      warn: (text) => stderr.put(text),
    })
    const ended = await Promise.race([killed, code])
    stdout.end()
    stderr.end()
    return ended ?? 137
  }
  const exited = run()
  return {
    writeStdin: async (bytes) => stdin.put(bytes),
    closeStdin: async () => stdin.end(),
    readStdout: () => stdout.take(),
    readStderr: () => stderr.take(),
    wait: () => exited,
    kill: async () => kill(),
    [Symbol.dispose]() {},
  }
}

class Channel {
  readonly #chunks: Uint8Array[] = []
  #ended = false
  #wake = () => {}

  put(data: string | Uint8Array): void {
    if (data.length > 0)
      this.#chunks.push(typeof data === 'string' ? new TextEncoder().encode(data) : data)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  async take(): Promise<Uint8Array> {
    while (this.#chunks.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#chunks.shift() ?? new Uint8Array()
  }
}

export function textOf(data: string | Uint8Array): string {
  return typeof data === 'string' ? data : new TextDecoder().decode(data)
}
