/**
 * The built-in style: the city's own GeoJSON, no outside tile and no glyph server (a style without
 * `glyphs` lets MapLibre draw text with the machine's fonts). With a style URL, only our layers
 * come on top of it.
 */
import type { FeatureCollection } from 'geojson'
import type { LayerSpecification, Map as MapLibre, StyleSpecification } from 'maplibre-gl'
import type { Theme } from '@/stores/preferences'
import { PALETTES, type Palette } from './palette'

export const FONT = ['sans-serif']
const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }

// A feature says what it is in `layer` (a road then has its class in `class`). A user's own file may
// use OpenStreetMap's words; these lists hold both.
const LAYER = ['coalesce', ['get', 'layer'], ['get', 'kind'], ['get', 'class'], '']
const ROAD_CLASS = ['coalesce', ['get', 'class'], ['get', 'highway'], '']
const WATER = ['river', 'water', 'lake', 'canal']
const PARK = ['park', 'green', 'garden', 'forest']
const SITE = ['place', 'site', 'construction', 'dump', 'plant', 'depot']
const MAIN = ['trunk', 'motorway', 'primary']
const MIDDLE = ['secondary', 'tertiary']

const among = (value: unknown, words: readonly string[]) => ['in', value, ['literal', words]]
const isPolygon = ['==', ['geometry-type'], 'Polygon']
const isLine = ['==', ['geometry-type'], 'LineString']
const isRoad = ['all', isLine, ['!', among(LAYER, WATER)]]

const ROAD_WIDTH = [
  'interpolate',
  ['exponential', 1.5],
  ['zoom'],
  10, ['case', among(ROAD_CLASS, MAIN), 1.6, among(ROAD_CLASS, MIDDLE), 0.8, 0.4],
  14, ['case', among(ROAD_CLASS, MAIN), 7, among(ROAD_CLASS, MIDDLE), 4.5, 2.6],
  18, ['case', among(ROAD_CLASS, MAIN), 34, among(ROAD_CLASS, MIDDLE), 24, 15],
]
const CASE_WIDTH = [
  'interpolate',
  ['exponential', 1.5],
  ['zoom'],
  10, ['case', among(ROAD_CLASS, MAIN), 2.4, among(ROAD_CLASS, MIDDLE), 1.3, 0.6],
  14, ['case', among(ROAD_CLASS, MAIN), 9, among(ROAD_CLASS, MIDDLE), 6, 3.8],
  18, ['case', among(ROAD_CLASS, MAIN), 37, among(ROAD_CLASS, MIDDLE), 27, 17],
]

/** Name in the page's language where the base map has both. */
export function nameIn(language: 'zh' | 'en'): unknown[] {
  return language === 'en'
    ? ['coalesce', ['get', 'name_en'], ['get', 'name'], '']
    : ['coalesce', ['get', 'name'], '']
}

function areas(c: Palette): unknown[] {
  const fill = (id: string, words: readonly string[], colour: string) => ({
    id,
    type: 'fill',
    source: 'basemap',
    filter: ['all', isPolygon, among(LAYER, words)],
    paint: { 'fill-color': colour },
  })
  return [
    fill('base-district', ['district'], c.district),
    fill('base-park', PARK, c.park),
    fill('base-building', ['building', 'block'], c.building),
    fill('base-water', WATER, c.water),
    {
      id: 'base-water-line',
      type: 'line',
      source: 'basemap',
      filter: ['all', isLine, among(LAYER, WATER)],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': c.water,
        'line-width': ['interpolate', ['exponential', 2], ['zoom'], 10, 3, 14, 22, 18, 300],
      },
    },
    fill('base-site', SITE, c.site),
    {
      id: 'base-site-hatch',
      type: 'fill',
      source: 'basemap',
      filter: ['all', isPolygon, among(LAYER, SITE)],
      paint: { 'fill-pattern': 'hatch', 'fill-opacity': 0.7 },
    },
  ]
}

function roads(c: Palette): unknown[] {
  const line = (id: string, width: unknown, colour: unknown) => ({
    id,
    type: 'line',
    source: 'basemap',
    filter: isRoad,
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': colour, 'line-width': width },
  })
  return [
    line('base-road-case', CASE_WIDTH, c.roadCase),
    line('base-road', ROAD_WIDTH, ['case', among(ROAD_CLASS, MAIN), c.roadMain, c.roadSide]),
  ]
}

function labels(c: Palette, language: 'zh' | 'en'): unknown[] {
  const paint = (colour: string) => ({
    'text-color': colour,
    'text-halo-color': c.halo,
    'text-halo-width': 1.4,
  })
  const line = (id: string, filter: unknown, colour: string, minzoom: number) => ({
    id,
    type: 'symbol',
    source: 'basemap',
    minzoom,
    filter,
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 360,
      'text-field': nameIn(language),
      'text-font': FONT,
      'text-size': 11.5,
      'text-max-angle': 35,
    },
    paint: paint(colour),
  })
  return [
    line('base-road-name', ['all', isRoad, among(ROAD_CLASS, MAIN)], c.text, 12.5),
    line('base-side-name', ['all', isRoad, ['!', among(ROAD_CLASS, MAIN)]], c.text, 15),
    line('base-river-name', ['all', isLine, among(LAYER, WATER)], c.waterText, 11),
    {
      id: 'base-area-name',
      type: 'symbol',
      source: 'basemap',
      minzoom: 12.5,
      filter: ['all', isPolygon, among(LAYER, [...WATER, ...PARK])],
      layout: { 'text-field': nameIn(language), 'text-font': FONT, 'text-size': 11.5 },
      paint: paint(c.waterText),
    },
  ]
}

/** The lowest label layer: areas are put below it, so that street names stay readable. */
export function labelsFrom(map: MapLibre): string | undefined {
  return map.getStyle().layers.find((layer) => layer.type === 'symbol')?.id
}

export function builtInStyle(
  basemap: FeatureCollection | null,
  theme: Theme,
  language: 'zh' | 'en',
): StyleSpecification {
  const colours = PALETTES[theme]
  return {
    version: 8,
    sources: { basemap: { type: 'geojson', data: basemap ?? NOTHING, tolerance: 0.2 } },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colours.ground } },
      ...areas(colours),
      ...roads(colours),
      ...labels(colours, language),
    ] as LayerSpecification[],
  }
}
