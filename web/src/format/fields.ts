/** What a terminal said, by field: which fields a person reads, as a list or as a table. */
import { coordinates } from './units'

type Fields = Record<string, unknown>
export type Shape =
  | { form: 'one'; value: unknown }
  | { form: 'list'; rows: [string, unknown][] }
  | { form: 'table'; heads: string[]; rows: Fields[] }

// Numbers that only the machines need, or that stand there a second time in words.
const UNREAD = ['ack_serial', 'alarm', 'status', 'lat_raw', 'lon_raw', 'maker_id_length', 'status_bits', 'data_head', 'data_length']
// Of a place within a line of a table, this much is read.
const OF_PLACE = ['time', 'position', 'speed_kmh', 'alarms']

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const isEmpty = (value: unknown) => value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** The fields to read; latitude and longitude as one. */
function readable(fields: Fields): Fields {
  const { lat, lon, location, ...rest } = fields
  const shown = Object.fromEntries(Object.entries(rest).filter(([name, value]) => !UNREAD.includes(name) && !isEmpty(value)))
  const place = typeof lat === 'number' && typeof lon === 'number' ? { position: coordinates(lon, lat) } : {}
  const within = isFields(location) ? Object.entries(readable(location)).filter(([name]) => OF_PLACE.includes(name)) : []
  return { ...shown, ...place, ...Object.fromEntries(within) }
}

/** `order`: names of fields as they are to be read; others come after these. */
export function shapeOf(value: unknown, order: readonly string[] = []): Shape {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const inOrder = (names: string[]) => names.sort((a, b) => place(a) - place(b))
  if (Array.isArray(value) && value.length > 0 && value.every(isFields)) {
    const rows = value.map(readable)
    return { form: 'table', heads: inOrder([...new Set(rows.flatMap(Object.keys))]), rows }
  }
  if (isFields(value)) {
    const fields = readable(value)
    return { form: 'list', rows: inOrder(Object.keys(fields)).map((name) => [name, fields[name]]) }
  }
  return { form: 'one', value }
}
