// The sizes of docs/limits.md, on the real API server. LIMITS=full takes pods and secrets whole; without it, for CI's sake, a fifth.
import { crowd, number } from "../crowd.ts";
import { expect, NAME, REFERENCE, Rig, section, sentence, test, type Crd, type Proxy } from "../test.ts";

const FULL = process.env.LIMITS === "full";
const PODS = FULL ? 10_000 : 2_000;
const SECRETS = FULL ? 4_000 : 800;
const REVISIONS = FULL ? 1_000 : 200;
const MEGABYTE = 1 << 20;

/** An installation that is well, without an operator at work. */
async function well(rig: Rig, config: Record<string, unknown> = {}): Promise<Proxy> {
  rig.holdLease();
  if (rig.crd === REFERENCE) rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  return rig.proxy({ config });
}

test(`${PODS} pods: all are counted, a few are in the page, each is found`, async ({ page, rig }) => {
  test.setTimeout(300_000);
  const proxy = await well(rig);
  // Held back from the scheduler, so that nothing but this list of them is at work.
  await crowd(rig, proxy, "pods", PODS, (index) => ({
    metadata: { name: `pod-${number(index)}`, labels: { app: `app-${index % 50}` } },
    spec: { schedulingGates: [{ name: "limits.example/held" }], containers: [{ name: "main", image: "rig" }] },
  }));
  await page.goto(`${proxy.url}#/troubleshooting/pods`);
  const pods = section(page, "Pods");
  const grid = pods.getByRole("grid", { name: "Pods" });
  await expect(pods.getByRole("heading", { level: 2 }).locator("..")).toContainText(String(PODS), { timeout: 60_000 });
  await expect(grid).toHaveAttribute("aria-rowcount", String(PODS + 1));
  expect(await grid.getByRole("row").count()).toBeLessThan(100);
  await grid.getByRole("row").nth(1).focus();
  await page.keyboard.press("End");
  await expect(grid).toContainText(`pod-${number(PODS - 1)}`);
  await page.getByRole("searchbox", { name: "Filter pods" }).fill(`pod-${number(PODS - 7)}`);
  await expect(grid.getByRole("row")).toHaveCount(2);
  // The watch goes on beside it.
  rig.kubectl(["delete", "pod", `pod-${number(PODS - 7)}`, "--wait=false"]);
  await expect(pods.getByRole("heading", { level: 2 }).locator("..")).toContainText(String(PODS - 1));
});

test(`${SECRETS} secrets beside ${REVISIONS} Helm revisions: listed without values, found, and one history`, async ({ page, rig }) => {
  test.setTimeout(300_000);
  const proxy = await well(rig);
  await crowd(rig, proxy, "secrets", SECRETS, (index) => ({
    metadata: { name: `secret-${number(index)}` },
    stringData: { key: `value-of-${index}` },
  }));
  await crowd(rig, proxy, "secrets", REVISIONS, (index) => ({
    type: "helm.sh/release.v1",
    metadata: {
      name: `sh.helm.release.v1.rootcause-platform.v${index + 1}`,
      labels: { owner: "helm", name: "rootcause-platform", version: String(index + 1), status: index + 1 < REVISIONS ? "superseded" : "deployed" },
    },
    stringData: { release: "not read unless it is looked at" },
  }));
  let bytes = 0;
  let values = "";
  page.on("response", async (answer) => {
    if (!/\/secrets\?/.test(answer.url())) return;
    const body = await answer.body().catch(() => Buffer.alloc(0));
    bytes = Math.max(bytes, body.length);
    if (body.includes("value-of-") || body.includes(Buffer.from("value-of-").toString("base64").slice(0, 10))) values = answer.url();
  });
  await page.goto(`${proxy.url}#/secrets`);
  const all = section(page, "All secrets");
  await expect(all).toContainText(`${REVISIONS} secrets of Helm's are not listed`, { timeout: 60_000 });
  const grid = page.getByRole("grid", { name: "Secrets" });
  await expect(grid).toHaveAttribute("aria-rowcount", String(SECRETS + 1));
  expect(await grid.getByRole("row").count()).toBeLessThan(100);
  await page.getByRole("searchbox", { name: "Filter secrets" }).fill(`secret-${number(SECRETS - 7)}`);
  await expect(grid.getByRole("row")).toHaveCount(2);
  expect(values, "an answer with values").toBe("");

  await page.goto(`${proxy.url}#/troubleshooting/helm`);
  const revisions = page.getByRole("table", { name: "Revisions of rootcause-platform" });
  await expect(revisions.getByRole("row")).toHaveCount(REVISIONS + 1, { timeout: 60_000 });
  await expect(revisions.getByRole("row").nth(1)).toContainText(String(REVISIONS));
  await page.getByRole("link", { name: /^Releases/ }).click();
  const history = page.getByRole("table", { name: "History of rootcause-platform" });
  await expect(history.getByRole("row").nth(1)).toContainText(String(REVISIONS));
});

