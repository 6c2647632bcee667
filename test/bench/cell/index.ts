// What a cell costs beside the plain thing of Node it is made of, and beside what others make of it.

import type { Bench } from '../bench.ts'
import { crowdBenches } from './crowd.ts'
import { fenceBenches } from './fence.ts'
import { fuelBenches } from './fuel.ts'
import { guestBenches } from './guest.ts'
import { hopBenches } from './hop.ts'
import { startBenches } from './start.ts'

export const benches: Bench[] = [
  ...fuelBenches,
  ...startBenches,
  ...crowdBenches,
  ...guestBenches,
  ...fenceBenches,
  ...hopBenches,
]
