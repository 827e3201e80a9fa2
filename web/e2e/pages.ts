/** Steps that the specs share. Every demo account has the password XUNJI_PASSWORD. */
import { expect, type Browser, type Page } from '@playwright/test'

const PASSWORD = process.env.XUNJI_PASSWORD ?? ''

export async function enter(page: Page, username: string): Promise<void> {
  expect(PASSWORD, 'set XUNJI_PASSWORD to the demo accounts’ password').not.toBe('')
  await page.goto('/')
  await page.getByTestId('username').fill(username)
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('log-in').click()
}

export async function logIn(page: Page, username: string): Promise<void> {
  await enter(page, username)
  await expect(page.getByTestId('counts')).toBeVisible()
}

/** A user in a browser of their own; `still`: without the live line, as a page left open for long. */
export async function another(browser: Browser, username: string, still = false): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'zh-CN' })).newPage()
  if (still) await page.routeWebSocket(/\/api\/v1\/live/, () => undefined)
  await logIn(page, username)
  return page
}

export async function openQueue(page: Page): Promise<void> {
  await page.getByTestId('tab-violations').click()
  await expect(page.getByTestId('violation').first()).toBeVisible()
}

/** The first open violation of a vehicle (inspectors have no terminal that shows texts). */
export async function openVehicleViolation(page: Page): Promise<number> {
  await openQueue(page)
  await page.getByTestId('filter-kind').selectOption('uncovered_load')
  const first = page.getByTestId('violation').first()
  await expect(first).toHaveAttribute('data-status', 'open')
  const id = Number(await first.getAttribute('data-id'))
  await first.click()
  await expect(page.getByTestId('sentence')).toBeVisible()
  return id
}

export async function count(page: Page, testId: string, attribute: string): Promise<number> {
  return Number(await page.getByTestId(testId).getAttribute(attribute))
}
