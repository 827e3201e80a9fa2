/** What a finding measured, as rows for people: durations in words, the unit out of the name. */
import { duration, type Language } from './time'
import { number, unitOf } from './units'

export function measureRows(
  measures: Record<string, unknown>,
  language: Language,
  nameOf: (name: string) => string,
): [string, string][] {
  return Object.entries(measures)
    .filter(([name, value]) => isShown(name, value))
    .map(([name, value]) => [nameOf(name), words(name, value, language)])
}

// Instants (`peak_us`) are places on the track, not measures for people.
function isShown(name: string, value: unknown): boolean {
  const isPlain = ['number', 'string', 'boolean'].includes(typeof value) && value !== ''
  return isPlain && !name.endsWith('_us')
}

function words(name: string, value: unknown, language: Language): string {
  if (typeof value !== 'number') return String(value)
  if (name.endsWith('_s')) return duration(value, language)
  const unit = unitOf(name)
  return unit ? `${number(value)} ${unit}` : number(value)
}
