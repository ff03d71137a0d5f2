import { defineConfig } from 'vitest/config';

// Three projects: pure parts in seconds, nodes on loopback sockets, real containers. The first two run anywhere.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.engine.test.ts', 'test/node/**', 'test/spec/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'sockets',
          include: ['test/node/**/*.test.ts', 'test/spec/**/*.test.ts'],
          exclude: ['test/**/*.engine.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'engine',
          include: ['test/**/*.engine.test.ts'],
          globalSetup: ['test/engine-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
