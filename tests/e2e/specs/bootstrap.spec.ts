// Bootstrap: a form drawn from the cluster's schema.
import AxeBuilder from "@axe-core/playwright";
import { expect, section, sentence, shared, test, type Page } from "../test.ts";

// No operator at work: what is applied stays applied, and nothing else moves.
const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
});

async function open(page: Page): Promise<void> {
  await page.goto(`${it().proxy.url}#/bootstrap`);
  await expect(sentence(page)).toHaveText(/The configuration is as it was applied\./);
  await expect(section(page, "General")).toBeVisible();
}

test("the form has the guide's sections, and a place for every other field", async ({ page }) => {
  await open(page);
  for (const name of ["General", "Components", "Dependencies", "Authentication", "Advanced"]) {
    await expect(section(page, name)).toBeVisible();
  }
  const platform = section(page, "Components").getByRole("group", { name: "Platform", exact: true });
  await expect(platform.getByRole("textbox", { name: "Replicas" })).toHaveValue("1");
  const classes = section(page, "General").getByRole("combobox", { name: "Storage class" }).getByRole("option");
  await expect(classes.filter({ hasText: "standard (the cluster's default)" })).toHaveCount(1);
  await expect(classes.filter({ hasText: /^fast$/ })).toHaveCount(1);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`the form, its views and its review pass axe: ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const pass = async () => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.flatMap(({ id, nodes }) => nodes.map((it) => `${id}: ${it.html} ${it.failureSummary}`))).toEqual([]);
    };
    for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
      await page.setViewportSize(viewport);
      await open(page);
      await section(page, "Presets").getByText("Large", { exact: true }).click();
      await section(page, "Components").getByRole("textbox", { name: "Replicas" }).first().fill("0");
      await expect(sentence(page)).toHaveText(/1 field needs attention/);
      await pass();
      await section(page, "Components").getByRole("textbox", { name: "Replicas" }).first().fill("2");
      await page.getByRole("button", { name: "Apply configuration…" }).click();
      await expect(page.getByRole("dialog")).toContainText("is managed by");
      await pass();
      await page.getByRole("button", { name: "Close" }).click();
      await page.getByRole("button", { name: "Discard changes" }).click();
    }
  });
}

test("the keyboard alone fills in a field and opens the review", async ({ page }) => {
  await open(page);
  await section(page, "General").getByRole("textbox", { name: "Host" }).focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("keys.example.com");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(section(page, "General").getByRole("textbox", { name: "Host" })).toHaveValue("rootcause.example.com");
  await expect(sentence(page)).toHaveText(/The configuration is as it was applied\./);
});
