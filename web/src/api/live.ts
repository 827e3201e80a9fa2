/** The live WebSocket: reconnects with growing, jittered pauses until it is closed on purpose. */
import type { LiveMessage } from './types'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
// The server sends a status every 5 s; a line that stays still this long is dead.
const SILENCE_MS = 20_000

export interface LiveHandlers {
  message: (message: LiveMessage) => void
  /** `resumed`: it had been open before, so what was missed must be asked for again. */
  open: (resumed: boolean) => void
  down: () => void
}

export function pauseBefore(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt)
  return full / 2 + (full / 2) * random()
}

export class LiveLine {
  private socket: WebSocket | null = null
  private attempt = 0
  private openedBefore = false
  private stopped = false
  private retry: ReturnType<typeof setTimeout> | undefined
  private watchdog: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly url: string,
    private readonly handlers: LiveHandlers,
  ) {}

  start(): void {
    this.stopped = false
    const socket = new WebSocket(this.url)
    this.socket = socket
    socket.onopen = () => this.opened()
    socket.onmessage = (event) => this.received(String(event.data))
    socket.onclose = () => this.lost(socket)
    this.watch()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.retry)
    clearTimeout(this.watchdog)
    this.socket?.close()
  }

  private opened(): void {
    this.attempt = 0
    this.handlers.open(this.openedBefore)
    this.openedBefore = true
  }

  private received(text: string): void {
    this.watch()
    let message: LiveMessage
    try {
      message = JSON.parse(text)
    } catch {
      return
    }
    this.handlers.message(message)
  }

  private watch(): void {
    clearTimeout(this.watchdog)
    this.watchdog = setTimeout(() => this.socket?.close(), SILENCE_MS)
  }

  private lost(socket: WebSocket): void {
    if (this.stopped || socket !== this.socket) return
    clearTimeout(this.watchdog)
    this.handlers.down()
    this.retry = setTimeout(() => this.start(), pauseBefore(this.attempt))
    this.attempt += 1
  }
}

export function liveUrl(location: Location, token: string): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return `${scheme}//${location.host}/api/v1/live?token=${encodeURIComponent(token)}`
}
