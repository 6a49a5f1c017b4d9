// A page that config.json makes read-only writes nothing, and what a tab has done can be looked at.
import { expect, review, sentence, shared, test } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

test("read-only: every action is off and says why, whoever one is", async ({ page }) => {
  const { rig } = it();
  await page.goto((await rig.proxy({ config: { readOnly: true } })).url);
  await expect(sentence(page)).toContainText("is running.");
  await expect(page.getByRole("banner")).toContainText("read-only");
  const off = async (name: string) => {
    const button = page.getByRole("button", { name, exact: true });
    await expect(button).toBeDisabled();
    await expect(button).toHaveAccessibleDescription("config.json makes this page read-only.");
  };
  await off("Force reconcile");
  await page.getByRole("link", { name: /^Releases/ }).click();
  await page.getByRole("radio", { name: "Choose 0.1.16" }).check();
  await off("Request upgrade");
  await off("Check for updates now");
  await page.getByRole("link", { name: /^Secrets/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(rig.requests()).toEqual([]);
});

test("activity: what this tab has asked for, tried or done, without what it contained", async ({ page }) => {
  const { rig, proxy } = it();
  await page.goto(proxy.url);
  await expect(sentence(page)).toContainText("is running.");
  const open = async () => {
    await page.keyboard.press("Control+k");
    await page.getByRole("option", { name: "Activity of this tab" }).click();
    return page.getByRole("dialog", { name: "Activity of this tab" });
  };
  await expect(await open()).toContainText("Nothing so far: this tab has only read.");
  await page.keyboard.press("Escape");

  const dialog = await review(page, "0.1.16");
  await dialog.getByRole("textbox").fill("a reason that is nobody else's");
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.16", exact: true }).click();
  await expect(dialog).toBeHidden();

  const log = await open();
  const path = `/apis/platform.rootcause.dev/v1alpha1/namespaces/${rig.namespace}/rootcauseinstallations/rootcause`;
  const rows = log.getByRole("table", { name: "Requests of this tab" }).getByRole("row");
  await expect(rows.nth(1)).toContainText(`PATCH ${path}`);
  await expect(rows.nth(1)).toContainText("200 done");
  await expect(rows.nth(1)).not.toContainText("dry run");
  await expect(rows.filter({ hasText: "dry run" }).first()).toContainText("200 done");
  await log.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied." })).toBeVisible();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  const entries = text.trim().split("\n").map((it) => JSON.parse(it));
  expect(entries.at(-1)).toMatchObject({ method: "PATCH", path, dryRun: false, status: 200 });
  expect(entries.some((it) => it.dryRun)).toBe(true);
  expect(text).not.toContain("nobody else's");
  await rig.phase("Ready", "0.1.16");
});

test("several installations: one is chosen at the top, without a reload, and the address keeps the choice", async ({ page }) => {
  const { rig } = it();
  const installations = [
    { cluster: "here", namespace: rig.namespace },
    { cluster: "nowhere", namespace: "none-such", readOnly: true },
  ];
  await page.goto(`${(await rig.proxy({ config: { installations } })).url}#/releases`);
  const choice = page.getByRole("combobox", { name: "Installation" });
  await expect(sentence(page)).toContainText("0.1.1");
  await page.evaluate(() => Object.assign(window, { kept: true }));
  await choice.selectOption("rootcause in none-such · nowhere");
  await expect(sentence(page)).toHaveText("There is no installation rootcause in namespace none-such.");
  await expect(page.getByRole("banner")).toContainText("read-only");
  await expect(page).toHaveURL(/\?installation=nowhere%20none-such%2Frootcause#\/$/);
  await page.reload();
  await expect(choice).toHaveValue("1");
  await choice.selectOption(`rootcause in ${rig.namespace} · here`);
  await expect(sentence(page)).toContainText("is running.");
  await expect(page.getByRole("banner")).not.toContainText("read-only");
});
