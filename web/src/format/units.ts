/** Numbers with units. What is unknown is shown as unknown, never as zero. */
import type { Language } from './time'

const ABSENT = '—'

function finite(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value)
}

/** At most `digits` decimals, without trailing zeros. */
export function number(value: number | null | undefined, digits = 1): string {
  return finite(value) ? String(Number(value.toFixed(digits))) : ABSENT
}

export function withUnit(value: number | null | undefined, unit: string, digits = 1): string {
  return finite(value) ? `${number(value, digits)} ${unit}` : ABSENT
}

export const speed = (kmh: number | null | undefined) => withUnit(kmh, 'km/h', 0)
export const metres = (m: number | null | undefined) => withUnit(m, 'm', 0)

/** `12.4 km` from 1 km on. */
export function distance(m: number | null | undefined): string {
  if (!finite(m)) return ABSENT
  return m < 1000 ? withUnit(m, 'm', 0) : withUnit(m / 1000, 'km', 1)
}

const POINTS: Record<Language, readonly string[]> = {
  zh: ['北', '东北', '东', '东南', '南', '西南', '西', '西北'],
  en: ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'],
}

/** `东北 42°` */
export function course(degrees: number | null | undefined, language: Language): string {
  if (!finite(degrees)) return ABSENT
  const turned = ((degrees % 360) + 360) % 360
  return `${POINTS[language][Math.round(turned / 45) % 8]} ${Math.round(turned)}°`
}

/** `32.041230, 118.784560`: latitude first, as field teams read it into their phones. */
export function coordinates(longitude: number | null, latitude: number | null): string {
  if (!finite(longitude) || !finite(latitude)) return ABSENT
  return `${latitude.toFixed(6)}, ${longitude.toFixed(6)}`
}

/** Measures carry their unit in the name: `max_speed_kmh` -> km/h. */
const SUFFIXES: readonly [string, string][] = [
  ['_km_per_h', 'km/h'],
  ['_kmh', 'km/h'],
  ['_min', 'min'],
  ['_pct', '%'],
  ['_deg', '°'],
  ['_km', 'km'],
  ['_m', 'm'],
  ['_s', 's'],
]

/** A measure's unit, or an empty text for a count. */
export function unitOf(name: string): string {
  return SUFFIXES.find(([suffix]) => name.endsWith(suffix))?.[1] ?? ''
}

const UNITLESS = ['0/1', '0-1', '1']

/** The unit of a rule's threshold as people read it; choices, shares and counts have none. */
export const shownUnit = (unit: string) => (UNITLESS.includes(unit) ? '' : unit)
