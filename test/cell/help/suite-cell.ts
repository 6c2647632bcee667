// A cell's thread for one program of the official suite: like that of any cell, but its root is its
// writable directory, filled with the files the program expects.

import { parentPort, workerData } from 'node:worker_threads'

import { DEFAULT_CELL_LIMITS } from '../../../src/cell/limits.ts'
import { Fuel } from '../../../src/cell/module/fuel.ts'
import type { CoreModule } from '../../../src/cell/module/instance.ts'
import { Tables } from '../../../src/cell/module/tables.ts'
import { CellSide } from '../../../src/cell/shared-cell.ts'
import { linkCommand } from '../../../src/cell/wasi/preview1.ts'
import { GuestFiles } from '../../../src/cell/world/files.ts'
import { Image } from '../../../src/cell/world/image.ts'
import { Scratch } from '../../../src/cell/world/scratch.ts'
import type { ScratchDirectory } from '../../../src/cell/world/scratch.ts'
import { Stopper } from '../../../src/cell/world/stop.ts'
import { NO_TERMINALS, openWorld } from '../../../src/cell/world/world.ts'

/** A directory by names; a file by its bytes. */
export interface SuiteTree {
  readonly [name: string]: SuiteTree | Uint8Array
}

export interface SuiteStart {
  readonly buffer: SharedArrayBuffer
  readonly module: CoreModule
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly maxPages: number
  readonly root: SuiteTree
}

function fill(scratch: Scratch, directory: ScratchDirectory, tree: SuiteTree): void {
  for (const [name, content] of Object.entries(tree)) {
    if (content instanceof Uint8Array) {
      scratch.write(scratch.createFile(directory, name), 0, content, 0, content.length)
    } else {
      scratch.createDirectory(directory, name)
      const { node } = directory.entries.get(name)!
      if (node.kind === 'directory') fill(scratch, node, content)
    }
  }
}

const start = workerData as SuiteStart
const pipes = new CellSide(start.buffer)
const world = openWorld(pipes, start.args, start.env, NO_TERMINALS, DEFAULT_CELL_LIMITS)
const scratch = new Scratch(DEFAULT_CELL_LIMITS)
fill(scratch, scratch.root, start.root)
const files = new GuestFiles(new Image(pipes, world.waiter), scratch, scratch.root)
const stopper = new Stopper(() => pipes.killed)
const { usage } = world
const fuel = new Fuel(DEFAULT_CELL_LIMITS, stopper)
const tables = new Tables(DEFAULT_CELL_LIMITS.tableEntries, stopper)
try {
  const meters = { fuel, tables, usage }
  const run = linkCommand(start.module, { ...world, files }, stopper, meters, start.maxPages)
  parentPort?.postMessage({ kind: 'exit', code: run() })
} catch (thrown) {
  parentPort?.postMessage(stopper.reasonFor(thrown))
}
