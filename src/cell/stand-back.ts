import { getPriority, setPriority } from 'node:os'

/**
 * Has the calling thread, and those it starts from now on, stand back so far behind others: 0 to 19.
 * Only on Linux, where a priority is a thread's; elsewhere it would be that of the whole process. One
 * that stands back farther stays there: to come forward needs a privilege.
 */
export function standBack(niceness: number): void {
  if (process.platform === 'linux' && getPriority() < niceness) setPriority(niceness)
}
