import { messageOf, WwError } from '../base/index.ts'

export function failed(code: string, message: string): WwError {
  return new WwError('failed', code, message)
}

/** Too much is under way: the same may work later. */
export function overloaded(code: string, message: string): WwError {
  return new WwError('overloaded', code, message)
}

/** The other end of a call is gone: every question, import and promise of it fails with this. */
export function disconnected(message: string, cause?: unknown): WwError {
  return new WwError('disconnected', 'DISCONNECTED', message, { cause })
}

export function canceled(): WwError {
  return failed('CANCELED', 'The call was canceled')
}

/** A peer did what the protocol forbids. Ends that connection, and nothing else. */
export function protocolError(found: string): WwError {
  return failed('PROTOCOL_ERROR', `Protocol error: ${found}`)
}

/** A union of the protocol holds what no member of level 1 is. */
export function unknownKind(what: string, kind: number): WwError {
  return protocolError(`a ${what} of unknown kind ${kind}`)
}

export function unimplemented(what: string): WwError {
  return new WwError('unimplemented', 'UNIMPLEMENTED', `${what} is not implemented`)
}

/** Whatever a handler threw, as what its caller may see: kind, code and message. Never throws. */
export function asWwError(thrown: unknown): WwError {
  if (thrown instanceof WwError) return thrown
  return new WwError('failed', 'FAILED', messageOf(thrown), { cause: thrown })
}
