/** Language and theme, kept in this browser. */
import { ref, watch } from 'vue'
import type { Language } from '@/format/time'

export type Theme = 'light' | 'dark'

function stored<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
  try {
    const value = localStorage.getItem(key) as T | null
    return value && allowed.includes(value) ? value : fallback
  } catch {
    return fallback
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Private windows may refuse storage; the choice then lasts for this page only.
  }
}

export const language = ref<Language>(stored('xunji.language', ['zh', 'en'], 'zh'))
export const theme = ref<Theme>(stored('xunji.theme', ['light', 'dark'], 'light'))
/** Whether the user chose a language here; if not, the account's own applies at log-in. */
export const languageChosen = () => stored('xunji.language', ['zh', 'en', ''], '') !== ''

export function chooseLanguage(value: Language): void {
  language.value = value
  keep('xunji.language', value)
}

export function toggleTheme(): void {
  theme.value = theme.value === 'light' ? 'dark' : 'light'
  keep('xunji.theme', theme.value)
}

watch(
  [language, theme],
  ([lang, look]) => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en'
    document.documentElement.dataset.theme = look
  },
  { immediate: true },
)
