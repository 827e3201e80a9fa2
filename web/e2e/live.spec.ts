import { expect, test } from '@playwright/test'
import { count, logIn } from './pages'

test('a wrong password is refused in words', async ({ page }) => {
  await page.goto('/')
  await page.getByTestId('username').fill('chief')
  await page.getByTestId('password').fill('certainly wrong')
  await page.getByTestId('log-in').click()
  await expect(page.getByTestId('login-error')).not.toBeEmpty()
  await expect(page.getByTestId('live-map')).toHaveCount(0)
})

test('the live map shows every unit that has a place, and needs no other server', async ({ page, baseURL }) => {
  const foreign: string[] = []
  const problems: string[] = []
  const own = new URL(baseURL!).host
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (/^(http|ws)/.test(protocol) && host !== own) foreign.push(request.url())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  await logIn(page, 'chief')
  await expect.poll(() => count(page, 'live-map', 'data-units')).toBeGreaterThan(30)
  // The map has really been drawn: its middle is not one flat colour.
  const canvas = page.locator('[data-testid=live-map] canvas.maplibregl-canvas')
  await expect.poll(() => canvas.evaluate((element: HTMLCanvasElement) => {
    const small = document.createElement('canvas')
    small.width = small.height = 64
    const context = small.getContext('2d')!
    context.drawImage(element, 0, 0, 64, 64)
    const { data } = context.getImageData(0, 0, 64, 64)
    return new Set(Array.from({ length: 4096 }, (_, i) => `${data[4 * i]},${data[4 * i + 1]},${data[4 * i + 2]}`)).size
  })).toBeGreaterThan(20)
  expect(foreign).toEqual([])
  expect(problems).toEqual([])
})

test('the header counts and leads to what it counts', async ({ page }) => {
  await logIn(page, 'chief')
  const shown = Number(await page.getByTestId('count-reporting').locator('b').textContent())
  await page.getByTestId('count-reporting').click()
  const units = page.getByTestId('unit')
  await expect.poll(async () => Math.abs((await units.count()) - shown)).toBeLessThanOrEqual(2)
  await page.getByTestId('count-open').click()
  await expect(page.getByTestId('queue')).toBeVisible()
  await expect(page).toHaveURL(/#\/violations/)
})

test('positions arrive while one looks on', async ({ page }) => {
  const frames: string[] = []
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))))
  await logIn(page, 'chief')
  await expect.poll(() => frames.some((frame) => frame.includes('"positions"')), { timeout: 40_000 }).toBe(true)
})

test('a unit tells its signals, the unknown ones too, and its track', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('unit').filter({ hasText: /渣土车/ }).first().click()
  const card = page.getByTestId('unit-card')
  await expect(card.getByTestId('signal-loaded')).toBeVisible()
  await expect(card.getByTestId('signal-cover_closed')).toBeVisible()
  await card.getByTestId('track-hour').click()
  await expect(card.getByTestId('track-hour')).toHaveAttribute('aria-pressed', 'true')
  // The terminal answers with a picture in packages.
  await card.getByTestId('take-photo').click()
  await expect(card.getByTestId('command').first()).toHaveAttribute('data-state', 'answered')
  await expect.poll(() => card.locator('img').first().evaluate((image: HTMLImageElement) => image.naturalWidth), { timeout: 30_000 }).toBeGreaterThan(0)
  await page.keyboard.press('Escape')
  await expect(card).toHaveCount(0)
})

test('a handset gets a token, shown once, and loses it', async ({ page }) => {
  await logIn(page, 'dispatcher')
  await page.getByTestId('unit').filter({ hasText: /巡查员/ }).first().click()
  await page.getByTestId('token').click()
  await page.getByTestId('token-issue').click()
  await expect(page.getByTestId('token-text')).toHaveText(/^(\w{5}-){3}\w{5}$/)
  await page.getByTestId('token-done').click()
  await page.getByTestId('token').click()
  await expect(page.getByTestId('token-text')).toHaveCount(0)
  await page.getByTestId('token-withdraw').click()
  await expect(page.locator('dialog')).toHaveCount(0)
})

test('a terminal answers questions, by field', async ({ page }) => {
  await logIn(page, 'dispatcher')
  await page.getByTestId('unit').filter({ hasText: /渣土车/ }).first().click()
  await page.getByTestId('terminal').click()
  await page.getByTestId('terminal-questions').click()
  await page.getByTestId('ask-attributes').click()
  const answer = page.getByTestId('answers').getByTestId('command').first()
  await expect(answer).toHaveAttribute('data-state', 'answered')
  await expect(answer).toContainText('SIMULATOR')
  await page.getByTestId('ask-media').click()
  await expect(answer).toContainText('检索存储的多媒体')
  await expect(answer).toHaveAttribute('data-state', 'answered')
  await page.getByTestId('terminal-messages').click()
  await page.getByTestId('message-name').selectOption('attributes')
  await expect(page.getByTestId('row').first()).toContainText('终端属性')
})

test('both languages, everywhere, and kept over a reload', async ({ page }) => {
  await logIn(page, 'chief')
  await expect(page.getByTestId('tab-violations')).toContainText('违规')
  await page.getByTestId('language').click()
  await expect(page.getByTestId('tab-violations')).toContainText('Violations')
  await expect(page.getByTestId('counts')).toContainText('reporting')
  await page.reload()
  await expect(page.getByTestId('tab-violations')).toContainText('Violations')
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
})

test('logging out ends the session', async ({ page }) => {
  await logIn(page, 'chief')
  await page.getByTestId('log-out').click()
  await expect(page.getByTestId('login')).toBeVisible()
  await page.reload()
  await expect(page.getByTestId('login')).toBeVisible()
})

test('a session that the server refuses leads back to the log-in', async ({ page }) => {
  await logIn(page, 'chief')
  await page.route(/\/api\/v1\/violations\?.*status=closed/, (route) =>
    route.fulfill({ status: 401, json: { error: { code: 'token_expired', message_zh: '过期', message_en: 'expired' } } }),
  )
  await page.getByTestId('tab-violations').click()
  await page.getByTestId('status-closed').click()
  await expect(page.getByTestId('login')).toBeVisible()
})

test('on a phone every view fits, and a violation leads back to the queue', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await logIn(page, 'officer-south')
  for (const name of ['map', 'patrol', 'transport', 'tools', 'violations']) {
    await page.getByTestId(`tab-${name}`).click()
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(wide, name).toBeLessThanOrEqual(390)
  }
  await page.getByTestId('violation').first().click()
  await expect(page.getByTestId('sentence')).toBeVisible()
  await expect(page.getByTestId('queue')).toBeHidden()
  await page.getByRole('link', { name: '返回' }).click()
  await expect(page.getByTestId('queue')).toBeVisible()
})
