// One message each that breaks a rule, as far as the peer has what it takes, and what must be said.

import type { Message$Init } from '../fixture/rpc.gen.ts'
import type { Peer } from './peer.ts'

/** A message that must end the connection, and what the reason says. */
export type RuleBreaker = readonly [reason: RegExp, message: Message$Init | undefined]

/** @param variant chooses among ids that nobody uses */
export function ruleBreakers(peer: Peer, variant: number): readonly RuleBreaker[] {
  const gone = 0xffff_0000 + variant
  const [question] = [...peer.questions.values()]
  const [held] = [...peer.vatExports.values()]
  // What is said of a call that was given up is not looked at.
  const open = [...peer.vatQuestions.values()].find(
    ({ state, isFinished }) => state === 'open' && !isFinished,
  )
  const returned = [...peer.vatQuestions.values()].find(({ state }) => state === 'returned')
  const [own] = [...peer.exports.values()].filter(({ dest }) => dest.kind === 'own')
  const target = { importedCap: held?.id ?? gone }
  const inUse = question && { questionId: question.id }
  return [
    [/export \d+ does not exist/, { call: { questionId: gone, target: { importedCap: gone } } }],
    [
      /which is not open/,
      { call: { questionId: gone, target: { promisedAnswer: { questionId: gone } } } },
    ],
    [/in use already/, inUse && held && { call: { ...inUse, target } }],
    [/in use already/, inUse && { bootstrap: inUse }],
    [/never asked/, { finish: { questionId: gone } }],
    [/which it has not/, { release: { id: gone, referenceCount: 1 } }],
    [/which it has not/, held && { release: { id: held.id, referenceCount: held.count + 1 } }],
    [/not open/, { return: { answerId: gone } }],
    [/not open/, returned && { return: { answerId: returned.id } }],
    [/did not ask for it/, open && { return: { answerId: open.id, resultsSentElsewhere: null } }],
    [/does not keep any/, open && { return: { answerId: open.id, takeFromOtherQuestion: gone } }],
    [
      /does not keep any/,
      open && question && !question.isToYourself
        ? { return: { answerId: open.id, takeFromOtherQuestion: question.id } }
        : undefined,
    ],
    [/not an open promise/, own && { resolve: { promiseId: own.id, cap: { none: null } } }],
    [/not under embargo/, { disembargo: { target, context: { receiverLoopback: gone } } }],
    [/export \d+ does not exist/, { resolve: { promiseId: gone, cap: { receiverHosted: gone } } }],
    [
      /export \d+ does not exist/,
      held && {
        call: {
          questionId: gone,
          target,
          params: { capTable: [{ senderHosted: 1_000_000 }, { receiverHosted: gone }] },
        },
      },
    ],
    [
      /which is not open/,
      held && {
        call: {
          questionId: gone,
          target,
          params: { capTable: [{ receiverAnswer: { questionId: gone } }] },
        },
      },
    ],
    [/level 1 needs/, { unimplemented: { bootstrap: { questionId: 0 } } }],
    [/level 1 needs/, { unimplemented: { unimplemented: { finish: { questionId: 0 } } } }],
  ]
}
