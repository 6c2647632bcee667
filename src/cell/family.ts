// The cells of a node: who started whom, what each may use, and who can still reach it.
//
// Invariants
//  - A member is in the family from before its cell starts until that has ended, and its account is
//    open for as long.
//  - A cell ends by itself, by `kill`, at a limit, with the node, or by the rule of its lifetime:
//    `parent`: as soon as its parent has ended and nobody holds it.
//    `held`: as soon as nobody holds it.
//    `detached`: never.
//  - Who is held is held by somebody outside the cell: its Process, one of its streams, or anything
//    it has given out.

import { WwError } from '../base/index.ts'
import { Account } from './account.ts'
import type { Cell } from './cell.ts'
import type { CellLimits } from './limits.ts'

/** What ends a cell besides itself. */
export type Lifetime = 'parent' | 'held' | 'detached'

export interface MemberOptions {
  readonly name: string
  readonly lifetime: Lifetime
  /** Names of what it was granted. */
  readonly grants: readonly string[]
  /** Less than its parent has. */
  readonly limits: Partial<CellLimits>
  /** What its memories can grow to under a limit. */
  readonly memoryBytesOf: (limitBytes: number) => number
}

/** One cell as a relative of others. */
export class Member {
  readonly id: number
  readonly name: string
  readonly parent: Member | undefined
  readonly grants: readonly string[]
  readonly lifetime: Lifetime
  readonly account: Account
  /** Milliseconds since 1970. */
  readonly sinceMs = Date.now()
  /** What it has under way with the node: kept by whoever speaks with it. */
  traffic: () => Traffic = () => NO_TRAFFIC

  readonly #family: Family
  #cell: Cell | undefined
  #holders = 0
  #hasEnded = false

  constructor(
    family: Family,
    id: number,
    account: Account,
    { name, grants, lifetime }: Pick<MemberOptions, 'name' | 'grants' | 'lifetime'>,
    parent?: Member,
  ) {
    this.#family = family
    this.id = id
    this.account = account
    this.name = name
    this.grants = grants
    this.lifetime = lifetime
    this.parent = parent
  }

  /** Running, unless it is still being started or has ended. */
  get cell(): Cell | undefined {
    return this.#cell
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /**
   * Makes room for a child. Whoever gets it calls `adopt` or `end`.
   * @throws {WwError} as {@link Account.open}; CELL_ENDED when this has ended, NODE_ENDING
   */
  open(options: MemberOptions): Member {
    if (this.#hasEnded) {
      const sentence = `Cannot start a cell: cell ${this.name}, which was to be its parent, has ended`
      throw new WwError('disconnected', 'CELL_ENDED', sentence)
    }
    return this.#family.add(this, options)
  }

  /** The cell has started; from now on the family owns it. */
  adopt(cell: Cell): void {
    this.#cell = cell
    void cell.exited.then(() => this.end())
    if (this.#isOver) void cell.kill()
  }

  /** It has ended, or did not start. Twice is once. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.account.close(this.#cell?.usage.fuel ?? 0)
    this.#family.remove(this)
  }

  /** Somebody can reach it until the returned function is called. */
  hold(): () => void {
    this.#holders++
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#holders--
      this.look()
    }
  }

  /** Ends it if its lifetime is over. */
  look(): void {
    if (this.#isOver) void this.#cell?.kill()
  }

  get #isOver(): boolean {
    if (this.#family.isClosed) return true
    if (this.#holders > 0 || this.lifetime === 'detached') return false
    return this.lifetime === 'held' || this.parent?.hasEnded === true
  }
}

/** What a cell and the node owe each other. */
export interface Traffic {
  /** Calls of the cell under way, and what they hold. */
  readonly calls: number
  readonly callBytes: number
  /** Capabilities it holds, and those it has given out. */
  readonly references: number
}

const NO_TRAFFIC: Traffic = { calls: 0, callBytes: 0, references: 0 }

export class Family implements AsyncDisposable {
  /** The first cell: nobody of the family started it. */
  readonly root: Member
  readonly #members = new Set<Member>()
  #lastId = 0
  #isClosed = false

  /** @param limits of the first cell, and by that of all */
  constructor(name: string, limits: CellLimits, nowMs?: () => number) {
    const account = new Account(limits, nowMs)
    this.root = new Member(this, ++this.#lastId, account, {
      name,
      grants: [],
      lifetime: 'detached',
    })
    this.#members.add(this.root)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** All that are starting or run, in the order in which they began. */
  get members(): readonly Member[] {
    return [...this.#members]
  }

  /** For members. */
  add(parent: Member, options: MemberOptions): Member {
    if (this.#isClosed) {
      throw new WwError('disconnected', 'NODE_ENDING', 'Cannot start a cell: the node is ending')
    }
    const account = parent.account.open(options.limits, options.memoryBytesOf)
    const member = new Member(this, ++this.#lastId, account, options, parent)
    this.#members.add(member)
    return member
  }

  /** For members. */
  remove(gone: Member): void {
    this.#members.delete(gone)
    for (const member of this.#members) if (member.parent === gone) member.look()
  }

  /** Ends all but the first; resolves when they are gone. */
  async killChildren(): Promise<void> {
    await killAll(this.members.filter((member) => member !== this.root))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await killAll(this.members)
  }
}

async function killAll(members: readonly Member[]): Promise<void> {
  const cells = members.flatMap(({ cell }) => cell ?? [])
  await Promise.all(cells.map((cell) => cell.kill()))
}
