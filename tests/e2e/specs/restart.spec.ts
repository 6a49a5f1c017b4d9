// The operator dies in the middle of an upgrade: another one goes on, and the page tells it.
import { expect, fault, review, section, sentence, step, test } from "../test.ts";

fault(
  "operator killed in mid-upgrade, and started again",
  "upgrade",
  "The page shows how far Helm has come and that it goes no further, until the operator ends the upgrade well.",
  async ({ page, rig }) => {
    test.setTimeout(180_000);
    await rig.install("0.1.15", { readyAfter: "4s" });
    await page.goto((await rig.proxy()).url);
    await expect(sentence(page)).toContainText("RootCause 0.1.15 is running.");
    const dialog = await review(page, "0.1.16");
    await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
    await expect(dialog).toBeHidden();
    const pending = () => rig.kubectl(["get", "secrets", "-l", "owner=helm,status=pending-upgrade", "-o", "name"]);
    await expect.poll(pending, { timeout: 30_000 }).not.toBe("");
    await rig.stopOperator("SIGKILL");
    const row = page.getByRole("table", { name: "History of rootcause-dependencies" }).getByRole("row").nth(1);
    await expect(row).toContainText("pending-upgrade");
    await expect(row).toContainText(/Upgrade from 0\.1\.15 to 0\.1\.16, in progress/);
    await expect(sentence(page)).toContainText("Upgrading to 0.1.16");

    rig.startOperator();
    await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.", { timeout: 90_000 });
    await rig.phase("Ready", "0.1.16");
    for (const name of ["dependencies", "platform", "Ready"]) await expect(step(page, name)).toContainText("done");
    await expect(section(page, "Operation")).toContainText("succeeded");
  },
);
