/** The server's counts and its clock, which may be simulated: the page never asks its own clock. */
import { computed, ref } from 'vue'
import * as api from '@/api/resources'
import type { Status } from '@/api/types'

export const status = ref<Status | null>(null)
/** Whether the live line stands: connecting before the first time, down after a loss. */
export const line = ref<'connecting' | 'up' | 'down'>('connecting')

const offsetMs = ref(0)
const tick = ref(Date.now())
/** The server's time now, in ms; advances every second. */
export const now = computed(() => tick.value + offsetMs.value)

setInterval(() => {
  tick.value = Date.now()
}, 1000)

export function applyStatus(value: Status): void {
  status.value = value
  const server = Date.parse(value.now)
  if (Number.isFinite(server)) offsetMs.value = server - Date.now()
}

export async function loadStatus(): Promise<void> {
  applyStatus(await api.status())
}
