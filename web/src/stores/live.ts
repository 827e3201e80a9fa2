/** Ties the live line to the stores; one line a session. */
import { ref, watch } from 'vue'
import { LiveLine, liveUrl } from '@/api/live'
import type { Command, LiveMessage, Position, Violation } from '@/api/types'
import { sentenceOf } from '@/format/sentences'
import { applyPositions, clearFleet, loadFleet } from './fleet'
import { language } from './preferences'
import { tell, tellError } from './notices'
import { isInspector } from './session'
import { applyStatus, line, loadStatus, now, replaying } from './status'
import { applyViolation, clearViolations, loadOngoing, loadQueue } from './violations'

// Positions of several messages reach the map together, at most twice a second.
const FLUSH_MS = 500
const REGISTER_AGAIN_MS = 30_000

export const lastCommand = ref<Command | null>(null)
export const lastViolation = ref<Violation | null>(null)

let current: LiveLine | null = null
let waiting = new Map<number, Position>()
let flushTimer: ReturnType<typeof setTimeout> | undefined
let registerTimer: ReturnType<typeof setInterval> | undefined

function flush(): void {
  flushTimer = undefined
  const positions = [...waiting.values()]
  waiting = new Map()
  applyPositions(positions)
}

function gather(positions: readonly Position[]): void {
  for (const position of positions) waiting.set(position.device_id, position)
  flushTimer ??= setTimeout(flush, FLUSH_MS)
}

function hear(violation: Violation): void {
  const isNew = applyViolation(violation, now.value, !replaying.value)
  lastViolation.value = violation
  // The queue shows its own news; elsewhere a notice tells of it.
  const isInQueue = location.hash.startsWith('#/violations')
  if (!isNew || violation.late || isInQueue) return
  const unit = violation.device.plate ?? violation.device.name
  const sentence = sentenceOf(violation, language.value)
  tell('news', language.value === 'zh' ? `${unit}：${sentence}` : `${unit}: ${sentence}`, violation.id)
}

const RECEIVERS: { [T in LiveMessage['type']]: (message: Extract<LiveMessage, { type: T }>) => void } = {
  positions: (message) => gather(message.positions),
  violation: (message) => hear(message.violation),
  command: (message) => {
    lastCommand.value = message.command
  },
  status: (message) => applyStatus(message.status),
}

/** A type that this page does not know is left alone: the server may be newer. */
export function receive(message: LiveMessage): void {
  const receiver = RECEIVERS[message.type] as ((message: LiveMessage) => void) | undefined
  receiver?.(message)
}

export async function loadAll(): Promise<void> {
  const results = await Promise.allSettled([loadStatus(), loadFleet(), loadOngoing()])
  await loadQueue(now.value).catch(tellError)
  const failure = results.find((result) => result.status === 'rejected')
  if (failure) tellError(failure.reason)
}

export function startLive(token: string): void {
  stopLive()
  line.value = 'connecting'
  current = new LiveLine(liveUrl(location, token), {
    message: receive,
    open: (resumed) => {
      line.value = 'up'
      if (resumed) void loadAll()
    },
    down: () => {
      line.value = 'down'
    },
  })
  current.start()
  registerTimer = setInterval(() => loadFleet().catch(() => undefined), REGISTER_AGAIN_MS)
}

export function stopLive(): void {
  current?.stop()
  current = null
  clearInterval(registerTimer)
  clearTimeout(flushTimer)
  flushTimer = undefined
  waiting = new Map()
}

/** Start with a session, stop and forget everything without one. */
export function followSession(token: { value: string | null }): void {
  watch(
    () => token.value,
    (value) => {
      if (value && !isInspector.value) {
        void loadAll()
        startLive(value)
        return
      }
      stopLive()
      clearFleet()
      clearViolations()
    },
    { immediate: true },
  )
}
