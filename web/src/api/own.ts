/** What an inspector may ask with an account of the own. */
import { query, request } from './client'
import type { Period } from './patrol'
import type { AttendedShift, PathView, PatrolPath, Task, WorkedShift } from './patrol_types'
import type { Collection, RollcallEntry } from './types'

export interface OwnDuty {
  now: string
  duty: RollcallEntry
  shifts: WorkedShift[]
  cells: Collection
}

export const duty = () => request<OwnDuty>('GET', '/me/duty')
export const path = () => request<PatrolPath>('GET', '/me/path')
export const tasks = () => request<Task[]>('GET', '/me/tasks')
export const markTask = (id: number, mark: 'read' | 'done') => request<Task>('POST', `/me/tasks/${id}/${mark}`, {})
export const attendance = (period: Period) => request<AttendedShift[]>('GET', `/me/attendance${query({ ...period })}`)
export const views = () => request<PathView[]>('GET', '/me/views')
