;; What stands between the engine and the cell: the functions a guest's SDK calls (`js:`), the callbacks
;; the engine calls (`c:`), and the program's entry.
;;
;; A JavaScript value is 64 bits: for an integer the upper half is 0 and the lower is the integer. A
;; function for JavaScript gets context, this, argument count and arguments, and returns a value. Only
;; the SDK calls these, with as many integers as each takes: nothing is checked here.
(module
  (type $native (func (param i32 i64 i32 i32) (result i64)))

  (import "engine" "memory" (memory 1))
  (import "engine" "__stack_pointer" (global $stack (mut i32)))
  (import "engine" "JS_UpdateStackTop" (func $updateStackTop (param i32)))
  (import "engine" "JS_Call" (func $call (param i32 i64 i64 i32 i32) (result i64)))
  (import "engine" "JS_GetException" (func $getException (param i32) (result i64)))
  (import "engine" "JS_FreeValue" (func $freeValue (param i32 i64)))
  (import "engine" "JS_ExecutePendingJob" (func $executeJob (param i32 i32) (result i32)))
  (import "engine" "JS_NewStringLen" (func $newString (param i32 i32 i32) (result i64)))
  (import "engine" "JS_ToCStringLen2" (func $toText (param i32 i32 i64 i32) (result i32)))
  (import "engine" "JS_FreeCString" (func $freeText (param i32 i32)))
  (import "engine" "JS_NewUint8ArrayCopy" (func $newBytes (param i32 i32 i32) (result i64)))
  (import "engine" "JS_GetUint8Array" (func $bytes (param i32 i32 i64) (result i32)))

  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $fd_fdstat_set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $sock_shutdown (param i32 i32) (result i32)))

  ;; Set by whoever makes the snapshot, who leaves them at the bottom of memory for the start.
  (global $runtime (export "runtime") (mut i32) (i32.const 0))
  (global $context (export "context") (mut i32) (i32.const 0))
  ;; The function that lives the guest, and the one that hears of rejections. Held for ever.
  (global $main (export "main") (mut i64) (i64.const 0))
  (global $rejection (export "rejection") (mut i64) (i64.const 0))

  (func $undefined (result i64) (i64.const 0x300000000))
  (func $exception (result i64) (i64.const 0x600000000))
  (func $isException (param i64) (result i32)
    (i64.eq (i64.shr_u (local.get 0) (i64.const 32)) (i64.const 6)))
  (func $errno (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
  ;; Argument `index` as the integer it is.
  (func $int (param $args i32) (param $index i32) (result i32)
    (i32.load (i32.add (local.get $args) (i32.shl (local.get $index) (i32.const 3)))))

  ;; What differs from guest to guest is memory, and not code: from address 0, where the engine's stack
  ;; grows to later, what `program.ts` calls the head, and behind it packed memory, or that behind the heap.
  (func (export "_start") (local $packed i32) (local $result i64)
    (global.set $main (i64.load (i32.const 0)))
    (global.set $rejection (i64.load (i32.const 8)))
    (global.set $runtime (i32.load (i32.const 16)))
    (global.set $context (i32.load (i32.const 20)))
    (local.set $packed (i32.load (i32.const 24)))
    (call $unpack (local.get $packed) (i32.load (i32.const 28)) (global.get $stack)
      (select (local.get $packed) (i32.shl (memory.size) (i32.const 16))
        (i32.gt_u (local.get $packed) (global.get $stack))))
    (call $updateStackTop (global.get $runtime))
    (local.set $result
      (call $call (global.get $context) (global.get $main) (call $undefined) (i32.const 0) (i32.const 0)))
    (if (call $isException (local.get $result))
      (then
        (call $report (call $getException (global.get $context)))
        (call $proc_exit (i32.const 1)))
      (else (call $proc_exit (i32.wrap_i64 (local.get $result))))))

  ;; Reads what `src/bundle/pack.ts` packed, up to `end`, and writes it to `to`. Most pieces are shorter than
  ;; a call of `memory.copy` is worth: they are copied by words, and what a word writes too much is written
  ;; over by the next piece. Nothing is written at `limit` or behind it.
  (func $unpack (param $from i32) (param $end i32) (param $to i32) (param $limit i32)
    (local $token i32) (local $length i32) (local $distance i32) (local $more i32) (local $source i32)
    ;; From where on two words would reach too far.
    (local $lastFrom i32) (local $lastTo i32)
    (local.set $lastFrom (i32.sub (local.get $end) (i32.const 16)))
    (local.set $lastTo (i32.sub (local.get $limit) (i32.const 16)))
    (loop $sequence
      (local.set $token (i32.load8_u (local.get $from)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (local.set $length (i32.and (i32.shr_u (local.get $token) (i32.const 4)) (i32.const 3)))
      (if (i32.eq (local.get $length) (i32.const 3))
        (then
          (loop $next
            (local.set $more (i32.load8_u (local.get $from)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $length (i32.add (local.get $length) (local.get $more)))
            (br_if $next (i32.eq (local.get $more) (i32.const 255))))))
      (if
        (i32.and
          (i32.le_u (local.get $length) (i32.const 16))
          (i32.and
            (i32.le_s (local.get $from) (local.get $lastFrom))
            (i32.le_s (local.get $to) (local.get $lastTo))))
        (then
          (i64.store align=1 (local.get $to) (i64.load align=1 (local.get $from)))
          (i64.store offset=8 align=1 (local.get $to) (i64.load offset=8 align=1 (local.get $from))))
        (else (memory.copy (local.get $to) (local.get $from) (local.get $length))))
      (local.set $from (i32.add (local.get $from) (local.get $length)))
      (local.set $to (i32.add (local.get $to) (local.get $length)))
      (if (i32.ge_u (local.get $from) (local.get $end)) (then (return)))
      ;; In how many bytes the distance stands; in none when it is that of the last piece.
      (local.set $more (i32.shr_u (local.get $token) (i32.const 6)))
      (local.set $distance
        (select
          (i32.and
            (i32.load align=1 (local.get $from))
            (i32.sub (i32.shl (i32.const 1) (i32.shl (local.get $more) (i32.const 3))) (i32.const 1)))
          (local.get $distance)
          (local.get $more)))
      (local.set $from (i32.add (local.get $from) (local.get $more)))
      (local.set $source (i32.sub (local.get $to) (local.get $distance)))
      (local.set $length (i32.add (i32.and (local.get $token) (i32.const 15)) (i32.const 2)))
      ;; Pieces from less than a word ago repeat themselves.
      (if
        (i32.and
          (i32.ge_u (local.get $distance) (i32.const 8))
          (i32.and
            (i32.le_u (local.get $length) (i32.const 16))
            (i32.le_s (local.get $to) (local.get $lastTo))))
        (then
          (i64.store align=1 (local.get $to) (i64.load align=1 (local.get $source)))
          (i64.store offset=8 align=1 (local.get $to) (i64.load offset=8 align=1 (local.get $source)))
          (local.set $to (i32.add (local.get $to) (local.get $length)))
          (br $sequence)))
      (if (i32.eq (local.get $length) (i32.const 17))
        (then
          (loop $next
            (local.set $more (i32.load8_u (local.get $from)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $length (i32.add (local.get $length) (local.get $more)))
            (br_if $next (i32.eq (local.get $more) (i32.const 255))))))
      (if (i32.eq (local.get $distance) (i32.const 1))
        (then (memory.fill (local.get $to) (i32.load8_u (local.get $source)) (local.get $length)))
        (else
          (if (i32.ge_u (local.get $distance) (local.get $length))
            (then (memory.copy (local.get $to) (local.get $source) (local.get $length)))
            (else
              (local.set $more (i32.const 0))
              (loop $byte
                (i32.store8 (i32.add (local.get $to) (local.get $more)) (i32.load8_u (i32.add (local.get $source) (local.get $more))))
                (br_if $byte
                  (i32.lt_u (local.tee $more (i32.add (local.get $more) (i32.const 1))) (local.get $length))))))))
      (local.set $to (i32.add (local.get $to) (local.get $length)))
      (br $sequence)))

  ;; The last word of a guest whose SDK could not speak, for want of memory: the error, on stderr.
  (func $report (param $error i64) (local $frame i32) (local $text i32)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 32))))
    (local.set $text
      (call $toText (global.get $context) (i32.add (local.get $frame) (i32.const 4)) (local.get $error) (i32.const 0)))
    (if (local.get $text)
      (then
        (i32.store (local.get $frame) (local.get $text))
        (i32.store (i32.add (local.get $frame) (i32.const 8)) (i32.add (local.get $frame) (i32.const 16)))
        (i32.store8 (i32.add (local.get $frame) (i32.const 16)) (i32.const 10))
        (i32.store (i32.add (local.get $frame) (i32.const 12)) (i32.const 1))
        (drop (call $fd_write (i32.const 2) (local.get $frame) (i32.const 2) (i32.add (local.get $frame) (i32.const 20))))
        (call $freeText (global.get $context) (local.get $text))))
    (global.set $stack (i32.add (local.get $frame) (i32.const 32))))

  ;; The engine's rejection tracker: context, promise, reason, whether it is handled now, nothing.
  (func (export "c:rejection") (param $context i32) (param $promise i64) (param $reason i64) (param $handled i32) (param i32)
    (local $frame i32)
    (if (i64.eqz (global.get $rejection)) (then (return)))
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 32))))
    (i64.store (local.get $frame) (local.get $promise))
    (i64.store (i32.add (local.get $frame) (i32.const 8)) (local.get $reason))
    (i64.store (i32.add (local.get $frame) (i32.const 16)) (i64.extend_i32_u (local.get $handled)))
    (call $freeValue (local.get $context)
      (call $call (local.get $context) (global.get $rejection) (call $undefined) (i32.const 3) (local.get $frame)))
    (global.set $stack (i32.add (local.get $frame) (i32.const 32))))

  ;; Runs jobs until none is left, those queued meanwhile included. Returns how many ran; throws what
  ;; a job threw.
  (func (export "js:runJobs") (type $native) (local $frame i32) (local $more i32) (local $count i32)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
    (loop $next
      (local.set $more (call $executeJob (global.get $runtime) (local.get $frame)))
      (if (i32.gt_s (local.get $more) (i32.const 0))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $next))))
    (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
    (if (result i64) (local.get $more) (then (call $exception)) (else (call $errno (local.get $count)))))

  ;; Where the bytes of a Uint8Array are. They stay there as long as it lives.
  (func (export "js:address") (type $native) (local $frame i32) (local $at i32)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
    (local.set $at (call $bytes (local.get 0) (local.get $frame) (i64.load (local.get 3))))
    (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
    (call $errno (local.get $at)))

  ;; Whether all from `at` to `end` is UTF-8 (WHATWG Encoding, "UTF-8 decoder": its table of bounds).
  (func $isUtf8 (param $at i32) (param $end i32) (result i32)
    (local $first i32) (local $more i32) (local $low i32) (local $high i32)
    (loop $next
      (if (i32.le_u (i32.add (local.get $at) (i32.const 8)) (local.get $end))
        (then
          (if (i64.eqz (i64.and (i64.load align=1 (local.get $at)) (i64.const 0x8080808080808080)))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br $next)))))
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 1))))
      (local.set $first (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $first) (i32.const 0x80)))
      (if (i32.or (i32.lt_u (local.get $first) (i32.const 0xc2)) (i32.gt_u (local.get $first) (i32.const 0xf4)))
        (then (return (i32.const 0))))
      (local.set $more
        (i32.add (i32.const 1)
          (i32.add
            (i32.ge_u (local.get $first) (i32.const 0xe0))
            (i32.ge_u (local.get $first) (i32.const 0xf0)))))
      (if (i32.gt_u (local.get $more) (i32.sub (local.get $end) (local.get $at)))
        (then (return (i32.const 0))))
      ;; Shorter forms exist, surrogates, beyond U+10FFFF.
      (local.set $low
        (select (i32.const 0xa0)
          (select (i32.const 0x90) (i32.const 0x80) (i32.eq (local.get $first) (i32.const 0xf0)))
          (i32.eq (local.get $first) (i32.const 0xe0))))
      (local.set $high
        (select (i32.const 0x9f)
          (select (i32.const 0x8f) (i32.const 0xbf) (i32.eq (local.get $first) (i32.const 0xf4)))
          (i32.eq (local.get $first) (i32.const 0xed))))
      (loop $continuation
        (local.set $first (i32.load8_u (local.get $at)))
        (if (i32.or (i32.lt_u (local.get $first) (local.get $low)) (i32.gt_u (local.get $first) (local.get $high)))
          (then (return (i32.const 0))))
        (local.set $low (i32.const 0x80))
        (local.set $high (i32.const 0xbf))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $continuation (local.tee $more (i32.sub (local.get $more) (i32.const 1)))))
      (br $next))
    (unreachable))

  ;; The string whose UTF-8 a Uint8Array holds; undefined when it is none.
  (func (export "js:decode") (type $native) (local $frame i32) (local $at i32) (local $length i32)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
    (local.set $at (call $bytes (local.get 0) (local.get $frame) (i64.load (local.get 3))))
    (local.set $length (i32.load (local.get $frame)))
    (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
    (if (result i64) (call $isUtf8 (local.get $at) (i32.add (local.get $at) (local.get $length)))
      (then (call $newString (local.get 0) (local.get $at) (local.get $length)))
      (else (call $undefined))))

  ;; A new Uint8Array with the UTF-8 of a string; undefined when the string has none.
  (func (export "js:encode") (type $native) (local $frame i32) (local $text i32) (local $made i64)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
    (local.set $made (call $exception))
    (local.set $text (call $toText (local.get 0) (local.get $frame) (i64.load (local.get 3)) (i32.const 0)))
    (if (local.get $text)
      (then
        (local.set $made
          (if (result i64)
            (call $isUtf8 (local.get $text) (i32.add (local.get $text) (i32.load (local.get $frame))))
            (then (call $newBytes (local.get 0) (local.get $text) (i32.load (local.get $frame))))
            (else (call $undefined))))
        (call $freeText (local.get 0) (local.get $text))))
    (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
    (local.get $made))

  ;; Writes the UTF-8 of a string to the front of a Uint8Array: how many bytes, or undefined when it
  ;; does not fit or the string has none.
  (func (export "js:encodeInto") (type $native)
    (local $frame i32) (local $text i32) (local $length i32) (local $into i32) (local $made i64)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
    (local.set $made (call $exception))
    (local.set $text (call $toText (local.get 0) (local.get $frame) (i64.load (local.get 3)) (i32.const 0)))
    (if (local.get $text)
      (then
        (local.set $made (call $undefined))
        (local.set $length (i32.load (local.get $frame)))
        (local.set $into (call $bytes (local.get 0) (local.get $frame) (i64.load offset=8 (local.get 3))))
        (if (i32.le_u (local.get $length) (i32.load (local.get $frame)))
          (then
            (if (call $isUtf8 (local.get $text) (i32.add (local.get $text) (local.get $length)))
              (then
                (memory.copy (local.get $into) (local.get $text) (local.get $length))
                (local.set $made (call $errno (local.get $length)))))))
        (call $freeText (local.get 0) (local.get $text))))
    (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
    (local.get $made))

  ;; Reads from a descriptor through a buffer: a new Uint8Array with what came, 0 at the end, or the
  ;; errno, negative.
  (func (export "js:take") (type $native) (local $frame i32) (local $buffer i32) (local $result i32) (local $made i64)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
    (local.set $buffer (call $int (local.get 3) (i32.const 1)))
    (i32.store (local.get $frame) (local.get $buffer))
    (i32.store offset=4 (local.get $frame) (call $int (local.get 3) (i32.const 2)))
    (local.set $result
      (call $fd_read (call $int (local.get 3) (i32.const 0)) (local.get $frame) (i32.const 1) (i32.add (local.get $frame) (i32.const 8))))
    (local.set $made
      (if (result i64) (local.get $result)
        (then (call $errno (i32.sub (i32.const 0) (local.get $result))))
        (else
          (if (result i64) (local.tee $result (i32.load offset=8 (local.get $frame)))
            (then (call $newBytes (local.get 0) (local.get $buffer) (local.get $result)))
            (else (i64.const 0))))))
    (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
    (local.get $made))

  ;; Writes a Uint8Array to a descriptor: how many bytes of it, or the errno, negative.
  (func (export "js:put") (type $native) (local $frame i32) (local $result i32)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
    (i32.store (local.get $frame)
      (call $bytes (local.get 0) (i32.add (local.get $frame) (i32.const 4)) (i64.load offset=8 (local.get 3))))
    (local.set $result
      (call $fd_write (call $int (local.get 3) (i32.const 0)) (local.get $frame) (i32.const 1) (i32.add (local.get $frame) (i32.const 8))))
    (local.set $result
      (if (result i32) (local.get $result)
        (then (i32.sub (i32.const 0) (local.get $result)))
        (else (i32.load offset=8 (local.get $frame)))))
    (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
    (call $errno (local.get $result)))

  ;; `poll_oneoff`: as bits, the subscriptions that have an event, whose userdata says which each is; or
  ;; the errno, negative.
  (func (export "js:poll") (type $native) (local $event i32) (local $left i32) (local $result i32)
    (local.set $event (call $int (local.get 3) (i32.const 1)))
    (local.set $result
      (call $poll_oneoff (call $int (local.get 3) (i32.const 0)) (local.get $event) (call $int (local.get 3) (i32.const 2)) (call $int (local.get 3) (i32.const 3))))
    (if (local.get $result)
      (then (return (call $errno (i32.sub (i32.const 0) (local.get $result))))))
    (local.set $left (i32.load (call $int (local.get 3) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $result
          (i32.or (local.get $result) (i32.shl (i32.const 1) (i32.load (local.get $event)))))
        (local.set $event (i32.add (local.get $event) (i32.const 32)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (call $errno (local.get $result)))

  ;; Preview 1, integers as they come.
  (func (export "js:args_get") (type $native)
    (call $errno (call $args_get (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)))))
  (func (export "js:args_sizes_get") (type $native)
    (call $errno (call $args_sizes_get (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)))))
  (func (export "js:environ_get") (type $native)
    (call $errno (call $environ_get (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)))))
  (func (export "js:environ_sizes_get") (type $native)
    (call $errno (call $environ_sizes_get (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)))))
  (func (export "js:clock_time_get") (type $native)
    (call $errno (call $clock_time_get (call $int (local.get 3) (i32.const 0)) (i64.const 0) (call $int (local.get 3) (i32.const 1)))))
  (func (export "js:fd_close") (type $native)
    (call $errno (call $fd_close (call $int (local.get 3) (i32.const 0)))))
  (func (export "js:fd_fdstat_set_flags") (type $native)
    (call $errno (call $fd_fdstat_set_flags (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)))))
  (func (export "js:fd_prestat_get") (type $native)
    (call $errno (call $fd_prestat_get (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)))))
  (func (export "js:fd_readdir") (type $native)
    (call $errno (call $fd_readdir (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)) (call $int (local.get 3) (i32.const 2)) (i64.extend_i32_u (call $int (local.get 3) (i32.const 3))) (call $int (local.get 3) (i32.const 4)))))
  (func (export "js:path_filestat_get") (type $native)
    (call $errno (call $path_filestat_get (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)) (call $int (local.get 3) (i32.const 2)) (call $int (local.get 3) (i32.const 3)) (call $int (local.get 3) (i32.const 4)))))
  (func (export "js:path_open") (type $native)
    (call $errno (call $path_open (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)) (call $int (local.get 3) (i32.const 2)) (call $int (local.get 3) (i32.const 3)) (call $int (local.get 3) (i32.const 4)) (i64.extend_i32_u (call $int (local.get 3) (i32.const 5))) (i64.const 0) (i32.const 0) (call $int (local.get 3) (i32.const 6)))))
  (func (export "js:random_get") (type $native)
    (call $errno (call $random_get (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1)))))
  (func (export "js:proc_exit") (type $native)
    (call $proc_exit (call $int (local.get 3) (i32.const 0)))
    (call $undefined))

  (func (export "js:sock_shutdown") (type $native)
    (call $errno (call $sock_shutdown (call $int (local.get 3) (i32.const 0)) (call $int (local.get 3) (i32.const 1))))))
