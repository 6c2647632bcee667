// wasi:filesystem over all files a guest can reach.

import type { Interfaces } from './canon.ts'
import { CHANGING } from './descriptor-change.ts'
import { READING } from './descriptor-read.ts'
import { descriptor, DESCRIPTOR_FLAGS, ERROR_CODE } from './descriptor.ts'

const PREOPEN_BYTES = 12

export const FILESYSTEM: Interfaces = {
  'wasi:filesystem/preopens': {
    'get-directories': (guest, canon) => (out: number) => {
      canon.putList(out, ['/'], PREOPEN_BYTES, (at, path) => {
        const { READ, MUTATE_DIRECTORY } = DESCRIPTOR_FLAGS
        const root = descriptor(guest, guest.world.files.root, READ | MUTATE_DIRECTORY)
        canon.memory.setU32(at, guest.handles.add(root))
        canon.putText(at + 4, path)
      })
    },
  },
  'wasi:filesystem/types': {
    ...READING,
    ...CHANGING,
    // `option<error-code>`
    'filesystem-error-code':
      ({ handles }, { memory }) =>
      (error: number, out: number) => {
        const { code } = handles.get(error, 'error')
        memory.setU8(out, 1)
        memory.setU8(out + 1, ERROR_CODE[code])
      },
  },
}
