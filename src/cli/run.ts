import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import { lineLog, plainText, WwError } from '../base/index.ts'
import { configFile, limitsHelp, nodeConfig, resolveConfig, runNode } from '../host/index.ts'
import type { ConfigSources, NodeConfig, NodeFlags, SourcedConfig } from '../host/index.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import type { CliIo, StopSignal } from './io.ts'
import { kernelImage } from './package.ts'
import { configAsJson, configAsText } from './print-config.ts'
import { recordingsIn } from './recording.ts'
import { usageError } from './report.ts'
import { examples } from './verb.ts'
import type { VerbBody } from './verb.ts'

interface RunOptions {
  readonly port?: string
  readonly listen?: readonly string[]
  readonly identity?: string
  readonly logLevel?: string
  readonly wasmDebug?: boolean
  readonly cacheDir?: string
  readonly limit?: readonly string[]
  readonly isolation?: string
  readonly control?: string
  readonly printConfig?: boolean
  readonly json?: boolean
}

export const run: VerbBody = {
  define(command) {
    const collect = (one: string, before: readonly string[] = []) => [...before, one]
    command
      .argument('[mount...]', 'layers of the image, lowest first: a directory, or source:/target')
      .option('--port <number>', 'TCP port for peers, 0 for a free one (default 2025)')
      .option('--listen <multiaddr>', 'listen here instead; can be repeated', collect)
      .option('--identity <file>', 'the key of this node (default ~/.ww/identity, if it is there)')
      .option('--log-level <level>', 'error, warn, info, debug or trace (default warn)')
      .option('--wasm-debug', 'name the functions and lines a guest trapped in')
      .option('--cache-dir <dir>', 'keep compiled programs there, or off (default ~/.cache/ww)')
      .option('--limit <name=value>', 'what each cell may use, see below; can be repeated', collect)
      .option(
        '--isolation <way>',
        'thread, or process: cells in one that holds no key and no socket (default thread)',
      )
      .option('--control <socket>', 'let "ww ps" see the cells through this socket, mode 0600')
      .option('--print-config', 'print each value and where it came from, and leave')
      .option('--json', 'with --print-config: as JSON')
      .addHelpText('after', () => afterHelp())
  },

  async act(command, io) {
    const options = command.opts<RunOptions>()
    const config = resolveConfig(await sourcesOf(command.args, options, io))
    if (options.printConfig) {
      io.stdout.write(options.json ? configAsJson(config) : configAsText(config))
      return EXIT.fine
    }
    if (options.json) throw usageError('Option --json goes with --print-config')
    return await runUntilStopped(config, io)
  },
}

const afterHelp = () => `
Standard input and output belong to the guest; the log of the node goes to standard error. The exit
code is the guest's own; 134 after a trap, 137 when it had to be killed, 1 when it could not start.
The first SIGINT or SIGTERM ends the guest's input and shuts down, the second leaves at once.

Settings also come from the environment (WW_PORT, WW_LISTEN, WW_IDENTITY, WW_LOG, WW_WASM_DEBUG,
WW_CACHE_DIR, WW_LIMIT, WW_ISOLATION, WW_CONTROL) and from ~/.ww/config.json, whose keys are the flags:
{"port": 2026, "log-level": "info"}. A flag wins over the environment, the environment over the file.

WW_TRACE_RPC=1 writes a line to standard error for each message between the node and its guests,
without their content. WW_RECORD_RPC=<folder> records those links there, a file each that only you
can read: everything that is said is in it, secrets too.

Limits, with what they are by default. They are those of pid0; what it starts gets no more than it
has. In the file: {"limit": {"memory": "32MiB", "children": 8}}, in WW_LIMIT: memory=32MiB,children=8.
${limitsHelp()}
${examples([
  ['ww run', 'the kernel that ships with ww: a shell on a terminal'],
  ['ww run .', 'the image in this directory'],
  ['ww run base overlay', 'two layers as one; files of the later win'],
  ['ww run . notes.txt:/etc/motd', 'one more file, mounted at a place'],
  ['ww run --port 0 --identity ./node.key', 'a second node beside the first'],
  ['ww run --limit memory=32MiB --limit call=5s', 'less for every cell'],
  ['ww run --print-config --json', 'what would be used, and why'],
])}`

async function sourcesOf(
  mounts: readonly string[],
  options: RunOptions,
  io: CliIo,
): Promise<ConfigSources> {
  const path = io.home === undefined ? undefined : configFile(io.home)
  const content = path === undefined ? undefined : await findJson(path)
  return {
    mounts,
    flags: flagsOf(options),
    env: io.env,
    ...(path !== undefined && content !== undefined ? { file: { path, content } } : {}),
    cwd: io.cwd,
    home: io.home,
    kernelImage: kernelImage(),
  }
}

function flagsOf(options: RunOptions): NodeFlags {
  const { port, listen, identity, logLevel, wasmDebug, cacheDir, limit, isolation, control } =
    options
  return {
    ...(port === undefined ? {} : { port }),
    ...(listen === undefined ? {} : { listen }),
    ...(identity === undefined ? {} : { identity }),
    ...(logLevel === undefined ? {} : { 'log-level': logLevel }),
    ...(wasmDebug === undefined ? {} : { 'wasm-debug': wasmDebug }),
    ...(cacheDir === undefined ? {} : { 'cache-dir': cacheDir }),
    ...(limit === undefined ? {} : { limit }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(control === undefined ? {} : { control }),
  }
}

/** The parsed file, or undefined when there is none. */
async function findJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new WwError('failed', 'BAD_CONFIG', `Cannot read ${path}: ${code}`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new WwError('failed', 'BAD_CONFIG', `Cannot read ${path}: it is not JSON`, { cause })
  }
}

async function runUntilStopped(sourced: SourcedConfig, io: CliIo): Promise<number> {
  const config: NodeConfig = nodeConfig(sourced)
  const log = lineLog(config.logLevel, (line) => void io.stderr.write(`${line}\n`))
  const stopping = new AbortController()
  let stoppedBy: StopSignal | undefined
  const release = io.onStop((signal) => {
    if (stoppedBy) return io.exitNow(exitCodeOf(signal))
    stoppedBy = signal
    log.info('shutdown asked for', { signal })
    stopping.abort(new WwError('disconnected', 'STOPPED', `Stopped by ${signal}`))
  })
  try {
    const { stdin, stdout, stderr } = io
    const rpcLine = io.env['WW_TRACE_RPC']
      ? (line: string) => void stderr.write(`ww: rpc: ${plainText(line)}\n`)
      : undefined
    const folder = io.env['WW_RECORD_RPC']
    const rpcRecording = folder ? recordingsIn(resolve(io.cwd, folder), log) : undefined
    const nodeIo = { stdin, stdout, stderr, log, rpcLine, rpcRecording }
    const code = await runNode(config, nodeIo, stopping.signal)
    // Killed because we were told to stop: say so as a shell would.
    return code === EXIT.killed && stoppedBy ? exitCodeOf(stoppedBy) : code
  } catch (thrown) {
    // Stopped before pid0 was up: that is not a failure to report.
    if (stoppedBy && thrown === stopping.signal.reason) return exitCodeOf(stoppedBy)
    throw thrown
  } finally {
    release()
    io.stdin.pause()
  }
}
