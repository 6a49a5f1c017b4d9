// The other actions, and every action without a mouse.
import { expect, section, sentence, shared, test } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

test.beforeEach(async ({ page }) => {
  await page.goto(it().proxy.url);
  await expect(sentence(page)).toContainText("is running.");
});

test("force reconcile sets the operator's mark, shows the command and is carried out", async ({ page }) => {
  const { rig } = it();
  const before = rig.installation();
  await page.getByRole("button", { name: "Force reconcile" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the forced reconcile" });
  await expect(
    dialog.getByText(
      /^kubectl annotate rootcauseinstallations\.platform\.rootcause\.dev rootcause -n \S+ --overwrite admin\.rootcause\.dev\/force-reconcile=\S+$/,
    ),
  ).toBeVisible();
  await dialog.getByRole("button", { name: "Force reconcile" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("status").filter({ hasText: "Asked the operator to reconcile." })).toBeVisible();
  await expect(section(page, "Operation")).toContainText("Forced reconcile");

  await expect.poll(() => rig.installation().status.lastForceReconcile).not.toBe(before.status.lastForceReconcile);
  await expect(section(page, "Operation")).toContainText("succeeded", { timeout: 60_000 });
  const after = rig.installation();
  expect(after.metadata.annotations["admin.rootcause.dev/force-reconcile"]).toBe(after.status.lastForceReconcile);
  expect(after.metadata.generation).toBe(before.metadata.generation);
  expect(rig.requests()[0].action).toBe("force-reconcile");
  await rig.phase("Ready", "0.1.15");
});

test("a check for updates asks the operator to look at the registry now", async ({ page }) => {
  const { rig } = it();
  await page.getByRole("link", { name: /^Releases/ }).click();
  await page.getByRole("button", { name: "Check for updates now" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the check for updates" });
  await expect(dialog.getByText(/^kubectl annotate .*admin\.rootcause\.dev\/check-updates=\S+$/)).toBeVisible();
  await dialog.getByRole("button", { name: "Check for updates now" }).click();
  await expect(dialog).toBeHidden();
  const asked = Date.parse(rig.installation().metadata.annotations["admin.rootcause.dev/check-updates"]);
  expect(Date.now() - asked).toBeLessThan(60_000);
  expect(rig.requests()[0].action).toBe("check-updates");
  const checked = () => Date.parse(rig.installation().status.registry.lastChecked);
  await expect.poll(checked, { timeout: 15_000 }).toBeGreaterThanOrEqual(Math.floor(asked / 1000) * 1000);
  await expect(section(page, "Versions")).toContainText(/checked (just now|\d+ s ago)/);
});

test("the command palette finds an upgrade and opens its review", async ({ page }) => {
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Commands" });
  const command = palette.getByRole("combobox", { name: "Command" });
  await expect(command).toBeFocused();
  await page.keyboard.type("upgrade 0.1.16");
  await expect(palette.getByRole("option")).toHaveText([/Request upgrade to 0\.1\.16/]);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Review the upgrade to 0.1.16" });
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();

  await page.keyboard.press("Control+k");
  await expect(command).toBeFocused();
  await page.keyboard.type("force");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Review the forced reconcile" })).toBeVisible();
  await page.keyboard.press("Escape");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("releases");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/#\/releases$/);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("no such thing");
  await expect(palette.getByRole("option")).toHaveText(["Nothing of that name."]);
  await page.keyboard.press("Escape");
  await expect(palette).toBeHidden();
});

test("an upgrade by keyboard alone", async ({ page }) => {
  const { rig } = it();
  const focused = page.locator(":focus");
  const tabTo = async (name: RegExp, key = "Tab") => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press(key);
      const label = await focused.evaluate((it) => {
        const labels = (it as HTMLInputElement).labels;
        return it.getAttribute("aria-label") ?? labels?.[0]?.textContent ?? it.textContent ?? "";
      });
      if (name.test(label.trim())) return;
    }
    throw new Error(`no way by Tab to ${name}`);
  };
  await tabTo(/^Releases/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/#\/releases$/);
  await expect(sentence(page)).toBeFocused();
  await tabTo(/^Choose /);
  await expect(page.getByRole("radio", { name: "Choose 0.2.0-rc.1" })).toBeFocused();
  for (const version of ["0.1.20", "0.1.19", "0.1.18", "0.1.17", "0.1.16"]) {
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("radio", { name: `Choose ${version}` })).toBeChecked();
  }
  await tabTo(/^Request upgrade$/, "Shift+Tab");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Review the upgrade to 0.1.16" });
  await expect(dialog.getByRole("list", { name: "Changes" })).toBeVisible();
  await tabTo(/^Reason/);
  await page.keyboard.type("by keyboard");
  await tabTo(/^Request upgrade to 0\.1\.16$/);
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  expect(rig.installation().spec.version).toBe("0.1.16");
  expect(rig.requests()[0]).toMatchObject({ to: "0.1.16", why: "by keyboard" });
  await rig.phase("Ready", "0.1.16");
});
