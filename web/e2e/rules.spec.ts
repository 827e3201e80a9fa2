import { expect, test } from '@playwright/test'
import { logIn } from './pages'

test('why nothing was raised: the rule as a checklist', async ({ page }) => {
  await logIn(page, 'dispatcher')
  await page.getByTestId('unit').filter({ hasText: /渣土车/ }).first().click()
  await page.getByTestId('why-not-open').click()
  await page.getByTestId('why-rule').selectOption({ label: '未密闭运输' })
  await page.getByTestId('why-ask').click()
  const answer = page.getByTestId('why-answer')
  await expect(answer).toHaveAttribute('data-code', /^[a-z_]+$/)
  await expect(answer).not.toBeEmpty()
  await expect(answer).toContainText(/\p{Script=Han}/u)
})

test('a rule is tried on the past, then saved as a new version', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('tab-tools').click()
  const rule = page.getByTestId('rule').filter({ hasText: '未密闭运输' })
  await rule.getByTestId('edit-rule').click()
  const minimum = page.getByTestId('parameter-min_duration_s')
  await minimum.fill('100000')
  await expect(page.getByTestId('save-rule')).toBeDisabled()
  // Nothing lasts a whole day: what had been raised is no more found.
  await minimum.fill('86400')
  await page.getByTestId('back-test-period').selectOption('last_day')
  await page.getByTestId('back-test-run').click()
  await expect(page.getByTestId('back-test-state')).toHaveAttribute('data-state', 'done', { timeout: 50_000 })
  const before = page.getByTestId('verdict-only_before')
  expect(Number(await before.getAttribute('data-count'))).toBeGreaterThan(0)
  await expect(page.getByTestId('verdict-same')).toHaveAttribute('data-count', '0')
  await before.click()
  await expect(page.getByTestId('back-test-rows').locator('a').first()).toHaveAttribute('href', /#\/violations\/\d+/)

  await minimum.fill('61')
  await page.getByTestId('add-window').click()
  await page.getByTestId('save-rule').click()
  await expect(page.locator('dialog')).toHaveCount(0)
  await expect(rule).toContainText('第 2 版')
  await expect(rule).toContainText('61')
})

test('the rule file: out, changed, tried dry, put in force', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('tab-tools').click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('rules-download').click()])
  const chunks: Buffer[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  expect(text).toContain('kind: inspector_silent')

  await page.getByTestId('rules-upload').click()
  const give = (content: string) =>
    page.getByTestId('rules-file').setInputFiles({ name: 'rules.yaml', mimeType: 'application/yaml', buffer: Buffer.from(content) })
  await give('rules: 5')
  await page.getByTestId('rules-apply').click()
  await expect(page.locator('dialog [role=alert]')).not.toBeEmpty()
  await give(text.replace('name_en: Inspector silent', 'name_en: Inspector not heard'))
  await page.getByTestId('rules-apply').click()
  await expect(page.getByTestId('rules-change')).toContainText('inspector_silent')
  await page.getByTestId('rules-apply').click()
  await expect(page.locator('dialog')).toHaveCount(0)
  await page.getByTestId('language').click()
  await expect(page.getByTestId('rule').filter({ hasText: 'Inspector not heard' })).toBeVisible()
})
