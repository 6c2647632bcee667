// The microtask queue of a guest. It is ours and not the engine's, because the engine runs its own
// only after the component's export has returned, and a guest lives inside that one call.
//
// Invariants
//  - Jobs run in the order they were queued, each once, one at a time.
//  - A job that throws stops the drain; the jobs behind it stay queued.

export type Job = () => void

export class JobQueue {
  #jobs: Job[] = []
  #next = 0

  get length(): number {
    return this.#jobs.length - this.#next
  }

  push(job: Job): void {
    this.#jobs.push(job)
  }

  /** Runs jobs until none is left, those queued meanwhile included. */
  drain(): void {
    while (this.#next < this.#jobs.length) {
      const job = this.#jobs[this.#next]!
      this.#next += 1
      if (this.#next === COMPACT_AFTER) {
        this.#jobs.splice(0, this.#next)
        this.#next = 0
      }
      job()
    }
    this.#jobs.length = 0
    this.#next = 0
  }
}

// Jobs that queue jobs must not grow the array without end; fewer moves cost less than fewer bytes.
const COMPACT_AFTER = 1024

/** The queue of this guest: a cell is one guest, and `Promise` is one global. */
export const guestJobs = new JobQueue()
