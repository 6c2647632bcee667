/** Names from the root of something, normal: no `.`, no `..`, none empty. */
export type Names = readonly string[]

/** What a layer has at a place. Links are told, not followed: they mean the union, not the layer. */
export type LayerNode =
  | { readonly kind: 'file'; readonly size: number }
  | { readonly kind: 'directory' }
  | { readonly kind: 'link'; readonly target: string }

export interface LayerEntry {
  readonly name: string
  readonly kind: LayerNode['kind']
}

/**
 * One source of an image, by itself: today a directory or file of this machine, later a path in IPFS.
 * `at` counts from the layer's own root and goes through directories only.
 */
export interface Layer {
  /** What stands at `at`, or undefined. Sockets, devices and pipes do not stand anywhere. */
  look(at: Names): Promise<LayerNode | undefined>
  /** The entries of a directory in any order, at most the limit; empty when it is gone meanwhile. */
  list(at: Names): Promise<LayerEntry[]>
  /** As `ReadOnlyTree.read`; `path` is for messages. */
  read(at: Names, path: string, offset: number, length: number): Promise<Uint8Array>
}
