/** What vehicles drove, by unit or organisation and by day, week or month. */
import { query, request, requestFile } from './client'
import type { Period } from './patrol'
import { PERS, type Per } from './patrol_types'
import type { UnitKind } from './types'

export const MILEAGE_BY = ['device', 'organisation', 'all'] as const
export type MileageBy = (typeof MILEAGE_BY)[number]
export { PERS, type Per }

export interface MileageRow {
  id: number | null
  name: string | null
  plate: string | null
  kind: UnitKind | null
  organisation: string | null
  begins: string | null
  units: number
  days: number
  distance_km: number
  moving_h: number
  idle_h: number
  work_h: number
  unknown_h: number
  max_speed_kmh: number | null
  odometer_km: number | null
}

export interface MileageQuery extends Period {
  by: MileageBy
  per: Per
  device_id?: number | null
  kind?: string
}

export const mileage = (wanted: MileageQuery) => request<MileageRow[]>('GET', `/mileage${query({ ...wanted })}`)
export const mileageFile = (wanted: MileageQuery, form: { format: 'csv' | 'xlsx'; language: string }) =>
  requestFile(`/mileage${query({ ...wanted, ...form })}`)
