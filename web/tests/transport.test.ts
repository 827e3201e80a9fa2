import { describe, expect, it } from 'vitest'
import type { Permit, Waybill } from '@/api/transport_types'
import { csvBlob } from '@/format/csv'
import { lastDays, periodOf } from '@/format/period'
import { periodText, PERMIT_COLUMNS, permitCells, validityOf, WAYBILL_COLUMNS, waybillCells, windowsText } from '@/format/transport'

const NOW = Date.parse('2026-11-22T06:00:00Z')
const BEFORE = '2026-11-01T00:00:00Z'
const AFTER = '2026-12-01T00:00:00Z'
const names = { unit: (id: number) => `truck ${id}`, fence: (id: number) => `fence ${id}` }

describe('a CSV file', () => {
  it('quotes what would break a line, and runs no formula', async () => {
    const blob = csvBlob(['a', 'b'], [['x,y', 'say "no"'], [3, null], ['=1+1', -5]])
    const bytes = new Uint8Array(await blob.arrayBuffer())
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    const text = new TextDecoder('utf-8').decode(bytes)
    expect(text).toBe('a,b\r\n"x,y","say ""no"""\r\n3,\r\n\'=1+1,-5\r\n')
  })
})

describe('validity', () => {
  it('is of now', () => {
    expect(validityOf(BEFORE, AFTER, NOW)).toBe('valid')
    expect(validityOf(AFTER, AFTER, NOW)).toBe('future')
    expect(validityOf(BEFORE, BEFORE, NOW)).toBe('over')
    expect(validityOf(BEFORE, AFTER, NOW, BEFORE)).toBe('cancelled')
    expect(validityOf(BEFORE, AFTER, NOW, AFTER)).toBe('valid')
  })

  it('is shown to the minute', () => {
    expect(periodText('2026-11-22T06:03:07Z', '2026-11-22T07:00:00Z')).toBe('2026-11-22 14:03 – 2026-11-22 15:00')
  })
})

describe('a sheet', () => {
  const window = { weekdays: [1, 5], start_min: 1200, end_min: 360, days: 'weekdays' as const }

  it('writes windows as the server reads them', () => {
    expect(windowsText([window, { ...window, weekdays: [1, 2, 3, 4, 5, 6, 7], start_min: 0, end_min: 1440 }])).toBe('1,5 20:00-06:00; 00:00-24:00')
    expect(windowsText([])).toBe('')
  })

  it('has a cell a column', () => {
    const permit: Permit = {
      id: 1, version: 1, organisation_id: 1, number: 'P1', device_id: 3, site_fence_id: 4, dump_fence_ids: [5, 6],
      route_fence_id: null, schedule: { zone: 'Asia/Shanghai', windows: [window] }, volume_m3: 9, issued_by: '', valid_from: BEFORE, valid_to: AFTER,
    }
    const cells = permitCells(permit, names)
    expect(cells).toHaveLength(PERMIT_COLUMNS.length)
    expect(cells.slice(0, 4)).toEqual(['P1', 'truck 3', 'fence 4', 'fence 5;fence 6'])
    const waybill: Waybill = {
      id: 1, organisation_id: 1, number: 'W1', device_id: 3, site_fence_id: 4, dump_fence_id: 5, volume_m3: null,
      issued_at: BEFORE, valid_until: AFTER, cancelled_at: null,
    }
    expect(waybillCells(waybill, names)).toHaveLength(WAYBILL_COLUMNS.length)
  })
})

describe('a period of days', () => {
  it('is whole local days, both ends included', () => {
    expect(periodOf({ from: '2026-11-21', to: '2026-11-22' })).toEqual({ from: '2026-11-20T16:00:00.000Z', to: '2026-11-22T16:00:00.000Z' })
    expect(lastDays(7, NOW)).toEqual({ from: '2026-11-16', to: '2026-11-22' })
  })

  it('is none when its fields are empty or turned round', () => {
    expect(periodOf({ from: '', to: '2026-11-22' })).toBeNull()
    expect(periodOf({ from: '2026-11-23', to: '2026-11-22' })).toBeNull()
  })
})
