import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError, query, request, setToken, whenUnauthorised } from '@/api/client'
import { LiveLine, liveUrl, pauseBefore } from '@/api/live'
import type { Command, Device, Position, Violation } from '@/api/types'
import { withCommand } from '@/stores/commands'
import { matches, unitOf } from '@/stores/fleet'
import { ranAhead } from '@/stores/status'
import * as violations from '@/stores/violations'

const NOW = Date.parse('2026-11-22T06:00:00Z')

function violation(id: number, change: Partial<Violation> = {}): Violation {
  return {
    id,
    device: { id: 7, name: 'unit', plate: null, kind: 'muck_truck' },
    rule: { id: 1, version: 1, kind: 'uncovered_load', name_zh: '', name_en: '' },
    severity: 'warning',
    status: 'open',
    finding: 'standing',
    started_at: '2026-11-22T05:50:00Z',
    raised_at: '2026-11-22T05:55:00Z',
    ended_at: null,
    fence: null,
    responsible_organisation_id: 3,
    late: false,
    shadow: false,
    ...change,
  } as Violation
}

describe('the work queue', () => {
  beforeEach(() => violations.clearViolations())

  it('keeps newest first and replaces what it knows', () => {
    const list = [5, 3, 1].map((id) => violation(id))
    expect(violations.merged(list, violation(4), true).map((item) => item.id)).toEqual([5, 4, 3, 1])
    expect(violations.merged(list, violation(6), true).map((item) => item.id)).toEqual([6, 5, 3, 1])
    expect(violations.merged(list, violation(3, { status: 'taken' }), true)[1]!.status).toBe('taken')
    expect(violations.merged(list, violation(3), false).map((item) => item.id)).toEqual([5, 1])
  })

  it.each([
    [{ status: 'taken' }, false],
    [{ kind: 'uncovered_load' }, true],
    [{ kind: 'other' }, false],
    [{ severity: 'serious' }, false],
    [{ device_id: 7 }, true],
    [{ device_id: 8 }, false],
    [{ place: 'site' }, false],
    [{ responsible_id: 3 }, true],
    [{ responsible_id: 4 }, false],
    [{ age_h: 1 }, true],
  ] as const)('filters by %o', (change, passes) => {
    expect(violations.passes(violation(1), { ...violations.EMPTY_FILTER, ...change }, NOW)).toBe(passes)
  })

  it('cuts by age', () => {
    const old = violation(1, { raised_at: '2026-11-22T04:00:00Z' })
    expect(violations.passes(old, { ...violations.EMPTY_FILTER, age_h: 1 }, NOW)).toBe(false)
    expect(violations.passes(old, { ...violations.EMPTY_FILTER, age_h: 4 }, NOW)).toBe(true)
  })

  it('marks news once, and takes what was taken elsewhere out of the open list', () => {
    expect(violations.applyViolation(violation(9), NOW, true)).toBe(true)
    expect(violations.fresh.value.has(9)).toBe(true)
    expect(violations.offending.value.has(7)).toBe(true)
    expect(violations.applyViolation(violation(9), NOW, true)).toBe(false)
    violations.applyViolation(violation(9, { status: 'taken' }), NOW, true)
    expect(violations.list.value).toEqual([])
    expect(violations.offending.value.has(7)).toBe(true)
    violations.applyViolation(violation(9, { status: 'taken', finding: 'withdrawn' }), NOW, true)
    expect(violations.offending.value.size).toBe(0)
  })
})

describe('a unit', () => {
  const last = { received_at: '2026-11-22T05:58:00Z' } as Position
  const device = { id: 7, last, cannot_judge: [], kind: 'mixer', name: '搅拌 3', plate: '苏A12345', identity: '013' } as unknown as Device

  it('is silent after five minutes, and in violation whatever it reports', () => {
    expect(unitOf(device, NOW, new Set()).state).toBe('reporting')
    expect(unitOf(device, NOW + 4 * 60_000, new Set()).state).toBe('silent')
    expect(unitOf({ ...device, last: null }, NOW, new Set()).state).toBe('silent')
    const both = unitOf(device, NOW + 4 * 60_000, new Set([7]))
    expect(both).toMatchObject({ state: 'violation', online: false })
    expect(matches(both, 'silent', '', '')).toBe(true)
    expect(matches(both, 'reporting', '', '')).toBe(false)
  })

  it('is found by plate, name or terminal and by what cannot be judged', () => {
    const unit = unitOf(device, NOW, new Set([7]))
    expect(matches(unit, 'all', '', 'a123')).toBe(true)
    expect(matches(unit, 'all', '', '搅拌')).toBe(true)
    expect(matches(unit, 'all', '', 'xyz')).toBe(false)
    expect(matches(unit, 'all', 'sweeper', '')).toBe(false)
    expect(matches(unit, 'reporting', '', '')).toBe(true)
    expect(matches(unit, 'silent', '', '')).toBe(false)
    expect(matches(unit, 'cannot_judge', '', '')).toBe(false)
  })
})

