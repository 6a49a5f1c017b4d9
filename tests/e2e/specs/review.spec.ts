// The review before every write: what is requested is requested once, on what the user saw, and its outcome is known.
import { expect, fault, review, section, sentence, shared, test, type Page } from "../test.ts";

const ANA = "ana@example.com";
const BO = "bo@example.com";
const ALL = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];

// No operator at work: what is requested stays requested, and nothing else moves.
const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  const versions = ["0.1.20", "0.1.16", "0.1.15", "0.1.14", "0.1.x"];
  rig.patchStatus({
    phase: "Ready",
    deployedVersion: "0.1.15",
    observedGeneration: 1,
    availableVersions: versions.map((version) => ({ version })),
  });
  for (const user of [ANA, BO]) rig.grant(user, ALL);
});

const state = () => {
  const { spec, metadata } = it().rig.installation();
  return { version: spec.version, generation: metadata.generation, requests: it().rig.requests().length };
};

async function open(page: Page, url = it().proxy.url): Promise<void> {
  await page.goto(url);
  await expect(section(page, "Workloads")).toBeVisible();
}

test("a double click requests once", async ({ page }) => {
  await open(page);
  const before = state();
  const dialog = await review(page, "0.1.16");
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).dblclick();
  await expect(dialog).toBeHidden();
  expect(state()).toEqual({
    version: "0.1.16",
    generation: before.generation + 1,
    requests: before.requests + 1,
  });
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("of two people the second is told who changed what, and may decide again", async ({ page, another }) => {
  const { rig } = it();
  rig.patch({ spec: { version: "0.1.15" } });
  await open(page, (await rig.proxy({ as: ANA })).url);
  const hers = await review(page, "0.1.16");
  const theirs = await another((await rig.proxy({ as: BO })).url);
  const his = await review(theirs, "0.1.20");
  await his.getByRole("button", { name: "Request upgrade to 0.1.20" }).click();
  await expect(his).toBeHidden();

  await hers.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
  const told = hers.getByRole("alert").filter({ hasText: "Somebody else changed it first." });
  await expect(told).toContainText("spec.version");
  await expect(told).toContainText("0.1.20");
  await expect(told).toContainText(BO);
  await expect(told).toContainText("Nothing was changed.");
  expect(state().version).toBe("0.1.20");
  expect(rig.requests()[0]).toMatchObject({ who: BO, to: "0.1.20" });

  await hers.getByRole("button", { name: "Review again" }).click();
  await expect(hers.getByRole("list", { name: "Changes" })).toContainText("0.1.20 → 0.1.16");
  await hers.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
  await expect(hers).toBeHidden();
  expect(state().version).toBe("0.1.16");
  expect(rig.requests().slice(0, 2)).toMatchObject([{ who: ANA }, { who: BO }]);
});

test("a version that kubectl sets under an open review is not overwritten unseen", async ({ page }) => {
  const { rig } = it();
  rig.patch({ spec: { version: "0.1.15" } });
  await open(page);
  const dialog = await review(page, "0.1.16");
  rig.patch({ spec: { version: "0.1.14" } });
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
  const told = dialog.getByRole("alert").filter({ hasText: "Somebody else changed it first." });
  await expect(told).toContainText("kubectl");
  await expect(told).toContainText("0.1.14");
  expect(state().version).toBe("0.1.14");
});

test("another field that kubectl sets under an open review is kept, and the request goes through", async ({ page }) => {
  const { rig } = it();
  rig.patch({ spec: { version: "0.1.15" } });
  await open(page);
  const dialog = await review(page, "0.1.16");
  rig.patch({ spec: { components: { mlJobs: { replicas: 4 } } }, metadata: { labels: { team: "fit" } } });
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
  await expect(dialog).toBeHidden();
  const { spec, metadata } = rig.installation();
  expect([spec.version, spec.components.mlJobs.replicas, metadata.labels.team]).toEqual(["0.1.16", 4, "fit"]);
});

test("what the API server refuses is told in its words, and nothing is changed", async ({ page }) => {
  await open(page);
  const before = state();
  await page.getByRole("link", { name: /^Releases/ }).click();
  await page.getByRole("radio", { name: "Choose 0.1.x" }).check();
  await page.getByRole("button", { name: "Request upgrade", exact: true }).click();
  const dialog = page.getByRole("dialog");
  const told = dialog.getByRole("alert");
  await expect(told).toContainText("The API server refused it");
  await expect(told).toContainText("spec.version");
  await expect(told).toContainText("should match");
  await expect(told).toContainText("Nothing was changed.");
  await expect(dialog.getByRole("button", { name: /^Request/ })).toBeHidden();
  expect(state()).toEqual(before);
});

/** Requests 0.1.16 on a line of its own, which loses the write. */
async function lose(page: Page, how: { forwarded: boolean; stayDown: boolean }) {
  const { rig, proxy } = it();
  rig.patch({ spec: { version: "0.1.15" } });
  const before = state();
  const line = await rig.line(proxy);
  await open(page, line.url);
  const dialog = await review(page, "0.1.16");
  const lost = line.loseWrite(how);
  const button = dialog.getByRole("button", { name: "Request upgrade to 0.1.16" });
  await button.click();
  await lost;
  return { before, line, dialog, button };
}

fault(
  "nothing answers any more after a write has arrived",
  "write",
  "Locked, and said to be read back, until the API server answers again; then found done, once.",
  async ({ page }) => {
    const { before, line, dialog, button } = await lose(page, { forwarded: true, stayDown: true });
    await expect(dialog.getByRole("alert").filter({ hasText: "The answer was lost" })).toBeVisible();
    await expect(button).toBeDisabled();
    await button.dispatchEvent("click");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeVisible();
    line.up();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("status").filter({ hasText: "Requested 0.1.16." })).toBeVisible();
    expect(state()).toEqual({ version: "0.1.16", generation: before.generation + 1, requests: before.requests + 1 });
  },
);

