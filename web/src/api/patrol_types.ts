/** Rosters, attendance, tasks and hand-over, as docs/api.md has them. */
import type { Feature, LineString } from 'geojson'
import type { Window } from './rule_types'
import type { TrackProperties } from './types'

export interface ShiftPattern {
  id: number
  organisation_id: number
  name: string
  zone: string
  windows: Window[]
}
export interface PatternBody {
  name: string
  zone?: string
  windows: Window[]
}
export interface Roster {
  id: number
  device_id: number
  device_name: string
  organisation_id: number
  pattern_id: number
  pattern_name: string
  from_date: string
  to_date: string | null
}
export interface RosterBody {
  device_ids: number[]
  pattern_id: number
  from_date: string
  to_date: string | null
}
export interface WorkedShift {
  id: number
  device_id: number
  device_name: string
  planned_device_id: number
  planned_device_name: string
  starts_at: string
  ends_at: string
  roster_id: number | null
}
export const LEAVE_REASONS = ['annual', 'sick', 'personal', 'official', 'other'] as const
export type LeaveReason = (typeof LEAVE_REASONS)[number]
export interface Leave {
  id: number
  device_id: number
  device_name: string
  starts_at: string
  ends_at: string
  reason: LeaveReason
  note: string
}
export interface Swap {
  id: number
  device_id: number
  device_name: string
  substitute_id: number
  substitute_name: string
  starts_at: string
  note: string
}

export const PERS = ['period', 'day', 'week', 'month'] as const
export type Per = (typeof PERS)[number]
export const ATTENDANCE_BY = ['person', 'team', 'all'] as const
export type AttendanceBy = (typeof ATTENDANCE_BY)[number]
export const COVERAGE_BY = ['cell', 'team', 'person'] as const
export type CoverageBy = (typeof COVERAGE_BY)[number]
export interface Attendance {
  id: number | null
  name: string | null
  organisation: string | null
  begins: string | null
  shifts: number
  present: number
  absent: number
  unknown: number
  running: number
  late: number
  left_early: number
  present_h: number
  away_h: number
  unknown_h: number
  walked_km: number
  cells: number
  cells_visited: number
  cells_pct: number | null
}
export interface AttendedShift {
  id: number
  name: string
  organisation: string
  starts_at: string
  ends_at: string
  state: 'running' | 'present' | 'absent' | 'unknown' | null
  late: boolean | null
  left_early: boolean | null
  first_at: string | null
  last_at: string | null
  present_h: number
  unknown_h: number
  walked_km: number
  cells_pct: number | null
}
export interface CellCoverage {
  id: number
  name: string
  code: string | null
  organisation: string
  begins: string | null
  cells: number
  cells_visited: number
  cells_pct: number | null
  visits: number
  hours: number
  people: number
  days: number
  last_at: string | null
}

export interface Place {
  longitude: number
  latitude: number
}
export type TaskState = 'queued' | 'sent' | 'delivered' | 'read' | 'done' | 'failed' | 'expired' | 'cancelled'
export interface Task {
  id: number
  organisation: string
  device_id: number
  device_name: string
  kind: 'message' | 'task'
  text: string
  place: Place | null
  deadline: string | null
  overdue: boolean
  state: TaskState
  created_by: string | null
  created_at: string
  delivered_at: string | null
  read_at: string | null
  done_at: string | null
}
export interface TaskBody {
  device_ids: number[]
  kind: 'message' | 'task'
  text: string
  place: Place | null
  deadline: string | null
}
export interface NearInspector {
  device_id: number
  name: string
  organisation: string
  distance_m: number
  age_s: number
  fresh: boolean
}
export const SUMMARY = [
  'open_violations',
  'taken_violations',
  'new_violations',
  'closed_violations',
  'open_tasks',
  'overdue_tasks',
  'running_shifts',
  'absent',
  'unknown',
  'late',
] as const
export type HandoverSummary = Record<(typeof SUMMARY)[number], number>
export interface HandoverNote {
  id: number
  organisation: string
  text: string
  summary: HandoverSummary
  created_by: string | null
  created_at: string
  taken_by: string | null
  taken_at: string | null
}
export interface PathView {
  id: number
  device_name: string
  user_name: string
  role: string
  user_organisation: string
  at: string
  from_time: string
  to_time: string
  source: 'path' | 'track'
}

export const START_STATES = ['absent', 'late', 'unknown', 'expected', 'on_leave', 'present'] as const
export type StartState = (typeof START_STATES)[number]
export interface Starter {
  device_id: number
  name: string
  organisation: string
  ends_at: string
  state: StartState
  why_zh: string
  why_en: string
  came_at: string | null
  leave: { reason: LeaveReason; note: string; ends_at: string } | null
  instead_of: { device_id: number; name: string } | null
}
/** Who of the shifts that start at one time is there. */
export interface StartRollcall {
  starts_at: string
  starts: { starts_at: string; people: number }[]
  counts: Record<StartState, number>
  people: Starter[]
}

/** What lies beside the raw track in the answer of `/patrol/{id}/path`. */
export interface PatrolGap {
  from: string
  to: string
  from_index: number
  to_index: number
  kind: 'no_gnss' | 'no_network' | 'phone_off' | 'app_killed' | 'off_shift' | 'no_data'
  told_by: 'handset' | 'fixes' | null
  storm_id: number | null
}
export interface PatrolStay {
  from: string
  to: string
  longitude: number
  latitude: number
}
export interface PatrolEvent {
  at: string
  event: string
  point: string | null
  text: string | null
  region: string | null
  longitude: number | null
  latitude: number | null
}
export type PatrolPath = Feature<
  LineString,
  Omit<TrackProperties, 'gaps'> & {
    from: string
    to: string
    length_m: number
    gaps: PatrolGap[]
    stays: PatrolStay[]
    events: PatrolEvent[]
  }
>
