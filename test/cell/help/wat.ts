import wabt from 'wabt'

const toolkit = await wabt()

/** Features of WebAssembly the text may use besides those that are always on. */
const FEATURES = {
  exceptions: true,
  tail_call: true,
  extended_const: true,
  threads: true,
  multi_memory: true,
  memory64: true,
  relaxed_simd: true,
}

/** A core module from its text. */
export function wat(source: string): Uint8Array {
  const module = toolkit.parseWat('test.wat', source, FEATURES)
  try {
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}

const WASI = 'wasi_snapshot_preview1'

/** A command with one page of memory, its imports declared as `name params` and its body given. */
export function command(imports: Readonly<Record<string, string>>, body: string): Uint8Array {
  const declared = Object.entries(imports).map(([name, params]) => {
    const result = name === 'proc_exit' ? '' : '(result i32)'
    return `(import "${WASI}" "${name}" (func $${name} (param ${params}) ${result}))`
  })
  return wat(`(module ${declared.join('\n')}
    (memory (export "memory") 3)
    (func (export "_start") ${body}))`)
}

const READ_WRITE = { fd_read: 'i32 i32 i32 i32', fd_write: 'i32 i32 i32 i32', proc_exit: 'i32' }

/** Copies descriptor `from` to `to` until the end, then exits with `code`. */
export function copier(from: number, to: number, code = 0): Uint8Array {
  return command(
    READ_WRITE,
    `(loop $again
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (i32.const 65536))
      (if (call $fd_read (i32.const ${from}) (i32.const 0) (i32.const 1) (i32.const 8))
        (then (call $proc_exit (i32.const 100))))
      (if (i32.eqz (i32.load (i32.const 8))) (then (call $proc_exit (i32.const ${code}))))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (if (call $fd_write (i32.const ${to}) (i32.const 0) (i32.const 1) (i32.const 8))
        (then (call $proc_exit (i32.const 101))))
      (br $again))`,
  )
}

/** Writes blocks to `to` without end; exits with the error number of the first failure. */
export function flooder(to: number, blockBytes = 65_536): Uint8Array {
  return command(
    READ_WRITE,
    `(local $error i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const ${blockBytes}))
    (loop $again
      (local.set $error
        (call $fd_write (i32.const ${to}) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if $again (i32.eqz (local.get $error))))
    (call $proc_exit (local.get $error))`,
  )
}
