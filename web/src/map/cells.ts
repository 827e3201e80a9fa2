/** Grid cells coloured by the time since the last visit, or by the visits that are due. */
import type { FeatureCollection, GeoJsonProperties } from 'geojson'
import type { LayerSpecification } from 'maplibre-gl'
import type { Theme } from '@/stores/preferences'
import { PALETTES } from './palette'
import { FONT } from './style'

/** Upper bounds in seconds, and the colour below each; the last is for what is older. */
export const STEPS: readonly { below_s: number; key: string; colour: string }[] = [
  { below_s: 3_600, key: 'legend_1', colour: '#2f9e6e' },
  { below_s: 7_200, key: 'legend_2', colour: '#93c65a' },
  { below_s: 14_400, key: 'legend_4', colour: '#f0c93d' },
  { below_s: 28_800, key: 'legend_8', colour: '#ee8f3a' },
  { below_s: Infinity, key: 'legend_old', colour: '#cf4b34' },
]
export const NEVER = '#8d8796'
/** By the share of the visits that are due a day: all, some, none. */
export const DUE = [
  { key: 'due_all', colour: '#2f9e6e' },
  { key: 'due_some', colour: '#f0c93d' },
  { key: 'due_none', colour: '#cf4b34' },
] as const

export function colourOf(age_s: number | null | undefined): string {
  if (age_s === null || age_s === undefined) return NEVER
  return STEPS.find((step) => age_s < step.below_s)?.colour ?? NEVER
}

export function colourOfDue(visits: number, perDay: number): string {
  return (visits >= perDay ? DUE[0] : visits > 0 ? DUE[1] : DUE[2]).colour
}

/** `perDay`: visits that are due a day, 0: by the age of the last one. */
export function cellFeatures(cells: FeatureCollection | null, perDay = 0): FeatureCollection {
  const colour = (properties: GeoJsonProperties) =>
    perDay > 0 ? colourOfDue(properties?.visits ?? 0, perDay) : colourOf(properties?.age_s)
  const features = (cells?.features ?? []).map((cell) => ({
    ...cell,
    properties: { ...cell.properties, colour: colour(cell.properties) },
  }))
  return { type: 'FeatureCollection', features }
}

export function cellLayers(theme: Theme): LayerSpecification[] {
  const colours = PALETTES[theme]
  return [
    {
      id: 'cells-fill',
      type: 'fill',
      source: 'cells',
      paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': theme === 'light' ? 0.34 : 0.3 },
    },
    {
      id: 'cells-line',
      type: 'line',
      source: 'cells',
      paint: { 'line-color': ['get', 'colour'], 'line-width': 1.4, 'line-opacity': 0.9 },
    },
    {
      id: 'cells-name',
      type: 'symbol',
      source: 'cells',
      minzoom: 12.5,
      layout: {
        'text-field': ['coalesce', ['get', 'code'], ['get', 'name'], ''],
        'text-font': FONT,
        'text-size': 12,
      },
      paint: { 'text-color': colours.text, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    },
  ] as LayerSpecification[]
}
