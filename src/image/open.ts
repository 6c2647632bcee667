import type { BigIntStats } from 'node:fs'
import { open, opendir, realpath, stat } from 'node:fs/promises'

import { messageOf, WwError } from '../base/index.ts'
import type { ReadOnlyTree } from '../base/index.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { ImageLimits } from './limits.ts'
import { fileId, LocalLayer } from './local-layer.ts'
import type { FileId } from './local-layer.ts'
import type { Mount } from './mount.ts'
import { Union } from './union.ts'
import type { Laid } from './union.ts'

export interface LayerInfo {
  /** As it was named in the mount. */
  readonly source: string
  readonly target: string
  readonly kind: 'directory' | 'file'
}

export type EntryPoint = {
  readonly path: '/boot/main.wasm' | '/bin/main.wasm'
  readonly size: number
  /** True for `/bin/main.wasm`, which is taken only where `/boot/main.wasm` is missing. */
  readonly legacy: boolean
}

/** The union of layers, and what can be said about it. */
export interface Image extends ReadOnlyTree {
  /** In the order they were given: later ones win. */
  readonly layers: readonly LayerInfo[]
  /** @throws {WwError} NO_ENTRY_POINT */
  entryPoint(): Promise<EntryPoint>
  /** The layer that gives the file at `path`; of a directory, the last one that has it. */
  winner(path: string): Promise<LayerInfo | undefined>
}

export interface ImageOptions {
  /** Files no guest may ever see, the node's key above all: their layers are refused. */
  readonly refuse?: readonly string[]
  readonly limits?: ImageLimits
}

const ENTRY_POINTS = ['/boot/main.wasm', '/bin/main.wasm'] as const

/**
 * What lies beside the FHS folders of an image for the sake of whoever writes it, and is no part of it.
 * Only these, at the top of a layer of the whole image: the host does not know what else an image may
 * hold, so it cannot list what belongs. Names with a dot are editors', version control's and secrets
 * (`.git`, `.env`). A directory that is mounted at a target is taken as it is.
 */
const BESIDE_AN_IMAGE = new Set([
  'Cargo.lock',
  'Cargo.toml',
  'node_modules',
  'package-lock.json',
  'package.json',
  'src',
  'target',
  'tsconfig.json',
])

function liesBesideAnImage(name: string): boolean {
  return name.startsWith('.') || BESIDE_AN_IMAGE.has(name)
}

interface OpenedLayer extends Laid {
  readonly info: LayerInfo
  readonly real: string
}

interface RefusedFile {
  readonly path: string
  readonly real: string
  readonly id: FileId
}

/**
 * Opens the union of `mounts`, of which later ones win. Looks at each source once; what is in them is
 * looked at when it is asked for.
 *
 * @throws {WwError} NO_LAYERS, NO_SUCH_LAYER, UNREADABLE_LAYER, UNSUPPORTED_LAYER, NOT_A_DIRECTORY,
 *   DUPLICATE_LAYER, KEY_IN_LAYER
 */
export async function openImage(
  mounts: readonly Mount[],
  { refuse = [], limits = DEFAULT_LIMITS }: ImageOptions = {},
): Promise<Image> {
  const refused = await filesFromPaths(refuse)
  const layers: OpenedLayer[] = []
  for (const mount of mounts) {
    const layer = await openLayer(mount, refused, limits)
    const { source, target } = layer.info
    if (layers.some(({ real, info }) => real === layer.real && info.target === target)) {
      throw new WwError(
        'failed',
        'DUPLICATE_LAYER',
        `Layer ${source} is mounted twice at ${target}`,
      )
    }
    layers.push(layer)
  }
  const [first, ...rest] = layers
  if (!first) {
    throw new WwError('failed', 'NO_LAYERS', 'An image needs at least one layer: name a directory')
  }
  return new LocalImage([first, ...rest], limits)
}

class LocalImage extends Union<OpenedLayer> implements Image {
  readonly layers: readonly LayerInfo[]

