import { copier } from './wat.ts'

/** A program of a few hundred bytes, another for each number: it copies, then exits with it. */
export function program(number: number): Uint8Array {
  return copier(4, 4, number)
}
