import { messageOf, WwError } from '../base/index.ts'

/** The other end of a call is gone: every question, import and promise of it fails with this. */
export function disconnected(message: string, cause?: unknown): WwError {
  return new WwError('disconnected', 'DISCONNECTED', message, { cause })
}

export function canceled(): WwError {
  return new WwError('failed', 'CANCELED', 'The call was canceled')
}

/** A peer did what the protocol forbids. Ends that connection, and nothing else. */
export function protocolError(found: string): WwError {
  return new WwError('failed', 'PROTOCOL_ERROR', `Protocol error: ${found}`)
}

export function unimplemented(what: string): WwError {
  return new WwError('unimplemented', 'UNIMPLEMENTED', `${what} is not implemented`)
}

/** Whatever a handler threw, as what its caller may see: kind, code and message. Never throws. */
export function asWwError(thrown: unknown): WwError {
  if (thrown instanceof WwError) return thrown
  return new WwError('failed', 'FAILED', messageOf(thrown), { cause: thrown })
}
