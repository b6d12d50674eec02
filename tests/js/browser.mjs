// Debian's Chromium, with nothing that it asks of the network by itself, and pages that report what went wrong in them.
import { chromium } from "playwright-core";

const switches = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: switches });
}

/** Opens a page in a context of its own; `troubles` lists console errors, exceptions and violations of the CSP. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark", ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(String(error)));
  await page.exposeFunction("reportViolation", (text) => troubles.push(text));
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) =>
    globalThis.reportViolation(`CSP: ${event.violatedDirective} refused ${event.blockedURI}`)));
  await page.goto(url);
  return { page, troubles, close: () => context.close() };
}
