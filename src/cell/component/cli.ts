// wasi:cli: arguments, environment, the end, standard streams, and terminals, of which there are none.

import type { RingWriter } from '../ring.ts'
import { Stop } from '../world/stop.ts'
import type { Interfaces } from './canon.ts'
import type { Resource } from './handles.ts'
import { pipeSource } from './io.ts'

const NAME_AND_VALUE_BYTES = 16
const TEXT_BYTES = 8

function standardOutput(writer: RingWriter): Resource {
  return { kind: 'output-stream', writer, permit: 0, owned: false }
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
        handles.add({ kind: 'input-stream', source: pipeSource(world.pipes.stdin, false) }),
  },
  'wasi:cli/stdout': {
    'get-stdout':
      ({ world, handles }) =>
      () =>
        handles.add(standardOutput(world.pipes.stdout)),
  },
  'wasi:cli/stderr': {
    'get-stderr':
      ({ world, handles }) =>
      () =>
        handles.add(standardOutput(world.pipes.stderr)),
  },

  'wasi:cli/terminal-input': {},
  'wasi:cli/terminal-output': {},
  'wasi:cli/terminal-stdin': {
    'get-terminal-stdin': (_guest, canon) => (out: number) => canon.memory.setU8(out, 0),
  },
  'wasi:cli/terminal-stdout': {
    'get-terminal-stdout': (_guest, canon) => (out: number) => canon.memory.setU8(out, 0),
  },
  'wasi:cli/terminal-stderr': {
    'get-terminal-stderr': (_guest, canon) => (out: number) => canon.memory.setU8(out, 0),
  },
}
