import fc from 'fast-check'
import { expect, test } from 'vitest'

import { guestJobs } from '../../src/guest/job-queue.ts'
import { GuestPromise, takeUnhandled } from '../../src/guest/promise.ts'

// A program is a list of steps; each makes one more promise, out of earlier ones by number. The same
// program runs on both kinds of promise, and what it logs, in order, must be the same.
type Step =
  | { readonly kind: 'resolve' | 'reject' | 'thenable' | 'throwing thenable' | 'sync thenable' }
  | { readonly kind: 'throwing executor' | 'twice' }
  | { readonly kind: 'then' | 'return' | 'throw' | 'catch' | 'finally' | 'finally throws' }
  | { readonly kind: 'wrap' | 'static resolve' | 'await' | 'await return' | 'non-functions' }
  | { readonly kind: 'later' }
  | { readonly kind: 'all' | 'allSettled' | 'any' | 'race' }
type Picked = Step & { readonly of: readonly number[] }

const kinds: readonly Step['kind'][] = [
  'resolve',
  'reject',
  'thenable',
  'throwing thenable',
  'sync thenable',
  'throwing executor',
  'twice',
  'then',
  'return',
  'throw',
  'catch',
  'finally',
  'finally throws',
  'wrap',
  'static resolve',
  'await',
  'await return',
  'non-functions',
  'later',
  'all',
  'allSettled',
  'any',
  'race',
]

const ours = GuestPromise as unknown as PromiseConstructor

function start(steps: readonly Picked[], P: PromiseConstructor): string[] {
  const log: string[] = []
  const made: Promise<unknown>[] = []
  const run = lowered(P)
  steps.forEach((step, number) => {
    const note = (what: string) => log.push(`${number} ${step.kind}: ${what}`)
    const inputs = step.of.map((at) => made[at % Math.max(made.length, 1)] ?? P.resolve('none yet'))
    const first = inputs[0] ?? P.resolve('no first')
    const second = inputs[1] ?? P.resolve('no second')
    made.push(make(step.kind, number, P, first, second, inputs, note, run))
  })
  made.forEach((promise, number) => {
    promise.then(
      (value) => log.push(`${number} fulfilled ${show(value)}`),
      (reason: unknown) => log.push(`${number} rejected ${show(reason)}`),
    )
  })
  return log
}

// What esbuild makes of an async function, on the given Promise.
function lowered(P: PromiseConstructor) {
  return (body: () => Generator<unknown, unknown, unknown>): Promise<unknown> =>
    new P<unknown>((resolve, reject) => {
      const generator = body()
      const advance = (turn: () => IteratorResult<unknown, unknown>) => {
        try {
          const { done, value } = turn()
          if (done === true) resolve(value)
          else P.resolve(value).then(fulfilled, rejected)
        } catch (thrown) {
          reject(thrown)
        }
      }
      const fulfilled = (value: unknown) => advance(() => generator.next(value))
      const rejected = (reason: unknown) => advance(() => generator.throw(reason))
      advance(() => generator.next())
    })
}

function make(
  kind: Step['kind'],
  number: number,
  P: PromiseConstructor,
  first: Promise<unknown>,
  second: Promise<unknown>,
  inputs: readonly Promise<unknown>[],
  note: (what: string) => void,
  run: (body: () => Generator<unknown, unknown, unknown>) => Promise<unknown>,
): Promise<unknown> {
  const withPlain: Iterable<unknown> = [...inputs, 'plain']
  switch (kind) {
    case 'resolve':
      return P.resolve(number)
    case 'reject':
      return P.reject(new Error(`${number}`))
    case 'thenable':
      return P.resolve({
        // oxlint-disable-next-line unicorn/no-thenable -- what is tested
        then(resolve: (value: unknown) => void) {
          note('asked')
          void P.resolve().then(() => resolve(number))
        },
      })
    case 'throwing thenable':
      return P.resolve({
        // oxlint-disable-next-line unicorn/no-thenable -- what is tested
        get then() {
          throw new Error('no then')
        },
      })
    case 'sync thenable':
      return new P((resolve) => {
        // oxlint-disable-next-line unicorn/no-thenable -- what is tested
        resolve({ then: (ok: (value: unknown) => void) => ok(first) } as PromiseLike<unknown>)
        note('resolved')
      })
    case 'throwing executor':
      return new P(() => {
        throw new Error('executor')
      })
    case 'twice':
      return new P((resolve, reject) => {
        resolve(first)
        reject(new Error('too late'))
        resolve(second)
      })
    case 'then':
      return first.then(
        (value) => note(show(value)),
        (reason: unknown) => note(show(reason)),
      )
    case 'return':
      return first.then(
        () => second,
        () => second,
      )
    case 'throw':
      return first.then(() => {
        throw new Error(`thrown ${number}`)
      })
    case 'catch':
      return first.catch((reason: unknown) => show(reason))
    case 'finally':
      return first.finally(() => second as unknown as void)
    case 'finally throws':
      return first.finally(() => {
        throw new Error('finally')
      })
    case 'wrap':
      return new P((resolve) => resolve(first))
    case 'static resolve':
      note(String(P.resolve(first) === first))
      return P.resolve(first)
    case 'await':
      return run(function* () {
        try {
          note(show(yield first))
        } catch (thrown) {
          note(show(thrown))
        }
        return yield second
      })
    case 'await return':
      return run(function* () {
        yield undefined
        return first
      })
    case 'non-functions':
      return first.then(undefined, 7 as unknown as undefined).finally(undefined)
    case 'later':
      return new P((resolve) => {
        first.then(
          () => resolve(second),
          () => resolve('instead'),
        )
      })
    case 'all':
      return P.all(withPlain)
    case 'allSettled':
      return P.allSettled(withPlain)
    case 'any':
      return P.any(inputs)
    case 'race':
      return P.race(inputs)
  }
}

