/** What the server says of a violation, as a sentence of the page's language. */
import type { Language } from './time'

export function sentenceOf(said: { sentence_zh: string; sentence_en: string }, language: Language): string {
  if (language === 'zh') return said.sentence_zh
  return said.sentence_en.charAt(0).toUpperCase() + said.sentence_en.slice(1)
}
