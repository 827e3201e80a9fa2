/** A track as map features: driven parts solid, gaps dashed, the episode in its own colour. */
import type { Feature, FeatureCollection, Position as LonLat } from 'geojson'
import type { LayerSpecification } from 'maplibre-gl'
import type { Track } from '@/api/types'
import type { Theme } from '@/stores/preferences'
import { PALETTES } from './palette'

export interface Episode {
  from_index: number
  to_index: number
}

function part(coordinates: LonLat[], properties: Record<string, unknown>): Feature[] {
  if (coordinates.length < 2) return []
  return [{ type: 'Feature', geometry: { type: 'LineString', coordinates }, properties }]
}

/** Indexes i for which nothing is known between fix i and fix i + 1. */
export function brokenAfter(track: Track): Set<number> {
  const broken = new Set<number>()
  for (const gap of track.properties.gaps)
    for (let i = gap.from_index; i < gap.to_index; i += 1) broken.add(i)
  return broken
}

function solidParts(track: Track, from: number, to: number, role: string, more: object = {}): Feature[] {
  const { coordinates } = track.geometry
  const broken = brokenAfter(track)
  const features: Feature[] = []
  let begin = from
  for (let i = from; i <= to; i += 1) {
    if (i < to && !broken.has(i)) continue
    features.push(...part(coordinates.slice(begin, i + 1), { role, ...more }))
    begin = i + 1
  }
  return features
}

function gapParts(track: Track): Feature[] {
  const { coordinates } = track.geometry
  return track.properties.gaps.flatMap((gap) =>
    part(coordinates.slice(gap.from_index, gap.to_index + 1), { role: 'gap', ...gap }),
  )
}

function marker(track: Track, index: number, role: string): Feature[] {
  const coordinates = track.geometry.coordinates[index]
  if (!coordinates) return []
  return [{ type: 'Feature', geometry: { type: 'Point', coordinates }, properties: { role } }]
}

/** `since`: what was driven before this fix is drawn pale. */
export function trackFeatures(track: Track | null, episode?: Episode | null, since = 0): FeatureCollection {
  if (!track || track.geometry.coordinates.length === 0) return { type: 'FeatureCollection', features: [] }
  const last = track.geometry.coordinates.length - 1
  const driven = [...solidParts(track, 0, since, 'line', { old: true }), ...solidParts(track, since, last, 'line')]
  const features = [...driven, ...gapParts(track)]
  if (episode) {
    const from = Math.max(0, Math.min(last, episode.from_index))
    const to = Math.max(from, Math.min(last, episode.to_index))
    features.push(...solidParts(track, from, to, 'episode'), ...marker(track, from, 'start'))
    if (to > from) features.push(...marker(track, to, 'end'))
  } else {
    features.push(...marker(track, 0, 'begin'), ...marker(track, last, 'last'))
  }
  return { type: 'FeatureCollection', features }
}

export function trackLayers(source: string, theme: Theme): LayerSpecification[] {
  const c = PALETTES[theme]
  const role = (name: string) => ['==', ['get', 'role'], name]
  const line = (id: string, filter: unknown, paint: unknown) => ({
    id: `${source}-${id}`,
    type: 'line',
    source,
    filter,
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint,
  })
  const isOld = ['==', ['get', 'old'], true]
  const isEnd = ['in', ['get', 'role'], ['literal', ['start', 'end', 'begin', 'last']]]
  const isEpisodeEnd = ['in', ['get', 'role'], ['literal', ['start', 'end']]]
  return [
    line('case', role('line'), { 'line-color': c.rim, 'line-width': 6, 'line-opacity': ['case', isOld, 0.4, 0.85] }),
    line('line', role('line'), { 'line-color': c.track, 'line-width': 3.2, 'line-opacity': ['case', isOld, 0.4, 1] }),
    {
      ...line('gap', role('gap'), {
        'line-color': c.track,
        'line-width': 2.2,
        'line-opacity': 0.8,
        'line-dasharray': [1.2, 2.2],
      }),
      layout: { 'line-cap': 'butt' },
    },
    line('episode', role('episode'), { 'line-color': c.episode, 'line-width': 5 }),
    {
      id: `${source}-ends`,
      type: 'circle',
      source,
      filter: isEnd,
      paint: {
        'circle-radius': ['case', isEpisodeEnd, 6.5, 4.5],
        'circle-color': ['match', ['get', 'role'], 'start', c.episode, 'begin', c.rim, 'end', c.rim, c.track],
        'circle-stroke-color': ['case', isEpisodeEnd, ['match', ['get', 'role'], 'start', c.rim, c.episode], c.track],
        'circle-stroke-width': 2.4,
      },
    },
  ] as unknown as LayerSpecification[]
}

/** [west, south, east, north] of all positions in it, or null when there are none. */
export function boundsOf(collection: FeatureCollection): [number, number, number, number] | null {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return
    if (typeof value[0] !== 'number') return value.forEach(visit)
    const [longitude, latitude] = value as [number, number]
    box[0] = Math.min(box[0], longitude)
    box[1] = Math.min(box[1], latitude)
    box[2] = Math.max(box[2], longitude)
    box[3] = Math.max(box[3], latitude)
  }
  for (const { geometry } of collection.features)
    if (geometry && 'coordinates' in geometry) visit(geometry.coordinates)
  return Number.isFinite(box[0]) ? box : null
}
