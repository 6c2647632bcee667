import { clusters, clusterWidth } from '../text/width.ts'

/** Text as rows of a terminal, and where the cursor stands in them. */
export interface Layout {
  readonly rows: readonly string[]
  readonly cursor: { readonly row: number; readonly column: number }
}

export interface LayoutInput {
  readonly prompt: string
  /** Stands before every further line of the text. */
  readonly continuation: string
  readonly text: string
  /** UTF-16 offset into the text. */
  readonly cursor: number
  readonly columns: number
}

const TAB = '    '

/** Cuts rows where the terminal would, and before a wide character that does not fit. */
export function layout({ prompt, continuation, text, cursor, columns }: LayoutInput): Layout {
  const rows = ['']
  let column = 0
  let cursorAt: Layout['cursor'] | undefined

  const put = (cluster: string) => {
    const width = clusterWidth(cluster)
    if (column + width > columns && column > 0) newRow()
    rows[rows.length - 1] += cluster
    column += width
  }
  const newRow = () => {
    rows.push('')
    column = 0
  }
  const putAll = (part: string) => {
    for (const cluster of clusters(part)) put(cluster)
  }

  putAll(prompt)
  let offset = 0
  for (const cluster of clusters(text)) {
    const width = cluster === '\n' ? 0 : cluster === '\t' ? 1 : clusterWidth(cluster)
    if (column + Math.max(width, 1) > columns && column > 0) newRow()
    if (offset === cursor) cursorAt = { row: rows.length - 1, column }
    if (cluster === '\n') {
      newRow()
      putAll(continuation)
    } else {
      putAll(cluster === '\t' ? TAB : cluster)
    }
    offset += cluster.length
  }
  // A cursor behind a full row stands on the next one; the terminal would leave it hanging.
  if (column >= columns) newRow()
  cursorAt ??= { row: rows.length - 1, column }
  return { rows, cursor: cursorAt }
}
