import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The server to talk to while developing: `XUNJI_URL=http://127.0.0.1:8000 npm run dev`.
const server = process.env.XUNJI_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: '../api/page',
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 1400, // MapLibre is one module of about 1 MB before compression
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': { target: server, ws: true } } },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    env: { TZ: 'Asia/Shanghai' },
  },
})
