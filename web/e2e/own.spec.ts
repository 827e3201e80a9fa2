import { expect, test } from '@playwright/test'
import { another, count, enter } from './pages'

test('an inspector sees the own duty on a phone, and nothing that is refused', async ({ page, browser }) => {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  await page.setViewportSize({ width: 390, height: 844 })
  await enter(page, 'inspector')
  const name = await page.getByTestId('own-duty').locator('b').first().textContent()
  await expect.poll(() => count(page, 'patrol-map', 'data-cells')).toBeGreaterThan(0)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)

  const dispatcher = await another(browser, 'dispatcher')
  await dispatcher.getByTestId('tab-patrol').click()
  await dispatcher.getByTestId('inspector').filter({ hasText: name! }).click()
  await dispatcher.getByTestId('board-task').click()
  await dispatcher.getByTestId('task-text').fill('看看南门的垃圾桶')
  await dispatcher.getByTestId('task-send').click()

  await page.getByTestId('own-tasks').click()
  const task = page.getByTestId('own-task').filter({ hasText: '看看南门的垃圾桶' }).first()
  await task.getByTestId('own-done').click()
  await expect(task).toHaveAttribute('data-state', 'done')
  await dispatcher.getByTestId('patrol-tasks').click()
  await expect(dispatcher.getByTestId('row').first()).toContainText('已完成')

  await page.getByTestId('own-looks').click()
  await expect(page.getByTestId('own-look').first()).toBeVisible()
  await page.getByTestId('own-shifts').click()
  await expect(page.getByTestId('own-shift').first()).toBeVisible()
  expect(problems).toEqual([])
})
