/** What stands at a path of a {@link ReadOnlyTree}. */
export type TreeNode =
  | { readonly kind: 'file'; readonly size: number }
  | { readonly kind: 'directory' }

export interface TreeEntry {
  readonly name: string
  readonly kind: TreeNode['kind']
}

/**
 * A read-only file tree: an image, a union of layers, an IPFS directory.
 *
 * Paths are absolute and normal (`/`, `/bin`, `/bin/x.wasm`): no `.`, `..`, doubled or trailing slash.
 * Symbolic links are already followed, inside the tree only. Content never changes under a reader.
 */
export interface ReadOnlyTree {
  /** What stands at `path`, or undefined. */
  find(path: string): Promise<TreeNode | undefined>
  /** Entries sorted by name (UTF-16 order). @throws {WwError} NOT_A_DIRECTORY, NO_SUCH_FILE */
  list(path: string): Promise<readonly TreeEntry[]>
  /**
   * At most `length` bytes from `offset`; fewer only at the end of the file.
   * @throws {WwError} NO_SUCH_FILE, IS_A_DIRECTORY, UNREADABLE
   */
  read(path: string, offset: number, length: number): Promise<Uint8Array>
}
