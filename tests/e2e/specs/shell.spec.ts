// What surrounds every page: the phase, who and where one is, the theme, the place, and how current it all is.
import { connection, expect, section, sentence, shared, test, type Page } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

async function open(page: Page, hash = ""): Promise<void> {
  await page.goto(`${it().proxy.url}${hash}`);
  await expect(sentence(page)).toContainText("is running.");
}

const background = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

test("phase, version, place and user are in sight on every page", async ({ page }) => {
  const { rig } = it();
  rig.grant("ana@example.com", [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
  const { url, port } = await rig.proxy({ as: "ana@example.com" });
  for (const [hash, title] of [
    ["#/", "Status · RootCause Admin"],
    ["#/releases", "Releases · RootCause Admin"],
  ]) {
    await page.goto(url + hash);
    await expect(section(page, "Installation")).toContainText("Ready");
    await expect(section(page, "Installation")).toContainText("0.1.15");
    const banner = page.getByRole("banner");
    await expect(banner).toContainText(`rootcause in ${rig.namespace} · 127.0.0.1:${port}`);
    await expect(banner).toContainText("ana@example.com");
    await expect(connection(page)).toHaveText("live");
    await expect(page).toHaveTitle(title);
    const pages = page.getByRole("navigation", { name: "Pages" });
    await expect(pages.getByRole("link")).toContainText([/^Status$/, /^Releases\s*1$/, "Bootstrap", "Secrets", "Users", "Troubleshooting"]);
    await expect(pages.locator("[aria-current=page]")).toHaveCount(1);
  }
});

test("the theme is light, dark or the system's, and is remembered", async ({ page }) => {
  await open(page);
  const theme = page.getByRole("combobox", { name: "Theme" });
  await expect(theme).toHaveValue("system");
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await background(page);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background(page);
  expect(dark).not.toBe(light);
  await theme.selectOption("dark");
  await expect.poll(() => background(page)).toBe(dark);
  await page.reload();
  await expect(sentence(page)).toContainText("is running.");
  await expect(theme).toHaveValue("dark");
  expect(await background(page)).toBe(dark);
  await theme.selectOption("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(() => background(page)).toBe(light);
  await theme.selectOption("system");
  await expect.poll(() => background(page)).toBe(dark);
});

test("links lead deep, reload and Back keep the place, and focus follows", async ({ page }) => {
  await open(page, "#/releases?filter=0.1.1");
  const filter = page.getByRole("searchbox", { name: "Filter versions" });
  await expect(filter).toHaveValue("0.1.1");
  await page.reload();
  await expect(filter).toHaveValue("0.1.1");
  await expect(page.getByRole("radio")).toHaveCount(7);

  await page.getByRole("link", { name: "Status" }).click();
  await expect(section(page, "Conditions")).toBeVisible();
  await expect(sentence(page)).toBeFocused();
  await page.goBack();
  await expect(filter).toHaveValue("0.1.1");
  await expect(sentence(page)).toBeFocused();

  await page.goto(`${it().proxy.url}#/releases/0.1.16`);
  const panel = page.getByRole("dialog", { name: "Version 0.1.16" });
  await expect(panel).toContainText("upgrade");
  await page.reload();
  await expect(panel).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  await expect(page).toHaveURL(/#\/releases$/);

  await page.getByRole("table", { name: "History of rootcause-platform" }).getByRole("link", { name: "1" }).click();
  await expect(page.getByRole("dialog", { name: "rootcause-platform, revision 1" })).toContainText("Install complete");
  await page.reload();
  await expect(page.getByRole("dialog", { name: "rootcause-platform, revision 1" })).toContainText("Install complete");
  await page.keyboard.press("Escape");

  await page.goto(`${it().proxy.url}#/nowhere`);
  await expect(sentence(page)).toHaveText("There is no such page.");
  await page.getByRole("main").getByRole("link", { name: "Go to Status" }).click();
  await expect(section(page, "Conditions")).toBeVisible();
});

test("the skip link leads to the page's heading", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(sentence(page)).toBeFocused();
});

test("a lost proxy is told after ten seconds, writes are locked, and it comes back by itself", async ({ page }) => {
  const { rig } = it();
  const proxy = await rig.proxy();
  await page.goto(proxy.url);
  await expect(connection(page)).toHaveText("live");
  await page.evaluate(() => Object.assign(window, { kept: true }));
  const lostAt = Date.now();
  await proxy.stop();
  await expect(connection(page)).toHaveText("reconnecting");
  expect(Date.now() - lostAt).toBeGreaterThan(9_000);
  const notice = page.getByRole("alert").filter({ hasText: "The API server cannot be reached." });
  await expect(notice).toContainText(/What you see was read \d+ s ago\. Writing is locked/);
  const force = page.getByRole("button", { name: "Force reconcile" });
  await expect(force).toBeDisabled();
  await expect(force).toHaveAccessibleDescription(/^What you see was read \d+ s ago; writing waits/);
  // What was there is still there, greyed.
  await expect(sentence(page)).toContainText("RootCause 0.1.15 is running.");
  await expect.poll(() => section(page, "Workloads").evaluate((it) => {
    for (let at: Element | null = it; at; at = at.parentElement) {
      const { opacity, filter } = getComputedStyle(at);
      if (Number(opacity) < 1 || filter !== "none") return "greyed";
    }
    return "as usual";
  })).toBe("greyed");

  await rig.proxy({ port: proxy.port });
  await expect(connection(page)).toHaveText("live", { timeout: 45_000 });
  await expect(notice).toBeHidden();
  await expect(force).toBeEnabled();
  rig.patchStatus({ lastError: "seen after the line was back" });
  await expect(page.getByText("seen after the line was back")).toBeVisible();
  rig.patchStatus({ lastError: null });
  expect(await page.evaluate(() => "kept" in window)).toBe(true);
});

test("a short interruption passes unnoticed", async ({ page }) => {
  const { rig } = it();
  const proxy = await rig.proxy();
  await page.goto(proxy.url);
  await expect(connection(page)).toHaveText("live");
  const words = await page.evaluate(() => {
    const said = new Set<string>();
    const note = () => said.add(document.querySelector("header [role=status]")?.textContent?.trim() ?? "");
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { words: said });
    return [...said];
  });
  expect(words).toEqual(["live"]);
  await proxy.stop();
  await rig.proxy({ port: proxy.port });
  rig.patchStatus({ lastError: "after the interruption" });
  await expect(page.getByText("after the interruption")).toBeVisible({ timeout: 30_000 });
  rig.patchStatus({ lastError: null });
  expect(await page.evaluate(() => [...(window as unknown as { words: Set<string> }).words])).toEqual(["live"]);
});

test("a list's columns are chosen, and stay so", async ({ page }) => {
  await page.goto(`${it().proxy.url}#/troubleshooting/pods`);
  const list = page.getByRole("grid", { name: "Pods" });
  await expect(list).toContainText("redis-0");
  const heads = list.getByRole("columnheader");
  await expect(heads).toHaveText(["Pod", "Workload", "Status", "Restarts", "Age", "Node", "Uses", "Action"]);
  const choice = page.getByRole("group", { name: "Columns of Pods" });
  await page.getByRole("button", { name: "Columns" }).click();
  await choice.getByRole("checkbox", { name: "Node" }).uncheck();
  await choice.getByRole("checkbox", { name: "Uses" }).uncheck();
  await page.keyboard.press("Escape");
  await expect(choice).toBeHidden();
  const fewer = ["Pod", "Workload", "Status", "Restarts", "Age", "Action"];
  await expect(heads).toHaveText(fewer);
  await expect(list.getByRole("row", { name: "redis-0" }).getByRole("gridcell")).toHaveCount(fewer.length - 1);
  await page.reload();
  await expect(heads).toHaveText(fewer);
  // Each list has its own.
  await page.goto(`${it().proxy.url}#/secrets`);
  await expect(page.getByRole("grid", { name: "Secrets" }).getByRole("columnheader")).toHaveText(["Name", "Type", "Keys", "Used by", "Age"]);
  await page.goto(`${it().proxy.url}#/troubleshooting/pods`);
  await page.getByRole("button", { name: "Columns" }).click();
  await choice.getByRole("checkbox", { name: "Node" }).check();
  await expect(heads).toHaveText(["Pod", "Workload", "Status", "Restarts", "Age", "Node", "Action"]);
});

test("a long table keeps its headings in sight, and the keyboard goes through its rows", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 600 });
  await page.goto(`${it().proxy.url}#/troubleshooting/events`);
  const table = page.getByRole("table", { name: "Events" });
  const rows = table.locator("tbody tr");
  await expect(rows.nth(15)).toBeAttached();
  await page.getByRole("searchbox", { name: "Filter events" }).focus();
  for (const next of ["Warnings only", "Columns"]) {
    await page.keyboard.press("Tab");
    await expect(page.getByLabel(next).or(page.getByRole("button", { name: next })).first()).toBeFocused();
  }
  await page.keyboard.press("Tab");
  const head = table.getByRole("columnheader", { name: "Reason" });
  // How far the headings are below the upper edge of what scrolls.
  const below = () => head.evaluate((it) => it.getBoundingClientRect().y - (it.closest("div")?.getBoundingClientRect().y ?? NaN));
  await page.keyboard.press("ArrowDown");
  await expect(rows.first()).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press("End");
  await expect(rows.last()).toBeFocused();
  await expect(rows.last()).toBeInViewport();
  await expect(rows.first()).not.toBeInViewport();
  expect(Math.abs(await below())).toBeLessThan(2);
  await page.keyboard.press("Home");
  await expect(rows.first()).toBeFocused();
});

