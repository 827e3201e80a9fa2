/** The records of docs/api.md. Unknown values are null; times are ISO 8601 UTC; angles WGS-84. */
import type { Feature, FeatureCollection, LineString } from 'geojson'
import type { PermitInForce, Repeat, TakenStep, WaybillInForce } from './outcome_types'

export type UnitKind =
  | 'sweeper'
  | 'water_truck'
  | 'muck_truck'
  | 'mixer'
  | 'garbage_truck'
  | 'inspector'
  | 'other'
export type Severity = 'info' | 'warning' | 'serious'
export type ViolationStatus = 'open' | 'taken' | 'closed'
export type Role = 'chief' | 'dispatcher' | 'officer' | 'company' | 'inspector'
export type FixSource = 'gnss' | 'lbs' | 'wifi' | 'none'
export type Signals = Record<string, string>

export interface User {
  id: number
  username: string
  display_name: string
  role: Role
  organisation: { id: number; name: string; name_en: string }
  locale: string
  permissions?: string[]
  map?: { style_url: string | null; pmtiles_url: string | null } | null
}

export interface Organisation {
  id: number
  parent_id?: number | null
  name: string
  name_en: string
}

export interface Position {
  device_id: number
  time: string
  longitude: number | null
  latitude: number | null
  altitude_m: number | null
  speed_kmh: number | null
  course_deg: number | null
  accuracy_m: number | null
  fix_source: FixSource
  satellites: number | null
  odometer_m: number | null
  alarms: string[]
  signals: Signals
  received_at: string | null
  attributes: Record<string, unknown> | null
  online: boolean
}

export interface CannotJudge {
  rule_id: number
  rule_name_zh?: string | null
  rule_name_en?: string | null
  since: string
  reason: string
}

export interface Device {
  id: number
  organisation_id: number
  identity: string
  protocol: string
  kind: UnitKind
  name: string
  plate: string | null
  tags: string[]
  profile: string | null
  last: Position | null
  cannot_judge: CannotJudge[]
}

export interface Gap {
  from: string
  to: string
  from_index: number
  to_index: number
  kind: 'no_data' | 'no_gnss' | 'no_network' | 'phone_off' | 'app_killed' | 'off_shift'
}

export interface TrackProperties {
  device_id: number
  points: number
  simplified: boolean
  unpositioned?: number
  times: string[]
  speed_kmh: (number | null)[]
  course_deg: (number | null)[]
  signals: (Signals | null)[]
  fix_source: FixSource[]
  accuracy_m: (number | null)[]
  gaps: Gap[]
}
export type Track = Feature<LineString, TrackProperties>

export interface Status {
  now: string
  units: number
  reporting: number
  silent: number
  open_violations: number
  taken_violations: number
  cannot_judge: number
  failing_rules: number
  unregistered: number
  quarantined: number
  clock: 'system' | 'simulated'
  database: { mode: 'timescale' | 'plain'; embedded: boolean }
  disk: 'unknown' | 'ok' | 'warning' | 'tight'
  spool: { state: 'empty' | 'holding' | 'full'; positions: number; since: string | null }
  demo: DemoGrade | null
  version?: string
}

export interface DemoGrade {
  raised: number
  true: number
  false: number
  missed: number
  pending: number
}

export interface Person {
  id: number
  display_name: string
}

export interface Violation {
  id: number
  organisation_id: number
  organisation: string | null
  responsible_organisation_id: number | null
  responsible_organisation: string | null
  device: { id: number; name: string; plate: string | null; kind: UnitKind }
  rule: { id: number; version: number; kind: string; name_zh: string | null; name_en: string | null }
  severity: Severity
  started_at: string
  ended_at: string | null
  last_at: string
  duration_s: number | null
  longitude: number
  latitude: number
  fence: { id: number; version: number; name: string | null } | null
  measures: Record<string, unknown>
  sentence_zh: string
  sentence_en: string
  finding: 'standing' | 'withdrawn'
  status: ViolationStatus
  late: boolean
  /** Found by a rule on trial: told to nobody, nobody can take it. */
  shadow: boolean
  incident: number | null
  repeat: Repeat | null
  /** A storm's id. */
  inhibited_by: number | null
  ladder: TakenStep[]
  taken_by: Person | null
  taken_at: string | null
  closed_by: Person | null
  closed_at: string | null
  result: string | null
  reason: string | null
  note: string | null
  raised_at: string
}

export interface RuleParameter {
  name: string
  unit: string
  value: number
  default: number
  zh: string
  en: string
  basis: string
}

/** `[offset, length, field name, value in words]` over the bytes of `hex`. */
export type FramePiece = [number, number, string, string]

export interface Frame {
  time: string
  received_at: string
  protocol: string
  hex: string
  message: string
  pieces: FramePiece[]
}

export interface Evidence extends Omit<Violation, 'fence'> {
  fence: Feature | null
  rule_text: { zh: string; en: string; parameters: RuleParameter[] } | null
  track: Track | null
  episode: { from_index: number; to_index: number } | null
  frames: Frame[]
  against: { zh: string; en: string }[]
  photos: { sha256: string; content_type: string; bytes: number; taken_at: string; source: string }[]
  /** In force at the start. */
  permits: PermitInForce[]
  waybills: WaybillInForce[]
  corrections: { made_at?: string; correction?: Record<string, unknown>; [key: string]: unknown }[]
  log: { at: string; user: Person | string | null; action: string; detail: Record<string, unknown> }[]
  commands: Command[]
  warning_text?: string
  evidence_sha256: string | null
}

export interface Command {
  id: number
  device_id: number
  violation_id: number | null
  kind: string
  body: { text?: string; [key: string]: unknown }
  state: 'queued' | 'sent' | 'answered' | 'expired'
  result: string | null
  answer: Record<string, unknown> | null
  created_at: string
  sent_at: string | null
  answered_at: string | null
  created_by: Person | number | null
}

export type RollcallState =
  | 'on_duty'
  | 'silent'
  | 'poor_gnss'
  | 'off_grid'
  | 'off_shift'
  | 'not_started'

export interface RollcallEntry {
  device_id: number
  name: string
  organisation: string | null
  shift: { starts_at: string; ends_at: string } | null
  state: RollcallState
  why_zh: string | null
  why_en: string | null
  last: Position | null
  battery_pct: number | null
  network: string | null
  gnss_state: string | null
  grid: { fence_id: number; name: string } | null
}

export interface UnregisteredTerminal {
  protocol: string
  identity: string
  peer: string
  attempts: number
  details: Record<string, unknown>
  first_seen: string
  last_seen: string
}

export interface QuarantineEntry {
  id: number
  received_at: string
  protocol: string
  peer: string
  identity: string | null
  reason: string
  detail: string
  hex: string
  bytes: number
}

export interface Webhook {
  id: number
  url: string
  enabled?: boolean
  secret?: string
}

export type LiveMessage =
  | { type: 'positions'; positions: Position[] }
  | { type: 'violation'; violation: Violation }
  | { type: 'command'; command: Command }
  | { type: 'status'; status: Status }

export type Collection = FeatureCollection
