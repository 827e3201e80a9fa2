/** A rule's parameters as they work: the kind's defaults with the rule's own values laid over. */
import type { Rule, RuleKind } from '@/api/types'

export type EffectiveParameter = RuleKind['parameters'][number] & { value: number }

export function effectiveParameters(rule: Rule, kind: RuleKind | undefined): EffectiveParameter[] {
  return (kind?.parameters ?? []).map((parameter) => ({
    ...parameter,
    value: rule.parameters[parameter.name] ?? parameter.default,
  }))
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
