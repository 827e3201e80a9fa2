/** What an engineer asks of a terminal: its profile, its bits, its parameters, what it said. */
import { query, request } from './client'
import type { Command } from './types'

export interface TerminalProfile {
  name: string
  zh: string
  en: string
  signals: string[]
}

export interface Bit {
  bit: number
  set: number
  changes: number
  now: boolean
  changed_at: string[]
}

export interface WordBit extends Bit {
  word: 'status' | 'alarm'
  name: string | null
}

export interface MovingItem {
  item: string
  length: number
  named: boolean
  count: number
  changes: number
  different: number
  last: string
  bits: Bit[]
}

export interface Movement {
  frames: number
  bits: WordBit[]
  items: MovingItem[]
}

export interface TerminalParameter {
  id: string
  name: string
  type: 'number' | 'text' | 'hex'
  unit: string
}

export interface TerminalMessage {
  id: number
  received_at: string
  name: string
  content: Record<string, unknown>
  /** What came of a waybill: its id, or why there is none. */
  outcome: Record<string, unknown> | null
}

/** Shown once; `encryption_key` for apps that encrypt. */
export interface TerminalToken {
  identity: string
  token: string
  encryption_key: string | null
}

export const profiles = () => request<TerminalProfile[]>('GET', '/terminal-profiles')
export const parameters = () => request<TerminalParameter[]>('GET', '/terminal-parameters')
export const movement = (device_id: number) => request<Movement>('GET', `/devices/${device_id}/bits`)
export const MESSAGES_A_PAGE = 20
export const messages = (device_id: number, name: string, before_id?: number) =>
  request<TerminalMessage[]>('GET', `/devices/${device_id}/messages${query({ name, before_id, limit: MESSAGES_A_PAGE })}`)
export const setProfile = (device_id: number, profile: string | null) =>
  request<unknown>('PATCH', `/devices/${device_id}`, { profile })
export const issueToken = (device_id: number) => request<TerminalToken>('POST', `/devices/${device_id}/token`)
export const withdrawToken = (device_id: number) => request<void>('DELETE', `/devices/${device_id}/token`)
export const order = (device_id: number, body: Record<string, unknown>) =>
  request<Command>('POST', `/devices/${device_id}/commands`, body)
