;; sleep: waits as many whole seconds as its argument says. Status 2 when it says none.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit"
    (func $proc_exit (param i32)))

  ;; 0: count of arguments · 4: bytes of their texts · 8: count of events
  ;; 64: the one subscription, 48 bytes · 128: its event, 32 bytes · 256: arguments, 60 KiB
  (memory (export "memory") 1)

  (func (export "_start")
    (local $at i32) (local $digit i32) (local $seconds i64)
    (call $expect (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.ne (i32.load (i32.const 0)) (i32.const 2)) (then (call $proc_exit (i32.const 2))))
    (if (i32.gt_u (i32.load (i32.const 4)) (i32.const 61440))
      (then (call $proc_exit (i32.const 2))))
    (call $expect (call $args_get (i32.const 256) (i32.const 264)))

    (local.set $at (i32.load (i32.const 260)))
    (if (i32.eqz (i32.load8_u (local.get $at))) (then (call $proc_exit (i32.const 2))))
    (loop $next
      (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
      (if (i32.gt_u (local.get $digit) (i32.const 9)) (then (call $proc_exit (i32.const 2))))
      (local.set $seconds
        (i64.add
          (i64.mul (local.get $seconds) (i64.const 10))
          (i64.extend_i32_u (local.get $digit))))
      ;; A billion seconds is as good as for ever, and does not overflow.
      (if (i64.gt_u (local.get $seconds) (i64.const 1000000000))
        (then (local.set $seconds (i64.const 1000000000))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.load8_u (local.get $at))))

    ;; A subscription to the monotonic clock (id 1), relative: the rest of it is zero.
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (i64.mul (local.get $seconds) (i64.const 1000000000)))
    (call $expect (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 8))))

  ;; Ends with status 1 when a call failed.
  (func $expect (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (i32.const 1))))))
