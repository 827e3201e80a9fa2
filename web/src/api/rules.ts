/** The routes of rules: the rulebook, its file, back-tests, why-not. */
import { query, request, requestFile } from './client'
import type { BackTest, Rule, RuleBody, RuleFileChange, RuleKind, ShadowComparison, WhyNotFinding, WhyNotPeriod } from './rule_types'

export const kinds = () => request<RuleKind[]>('GET', '/rule-kinds')
export const all = () => request<Rule[]>('GET', '/rules')
export const add = (rule: RuleBody) => request<Rule>('POST', '/rules', rule)
export const change = (id: number, rule: RuleBody) => request<Rule>('PUT', `/rules/${id}`, rule)
export const end = (id: number) => request<void>('DELETE', `/rules/${id}`)

export const shadow = (id: number) => request<ShadowComparison>('GET', `/rules/${id}/shadow`)

export const file = () => requestFile('/rules.yaml')
export const putFile = (text: Blob, dry: boolean) =>
  request<RuleFileChange>('PUT', `/rules.yaml${query({ dry_run: dry })}`, text)

/** `id` 0: compared with what every rule of the kind raised. */
export const startBackTest = (id: number, rule: RuleBody, from: string, to: string) =>
  request<BackTest>('POST', '/back-tests', { rule: { ...rule, id }, from, to })
export const backTest = (id: number) => request<BackTest>('GET', `/back-tests/${id}`)
export const cancelBackTest = (id: number) => request<void>('DELETE', `/back-tests/${id}`)

export const whyNot = (deviceId: number, ruleId: number, at: string) =>
  request<WhyNotFinding>('GET', `/why-not${query({ device_id: deviceId, rule_id: ruleId, at })}`)
export const whyNotOver = (deviceId: number, ruleId: number, from: string, to: string) =>
  request<WhyNotPeriod>('GET', `/why-not${query({ device_id: deviceId, rule_id: ruleId, from, to })}`)
