/** The piece of a road around a place where somebody has clicked. */
import type { Feature, Position } from 'geojson'

const METRES_PER_DEGREE = 111_195
export const HALF_LENGTH_M = 200
export const MAX_AWAY_M = 60

type Point = [number, number]

/** Metres east and north of `about`. */
function plane(point: Point, about: Point): Point {
  const east = METRES_PER_DEGREE * Math.cos((about[1] * Math.PI) / 180)
  return [(point[0] - about[0]) * east, (point[1] - about[1]) * METRES_PER_DEGREE]
}

const asPoints = (line: Position[]): Point[] => line.map(([x, y]) => [x!, y!])

function lines(feature: Feature): Point[][] {
  const { geometry } = feature
  if (geometry.type === 'LineString') return [asPoints(geometry.coordinates)]
  return geometry.type === 'MultiLineString' ? geometry.coordinates.map(asPoints) : []
}

/** Metres from the beginning to each point of a line. */
function reached(points: Point[]): number[] {
  let sum = 0
  return points.map((point, i) => (sum += i === 0 ? 0 : Math.hypot(point[0] - points[i - 1]![0], point[1] - points[i - 1]![1])))
}

/** Metres from the origin to a segment, and the share of it where the foot lies. */
function foot(a: Point, b: Point): { away: number; share: number } {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const length2 = dx * dx + dy * dy
  const share = length2 === 0 ? 0 : Math.min(1, Math.max(0, -(a[0] * dx + a[1] * dy) / length2))
  return { away: Math.hypot(a[0] + share * dx, a[1] + share * dy), share }
}

/** From metres `from` to metres `to` along a line. */
function between(line: Point[], at: number[], from: number, to: number): Point[] {
  const on = (metres: number): Point => {
    const i = Math.max(1, at.findIndex((value) => value >= metres))
    const [begin, a, b] = [at[i - 1]!, line[i - 1]!, line[i]!]
    const share = (metres - begin) / (at[i]! - begin || 1)
    return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]
  }
  return [on(from), ...line.filter((_, i) => at[i]! > from && at[i]! < to), on(to)]
}

/** 200 m of the nearest road either way; null when none is within `reach` metres. */
export function roadPiece(roads: readonly Feature[], click: Point, reach = MAX_AWAY_M): { line: Point[]; name: string } | null {
  let best: { away: number; line: Point[]; at: number[]; metres: number; name: string } | null = null
  for (const road of roads) {
    for (const line of lines(road)) {
      const points = line.map((point) => plane(point, click))
      const at = reached(points)
      for (let i = 1; i < points.length; i += 1) {
        const { away, share } = foot(points[i - 1]!, points[i]!)
        if (away > (best?.away ?? reach)) continue
        const metres = at[i - 1]! + share * (at[i]! - at[i - 1]!)
        best = { away, line, at, metres, name: String(road.properties?.name ?? '') }
      }
    }
  }
  if (!best) return null
  const to = Math.min(best.at.at(-1)!, best.metres + HALF_LENGTH_M)
  return { line: between(best.line, best.at, Math.max(0, best.metres - HALF_LENGTH_M), to), name: best.name }
}
