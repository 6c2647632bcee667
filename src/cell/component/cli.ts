// wasi:cli: arguments, environment, the end, standard streams, and which of them are terminals.

import { Stop } from '../world/stop.ts'
import type { Terminals } from '../world/world.ts'
import type { Canon, Guest, Interfaces } from './canon.ts'
import { inputStream, outputStream, pipeSink, pipeSource } from './io.ts'

const NAME_AND_VALUE_BYTES = 16
const TEXT_BYTES = 8

// `option<own<terminal-…>>`: tag, handle at 4.
const terminalCall =
  (stream: keyof Terminals, kind: 'terminal-input' | 'terminal-output') =>
  ({ world, handles }: Guest, { memory }: Canon) =>
  (out: number) => {
    memory.setU8(out, world.terminals[stream] ? 1 : 0)
    if (world.terminals[stream]) memory.setU32(out + 4, handles.add({ kind }))
  }

export const CLI: Interfaces = {
  'wasi:cli/environment': {
    'get-environment':
      ({ world }, canon) =>
      (out: number) => {
        const variables = world.env.map((text) => {
          const equals = text.indexOf('=')
          return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
        })
        canon.putList(out, variables, NAME_AND_VALUE_BYTES, (at, [name, value]) => {
          canon.putText(at, name!)
          canon.putText(at + TEXT_BYTES, value!)
        })
      },
    'get-arguments':
      ({ world }, canon) =>
      (out: number) => {
        canon.putList(out, world.args, TEXT_BYTES, (at, text) => canon.putText(at, text))
      },
    'initial-cwd': (_guest, canon) => (out: number) => canon.memory.setU8(out, 0),
  },

  'wasi:cli/exit': {
    exit: () => (status: number) => {
      throw new Stop({ kind: 'exit', code: status === 0 ? 0 : 1 })
    },
    'exit-with-code': () => (code: number) => {
      throw new Stop({ kind: 'exit', code: code & 0xff })
    },
  },

  'wasi:cli/stdin': {
    'get-stdin':
      ({ world, handles }) =>
      () =>
        handles.add(inputStream(pipeSource(world.pipes.stdin, false))),
  },
  'wasi:cli/stdout': {
    'get-stdout':
      ({ world, handles }) =>
      () =>
        handles.add(outputStream(pipeSink(world.pipes.stdout, false))),
  },
  'wasi:cli/stderr': {
    'get-stderr':
      ({ world, handles }) =>
      () =>
        handles.add(outputStream(pipeSink(world.pipes.stderr, false))),
  },

  'wasi:cli/terminal-input': {},
  'wasi:cli/terminal-output': {},
  'wasi:cli/terminal-stdin': {
    'get-terminal-stdin': terminalCall('stdin', 'terminal-input'),
  },
  'wasi:cli/terminal-stdout': {
    'get-terminal-stdout': terminalCall('stdout', 'terminal-output'),
  },
  'wasi:cli/terminal-stderr': {
    'get-terminal-stderr': terminalCall('stderr', 'terminal-output'),
  },
}
