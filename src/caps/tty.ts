import { Tty } from '../capnp/system.ts'
import { serve } from '../rpc/index.ts'

/** The terminal a node was started on. */
export interface Terminal {
  setRaw(raw: boolean): void
  /** 0 where unknown. */
  size(): { readonly columns: number; readonly rows: number }
}

/** The terminal, for pid0. See system.capnp. */
export function serveTty(terminal: Terminal): Tty {
  return serve(Tty, {
    setRaw({ raw }) {
      terminal.setRaw(raw)
    },
    size: () => terminal.size(),
  })
}
