import { test } from 'vitest'

import { smoke } from '../fuzz/smoke.ts'
import { reports } from './help/reports.ts'

const MUST_REACH = [
  ...['up', 'compiled', 'refused', 'notStarted', 'bytes', 'end', 'closed', 'credit'].map(
    (kind) => `read ${kind}`,
  ),
  ...['question', 'gauges', 'ending', 'ended', 'started', 'askPlace'].map((kind) => `read ${kind}`),
  'breach: it sent a message of # bytes, more than #',
  'breach: it sent a message of unknown kind #',
  'breach: it spoke of pipe #, which does not lead from a cell',
  'breach: it spoke of pipe #, which does not lead to a cell',
  'breach: it sent a message that is not JSON',
  'breach: it sent text that is not UTF-#',
  'breach: it said that a cell uses what nothing can use',
  'breach: it said of a cell that it ended, but not how',
  'breach: it said of a cell that it ended in a way that there is not',
  'breach: it refused a program for no reason',
  'read givePlace',
  'breach: it said # bytes where there is nothing to say',
  'lives, its cell trapped, its program not compiled',
  'lives, its cell trapped, its program compiled',
  'lives, its cell exited, its program not compiled',
  'ended, its cell exited, its program not compiled',
  'ended, its cell trapped, its program not compiled',
]

test('nothing a cell host could say breaks more than itself', () => smoke(reports, 300, MUST_REACH))
