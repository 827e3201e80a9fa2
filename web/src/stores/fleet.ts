/** The units in sight: the register, the latest position of each, and the state shown for it. */
import { computed, ref, shallowRef, triggerRef } from 'vue'
import * as api from '@/api/resources'
import type { Device, Position, UnitKind } from '@/api/types'
import { now } from './status'
import { offending } from './violations'

export type UnitState = 'reporting' | 'violation' | 'silent'
export type UnitFilter = 'all' | UnitState | 'cannot_judge'

/** `state` is the colour: a unit in violation shows it even when it has fallen silent. */
export interface Unit extends Device {
  online: boolean
  state: UnitState
}

// As the server's `online`: heard of within 5 minutes.
const SILENT_AFTER_MS = 5 * 60_000

const register = shallowRef(new Map<number, Device>())
export const loaded = ref(false)
export const loadFailed = ref(false)
export const selectedId = ref<number | null>(null)
export const filter = ref<UnitFilter>('all')
export const kindFilter = ref<UnitKind | ''>('')
export const search = ref('')

export function unitOf(device: Device, at: number, offenders: ReadonlySet<number>): Unit {
  const heard = device.last?.received_at ?? device.last?.time
  const online = heard ? at - Date.parse(heard) <= SILENT_AFTER_MS : false
  const state = offenders.has(device.id) ? 'violation' : online ? 'reporting' : 'silent'
  return { ...device, online, state }
}

// Recomputed when a position comes and each 10 s of the clock, not each second.
const coarseNow = computed(() => Math.floor(now.value / 10_000) * 10_000)

export const units = computed<Unit[]>(() => {
  const at = coarseNow.value
  return [...register.value.values()].map((device) => unitOf(device, at, offending.value))
})

export const selected = computed(
  () => units.value.find((unit) => unit.id === selectedId.value) ?? null,
)

/** A unit's plate, or its name without one; its number when it is not in sight. */
export function unitLabel(id: number): string {
  const device = register.value.get(id)
  return device?.plate ?? device?.name ?? `#${id}`
}

export function matches(unit: Unit, wanted: UnitFilter, kind: UnitKind | '', text: string): boolean {
  if (kind && unit.kind !== kind) return false
  if (wanted === 'cannot_judge' && unit.cannot_judge.length === 0) return false
  if (wanted === 'reporting' && !unit.online) return false
  if (wanted === 'silent' && unit.online) return false
  if (wanted === 'violation' && unit.state !== 'violation') return false
  const needle = text.trim().toLowerCase()
  return [unit.name, unit.plate ?? '', unit.identity].some((field) =>
    field.toLowerCase().includes(needle),
  )
}

export const visible = computed(() =>
  units.value.filter((unit) => matches(unit, filter.value, kindFilter.value, search.value)),
)

export async function loadFleet(): Promise<void> {
  try {
    const devices = await api.devices()
    register.value = new Map(devices.map((device) => [device.id, newest(device)]))
    loadFailed.value = false
  } catch (error) {
    loadFailed.value = true
    throw error
  } finally {
    loaded.value = true
  }
}

// The answer may be older than what the live line brought while it was under way.
function newest(device: Device): Device {
  const known = register.value.get(device.id)?.last
  const isNewer = known && (!device.last || known.time > device.last.time)
  return isNewer ? { ...device, last: known } : device
}

/** Positions of units outside the register (registered a moment ago) wait for its next loading. */
export function applyPositions(positions: readonly Position[]): void {
  for (const position of positions) {
    const device = register.value.get(position.device_id)
    if (!device || (device.last && device.last.time > position.time)) continue
    register.value.set(device.id, { ...device, last: position })
  }
  triggerRef(register)
}

export function clearFleet(): void {
  register.value = new Map()
  loaded.value = false
  selectedId.value = null
}
