// What one looks at by hand: pods, events, the whole resource, the operator, and commands to copy.
import { expect, section, shared, test, type Page } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

async function open(page: Page, tab: string): Promise<void> {
  await page.goto(it().proxy.url);
  await page.getByRole("link", { name: /^Troubleshooting/ }).click();
  await page.getByRole("navigation", { name: "Troubleshooting" }).getByRole("link", { name: tab }).click();
}

test("every part has an address, the current one is marked, an unknown one is said to be none", async ({ page }) => {
  const { proxy } = it();
  const tabs = page.getByRole("navigation", { name: "Troubleshooting" });
  await page.goto(`${proxy.url}#/troubleshooting/events`);
  await expect(tabs.getByRole("link", { name: "Events" })).toHaveAttribute("aria-current", "page");
  await tabs.getByRole("link", { name: "Quick reference" }).click();
  await expect(page).toHaveURL(/#\/troubleshooting\/reference$/);
  await page.goto(`${proxy.url}#/troubleshooting/nowhere`);
  await expect(page.getByRole("main")).toContainText("is not an address of this app");
});

test("pods by workload: filtered, one deleted, a workload restarted", async ({ page }) => {
  const { rig } = it();
  await open(page, "Pods");
  const grid = page.getByRole("grid", { name: "Pods" });
  await expect(grid.getByRole("row")).toHaveCount(9);
  await page.getByRole("searchbox", { name: "Filter pods" }).fill("redis");
  await expect(grid.getByRole("row")).toHaveCount(2);
  const redis = grid.getByRole("row").nth(1);
  await expect(redis).toContainText(/redis-0\s*redis\s*Running 1\/1\s*0/);
  await expect(redis).toContainText(/node-[ab]/);

  const uid = () => rig.kubectl(["get", "pod", "redis-0", "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"]);
  const before = uid();
  await redis.getByRole("button", { name: "Delete pod redis-0" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the deletion of redis-0" });
  await expect(dialog).toContainText(`kubectl delete pod redis-0 -n ${rig.namespace}`);
  await dialog.getByRole("button", { name: "Delete pod redis-0" }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => ![before, ""].includes(uid())).toBe(true);
  await expect(redis).toContainText("Running 1/1");

  await page.getByRole("searchbox", { name: "Filter pods" }).fill("");
  await page.getByRole("table", { name: "Workloads" }).getByRole("button", { name: "Restart litellm" }).click();
  const review = page.getByRole("dialog", { name: "Review the restart of litellm" });
  await review.getByRole("button", { name: "Restart litellm" }).click();
  await expect(review).toBeHidden();
  await expect
    .poll(() => rig.kubectl(["get", "deployment", "litellm", "-o", "jsonpath={.spec.template.metadata.annotations}"]))
    .toContain("restartedAt");
  await expect(grid.getByRole("row")).toHaveCount(9);
});

test("without the right to delete pods the button says so", async ({ page }) => {
  const { rig } = it();
  rig.grant("viewer@example.com", [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }]);
  await page.goto(`${(await rig.proxy({ as: "viewer@example.com" })).url}#/troubleshooting/pods`);
  const button = page.getByRole("button", { name: "Delete pod redis-0" });
  await expect(button).toBeDisabled();
  await expect(button).toHaveAccessibleDescription(/You may not delete pods in namespace/);
});

test("events are grouped, filtered and live", async ({ page }) => {
  const { rig } = it();
  await open(page, "Events");
  const table = page.getByRole("table", { name: "Events" });
  await expect(table).toContainText("Ready");
  await page.getByRole("checkbox", { name: "Warnings only" }).check();
  await page.getByRole("searchbox", { name: "Filter events" }).fill("hand-made");
  await expect(section(page, "Events")).toContainText("No event matches");
  const event = (name: string, message: string, later = 0) => ({
    apiVersion: "v1",
    kind: "Event",
    metadata: { name },
    type: "Warning",
    reason: "HandMade",
    message,
    count: 3,
    lastTimestamp: new Date(Date.now() + later).toISOString().replace(/\.\d+/, ""),
    involvedObject: { apiVersion: "v1", kind: "Pod", name: "hand-made", namespace: rig.namespace },
  });
  rig.apply(event("one", "first"));
  await expect(table.getByRole("row")).toHaveCount(2);
  rig.apply(event("two", "<b>second</b> password=hunter2", 2000));
  const row = table.getByRole("row").nth(1);
  await expect(row).toContainText(/HandMade\s*Pod hand-made\s*6\s*/);
  await expect(row).toContainText("<b>second</b> password=•••");
});

test("the whole resource: conditions, who wrote what, tree and YAML", async ({ page }) => {
  const { rig } = it();
  rig.patch({ spec: { advanced: { rawHelmOverrides: { dependencies: { rig: { readyAfter: "1s" }, password: "hunter2" } } } } });
  await open(page, "Installation");
  await expect(section(page, "Conditions")).toContainText("PlatformReady");
  const managers = page.getByRole("table", { name: "Field managers" });
  const operator = managers.getByRole("row").filter({ hasText: "of status" });
  await operator.getByText(/^\d+ fields$/).click();
  await expect(operator).toContainText("status.phase");
  await expect(section(page, "Tree")).toContainText("version: 0.1.15");
  const yaml = section(page, "YAML");
  await expect(yaml).toContainText(/kind: RootCauseInstallation/);
  await expect(yaml).not.toContainText("managedFields");
  await expect(page.getByRole("main")).not.toContainText("hunter2");
});

test("the operator, and commands with this installation's names", async ({ page }) => {
  const { rig } = it();
  await open(page, "Operator");
  const operator = section(page, "Operator");
  await expect(operator).toContainText("The operator is alive");
  await expect(operator).toContainText("0.1.20");
  await expect(operator).toContainText(/held by rootcause-operator-\d+/);
  await operator.getByRole("link", { name: "Read its log" }).click();
  await expect(page.getByRole("combobox", { name: "Of" })).toHaveValue("operator");

  await page.getByRole("navigation", { name: "Troubleshooting" }).getByRole("link", { name: "Quick reference" }).click();
  const backup = section(page, "Back up");
  const dump = `kubectl exec postgres-0 -n ${rig.namespace} -- pg_dumpall -U postgres > postgres-backup-$(date +%Y%m%d).sql`;
  await expect(backup.getByText(dump, { exact: true })).toBeVisible();
  const restart = `kubectl rollout restart deployment data-service -n ${rig.namespace}`;
  const line = section(page, "Change").getByText(restart, { exact: true });
  await line.locator("..").getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied." })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(restart);
});
