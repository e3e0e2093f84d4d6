import { resolve } from 'node:path'

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

import { guide } from './bundling/guide.ts'

const gateway = process.env['FANSIPAN_GATEWAY_URL'] ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react(), guide(resolve(import.meta.dirname, '../../../docs/guide'))],
  server: { host: '127.0.0.1', proxy: { '/v1': gateway } },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // The content security policy allows neither inline scripts nor data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
  },
})
