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

// A simulated clock that runs faster than this is replaying history, not news.
const REPLAY_MS = 30_000
let known: { server: number; here: number } | null = null
/** History is being played in: what arrives is shown but not announced. */
export const replaying = ref(false)

/** Whether the server's clock ran ahead of ours between two statuses by more than a hiccup. */
export function ranAhead(before: { server: number; here: number }, server: number, here: number): boolean {
  return server - before.server - (here - before.here) > REPLAY_MS
}

export function applyStatus(value: Status): void {
  status.value = value
  applyClock(value.now)
}

/** The server's time, as it has just said it. */
export function applyClock(time: string): void {
  const server = Date.parse(time)
  if (!Number.isFinite(server)) return
  const here = Date.now()
  if (known && here - known.here >= 1000) replaying.value = ranAhead(known, server, here)
  if (!known || here - known.here >= 1000) known = { server, here }
  offsetMs.value = server - here
}

export async function loadStatus(): Promise<void> {
  applyStatus(await api.status())
}
