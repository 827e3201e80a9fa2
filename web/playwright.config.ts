import { defineConfig } from '@playwright/test'

/**
 * Against a running demo at XUNJI_URL whose accounts have the password XUNJI_PASSWORD
 * (`xunji demo --password`). The browser is the system's Chromium; nothing is downloaded.
 */
export default defineConfig({
  testDir: './e2e',
  // The specs take and close violations of one server: in order, one at a time.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env.XUNJI_URL ?? 'http://127.0.0.1:8080',
    viewport: { width: 1366, height: 768 },
    locale: 'zh-CN',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      // Software WebGL: CI machines have no graphics card.
      args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
    },
  },
})
