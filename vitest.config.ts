import { defineConfig } from 'vitest/config'

// Cells are worker threads and need compiled entry points, so the tests run compiled too:
// `npm run build` writes dist/test, vitest runs it, source maps lead back to test/.
export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    setupFiles: ['dist/src/base/polyfill.js'],
    pool: 'forks',
    maxWorkers: 2,
    // No test is judged by the time it takes: these only end what hangs. A busy machine is ten times
    // slower than a quiet one, at moments.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 30_000 } },
  },
})
