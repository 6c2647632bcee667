;; echo: prints its arguments, a space between them and a newline behind.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit"
    (func $proc_exit (param i32)))

  ;; 0: count of arguments · 4: bytes of their texts · 8: the one iovec · 16: bytes written
  ;; 32: pointers to the arguments, then their texts, each ended by a zero
  (memory (export "memory") 1)

  (func (export "_start")
    (local $texts i32) (local $end i32) (local $at i32)
    (call $expect (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (local.set $texts (i32.add (i32.const 32) (i32.mul (i32.load (i32.const 0)) (i32.const 4))))
    (local.set $end (i32.add (local.get $texts) (i32.load (i32.const 4))))
    (drop (memory.grow (i32.shr_u (local.get $end) (i32.const 16))))
    (call $expect (call $args_get (i32.const 32) (local.get $texts)))

    ;; Without an argument besides the program's own name there is only the newline.
    (if (i32.lt_u (i32.load (i32.const 0)) (i32.const 2))
      (then
        (i32.store8 (local.get $texts) (i32.const 10))
        (call $print (local.get $texts) (i32.add (local.get $texts) (i32.const 1)))
        (return)))

    ;; The texts stand one behind the other: turn the zeros between them into spaces.
    (local.set $at (i32.load (i32.const 36)))
    (loop $next
      (if (i32.eqz (i32.load8_u (local.get $at)))
        (then (i32.store8 (local.get $at) (i32.const 32))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.store8 (i32.sub (local.get $end) (i32.const 1)) (i32.const 10))
    (call $print (i32.load (i32.const 36)) (local.get $end)))

  ;; Writes memory from $start to $end to standard output.
  (func $print (param $start i32) (param $end i32)
    (loop $more
      (i32.store (i32.const 8) (local.get $start))
      (i32.store (i32.const 12) (i32.sub (local.get $end) (local.get $start)))
      (call $expect
        (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
      (local.set $start (i32.add (local.get $start) (i32.load (i32.const 16))))
      (br_if $more (i32.lt_u (local.get $start) (local.get $end)))))

  ;; Ends with status 1 when a call failed.
  (func $expect (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (i32.const 1))))))
