// Questions of a cell about its files, and their answers, as bytes.

import { EMPTY_BYTES } from '../../base/index.ts'
import { CELL_LIMITS } from '../limits.ts'
import { ANSWERS, QUESTIONS } from '../mailbox.ts'
import type { FileAnswer, FileQuestion } from '../mailbox.ts'
import { decodeText, encodeText, viewOf } from './encoding.ts'
import { Breach } from './frame.ts'

const QUESTION_BYTES = 13 // kind, offset as float64, count as uint32; the path follows

export function encodeQuestion(question: FileQuestion): Uint8Array {
  const path = encodeText(question.path)
  const body = new Uint8Array(QUESTION_BYTES + path.length)
  const view = viewOf(body)
  body[0] = QUESTIONS.indexOf(question.kind)
  view.setFloat64(1, 'offset' in question ? question.offset : 0, true)
  view.setUint32(9, 'length' in question ? question.length : 0, true)
  body.set(path, QUESTION_BYTES)
  return body
}

export function decodeQuestion(body: Uint8Array): FileQuestion {
  if (body.length <= QUESTION_BYTES || body.length > QUESTION_BYTES + CELL_LIMITS.pathBytes) {
    throw new Breach('asked for a file by a path of a wrong size')
  }
  const view = viewOf(body)
  const kind = QUESTIONS[body[0]!]
  const path = decodeText(body.subarray(QUESTION_BYTES))
  if (!isNormal(path)) throw new Breach('asked for a file by a path that leads elsewhere')
  const offset = view.getFloat64(1, true)
  if (!Number.isSafeInteger(offset) || offset < 0) throw new Breach('asked for a part of no file')
  const length = Math.min(view.getUint32(9, true), CELL_LIMITS.fileChunkBytes)
  if (kind === undefined) throw new Breach('asked a question of unknown kind')
  switch (kind) {
    case 'find':
      return { kind, path }
    case 'list':
      return { kind, path, offset }
    case 'read':
      return { kind, path, offset, length }
  }
}

/** Absolute, and every step leads down: nothing that looks at it later has to be careful. */
function isNormal(path: string): boolean {
  if (path === '/') return true
  const [root, ...steps] = path.split('/')
  const isStep = (step: string) => step !== '' && step !== '.' && step !== '..'
  return root === '' && steps.every(isStep) && !path.includes('\0')
}

const ANSWER_BYTES = 9 // kind, size as float64; bytes follow

export function encodeAnswer(answer: FileAnswer): Uint8Array {
  const kind = typeof answer === 'string' ? answer : answer.kind
  const bytes = typeof answer === 'object' && 'bytes' in answer ? answer.bytes : EMPTY_BYTES
  const size = typeof answer === 'object' && 'size' in answer ? answer.size : 0
  const body = new Uint8Array(ANSWER_BYTES + bytes.length)
  body[0] = ANSWERS.indexOf(kind)
  viewOf(body).setFloat64(1, size, true)
  body.set(bytes, ANSWER_BYTES)
  return body
}

export function decodeAnswer(body: Uint8Array): FileAnswer {
  const kind = ANSWERS[body[0]!]
  if (kind === undefined) throw new Breach('gave an answer of unknown kind')
  switch (kind) {
    case 'file':
      return { kind, size: viewOf(body).getFloat64(1, true) }
    case 'directory':
      return { kind }
    case 'bytes':
      return { kind, bytes: new Uint8Array(body.subarray(ANSWER_BYTES)) }
    case 'no-such-file':
    case 'not-a-directory':
    case 'is-a-directory':
    case 'unreadable':
      return kind
  }
}
