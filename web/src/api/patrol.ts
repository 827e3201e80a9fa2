/** The routes of rosters, attendance, tasks and hand-over. */
import { query, request, requestFile } from './client'
import type {
  Attendance,
  AttendanceBy,
  AttendedShift,
  CellCoverage,
  CoverageBy,
  HandoverNote,
  HandoverSummary,
  Leave,
  NearInspector,
  PatrolPath,
  PathView,
  PatternBody,
  Per,
  Place,
  Roster,
  RosterBody,
  ShiftPattern,
  StartRollcall,
  Swap,
  Task,
  TaskBody,
  WorkedShift,
} from './patrol_types'
import type { SheetImport } from './transport_types'

export interface Period {
  from: string
  to: string
}

export const patterns = () => request<ShiftPattern[]>('GET', '/shift-patterns')
export const addPattern = (body: PatternBody) => request<{ id: number }>('POST', '/shift-patterns', body)
export const changePattern = (id: number, body: PatternBody) => request<unknown>('PUT', `/shift-patterns/${id}`, body)
export const dropPattern = (id: number) => request<void>('DELETE', `/shift-patterns/${id}`)

export const rosters = () => request<Roster[]>('GET', '/rosters')
export const addRosters = (body: RosterBody) => request<{ ids: number[]; shifts: number }>('POST', '/rosters', body)
export const endRoster = (id: number) => request<void>('DELETE', `/rosters/${id}`)
export const importSheet = (what: 'rosters' | 'shifts', file: Blob, dry: boolean) =>
  request<SheetImport>('POST', `/${what}/import${query({ dry_run: dry })}`, file)

export const shifts = (period: Period) => request<WorkedShift[]>('GET', `/shifts${query({ ...period })}`)
export const leaves = (period: Period) => request<Leave[]>('GET', `/leaves${query({ ...period })}`)
export const addLeave = (body: { device_id: number; starts_at: string; ends_at: string; reason: string; note: string }) =>
  request<{ id: number }>('POST', '/leaves', body)
export const dropLeave = (id: number) => request<void>('DELETE', `/leaves/${id}`)
export const swaps = (period: Period) => request<Swap[]>('GET', `/shift-swaps${query({ ...period })}`)
export const addSwap = (body: { device_id: number; substitute_id: number; starts_at: string; note: string }) =>
  request<{ ids: number[] }>('POST', '/shift-swaps', body)
export const dropSwap = (id: number) => request<void>('DELETE', `/shift-swaps/${id}`)

type Form = { format?: 'csv' | 'xlsx'; language?: string }
const attendancePath = (period: Period, by: AttendanceBy, per: Per, form: Form = {}) =>
  `/patrol/attendance${query({ ...period, by, per, ...form })}`
export const attendance = (period: Period, by: AttendanceBy, per: Per) =>
  request<Attendance[]>('GET', attendancePath(period, by, per))
export const attendanceFile = (period: Period, by: AttendanceBy, per: Per, form: Form) =>
  requestFile(attendancePath(period, by, per, form))
export const attendedShifts = (period: Period, device_id: number | null) =>
  request<AttendedShift[]>('GET', `/patrol/attendance/shifts${query({ ...period, device_id })}`)
const coveragePath = (period: Period, by: CoverageBy, per: Per, form: Form = {}) =>
  `/patrol/coverage${query({ ...period, by, per, ...form })}`
export const cellCoverage = (period: Period, by: CoverageBy, per: Per) =>
  request<CellCoverage[]>('GET', coveragePath(period, by, per))
export const coverageFile = (period: Period, by: CoverageBy, per: Per, form: Form) =>
  requestFile(coveragePath(period, by, per, form))

export const TASKS_A_PAGE = 100
export const tasks = (open: boolean, before_id?: number) =>
  request<Task[]>('GET', `/patrol/tasks${query({ open, before_id, limit: TASKS_A_PAGE })}`)
export const sendTask = (body: TaskBody) => request<Task[]>('POST', '/patrol/tasks', body)
export const cancelTask = (id: number) => request<Task>('POST', `/patrol/tasks/${id}/cancel`, {})
export const closeTask = (id: number) => request<Task>('POST', `/patrol/tasks/${id}/done`, {})
export const nearest = (place: Place, limit: number) =>
  request<NearInspector[]>('GET', `/patrol/nearest${query({ ...place, limit })}`)

export const handoverSummary = () => request<HandoverSummary>('GET', '/patrol/handover/summary')
export const handoverNotes = () => request<HandoverNote[]>('GET', '/patrol/handover')
export const writeHandover = (text: string) => request<HandoverNote>('POST', '/patrol/handover', { text })
export const takeHandover = (id: number) => request<HandoverNote>('POST', `/patrol/handover/${id}/take`, {})

export const pathViews = (before_id?: number) =>
  request<PathView[]>('GET', `/patrol/views${query({ before_id, limit: TASKS_A_PAGE })}`)

export const startRollcall = (at: string | null) =>
  request<StartRollcall>('GET', `/patrol/rollcall/start${query({ at })}`)

export const path = (device_id: number) => request<PatrolPath>('GET', `/patrol/${device_id}/path`)
