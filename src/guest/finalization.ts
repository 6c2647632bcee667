// `FinalizationRegistry`, whose tokens the engine's holds on to: a target that is its own token would
// never go. Here the engine gets a stand-in for the token.

export class GuestFinalizationRegistry<Held> extends FinalizationRegistry<Held> {
  readonly #standIns = new WeakMap<WeakKey, WeakKey>()

  override register(target: WeakKey, held: Held, token?: WeakKey): void {
    if (token === undefined) {
      super.register(target, held)
      return
    }
    const standIn = this.#standIns.get(token) ?? {}
    this.#standIns.set(token, standIn)
    super.register(target, held, standIn)
  }

  override unregister(token: WeakKey): boolean {
    const standIn = this.#standIns.get(token)
    return standIn !== undefined && super.unregister(standIn)
  }
}

Object.defineProperty(GuestFinalizationRegistry, 'name', { value: 'FinalizationRegistry' })
