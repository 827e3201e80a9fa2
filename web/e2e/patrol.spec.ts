import { expect, test } from '@playwright/test'
import { count, logIn } from './pages'

test('the roll-call says who is on duty and why not, with path and cells', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('tab-patrol').click()
  const inspectors = page.getByTestId('inspector')
  await expect.poll(() => inspectors.count()).toBeGreaterThan(3)
  await expect.poll(() => count(page, 'patrol-map', 'data-cells')).toBeGreaterThan(10)
  const onDuty = page.locator('[data-testid=inspector][data-state=on_duty]').first()
  await onDuty.click()
  await expect.poll(() => count(page, 'patrol-path', 'data-points')).toBeGreaterThan(1)
})

test('rules show their thresholds and who may changes them within range', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('tab-tools').click()
  await expect.poll(() => page.getByTestId('rule').count()).toBeGreaterThan(3)
  await page.getByTestId('edit-rule').first().click()
  const field = page.locator('dialog input[type=number]').first()
  const was = await field.inputValue()
  await field.fill('-1')
  await expect(page.getByTestId('save-rule')).toBeDisabled()
  await field.fill(was)
  await expect(page.getByTestId('save-rule')).toBeEnabled()
  await page.keyboard.press('Escape')
  await expect(page.locator('dialog')).toHaveCount(0)
})

test('unregistered terminals and refused input can be seen', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('tab-tools').click()
  for (const part of ['unregistered', 'quarantine']) {
    await page.getByTestId(`tools-${part}`).click()
    await expect(page.getByTestId(`tools-${part}`)).toHaveAttribute('aria-selected', 'true')
    await expect(page.locator('.tools [role=alert]')).toHaveCount(0)
  }
})
