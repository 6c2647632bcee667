// Random modules, valid by construction, that always come to an end: functions call only functions
// after them, every loop counts down, and there are only so many calls.

/** Uniform numbers below `below`, the same for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Type = 'i32' | 'i64' | 'f32' | 'f64'
const TYPES: readonly Type[] = ['i32', 'i64', 'f32', 'f64']
const INTEGER_OPS = 'add sub mul and or xor shl shr_s shr_u rotl rotr div_s div_u rem_s rem_u'
const FLOAT_OPS = 'add sub mul div min max copysign'
const COMPARISONS = { i32: 'lt_s', i64: 'gt_u', f32: 'le', f64: 'ge' } as const
const CONVERSIONS: Readonly<Record<Type, readonly (readonly [op: string, from: Type])[]>> = {
  i32: [
    ['i32.wrap_i64', 'i64'],
    ['i32.trunc_sat_f64_s', 'f64'],
    ['i32.trunc_f32_u', 'f32'],
    ['i32.extend8_s', 'i32'],
  ],
  i64: [
    ['i64.extend_i32_u', 'i32'],
    ['i64.trunc_sat_f32_u', 'f32'],
    ['i64.extend16_s', 'i64'],
  ],
  f32: [
    ['f32.convert_i32_s', 'i32'],
    ['f32.demote_f64', 'f64'],
    ['f32.sqrt', 'f32'],
  ],
  f64: [
    ['f64.convert_i64_u', 'i64'],
    ['f64.promote_f32', 'f32'],
    ['f64.floor', 'f64'],
  ],
}

const FUNCTIONS = 5
const MEMORY_BYTES = 65_536
const MAX_DEPTH = 4

/**
 * The text of a module that imports `host.log` (an i32), exports `memory`, `table`, a global of each
 * type, `calls` (how many more it may make) and functions `f0` to `f4`, each with one parameter of each type and an i32 result.
 *
 * @param isSeparable whether data can be taken from its code: all of it is put in place at the start
 */