test("Enter opens the row that the keyboard is at", async ({ page }) => {
  await page.goto(`${it().proxy.url}#/releases`);
  const table = page.getByRole("table", { name: "Versions" });
  await table.getByRole("link", { name: "0.1.16" }).focus();
  await page.keyboard.press("ArrowUp");
  await expect(table.getByRole("row").filter({ has: page.getByRole("link", { name: "0.1.17" }) })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Version 0.1.17" })).toBeVisible();
});

test("Status prints as a report: what is so, of which installation, when, and nothing to press", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page);
  await expect(section(page, "Helm releases")).toContainText("deployed");
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const printed = page.getByText(new RegExp(`^rootcause in ${it().rig.namespace} · .*${new Date().getFullYear()}`));
  await expect(printed).toBeVisible();
  await expect(sentence(page)).toBeVisible();
  for (const name of ["Workloads", "Helm releases", "Conditions", "Recent events"]) {
    await expect(section(page, name)).toBeVisible();
  }
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeHidden();
  await expect(page.getByRole("banner")).toBeHidden();
  await expect(page.getByRole("button").filter({ visible: true })).toHaveCount(0);
  // A time is a date as well, and nothing is cut off below.
  const since = section(page, "Conditions").locator("time").first();
  expect(await since.evaluate((it) => getComputedStyle(it, "::after").content)).not.toBe("none");
  const cut = await page.getByRole("main").evaluate((it) => it.scrollHeight - it.clientHeight);
  expect(cut).toBeLessThanOrEqual(0);
  const ground = await page.evaluate(() => getComputedStyle(document.querySelector("main") ?? document.body).colorScheme);
  expect(ground).toBe("light");
  await page.pdf({ path: "results/screenshots/status.pdf", format: "A4" });
  await page.screenshot({ path: "results/screenshots/status-print.png", fullPage: true });
});
