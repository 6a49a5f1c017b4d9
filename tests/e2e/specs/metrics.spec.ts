// What is really used, where metrics.k8s.io answers and where it does not. In one file, since the whole cluster has one
// metrics API or none.
import { Metrics, type Usage } from "../metrics.ts";
import { expect, section, shared, test, type Page } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

const row = (page: Page, name: string) => page.getByRole("grid", { name: "Pods" }).getByRole("row").filter({ hasText: name });

/** Opens Bootstrap, and waits until the picture is drawn. */
async function capacity(page: Page) {
  await page.goto(`${it().proxy.url}#/bootstrap`);
  await page.reload();
  const capacity = section(page, "Capacity");
  await expect(capacity.getByText("The nodes have room for all of it.")).toBeVisible();
  return capacity;
}

test("without a metrics API the pods' list says so, and the capacity picture claims nothing", async ({ page }) => {
  await page.goto(`${it().proxy.url}#/troubleshooting/pods`);
  await expect(page.getByRole("main")).toContainText("metrics.k8s.io does not answer");
  await expect(row(page, "redis-0")).toContainText("–");
  const picture = await capacity(page);
  await expect(picture.getByRole("img", { name: /^CPU: .* that the nodes can allocate\.$/ })).toBeVisible();
  await expect(picture).not.toContainText("really used");
});

test("where it answers, what pods use stands in their list, and what nodes use beside what is requested", async ({ page }) => {
  const { rig, proxy } = it();
  const node = { cpu: "1500m", memory: "6Gi" };
  const nodes: Record<string, Usage | null> = { "node-a": node, "node-b": node };
  const metrics = await Metrics.start(rig, { [`${rig.namespace}/redis-0`]: { cpu: "12m", memory: "34Mi" } }, nodes);
  try {
    await page.goto(`${proxy.url}#/troubleshooting/pods`);
    await expect(row(page, "redis-0")).toContainText("12m CPU, 34Mi");
    await expect(row(page, "postgres-0")).toContainText("–");
    await expect(page.getByRole("main")).not.toContainText("does not answer");

    const picture = await capacity(page);
    const cpu = picture.getByRole("img", { name: /^CPU: .* 3 is really used now\.$/ });
    await expect(cpu).toBeVisible();
    await expect(picture.getByRole("img", { name: /^Memory: .* 12Gi is really used now\.$/ })).toBeVisible();
    await expect(picture).toContainText("3 is really used now.");
    // The mark stands within the bar, before where the requests end.
    const place = (of: string) => cpu.locator(of).last().evaluate((it) => it.getBoundingClientRect().right);
    expect(await place("u")).toBeLessThan(await place("i"));

    // Half of a sum is no sum.
    nodes["node-b"] = null;
    const half = await capacity(page);
    await expect(half).toContainText("What is really used is not known: metrics.k8s.io does not tell of node node-b.");
    await expect(half).not.toContainText("is really used now");
  } finally {
    await metrics.stop();
  }
});
