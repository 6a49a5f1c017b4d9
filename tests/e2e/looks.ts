// How a page looks, and what axe has against it.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";

export const WIDTHS = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** What axe has against the page: the rule, where, and why. */
export async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((it) => `${id}: ${it.html} ${it.failureSummary}`));
}

/** What scrolls sideways of the page, its frame and a dialog's, and by how much: nothing should, at any width. */
export function sideways(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const frames = Array.from(document.querySelectorAll("html, main, dialog[open], dialog[open] .body"));
    const over = frames.map((it) => [it.nodeName, it.scrollWidth - it.clientWidth] as const);
    return over.filter(([, by]) => by > 0).map(([name, by]) => `${name} by ${by} px`);
  });
}

/** All of the page, which scrolls inside its frame. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const viewport = page.viewportSize();
  if (!viewport) throw new Error("no viewport");
  const hidden = await page.getByRole("main").evaluate((it) => it.scrollHeight - it.clientHeight);
  const dialog = await page.getByRole("dialog").first().isVisible();
  if (!dialog) await page.setViewportSize({ ...viewport, height: viewport.height + hidden });
  await page.screenshot({ path: `results/screenshots/${name}.png`, fullPage: true });
  await page.setViewportSize(viewport);
}

/** What is shown now passes axe in both themes and widths; with screenshots to look at. */
export async function passes(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  for (const [width, viewport] of Object.entries(WIDTHS)) {
    for (const colorScheme of ["light", "dark"] as const) {
      await test.step(`${name}, ${width}, ${colorScheme}`, async () => {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await screenshot(page, `${name}-${width}-${colorScheme}`);
        expect.soft(await violations(page), name).toEqual([]);
        expect.soft(await sideways(page), `${name} scrolls sideways`).toEqual([]);
      });
    }
  }
  if (before) await page.setViewportSize(before);
}
