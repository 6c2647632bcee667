/** No module may import or export a name that begins so. */
export const ADDED_PREFIX = '__ww_'

/** What is put into a module goes by these names. */
export const ADDED = {
  /** The module it imports its memory from. */
  module: '__ww_cell',
  memory: 'memory',
  /** Fuel that is left, a global. */
  fuel: '__ww_fuel',
  /** Bytes of stack that are left, a global. */
  stack: '__ww_stack',
  /** A table whose one entry is called when a counter has fallen below zero. */
  refuel: '__ww_refuel',
  /** What was its start function. */
  start: '__ww_start',
} as const
