// What the oldest Node we run on lacks and libp2p needs. First import of every entry point;
// goes when Node 22 is the oldest.
const promise = Promise as unknown as Record<string, unknown>
promise['withResolvers'] ??= function withResolvers<T>() {
  let resolve!: (value: T | PromiseLike<T>) => void
  let reject!: (reason?: unknown) => void
  const made = new Promise<T>((ok, no) => {
    resolve = ok
    reject = no
  })
  return { promise: made, resolve, reject }
}

export {}
