// Danger Zone: the blast radius is the cluster's, the request needs two confirmations, and the way back works.
import { applyConfiguration, expect, reviewConfiguration, section, sentence, takeOver, test, type Page } from "../test.ts";

async function zone(page: Page, url: string) {
  await page.goto(url + "#/bootstrap");
  const zone = section(page, "Danger Zone");
  await zone.getByText("Undeploy this installation").click();
  await expect(zone.getByText(/^Undeploying deletes /)).toBeVisible();
  return zone;
}

test("undeploy and redeploy: what dies is named before, the installation stays", async ({ rig, page }) => {
  await rig.install("0.1.15");
  const { url } = await rig.proxy();
  const it = await zone(page, url);
  await expect(it.getByText(/^Undeploying deletes \d+ workloads, \d+ secrets and 3 volume claims with up to 122Gi of data\.$/)).toBeVisible();
  const claims = it.getByRole("table", { name: "Volumes and their data" });
  await expect(claims.getByRole("row", { name: /data-postgres-0/ })).toContainText("It is deleted with StatefulSet postgres.");
  await expect(claims.getByRole("row", { name: /data-postgres-0/ })).toContainText("data destroyed");
  await expect(it.getByRole("note").filter({ hasText: "PostgreSQL: there is no backup yet" })).toContainText("kubectl get rootcauseinstallations");
  await it.getByText(/^Secrets: /).click();
  const secrets = it.getByRole("table", { name: "Secrets" });
  await expect(secrets.getByRole("row", { name: /^regcred/ })).toContainText("stays");
  const accounts = secrets.getByRole("row").filter({ hasText: "rootcause-operator" });
  await expect(accounts).toContainText("deleted");
  const dying = await secrets.getByRole("row").filter({ hasText: "deleted" }).getByRole("rowheader").allTextContents();

  const ask = it.getByRole("button", { name: "Request undeploy" });
  await expect(ask).toHaveAttribute("title", "Tick the box first.");
  await it.getByRole("checkbox", { name: /the data in PostgreSQL, MongoDB and Redis is destroyed/ }).check();
  await expect(ask).toHaveAttribute("title", "Type rootcause first.");
  await it.getByRole("textbox", { name: "Type the installation's name, rootcause, to confirm" }).fill("rootcause");
  await ask.click();
  const dialog = page.getByRole("dialog", { name: "Review the undeploy" });
  await expect(dialog.getByRole("list", { name: "Changes" })).toContainText("spec.undeploy");
  await dialog.getByRole("button", { name: "Request undeploy" }).click();

  await expect(it.getByText("Both releases are uninstalled.")).toBeVisible({ timeout: 60_000 });
  await expect(it.getByText("Nothing of either release is left.")).toBeVisible({ timeout: 30_000 });
  await rig.phase("Uninstalled");
  const left = rig.kubectl(["get", "secrets,pvc,deployments,statefulsets", "-o", "name"]);
  for (const name of dying) expect(left).not.toContain(`/${name}\n`);
  expect(left).toContain("secret/regcred");
  expect(rig.requests()[0].action).toBe("undeploy");

  await it.getByRole("button", { name: "Request redeploy" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Request redeploy" }).click();
  await rig.phase("Ready", "0.1.15");
  await expect(it.getByText("Undeploy this installation")).toBeVisible();
  await page.getByRole("link", { name: /^Status/ }).click();
  await expect(sentence(page)).toContainText("0.1.15 is running.");
});

test("a finalizer that holds an undeploy up is named with its owner", async ({ rig, page }) => {
  await rig.install("0.1.15");
  rig.kubectl(["patch", "pvc", "data-redis-0", "--type", "merge", "--field-manager", "backup-tool", "-p", '{"metadata":{"finalizers":["backup.example.com/hold","kubernetes.io/pvc-protection"]}}']);
  rig.patch({ spec: { undeploy: true } });
  const { url } = await rig.proxy();
  await page.goto(url + "#/bootstrap");
  const held = section(page, "Danger Zone").getByRole("alert").filter({ hasText: "PersistentVolumeClaim data-redis-0 cannot be deleted." });
  await expect(held).toBeVisible({ timeout: 120_000 });
  await expect(held).toContainText("backup.example.com/hold has to be removed by backup-tool, which set it.");
  rig.kubectl(["patch", "pvc", "data-redis-0", "--type", "merge", "-p", '{"metadata":{"finalizers":null}}']);
  await expect(held).toHaveCount(0);
});

test("what may not be read is not counted as nothing", async ({ rig, page }) => {
  await rig.install("0.1.15");
  rig.grant("bo@example.com", [
    { apiGroups: ["platform.rootcause.dev"], resources: ["rootcauseinstallations"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["", "apps"], resources: ["pods", "deployments", "statefulsets"], verbs: ["get", "list", "watch"] },
  ]);
  const { url } = await rig.proxy({ as: "bo@example.com" });
  const it = await zone(page, url);
  await expect(it.getByText(/an unknown number of secrets and an unknown number of volume claims\.$/)).toBeVisible();
  await expect(it.getByRole("note").filter({ hasText: "The secrets cannot be read" })).toContainText("You may not list secrets");
  await it.getByRole("checkbox").check();
  await expect(it.getByRole("button", { name: "Request undeploy" })).toHaveAttribute("title", /^You may not patch rootcauseinstallations/);
});

test("an undeployed installation is deployed again by applying its configuration, and undeployed by nothing but the Danger Zone", async ({ rig, page }) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patch({ spec: { undeploy: true } });
  rig.patchStatus({ phase: "Uninstalled", observedGeneration: 2 });
  const { url } = await rig.proxy();
  await page.goto(url + "#/bootstrap");
  await expect(sentence(page)).toHaveText("The installation is undeployed: applying its configuration deploys it again.");
  await section(page, "General").getByRole("textbox", { name: "Host" }).fill("again.example.com");
  const dialog = await reviewConfiguration(page);
  await takeOver(dialog);
  await expect(dialog.getByRole("list", { name: "Changes" })).toContainText("spec.undeploytrue → false");
  await expect(dialog.getByRole("region", { name: "What restarts" })).toContainText("their databases start empty");
  await applyConfiguration(dialog);
  expect(rig.installation().spec).toMatchObject({ undeploy: false, host: "again.example.com" });

  // A file that would undeploy it is not applied from here.
  rig.patchStatus({ phase: "Ready", observedGeneration: 3 });
  const buffer = Buffer.from(JSON.stringify({ ...rig.installation(), spec: { ...rig.installation().spec, undeploy: true } }));
  await section(page, "Export and import")
    .getByLabel("Take the configuration of a file into the draft")
    .setInputFiles({ name: "rootcause.json", mimeType: "application/json", buffer });
  await expect(page.getByRole("button", { name: "Apply configuration…" })).toHaveAttribute("title", "Undeploying is requested in the Danger Zone alone.");
});
