// The list of versions: what there is, what runs, what is asked for, and how the registry was last seen.
import { expect, review, section, sentence, shared, test, type Page } from "../test.ts";

const VERSIONS = ["0.1.9", "0.2.0-rc.1", "0.1.20", "0.1.16", "0.1.10", "0.1.15"];

// The status is written by the tests: the registry of the rig has neither gaps nor errors.
const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({
    phase: "Ready",
    deployedVersion: "0.1.15",
    observedGeneration: 1,
    availableVersions: VERSIONS.map((version) => ({ version, published: "2026-06-16T09:00:00Z", notesUrl: `https://docs.example/${version}` })),
    registry: { url: "oci://registry.example/charts", lastChecked: new Date().toISOString() },
  });
});

const rows = (page: Page) => section(page, "Versions").getByRole("row").filter({ has: page.getByRole("radio") });
const row = (page: Page, version: string) => rows(page).filter({ has: page.getByRole("radio", { name: `Choose ${version}`, exact: true }) });

test.beforeEach(async ({ page }) => {
  await page.goto(`${it().proxy.url}#/releases`);
  await expect(rows(page).first()).toBeVisible();
});

test("newest first in the order of semver, with its marks", async ({ page }) => {
  const { rig } = it();
  rig.patch({ spec: { version: "0.1.16" } });
  await expect(rows(page).getByRole("rowheader")).toHaveText(["0.2.0-rc.1", "0.1.20", "0.1.16", "0.1.15", "0.1.10", "0.1.9"]);
  await expect(row(page, "0.2.0-rc.1")).toContainText("prerelease");
  await expect(row(page, "0.1.20")).toContainText("newest");
  await expect(row(page, "0.1.16")).toContainText("requested");
  await expect(row(page, "0.1.15")).toContainText("deployed");
  await expect(row(page, "0.1.20")).toContainText("upgrade");
  await expect(row(page, "0.1.9")).toContainText("rollback");
  for (const version of ["0.1.20", "0.1.16", "0.1.15"]) await expect(row(page, version)).not.toContainText("prerelease");
  const notes = row(page, "0.1.20").getByRole("link", { name: "Release notes" });
  await expect(notes).toHaveAttribute("href", "https://docs.example/0.1.20");
  await expect(notes).toHaveAttribute("rel", /noopener/);
  rig.patch({ spec: { version: "0.1.15" } });
  rig.patchStatus({ observedGeneration: rig.installation().metadata.generation });
});

test("the filter narrows the list and stays in the address", async ({ page }) => {
  await page.getByRole("searchbox", { name: "Filter versions" }).fill("RC");
  await expect(rows(page).getByRole("rowheader")).toHaveText(["0.2.0-rc.1"]);
  await expect(page).toHaveURL(/#\/releases\?filter=RC$/);
  await page.getByRole("searchbox", { name: "Filter versions" }).fill("nothing like it");
  await expect(section(page, "Versions")).toContainText("No version matches the filter.");
  await page.getByRole("searchbox", { name: "Filter versions" }).fill("");
  await expect(rows(page)).toHaveCount(VERSIONS.length);
});

test("any version may be requested, forward or back, and the review warns where it should", async ({ page }) => {
  const request = page.getByRole("button", { name: "Request upgrade", exact: true });
  await expect(request).toBeDisabled();
  await expect(request).toHaveAccessibleDescription("Choose a version first.");
  const prerelease = await review(page, "0.2.0-rc.1");
  await expect(prerelease.getByRole("note").filter({ hasText: "This is a prerelease." })).toBeVisible();
  await expect(prerelease.getByText("This is a rollback.")).toBeHidden();
  await page.keyboard.press("Escape");
  const back = await review(page, "0.1.9");
  await expect(back).toHaveAccessibleName("Review the rollback to 0.1.9");
  await expect(back.getByRole("note").filter({ hasText: "This is a rollback." })).toBeVisible();
  await expect(back.getByText("This is a prerelease.")).toBeHidden();
});

test("a registry that cannot be read is told, and the versions of before stay", async ({ page }) => {
  const { rig } = it();
  rig.patchStatus({ registry: { error: "GET https://registry.example/v2/: connection refused" } });
  await expect(sentence(page)).toContainText("The registry could not be read: GET https://registry.example/v2/: connection refused");
  const told = section(page, "Versions").getByRole("note").filter({ hasText: "The last check of the registry failed." });
  await expect(told).toContainText("connection refused");
  await expect(rows(page)).toHaveCount(VERSIONS.length);
  rig.patchStatus({ registry: { error: null } });
  await expect(told).toBeHidden();
});

test("a version that the registry no longer lists is still shown while it is deployed", async ({ page }) => {
  const { rig } = it();
  const all = rig.installation().status.availableVersions;
  rig.patchStatus({ availableVersions: all.filter((it: { version: string }) => it.version !== "0.1.15") });
  await expect(row(page, "0.1.15")).toContainText("not in the registry");
  await expect(row(page, "0.1.15")).toContainText("deployed");
  rig.patchStatus({ availableVersions: all });
  await expect(row(page, "0.1.15")).not.toContainText("not in the registry");
});
