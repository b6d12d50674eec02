import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Grafana's ESM builds import names that CommonJS packages do not give to Node; their CommonJS builds run.
    alias: [
      { find: /^@grafana\/data$/, replacement: here('node_modules/@grafana/data/dist/cjs/index.cjs') },
      { find: /^@grafana\/ui$/, replacement: here('node_modules/@grafana/ui/dist/cjs/index.cjs') },
      { find: '@hubserver/client', replacement: here('../js/src/index.ts') },
      { find: '@microsoft/signalr', replacement: here('node_modules/@microsoft/signalr') },
    ],
    dedupe: ['rxjs'],
  },
  test: { include: ['src/**/*.test.{ts,tsx}'] },
});
