/** Permits, waybills and sightings: the records of docs/api.md. */
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
