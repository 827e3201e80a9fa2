/** What lies under the units: base map and fences, loaded once a session; organisations too. */
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/resources'
import type { Collection, Organisation } from '@/api/types'
import { isInspector, user } from './session'

export const basemap = shallowRef<Collection | null>(null)
export const fences = shallowRef<Collection | null>(null)
export const organisations = shallowRef<Organisation[]>([])
export const cityReady = ref(false)

/** Whether the user's organisation stands below no other: the calendar is the whole server's. */
export const isTopmost = computed(() => {
  const own = organisations.value.find((item) => item.id === user.value?.organisation.id)
  return own !== undefined && (own.parent_id ?? null) === null
})

const fenceNames = computed(
  () => new Map((fences.value?.features ?? []).map((fence) => [fence.id, String(fence.properties?.name ?? '')])),
)

/** A fence's name; its number when it is not in sight or no more in force. */
export const fenceName = (id: number) => fenceNames.value.get(id) || `#${id}`

/** An inspector gets the base map alone. */
export async function loadCity(): Promise<void> {
  if (isInspector.value) {
    basemap.value = await api.basemap().catch(() => null)
    cityReady.value = true
    return
  }
  const [base, areas, units] = await Promise.allSettled([
    api.basemap(),
    api.fences(),
    api.organisations(),
  ])
  // A city without a base map is still usable: units and fences on a plain ground.
  if (base.status === 'fulfilled') basemap.value = base.value
  if (areas.status === 'fulfilled') fences.value = areas.value
  if (units.status === 'fulfilled') organisations.value = units.value
  cityReady.value = true
}

export async function reloadFences(): Promise<void> {
  fences.value = await api.fences()
}

export function clearCity(): void {
  fences.value = null
  organisations.value = []
  cityReady.value = false
}

/** Fences that carry one of the tags or have one of the shapes, to choose from. */
export function fencesOf(words: readonly string[]): { id: number; name: string }[] {
  return (fences.value?.features ?? [])
    .filter(({ properties }) => words.includes(properties?.shape) || words.some((word) => properties?.tags?.includes(word)))
    .map((fence) => ({ id: fence.id as number, name: fenceName(fence.id as number) }))
}
