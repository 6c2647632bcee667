import { expect } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import type { ByteLink, ErrorKind } from '../../src/base/index.ts'
import { Connection, loopback, promised, serve } from '../../src/rpc/index.ts'
import type { CallContext, ConnectionOptions } from '../../src/rpc/index.ts'
import { Node } from '../fixture/calls.gen.ts'
import type * as calls from '../fixture/calls.gen.ts'

export const NO_ENTRIES = { questions: 0, answers: 0, exports: 0, imports: 0, embargoes: 0 }

/** Lets everything happen that waits for nothing outside. */
export async function quiet(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A promise that the test settles. */
export class Slot<T> {
  readonly promise: Promise<T>
  resolve!: (value: T) => void
  reject!: (reason: Error) => void

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.catch(() => {})
  }
}

/** Counts the objects of one test: every one made must be disposed once. */
export class Census {
  made = 0
  disposed = 0

  get alive(): number {
    return this.made - this.disposed
  }
}

/** What serves a Node: knows the calls it got, and what the test hands it in slots. */
export class TestNode implements Partial<calls.Node$Server>, Disposable {
  readonly census: Census
  readonly name: number
  /** Values of `ping` in order of arrival. */
  readonly pings: number[] = []
  readonly slots = new Map<number, Slot<Node>>()
  readonly canceled: string[] = []
  isDisposed = false
  kept: Node | undefined

  constructor(census: Census = new Census(), name = 0) {
    this.census = census
    this.name = name
    census.made++
  }

  static serve(census?: Census, name?: number): { node: Node; server: TestNode } {
    const server = new TestNode(census, name)
    return { node: serve(Node, server as unknown as calls.Node$Server), server }
  }

  slot(index: number): Slot<Node> {
    const slot = this.slots.get(index) ?? new Slot<Node>()
    this.slots.set(index, slot)
    return slot
  }

  ping({ value }: calls.Node_ping$Params) {
    this.pings.push(value)
    return { value }
  }
  echo({ data }: calls.Node_echo$Params) {
    return { data }
  }
  fail({ kind, code, message }: calls.Node_fail$Params): never {
    const kinds: ErrorKind[] = ['failed', 'overloaded', 'disconnected', 'unimplemented']
    throw new WwError(kinds[kind] ?? 'failed', code, message)
  }
  async never(_: unknown, { signal }: CallContext): Promise<void> {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        this.canceled.push('never')
        resolve()
      })
    })
  }
  make({ name }: calls.Node_make$Params) {
    return { node: TestNode.serve(this.census, name).node }
  }
  give({ node }: calls.Node_give$Params) {
    return { node }
  }
  hold({ node }: calls.Node_hold$Params) {
    this.drop()
    this.kept = node?.$dup()
  }
  held() {
    return { node: this.kept?.$dup() }
  }
  drop() {
    this.kept?.[Symbol.dispose]()
    this.kept = undefined
  }
  async callBack({ node, value }: calls.Node_callBack$Params) {
    return { value: (await node!.ping({ value })).value }
  }
  later({ slot }: calls.Node_later$Params) {
    return { node: promised(Node, this.slot(slot).promise) }
  }
  async late({ slot }: calls.Node_late$Params) {
    return { node: await this.slot(slot).promise }
  }
  deep() {
    const node = () => TestNode.serve(this.census).node
    return {
      outer: { inner: { node: node() }, more: { inner: { node: node() } } },
      nodes: [node(), node()],
      any: node(),
    }
  }

  [Symbol.dispose](): void {
    if (this.isDisposed) throw new Error('Disposed twice')
    this.isDisposed = true
    this.census.disposed++
    this.drop()
  }
}

export interface Pair {
  readonly left: Connection
  readonly right: Connection
}

export function connect(
  leftOptions: ConnectionOptions,
  rightOptions: ConnectionOptions = {},
  links: [ByteLink, ByteLink] = loopback(),
): Pair {
  return {
    left: new Connection(links[0], leftOptions),
    right: new Connection(links[1], rightOptions),
  }
}

/** Expects that nothing is left open, and closes. */
export async function expectEmpty(...connections: Connection[]): Promise<void> {
  await quiet()
  for (const connection of connections) expect(connection.stats).toEqual(NO_ENTRIES)
  for (const connection of connections) connection.close()
}

/** What a call fails with. */
export async function failure(call: PromiseLike<unknown>): Promise<WwError> {
  try {
    await call
  } catch (thrown) {
    if (thrown instanceof WwError) return thrown
    throw thrown
  }
  throw new Error('The call did not fail')
}
