// Bootstrap: a form drawn from the cluster's schema.
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
  await page.screenshot({ path: "results/screenshots/bootstrap.png", fullPage: true });
});
