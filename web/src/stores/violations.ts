/** The work queue of violations: filters, paging, live changes and what is new. */
import { computed, reactive, ref, shallowRef } from 'vue'
import * as api from '@/api/resources'
import type { Violation } from '@/api/types'

export interface QueueFilter {
  status: '' | 'open' | 'taken' | 'closed'
  kind: string
  severity: string
  /** Raised within this many hours; 0: any. */
  age_h: number
  device_id: number | null
  place: string
  responsible_id: number | null
  /** What rules on trial found, instead of the queue. */
  shadow: boolean
}

const PAGE_SIZE = 100
// The list in memory; beyond it the oldest are dropped and come back by paging.
const LIST_CAP = 2000
const NEW_FOR_MS = 60_000

export const EMPTY_FILTER: QueueFilter = {
  status: 'open',
  kind: '',
  severity: '',
  age_h: 0,
  device_id: null,
  place: '',
  responsible_id: null,
  shadow: false,
}

export const filter = reactive<QueueFilter>({ ...EMPTY_FILTER })
export const list = shallowRef<Violation[]>([])
/** Those that go on now, of any filter: they colour the map. */
const ongoing = shallowRef(new Map<number, Violation>())
export const fresh = ref(new Map<number, number>())
export const loading = ref(false)
export const failed = ref(false)
export const complete = ref(false)
let requestSerial = 0

export const offending = computed(
  () => new Set([...ongoing.value.values()].map((violation) => violation.device.id)),
)

export function ongoingOf(deviceId: number): Violation[] {
  return [...ongoing.value.values()].filter((violation) => violation.device.id === deviceId)
}

export function goesOn(violation: Violation): boolean {
  return (
    !violation.shadow &&
    violation.ended_at === null && violation.finding === 'standing' && violation.status !== 'closed'
  )
}

export function passes(violation: Violation, wanted: QueueFilter, nowMs: number): boolean {
  if (violation.shadow !== wanted.shadow) return false
  if (wanted.status && violation.status !== wanted.status) return false
  if (wanted.status === 'open' && violation.finding === 'withdrawn') return false
  if (wanted.kind && violation.rule.kind !== wanted.kind) return false
  if (wanted.severity && violation.severity !== wanted.severity) return false
  if (wanted.age_h && nowMs - Date.parse(violation.raised_at) > wanted.age_h * 3_600_000) return false
  if (wanted.device_id !== null && violation.device.id !== wanted.device_id) return false
  if (wanted.responsible_id !== null && violation.responsible_organisation_id !== wanted.responsible_id)
    return false
  return !wanted.place || (violation.fence?.name ?? '').includes(wanted.place)
}

/** The list with one violation put in, newest first, or taken out when it no longer passes. */
export function merged(held: readonly Violation[], violation: Violation, keep: boolean): Violation[] {
  const others = held.filter((item) => item.id !== violation.id)
  if (!keep) return others
  const place = others.findIndex((item) => item.id < violation.id)
  if (place < 0) others.push(violation)
  else others.splice(place, 0, violation)
  return others.slice(0, LIST_CAP)
}

function serverQuery(beforeId?: number, nowMs = Date.now()): api.ViolationQuery {
  return {
    status: filter.status || undefined,
    kind: filter.kind || undefined,
    device_id: filter.device_id ?? undefined,
    from: filter.age_h ? new Date(nowMs - filter.age_h * 3_600_000).toISOString() : undefined,
    shadow: filter.shadow || undefined,
    before_id: beforeId,
    limit: PAGE_SIZE,
  }
}

export async function loadQueue(nowMs: number): Promise<void> {
  const serial = ++requestSerial
  loading.value = true
  try {
    const page = await api.violations(serverQuery(undefined, nowMs))
    // A slower answer to an older filter must not replace this one's.
    if (serial !== requestSerial) return
    list.value = page
    complete.value = page.length < PAGE_SIZE
    failed.value = false
  } catch (error) {
    failed.value = true
    throw error
  } finally {
    if (serial === requestSerial) loading.value = false
  }
}

export async function loadOlder(nowMs: number): Promise<void> {
  const oldest = list.value.at(-1)
  if (!oldest || complete.value || loading.value) return
  loading.value = true
  const serial = requestSerial
  try {
    const page = await api.violations(serverQuery(oldest.id, nowMs))
    if (serial !== requestSerial) return
    list.value = [...list.value, ...page]
    complete.value = page.length < PAGE_SIZE || list.value.length >= LIST_CAP
  } finally {
    loading.value = false
  }
}

export async function loadOngoing(): Promise<void> {
  const pages = await Promise.all(
    ['open', 'taken'].map((status) => api.violations({ status, limit: PAGE_SIZE })),
  )
  ongoing.value = new Map(pages.flat().filter(goesOn).map((item) => [item.id, item]))
}

/** `isNews`: the live line told of it, so an unknown one is highlighted for a minute. */
export function applyViolation(violation: Violation, nowMs: number, isNews = false): boolean {
  const wasKnown = ongoing.value.has(violation.id) || list.value.some((item) => item.id === violation.id)
  const going = new Map(ongoing.value)
  if (goesOn(violation)) going.set(violation.id, violation)
  else going.delete(violation.id)
  ongoing.value = going
  list.value = merged(list.value, violation, passes(violation, filter, nowMs))
  const isNew = isNews && !wasKnown && !violation.shadow && violation.status === 'open' && violation.finding === 'standing'
  if (isNew) markFresh(violation.id)
  return isNew
}

function markFresh(id: number): void {
  fresh.value.set(id, Date.now())
  setTimeout(() => fresh.value.delete(id), NEW_FOR_MS)
}

export function clearViolations(): void {
  list.value = []
  ongoing.value = new Map()
  fresh.value.clear()
  Object.assign(filter, EMPTY_FILTER)
}
