/**
 * A node from its configuration to its exit code.
 *
 * The door is light: what a node is made of (libp2p, cells) is loaded when one is started.
 * @module
 */
import type { CellSeen } from './cells.ts'
import type { NodeConfig } from './config.ts'
import type { NodeIo } from './io.ts'

export { configFile, DEFAULT_PORT, nodeConfig, resolveConfig } from './config.ts'
export type {
  ConfigSources,
  IdentityFile,
  NodeConfig,
  NodeFlags,
  Source,
  Sourced,
  SourcedConfig,
} from './config.ts'
export { limitRows, limitsHelp } from './limit-setting.ts'
export { writeIdentityFile } from './identity.ts'
export type { CellSeen } from './cells.ts'
export type { NodeIo, TerminalInput, TerminalOutput } from './io.ts'
export { SocketLink } from './socket-link.ts'

/**
 * Runs one node until pid0 ends.
 *
 * @param signal asks for a clean shutdown: pid0 sees the end of its input, and is killed if it stays
 * @returns the exit code of pid0; 134 after a trap, 137 when it had to be killed
 * @throws {WwError} when the node could not be started
 */
export async function runNode(
  config: NodeConfig,
  io: NodeIo,
  signal: AbortSignal,
): Promise<number> {
  const { startNode } = await import('./node.ts')
  return await startNode(config, io, signal)
}

/**
 * The cells of a node that runs with a control socket, parents before children.
 * @throws {WwError} NO_NODE when nobody listens there
 */
export async function cellsOf(path: string): Promise<readonly CellSeen[]> {
  const { listCells } = await import('./cells.ts')
  return await listCells(path)
}
