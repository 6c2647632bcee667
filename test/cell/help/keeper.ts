// A node's process for tests of how its cell hosts end: `node keeper.js spin|idle` prints their process
// ids. With `spin` a cell computes and this process stays; with `idle` none is left, and it ends by itself.

import { silentLog } from '../../../src/base/index.ts'
import { ProcessHost } from '../../../src/cell/index.ts'
import { wat } from './wat.ts'

const body = process.argv[2] === 'spin' ? '(loop $l (br $l))' : ''
const host = new ProcessHost({ log: silentLog })
const wasm = wat(`(module (memory (export "memory") 1) (func (export "_start") ${body}))`)
const program = await host.load(wasm, 'kept')
const cell = await host.start({ program, name: 'kept', args: [], env: [], log: silentLog })
process.stdout.write(JSON.stringify(host.pids))
await cell.exited
