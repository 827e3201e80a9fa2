/** Tables as CSV files that spreadsheets open: RFC 4180 with a byte order mark. */

type Cell = string | number | null | undefined

// A cell that begins like a formula would be run by a spreadsheet.
const FORMULA = /^[=+\-@\t\r]/

function cellText(cell: Cell): string {
  if (typeof cell === 'number') return String(cell)
  const text = cell ?? ''
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function csvBlob(heads: readonly string[], rows: readonly (readonly Cell[])[]): Blob {
  const lines = [heads, ...rows].map((row) => row.map(cellText).join(','))
  return new Blob(['\ufeff', lines.join('\r\n'), '\r\n'], { type: 'text/csv' })
}
