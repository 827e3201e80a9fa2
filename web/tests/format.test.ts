import type { Feature } from 'geojson'
import { describe, expect, it } from 'vitest'
import type { FramePiece } from '@/api/types'
import { episodePeriod, fenceName, nearestIndex } from '@/format/evidence'
import { bytesOf, isText, runsOf, textOf } from '@/format/hex'
import { measureRows } from '@/format/measures'
import { effectiveParameters, outOfRange, overrides } from '@/format/rules'
import { lanesOf, levelOf, signalsOf } from '@/format/signals'
import { sentenceOf } from '@/format/sentences'
import { ago, clockTime, dateTime, duration, shortTime } from '@/format/time'
import { coordinates, course, distance, number, speed, shownUnit } from '@/format/units'
import type { Rule, RuleKind } from '@/api/rule_types'

describe('times', () => {
  it('are shown in the local zone with fixed digits', () => {
    expect(dateTime('2026-11-22T06:03:07Z')).toBe('2026-11-22 14:03:07')
    expect(clockTime('2026-11-21T16:00:00Z')).toBe('00:00:00')
  })

  it('that are absent or unreadable are a dash, not "Invalid Date"', () => {
    for (const bad of [null, undefined, '', 'yesterday']) expect(dateTime(bad)).toBe('—')
    expect(ago(null, 0, 'en')).toBe('—')
  })

  it('of another day carry the date', () => {
    const now = Date.parse('2026-11-22T06:00:00Z')
    expect(shortTime('2026-11-22T05:00:00Z', now)).toBe('13:00:00')
    expect(shortTime('2026-11-21T05:00:00Z', now)).toBe('11-21 13:00')
  })

  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [380, '6 min 20 s'],
    [3600, '1 h'],
    [3601, '1 h'],
    [90_061, '1 d 1 h'],
    [-5, '0 s'],
  ])('%s seconds read %s', (seconds, words) => {
    expect(duration(seconds, 'en')).toBe(words)
  })

  it('read in Chinese too', () => {
    expect(duration(380, 'zh')).toBe('6 分 20 秒')
    const now = Date.parse('2026-11-22T06:00:00Z')
    expect(ago('2026-11-22T05:57:30Z', now, 'zh')).toBe('2 分前')
    expect(ago('2026-11-22T06:00:30Z', now, 'zh')).toBe('刚刚')
  })
})

describe('numbers', () => {
  it('are unknown when they are unknown, never zero', () => {
    for (const bad of [null, undefined, Number.NaN]) expect(speed(bad)).toBe('—')
    expect(speed(0)).toBe('0 km/h')
  })

  it('drop trailing zeros and keep the unit', () => {
    expect(number(2.5)).toBe('2.5')
    expect(number(2.0)).toBe('2')
    expect(distance(999)).toBe('999 m')
    expect(distance(12_345)).toBe('12.3 km')
  })

  it('of direction go round the compass', () => {
    expect(course(0, 'en')).toBe('N 0°')
    expect(course(359, 'en')).toBe('N 359°')
    expect(course(45, 'zh')).toBe('东北 45°')
    expect(course(-90, 'en')).toBe('W 270°')
  })

  it('of place come latitude first', () => {
    expect(coordinates(118.78456, 32.04123)).toBe('32.041230, 118.784560')
    expect(coordinates(null, 32)).toBe('—')
  })

  it('of measures take the unit from the name', () => {
    const rows = measureRows(
      { max_speed_kmh: 41.26, duration_s: 380, fixes: 25, peak_us: 1, nested: {} },
      'en',
      (name) => name,
    )
    expect(rows).toEqual([
      ['max_speed_kmh', '41.3 km/h'],
      ['duration_s', '6 min 20 s'],
      ['fixes', '25'],
    ])
  })
})

describe('signals', () => {
  it('that no terminal sent are unknown', () => {
    expect(levelOf(undefined)).toBe('unknown')
    expect(levelOf('half')).toBe('also')
    expect(signalsOf('muck_truck', [{ antenna_ok: 'yes' }])).toEqual([
      'ignition', 'loaded', 'cover_closed', 'body_raised', 'antenna_ok',
    ])
  })

  it('become lanes whose states hold to the next fix and are unknown across a gap', () => {
    const states: Record<string, string>[] = [{ loaded: 'full' }, { loaded: 'full' }, { loaded: 'empty' }, {}, { loaded: 'full' }]
    const [lane] = lanesOf(['loaded'], [0, 10, 20, 30, 40], states, new Set([1]))
    expect(lane!.spans).toEqual([
      { from: 0, to: 10, state: 'full', level: 'yes' },
      { from: 10, to: 20, state: 'unknown', level: 'unknown' },
      { from: 20, to: 30, state: 'empty', level: 'no' },
      { from: 30, to: 40, state: 'unknown', level: 'unknown' },
    ])
  })
})

