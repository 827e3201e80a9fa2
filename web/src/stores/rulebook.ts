/** Rules and their kinds: names for filters and lists, parameters for the tools tab. */
import { computed, shallowRef } from 'vue'
import * as api from '@/api/rules'
import type { Rule, RuleKind } from '@/api/rule_types'
import type { Device } from '@/api/types'
import { language } from './preferences'

export const rules = shallowRef<Rule[]>([])
export const kinds = shallowRef<RuleKind[]>([])
let loading: Promise<void> | null = null

export async function loadRulebook(): Promise<void> {
  const [held, known] = await Promise.all([api.all(), api.kinds()])
  rules.value = held
  kinds.value = known
}

/** Load once; a failure lets the next caller try again. */
export function needRulebook(): Promise<void> {
  loading ??= loadRulebook().catch((error) => {
    loading = null
    throw error
  })
  return loading
}

export function forgetRulebook(): void {
  loading = null
  rules.value = []
}

export const kindNames = computed(
  () => new Map(kinds.value.map((kind) => [kind.name, kind[language.value]])),
)

export function ruleName(id: number): string {
  const rule = rules.value.find((item) => item.id === id)
  if (!rule) return `#${id}`
  return language.value === 'zh' ? rule.name_zh : rule.name_en
}

/** Whether a rule can be about the unit; organisations are the server's to weigh. */
export function judges(rule: Rule, unit: Pick<Device, 'id' | 'kind'>): boolean {
  const { kinds: ofKinds, device_ids: ofDevices } = rule.scope
  const judged = kinds.value.find((kind) => kind.name === rule.kind)?.vehicle_kinds ?? []
  const isOfKind = judged.includes(unit.kind) && (ofKinds.length === 0 || ofKinds.includes(unit.kind))
  return isOfKind && (ofDevices.length === 0 || ofDevices.includes(unit.id))
}
