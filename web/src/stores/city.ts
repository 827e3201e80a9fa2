/** What lies under the units: base map and fences, loaded once a session; organisations too. */
import { ref, shallowRef } from 'vue'
import * as api from '@/api/resources'
import type { Collection, Organisation } from '@/api/types'

export const basemap = shallowRef<Collection | null>(null)
export const fences = shallowRef<Collection | null>(null)
export const organisations = shallowRef<Organisation[]>([])
export const cityReady = ref(false)

export async function loadCity(): Promise<void> {
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

export function clearCity(): void {
  fences.value = null
  organisations.value = []
  cityReady.value = false
}
