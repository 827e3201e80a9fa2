/** Words for signals: a signal's own words for a state where it has them ("cover: not closed"). */
import { useI18n } from 'vue-i18n'

export function useSignalWords(): {
  nameOf: (name: string) => string
  wordOf: (name: string, state: string) => string
} {
  const { t, te } = useI18n()
  const known = (key: string, otherwise: string) => (te(key) ? t(key) : otherwise)
  return {
    nameOf: (name) => known(`signal.${name}`, name),
    wordOf: (name, state) =>
      known(`signal_word.${name}_${state}`, known(`signal_state.${state}`, state)),
  }
}
