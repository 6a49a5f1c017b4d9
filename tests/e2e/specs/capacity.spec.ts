// The capacity picture: live with the draft, and honest about what it may not see. What is really used is in
// metrics.spec.ts.
import { expect, section, shared, test, type Page } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

async function open(page: Page, as?: string) {
  const { url } = as ? await it().rig.proxy({ as }) : it().proxy;
  await page.goto(url + "#/bootstrap");
  return section(page, "Capacity");
}

test("what the configuration requests follows the form, and what will not fit is named with the node it needs", async ({ page }) => {
  const capacity = await open(page);
  const workloads = capacity.getByRole("table", { name: "What each workload requests" });
  await expect(workloads.getByRole("row", { name: /^ML Jobs/ })).toContainText("2 CPU and 4Gi");
  await expect(workloads.getByRole("row", { name: /^MongoDB/ })).toContainText("100Gi");
  await expect(capacity.getByRole("img", { name: /^CPU: [\d.]+ for this configuration and [\d.]+ for other pods, of 64 that the nodes can allocate\./ })).toBeVisible();
  await expect(capacity.getByRole("img", { name: /^Memory: .* of 256Gi that the nodes can allocate\./ })).toBeVisible();

  const jobs = page.getByRole("group", { name: "ML Jobs" });
  await jobs.getByRole("textbox", { name: "Replicas" }).fill("90");
  await expect(capacity.getByText(/^ML Jobs: \d+ of 90 pods will not fit; each needs a node with 2 CPU and 4Gi free, together [\d.]+ CPU and [\d.]+Gi\.$/)).toBeVisible();
  await expect(capacity.getByRole("img", { name: /^CPU: .* more than there is/ })).toBeVisible();
  await expect(workloads.getByRole("row", { name: /^ML Jobs/ })).toContainText(/\d+ of 90 fit/);
  await jobs.getByRole("textbox", { name: "Replicas" }).fill("1");
  await expect(workloads.getByRole("row", { name: /^ML Jobs/ })).toContainText("fits");
});

test("an override counts in place of the form's field that it wins over", async ({ page, rig }) => {
  rig.createInstallation("0.1.15");
  rig.patch({ spec: { advanced: { rawHelmOverrides: { platform: { components: { platform: { resources: { requests: { cpu: "40" } } } } } } } } });
  await page.goto((await rig.proxy()).url + "#/bootstrap");
  await expect(section(page, "Capacity").getByText("Platform will not fit: each pod needs a node of at least 40 CPU and 1Gi, and no node is that large; the largest has 32 CPU and 128Gi.")).toBeVisible();
});

test("nodes that may not be read are not taken for empty ones", async ({ page }) => {
  it().rig.grant("bo@example.com", [
    { apiGroups: ["platform.rootcause.dev"], resources: ["rootcauseinstallations"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
  ]);
  const capacity = await open(page, "bo@example.com");
  await expect(capacity.getByText("Whether the nodes have room for it is not known.")).toBeVisible();
  await expect(capacity.getByText("You may not list nodes in all namespaces.")).toBeVisible();
  await expect(capacity.getByRole("row", { name: /^ML Jobs/ })).toContainText("not known");
});
