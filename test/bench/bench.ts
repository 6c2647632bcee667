/** One figure of ours beside the same figure of a rival, taken in one run. */
export interface Bench {
  name: string
  unit: string
  run(): Promise<{ ours: number; rival: number; rivalName: string }>
}
