/** Fences as map features: circles and corridors become areas, each with the look of its tag. */
import type { Feature, FeatureCollection, Position as LonLat } from 'geojson'
import type { LayerSpecification } from 'maplibre-gl'
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

/**
 * The fence ready to draw. Corridors stay lines; `width_m` is drawn to scale by their layer
 * (exact on the ground at every zoom at the fence's own latitude).
 */
export function drawable(feature: Feature): Feature {
  const properties = feature.properties ?? {}
  const tags = Array.isArray(properties.tags) ? (properties.tags as string[]) : []
  const look = lookOf(tags, String(properties.shape ?? ''))
  const kept = { ...properties, look, fence_id: properties.id ?? feature.id ?? null }
  const { geometry } = feature
  const radius_m = numberOf(properties.radius_m)
  if (geometry?.type === 'Point' && radius_m !== null) {
    const ring = circle(geometry.coordinates, radius_m)
    return { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: kept }
  }
  const half = numberOf(properties.half_width_m)
  if (geometry?.type === 'LineString' && half !== null) {
    const latitude = geometry.coordinates[0]?.[1] ?? 0
    // Web Mercator, 512 px tiles: pixels a metre at zoom 0.
    const px0 = (512 / (METRES_PER_DEGREE * 360)) / Math.cos((latitude * Math.PI) / 180)
    return { type: 'Feature', geometry, properties: { ...kept, width_px0: 2 * half * px0 } }
  }
  return { type: 'Feature', geometry, properties: kept }
}

/** Whole districts say who answers, not where something is: they would only cover the map. */
function drawn(feature: Feature): boolean {
  const tags: unknown = feature.properties?.tags
  return !(Array.isArray(tags) && tags.includes('district'))
}

export function drawables(fences: FeatureCollection | null): FeatureCollection {
  return { type: 'FeatureCollection', features: (fences?.features ?? []).filter(drawn).map(drawable) }
}

function byLook(theme: Theme): unknown[] {
  const { fence } = PALETTES[theme]
  const pairs = Object.entries(fence).flatMap(([look, colour]) => [look, colour])
  return ['match', ['get', 'look'], ...pairs, fence.other]
}

/** Layers over the source `source`; grid cells are drawn faint, their tab colours them. */
export function fenceLayers(source: string, theme: Theme, withLabels = true): LayerSpecification[] {
  const colour = byLook(theme)
  const isArea = ['==', ['geometry-type'], 'Polygon']
  const isCorridor = ['==', ['geometry-type'], 'LineString']
  const isGrid = ['==', ['get', 'look'], 'grid']
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
        'line-opacity': ['case', isGrid, 0.35, 0.85],
        'line-dasharray': [3, 2],
      },
    },
  ]
  if (withLabels) layers.push(fenceLabels(source, colour, colours.halo))
  return layers as LayerSpecification[]
}

function fenceLabels(source: string, colour: unknown, halo: string): unknown {
  return {
    id: `${source}-name`,
    type: 'symbol',
    source,
    minzoom: 12,
    filter: ['all', ['==', ['geometry-type'], 'Polygon'], ['!=', ['get', 'look'], 'grid']],
    layout: {
      'text-field': ['coalesce', ['get', 'name'], ''],
      'text-font': FONT,
      'text-size': 12,
      'text-max-width': 8,
    },
    paint: { 'text-color': colour, 'text-halo-color': halo, 'text-halo-width': 1.5 },
  }
}
