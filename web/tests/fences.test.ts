import type { Feature, MultiPolygon } from 'geojson'
import { describe, expect, it } from 'vitest'
import type { Fence } from '@/api/fence_types'
import { isWorkday, monthsOf } from '@/format/calendar'
import { blankDraft, canDraw, draftOf, featureOf, formatOf } from '@/format/fences'
import { drawable } from '@/map/fences'

const line = { type: 'LineString' as const, coordinates: [[121, 31], [121.01, 31]] }
const route: Fence = {
  type: 'Feature',
  id: 4,
  geometry: line,
  properties: {
    id: 4,
    version: 2,
    organisation_id: 1,
    responsible_organisation_id: 2,
    name: '线路',
    code: null,
    shape: 'route',
    radius_m: null,
    half_width_m: 25,
    waypoints: [{ name: '', longitude: 121.005, latitude: 31, radius_m: 40 }],
    tags: ['corridor'],
    valid_from: '2026-01-01T00:00:00Z',
  },
}

describe('a fence in the editor', () => {
  it('comes out as it went in', () => {
    const { properties, geometry } = featureOf({ ...draftOf(route), geometry: line })
    const { id: _, version: __, organisation_id: ___, valid_from: ____, ...kept } = route.properties
    expect(properties).toEqual(kept)
    expect(geometry).toEqual(line)
  })

  it('has measures only where its shape has them', () => {
    const polygon = { type: 'Polygon' as const, coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] }
    const made = featureOf({ ...blankDraft('polygon', 3), name: ' a ', geometry: polygon })
    expect(made.properties).toMatchObject({ name: 'a', radius_m: null, half_width_m: null, waypoints: [], code: null })
    expect(featureOf({ ...blankDraft('circle', 3), geometry: { type: 'Point', coordinates: [0, 0] } }).properties.radius_m).toBe(50)
  })

  it('is drawn by hand only when a hand can: no holes, no multiples', () => {
    expect(canDraw(blankDraft('polygon', 1))).toBe(true)
    const ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    expect(canDraw({ shape: 'polygon', geometry: { type: 'Polygon', coordinates: [ring, ring] } })).toBe(false)
    expect(canDraw({ shape: 'road_set', geometry: null })).toBe(false)
  })

  it('is read by the format that its file name tells', () => {
    expect(['a.GeoJSON', 'a.json', 'b.kml', 'c.gpx', 'd.csv', 'e.zip', 'f'].map(formatOf)).toEqual(['geojson', 'geojson', 'kml', 'gpx', 'wkt', 'shapefile', 'geojson'])
  })
})

describe('on the map', () => {
  it('a route brings its waypoints as circles', () => {
    const [own, waypoint, ...rest] = drawable(route as Feature)
    expect(own!.properties).toMatchObject({ shape: 'route', look: 'corridor', fence_id: 4 })
    expect(own!.properties!.width_px0).toBeGreaterThan(0)
    expect(waypoint!.geometry.type).toBe('Polygon')
    expect(waypoint!.properties!.name).toBe('1')
    expect(rest).toEqual([])
  })

  it('a point set becomes as many circles, a road set keeps its lines with a width', () => {
    const points: Feature = { type: 'Feature', geometry: { type: 'MultiPoint', coordinates: [[121, 31], [122, 31]] }, properties: { radius_m: 30 } }
    expect((drawable(points)[0]!.geometry as MultiPolygon).coordinates).toHaveLength(2)
    const roads: Feature = { type: 'Feature', geometry: { type: 'MultiLineString', coordinates: [line.coordinates] }, properties: { half_width_m: 10 } }
    expect(drawable(roads)[0]!.properties!.width_px0).toBeGreaterThan(0)
  })
})

describe('a year', () => {
  const known = new Map([
    ['2026-02-16', { date: '2026-02-16', kind: 'holiday' as const, name: '春节' }],
    ['2026-02-14', { date: '2026-02-14', kind: 'workday' as const, name: '' }],
  ])
  const months = monthsOf(2026, known)
  const day = (date: string) => months.flat().find((item) => item.date === date)!

  it('has all its days on their weekdays', () => {
    expect(months).toHaveLength(12)
    expect(months.flat()).toHaveLength(365)
    expect(monthsOf(2028, known)[1]).toHaveLength(29)
    expect(day('2026-11-22').weekday).toBe(7)
  })

  it('works as the calendar says, else as the weekday does', () => {
    expect(isWorkday(day('2026-02-16'))).toBe(false)
    expect(isWorkday(day('2026-02-14'))).toBe(true)
    expect(isWorkday(day('2026-02-15'))).toBe(false)
    expect(isWorkday(day('2026-02-17'))).toBe(true)
  })
})
