// Promises that were rejected and that nobody has taken care of yet, as the engine tells it.

const unhandled = new Map<object, unknown>()

/** The reasons of rejections nobody has taken care of. Asked after every drain of jobs. */
export const unhandledReasons: Pick<ReadonlyMap<object, unknown>, 'size'> = unhandled

/** The engine reports a rejection without a reaction, and later that it got one. */
export function trackRejection(promise: object, reason: unknown, isHandled: boolean): void {
  if (isHandled) unhandled.delete(promise)
  else unhandled.set(promise, reason)
}

/** The reasons of rejections nobody took care of since the last call, oldest first. Forgets them. */
export function takeUnhandled(): readonly unknown[] {
  const reasons = [...unhandled.values()]
  unhandled.clear()
  return reasons
}
