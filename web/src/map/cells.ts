/** Grid cells coloured by the time since the last visit. */
import type { FeatureCollection } from 'geojson'
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

export function colourOf(age_s: number | null | undefined): string {
  if (age_s === null || age_s === undefined) return NEVER
  return STEPS.find((step) => age_s < step.below_s)?.colour ?? NEVER
}

export function cellFeatures(cells: FeatureCollection | null): FeatureCollection {
  const features = (cells?.features ?? []).map((cell) => ({
    ...cell,
    properties: { ...cell.properties, colour: colourOf(cell.properties?.age_s) },
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
