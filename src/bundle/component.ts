import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { messageOf } from '../base/index.ts'
import { BuildError } from './problem.ts'
import { renameInterfaces } from './rename.ts'
import { RUN_INTERFACE, WIT_FILES, WORLD_NAME } from './wit.ts'

const TRUE_PREFIX = 'wasi:'
/** Stands for `wasi:` until the component is linked; see rename.ts. Same length. */
const PLACEHOLDER_PREFIX = 'wa5i:'

/** The name under which a script imports a WASI interface while it is being built. */
export function placeholderName(interfaceName: string): string {
  return interfaceName.replace(TRUE_PREFIX, PLACEHOLDER_PREFIX)
}

/**
 * Makes a WASI 0.2 command component of one script: engine, bytecode and all.
 * @throws {BuildError} GUEST_COMPONENT
 */
export async function componentFromScript(entry: string, source: string): Promise<Uint8Array> {
  const { componentize } = await import('componentize-qjs')
  const witPath = await mkdtemp(join(tmpdir(), 'ww-build-'))
  try {
    for (const [name, text] of Object.entries(WIT_FILES)) {
      const path = join(witPath, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text.replaceAll(TRUE_PREFIX, PLACEHOLDER_PREFIX))
    }
    const { component } = await componentize({
      witPath,
      world: WORLD_NAME,
      jsSource: source,
      sync: true,
    })
    const { bytes } = renameInterfaces(component, PLACEHOLDER_PREFIX, TRUE_PREFIX)
    if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(RUN_INTERFACE)) {
      throw new Error(`the component does not export ${RUN_INTERFACE}`)
    }
    return bytes
  } catch (thrown) {
    throw new BuildError(
      'GUEST_COMPONENT',
      entry,
      [{ message: `The engine refused the script: ${messageOf(thrown)}` }],
      { cause: thrown },
    )
  } finally {
    await rm(witPath, { recursive: true, force: true })
  }
}
