// Packs dist into the zip that Grafana installs: one folder that is called as the plugin's id.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';

const dist = fileURLToPath(new URL('dist/', import.meta.url));
const { id, info: { version } } = JSON.parse(readFileSync(join(dist, 'plugin.json'), 'utf8'));
const files = readdirSync(dist, { recursive: true }).map((name) => join(dist, name)).filter((path) => statSync(path).isFile()).sort();
const name = `${id}-${version}.zip`;
writeFileSync(fileURLToPath(new URL(name, import.meta.url)), zipSync(Object.fromEntries(files.map((path) => [`${id}/${relative(dist, path)}`, readFileSync(path)]))));
console.log(name);