  constructor(layers: readonly [OpenedLayer, ...OpenedLayer[]], limits: ImageLimits) {
    super(layers, limits)
    this.layers = layers.map(({ info }) => info)
  }

  async winner(path: string): Promise<LayerInfo | undefined> {
    return (await this.locate(path))?.from[0].info
  }

  async entryPoint(): Promise<EntryPoint> {
    for (const path of ENTRY_POINTS) {
      const place = await this.locate(path)
      if (place?.kind === 'file') {
        return { path, size: place.size, legacy: path !== ENTRY_POINTS[0] }
      }
      if (place) {
        const { source } = place.from[0].info
        const message = `Entry point ${path} is a directory in layer ${source}, not a module`
        throw new WwError('failed', 'NO_ENTRY_POINT', message)
      }
    }
    const looked = this.layers.map(({ source, target }) =>
      target === '/' ? source : `${source} at ${target}`,
    )
    const message = `No boot/main.wasm in the image (layers: ${looked.join(', ')}): make it with \`ww build\`, or add a layer that has it`
    throw new WwError('failed', 'NO_ENTRY_POINT', message)
  }
}

async function openLayer(
  { source, target }: Mount,
  refused: readonly RefusedFile[],
  limits: ImageLimits,
): Promise<OpenedLayer> {
  if (/^\/(ipfs|ipns|ipld)\//.test(source)) {
    const message = `Layer ${source} cannot be used: layers from IPFS are not supported yet, only local directories`
    throw new WwError('unimplemented', 'UNSUPPORTED_LAYER', message)
  }
  const { real, kind, id } = await lookAtSource(source)
  const isWhole = target === '/'
  if (isWhole && kind === 'file') {
    const message = `Layer ${source} is a file, not a directory: say where it belongs, as in ${source}:/boot/main.wasm`
    throw new WwError('failed', 'NOT_A_DIRECTORY', message)
  }
  for (const key of refused) {
    if (id !== key.id && key.real !== real && !isInside(key.real, real)) continue
    const message = `Layer ${source} holds the node's key ${key.path}, which no guest may see: take another directory, or move the key`
    throw new WwError('failed', 'KEY_IN_LAYER', message)
  }
  return {
    info: { source, target, kind },
    real,
    target: target.split('/').filter((name) => name !== ''),
    layer: new LocalLayer(
      real,
      isWhole ? liesBesideAnImage : () => false,
      new Set(refused.map((file) => file.id)),
      limits,
    ),
  }
}

async function lookAtSource(
  source: string,
): Promise<{ real: string; kind: LayerInfo['kind']; id: FileId }> {
  let real: string
  let found: BigIntStats
  try {
    real = await realpath(source)
    found = await stat(real, { bigint: true })
    // Only trying tells whether we may; a directory must also let us through.
    if (found.isFile()) await (await open(real)).close()
    if (found.isDirectory()) await (await opendir(`${real}/.`)).close()
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') {
      const message = `Layer ${source} does not exist`
      throw new WwError('failed', 'NO_SUCH_LAYER', message, { cause: thrown })
    }
    const message = `Layer ${source} cannot be read: ${messageOf(thrown)}`
    throw new WwError('failed', 'UNREADABLE_LAYER', message, { cause: thrown })
  }
  if (found.isDirectory()) return { real, kind: 'directory', id: fileId(found) }
  if (found.isFile()) return { real, kind: 'file', id: fileId(found) }
  const message = `Layer ${source} is neither a directory nor a regular file`
  throw new WwError('failed', 'NOT_A_DIRECTORY', message)
}

// A refused file that is not there cannot be in a layer either.
async function filesFromPaths(paths: readonly string[]): Promise<RefusedFile[]> {
  const files: RefusedFile[] = []
  for (const path of paths) {
    try {
      const real = await realpath(path)
      files.push({ path, real, id: fileId(await stat(real, { bigint: true })) })
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT') throw thrown
    }
  }
  return files
}

function isInside(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}
