/** The queue's lines, and what became of a violation, in words. */
import type { Repeat } from '@/api/outcome_types'
import type { Violation } from '@/api/types'
import type { Language } from './time'

/** Violations of one incident or one storm: the newest leads, the others lie under it. */
export interface QueueLine {
  key: string
  lead: Violation
  others: Violation[]
}

export function keyOf(violation: Violation): string {
  if (violation.inhibited_by !== null) return `storm-${violation.inhibited_by}`
  return violation.incident === null ? `violation-${violation.id}` : `incident-${violation.incident}`
}

/** In the order of the first of each. */
export function linesOf(violations: readonly Violation[]): QueueLine[] {
  const lines = new Map<string, QueueLine>()
  for (const violation of violations) {
    const key = keyOf(violation)
    const line = lines.get(key)
    if (line) line.others.push(violation)
    else lines.set(key, { key, lead: violation, others: [] })
  }
  return [...lines.values()]
}

const ENDINGS: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' }
const ORDINALS = new Intl.PluralRules('en', { type: 'ordinal' })

/** `365 天内第 3 次`, `3rd time in 365 days`: this one is counted, too. */
export function repeatText({ count, days }: Repeat, language: Language): string {
  const nth = count + 1
  if (language === 'zh') return `${days} 天内第 ${nth} 次`
  return `${nth}${ENDINGS[ORDINALS.select(nth)] ?? 'th'} time in ${days} days`
}
