/** Words in Chinese (default) and English; tests/i18n.test.ts keeps both complete. */
import { watch } from 'vue'
import { createI18n } from 'vue-i18n'
import { language } from '@/stores/preferences'
import en from './en'
import zh from './zh'

export const i18n = createI18n({
  legacy: false,
  locale: language.value,
  fallbackLocale: 'en',
  messages: { zh, en },
})

watch(language, (value) => {
  i18n.global.locale.value = value
})
