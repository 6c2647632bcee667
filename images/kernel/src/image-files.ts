import type { Files as GuestFiles } from 'ww/guest'

import type { Files } from './shell/index.ts'

/** The image as the shell sees it: what cannot be looked at is not there. */
export function imageFiles(files: GuestFiles): Files {
  const kind = (path: string) => (files.exists(path) ? files.stat(path).kind : undefined)
  return {
    kind,
    list: (path) => (kind(path) === 'directory' ? files.list(path).map(({ name }) => name) : []),
    read: (path) => files.read(path),
  }
}
