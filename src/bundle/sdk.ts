import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the SDK's modules and types stand: beside this room, compiled or as source. */
export interface SdkPaths {
  /** Holds the rooms the SDK is made of; all of it that a guest contains is below. */
  readonly folder: string
  /** `ww/guest` as the bundler reads it. */
  readonly index: string
  /** What turns the engine into a platform and runs a guest on it. */
  readonly engine: string
  /** Modules of globals that a guest carries only if it names them. */
  readonly onDemand: Readonly<Record<'url' | 'structuredClone' | 'digest', string>>
  /** `ww/guest` as the type checker reads it. */
  readonly types: string
  /** The globals of a cell. */
  readonly globals: readonly string[]
}

/** Made by the build of the engine. */
const MADE_URL = fileURLToPath(new URL('./engine/url.mjs', import.meta.url))

export function findSdk(): SdkPaths {
  const at = (path: string) => fileURLToPath(new URL(`../guest/${path}`, import.meta.url))
  const isCompiled = existsSync(at('index.js'))
  const extension = isCompiled ? 'js' : 'ts'
  return {
    folder: at('..'),
    index: at(`index.${extension}`),
    engine: at(`engine.${extension}`),
    onDemand: {
      url: MADE_URL,
      structuredClone: at(`structured-clone.${extension}`),
      digest: at(`digest.${extension}`),
    },
    types: at(isCompiled ? 'index.d.ts' : 'index.ts'),
    globals: [at('platform.d.ts'), at('engine/globals.d.ts')],
  }
}
