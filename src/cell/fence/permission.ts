// What Node itself can take from a process and from its threads: files, programs, add-ons, the
// inspector; from 25 on the network. It binds code in JavaScript; who escapes from the engine meets only
// what the system enforces.

import { fileURLToPath } from 'node:url'

const FLAG = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'

/** Arguments for a process or thread that may read nothing but these files. */
export function permissionArguments(files: readonly URL[]): string[] {
  const reads = files.map((file) => `--allow-fs-read=${fileURLToPath(file)}`)
  return [FLAG, ...reads, '--no-warnings']
}

/** Arguments for a thread of this process: what the process is denied, its threads are as well, by themselves. */
export function fencedArguments(file: URL): string[] {
  return process.permission ? permissionArguments([file]) : []
}

/** The same for the thread that starts the others: it may, and read what they run. */
export function foremanArguments(file: URL, started: URL): string[] {
  return process.permission ? [...permissionArguments([file, started]), '--allow-worker'] : []
}
