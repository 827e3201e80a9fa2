/** Permits and waybills in words, and as the sheets that the server imports. */
import type { Permit, Waybill } from '@/api/transport_types'
import type { Window } from '@/api/rule_types'
import { dateTime, minuteText } from './time'

const EVERY_DAY = 7

/** `1-5 20:00-06:00; 6,7 00:00-24:00`, as the files have it. */
export function windowsText(windows: readonly Window[]): string {
  return windows
    .map(({ weekdays, start_min, end_min }) => {
      const days = weekdays.length === EVERY_DAY ? '' : `${weekdays.join(',')} `
      return `${days}${minuteText(start_min)}-${end_min === 1440 ? '24:00' : minuteText(end_min)}`
    })
    .join('; ')
}

export type Validity = 'valid' | 'future' | 'over' | 'cancelled'

export function validityOf(from: string, to: string, nowMs: number, cancelled: string | null = null): Validity {
  if (cancelled !== null && Date.parse(cancelled) <= nowMs) return 'cancelled'
  if (Date.parse(from) > nowMs) return 'future'
  return Date.parse(to) > nowMs ? 'valid' : 'over'
}

interface Names {
  unit: (id: number) => string
  fence: (id: number) => string
}

export const PERMIT_COLUMNS = ['number', 'unit', 'site', 'dumps', 'route', 'windows', 'volume_m3', 'issued_by', 'valid_from', 'valid_to']
export const WAYBILL_COLUMNS = ['number', 'unit', 'site', 'dump', 'volume_m3', 'issued_at', 'valid_until']

export function permitCells(permit: Permit, names: Names) {
  return [
    permit.number,
    names.unit(permit.device_id),
    names.fence(permit.site_fence_id),
    permit.dump_fence_ids.map(names.fence).join(';'),
    permit.route_fence_id === null ? '' : names.fence(permit.route_fence_id),
    windowsText(permit.schedule?.windows ?? []),
    permit.volume_m3,
    permit.issued_by,
    permit.valid_from,
    permit.valid_to,
  ]
}

export function waybillCells(waybill: Waybill, names: Names) {
  return [
    waybill.number,
    names.unit(waybill.device_id),
    names.fence(waybill.site_fence_id),
    names.fence(waybill.dump_fence_id),
    waybill.volume_m3,
    waybill.issued_at,
    waybill.valid_until,
  ]
}

/** `2026-11-22 14:03 – 2026-12-22 14:03` */
export const periodText = (from: string, to: string) => `${dateTime(from).slice(0, 16)} – ${dateTime(to).slice(0, 16)}`
