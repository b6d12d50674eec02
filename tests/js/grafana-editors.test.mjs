// The editors of the built Grafana plugin, as a person uses them.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startBrowser } from "./browser.mjs";
import { eventually } from "./eventually.mjs";
import { openGrafana, startGrafanaHost } from "./grafana-host.mjs";
import { postRows } from "./hub.mjs";
import { startServer } from "./server.mjs";

const screenshots = fileURLToPath(new URL("./screenshots/", import.meta.url));

describe("the Grafana plugin's editors", () => {
  let host, browser, server;

  before(async () => {
    await mkdir(screenshots, { recursive: true });
    [host, browser, server] = await Promise.all([startGrafanaHost(), startBrowser(), startServer()]);
    for (const site of ["north", "south"])
      await postRows(server.url, `power{site="${site}"}`, [{ watt: 1, volt: 230 }]);
    await postRows(server.url, "plant/1/temp", [{ value: 1 }]);
  });

  after(async () => {
    await browser?.close();
    await host?.stop();
    await server?.stop();
  });

  const choose = async (page, label, text) => {
    await page.getByRole("combobox", { name: label, exact: true }).fill(text);
    await page.getByRole("option", { name: text }).first().click();
  };

  test("pick a channel by search, a label and fields, and show what matches", async () => {
    const grafana = await openGrafana(browser, host.url, server.url);
    const { page } = grafana;
    await grafana.edit("query", { refId: "A", channel: "" });
    await page.getByRole("combobox", { name: "Channel", exact: true }).fill("OWE");
    const found = async () => (await page.getByRole("option").allTextContents()).filter((text) => !/custom/i.test(text));
    await eventually(async () => (await found()).join() === "power", "the search finds the channel alone");
    await page.getByRole("option", { name: "power" }).click();
    await page.getByText("Matches 2 channels:").waitFor();
    await page.getByText('power{site="south"}').waitFor();

    await page.getByRole("button", { name: "Label" }).click();
    await eventually(async () => (await grafana.edited()).channel === 'power{label=~".*"}', "a label that is not chosen yet takes nothing away");
    await choose(page, "Label 1", "site");
    await choose(page, "Value 1", "north");
    await page.getByText("Matches 1 channel:").waitFor();
    assert.equal((await grafana.edited()).channel, 'power{site="north"}');

    await page.getByRole("combobox", { name: "Fields", exact: true }).click();
    await page.getByRole("option", { name: "watt" }).click();
    await page.keyboard.press("Escape");
    await page.getByLabel("Legend", { exact: true }).fill("{{site}}");
    await page.keyboard.press("Enter");
    assert.deepEqual(await grafana.edited(), { refId: "A", channel: 'power{site="north"}', fields: ["watt"], legend: "{{site}}" });
    assert.ok(await page.evaluate(() => window.host.runs) >= 4, "each change runs the query");
    await page.screenshot({ path: `${screenshots}grafana-query-editor.png` });
    await grafana.close();
  });

  test("take a selector as text, say what is wrong with it, and keep what the builder cannot show", async () => {
    const grafana = await openGrafana(browser, host.url, server.url);
    const { page } = grafana;
    await grafana.edit("query", { refId: "A", channel: "plant/*/temp" });
    await page.getByText("Matches 1 channel:").waitFor();
    await page.getByRole("radio", { name: "Text" }).check({ force: true });
    await page.getByLabel("Selector", { exact: true }).fill('plant/*/temp{site=~"("}');
    await page.keyboard.press("Enter");
    await page.getByText(/the regular expression is invalid/).first().waitFor();
    await page.getByLabel("Selector", { exact: true }).fill("power{site=}");
    await page.keyboard.press("Enter");
    await eventually(() => page.getByRole("radio", { name: "Builder" }).isDisabled(), "the builder is not offered for what it cannot show");
    await page.getByText(/at character 11/).first().waitFor();
    await page.getByLabel("Selector", { exact: true }).fill("nothing");
    await page.keyboard.press("Enter");
    await page.getByText("No channel matches now").waitFor();
    await grafana.close();
  });

  test("take the settings of a data source, and warn of those that cannot work", async () => {
    const grafana = await openGrafana(browser, host.url, server.url);
    const { page } = grafana;
    await grafana.edit("config", { jsonData: {}, secureJsonFields: {}, secureJsonData: {} });
    await page.getByLabel("URL", { exact: true }).fill("localhost:5080");
    await page.getByText("The URL begins with http:// or https://").waitFor();
    await page.getByLabel("URL", { exact: true }).fill("http://hub:5080");
    await page.getByLabel("Token", { exact: true }).fill("secret");
    await page.getByText("The token is not sent: connections do not go through Grafana.").waitFor();
    await page.getByLabel("Connect through Grafana", { exact: true }).check({ force: true });
    await page.getByText("The token is not sent").waitFor({ state: "detached" });
    await page.getByRole("radio", { name: "JSON" }).check({ force: true });
    await page.getByLabel("Update interval", { exact: true }).fill("250");
    await eventually(async () => (await grafana.edited()).jsonData.intervalMs === 250, "the interval is taken");
    const { jsonData, secureJsonData } = await grafana.edited();
    assert.deepEqual([jsonData, secureJsonData], [{ url: "http://hub:5080", throughGrafana: true, protocol: "json", intervalMs: 250 }, { token: "secret" }]);
    await page.screenshot({ path: `${screenshots}grafana-config-editor.png`, fullPage: true });
    await grafana.close();
  });
});
