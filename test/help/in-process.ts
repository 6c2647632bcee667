import { choose } from './isolation.ts'

choose('process')
