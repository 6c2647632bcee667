// What a tool saw of the file system: the content of files, and which names stand for none. While all
// of that is as it was, the tool would come to the same end again.

import { readFileSync, statSync } from 'node:fs'

import { hashOf } from './file.ts'

/** By absolute path: the hash of what was read, or else what the name stood for. */
export type SeenFiles = Readonly<Record<string, string>>

/** The part of a tool's view of files that is watched. */
interface FileView {
  readFile(path: string, encoding?: string): string | undefined
  fileExists(path: string): boolean
  directoryExists?(path: string): boolean
}

export class FileTrace {
  readonly #seen = new Map<string, string>()

  get seen(): SeenFiles {
    return Object.fromEntries(this.#seen)
  }

  /** The same view, watched. */
  watch<View extends FileView>(view: View): View {
    return {
      ...view,
      readFile: (path: string, encoding?: string) => {
        // Noted first: who changes the file meanwhile makes the note wrong, and it will be read again.
        this.#seen.set(path, hashNow(path))
        return view.readFile(path, encoding)
      },
      fileExists: (path: string) => {
        if (!this.#seen.has(path)) this.#seen.set(path, kindNow(path))
        return view.fileExists(path)
      },
      directoryExists: (path: string) => {
        if (!this.#seen.has(path)) this.#seen.set(path, kindNow(path))
        return view.directoryExists?.(path) ?? false
      },
    }
  }
}

const KINDS = ['file', 'folder', 'none']

/** Whether everything that was seen is as it was. */
export function isUnchanged(seen: SeenFiles): boolean {
  return Object.entries(seen).every(([path, was]) =>
    KINDS.includes(was) ? kindNow(path) === was : hashNow(path) === was,
  )
}

function kindNow(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? 'none' : found.isDirectory() ? 'folder' : 'file'
}

function hashNow(path: string): string {
  try {
    return hashOf([readFileSync(path)])
  } catch {
    return 'none'
  }
}
