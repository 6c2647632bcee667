import type { Watch } from '../base/index.ts'
import type { Family } from '../cell/index.ts'
import type { Epoch } from '../membrane/index.ts'

/**
 * What becomes of the children of pid0 when the epoch ends in which they were started. Their grants
 * are dead either way. `kill`: so are they, for what they were started for is over. `keep`: they go
 * on with what they have computed, until their lifetime is over.
 */
export type EpochPolicy = 'kill' | 'keep'

/**
 * Does so from now on.
 * @returns what stops it
 */
export function endWithEpoch(
  epochs: Watch<Epoch>,
  family: Family,
  policy: EpochPolicy,
): () => void {
  let { seq } = epochs.value
  return epochs.listen((epoch) => {
    if (epoch.seq === seq) return
    seq = epoch.seq
    if (policy === 'kill') void family.killChildren()
  })
}
