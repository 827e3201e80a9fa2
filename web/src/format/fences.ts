/** Fences in the editor: drafts from features and back. */
import type { Fence, FenceDraft, FenceShape } from '@/api/fence_types'

/** The shapes that can be drawn by hand; the others come from files. */
export const DRAWN_SHAPES = ['polygon', 'circle', 'corridor', 'route', 'grid_cell'] as const satisfies readonly FenceShape[]
export const TAGS = ['site', 'dump', 'plant', 'wash_bay', 'parking', 'no_go', 'district', 'grid', 'road', 'corridor'] as const
// As the server's for files that bring none.
const RADIUS_M = 50
const HALF_WIDTH_M = 30

export const isRound = (shape: FenceShape) => shape === 'circle' || shape === 'point_set'
export const isLine = (shape: FenceShape) => shape === 'corridor' || shape === 'route' || shape === 'road_set'

/** A hand can change it: one ring without holes, one line, one point. */
export function canDraw(draft: Pick<FenceDraft, 'shape' | 'geometry'>): boolean {
  const { geometry } = draft
  if (!(DRAWN_SHAPES as readonly string[]).includes(draft.shape)) return false
  return geometry?.type !== 'Polygon' || geometry.coordinates.length === 1
}

export function blankDraft(shape: FenceShape, organisation_id: number | null): FenceDraft {
  return {
    id: 0,
    name: '',
    code: '',
    shape,
    responsible_organisation_id: organisation_id,
    radius_m: RADIUS_M,
    half_width_m: HALF_WIDTH_M,
    waypoints: [],
    tags: [],
    geometry: null,
  }
}

export function draftOf(fence: Fence): FenceDraft {
  const { properties, geometry } = fence
  const { id, name, shape, responsible_organisation_id, radius_m, half_width_m, waypoints, tags } = properties
  return {
    id,
    name,
    shape,
    responsible_organisation_id,
    code: properties.code ?? '',
    radius_m: radius_m ?? RADIUS_M,
    half_width_m: half_width_m ?? HALF_WIDTH_M,
    waypoints: waypoints.map((waypoint) => ({ ...waypoint })),
    tags: [...tags],
    geometry,
  }
}

/** What the server takes: measures and waypoints only where the shape has them. */
export function featureOf(draft: FenceDraft & { geometry: Fence['geometry'] }) {
  const { name, code, shape, responsible_organisation_id, tags, geometry } = draft
  return {
    type: 'Feature' as const,
    geometry,
    properties: {
      name: name.trim(),
      code: code.trim() || null,
      shape,
      responsible_organisation_id,
      tags,
      radius_m: isRound(shape) ? draft.radius_m : null,
      half_width_m: isLine(shape) ? draft.half_width_m : null,
      waypoints: shape === 'route' ? draft.waypoints : [],
    },
  }
}

const FORMATS: readonly [RegExp, 'geojson' | 'kml' | 'gpx' | 'wkt' | 'shapefile'][] = [
  [/\.(geo)?json$/i, 'geojson'],
  [/\.kml$/i, 'kml'],
  [/\.gpx$/i, 'gpx'],
  [/\.(wkt|csv|txt)$/i, 'wkt'],
  [/\.(zip|shp)$/i, 'shapefile'],
]

/** The format that a file's name suggests. */
export function formatOf(name: string) {
  return FORMATS.find(([ending]) => ending.test(name))?.[1] ?? 'geojson'
}
