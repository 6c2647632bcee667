import { wat } from './wat.ts'

// Offsets in a message of one segment: the frame's header, the root pointer, the union's tag, the
// pointer to its struct, and the question's number, which is the first field of each question.
const TAG = 16
const QUESTION = 32
const MESSAGE_BYTES = 56

/** `Return` for question 0: canceled. Fields by offset, from capnp's rpc.capnp. */
function canceled(): string {
  const message = new Uint8Array(MESSAGE_BYTES)
  const view = new DataView(message.buffer)
  view.setUint32(4, 6, true) // words of the segment
  view.setUint16(12, 1, true) // root: one word of data …
  view.setUint16(14, 1, true) // … and one pointer
  view.setUint16(TAG, 3, true) // Return
  view.setUint16(28, 2, true) // two words of data …
  view.setUint16(30, 1, true) // … and one pointer
  view.setUint16(QUESTION + 6, 2, true) // canceled
  return Array.from(message, (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
}

/**
 * The smallest guest that speaks RPC, without the SDK: it answers whatever is asked of it over its
 * data stream, Bootstrap or Call, that it was canceled, until the stream ends.
 */
export function answerer(): Uint8Array {
  return wat(`(module
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 3)
    (data (i32.const 1024) "${canceled()}")
    (func $read (param $at i32) (param $length i32)
      (loop $more
        (if (i32.eqz (local.get $length)) (then (return)))
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (drop (call $fd_read (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 8)))
        (if (i32.eqz (i32.load (i32.const 8))) (then (call $exit (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
        (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 8))))
        (br $more)))
    (func (export "_start") (local $tag i32)
      (loop $again
        (call $read (i32.const 65536) (i32.const 8))
        (call $read (i32.const 65544) (i32.mul (i32.const 8) (i32.load (i32.const 65540))))
        (local.set $tag (i32.load16_u (i32.const ${65_536 + TAG})))
        (if (i32.or (i32.eq (local.get $tag) (i32.const 8)) (i32.eq (local.get $tag) (i32.const 2)))
          (then
            (i32.store (i32.const ${1024 + QUESTION}) (i32.load (i32.const ${65_536 + QUESTION})))
            (i32.store (i32.const 0) (i32.const 1024))
            (i32.store (i32.const 4) (i32.const ${MESSAGE_BYTES}))
            (drop (call $fd_write (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 8)))))
        (br $again))))`)
}
