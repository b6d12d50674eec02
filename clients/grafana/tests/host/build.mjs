// Bundles the page of the end-to-end tests into tests/host/dist, or with Grafana's packages of another folder beside them.
import { cpSync, rmSync } from 'node:fs';
import { join, resolve as absolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const packages = absolute(process.argv[2] ?? here('.'));
const dist = join(packages, 'dist');
rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: { host: here('host.tsx') },
  outdir: dist,
  bundle: true,
  format: 'iife',
  jsx: 'automatic',
  target: 'es2022',
  logLevel: 'error',
  plugins: [{
    name: 'packages-of-another-folder',
    setup: ({ onResolve, resolve }) => onResolve({ filter: /^[^./]/ }, ({ path, importer, pluginData, ...rest }) =>
      importer.startsWith(here('.')) && !pluginData ? resolve(path, { ...rest, importer, resolveDir: packages, pluginData: true }) : undefined),
  }],
  // A bundled UMD module that sees an AMD loader would register itself with it.
  define: { 'process.env.NODE_ENV': '"production"', define: 'undefined' },
  loader: { '.svg': 'dataurl', '.woff2': 'dataurl', '.woff': 'dataurl', '.ttf': 'dataurl' },
});
cpSync(here('index.html'), join(dist, 'index.html'));