describe('a command', () => {
  const command = (id: number, state: Command['state']) => ({ id, state }) as Command

  it('never goes back to an earlier state, and the newest comes first', () => {
    let held = withCommand([], command(1, 'answered'))
    held = withCommand(held, command(1, 'sent'))
    held = withCommand(held, command(2, 'queued'))
    expect(held).toEqual([command(2, 'queued'), command(1, 'answered')])
  })
})

describe('the API client', () => {
  afterEach(() => vi.unstubAllGlobals())
  const answer = (status: number, body: unknown) =>
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status })))

  it('turns a refusal into an error in both languages with its detail', async () => {
    answer(409, { error: { code: 'violation_taken', message_zh: '已', message_en: 'taken', detail: { holder: 'Li' } } })
    const error = await request('POST', '/x').catch((caught: unknown) => caught as ApiError)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 409, code: 'violation_taken', messages: { zh: '已', en: 'taken' }, detail: { holder: 'Li' } })
  })

  it('says so when the server cannot be reached, or answers something else', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')))
    await expect(request('GET', '/x')).rejects.toMatchObject({ code: 'unreachable' })
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 502 })))
    await expect(request('GET', '/x')).rejects.toMatchObject({ status: 502 })
  })

  it('ends the session on 401, but not for a wrong password', async () => {
    const ended = vi.fn()
    whenUnauthorised(ended)
    answer(401, {})
    setToken(null)
    await request('POST', '/login').catch(() => undefined)
    expect(ended).not.toHaveBeenCalled()
    setToken('t')
    await request('GET', '/me').catch(() => undefined)
    expect(ended).toHaveBeenCalledOnce()
  })

  it('leaves out what is not set', () => {
    expect(query({ a: 1, b: undefined, c: null, d: '', e: 'x y' })).toBe('?a=1&e=x+y')
    expect(query({})).toBe('')
  })
})

describe("the server's clock", () => {
  it('that runs ahead is playing history; one that was merely set right once is not for long', () => {
    const before = { server: NOW, here: 1000 }
    expect(ranAhead(before, NOW + 5_000, 6_000)).toBe(false)
    expect(ranAhead(before, NOW + 300_000, 6_000)).toBe(true)
    expect(ranAhead(before, NOW + 300_000, 301_000)).toBe(false)
  })
})

describe('the live line', () => {
  it('waits longer each time, within bounds, never in step', () => {
    expect(pauseBefore(0, () => 0)).toBe(250)
    expect(pauseBefore(0, () => 1)).toBe(500)
    expect(pauseBefore(20, () => 1)).toBe(15_000)
  })

  it('goes to the page’s own server with the token', () => {
    const at = { protocol: 'https:', host: 'city:8443' } as Location
    expect(liveUrl(at, 'a+b')).toBe('wss://city:8443/api/v1/live?token=a%2Bb')
  })

  it('reconnects after a loss, tells that it resumed, and stops for good when told', () => {
    vi.useFakeTimers()
    const made: { onopen?: () => void; onclose?: () => void; close: () => void }[] = []
    vi.stubGlobal('WebSocket', class {
      onopen?: () => void
      onclose?: () => void
      constructor() {
        made.push(this)
      }
      close() {
        this.onclose?.()
      }
    })
    const opens: boolean[] = []
    const line = new LiveLine('ws://x', { message: () => undefined, open: (resumed) => opens.push(resumed), down: () => undefined })
    line.start()
    made[0]!.onopen!()
    made[0]!.onclose!()
    vi.advanceTimersByTime(600)
    made[1]!.onopen!()
    // Twenty silent seconds: the line is dead though nobody said so.
    vi.advanceTimersByTime(21_000)
    expect(made.length).toBe(3)
    line.stop()
    vi.advanceTimersByTime(60_000)
    expect(made.length).toBe(3)
    expect(opens).toEqual([false, true])
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
})
