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
