import { defineConfig } from 'vitest/config'

// Cells are worker threads and need compiled entry points, so the tests run compiled too:
// `npm run build` writes dist/test, vitest runs it, source maps lead back to test/.
export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    setupFiles: ['dist/src/base/polyfill.js'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for may take a while on a busy machine; a second, as it comes, is not enough there.
    expect: { poll: { timeout: 15_000 } },
  },
})
