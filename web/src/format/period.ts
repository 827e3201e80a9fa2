/** Periods of whole local days, as date fields have them. */
import { dateTime } from './time'

const DAY_MS = 86_400_000

export interface Days {
  from: string
  to: string
}

const day = (time: number) => dateTime(time).slice(0, 10)

/** The last `count` days, today included. */
export const lastDays = (count: number, now: number): Days => ({ from: day(now - (count - 1) * DAY_MS), to: day(now) })

/** From the beginning of the first day to the end of the last; null of fields that are empty or turned round. */
export function periodOf({ from, to }: Days): { from: string; to: string } | null {
  const begin = new Date(`${from}T00:00:00`)
  const end = new Date(`${to}T00:00:00`)
  end.setDate(end.getDate() + 1)
  if (Number.isNaN(begin.getTime()) || Number.isNaN(end.getTime()) || begin >= end) return null
  return { from: begin.toISOString(), to: end.toISOString() }
}
