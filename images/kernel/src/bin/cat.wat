;; cat: copies standard input to standard output until the end.
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit"
    (func $proc_exit (param i32)))

  ;; 0: the one iovec · 8: bytes read or written · 64: the chunk under way, at most 32 KiB
  (memory (export "memory") 1)

  (func (export "_start")
    (local $at i32) (local $end i32)
    (loop $chunk
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (i32.const 32768))
      (call $expect (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (i32.eqz (i32.load (i32.const 8))) (then (return)))
      (local.set $at (i32.const 64))
      (local.set $end (i32.add (i32.const 64) (i32.load (i32.const 8))))
      (loop $rest
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (i32.sub (local.get $end) (local.get $at)))
        (call $expect (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
        (br_if $rest (i32.lt_u (local.get $at) (local.get $end))))
      (br $chunk)))

  ;; Ends with status 1 when a call failed.
  (func $expect (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (i32.const 1))))))
