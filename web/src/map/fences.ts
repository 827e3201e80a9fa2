/** Fences as map features: circles and corridors become areas, each with the look of its tag. */
import type { Feature, FeatureCollection, Geometry, Position as LonLat } from 'geojson'
import type { LayerSpecification } from 'maplibre-gl'
import type { Waypoint } from '@/api/fence_types'
import type { Theme } from '@/stores/preferences'
import { FONT } from './style'
import { PALETTES, type FenceLook } from './palette'

const METRES_PER_DEGREE = 111_319.5
const CIRCLE_SIDES = 64

const LOOKS: readonly [string, FenceLook][] = [
  ['no_go', 'no_go'],
  ['site', 'site'],
  ['dump', 'dump'],
  ['plant', 'dump'],
  ['grid', 'grid'],
  ['road', 'road'],
  ['corridor', 'corridor'],
]

function lookOf(tags: readonly string[], shape: string): FenceLook {
  const found = LOOKS.find(([tag]) => tags.includes(tag))?.[1]
  return found ?? (shape === 'corridor' ? 'corridor' : 'other')
}

/** A circle of `radius_m` round a point, as a ring in degrees. */
export function circle([longitude = 0, latitude = 0]: LonLat, radius_m: number): LonLat[] {
  const dy = radius_m / METRES_PER_DEGREE
  const dx = dy / Math.cos((latitude * Math.PI) / 180)
  return Array.from({ length: CIRCLE_SIDES + 1 }, (_, side) => {
    const angle = (2 * Math.PI * side) / CIRCLE_SIDES
    return [longitude + dx * Math.cos(angle), latitude + dy * Math.sin(angle)]
  })
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function firstLatitude(geometry: Geometry): number {
  if (geometry.type === 'LineString') return geometry.coordinates[0]?.[1] ?? 0
  return geometry.type === 'MultiLineString' ? (geometry.coordinates[0]?.[0]?.[1] ?? 0) : 0
}

/** Circles and point sets become areas; lines stay lines whose layer draws their width to scale. */
function shaped(geometry: Geometry, radius_m: number | null, half_width_m: number | null): [Geometry, object] {
  if (radius_m !== null && geometry.type === 'Point')
    return [{ type: 'Polygon', coordinates: [circle(geometry.coordinates, radius_m)] }, {}]
  if (radius_m !== null && geometry.type === 'MultiPoint')
    return [{ type: 'MultiPolygon', coordinates: geometry.coordinates.map((at) => [circle(at, radius_m)]) }, {}]
  const isLine = geometry.type === 'LineString' || geometry.type === 'MultiLineString'
  if (half_width_m === null || !isLine) return [geometry, {}]
  // Web Mercator, 512 px tiles: pixels a metre at zoom 0, exact at the fence's own latitude.
  const px0 = 512 / (METRES_PER_DEGREE * 360) / Math.cos((firstLatitude(geometry) * Math.PI) / 180)
  return [geometry, { width_px0: 2 * half_width_m * px0 }]
}

/** What a fence looks like on the map: itself, and the waypoints of a route as circles. */
export function drawable(feature: Feature): Feature[] {
  const properties = feature.properties ?? {}
  const tags = Array.isArray(properties.tags) ? (properties.tags as string[]) : []
  const look = lookOf(tags, String(properties.shape ?? ''))
  const kept = { ...properties, look, fence_id: properties.id ?? feature.id ?? null }
  if (!feature.geometry) return []
  const [geometry, width] = shaped(feature.geometry, numberOf(properties.radius_m), numberOf(properties.half_width_m))
  const waypoints = (Array.isArray(properties.waypoints) ? properties.waypoints : []) as Waypoint[]
  return [
    { type: 'Feature', geometry, properties: { ...kept, ...width } },
    ...waypoints.map(({ name, longitude, latitude, radius_m }, index): Feature => ({
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [circle([longitude, latitude], radius_m)] },
      properties: { look, fence_id: kept.fence_id, name: name || String(index + 1) },
    })),
  ]
}

