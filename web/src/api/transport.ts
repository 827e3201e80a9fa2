/** The routes of permits, waybills and sightings. */
import { query, request, requestFile } from './client'
import type {
  CoverageFence,
  Permit,
  PermitBody,
  Reconciliation,
  SheetImport,
  Sighting,
  TerminalPhoto,
  Trip,
  TripGroup,
  TripSum,
  UnreadWaybill,
  Waybill,
  WaybillBody,
} from './transport_types'

export const PAGE_SIZE = 100

export interface TransportQuery {
  device_id?: number | null
  number?: string
  at?: string
}

export const permits = (filter: TransportQuery, after_id?: number) =>
  request<Permit[]>('GET', `/permits${query({ ...filter, after_id, limit: PAGE_SIZE })}`)
export const addPermit = (body: PermitBody) => request<Permit>('POST', '/permits', body)
export const changePermit = (id: number, body: PermitBody) => request<Permit>('PUT', `/permits/${id}`, body)
export const revokePermit = (id: number) => request<void>('DELETE', `/permits/${id}`)

export const waybills = (filter: TransportQuery, before_id?: number) =>
  request<Waybill[]>('GET', `/waybills${query({ ...filter, before_id, limit: PAGE_SIZE })}`)
export const addWaybill = (body: WaybillBody) => request<Waybill>('POST', '/waybills', body)
export const changeWaybill = (id: number, body: WaybillBody) => request<Waybill>('PUT', `/waybills/${id}`, body)
export const cancelWaybill = (id: number) => request<unknown>('DELETE', `/waybills/${id}`)

export const unreadWaybills = (before_id?: number) =>
  request<UnreadWaybill[]>('GET', `/waybills/unread${query({ before_id, limit: PAGE_SIZE })}`)

export interface Period {
  from: string
  to: string
}
export interface TripQuery extends Period {
  device_id?: number | null
}
export const trips = (filter: TripQuery, last?: Trip) =>
  request<Trip[]>('GET', `/trips${query({ ...filter, before: last?.left_at, before_id: last?.id, limit: PAGE_SIZE })}`)
export const tripFile = (filter: TripQuery) => requestFile(`/trips${query({ ...filter, format: 'csv' })}`)
export const tripSums = (period: Period, by: TripGroup) =>
  request<TripSum[]>('GET', `/trips/summary${query({ ...period, by })}`)
export const reconciliation = (period: Period) =>
  request<Reconciliation>('GET', `/waybills/reconciliation${query({ ...period })}`)

export const coverage = (period: Period, by: { device_id?: number | null; fence_id?: number | null }, passes: number) =>
  request<{ fences: CoverageFence[] }>('GET', `/coverage${query({ ...period, ...by, passes })}`)

export const importSheet = (what: 'permits' | 'waybills', file: Blob, dry: boolean) =>
  request<SheetImport>('POST', `/${what}/import${query({ dry_run: dry })}`, file)

export const terminalPhotos = (device_id: number, limit: number) =>
  request<TerminalPhoto[]>('GET', `/media${query({ device_id, limit })}`)

export interface SightingQuery {
  plate?: string
  registered?: boolean
}
export const sightings = (filter: SightingQuery, before_id?: number) =>
  request<Sighting[]>('GET', `/sightings${query({ ...filter, before_id, limit: PAGE_SIZE })}`)
/** A picture by its address below the API's prefix, as a URL for <img>; let go with URL.revokeObjectURL. */
export const picture = async (url: string) => URL.createObjectURL((await requestFile(url)).blob)
