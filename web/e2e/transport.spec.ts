import { expect, test } from '@playwright/test'
import { logIn } from './pages'

// The smallest PNG: one pixel.
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64')

test('a permit is issued, found, revoked; a sheet is checked line by line', async ({ page }) => {
  await logIn(page, 'dispatcher')
  await page.getByTestId('tab-transport').click()
  await page.getByTestId('transport-add').click()
  await page.getByTestId('permit-number').fill('准-2026-77')
  await page.getByTestId('permit-unit').selectOption({ index: 1 })
  await page.getByTestId('permit-site').selectOption({ index: 1 })
  await expect(page.getByTestId('permit-save')).toBeDisabled()
  await page.getByTestId('permit-dumps').locator('label').first().click()
  await page.getByTestId('permit-save').click()
  const row = page.getByTestId('row').filter({ hasText: '准-2026-77' })
  await expect(row).toContainText('有效')

  await page.getByTestId('transport-import').click()
  await page.getByTestId('sheet-file').setInputFiles({ name: 'p.csv', mimeType: 'text/csv', buffer: Buffer.from('number,unit\nX1,nobody\n') })
  await page.getByTestId('sheet-import').click()
  await expect(page.getByTestId('sheet-found').or(page.locator('dialog [role=alert]'))).toContainText(/\p{Script=Han}/u)
  await page.keyboard.press('Escape')

  await row.getByTestId('permit-revoke').click()
  await page.getByTestId('permit-revoke-now').click()
  await expect(row).toContainText('已失效')
})

test('a plate that a person reports is listed with its photo', async ({ page }) => {
  await logIn(page, 'officer-south')
  const token = await page.evaluate(() => sessionStorage.getItem('xunji.token'))
  const answer = await page.request.post('/api/v1/sightings', {
    headers: { Authorization: `Bearer ${token}` },
    multipart: {
      plate: '苏B88888',
      seen_at: new Date().toISOString(),
      longitude: '118.80',
      latitude: '32.05',
      photo: { name: 'truck.png', mimeType: 'image/png', buffer: PIXEL },
    },
  })
  expect(answer.ok(), await answer.text()).toBe(true)
  await page.getByTestId('tab-transport').click()
  await page.getByTestId('transport-sightings').click()
  const seen = page.getByTestId('sighting').filter({ hasText: '苏B88888' }).first()
  await expect(seen).toContainText('未登记')
  await seen.locator('button').click()
  await expect.poll(() => seen.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1)
})

test('trips are listed, summed, laid beside waybills; coverage tells what was missed', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('tab-transport').click()
  await page.getByTestId('transport-trips').click()
  await expect(page.getByTestId('row').first()).toBeVisible()
  const trips = await page.getByTestId('row').count()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId('trips-csv').click()])
  expect(file.suggestedFilename()).toBe('trips.csv')

  await page.getByTestId('transport-sums').click()
  await page.getByTestId('sum-by').selectOption('day')
  await expect(page.getByTestId('row').first()).toContainText(/\d{4}-\d{2}-\d{2}/)

  await page.getByTestId('transport-reconciliation').click()
  const alone = page.getByTestId('verdict-no_waybill')
  await expect(alone).toBeVisible()
  await alone.click()
  await expect(page.getByTestId('row').first()).toContainText('有趟无单')
  expect(trips).toBeGreaterThan(5)

  await page.getByTestId('transport-coverage').click()
  await page.getByTestId('coverage-unit').selectOption({ index: 1 })
  await expect(page.getByTestId('coverage').first()).toContainText(/覆盖 [\d.]+ %/)
})

test('mileage by unit, week and day, and as a file', async ({ page }) => {
  await logIn(page, 'dispatcher')
  await page.goto('/#/transport?tab=mileage')
  const rows = page.getByTestId('row')
  await expect.poll(() => rows.count(), { timeout: 90_000 }).toBeGreaterThan(20)
  await page.getByTestId('mileage-kind').selectOption('muck_truck')
  await expect.poll(() => rows.count()).toBeLessThan(20)
  const file = page.waitForEvent('download')
  await page.getByTestId('download-xlsx').click()
  expect((await file).suggestedFilename()).toBe('mileage.xlsx')
  await page.getByTestId('mileage-open').first().click()
  await expect(page.getByTestId('mileage-back')).toBeVisible()
  await expect(rows.first()).toContainText(/\d{4}-\d\d-\d\d/)
  await page.getByTestId('mileage-back').click()
  await page.getByTestId('mileage-by').selectOption('all')
  await expect(rows).toHaveCount(1)
})
