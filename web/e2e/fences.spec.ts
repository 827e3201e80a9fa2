import { expect, test, type Page } from '@playwright/test'
import { logIn } from './pages'

async function openTool(page: Page, name: string): Promise<void> {
  await page.getByTestId('tab-tools').click()
  await page.getByTestId(`tools-${name}`).click()
}

test('a fence is drawn on the map, saved, changed, ended', async ({ page }) => {
  await logIn(page, 'chief')
  await openTool(page, 'fences')
  await expect(page.getByTestId('fence').first()).toBeVisible()
  const canvas = page.getByTestId('fence-map').locator('canvas.maplibregl-canvas')
  await expect(canvas).toBeVisible()
  const box = (await canvas.boundingBox())!
  const before = await page.getByTestId('fence').count()

  await page.getByTestId('fence-new').click()
  const save = page.getByTestId('fence-save')
  await expect(save).toBeDisabled()
  // The drawing library waits for the map's style.
  await page.waitForTimeout(1000)
  const corners = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.4]] as const
  for (const [x, y] of corners) {
    await page.mouse.click(box.x + box.width * x, box.y + box.height * y)
    await page.waitForTimeout(350)
  }
  await page.getByTestId('fence-name').fill('新工地')
  await expect(save).toBeEnabled()
  await save.click()
  const made = page.getByTestId('fence').filter({ hasText: '新工地' })
  await expect(made).toContainText('第 1 版')
  await expect(page.getByTestId('fence')).toHaveCount(before + 1)

  await made.getByTestId('fence-edit').click()
  await page.getByTestId('fence-name').fill('新工地东区')
  await save.click()
  await expect(page.getByTestId('fence').filter({ hasText: '新工地东区' })).toContainText('第 2 版')

  await page.getByTestId('fence').filter({ hasText: '新工地东区' }).getByTestId('fence-edit').click()
  await page.getByTestId('fence-end').click()
  await page.getByTestId('fence-end-now').click()
  await expect(page.locator('dialog')).toHaveCount(0)
  await expect(page.getByTestId('fence')).toHaveCount(before)
})

test('a file is checked before it is imported, and problems are named by their place', async ({ page }) => {
  await logIn(page, 'chief')
  await openTool(page, 'fences')
  await page.getByTestId('fence-import-open').click()
  // Within the city: the maps show all fences.
  const ring = [[118.8, 32.04], [118.81, 32.05], [118.81, 32.04], [118.8, 32.05], [118.8, 32.04]]
  const bow = { type: 'FeatureCollection', features: [{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: { name: '打结的围栏' } }] }
  await page.getByTestId('fence-file').setInputFiles({ name: 'bow.geojson', mimeType: 'application/geo+json', buffer: Buffer.from(JSON.stringify(bow)) })
  await page.getByTestId('fence-import').click()
  const found = page.getByTestId('fence-found')
  await expect(found).toHaveAttribute('data-problems', '1')
  await expect(found).toContainText('features[0]')
  await page.getByTestId('fence-repair').check()
  await page.getByTestId('fence-import').click()
  await expect(found).toHaveAttribute('data-problems', '0')
  await page.getByTestId('fence-import').click()
  await expect(page.locator('dialog')).toHaveCount(0)
  await expect(page.getByTestId('fence').filter({ hasText: '打结的围栏' })).toBeVisible()
})

test('the calendar is edited by year, by who may', async ({ page }) => {
  await logIn(page, 'chief')
  await openTool(page, 'calendar')
  await page.getByTestId('calendar-next').click()
  const year = await page.getByTestId('calendar-year').textContent()
  const day = page.getByTestId(`day-${year}-10-01`)
  await expect(day).toHaveAttribute('data-kind', 'plain')
  await page.getByTestId('day-name').fill('国庆节')
  await day.click()
  await page.getByTestId('calendar-save').click()
  await expect(page.getByTestId('calendar-save')).toBeDisabled()
  await expect(day).toHaveAttribute('data-kind', 'holiday')
  await expect(day).toHaveAttribute('title', /国庆节/)

  await page.getByTestId('log-out').click()
  await logIn(page, 'company')
  await openTool(page, 'calendar')
  await page.getByTestId('calendar-next').click()
  await expect(day).toHaveAttribute('data-kind', 'holiday')
  await expect(day).toBeDisabled()
  await expect(page.getByTestId('calendar-save')).toHaveCount(0)
})
