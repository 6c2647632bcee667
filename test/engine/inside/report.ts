// What a suite inside a cell says to the host, a line of JSON each.

export interface TestStarted {
  readonly kind: 'started'
  readonly file: string
  readonly name: string
}

export interface TestEnded {
  readonly kind: 'ended'
  readonly file: string
  /** With those of the suites around it, as Vitest lists it. */
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped'
  readonly ms: number
  /** Message and stack of each; places are those of the script. */
  readonly errors: readonly string[]
}

/** A file whose tests are all reported. */
export interface FileEnded {
  readonly kind: 'file'
  readonly file: string
  /** What happened outside its tests. */
  readonly errors: readonly string[]
}

export type Report = TestStarted | TestEnded | FileEnded
