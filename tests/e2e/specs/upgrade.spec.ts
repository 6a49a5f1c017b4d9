// What the app is for: a data scientist moves to a newer version and back, and sees both releases roll.
import { expect, review, section, sentence, sentences, step, test, type Page, type Rig } from "../test.ts";

const ANA = "ana@example.com";
const STEPS = ["requested", "seen", "dependencies", "platform", "Ready"];

async function rolledInPlace(page: Page, said: string[], doing: string, to: string): Promise<void> {
  const progress = said.filter((it) => it.startsWith(doing));
  expect(progress).toContainEqual(expect.stringContaining("dependencies are rolling"));
  expect(progress).toContainEqual(expect.stringContaining("dependencies are done, platform is rolling"));
  expect(progress).toContainEqual(expect.stringMatching(/\d of \d workloads ready/));
  for (const name of STEPS) await expect(step(page, name)).toContainText("done");
  await expect(step(page, "dependencies")).toContainText(/\d+ s/);
  const newest = (release: string) =>
    page.getByRole("table", { name: `History of ${release}` }).getByRole("row").nth(1);
  for (const release of ["rootcause-platform", "rootcause-dependencies"]) {
    await expect(newest(release)).toContainText("deployed");
    await expect(newest(release)).toContainText(`to ${to}`);
  }
}

function asked(rig: Rig) {
  const [newest] = rig.requests();
  expect(Date.now() - Date.parse(newest.when)).toBeLessThan(120_000);
  return { version: rig.installation().spec.version, ...newest };
}