/** Whole districts and contract areas say who answers, not where something is: they would only cover the map. */
function drawn(feature: Feature): boolean {
  const tags: unknown = feature.properties?.tags
  return !(Array.isArray(tags) && tags.some((tag) => tag === 'district' || tag === 'contract'))
}

export function drawables(fences: FeatureCollection | null): FeatureCollection {
  return { type: 'FeatureCollection', features: (fences?.features ?? []).filter(drawn).flatMap(drawable) }
}

function byLook(theme: Theme): unknown[] {
  const { fence } = PALETTES[theme]
  const pairs = Object.entries(fence).flatMap(([look, colour]) => [look, colour])
  return ['match', ['get', 'look'], ...pairs, fence.other]
}

const among = (...types: string[]) => ['in', ['geometry-type'], ['literal', types]]

/** Layers over the source `source`; grid cells are drawn faint, their tab colours them. */
export function fenceLayers(source: string, theme: Theme, withLabels = true): LayerSpecification[] {
  const colour = byLook(theme)
  const isArea = among('Polygon', 'MultiPolygon')
  const isCorridor = among('LineString', 'MultiLineString')
  const isGrid = ['==', ['get', 'look'], 'grid']
  const isPoints = ['==', ['get', 'shape'], 'point_set']
  const opacity = [isGrid, 0.35, 0.85]
  const colours = PALETTES[theme]
  const layers: unknown[] = [
    {
      id: `${source}-fill`,
      type: 'fill',
      source,
      filter: ['all', isArea, ['!', isGrid]],
      paint: { 'fill-color': colour, 'fill-opacity': 0.09 },
    },
    {
      id: `${source}-corridor`,
      type: 'line',
      source,
      filter: isCorridor,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': colour,
        'line-opacity': 0.16,
        'line-width': [
          'interpolate',
          ['exponential', 2],
          ['zoom'],
          8, ['max', 1, ['*', ['coalesce', ['get', 'width_px0'], 0.001], 256]],
          20, ['max', 1, ['*', ['coalesce', ['get', 'width_px0'], 0.001], 1048576]],
        ],
      },
    },
    {
      id: `${source}-line`,
      type: 'line',
      source,
      filter: isArea,
      paint: {
        'line-color': colour,
        'line-width': ['case', isGrid, 0.7, 1.4],
        // Hundreds of small points are specks from afar.
        'line-opacity': ['step', ['zoom'], ['case', isPoints, 0, ...opacity], 14, ['case', ...opacity]],
        'line-dasharray': [3, 2],
      },
    },
  ]
  layers.push(routeArrows(source, colour, colours.halo))
  if (withLabels) layers.push(fenceLabels(source, colour, colours.halo))
  return layers as LayerSpecification[]
}

/** A route has a direction: arrows along its line. */
function routeArrows(source: string, colour: unknown, halo: string): unknown {
  return {
    id: `${source}-arrow`,
    type: 'symbol',
    source,
    minzoom: 11,
    filter: ['==', ['get', 'shape'], 'route'],
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 90,
      'text-field': '▶',
      'text-font': FONT,
      'text-size': 13,
      'text-keep-upright': false,
      'text-allow-overlap': true,
    },
    paint: { 'text-color': colour, 'text-halo-color': halo, 'text-halo-width': 1 },
  }
}

/** Each point of a set bears its name: of these the map is full until one looks closely. */
function fenceLabels(source: string, colour: unknown, halo: string): unknown {
  const name = ['coalesce', ['get', 'name'], '']
  return {
    id: `${source}-name`,
    type: 'symbol',
    source,
    minzoom: 12,
    filter: ['all', among('Polygon', 'MultiPolygon'), ['!=', ['get', 'look'], 'grid']],
    layout: {
      'text-field': ['step', ['zoom'], ['case', ['==', ['get', 'shape'], 'point_set'], '', name], 15, name],
      'text-font': FONT,
      'text-size': 12,
      'text-max-width': 8,
    },
    paint: { 'text-color': colour, 'text-halo-color': halo, 'text-halo-width': 1.5 },
  }
}
