// What the cluster says is text, whatever it looks like, and what looks like a secret is masked.
import { expect, review, section, sentence, test } from "../test.ts";

const SCRIPT = `<img src=x onerror="window.harmed=1"><script>window.harmed=1</script><b>bold</b>`;
const VERSION = `0.1.16-<img src=x onerror=window.harmed=1>`;
const SECRETS = ["hunter2-of-the-db", "s3cr3t-in-a-url", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlLW9mLWl0"];
const ERROR = [
  `UPGRADE FAILED: ${SCRIPT}`,
  `postgres://admin:${SECRETS[1]}@postgres-0:5432/app refused`,
  `POSTGRES_PASSWORD=${SECRETS[0]}`,
  `Authorization: Bearer ${SECRETS[2]}`,
  `host=postgres-0 port=5432`,
].join("\n");

test("markup stays text and secrets are masked, on every page", async ({ page, rig }) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  const now = new Date().toISOString().replace(/\.\d+/, "");
  rig.patchStatus({
    phase: "Degraded",
    deployedVersion: "0.1.15",
    observedGeneration: 1,
    lastError: ERROR,
    availableVersions: [{ version: VERSION, notesUrl: "javascript:window.harmed=1" }, { version: "0.1.16" }],
    registry: { url: `oci://registry/${SCRIPT}`, error: `${SCRIPT} token=${SECRETS[0]}` },
    conditions: [
      { type: "PlatformReady", status: "False", reason: "HelmFailed", message: `${SCRIPT} password: ${SECRETS[0]}`, lastTransitionTime: now },
    ],
  });
  rig.kubectl(["create", "-f", "-"], JSON.stringify({
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: "hostile-" },
    involvedObject: { apiVersion: "v1", kind: "Pod", name: "platform-0", namespace: rig.namespace },
    reason: "Hostile",
    message: `${SCRIPT} --token ${SECRETS[0]}`,
    type: "Warning",
    firstTimestamp: now,
    lastTimestamp: now,
  }));
  await page.goto((await rig.proxy()).url);

  const harmless = async () => {
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
    await expect(page.locator("img, script:not([type=module]):not([nonce]), b")).toHaveCount(0);
    const html = await page.content();
    for (const secret of SECRETS) expect(html).not.toContain(secret);
    for (const href of await page.locator("a").evaluateAll((all) => all.map((it) => (it as HTMLAnchorElement).href))) {
      expect(href).toMatch(/^https?:/);
    }
  };

  const error = page.getByRole("alert").filter({ hasText: "Last error" });
  await expect(error).toContainText(SCRIPT);
  await expect(error).toContainText("postgres://admin:•••@postgres-0:5432/app refused");
  await expect(error).toContainText("POSTGRES_PASSWORD=•••");
  await expect(error).toContainText("host=postgres-0 port=5432");
  await expect(sentence(page)).toContainText(SCRIPT);
  await expect(section(page, "Conditions")).toContainText(SCRIPT);
  await expect(section(page, "Recent events")).toContainText(SCRIPT);
  await harmless();
  await error.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied." })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  for (const secret of SECRETS) expect(copied).not.toContain(secret);

  await page.getByRole("link", { name: /^Releases/ }).click();
  await expect(section(page, "Versions")).toContainText(SCRIPT);
  await expect(section(page, "Versions")).toContainText(VERSION);
  await harmless();
  await page.getByRole("link", { name: VERSION, exact: true }).click();
  await expect(page.getByRole("dialog", { name: `Version ${VERSION}` })).toBeVisible();
  await harmless();
  await page.keyboard.press("Escape");
  await page.getByRole("radio", { name: `Choose ${VERSION}`, exact: true }).check();
  await page.getByRole("button", { name: "Request upgrade", exact: true }).click();
  await expect(page.getByRole("dialog").getByRole("alert")).toBeVisible();
  await harmless();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("option", { name: VERSION })).toBeVisible();
  await harmless();
});

test("nothing of the cluster is kept in the browser or in the address", async ({ context, page, rig }) => {
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1, availableVersions: [{ version: "0.1.16" }] });
  await page.goto((await rig.proxy()).url);
  const dialog = await review(page, "0.1.16");
  await dialog.getByRole("textbox", { name: /^Reason/ }).fill("because of Maria's data");
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
  await expect(dialog).toBeHidden();
  expect(page.url()).toMatch(/\/admin\/#\/releases$/);
  await page.getByRole("combobox", { name: "Theme" }).selectOption("light");
  const kept = await page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  expect(kept).toEqual({ local: ["rootcause-admin.theme"], session: [], databases: 0, caches: 0, workers: 0 });
  expect(await page.evaluate(() => localStorage.getItem("rootcause-admin.theme"))).toBe("light");
  expect(await context.cookies()).toEqual([]);
});
