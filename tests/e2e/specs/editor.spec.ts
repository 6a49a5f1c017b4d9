// The YAML editor, the capacity picture and the Danger Zone in both themes and widths.
import AxeBuilder from "@axe-core/playwright";
import { sideways } from "../looks.ts";
import { expect, section, shared, test, write } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

for (const [width, viewport] of Object.entries({ desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } })) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`editor, capacity and Danger Zone pass axe: ${width}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto(it().proxy.url + "#/bootstrap");
      const platform = page.getByRole("group", { name: "Raw Helm Overrides: Platform" });
      await platform.getByRole("button", { name: "Autoscale Platform by CPU" }).click();
      await write(page, platform.getByRole("textbox", { name: "Raw Helm overrides of platform" }), "components:\n  # many\n  mlJobs:\n    replicas: many\n");
      await expect(platform.getByText("Must be a whole number.")).toBeVisible();
      await expect(section(page, "Capacity").getByRole("img").first()).toBeVisible();
      const zone = section(page, "Danger Zone");
      await zone.getByText("Undeploy this installation").click();
      await expect(zone.getByText(/^Undeploying deletes/)).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.flatMap(({ id, nodes }) => nodes.map((it) => `${id}: ${it.html} ${it.failureSummary}`))).toEqual([]);
      expect(await sideways(page)).toEqual([]);
      const hidden = await page.getByRole("main").evaluate((it) => it.scrollHeight - it.clientHeight);
      await page.setViewportSize({ ...viewport, height: viewport.height + hidden });
      await page.screenshot({ path: `results/screenshots/bootstrap-editor-${width}-${colorScheme}.png`, fullPage: true });
    });
  }
}
