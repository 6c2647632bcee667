// The few globals of Node that the tests and their libraries use and a cell has not. Evaluated before every test.

/** Of a place below the root, as tests make them from their own. */
class Place {
  readonly href: string

  constructor(path: string, from: string) {
    const names = from.slice('file://'.length).split('/').slice(0, -1)
    for (const name of path.split('/')) {
      if (name === '..') names.pop()
      else if (name !== '.' && name !== '') names.push(name)
    }
    this.href = `file://${names.join('/')}`
  }
}

/** Chai tells of plugins by events; nobody here listens. */
class Events {
  addEventListener(): void {}
  dispatchEvent(): boolean {
    return true
  }
}

const node = {
  EventTarget: Events,
  Event: Events,
  URL: Place,
  setImmediate: (act: () => void) => void setTimeout(act, 0),
  // A guest ends when nobody handles a rejection, and all tests with it (engine.test.ts shows that):
  // there is nothing to listen to.
  process: { on() {}, off() {}, env: { NO_COLOR: '1' } },
}

for (const [name, value] of Object.entries(node)) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
}
