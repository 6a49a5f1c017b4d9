// A CRD of another group, version, kind and other field names: served by config.json alone.
import { expect, NAME, OTHER, review, Rig, section, sentence, step, test } from "../test.ts";

test.use({ rig: async ({}, use) => {
  const rig = Rig.make(OTHER);
  await use(rig);
  await rig.end();
} });

test("status, upgrade, rollback and force reconcile of the second CRD", async ({ page, rig }) => {
  test.setTimeout(240_000);
  rig.startOperator({ mapping: "operator/mapping-other.json" });
  rig.createSecrets();
  rig.createInstallation("0.1.15");
  await rig.phase("Healthy", "0.1.15");
  const config = JSON.parse(rig.file("config-other.json"));
  await page.goto((await rig.proxy({ config })).url);

  await test.step("status", async () => {
    await expect(sentence(page)).toHaveText("RootCause 0.1.15 is running. 0.1.20 is available.");
    await expect(section(page, "Installation")).toContainText("Ready");
    await expect(section(page, "Conditions")).toContainText("DependenciesReady");
    await expect(section(page, "Helm releases")).toContainText(/rootcause-platform\s*Version\s*0\.1\.15/);
    await expect(section(page, "Workloads").getByText(/^(\d+) of \1 complete$/)).toBeVisible();
  });

  await test.step("upgrade", async () => {
    const dialog = await review(page, "0.1.16");
    await expect(dialog.getByRole("list", { name: "Changes" }).getByRole("listitem")).toHaveText([
      /spec\.release\.tag\s*0\.1\.15 → 0\.1\.16/,
    ]);
    const command = `kubectl patch acmeanalytics.ops.acme.example ${NAME} -n ${rig.namespace} --type merge -p '{"spec":{"release":{"tag":"0.1.16"}}}'`;
    await expect(dialog.getByText(command, { exact: true })).toBeVisible();
    await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
    await expect(dialog).toBeHidden();
    await expect(sentence(page)).toContainText("Upgrading to 0.1.16");
    await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.", { timeout: 60_000 });
    await rig.phase("Healthy", "0.1.16");
    for (const name of ["seen", "dependencies", "platform", "Ready"]) await expect(step(page, name)).toContainText("done");
  });

  await test.step("rollback", async () => {
    const dialog = await review(page, "0.1.15");
    await expect(dialog).toHaveAccessibleName("Review the rollback to 0.1.15");
    await dialog.getByRole("button", { name: "Request rollback to 0.1.15" }).click();
    await expect(dialog).toBeHidden();
    await expect(sentence(page)).toContainText("RootCause 0.1.15 is running.", { timeout: 60_000 });
    await rig.phase("Healthy", "0.1.15");
    const newest = page.getByRole("table", { name: "History of rootcause-platform" }).getByRole("row").nth(1);
    await expect(newest).toContainText("Rollback from 0.1.16 to 0.1.15");
  });

  await test.step("force reconcile", async () => {
    await page.getByRole("link", { name: "Status" }).click();
    await page.getByRole("button", { name: "Force reconcile" }).click();
    const dialog = page.getByRole("dialog", { name: "Review the forced reconcile" });
    await expect(dialog.getByText(/--overwrite ops\.acme\.example\/rerun=\S+$/)).toBeVisible();
    await dialog.getByRole("button", { name: "Force reconcile" }).click();
    await expect(dialog).toBeHidden();
    const mark = rig.installation().metadata.annotations["ops.acme.example/rerun"];
    await expect.poll(() => rig.installation().status.handledRerun, { timeout: 30_000 }).toBe(mark);
    await rig.phase("Healthy", "0.1.15");
    await expect(section(page, "Operation")).toContainText("succeeded");
  });
});
