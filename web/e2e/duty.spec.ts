import { expect, test } from '@playwright/test'
import { logIn } from './pages'

test('shifts are planned: a pattern, a roster, a leave', async ({ page }) => {
  await logIn(page, 'chief')
  await page.goto('/#/patrol?tab=roster')
  await page.getByTestId('pattern-new').click()
  const name = `白班 ${Date.now()}`
  await page.getByTestId('pattern-name').fill(name)
  await page.getByTestId('pattern-save').click()
  await expect(page.getByTestId('pattern').filter({ hasText: name })).toBeVisible()
  await page.getByTestId('roster-new').click()
  await page.getByTestId('person').first().check()
  await page.getByTestId('roster-pattern').selectOption({ label: name })
  await page.getByTestId('roster-save').click()
  await expect(page.locator('td', { hasText: name }).nth(1)).toBeVisible()
  await page.getByTestId('leave-new').click()
  await page.getByTestId('leave-person').selectOption({ index: 0 })
  await page.getByTestId('leave-save').click()
  await expect(page.locator('dialog')).toHaveCount(0)
})

test('attendance and visits are shown and leave as files', async ({ page }) => {
  test.setTimeout(150_000)
  await logIn(page, 'chief')
  for (const tab of ['attendance', 'coverage']) {
    // Shifts are summed up every minute, so the demo's first may not be there yet.
    await expect(async () => {
      await page.goto(`/#/patrol?tab=${tab}`)
      await page.reload()
      await expect(page.getByTestId('row').first()).toBeVisible({ timeout: 5_000 })
    }).toPass({ timeout: 70_000 })
    const file = page.waitForEvent('download')
    await page.getByTestId('download-xlsx').click()
    expect((await file).suggestedFilename()).toBe(`${tab}.xlsx`)
  }
})

test('a task is sent and taken back, a note handed over, and the look at a path kept', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('tab-patrol').click()
  await page.getByTestId('inspector').first().click()
  await page.getByTestId('board-task').click()
  await page.getByTestId('task-text').fill('清理占道经营')
  await page.getByTestId('task-send').click()
  await page.getByTestId('patrol-tasks').click()
  await expect(page.getByTestId('task-state').first()).toBeVisible()
  await page.getByTestId('task-cancel').first().click()
  await expect(page.getByTestId('task-state').first()).toHaveText('已撤回')
  await page.getByTestId('patrol-handover').click()
  await page.getByTestId('handover-text').fill('西门占道未处理')
  await page.getByTestId('handover-write').click()
  await page.getByTestId('handover-take').first().click()
  await expect(page.getByTestId('handover-note').first().locator('.tag.ok')).toBeVisible()
  await page.getByTestId('patrol-looks').click()
  await expect.poll(() => page.getByTestId('row').count()).toBeGreaterThan(0)
})

test('the roll-call of a start counts everybody once and leaves as a file', async ({ page }) => {
  await logIn(page, 'dispatcher')
  await page.goto('/#/patrol?tab=start')
  await expect(page.getByTestId('start-at')).toBeVisible()
  await page.getByTestId('start-at').selectOption({ index: 1 })
  const people = page.getByTestId('starter')
  await expect.poll(() => people.count()).toBeGreaterThan(0)
  const all = await people.count()
  const counts = await page.locator('button.count b').allTextContents()
  expect(counts.map(Number).reduce((sum, n) => sum + n, 0)).toBe(all)
  const file = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  expect((await file).suggestedFilename()).toMatch(/^rollcall-\d{4}-\d\d-\d\d-\d\d-\d\d\.csv$/)
})
