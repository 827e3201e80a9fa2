/** Work signals: which ones matter for a kind of unit, and how a state is drawn. */
import type { Signals, UnitKind } from '@/api/types'

/** `also` is the second kind of yes (half loaded, drum in reverse). */
export type SignalLevel = 'unknown' | 'no' | 'yes' | 'also'

const LEVELS: Record<string, SignalLevel> = {
  unknown: 'unknown',
  no: 'no',
  empty: 'no',
  stopped: 'no',
  yes: 'yes',
  full: 'yes',
  forward: 'yes',
  half: 'also',
  reverse: 'also',
}

export function levelOf(state: string | null | undefined): SignalLevel {
  return LEVELS[state ?? 'unknown'] ?? 'unknown'
}

const EXPECTED: Record<UnitKind, readonly string[]> = {
  muck_truck: ['ignition', 'loaded', 'cover_closed', 'body_raised'],
  mixer: ['ignition', 'loaded', 'drum'],
  sweeper: ['ignition', 'brush_down', 'suction', 'spraying'],
  water_truck: ['ignition', 'spraying'],
  garbage_truck: ['ignition', 'loaded', 'cover_closed', 'body_raised'],
  inspector: ['on_duty', 'charging', 'mocked'],
  other: ['ignition'],
}

/** The signals to show: those the kind should have, then whatever else was ever reported. */
export function signalsOf(kind: UnitKind, reported: readonly (Signals | null)[]): string[] {
  const names = new Set(EXPECTED[kind] ?? EXPECTED.other)
  for (const signals of reported) for (const name of Object.keys(signals ?? {})) names.add(name)
  return [...names]
}

export interface Lane {
  name: string
  spans: { from: number; to: number; state: string; level: SignalLevel }[]
}

/**
 * One lane a signal over a track. A state holds from its fix to the next; across a gap (pairs of
 * indexes in `broken`) and where a fix is silent about it, it is unknown.
 */
export function lanesOf(
  names: readonly string[],
  times: readonly number[],
  signals: readonly (Signals | null)[],
  broken: ReadonlySet<number>,
): Lane[] {
  return names.map((name) => ({ name, spans: spansOf(name, times, signals, broken) }))
}

function spansOf(
  name: string,
  times: readonly number[],
  signals: readonly (Signals | null)[],
  broken: ReadonlySet<number>,
): Lane['spans'] {
  const spans: Lane['spans'] = []
  for (let i = 0; i + 1 < times.length; i += 1) {
    const state = broken.has(i) ? 'unknown' : (signals[i]?.[name] ?? 'unknown')
    const last = spans.at(-1)
    if (last && last.state === state) last.to = times[i + 1]!
    else spans.push({ from: times[i]!, to: times[i + 1]!, state, level: levelOf(state) })
  }
  return spans
}
