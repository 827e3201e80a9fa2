/** How serious the states of inspectors and of their shifts look. */
import type { AttendedShift, StartState } from '@/api/patrol_types'
import type { RollcallState } from '@/api/types'

export const ROLLCALL_TONES: Record<RollcallState, string> = {
  silent: 'bad',
  not_started: 'bad',
  off_grid: 'bad',
  poor_gnss: 'warn',
  on_duty: 'ok',
  off_shift: '',
}
export const SHIFT_TONES: Record<NonNullable<AttendedShift['state']>, string> = {
  present: 'ok',
  absent: 'bad',
  unknown: 'warn',
  running: 'brand',
}
export const START_TONES: Record<StartState, string> = {
  present: 'ok',
  late: 'warn',
  absent: 'bad',
  unknown: 'warn',
  on_leave: '',
  expected: 'brand',
}
