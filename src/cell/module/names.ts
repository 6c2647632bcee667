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
  /** A table of what it asks the host: see `HOST_CALL`. */
  host: '__ww_host',
  /** Its own tables are exported by this and their number. */
  table: '__ww_table',
  /** A custom section: see `line-section.ts`. */
  lines: '__ww_lines',
  /** What was its start function. */
  start: '__ww_start',
} as const

/** What stands where in the table {@link ADDED.host}. */
export const HOST_CALL = {
  /** Called when a counter has fallen below zero. */
  refuel: 0,
  /** Told how many entries a table is to grow by; returns them, or -1 for too many. */
  grow: 1,
} as const
