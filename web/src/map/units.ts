/** The units as map features, and their layers: pin turned by course, kind on top, name beside. */
import type { FeatureCollection } from 'geojson'
import type { LayerSpecification } from 'maplibre-gl'
import type { Theme } from '@/stores/preferences'
import type { Unit } from '@/stores/fleet'
import { circle } from './fences'
import { PALETTES } from './palette'
import { FONT } from './style'

// Below this a course is noise of a standing vehicle, so the pin shows no nose.
const MOVING_KMH = 2

export function unitFeatures(units: readonly Unit[], selectedId: number | null): FeatureCollection {
  const features = units.flatMap((unit) => {
    const { last } = unit
    if (!last || last.longitude === null || last.latitude === null) return []
    const moves = last.course_deg !== null && (last.speed_kmh ?? 0) >= MOVING_KMH
    return [
      {
        type: 'Feature' as const,
        geometry: { type: 'Point' as const, coordinates: [last.longitude, last.latitude] },
        properties: {
          id: unit.id,
          pin: `${moves ? 'pin' : 'dot'}-${unit.state}`,
          glyph: `glyph-${unit.kind}`,
          course: moves ? last.course_deg : 0,
          name: unit.plate ?? unit.name,
          doubt: unit.cannot_judge.length > 0,
          selected: unit.id === selectedId,
          // Violations on top, silent ones at the bottom.
          order: { violation: 2, reporting: 1, silent: 0 }[unit.state] + (unit.id === selectedId ? 3 : 0),
        },
      },
    ]
  })
  return { type: 'FeatureCollection', features }
}

export function accuracyFeatures(unit: Unit | null): FeatureCollection {
  const last = unit?.last
  const isDrawn = last && last.longitude !== null && last.latitude !== null && last.accuracy_m
  if (!isDrawn) return { type: 'FeatureCollection', features: [] }
  const ring = circle([last.longitude!, last.latitude!], last.accuracy_m!)
  return {
    type: 'FeatureCollection',
    features: [{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: {} }],
  }
}

const SIZE = ['interpolate', ['linear'], ['zoom'], 10, 0.5, 13, 0.74, 15.5, 0.95]

export function unitLayers(theme: Theme): LayerSpecification[] {
  const c = PALETTES[theme]
  const shared = {
    'icon-allow-overlap': true,
    'icon-ignore-placement': true,
    'icon-size': SIZE,
    'symbol-sort-key': ['get', 'order'],
  }
  return [
    { id: 'accuracy-fill', type: 'fill', source: 'accuracy', paint: { 'fill-color': c.track, 'fill-opacity': 0.13 } },
    { id: 'accuracy-line', type: 'line', source: 'accuracy', paint: { 'line-color': c.track, 'line-width': 1.2 } },
    {
      id: 'unit-halo',
      type: 'circle',
      source: 'units',
      filter: ['get', 'selected'],
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 14, 15.5, 25],
        'circle-color': c.track,
        'circle-opacity': 0.22,
        'circle-stroke-color': c.track,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'unit-pin',
      type: 'symbol',
      source: 'units',
      layout: {
        ...shared,
        'icon-image': ['get', 'pin'],
        'icon-rotate': ['get', 'course'],
        'icon-rotation-alignment': 'map',
      },
    },
    { id: 'unit-kind', type: 'symbol', source: 'units', layout: { ...shared, 'icon-image': ['get', 'glyph'] } },
    {
      id: 'unit-doubt',
      type: 'symbol',
      source: 'units',
      filter: ['get', 'doubt'],
      layout: { ...shared, 'icon-image': 'doubt', 'icon-offset': [13, -13] },
    },
    {
      id: 'unit-name',
      type: 'symbol',
      source: 'units',
      minzoom: 13,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': 11.5,
        'text-variable-anchor': ['top', 'bottom', 'left', 'right'],
        'text-radial-offset': 1.6,
        'text-justify': 'auto',
        'symbol-sort-key': ['-', 0, ['get', 'order']],
      },
      paint: { 'text-color': c.text, 'text-halo-color': c.halo, 'text-halo-width': 1.6 },
    },
  ] as unknown as LayerSpecification[]
}