describe('a raw frame', () => {
  const pieces: FramePiece[] = [
    [0, 2, 'message id', '0x0200'],
    [2, 4, 'body', ''],
    [3, 1, 'field in the body', ''],
  ]

  it('is cut into the narrowest named runs, in order and complete', () => {
    const runs = runsOf('0200 a1b2c3d4 ff', pieces)
    expect(runs.map((run) => [run.bytes.join(''), run.piece])).toEqual([
      ['0200', 0], ['A1', 1], ['B2', 2], ['C3D4', 1], ['FF', -1],
    ])
    expect(runs.flatMap((run) => run.bytes)).toEqual(bytesOf('0200a1b2c3d4ff'))
  })

  it('may be annotated beyond its end without harm', () => {
    expect(runsOf('7e', [[0, 9, 'too long', '']])).toEqual([{ bytes: ['7E'], offset: 0, piece: 0 }])
    expect(runsOf('', pieces)).toEqual([])
  })
})

describe('a frame of a text protocol', () => {
  it('is read as text, multi-byte characters and all', () => {
    const bytes = bytesOf('7b22e5bea1223a317d')
    expect(isText(bytes)).toBe(true)
    expect(textOf(bytes)).toBe('{"御":1}')
    expect(isText(bytesOf('7e02000001'))).toBe(false)
    expect(isText(bytesOf('7b0001'))).toBe(false)
    expect(isText([])).toBe(false)
  })
})

describe('an evidence card', () => {
  it('names its place from the feature or the short form', () => {
    expect(fenceName(null)).toBe('')
    expect(fenceName({ name: 'S1' })).toBe('S1')
    const feature: Feature = { type: 'Feature', geometry: { type: 'Point', coordinates: [0, 0] }, properties: { name: 'S2' } }
    expect(fenceName(feature)).toBe('S2')
  })

  it('shades an episode that goes on up to its last fix', () => {
    const at = { started_at: '2026-01-01T00:00:00Z', ended_at: null, last_at: '2026-01-01T00:01:00Z' }
    const [from, to] = episodePeriod(at)
    expect(to - from).toBe(60)
  })

  it('finds the fix nearest to the pointer', () => {
    expect(nearestIndex([], 5)).toBeNull()
    expect(nearestIndex([0, 10, 20], -3)).toBe(0)
    expect(nearestIndex([0, 10, 20], 14)).toBe(1)
    expect(nearestIndex([0, 10, 20], 16)).toBe(2)
    expect(nearestIndex([0, 10, 20], 99)).toBe(2)
  })
})

describe("a rule's parameters", () => {
  const parameter = { name: 'min_s', unit: 's', default: 60, minimum: 0, maximum: 600, zh: '', en: '', basis: '' }
  const kind: RuleKind = { name: 'k', family: 'dust', zh: '', en: '', vehicle_kinds: [], parameters: [parameter] }
  const rule = { kind: 'k', parameters: { min_s: 90 } } as unknown as Rule

  it('are the defaults with the own values over them', () => {
    expect(effectiveParameters(rule, kind)[0]!.value).toBe(90)
    expect(effectiveParameters({ ...rule, parameters: {} }, kind)[0]!.value).toBe(60)
    expect(effectiveParameters(rule, undefined)).toEqual([])
  })

  it('are saved only where they differ, and only within range', () => {
    const [own] = effectiveParameters(rule, kind)
    expect(overrides([own!])).toEqual({ min_s: 90 })
    expect(overrides([{ ...own!, value: 60 }])).toEqual({})
    expect(outOfRange({ ...own!, value: 601 })).toBe(true)
    expect(outOfRange({ ...own!, value: Number.NaN })).toBe(true)
  })
})

describe('a sentence of the server', () => {
  const said = { sentence_zh: '超速行驶', sentence_en: 'speeding, up to 72 km/h' }

  it('begins as the page’s language has it', () => {
    expect(sentenceOf(said, 'en')).toBe('Speeding, up to 72 km/h')
    expect(sentenceOf(said, 'zh')).toBe('超速行驶')
    expect(sentenceOf({ ...said, sentence_en: '' }, 'en')).toBe('')
  })
})

describe('a threshold’s unit', () => {
  it.each([['km/h', 'km/h'], ['0/1', ''], ['0-1', ''], ['1', ''], ['s', 's']])('%s is shown as “%s”', (unit, shown) => {
    expect(shownUnit(unit)).toBe(shown)
  })
})
