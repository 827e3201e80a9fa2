/** Fences: the records of docs/api.md and docs/geofence.md. */
import type { Geometry } from 'geojson'

export type FenceShape =
  | 'polygon'
  | 'multipolygon'
  | 'circle'
  | 'corridor'
  | 'route'
  | 'road_set'
  | 'point_set'
  | 'grid_cell'

export interface Waypoint {
  name: string
  longitude: number
  latitude: number
  radius_m: number
}

export interface FenceProperties {
  id: number
  version: number
  organisation_id: number
  responsible_organisation_id: number
  name: string
  code: string | null
  shape: FenceShape
  radius_m: number | null
  half_width_m: number | null
  waypoints: Waypoint[]
  tags: string[]
  valid_from: string
}

export interface Fence {
  type: 'Feature'
  id: number
  geometry: Geometry
  properties: FenceProperties
}

/** A fence in the editor: what a person sets, the geometry as far as it is drawn; `id` 0: a new one. */
export interface FenceDraft {
  id: number
  name: string
  code: string
  shape: FenceShape
  responsible_organisation_id: number | null
  radius_m: number
  half_width_m: number
  waypoints: Waypoint[]
  tags: string[]
  geometry: Geometry | null
}

export type FenceFormat = 'geojson' | 'kml' | 'gpx' | 'wkt' | 'shapefile'
export type Datum = 'wgs84' | 'gcj02' | 'bd09'

export interface Note {
  where: string
  zh: string
  en: string
}

export interface FenceImport {
  fences: number
  ids: number[]
  problem_count: number
  problems: Note[]
  repaired: Note[]
}

export interface ImportOptions {
  format: FenceFormat
  datum: Datum
  repair: boolean
  dry_run: boolean
  half_width_m: number
  radius_m: number
}
