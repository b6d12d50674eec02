// The zip of the Grafana plugin, as Grafana unpacks it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { unzipSync } from "../../clients/grafana/node_modules/fflate/esm/index.mjs";

const folder = fileURLToPath(new URL("../../clients/grafana/", import.meta.url));
// What Grafana gives to plugins that ask for it by name; anything else has to be in the module.
const given = ["@emotion/css", "@emotion/react", "@grafana/data", "@grafana/runtime", "@grafana/schema", "@grafana/ui", "lodash", "module", "react", "react-dom", "react/jsx-runtime", "rxjs"];

test("the packed plugin has the layout that Grafana expects", async () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["pack.mjs"], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const zip = unzipSync(await readFile(folder + stdout.trim()));
  const text = (name) => Buffer.from(zip[`hubserver-datasource/${name}`] ?? assert.fail(`${name} is not there`)).toString();
  assert.ok(Object.keys(zip).every((name) => name.startsWith("hubserver-datasource/")));

  const plugin = JSON.parse(text("plugin.json"));
  assert.equal(stdout.trim(), `hubserver-datasource-${plugin.info.version}.zip`);
  assert.match(plugin.info.version, /^\d+\.\d+\.\d+$/);
  assert.match(plugin.info.updated, /^\d{4}-\d\d-\d\d$/);
  for (const name of ["README.md", "CHANGELOG.md", "LICENSE", plugin.info.logos.small, ...plugin.info.screenshots.map(({ path }) => path), ...plugin.includes.map(({ path }) => path)])
    assert.ok(text(name).length > 100, `${name} has something in it`);

  const [, names] = /^define\((\[[^\]]*\])/.exec(text("module.js")) ?? assert.fail("module.js is no AMD module");
  assert.deepEqual(JSON.parse(names).filter((name) => !given.includes(name)), []);
});

test("what is provisioned is a data source of the plugin, with settings that it knows, and the plugin's dashboards", async () => {
  const read = async (name) => parse(await readFile(`${folder}provisioning/${name}`, "utf8"));
  const { datasources: [source] } = await read("datasources/hubserver.yaml");
  assert.equal(source.type, "hubserver-datasource");
  const types = await readFile(`${folder}src/types.ts`, "utf8");
  for (const name of Object.keys(source.jsonData))
    assert.match(types, new RegExp(`  ${name}\\?: `), `${name} is a setting`);
  const { providers: [provider] } = await read("dashboards/hubserver.yaml");
  assert.equal(provider.options.path, "/var/lib/grafana/plugins/hubserver-datasource/dashboards");
});
