// How a page looks, and what axe has against it.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";

export const WIDTHS = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** What axe has against the page: the rule, where, and why. */
export async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((it) => `${id}: ${it.html} ${it.failureSummary}`));
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
        const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect.soft(overhang, `${name} scrolls sideways by so many pixels`).toBeLessThanOrEqual(0);
      });
    }
  }
  if (before) await page.setViewportSize(before);
}
