/** Times for people, in the browser's time zone, with fixed digits whatever its locale. */

export type Language = 'zh' | 'en'

const ABSENT = '—'

function parts(date: Date): Record<string, string> {
  const pad = (value: number) => String(value).padStart(2, '0')
  return {
    year: String(date.getFullYear()),
    month: pad(date.getMonth() + 1),
    day: pad(date.getDate()),
    hour: pad(date.getHours()),
    minute: pad(date.getMinutes()),
    second: pad(date.getSeconds()),
  }
}

function parsed(time: string | number | null | undefined): Date | null {
  if (time === null || time === undefined) return null
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? null : date
}

/** `14:03:27` */
export function clockTime(time: string | number | null | undefined): string {
  const date = parsed(time)
  if (!date) return ABSENT
  const p = parts(date)
  return `${p.hour}:${p.minute}:${p.second}`
}

/** `2026-11-22 14:03:27` */
export function dateTime(time: string | number | null | undefined): string {
  const date = parsed(time)
  if (!date) return ABSENT
  const p = parts(date)
  return `${p.year}-${p.month}-${p.day} ${clockTime(time)}`
}

/** The clock time when it lies on the day of `now`, else `11-22 14:03`. */
export function shortTime(time: string | null | undefined, now: number): string {
  const date = parsed(time)
  if (!date) return ABSENT
  const p = parts(date)
  if (date.toDateString() === new Date(now).toDateString()) return `${p.hour}:${p.minute}:${p.second}`
  return `${p.month}-${p.day} ${p.hour}:${p.minute}`
}

const STEPS: readonly { size: number; zh: string; en: string }[] = [
  { size: 86_400, zh: ' 天', en: ' d' },
  { size: 3_600, zh: ' 小时', en: ' h' },
  { size: 60, zh: ' 分', en: ' min' },
  { size: 1, zh: ' 秒', en: ' s' },
]

/** The two largest units of a duration: `6 min 20 s`, `1 小时 5 分`. */
export function duration(seconds: number | null | undefined, language: Language): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return ABSENT
  let rest = Math.max(0, Math.round(seconds))
  const words: string[] = []
  for (const step of STEPS) {
    const count = Math.floor(rest / step.size)
    rest -= count * step.size
    if (count > 0 && words.length < 2) words.push(`${count}${step[language]}`)
    else if (words.length > 0) break
  }
  return words.length > 0 ? words.join(' ') : `0${STEPS[3]![language]}`
}

/** `20 秒前`, `3 min ago`; a time in the future by clock skew counts as now. */
export function ago(time: string | null | undefined, now: number, language: Language): string {
  const date = parsed(time)
  if (!date) return ABSENT
  const seconds = Math.max(0, (now - date.getTime()) / 1000)
  if (seconds < 5) return language === 'zh' ? '刚刚' : 'just now'
  const whole = seconds < 60 ? seconds : Math.floor(seconds / 60) * 60
  const text = duration(whole, language)
  return language === 'zh' ? `${text}前` : `${text} ago`
}

/** The text of a date-and-time field, in the browser's time zone: `2026-11-22T14:03:27`. */
export function fieldTime(time: number): string {
  return dateTime(time).replace(' ', 'T')
}

/** `06:30` of minutes since midnight; 24:00 is written as 00:00. */
export function minuteText(minutes: number): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${pad(Math.floor(minutes / 60) % 24)}:${pad(minutes % 60)}`
}

/** Minutes since midnight of `06:30`; null of anything else. */
export function minutesOf(text: string): number | null {
  const found = /^(\d\d):(\d\d)/.exec(text)
  return found ? Number(found[1]) * 60 + Number(found[2]) : null
}
