// The net below `dispose`: what is forgotten is let go when the collector finds its owner.
//
// To have the collector watch something costs more than all the rest of a call: what it watches it
// keeps, with all that hangs on it, until it next looks at everything. Most is given back before. So
// the newest are only held here, and are watched when NEWEST others have come or the collector has
// been.
//
// Invariants
//  - What was given back is not held, nor does it hold anything: the collector may watch it still.
//  - What is owned does not lead to its owner, or it would never be found.
//  - What is forgotten is found when the collector has looked at everything twice.

/** How many may live longer by one round of the collector, because they are held here. */
const NEWEST = 64

const newest: (Owned | undefined)[] = []
let next = 0
let isPulseAwaited = false

const watched = new FinalizationRegistry<Owned>((owned) => owned.letGo())
/** Its only entry is forgotten at once: it tells when the collector has been. */
const pulse = new FinalizationRegistry<undefined>(() => {
  isPulseAwaited = false
  for (const owned of newest.splice(0)) owned?.watch()
})

/** References to capabilities that end with an object, their owner, if it does not give them back. */
export abstract class Owned {
  /** Only while it is one of the newest: what is watched must not hold its owner. */
  #owner: object | undefined
  #place = 0

  /** Whether it holds what somebody would miss. */
  abstract get isHeld(): boolean

  /** Gives back what it holds. Twice is once. */
  abstract letGo(): void

  /** From now on this ends with `owner`. */
  endWith(owner: object): void {
    this.#owner = owner
    this.#place = next = (next + 1) % NEWEST
    newest[next]?.watch()
    newest[next] = this
    if (isPulseAwaited) return
    isPulseAwaited = true
    pulse.register({}, undefined)
  }

  /** It is not one of the newest any more. */
  watch(): void {
    const owner = this.#owner
    this.#owner = undefined
    if (owner && this.isHeld) watched.register(owner, this)
  }

  /** Its owner has given it back, or will. */
  protected givenBack(): void {
    if (!this.#owner) return
    this.#owner = undefined
    newest[this.#place] = undefined
  }
}
