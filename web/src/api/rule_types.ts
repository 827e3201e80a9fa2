/** Rules, back-tests and why-not: the records of docs/api.md. */
import type { Severity, UnitKind, ViolationStatus } from './types'

export interface KindParameter {
  name: string
  unit: string
  default: number
  minimum: number
  maximum: number
  zh: string
  en: string
  basis: string
}

export interface RuleKind {
  name: string
  family: string
  zh: string
  en: string
  vehicle_kinds: UnitKind[]
  parameters: KindParameter[]
}

/** ISO weekdays on which it starts; minutes of the local day, past midnight when the end is not later. */
export interface Window {
  weekdays: number[]
  start_min: number
  end_min: number
  days: 'weekdays' | 'workdays' | 'holidays'
}

export interface RuleScope {
  kinds: UnitKind[]
  organisation_ids: number[]
  device_ids: number[]
  tags: string[]
}

export type RuleMode = 'live' | 'shadow' | 'off'

/** Who is told, how long after the violation was raised, and whether also when it is over. */
export interface LadderStep {
  to: 'driver' | 'company' | 'team'
  after_s: number
  unless_ended: boolean
}

/** What the unit's terminal is asked for when the rule raises; `resolution` 1 to 4, as 0x8801 has it. */
export interface RulePhoto {
  channel: number
  shots: number
  resolution: number
  per_hour: number
}

export interface RuleBody {
  organisation_id?: number | null
  kind: string
  name_zh: string
  name_en: string
  severity: Severity
  mode: RuleMode
  /** null: the severity's own. */
  ladder: LadderStep[] | null
  photo: RulePhoto | null
  parameters: Record<string, number>
  scope: RuleScope
  schedule: { zone: string; windows: Window[] } | null
  fence_ids: number[]
  fence_tags: string[]
}

export interface Rule extends RuleBody {
  id: number
  version: number
  organisation_id: number
  valid_from: string
  cannot_judge: number
  /** This version raised an error and has stopped itself. */
  failing: { since: string; error: string } | null
}

/** What a rule on trial found, beside what live rules of its kind raised of the same units. */
export interface ShadowComparison {
  rule_id: number
  from: string
  to: string
  shadow: number
  live: number
  both: number
  only_shadow: number
  only_live: number
  only_shadow_ids: number[]
  only_live_ids: number[]
}

export interface WhyNotClause {
  name: string
  zh: string
  en: string
  value: 'yes' | 'no' | 'unknown' | 'hold'
  measured: number | null
  threshold: number | null
  unit: string
}

/** What a fix says of it, or a run of fixes that all say the same. */
export interface WhyNotFinding {
  code: string
  zh: string
  en: string
  fix_at: string | null
  clauses: WhyNotClause[]
  violation_id: number | null
}

/** At most a day, in runs. */
export interface WhyNotPeriod {
  runs: (WhyNotFinding & { from: string; to: string })[]
  cut: boolean
}

export interface BackTestDevice {
  id: number
  name: string
  plate: string | null
  kind: UnitKind
}

export interface BackTestFinding {
  verdict: 'same' | 'only_now'
  violation_id: number | null
  device: BackTestDevice
  started_at: string
  ended_at: string | null
  last_at: string
  longitude: number
  latitude: number
  fence_id: number | null
  sentence_zh: string
  sentence_en: string
}

export interface BackTestMissing {
  violation_id: number
  device: BackTestDevice
  started_at: string
  ended_at: string | null
  last_at: string
  status: ViolationStatus
}

export interface BackTestResult {
  devices: number
  positions: number
  seconds: number
  found: number
  findings: BackTestFinding[]
  diff: { raised: number; same: number; only_now: number; only_before: number; missing: BackTestMissing[] }
  cut: boolean
}

export interface BackTest {
  id: number
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  progress: number
  rule_id: number
  from: string
  to: string
  result: BackTestResult | null
  error: string | null
}

/** What putting a rule file back changes, by kind and name. */
export interface RuleFileChange {
  added: string[]
  changed: string[]
  unchanged: number
  dry_run: boolean
}
