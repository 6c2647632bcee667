/**
 * An absolute, normal path: `.`, `..`, doubled and trailing slashes resolved. `..` above the root
 * stays at the root, as everywhere in Unix.
 */
export function resolvePath(base: string, path: string): string {
  const steps: string[] = []
  for (const step of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return `/${steps.join('/')}`
}

export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}
