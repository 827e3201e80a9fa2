/** One back-test of a dialog: started, asked after until it ends, cancelled with the dialog. */
import { onBeforeUnmount, ref, shallowRef } from 'vue'
import * as api from '@/api/rules'
import type { BackTest, RuleBody } from '@/api/rule_types'
import { messageOf } from './notices'

const ASK_AGAIN_MS = 700

export const isOver = (test: BackTest) => test.state !== 'waiting' && test.state !== 'running'

export function useBackTest() {
  const test = shallowRef<BackTest | null>(null)
  const problem = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let isGone = false

  async function follow(): Promise<void> {
    const id = test.value?.id
    if (id === undefined || isGone) return
    try {
      const known = await api.backTest(id)
      if (test.value?.id === id) test.value = known
    } catch (error) {
      problem.value = messageOf(error)
      return
    }
    if (test.value && !isOver(test.value)) timer = setTimeout(follow, ASK_AGAIN_MS)
  }

  async function start(id: number, rule: RuleBody, from: string, to: string): Promise<void> {
    problem.value = ''
    test.value = null
    try {
      test.value = await api.startBackTest(id, rule, from, to)
    } catch (error) {
      problem.value = messageOf(error)
      return
    }
    if (isGone) await cancel()
    else timer = setTimeout(follow, ASK_AGAIN_MS)
  }

  async function cancel(): Promise<void> {
    clearTimeout(timer)
    const held = test.value
    if (!held || isOver(held)) return
    try {
      await api.cancelBackTest(held.id)
      test.value = { ...held, state: 'cancelled' }
    } catch (error) {
      problem.value = messageOf(error)
    }
  }

  onBeforeUnmount(() => {
    isGone = true
    void cancel()
  })
  return { test, problem, start, cancel }
}
