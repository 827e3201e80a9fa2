/** What becomes of a violation, and the papers on its card: the records of docs/api.md. */
import type { LadderStep } from './rule_types'
import type { Violation } from './types'

/** How many of the unit and rule the days before hold, this one not among them. */
export interface Repeat {
  count: number
  days: number
  limit: number
}

/** A step of the ladder; `reason`: why nobody was told. */
export interface TakenStep {
  to: LadderStep['to']
  due_at: string
  done_at: string | null
  state: 'waiting' | 'done' | 'grouped' | 'stopped'
  reason: string | null
}

interface PaperInForce {
  id: number
  number: string
  site_fence_id: number
  volume_m3: number | null
  valid_to_at: string
}
export interface PermitInForce extends PaperInForce {
  dump_fence_ids: number[]
  valid_from_at: string
}
export interface WaybillInForce extends PaperInForce {
  dump_fence_id: number
  issued_at: string
}

/** Violations of a unit that belong together, as far as they are visible. */
export interface Incident {
  id: number
  violations: Violation[]
}

/** Many units that fell silent or lost GNSS together. */
export interface Storm {
  id: number
  organisation: string
  cause: 'silence' | 'gnss'
  started_at: string
  until: string
  devices: number
  violations: number
  found_at: string
}
