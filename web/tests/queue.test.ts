import { describe, expect, it } from 'vitest'
import type { Violation } from '@/api/types'
import { linesOf, repeatText } from '@/format/queue'

const violation = (id: number, incident: number | null, inhibited_by: number | null = null) =>
  ({ id, incident, inhibited_by }) as Violation
const shape = (violations: Violation[]) =>
  linesOf(violations).map(({ key, lead, others }) => [key, lead.id, ...others.map(({ id }) => id)])

describe('the lines of the queue', () => {
  it('lay an incident under its newest violation, in the order of the queue', () => {
    const queue = [violation(9, 3), violation(8, 5), violation(7, null), violation(5, 5), violation(3, 3)]
    expect(shape(queue)).toEqual([['incident-3', 9, 3], ['incident-5', 8, 5], ['violation-7', 7]])
  })

  it('keep what belongs to nothing apart, and a storm from an incident of the same number', () => {
    const queue = [violation(4, null), violation(3, null), violation(2, null, 6), violation(1, 6), violation(0, null, 6)]
    expect(shape(queue)).toEqual([['violation-4', 4], ['violation-3', 3], ['storm-6', 2, 0], ['incident-6', 1]])
  })
})

describe('a repeat', () => {
  it.each([
    [0, '1st'], [1, '2nd'], [2, '3rd'], [3, '4th'], [10, '11th'], [11, '12th'], [12, '13th'], [20, '21st'], [111, '112th'],
  ])('with %i before is the %s', (count, nth) => {
    expect(repeatText({ count, days: 365, limit: 2 }, 'en')).toBe(`${nth} time in 365 days`)
  })

  it('counts in Chinese, too', () => {
    expect(repeatText({ count: 2, days: 365, limit: 2 }, 'zh')).toBe('365 天内第 3 次')
  })
})
