import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

import { guide } from './bundling/guide.ts'

const gateway = process.env['FANSIPAN_GATEWAY_URL'] ?? 'http://127.0.0.1:8000'

/** Beside each text of the built page the same packed as small as gzip can, which the gateway sends as it is. */
function packed(): Plugin {
  let folder = ''
  return {
    name: 'packed',
    apply: 'build',
    configResolved: (config) => {
      folder = join(config.root, config.build.outDir)
    },
    closeBundle: async () => {
      const files = await readdir(folder, { recursive: true })
      const texts = files.filter((file) => /\.(html|js|css|svg|json)$/.test(file))
      await Promise.all(
        texts.map(async (file) => {
          const path = join(folder, file)
          await writeFile(`${path}.gz`, await promisify(gzip)(await readFile(path), { level: 9 }))
        }),
      )
    },
  }
}

export default defineConfig({
  plugins: [react(), guide(resolve(import.meta.dirname, '../../../docs/guide')), packed()],
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
