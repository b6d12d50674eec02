// Bundles the page of the end-to-end tests into tests/host/dist.
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
rmSync(here('dist'), { recursive: true, force: true });
await build({
  entryPoints: { host: here('host.tsx') },
  outdir: here('dist'),
  bundle: true,
  format: 'iife',
  jsx: 'automatic',
  target: 'es2022',
  logLevel: 'error',
  // A bundled UMD module that sees an AMD loader would register itself with it.
  define: { 'process.env.NODE_ENV': '"production"', define: 'undefined' },
  loader: { '.svg': 'dataurl', '.woff2': 'dataurl', '.woff': 'dataurl', '.ttf': 'dataurl' },
});
cpSync(here('index.html'), here('dist/index.html'));
