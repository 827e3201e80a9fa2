/** Permits, waybills and sightings: the records of docs/api.md. */
import type { MultiLineString } from 'geojson'
import type { Person, UnitKind } from './types'
import type { Window } from './rule_types'

export interface PermitBody {
  number: string
  device_id: number
  site_fence_id: number
  dump_fence_ids: number[]
  route_fence_id: number | null
  schedule: { zone: string; windows: Window[] } | null
  volume_m3: number | null
  issued_by: string
  valid_from: string | null
  valid_to: string
}

export interface Permit extends PermitBody {
  id: number
  version: number
  organisation_id: number
  valid_from: string
}

export interface WaybillBody {
  number: string
  device_id: number
  site_fence_id: number
  dump_fence_id: number
  volume_m3: number | null
  issued_at: string | null
  valid_until: string
}

export interface Waybill extends WaybillBody {
  id: number
  organisation_id: number
  issued_at: string
  cancelled_at: string | null
}

/** A waybill that a terminal reported and that could not be read. */
export interface UnreadWaybill {
  id: number
  organisation_id: number
  device_id: number
  device_name: string
  received_at: string
  text: string
  problem: string
  zh: string
  en: string
}

type Named = { id: number; name: string | null }
type Sign = 'load' | 'body' | 'stop' | 'unseen'

export interface Trip {
  id: number
  organisation: string
  device: Named
  site: Named | null
  dump: Named | null
  loaded_at: string
  left_at: string
  arrived_at: string | null
  unloaded_at: string | null
  distance_km: number
  volume_m3: number | null
  permit_id: number | null
  waybill_id: number | null
  loaded_by: Sign
  unloaded_by: Sign
  unmatched: ('loading' | 'unloading')[]
}

export type TripGroup = 'site' | 'dump' | 'company' | 'device' | 'day'

export interface TripSum {
  id: number | null
  name: string | null
  trips: number
  unmatched: number
  volume_m3: number
  volume_unknown: number
  distance_km: number
}

export type ReconciliationVerdict =
  | 'matched'
  | 'other_dump'
  | 'unloading_unseen'
  | 'no_trip'
  | 'pending'
  | 'no_waybill'
  | 'surplus_trip'

export interface ReconciliationLine {
  verdict: ReconciliationVerdict
  waybill: Waybill | null
  trip: { id: number; device_id: number; site_fence_id: number | null; dump_fence_id: number | null; left_at: string } | null
}

export interface Reconciliation {
  counts: Partial<Record<ReconciliationVerdict, number>>
  lines: ReconciliationLine[]
  cut: boolean
}

export interface CoverageFence {
  fence_id: number
  version: number
  name: string
  length_km: number
  covered_pct: number
  known_share: number
  passes_km: number[]
  missed: MultiLineString
  units: { device_id: number; name: string; covered_pct: number; known_share: number }[]
}

/** A photo that a terminal took; `url` below the API's prefix. */
export interface TerminalPhoto {
  id: number
  device_id: number
  event: string
  channel: number
  taken_at: string | null
  received_at: string
  url: string
}

export interface SheetImport {
  count: number
  ids: number[]
  problem_count: number
  problems: { line: number; field: string; zh: string; en: string }[]
}

export interface Sighting {
  id: number
  organisation_id: number
  organisation: string
  camera: { id: number; kind: 'camera' | 'team'; name: string } | null
  reported_by: Person | null
  plate: string
  device: { id: number; name: string; kind: UnitKind }
  registered: boolean
  seen_at: string
  received_at: string
  longitude: number
  latitude: number
  accuracy_m: number
  confidence: number | null
  note: string
  photo: { sha256: string; content_type: string; bytes: number; url: string } | null
}
