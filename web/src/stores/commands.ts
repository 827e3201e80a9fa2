/** Commands arrive by answers and by the live line, in any order; a later state wins. */
import type { Command } from '@/api/types'

const ORDER: Record<Command['state'], number> = { queued: 0, sent: 1, expired: 2, answered: 3 }

/** The list, newest first, with this command put in or brought up to date. */
export function withCommand(held: readonly Command[], command: Command): Command[] {
  const known = held.find((item) => item.id === command.id)
  if (known && ORDER[known.state] > ORDER[command.state]) return [...held]
  const others = held.filter((item) => item.id !== command.id)
  return [command, ...others].sort((a, b) => b.id - a.id)
}
