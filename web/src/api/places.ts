/** Who was where, and files of history. */
import { query, request, requestFile } from './client'
import type { Position } from './types'
import type { Period } from './transport'

export type Tri = 'yes' | 'no' | 'unknown'
export interface UnitName {
  id: number
  name: string
  plate: string | null
  kind: string
}
export interface Passer {
  device: UnitName
  loaded: Tri
  uncovered: Tri
  unwashed: Tri
  passes: number
  first_at: string
  last_at: string
  site: { id: number; name: string; left_at: string } | null
  violations: { id: number; kind: string }[]
  score: number
}
export interface NearUnit {
  device: UnitName
  distance_m: number
  age_s: number
  fresh: boolean
  position: Position
}
export const FORMATS = ['csv', 'xlsx', 'parquet', 'gpx', 'kml', 'geojson'] as const
export interface ExportOrder extends Period {
  what: 'tracks' | 'violations'
  format: (typeof FORMATS)[number]
  device_ids: number[] | null
}
export interface Export extends ExportOrder {
  id: number
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  progress: number
  rows: number
  bytes: number
  cut: boolean
  error: string | null
  expires_at: string | null
  url: string | null
}

export const passers = (line: string, width_m: number, period: Period) =>
  request<{ passers: Passer[]; cut: boolean }>('GET', `/passers${query({ line, width_m, ...period })}`)
export const nearest = (longitude: number, latitude: number, kind: string, limit: number) =>
  request<NearUnit[]>('GET', `/positions/nearest${query({ longitude, latitude, kind, limit })}`)

export const exports = () => request<Export[]>('GET', '/exports')
export const orderExport = (order: ExportOrder) => request<Export>('POST', '/exports', order)
export const removeExport = (id: number) => request<void>('DELETE', `/exports/${id}`)
export const exportFile = (url: string) => requestFile(url)
