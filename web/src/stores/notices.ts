/** Short notices in the corner: errors of actions, and new violations. */
import { ref } from 'vue'
import { ApiError } from '@/api/client'
import { language } from './preferences'

export interface Notice {
  id: number
  tone: 'error' | 'success' | 'news'
  text: string
  violationId?: number
}

const SHOWN_MS = 6000
const SHOWN_AT_ONCE = 3
let lastId = 0

export const notices = ref<Notice[]>([])

export function tell(tone: Notice['tone'], text: string, violationId?: number): void {
  const notice = { id: ++lastId, tone, text, violationId }
  notices.value = [...notices.value, notice].slice(-SHOWN_AT_ONCE)
  setTimeout(() => dismiss(notice.id), SHOWN_MS)
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id)
}

interface FieldProblem {
  field: string
  message: string
  message_zh?: string
}

/** The fields that the server names, with what is wrong with each. */
function fieldsOf(error: ApiError): string[] {
  const fields = error.detail.fields
  if (!Array.isArray(fields)) return []
  return (fields as FieldProblem[]).map(
    (problem) => `${problem.field}: ${(language.value === 'zh' && problem.message_zh) || problem.message}`,
  )
}

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return fieldsOf(error).join('\n') || error.messages[language.value]
  return error instanceof Error ? error.message : String(error)
}

export function tellError(error: unknown): void {
  tell('error', messageOf(error))
}
