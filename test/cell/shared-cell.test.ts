import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { expect, test } from 'vitest'

import { allocateCell } from '../../src/cell/shared-cell.ts'
import { sleep } from './help/cells.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Of this process: memory that was touched and stands for no file. */
function residentKib(): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))![1])
}

test.skipIf(process.platform !== 'linux')(
  'what cells share with the host takes no memory before it is used, whatever was freed before',
  async () => {
    // From here on the allocator of the process keeps what is given back to it, up to such sizes.
    let freed: ArrayBuffer | undefined = new ArrayBuffer(16 << 20)
    expect(freed.byteLength).toBe(16 << 20)
    freed = undefined
    collect()
    await sleep(50)
    const before = residentKib()
    const cells = Array.from({ length: 100 }, allocateCell)
    const [cell] = cells
    expect(cell!.byteLength).toBeGreaterThan(384 << 10)
    expect((residentKib() - before) / cells.length).toBeLessThan(16)
  },
)
