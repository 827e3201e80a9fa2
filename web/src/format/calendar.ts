/** A year as months of days, each what its weekday or the calendar says. */

export type DayKind = 'holiday' | 'workday' | 'plain'

export interface CalendarDay {
  date: string
  kind: DayKind
  name: string
}

export interface MonthDay extends CalendarDay {
  day: number
  /** ISO, 1 is Monday. */
  weekday: number
}

const iso = (year: number, month: number, day: number) =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`

/** Twelve months; days that `known` does not name are plain. */
export function monthsOf(year: number, known: ReadonlyMap<string, CalendarDay>): MonthDay[][] {
  return Array.from({ length: 12 }, (_, index) => {
    const count = new Date(Date.UTC(year, index + 1, 0)).getUTCDate()
    return Array.from({ length: count }, (_, at) => {
      const day = at + 1
      const date = iso(year, index + 1, day)
      const weekday = ((new Date(Date.UTC(year, index, day)).getUTCDay() + 6) % 7) + 1
      const { kind, name } = known.get(date) ?? { kind: 'plain' as const, name: '' }
      return { date, kind, name, day, weekday }
    })
  })
}

/** Whether people work on it: what rules with windows of workdays read. */
export const isWorkday = ({ kind, weekday }: MonthDay) =>
  kind === 'workday' || (kind === 'plain' && weekday <= 5)
