// Upgrades that fail: the page says so, in Helm's own words, and the way back works.
import { expect, review, section, sentence, step, test, type Page } from "../test.ts";

async function request(page: Page, version: string): Promise<void> {
  const dialog = await review(page, version);
  await dialog.getByRole("button", { name: new RegExp(`^Request \\w+ to ${version}$`) }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
}

/** The last error as the page shows it. */
const error = (page: Page) => page.getByRole("alert").filter({ hasText: "Last error" });

async function copied(page: Page): Promise<string> {
  await error(page).getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied." })).toBeVisible();
  return page.evaluate(() => navigator.clipboard.readText());
}

test("a hook that fails: Degraded, Helm's words in full, and going back recovers", async ({ page, rig }) => {
  test.setTimeout(180_000);
  await rig.install("0.1.16");
  await page.goto((await rig.proxy()).url);
  await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.");
  await request(page, "0.1.18");

  await expect(section(page, "Operation")).toContainText("failed", { timeout: 60_000 });
  await expect(step(page, "platform")).toContainText("failed");
  await expect(step(page, "Ready")).toContainText("skipped");
  await page.getByRole("link", { name: "Status" }).click();
  await expect(sentence(page)).toContainText(/^\s*Degraded: .*pre-upgrade hooks failed/);
  await expect(section(page, "Installation")).toContainText("Degraded");

  const words: string = rig.installation().status.lastError;
  expect(words).toContain("pre-upgrade hooks failed");
  await expect(error(page).getByText(words, { exact: true })).toBeVisible();
  expect(await copied(page)).toBe(words);

  const platform = section(page, "Helm releases").getByText("failed", { exact: true });
  await expect(platform).toBeVisible();
  await expect(section(page, "Helm releases")).toContainText("The two releases are at different versions.");

  await page.getByRole("link", { name: /^Releases/ }).click();
  await expect(sentence(page)).toContainText("RootCause 0.1.16 is deployed, phase Degraded.");
  const failed = page.getByRole("table", { name: "History of rootcause-platform" }).getByRole("row").nth(1);
  await expect(failed).toContainText("Upgrade from 0.1.16 to 0.1.18 failed");
  await expect(failed).toContainText("pre-upgrade hooks failed");

  await request(page, "0.1.16");
  await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.", { timeout: 60_000 });
  await expect(error(page)).toBeHidden();
  await rig.phase("Ready", "0.1.16");
  for (const name of ["dependencies", "platform", "Ready"]) await expect(step(page, name)).toContainText("done");
});

test("an image that cannot be pulled: the workload says what it waits for, and going back recovers", async ({
  page,
  rig,
}) => {
  test.setTimeout(180_000);
  await rig.install("0.1.16", { helmTimeout: "20s" });
  await page.goto((await rig.proxy()).url);
  await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.");
  await request(page, "0.1.19");

  const platform = section(page, "Workloads").getByRole("listitem").filter({ hasText: /^\s*platform\s*Deployment/ });
  await expect(platform).toContainText("waits: image pull (ImagePullBackOff)", { timeout: 60_000 });
  await expect(platform.getByRole("img")).toHaveAccessibleName(/0 of 1 new, 1 old/);
  await expect(sentence(page)).toContainText("platform waits: image pull (ImagePullBackOff)");

  await expect(section(page, "Operation")).toContainText("failed", { timeout: 60_000 });
  await page.getByRole("link", { name: "Status" }).click();
  await expect(sentence(page)).toContainText(/^\s*Degraded: UPGRADE FAILED: .*platform/);
  const words: string = rig.installation().status.lastError;
  await expect(error(page).getByText(words, { exact: true })).toBeVisible();
  await expect(platform).toContainText("waits: image pull (ImagePullBackOff)");
  await expect(section(page, "Recent events")).toContainText("HelmFailed");

  await request(page, "0.1.16");
  await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.", { timeout: 60_000 });
  await expect(platform).toContainText("1 of 1 ready");
  await rig.phase("Ready", "0.1.16");
});
