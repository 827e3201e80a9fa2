/** Small readings of an evidence card. */
import type { Evidence } from '@/api/types'

/** The place's name, whether `fence` is a Feature or the short form of the list. */
export function fenceName(fence: Evidence['fence'] | { name: string | null } | null): string {
  if (!fence) return ''
  if ('name' in fence) return fence.name ?? ''
  const name = fence.properties?.name
  return typeof name === 'string' ? name : ''
}

/** Start and end of the episode in seconds since 1970, as the chart's axis has them. */
export function episodePeriod(card: Pick<Evidence, 'started_at' | 'ended_at' | 'last_at'>): [number, number] {
  const from = Date.parse(card.started_at) / 1000
  const to = Date.parse(card.ended_at ?? card.last_at) / 1000
  return [from, Math.max(from, to)]
}

/** The fix nearest in time, by index; null of an empty track. */
export function nearestIndex(times_s: readonly number[], at_s: number): number | null {
  if (times_s.length === 0) return null
  let low = 0
  let high = times_s.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (times_s[middle]! < at_s) low = middle + 1
    else high = middle
  }
  const before = low > 0 ? times_s[low - 1]! : -Infinity
  return at_s - before < times_s[low]! - at_s ? low - 1 : low
}
