import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/client'
import type { BackTestResult, Rule, RuleKind } from '@/api/rule_types'
import { apart, usualPhoto, verdictRows, withinRange, type EffectiveParameter } from '@/format/rules'
import { fieldTime, minutesOf, minuteText } from '@/format/time'
import { messageOf } from '@/stores/notices'
import { language } from '@/stores/preferences'
import { judges, kinds } from '@/stores/rulebook'

const device = { id: 7, name: 'unit', plate: '沪A1', kind: 'muck_truck' as const }

describe('thresholds', () => {
  it('that most kinds have and a rule leaves alone stand apart', () => {
    const usual = { name: 'clear_s', default: 45 }
    const kinds = ['a', 'b', 'c'].map((name) => ({ name, parameters: name === 'c' ? [] : [usual] })) as unknown as RuleKind[]
    const parameters = [{ ...usual, value: 45 }, { name: 'speed_kmh', default: 5, value: 5 }] as EffectiveParameter[]
    expect(apart(parameters, kinds).usual.map(({ name }) => name)).toEqual(['clear_s'])
    expect(apart([{ ...parameters[0]!, value: 60 }], kinds).usual).toEqual([])
  })
})

describe('a photo', () => {
  it('has whole numbers that the server takes', () => {
    expect(withinRange('channel', 300)).toBe(255)
    expect(withinRange('per_hour', 0)).toBe(1)
    expect(withinRange('shots', 1.6)).toBe(2)
    expect(withinRange('shots', NaN)).toBeNull()
    for (const [name, value] of Object.entries(usualPhoto())) expect(withinRange(name as 'shots', value)).toBe(value)
  })
})

describe('a window', () => {
  it('is written as a clock and read again', () => {
    for (const minutes of [0, 59, 390, 1439]) expect(minutesOf(minuteText(minutes))).toBe(minutes)
    expect(minuteText(1440)).toBe('00:00')
    expect(minutesOf('')).toBeNull()
  })

  it('of time is a field value of the local zone', () => {
    expect(fieldTime(Date.parse('2026-11-22T06:03:07Z'))).toBe('2026-11-22T14:03:07')
  })
})

describe('a back-test', () => {
  const found = (verdict: 'same' | 'only_now', started_at: string) => ({
    verdict,
    violation_id: verdict === 'same' ? 5 : null,
    device,
    started_at,
    ended_at: null,
    last_at: started_at,
    longitude: 121,
    latitude: 31,
    fence_id: null,
    sentence_zh: '句子',
    sentence_en: 'sentence',
  })
  const result: BackTestResult = {
    devices: 1,
    positions: 9,
    seconds: 1,
    found: 3,
    cut: false,
    findings: [found('only_now', '2026-11-20T00:00:00Z'), found('same', '2026-11-21T00:00:00Z'), found('only_now', '2026-11-22T00:00:00Z')],
    diff: {
      raised: 2,
      same: 1,
      only_now: 2,
      only_before: 1,
      missing: [{ violation_id: 3, device: { ...device, plate: null }, started_at: '2026-11-19T00:00:00Z', ended_at: null, last_at: '', status: 'open' }],
    },
  }

  it('is listed by verdict, newest first', () => {
    expect(verdictRows(result, 'only_now', 'en').map((row) => row.started_at)).toEqual(['2026-11-22T00:00:00Z', '2026-11-20T00:00:00Z'])
    expect(verdictRows(result, 'same', 'zh')).toMatchObject([{ unit: '沪A1', sentence: '句子', violation_id: 5, place: [121, 31] }])
    expect(verdictRows(result, 'only_before', 'en')).toMatchObject([{ unit: 'unit', violation_id: 3, place: null }])
  })
})

describe('a rule', () => {
  const rule = { kind: 'uncovered_load', scope: { kinds: [], organisation_ids: [], device_ids: [], tags: [] } } as unknown as Rule
  const narrowed = (scope: Partial<Rule['scope']>) => ({ ...rule, scope: { ...rule.scope, ...scope } })

  it('is asked about only for units it can be about', () => {
    kinds.value = [{ name: 'uncovered_load', vehicle_kinds: ['muck_truck', 'mixer'] } as RuleKind]
    expect(judges(rule, device)).toBe(true)
    expect(judges(rule, { ...device, kind: 'inspector' })).toBe(false)
    expect(judges(narrowed({ kinds: ['mixer'] }), device)).toBe(false)
    expect(judges(narrowed({ device_ids: [8] }), device)).toBe(false)
    expect(judges(narrowed({ device_ids: [7] }), device)).toBe(true)
    kinds.value = []
    expect(judges(rule, device)).toBe(false)
  })
})

describe('a refusal', () => {
  const error = new ApiError(422, 'invalid_request', { zh: '看字段', en: 'see the fields' }, {
    fields: [{ field: 'a', message: 'is wrong', message_zh: '不对' }, { field: 'b', message: 'too big' }],
  })

  it('names the fields, in the language where the server has it', () => {
    language.value = 'zh'
    expect(messageOf(error)).toBe('a: 不对\nb: too big')
    language.value = 'en'
    expect(messageOf(error)).toBe('a: is wrong\nb: too big')
    expect(messageOf(new ApiError(409, 'x', { zh: '中', en: 'plain' }))).toBe('plain')
    language.value = 'zh'
  })
})