test("a data scientist upgrades, watches both releases roll, and goes back the same way", async ({ page, rig }) => {
  test.setTimeout(240_000);
  await rig.install("0.1.15", { readyAfter: "3s" });
  rig.grant(ANA, [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
  await page.goto((await rig.proxy({ as: ANA })).url);

  await test.step("the newer version is named first", async () => {
    await expect(sentence(page)).toHaveText("RootCause 0.1.15 is running. 0.1.20 is available.");
    await expect(page.getByRole("button", { name: "Review 0.1.20…" })).toBeVisible();
  });

  await test.step("the review says what will happen", async () => {
    const dialog = await review(page, "0.1.20");
    await expect(dialog).toHaveAccessibleName("Review the upgrade to 0.1.20");
    await expect(dialog.getByText("0.1.15 → 0.1.20 (upgrade)")).toBeVisible();
    await expect(dialog.getByRole("list", { name: "Changes" }).getByRole("listitem")).toHaveText([
      /spec\.version\s*0\.1\.15 → 0\.1\.20/,
    ]);
    const command = `kubectl patch rootcauseinstallations.platform.rootcause.dev rootcause -n ${rig.namespace} --type merge -p '{"spec":{"version":"0.1.20"}}'`;
    await expect(dialog.getByText(command, { exact: true })).toBeVisible();
    await expect(dialog.getByText("This is a rollback.")).toBeHidden();
    await dialog.getByRole("textbox", { name: /^Reason/ }).fill("fixes the join on dates");
    // A review alone changes nothing.
    expect(rig.installation().spec.version).toBe("0.1.15");
  });

  let said = await sentences(page);
  await test.step("the request is written with who asked and why", async () => {
    await page.getByRole("button", { name: "Request upgrade to 0.1.20", exact: true }).click();
    await expect(page.getByRole("dialog")).toBeHidden();
    expect(asked(rig)).toMatchObject({
      version: "0.1.20",
      action: "upgrade",
      who: ANA,
      from: "0.1.15",
      to: "0.1.20",
      why: "fixes the join on dates",
    });
  });

  await test.step("both releases roll in place until it is ready", async () => {
    await expect(section(page, "Workloads").getByText(/\d of \d complete/)).toBeVisible();
    await expect(sentence(page)).toHaveText("RootCause 0.1.20 is running. No newer version is available.", {
      timeout: 60_000,
    });
    await rolledInPlace(page, await said(), "Upgrading to 0.1.20", "0.1.20");
    const operation = section(page, "Operation");
    await expect(operation).toContainText("Upgrade from 0.1.15 to 0.1.20");
    await expect(operation).toContainText(`by ${ANA}`);
    await expect(operation).toContainText("fixes the join on dates");
    for (const release of ["rootcause-platform", "rootcause-dependencies"]) {
      const history = page.getByRole("table", { name: `History of ${release}` });
      await expect(history.getByRole("row").filter({ hasText: "Upgrade from 0.1.15 to 0.1.20" })).toHaveCount(1);
    }
  });

  await test.step("the rollback is called one and warns", async () => {
    const dialog = await review(page, "0.1.15");
    await expect(dialog).toHaveAccessibleName("Review the rollback to 0.1.15");
    await expect(dialog.getByText("0.1.20 → 0.1.15 (rollback)")).toBeVisible();
    await expect(dialog.getByRole("note").filter({ hasText: "This is a rollback." })).toContainText("Databases");
    said = await sentences(page);
    await dialog.getByRole("button", { name: "Request rollback to 0.1.15", exact: true }).click();
    await expect(page.getByRole("dialog")).toBeHidden();
    expect(asked(rig)).toMatchObject({ version: "0.1.15", who: ANA, from: "0.1.20", to: "0.1.15" });
    expect(rig.requests()).toHaveLength(2);
  });

  await test.step("and ends where it began, with a history that never calls it an upgrade", async () => {
    await expect(sentence(page)).toHaveText("RootCause 0.1.15 is running. 0.1.20 is available.", { timeout: 60_000 });
    await rolledInPlace(page, await said(), "Rolling back to 0.1.15", "0.1.15");
    await expect(section(page, "Operation")).toContainText("Rollback from 0.1.20 to 0.1.15");
    for (const release of ["rootcause-platform", "rootcause-dependencies"]) {
      const rows = page.getByRole("table", { name: `History of ${release}` }).getByRole("row");
      await expect(rows).toHaveCount(4);
      await expect(rows.nth(1)).toContainText("Rollback from 0.1.20 to 0.1.15");
      await expect(rows.nth(1).getByRole("cell").nth(1)).not.toContainText(/upgrade/i);
      await expect(rows.nth(2)).toContainText("Upgrade from 0.1.15 to 0.1.20");
      await expect(rows.nth(3)).toContainText("Install of 0.1.15");
    }
  });

  await test.step("Status tells the same after the tab is gone", async () => {
    await page.goto("about:blank");
    await page.goto((await rig.proxy()).url);
    await expect(section(page, "Operation")).toContainText(`Rollback from 0.1.20 to 0.1.15 by ${ANA}`);
    const releases = section(page, "Helm releases");
    await expect(releases).toContainText(/rootcause-dependencies\s*Version\s*0\.1\.15/);
    await expect(releases).toContainText(/rootcause-platform\s*Version\s*0\.1\.15/);
    await expect(releases.getByText("The two releases are at different versions.")).toBeHidden();
  });
});

test("tabs that are killed in the middle of an upgrade lose nothing of it", async ({ page, rig, another }) => {
  test.setTimeout(150_000);
  await rig.install("0.1.15", { readyAfter: "3s" });
  rig.grant(ANA, [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
  const { url } = await rig.proxy({ as: ANA });
  await page.goto(url);
  const dialog = await review(page, "0.1.20");
  await dialog.getByRole("textbox", { name: /^Reason/ }).fill("while tabs die");
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.20", exact: true }).click();
  await expect(sentence(page)).toContainText("dependencies are rolling", { timeout: 60_000 });

  // The browser's own way to kill a page: nothing of it runs any more, no handler for its end either.
  const kill = async (page: Page) => {
    const crashed = page.waitForEvent("crash");
    const devtools = await page.context().newCDPSession(page);
    devtools.send("Page.crash").catch(() => {});
    await crashed;
  };
  await kill(page);

  const second = await another(`${url}#/releases`);
  await expect(section(second, "Operation")).toContainText("Upgrade from 0.1.15 to 0.1.20");
  await expect(sentence(second)).toContainText("platform is rolling", { timeout: 60_000 });
  await expect(step(second, "dependencies")).toContainText("done");
  await kill(second);

  // Nobody looks on while it ends.
  await rig.phase("Ready", "0.1.20");
  const third = await another(`${url}#/releases`);
  const operation = section(third, "Operation");
  await expect(operation).toContainText(`Upgrade from 0.1.15 to 0.1.20 by ${ANA}`);
  await expect(operation).toContainText("while tabs die");
  for (const name of STEPS) await expect(step(third, name)).toContainText("done");
  for (const name of ["dependencies", "platform"]) await expect(step(third, name)).toContainText(/\d+ s/);
  // Its smoke test is made up for by whoever looks first, and kept.
  const smoke = section(third, "Smoke test");
  await expect(smoke.getByRole("listitem").filter({ hasText: "All pods running and ready" })).toContainText("passed");
  await expect
    .poll(() => JSON.parse(rig.installation().metadata.annotations["admin.rootcause.dev/smoke-tests"] ?? "[]"))
    .toMatchObject([{ version: "0.1.20", from: "0.1.15", who: ANA }]);
  expect(rig.requests()).toHaveLength(1);
});
