import type { Feature } from 'geojson'
import { describe, expect, it } from 'vitest'
import { HALF_LENGTH_M, roadPiece } from '@/map/road_piece'

const DEGREE_M = 111_195
const road = (name: string, coordinates: number[][]): Feature => ({ type: 'Feature', geometry: { type: 'LineString', coordinates }, properties: { name } })
const metres = (line: [number, number][]) =>
  line.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot((x - line[i]![0]) * DEGREE_M * Math.cos((32 * Math.PI) / 180), (y - line[i]![1]) * DEGREE_M), 0)

describe('the piece of road around a click', () => {
  const long = road('long', [[118.7, 32], [118.8, 32], [118.9, 32]])
  const bent = road('bent', [[118.8, 32.001], [118.801, 32.001], [118.801, 32.01]])

  it('reaches 200 m either way of the nearest road', () => {
    const found = roadPiece([bent, long], [118.75, 32.0001])
    expect(found?.name).toBe('long')
    expect(metres(found!.line)).toBeCloseTo(2 * HALF_LENGTH_M, 0)
    expect(found!.line.every(([, y]) => y === 32)).toBe(true)
  })

  it('ends where the road ends and keeps its bends', () => {
    const found = roadPiece([bent, long], [118.8001, 32.00095])
    expect(found?.name).toBe('bent')
    expect(found!.line[0]).toEqual([118.8, 32.001])
    expect(found!.line).toContainEqual([118.801, 32.001])
    expect(metres(found!.line)).toBeLessThan(2 * HALF_LENGTH_M)
  })

  it('is none far from every road', () => {
    expect(roadPiece([bent, long], [118.75, 32.01])).toBeNull()
    expect(roadPiece([], [118.75, 32])).toBeNull()
  })
})
