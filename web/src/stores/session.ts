/** Who is logged in. The token lives in sessionStorage: it ends with the tab. */
import { computed, ref } from 'vue'
import { setToken, whenUnauthorised } from '@/api/client'
import * as api from '@/api/resources'
import type { User } from '@/api/types'
import { language, languageChosen } from './preferences'

const KEY = 'xunji.token'

export const user = ref<User | null>(null)
export const token = ref<string | null>(null)
/** Set when the server refused a token that had been good: the log-in page says so. */
export const expired = ref(false)

// The server decides; the page only leaves out what it would refuse.
const may = (permission: string) =>
  computed(() => user.value?.permissions?.includes(permission) ?? false)
/** An inspector sees the own duty and nothing else. */
export const isInspector = computed(() => user.value?.role === 'inspector')
export const mayCommand = may('command')
export const mayWarn = may('warn')
export const mayDecide = may('work_violations')
export const mayEditRegister = may('edit_register')
export const mayEditRules = may('edit_rules')
export const mayInspect = may('inspect_input')
export const mayWebhooks = may('webhooks')

function accept(newToken: string, newUser: User): void {
  token.value = newToken
  setToken(newToken)
  sessionStorage.setItem(KEY, newToken)
  user.value = newUser
  if (!languageChosen()) language.value = newUser.locale.startsWith('en') ? 'en' : 'zh'
}

export async function logIn(username: string, password: string): Promise<void> {
  const answer = await api.login(username, password)
  expired.value = false
  accept(answer.token, answer.user)
}

export function logOut(): void {
  token.value = null
  user.value = null
  setToken(null)
  sessionStorage.removeItem(KEY)
}

/** Take up the tab's session after a reload. */
export async function resume(): Promise<void> {
  const kept = sessionStorage.getItem(KEY)
  if (!kept) return
  setToken(kept)
  try {
    accept(kept, await api.me())
  } catch {
    logOut()
  }
}

whenUnauthorised(() => {
  expired.value = true
  logOut()
})
