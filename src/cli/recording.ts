import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { messageOf, WwError } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import type { RecordingSink } from '../rpc/index.ts'

/** UTF-16 units of a cell's name, which a guest chose, in the name of a file. */
const MAX_NAME = 32

/**
 * Files for recordings of links, one each, in `folder`, which is made if it is not there; only their
 * owner can read them. When one cannot be written on, that is logged, and the node goes on.
 * @returns what opens the recording of the link to the cell of a name
 * @throws {WwError} NO_RECORDING when the folder cannot be made
 */
export function recordingsIn(folder: string, log: Log): (cell: string) => RecordingSink {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const sentence = `Cannot record into ${folder} (WW_RECORD_RPC): ${messageOf(cause)}`
    throw new WwError('failed', 'NO_RECORDING', sentence, { cause })
  }
  const began = new Date().toISOString().replaceAll(/[:.]/g, '-')
  let count = 0
  return (cell) => {
    count++
    const name = cell.replaceAll(/[^\w.-]/g, '_').slice(0, MAX_NAME)
    return appendingTo(join(folder, `${began}-${process.pid}-${count}-${name}.wwrpc`), log)
  }
}

// Synchronously: what was said is in the file when the process dies of it.
function appendingTo(path: string, log: Log): RecordingSink {
  let file: number | undefined
  const close = () => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  const attempt = (work: () => void) => {
    try {
      work()
    } catch (thrown) {
      log.warn('a recording stops here', { path, cause: messageOf(thrown) })
      close()
    }
  }
  attempt(() => {
    file = openSync(path, 'wx', 0o600)
  })
  return {
    part(part) {
      attempt(() => {
        for (let at = 0; file !== undefined && at < part.length;) at += writeSync(file, part, at)
      })
    },
    ended: close,
  }
}
