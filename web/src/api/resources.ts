/** The server's resources, one function a route of docs/api.md that the page uses. */
import type { CalendarDay } from '@/format/calendar'
import { query, request, requestFile } from './client'
import type { Incident, Storm } from './outcome_types'
import type {
  Collection,
  Command,
  Device,
  Evidence,
  Organisation,
  QuarantineEntry,
  RollcallEntry,
  Status,
  Track,
  UnregisteredTerminal,
  User,
  Violation,
  Webhook,
} from './types'

export interface ViolationQuery {
  status?: string
  kind?: string
  device_id?: number
  from?: string
  to?: string
  before_id?: number
  limit?: number
  shadow?: boolean
}

export interface Closing {
  result: string
  reason?: string
  note?: string
}

export const login = (username: string, password: string) =>
  request<{ token: string; user: User }>('POST', '/login', { username, password })
export const me = () => request<User>('GET', '/me')
export const status = () => request<Status>('GET', '/status')
export const organisations = () => request<Organisation[]>('GET', '/organisations')
export const devices = () => request<Device[]>('GET', '/devices')
export const fences = () => request<Collection>('GET', '/fences')
export const basemap = () => request<Collection>('GET', '/basemap')

export const track = (deviceId: number, from: string, to: string, maxPoints = 2000) =>
  request<Track>('GET', `/devices/${deviceId}/track${query({ from, to, max_points: maxPoints })}`)

export const violations = (filter: ViolationQuery) =>
  request<Violation[]>('GET', `/violations${query({ ...filter })}`)
export const incident = (id: number) => request<Incident>('GET', `/incidents/${id}`)
export const STORMS_A_PAGE = 50
export const storms = (before_id?: number, limit = STORMS_A_PAGE) =>
  request<Storm[]>('GET', `/storms${query({ before_id, limit })}`)
/** null: not visible to the caller. */
export async function storm(id: number): Promise<Storm | null> {
  const [found] = await storms(id + 1, 1)
  return found?.id === id ? found : null
}
export const evidence = (id: number) => request<Evidence>('GET', `/violations/${id}`)
export const evidenceFile = (id: number) => requestFile(`/violations/${id}/evidence.zip`)
export const take = (id: number) => request<Violation>('POST', `/violations/${id}/take`)
export const close = (id: number, closing: Closing) =>
  request<Violation>('POST', `/violations/${id}/close`, closing)
export const warn = (id: number, text: string) =>
  request<Command>('POST', `/violations/${id}/warn`, text ? { text } : {})

export const sendText = (deviceId: number, text: string) =>
  request<Command>('POST', `/devices/${deviceId}/commands`, { kind: 'text', text })
export const takePhoto = (deviceId: number) =>
  request<Command>('POST', `/devices/${deviceId}/commands`, { kind: 'photo' })
export const deviceCommands = (deviceId: number) =>
  request<Command[]>('GET', `/devices/${deviceId}/commands`)
export const command = (id: number) => request<Command>('GET', `/commands/${id}`)

export const rollcall = () => request<RollcallEntry[]>('GET', '/patrol/rollcall')
export const patrolCells = () => request<Collection>('GET', '/patrol/cells')

export interface Calendar {
  known_until: string | null
  days: CalendarDay[]
}
export const calendar = (year: number) => request<Calendar>('GET', `/calendar${query({ year })}`)
export const changeCalendar = (days: CalendarDay[]) => request<Calendar>('PUT', '/calendar', { days })

export const unregistered = () => request<UnregisteredTerminal[]>('GET', '/unregistered')
export const quarantine = (limit = 200) =>
  request<QuarantineEntry[]>('GET', `/quarantine${query({ limit })}`)
export const webhooks = () => request<Webhook[]>('GET', '/webhooks')
export const addWebhook = (url: string) => request<Webhook>('POST', '/webhooks', { url })
export const removeWebhook = (id: number) => request<void>('DELETE', `/webhooks/${id}`)