fault(
  "the answer is lost on a line that comes back at once",
  "write",
  "Done once.",
  async ({ page }) => {
    const { before, dialog } = await lose(page, { forwarded: true, stayDown: false });
    await expect(dialog).toBeHidden();
    expect(state()).toEqual({ version: "0.1.16", generation: before.generation + 1, requests: before.requests + 1 });
  },
);

fault(
  "nothing answers any more before a write arrives",
  "write",
  "Said to be read back, then to have changed nothing; asked for again it is done once.",
  async ({ page }) => {
    const { before, line, dialog } = await lose(page, { forwarded: false, stayDown: true });
    await expect(dialog.getByRole("alert").filter({ hasText: "The answer was lost" })).toBeVisible();
    line.up();
    await expect(dialog.getByRole("alert").filter({ hasText: "Nothing was changed." })).toBeVisible();
    expect(state()).toEqual(before);
    await dialog.getByRole("button", { name: "Review again" }).click();
    await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
    await expect(dialog).toBeHidden();
    expect(state()).toEqual({ version: "0.1.16", generation: before.generation + 1, requests: before.requests + 1 });
  },
);

test("the version that is requested already is a reinstall, which asks for a reconcile", async ({ page }) => {
  const { rig } = it();
  rig.patch({ spec: { version: "0.1.15" } });
  await open(page);
  const before = state();
  const dialog = await review(page, "0.1.15");
  await expect(dialog).toHaveAccessibleName("Review the reinstall to 0.1.15");
  await expect(dialog.getByText("0.1.15 → 0.1.15 (reinstall)")).toBeVisible();
  await expect(dialog.getByRole("list", { name: "Changes" })).toContainText("admin.rootcause.dev/force-reconcile");
  await expect(sentence(page)).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect(state()).toEqual(before);
});
