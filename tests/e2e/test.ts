// The tests' own words: rigs that end with their tests, pages on which nothing goes wrong unseen, and what every test
// of this app does or looks for.
import { test as base, expect, type Browser, type Locator, type Page } from "@playwright/test";
import { type Crd, type Proxy, Rig } from "./rig.ts";

export { expect, type Locator, type Page };
export { NAME, OTHER, REFERENCE, Rig, type Crd, type Hosted, type Proxy } from "./rig.ts";

/** Notes what went wrong on a page, and what left for another host. */
function watch(page: Page, problems: string[]): void {
  page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    // The browser's own lines about answers that were no success are the tests' business, not a fault of the page; so is
    // what the loader of chunks says when the line is down.
    const network = /^Failed to load resource|WebSocket connection to|^TypeError: Failed to fetch/;
    if (message.type() === "error" && !network.test(message.text())) problems.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.hostname && url.hostname !== "127.0.0.1") problems.push(`request to another host: ${url}`);
  });
}

interface Fixtures {
  /** A namespace of the test's own. */
  rig: Rig;
  problems: string[];
  /** Opens another person's browser at this address. */
  another: (url: string) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  rig: async ({}, use) => {
    const rig = Rig.make();
    await use(rig);
    await rig.end();
  },
  problems: [
    async ({ page }, use) => {
      const problems: string[] = [];
      watch(page, problems);
      await use(problems);
      expect(problems).toEqual([]);
    },
    { auto: true },
  ],
  another: async ({ browser, problems }, use) => {
    const opened: Awaited<ReturnType<Browser["newContext"]>>[] = [];
    await use(async (url) => {
      const context = await browser.newContext();
      opened.push(context);
      const page = await context.newPage();
      watch(page, problems);
      await page.goto(url);
      return page;
    });
    for (const context of opened) await context.close();
  },
});

/** One rig for all tests of a file or a describe block, for tests that leave it as they found it. */
export function shared(prepare: (rig: Rig) => Promise<void>, crd?: Crd): () => { rig: Rig; proxy: Proxy } {
  let it: { rig: Rig; proxy: Proxy } | undefined;
  test.describe.configure({ mode: "default" });
  test.beforeAll(async () => {
    const rig = Rig.make(crd);
    it = { rig, proxy: undefined as never };
    await prepare(rig);
    it.proxy = await rig.proxy();
  });
  test.afterAll(async () => it?.rig.end());
  return () => {
    if (!it) throw new Error("only inside a test");
    return it;
  };
}

/**
 * A test of the fault matrix: what goes wrong, with which requests or when, and what comes of it. docs/faults.md is
 * written from these three texts.
 */
export function fault(what: string, on: string, outcome: string, body: Parameters<typeof test>[2]): void {
  test(`fault: ${what} (${on})`, { annotation: [{ type: "outcome", description: outcome }] }, body);
}

/** Marks the document, to tell later that it was not loaded anew. */
export async function mark(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(window, { kept: true }));
  return async () => expect(await page.evaluate(() => "kept" in window)).toBe(true);
}

/** The page's opening sentence. */
export function sentence(page: Page): Locator {
  return page.getByRole("heading", { level: 1 });
}

/** A section of the page by its heading. */
export function section(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true });
}

/** The connection's state in the bar at the top. */
export function connection(page: Page): Locator {
  return page.getByRole("status", { name: "Connection" });
}

/** Opens the page's review of the move to `version`, by the list of versions. */
export async function review(page: Page, version: string): Promise<Locator> {
  await page.getByRole("link", { name: /^Releases/ }).click();
  await page.getByRole("radio", { name: `Choose ${version}`, exact: true }).check();
  await page.getByRole("button", { name: "Request upgrade", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: /^Review the / });
  await expect(dialog.getByRole("list", { name: "Changes" })).toBeVisible();
  return dialog;
}

/** Opens the review of the draft on Bootstrap. */
export async function reviewConfiguration(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Apply configuration…" }).click();
  return page.getByRole("dialog", { name: "Review the configuration" });
}

/** Puts this text in place of what a YAML editor holds. */
export async function write(page: Page, editor: Locator, text: string): Promise<void> {
  await editor.focus();
  await page.keyboard.press("ControlOrMeta+a");
  // As pasted: typing would let the editor indent by itself.
  await page.keyboard.insertText(text);
}

/** Takes over every field that others manage. */
export async function takeOver(dialog: Locator): Promise<void> {
  const changes = dialog.getByRole("list", { name: "Changes" });
  const take = dialog.getByRole("button", { name: /^Take .* over$/ });
  await expect(changes.or(take.first())).toBeVisible();
  while (await take.count()) {
    await take.first().click();
    await expect(changes.or(take.first())).toBeVisible();
  }
}

/** Applies what is reviewed, and takes over what others manage of it. */
export async function applyConfiguration(dialog: Locator): Promise<void> {
  await takeOver(dialog);
  await dialog.getByRole("button", { name: "Apply configuration" }).click();
  await expect(dialog).toBeHidden();
}

/** Notes every sentence that the page opens with from now on; gives those so far. */
export async function sentences(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = [];
    const note = () => {
      const words = document.querySelector("h1")?.textContent?.trim();
      if (words && said.at(-1) !== words) said.push(words);
    };
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { said });
  });
  return () => page.evaluate(() => (window as unknown as { said: string[] }).said);
}

/** The step of the operation's timeline. */
export function step(page: Page, name: string): Locator {
  return section(page, "Operation").getByRole("listitem").filter({ hasText: new RegExp(`^\\s*${name}\\s*:`) });
}