function show(value: unknown): string {
  if (value instanceof AggregateError) return `${value.message} ${value.errors.map(show).join()}`
  if (value instanceof Error) return `${value.name} ${value.message}`
  return JSON.stringify(value) ?? 'undefined'
}

const program = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    of: fc.array(fc.nat(20), { maxLength: 4 }),
  }),
  { maxLength: 14 },
) as fc.Arbitrary<Picked[]>

test('any program runs its reactions in the order the built-in Promise runs them', async () => {
  await fc.assert(
    fc.asyncProperty(program, async (steps) => {
      const expected = start(steps, Promise)
      await new Promise((resolve) => setImmediate(resolve))
      const seen = start(steps, ours)
      guestJobs.drain()
      expect(takeUnhandled()).toEqual([])
      expect(seen).toEqual(expected)
    }),
    { numRuns: 500 },
  )
})

test('reactions never run inside the call that settles', () => {
  const log: string[] = []
  let resolve: (value: string) => void = () => {}
  const promise = new GuestPromise<string>((ok) => {
    resolve = ok
  })
  void promise.then((value) => log.push(value))
  resolve('reaction')
  log.push('after resolve')
  guestJobs.drain()
  expect(log).toEqual(['after resolve', 'reaction'])
})

test('microtasks and reactions share one queue', () => {
  const log: number[] = []
  void GuestPromise.resolve().then(() => log.push(1))
  guestJobs.push(() => log.push(2))
  void GuestPromise.resolve().then(() => log.push(3))
  guestJobs.drain()
  expect(log).toEqual([1, 2, 3])
})

test('a promise that resolves to itself is rejected', () => {
  let resolve: (value: unknown) => void = () => {}
  const promise: GuestPromise<unknown> = new GuestPromise((ok) => {
    resolve = ok
  })
  resolve(promise)
  let reason: unknown
  promise.catch((thrown: unknown) => {
    reason = thrown
  })
  guestJobs.drain()
  expect(reason).toBeInstanceOf(TypeError)
})

test('a rejection without a reaction is unhandled, and is forgotten once told', () => {
  void GuestPromise.reject(new Error('nobody'))
  guestJobs.drain()
  expect(takeUnhandled().map(String)).toEqual(['Error: nobody'])
  expect(takeUnhandled()).toEqual([])
})

test('a rejection that gets its reaction within the same turn is handled', () => {
  const promise = GuestPromise.reject(new Error('somebody'))
  promise.catch(() => {})
  guestJobs.drain()
  expect(takeUnhandled()).toEqual([])
})

test('a chain reports only its unhandled end', () => {
  void GuestPromise.reject(new Error('start'))
    .then(() => 1)
    .finally(() => {})
  guestJobs.drain()
  expect(takeUnhandled().map(String)).toEqual(['Error: start'])
})

test('it looks like a Promise', () => {
  const promise = GuestPromise.resolve(1)
  expect(promise).toBeInstanceOf(GuestPromise)
  expect(GuestPromise.name).toBe('Promise')
  expect(Object.prototype.toString.call(promise)).toBe('[object Promise]')
  expect(() => new GuestPromise(undefined as never)).toThrow(TypeError)
})

test('the job queue keeps its order over more jobs than it holds before it compacts', () => {
  const log: number[] = []
  for (let at = 0; at < 3000; at += 1) {
    guestJobs.push(() => {
      log.push(at)
      if (at < 3000) guestJobs.push(() => log.push(3000 + at))
    })
  }
  guestJobs.drain()
  expect(log).toEqual(Array.from({ length: 6000 }, (_, at) => at))
})

test('after a job that throws, the jobs behind it are still there', () => {
  const log: string[] = []
  guestJobs.push(() => {
    throw new Error('this one')
  })
  guestJobs.push(() => log.push('next'))
  expect(() => guestJobs.drain()).toThrow('this one')
  guestJobs.drain()
  expect(log).toEqual(['next'])
})
