/** What lies on a patrol path: where somebody stayed, checked in, called for help. */
import type { Feature, FeatureCollection } from 'geojson'
import type { LayerSpecification } from 'maplibre-gl'
import type { PatrolPath } from '@/api/patrol_types'
import type { Theme } from '@/stores/preferences'
import { PALETTES } from './palette'
import { trackFeatures } from './tracks'

const LONG_S = 600
const RECENT_MS = 3_600_000
const point = (longitude: number, latitude: number, properties: Record<string, unknown>): Feature => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [longitude, latitude] },
  properties,
})

const recentOf = (times: readonly string[]) => Date.parse(times.at(-1) ?? '') - RECENT_MS

/** The path, all but its last hour pale. */
export function pathFeatures(path: PatrolPath | null): FeatureCollection {
  const times = path?.properties.times ?? []
  const recent = recentOf(times)
  const since = times.findIndex((time) => Date.parse(time) >= recent)
  return trackFeatures(path, null, Math.max(0, since))
}

export function markFeatures(path: PatrolPath | null): FeatureCollection {
  const { stays = [], events = [], times = [] } = path?.properties ?? {}
  const recent = recentOf(times)
  const features = stays.map((stay) => {
    const seconds = (Date.parse(stay.to) - Date.parse(stay.from)) / 1000
    const old = Date.parse(stay.to) < recent
    return point(stay.longitude, stay.latitude, { role: 'stay', size: seconds >= LONG_S ? 9 : old ? 4 : 6, old })
  })
  for (const { event, longitude, latitude } of events)
    if (longitude !== null && latitude !== null)
      features.push(point(longitude, latitude, { role: event === 'sos' ? 'sos' : 'event', size: 7 }))
  return { type: 'FeatureCollection', features }
}

export function markLayers(theme: Theme): LayerSpecification[] {
  const c = PALETTES[theme]
  return [
    {
      id: 'marks',
      type: 'circle',
      source: 'marks',
      paint: {
        'circle-radius': ['get', 'size'],
        'circle-color': ['match', ['get', 'role'], 'sos', c.episode, 'event', c.track, c.rim],
        'circle-opacity': ['match', ['get', 'role'], 'stay', 0.65, 1],
        'circle-stroke-color': ['match', ['get', 'role'], 'stay', c.track, c.rim],
        'circle-stroke-opacity': ['case', ['==', ['get', 'old'], true], 0.45, 1],
        'circle-stroke-width': ['case', ['==', ['get', 'old'], true], 1.4, 2],
      },
    },
  ] as unknown as LayerSpecification[]
}
