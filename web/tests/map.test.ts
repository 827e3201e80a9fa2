import type { Feature, LineString, Polygon } from 'geojson'
import { describe, expect, it } from 'vitest'
import type { PatrolPath } from '@/api/patrol_types'
import type { Track } from '@/api/types'
import { cellFeatures, colourOf, colourOfDue, DUE, NEVER, STEPS } from '@/map/cells'
import { circle, drawable } from '@/map/fences'
import { markFeatures, pathFeatures } from '@/map/patrol_marks'
import { builtInStyle } from '@/map/style'
import { boundsOf, brokenAfter, trackFeatures } from '@/map/tracks'

function track(count: number, gaps: Track['properties']['gaps'] = []): Track {
  const coordinates = Array.from({ length: count }, (_, i) => [118 + i / 1000, 32])
  return {
    type: 'Feature',
    geometry: { type: 'LineString', coordinates },
    properties: { gaps, points: count } as Track['properties'],
  }
}

const gap = { from: '', to: '', from_index: 1, to_index: 2, kind: 'no_data' as const }
const roles = (made: ReturnType<typeof trackFeatures>) => made.features.map((item) => item.properties?.role)
const lengths = (made: ReturnType<typeof trackFeatures>, role: string) =>
  made.features
    .filter((item) => item.properties?.role === role && item.geometry.type === 'LineString')
    .map((item) => (item.geometry as LineString).coordinates.length)

describe('a track', () => {
  it('is solid where it was driven and dashed over gaps', () => {
    const made = trackFeatures(track(5, [gap]))
    expect(lengths(made, 'line')).toEqual([2, 3])
    expect(lengths(made, 'gap')).toEqual([2])
    expect([...brokenAfter(track(5, [gap]))]).toEqual([1])
  })

  it('has its episode in a part of its own, with start and end, and not across a gap', () => {
    const made = trackFeatures(track(6, [gap]), { from_index: 0, to_index: 4 })
    expect(lengths(made, 'episode')).toEqual([2, 3])
    expect(roles(made)).toContain('start')
    expect(roles(made)).toContain('end')
  })

  it('survives an episode beyond its ends, one point, and nothing', () => {
    expect(roles(trackFeatures(track(2), { from_index: 1, to_index: 99 }))).toEqual(['line', 'start'])
    expect(roles(trackFeatures(track(1)))).toEqual(['begin', 'last'])
    expect(trackFeatures(track(0)).features).toEqual([])
    expect(trackFeatures(null).features).toEqual([])
  })

  it('has bounds, or none', () => {
    expect(boundsOf(trackFeatures(track(3)))).toEqual([118, 32, 118.002, 32])
    expect(boundsOf({ type: 'FeatureCollection', features: [] })).toBeNull()
  })
})

describe('a patrol path', () => {
  // Fixes at 8:00, 8:30, ... 10:00.
  const path = track(5) as unknown as PatrolPath
  path.properties.times = [0, 30, 60, 90, 120].map((minutes) => new Date(Date.UTC(2026, 10, 22, 8, minutes)).toISOString())
  path.properties.stays = [['08:30', '08:35'], ['09:30', '09:45']].map(([from, to]) => ({
    from: `2026-11-22T${from}:00Z`, to: `2026-11-22T${to}:00Z`, longitude: 118, latitude: 32,
  }))
  path.properties.events = []

  it('is pale but for its last hour, without a break', () => {
    const lines = pathFeatures(path).features.filter((item) => item.properties?.role === 'line')
    expect(lines.map((item) => [item.properties?.old ?? false, (item.geometry as LineString).coordinates.length])).toEqual([[true, 3], [false, 3]])
    expect(pathFeatures(null).features).toEqual([])
  })

  it('has small marks where somebody stood long ago', () => {
    expect(markFeatures(path).features.map((item) => [item.properties?.old, item.properties?.size])).toEqual([[true, 4], [false, 9]])
  })
})

describe('a fence', () => {
  it('that is a circle becomes a closed ring of its radius', () => {
    const ring = circle([118.8, 32.05], 500)
    expect(ring[0]![0]).toBeCloseTo(ring.at(-1)![0]!, 9)
    const north = Math.max(...ring.map(([, latitude]) => latitude!))
    expect((north - 32.05) * 111_319.5).toBeCloseTo(500, 0)
    const east = Math.max(...ring.map(([longitude]) => longitude!))
    expect((east - 118.8) * 111_319.5 * Math.cos((32.05 * Math.PI) / 180)).toBeCloseTo(500, 0)
  })

  it('that is a corridor keeps its line and gets a width to scale', () => {
    const feature: Feature = {
      type: 'Feature',
      geometry: { type: 'LineString', coordinates: [[118.8, 0], [118.9, 0]] },
      properties: { half_width_m: 50, tags: ['road'] },
    }
    const made = drawable(feature)[0]!
    expect(made.geometry.type).toBe('LineString')
    // At the equator and zoom z a pixel is 156,543 m / 2^(z+1) with 512-px tiles.
    const px = (made.properties!.width_px0 as number) * 2 ** 16
    expect(px).toBeCloseTo((100 * 512 * 2 ** 16) / (360 * 111_319.5), 6)
    expect(made.properties!.look).toBe('road')
  })

  it('shows its tag, and the strictest one when it has several', () => {
    const feature: Feature = { type: 'Feature', geometry: { type: 'Polygon', coordinates: [] } as Polygon, properties: { tags: ['site', 'no_go'] } }
    expect(drawable(feature)[0]!.properties!.look).toBe('no_go')
    expect(drawable({ ...feature, properties: null })[0]!.properties!.look).toBe('other')
  })
})

describe('grid cells', () => {
  it('are coloured by age; one never visited is not "recent"', () => {
    expect(colourOf(0)).toBe(STEPS[0]!.colour)
    expect(colourOf(3_600)).toBe(STEPS[1]!.colour)
    expect(colourOf(1e9)).toBe(STEPS.at(-1)!.colour)
    expect(colourOf(null)).toBe(NEVER)
    expect(cellFeatures(null).features).toEqual([])
    expect([0, 1, 2, 5].map((visits) => colourOfDue(visits, 2))).toEqual([DUE[2], DUE[1], DUE[0], DUE[0]].map((step) => step.colour))
  })
})

describe('the built-in style', () => {
  it('asks nobody for glyphs, sprites or tiles', () => {
    const style = builtInStyle(null, 'light', 'zh')
    expect(style.glyphs).toBeUndefined()
    expect(style.sprite).toBeUndefined()
    expect(JSON.stringify(style)).not.toMatch(/https?:/)
  })
})