test("a secret of 1 MiB is made, read back and shown; one byte more is refused where it is chosen", async ({ page, rig }) => {
  const proxy = await well(rig);
  await page.goto(`${proxy.url}#/secrets`);
  await page.getByRole("button", { name: "Create secret…" }).click();
  const form = page.getByRole("dialog", { name: "Create a secret" });
  await form.getByRole("textbox", { name: "Name" }).fill("large");
  await form.getByRole("textbox", { name: "Key", exact: true }).fill("file");
  const line = `${"0123456789abcdef".repeat(6)}\n`;
  const text = line.repeat(Math.ceil(MEGABYTE / line.length)).slice(0, MEGABYTE - 1) + "!";
  const choose = (content: string) =>
    form.getByLabel(/^File for /).setInputFiles({ name: "file", mimeType: "text/plain", buffer: Buffer.from(content) });
  await choose(`${text}.`);
  await expect(page.getByText("a secret holds 1 MiB at most")).toBeVisible();
  await choose(text);
  await form.getByRole("button", { name: "Review…" }).click();
  await page.getByRole("button", { name: "Create secret large" }).click();
  await expect(form).toBeHidden();
  const kept = await fetch(new URL(`/api/v1/namespaces/${rig.namespace}/secrets/large`, proxy.url)).then((it) => it.json());
  expect(Buffer.from(kept.data.file, "base64").equals(Buffer.from(text))).toBe(true);

  await page.goto(`${proxy.url}#/secrets/large`);
  const panel = page.getByRole("dialog", { name: "Secret large" });
  await panel.getByRole("button", { name: "Reveal file" }).click();
  await expect(panel).toContainText("1024.0 KiB");
  await expect.poll(() => panel.locator("pre.value").evaluate((it) => it.textContent?.length)).toBe(MEGABYTE);
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
});

const KIND = `Large${process.pid}Installation`;
const PLURAL = `${KIND.toLowerCase()}s`;
const GROUP = `large-${process.pid}.rootcause.dev`;

test.describe("a schema of a megabyte", () => {
  const crd: Crd = { ...REFERENCE, kind: KIND.toLowerCase() };
  test.use({
    rig: async ({}, use) => {
      const rig = Rig.make(crd);
      await use(rig);
      rig.kubectl(["delete", "crd", `${PLURAL}.${GROUP}`, "--ignore-not-found", "--wait=false"]);
      await rig.end();
    },
  });

  test("is drawn, searched and edited by", async ({ page, rig }) => {
    const { spec } = JSON.parse(rig.kubectl(["get", "crd", "rootcauseinstallations.platform.rootcause.dev", "-o", "json"]));
    const [version] = spec.versions;
    const description = "Says what it is for, and when one would rather leave it alone. ".repeat(3);
    const fields = (prefix: string, count: number, of: object) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, of]));
    const group = { type: "object", description, properties: fields("field", 100, { type: "integer", minimum: 0, description }) };
    version.schema.openAPIV3Schema.properties.spec.properties.large = { type: "object", properties: fields("group", 44, group) };
    expect(JSON.stringify(version).length).toBeGreaterThan(MEGABYTE);
    rig.create({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${PLURAL}.${GROUP}` },
      spec: {
        group: GROUP,
        scope: "Namespaced",
        names: { kind: KIND, plural: PLURAL, singular: KIND.toLowerCase(), listKind: `${KIND}List` },
        versions: [version],
      },
    });
    const made = { apiVersion: `${GROUP}/v1alpha1`, kind: KIND, metadata: { name: NAME }, spec: { version: "0.1.15" } };
    // The kind is known a little after its definition is.
    await expect(() => rig.create(made)).toPass({ timeout: 60_000 });
    const { url } = await well(rig, { kind: KIND });
    // The API server publishes a schema a little after the kind.
    const path = `apis/${GROUP}/v1alpha1`;
    await expect.poll(async () => (await fetch(new URL(`/openapi/v3/${path}`, url))).status, { timeout: 60_000 }).toBe(200);
    await page.goto(`${url}#/bootstrap`);
    await expect(sentence(page)).toContainText("The configuration is as it was applied.", { timeout: 60_000 });
    await page.getByRole("searchbox", { name: "Search all fields" }).fill("group43 field99");
    const found = page.getByRole("list", { name: "Fields found" }).getByRole("button");
    await found.first().click();
    const field = page.getByRole("group", { name: "Group43", exact: true }).getByRole("textbox", { name: "Field99" });
    await expect(field).toBeVisible();
    await field.fill("-1");
    await expect(sentence(page)).toHaveText("1 field needs attention before this can be applied.");
    await field.fill("7");
    await expect(sentence(page)).toHaveText("1 change is not applied yet.");
  });
});
