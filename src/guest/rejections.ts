// Promises that were rejected and that nobody has taken care of yet, as the engine tells it.

const unhandled = new Map<object, unknown>()

/** How many rejections nobody has taken care of. Asked after every drain of jobs. */
export let unhandledCount = 0

/** The engine reports a rejection without a reaction, and later that it got one. */
export function trackRejection(promise: object, reason: unknown, isHandled: boolean): void {
  if (isHandled) unhandled.delete(promise)
  else unhandled.set(promise, reason)
  unhandledCount = unhandled.size
}

/** The reasons of rejections nobody took care of since the last call, oldest first. Forgets them. */
export function takeUnhandled(): readonly unknown[] {
  const reasons = [...unhandled.values()]
  unhandled.clear()
  unhandledCount = 0
  return reasons
}
