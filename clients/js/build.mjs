// Builds the package into dist: modules with their types, and one file with everything in it for pages without a bundler.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0)
  process.exit(status ?? 1);
await build({ entryPoints: ["src/browser.ts"], outfile: "dist/browser.js", bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022" });
