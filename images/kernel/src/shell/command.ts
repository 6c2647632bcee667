import { concatBytes } from '../text/bytes.ts'
import { joinPath, resolvePath } from './image-path.ts'
import type { Child, ExecutorPort, Files, Screen } from './session.ts'
import { ShellError } from './shell-error.ts'

/** The most a nested command may print; more does not fit a value one works with. */
export const MAX_CAPTURED_BYTES = 1 << 20

const TRAPPED = 134
const KILLED = 137

/** Where commands are looked for. */
export interface CommandPath {
  readonly files: Files
  /** The directories of PATH, in order. */
  readonly directories: readonly string[]
  readonly cwd: string
}

/**
 * The program a word stands for: `<dir>/<word>.wasm`, then `<dir>/<word>/main.wasm`, along PATH. A
 * word with a slash is a path from the current directory, with or without these endings.
 */
export function findCommand(path: CommandPath, word: string): string | undefined {
  const places = word.includes('/')
    ? [resolvePath(path.cwd, word)]
    : path.directories.map((directory) => joinPath(resolvePath(path.cwd, directory), word))
  const candidates = places.flatMap((place) => {
    const programs = [`${place}.wasm`, joinPath(place, 'main.wasm')]
    return word.includes('/') ? [place, ...programs] : programs
  })
  return candidates.find((candidate) => path.files.kind(candidate) === 'file')
}

/** Every word PATH knows, sorted. */
export function listCommands(path: CommandPath): readonly string[] {
  const words = new Set<string>()
  for (const directory of path.directories) {
    for (const name of path.files.list(resolvePath(path.cwd, directory))) {
      const word = name.endsWith('.wasm') ? name.slice(0, -'.wasm'.length) : name
      if (word !== '' && findCommand({ ...path, directories: [directory] }, word)) words.add(word)
    }
  }
  return [...words].toSorted()
}

/**
 * Runs a program to its end: what it prints is shown as it comes, what is typed meanwhile reaches
 * its stdin. An aborted signal kills it.
 *
 * @returns what it printed, if that was to be captured instead of shown
 * @throws {ShellError} when it ends with another code than 0
 */
export async function runCommand(
  executor: ExecutorPort,
  screen: Screen,
  command: { word: string; wasm: Uint8Array; args: readonly string[]; capture: boolean },
  signal: AbortSignal,
): Promise<string> {
  const { word, wasm, args, capture } = command
  using child = await executor.spawn(wasm, [word, ...args], signal)
  const kill = () => void child.kill().catch(() => {}) // it may have ended by itself just now
  signal.addEventListener('abort', kill, { once: true })
  if (signal.aborted) kill()
  const disconnectInput = screen.connectInput(child)
  let ended = false
  try {
    const stdout = capture ? captured(child, word) : shown(child, screen)
    const stderr = drain(
      () => child.readStderr(),
      (bytes) => screen.err(bytes),
    )
    const [output, , code] = await Promise.all([stdout, stderr, child.wait()])
    ended = true
    if (code !== 0) throw new ShellError(describeExit(word, code))
    return output
  } finally {
    disconnectInput()
    signal.removeEventListener('abort', kill)
    if (!ended) kill() // a pipe broke, or there was too much in it
  }
}

async function shown(child: Child, screen: Screen): Promise<string> {
  await drain(
    () => child.readStdout(),
    (bytes) => screen.out(bytes),
  )
  return ''
}

async function captured(child: Child, word: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  await drain(
    () => child.readStdout(),
    (bytes) => {
      length += bytes.length
      if (length > MAX_CAPTURED_BYTES) {
        throw new ShellError(`${word}: printed more than ${MAX_CAPTURED_BYTES} bytes`)
      }
      chunks.push(bytes)
    },
  )
  return new TextDecoder().decode(concatBytes(chunks)).trimEnd()
}

async function drain(
  read: () => Promise<Uint8Array>,
  write: (bytes: Uint8Array) => Promise<void> | void,
): Promise<void> {
  for (let bytes = await read(); bytes.length > 0; bytes = await read()) await write(bytes)
}

function describeExit(word: string, code: number): string {
  if (code === TRAPPED) return `${word}: trapped (exit code ${code})`
  if (code === KILLED) return `${word}: killed (exit code ${code})`
  return `${word}: exit code ${code}`
}
