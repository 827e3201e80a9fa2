import { expect, test } from '@playwright/test'
import { another, count, logIn } from './pages'

test('a company sees its own units only and decides nothing', async ({ page, browser }) => {
  await logIn(page, 'chief')
  await expect.poll(() => count(page, 'live-map', 'data-units')).toBeGreaterThan(30)
  const all = await page.getByTestId('unit').count()

  const company = await another(browser, 'company')
  await expect.poll(() => company.getByTestId('unit').count()).toBeGreaterThan(0)
  const own = await company.getByTestId('unit').count()
  expect(own).toBeLessThan(all)

  await company.getByTestId('tab-violations').click()
  await company.getByTestId('status-all').click()
  await company.getByTestId('violation').first().click()
  await expect(company.getByTestId('sentence')).toBeVisible()
  await expect(company.getByTestId('take')).toHaveCount(0)
  await expect(company.getByTestId('close')).toHaveCount(0)

  await company.getByTestId('tab-tools').click()
  await expect(company.getByTestId('tools-rules')).toBeVisible()
  await expect(company.getByTestId('tools-quarantine')).toHaveCount(0)
  await expect(company.getByTestId('edit-rule')).toHaveCount(0)
  await company.context().close()
})
