/** A rule's parameters as they work: the kind's defaults with the rule's own values laid over. */
import type { BackTestDevice, BackTestResult, KindParameter, RuleBody, RuleKind, RulePhoto } from '@/api/rule_types'
import { sentenceOf } from './sentences'
import type { Language } from './time'

export type EffectiveParameter = KindParameter & { value: number }

export function effectiveParameters(rule: RuleBody, kind: RuleKind | undefined): EffectiveParameter[] {
  return (kind?.parameters ?? []).map((parameter) => ({
    ...parameter,
    value: rule.parameters[parameter.name] ?? parameter.default,
  }))
}

/** The kind's own thresholds, and those that most kinds have and this rule leaves as they are. */
export function apart(parameters: EffectiveParameter[], kinds: readonly RuleKind[]): { own: EffectiveParameter[]; usual: EffectiveParameter[] } {
  const holders = (name: string) => kinds.filter((kind) => kind.parameters.some((parameter) => parameter.name === name))
  const isUsual = ({ name, value, default: usual }: EffectiveParameter) => value === usual && 2 * holders(name).length > kinds.length
  return { own: parameters.filter((one) => !isUsual(one)), usual: parameters.filter(isUsual) }
}

/** What the rule overrides: only values that differ from the kind's default. */
export function overrides(parameters: readonly EffectiveParameter[]): Record<string, number> {
  const changed = parameters.filter(({ value, default: standard }) => value !== standard)
  return Object.fromEntries(changed.map(({ name, value }) => [name, value]))
}

export function outOfRange(parameter: EffectiveParameter): boolean {
  const { value, minimum, maximum } = parameter
  return !Number.isFinite(value) || value < minimum || value > maximum
}

export type Verdict = 'same' | 'only_now' | 'only_before'

export interface VerdictRow {
  key: string
  unit: string
  started_at: string
  sentence: string
  violation_id: number | null
  place: [number, number] | null
}

/** The rows of one verdict of a back-test, newest first. */
export function verdictRows(result: BackTestResult, verdict: Verdict, language: Language): VerdictRow[] {
  const nameOf = (device: BackTestDevice) => device.plate ?? device.name
  const rows: VerdictRow[] =
    verdict === 'only_before'
      ? result.diff.missing.map((item) => ({
          key: `before-${item.violation_id}`,
          unit: nameOf(item.device),
          started_at: item.started_at,
          sentence: '',
          violation_id: item.violation_id,
          place: null,
        }))
      : result.findings
          .filter((item) => item.verdict === verdict)
          .map((item) => ({
            key: `${item.device.id}-${item.started_at}`,
            unit: nameOf(item.device),
            started_at: item.started_at,
            sentence: sentenceOf(item, language),
            violation_id: item.violation_id,
            place: [item.longitude, item.latitude],
          }))
  return rows.sort((a, b) => b.started_at.localeCompare(a.started_at))
}

/** A rule to begin with: the kind's defaults, its names, no narrowing. */
export function blankRule(kind: RuleKind): RuleBody {
  return {
    kind: kind.name,
    name_zh: kind.zh,
    name_en: kind.en,
    severity: 'warning',
    mode: 'live',
    ladder: null,
    photo: null,
    parameters: {},
    scope: { kinds: [], organisation_ids: [], device_ids: [], tags: [] },
    schedule: null,
    fence_ids: [],
    fence_tags: [],
  }
}

export const RESOLUTIONS = ['320 × 240', '640 × 480', '800 × 600', '1024 × 768'] as const
const PHOTO_MOST: RulePhoto = { channel: 255, shots: 3, resolution: RESOLUTIONS.length, per_hour: 60 }

/** What the server takes when nothing else is said. */
export const usualPhoto = (): RulePhoto => ({ channel: 1, shots: 1, resolution: 2, per_hour: 6 })

/** The nearest whole number that a photo may have there; null: it is no number. */
export function withinRange(name: keyof RulePhoto, value: number): number | null {
  return Number.isFinite(value) ? Math.min(Math.max(Math.round(value), 1), PHOTO_MOST[name]) : null
}