export function randomModule(seed: number, { isSeparable = false } = {}): string {
  const roll = dice(seed)
  const pick = <T>(items: readonly T[]): T => items[roll(items.length)]!

  function constant(type: Type): string {
    const values = {
      i32: ['0', '1', '-1', '7', '65535', '2147483647', '-2147483648', String(roll(1e9))],
      i64: ['0', '1', '-1', '4294967296', '9223372036854775807', String(roll(1e9))],
      f32: ['0', '-0', '1.5', '-3.25', 'inf', 'nan', String(roll(1e6))],
      f64: ['0', '-0', '0.1', '-1e300', 'inf', 'nan', String(roll(1e9))],
    }
    return `(${type}.const ${pick(values[type])})`
  }

  // Mostly within memory, which has one page.
  const address = (depth: number) =>
    roll(12) === 0 ? value('i32', depth) : `(i32.and ${value('i32', depth)} (i32.const 0xfff8))`
  const length = (depth: number) => `(i32.and ${value('i32', depth)} (i32.const 0x3ff))`
  const slot = (depth: number) => `(i32.and ${value('i32', depth)} (i32.const 7))`

  function value(type: Type, depth: number): string {
    if (depth <= 0) return roll(2) === 0 ? constant(type) : `(local.get $${type}${roll(3)})`
    const sub = (of: Type) => value(of, depth - 1)
    switch (roll(9)) {
      case 0:
        return constant(type)
      case 1:
        return `(local.tee $${type}${roll(3)} ${sub(type)})`
      case 2:
        return `(global.get $${type})`
      case 3: {
        const isInteger = type === 'i32' || type === 'i64'
        const op = pick((isInteger ? INTEGER_OPS : FLOAT_OPS).split(' '))
        return `(${type}.${op} ${sub(type)} ${sub(type)})`
      }
      case 4: {
        const [op, from] = pick(CONVERSIONS[type])
        return `(${op} ${sub(from)})`
      }
      case 5:
        return `(${type}.load ${address(depth - 1)})`
      case 6:
        return `(select ${sub(type)} ${sub(type)} ${sub('i32')})`
      case 7:
        return `(if (result ${type}) ${sub('i32')} (then ${sub(type)}) (else ${sub(type)}))`
      default:
        if (type !== 'i32') return `(block (result ${type}) ${sub(type)})`
        return pick([
          () => `(memory.size)`,
          () => `(memory.grow (i32.and ${sub('i32')} (i32.const 1)))`,
          () => `(table.size $table)`,
          () => {
            const of = pick(TYPES)
            return `(${of}.${COMPARISONS[of]} ${sub(of)} ${sub(of)})`
          },
          () =>
            `(i32x4.extract_lane 2 (i32x4.add (i32x4.splat ${sub('i32')}) (v128.load ${address(1)})))`,
        ])()
    }
  }

  function statements(index: number, depth: number): string {
    return Array.from({ length: 1 + roll(4) }, () => statement(index, depth)).join('\n')
  }

  function statement(index: number, depth: number): string {
    const inner = () => statements(index, depth - 1)
    const type = pick(TYPES)
    const simple = [
      () => `(local.set $${type}${roll(3)} ${value(type, 3)})`,
      () => `(global.set $${type} ${value(type, 2)})`,
      () => `(${type}.store ${address(2)} ${value(type, 2)})`,
      () => `(call $log ${value('i32', 2)})`,
      () => `(memory.fill ${address(1)} ${value('i32', 1)} ${length(2)})`,
      () => `(memory.copy ${address(1)} ${address(1)} ${length(2)})`,
      () =>
        isSeparable
          ? `(drop ${address(1)})`
          : `(memory.init $bytes ${address(1)} (i32.const ${roll(8)}) (i32.const ${roll(10)}))`,
      () => `(table.set $table ${slot(2)} (ref.func $f${FUNCTIONS - 1}))`,
      () => `(drop (table.grow $table (ref.null func) (i32.const ${roll(3)})))`,
      () => `(table.fill $table ${slot(1)} (ref.null func) (i32.const ${roll(3)}))`,
      () => `(table.copy $table $table ${slot(1)} ${slot(1)} (i32.const ${roll(4)}))`,
      () => `(table.init $table $functions ${slot(1)} (i32.const 0) (i32.const 1))`,
    ]
    const compound = [
      () => `(block $b${depth} ${inner()} (br_if $b${depth} ${value('i32', 2)}) ${inner()})`,
      () => `(if ${value('i32', 2)} (then ${inner()}) (else ${inner()}))`,
      () => `(if ${value('i32', 2)} (then ${inner()}))`,
      () =>
        `(local.set $count${depth} (i32.const ${1 + roll(4)}))
        (loop $l${depth} ${inner()}
          (local.set $count${depth} (i32.sub (local.get $count${depth}) (i32.const 1)))
          (br_if $l${depth} (local.get $count${depth})))`,
      () =>
        `(block $x${depth} (block $y${depth} (block $z${depth}
          (br_table $x${depth} $y${depth} $z${depth} ${value('i32', 2)})) ${inner()}) ${inner()})`,
      () =>
        roll(3) === 0 ? `(if ${value('i32', 3)} (then (return ${value('i32', 2)})))` : inner(),
      () => (roll(6) === 0 ? `(if ${value('i32', 3)} (then (unreachable)))` : inner()),
      () => call(index),
    ]
    return pick(depth > 0 ? [...simple, ...compound, ...compound] : simple)()
  }

  // A tail call ends the function; behind it nothing runs.
  function call(index: number): string {
    const args = TYPES.map((type) => value(type, 2)).join(' ')
    if (roll(3) === 0) {
      if (index === FUNCTIONS - 1) return ''
      return `(local.set $i320 (call_indirect $table (type $f) ${args} ${slot(2)}))`
    }
    const callee = index + 1 + roll(FUNCTIONS)
    if (callee >= FUNCTIONS) return ''
    if (roll(4) === 0) return `(if ${value('i32', 2)} (then (return_call $f${callee} ${args})))`
    return `(local.set $i320 (call $f${callee} ${args}))`
  }

  const locals = [
    ...TYPES.flatMap((type) => [1, 2].map((i) => `(local $${type}${i} ${type})`)),
    ...Array.from({ length: MAX_DEPTH + 1 }, (_, i) => `(local $count${i} i32)`),
  ].join(' ')
  const params = TYPES.map((type) => `(param $${type}0 ${type})`).join(' ')
  const functions = Array.from(
    { length: FUNCTIONS },
    (_, i) =>
      `(func $f${i} (export "f${i}") (type $f) ${params} (result i32) ${locals}
        (if (i32.eqz (global.get $calls)) (then (return (i32.const -2))))
        (global.set $calls (i32.sub (global.get $calls) (i32.const 1)))
        ${statements(i, i === FUNCTIONS - 1 ? 1 : MAX_DEPTH)} ${value('i32', 3)})`,
  )
  return `(module
    (type $f (func (param i32 i64 f32 f64) (result i32)))
    (import "host" "log" (func $log (param i32)))
    (memory (export "memory") ${MEMORY_BYTES / 65_536} 3)
    (table $table (export "table") 8 20 funcref)
    (elem (table $table) (i32.const 2) func $f${FUNCTIONS - 1} $f${FUNCTIONS - 1})
    (elem $functions func $f${FUNCTIONS - 1})
    (data (i32.const ${roll(1_000)}) "some bytes")
    ${isSeparable ? `(data (i32.const ${roll(1_000)}) "more bytes")` : '(data $bytes "more bytes")'}
    ${TYPES.map((type) => `(global $${type} (export "${type}") (mut ${type}) ${constant(type)})`).join('\n')}
    (global $calls (export "calls") (mut i32) (i32.const 0))
    ${functions.join('\n')}
    ${roll(3) === 0 ? `(func $start (call $log (i32.const ${roll(100)}))) (start $start)` : ''})`
}
