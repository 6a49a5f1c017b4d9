// The tab is killed at every step of what takes several; another one goes on. Backup and restore: backup.spec.ts.
import { both, is } from "../line.ts";
import { expect, fault, review, section, sentence, step, test, type Page } from "../test.ts";

/** Ends the tab's process, as a browser does that has run out of memory. */
async function kill(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  // Nobody is left to answer.
  session.send("Page.crash").catch(() => {});
  await crashed;
}

const HELD = (forwarded: boolean) => ({ does: "stall", forwarded, ms: 60_000 }) as const;
const write = both(is.write, is.of("rootcauseinstallations"));

fault(
  "tab killed in the review, before the request leaves, before its answer, and while each release rolls",
  "upgrade, then undeploy",
  "What had not left is not requested, what had is requested once, and the next tab shows how far it is until it is done.",
  async ({ page, rig, another }) => {
    test.setTimeout(240_000);
    await rig.install("0.1.15", { readyAfter: "3s" });
    const line = await rig.line(await rig.proxy());
    const asked = () => ({ version: rig.installation().spec.version, requests: rig.requests().length });
    const request = async (tab: Page) => {
      const dialog = await review(tab, "0.1.16");
      await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
    };
    let tab = page;
    const next = async (hash = "") => {
      await kill(tab);
      tab = await another(line.url + hash);
    };
    await page.goto(line.url);

    await review(tab, "0.1.16");
    await next();
    await expect(sentence(tab)).toContainText("RootCause 0.1.15 is running.");
    expect(asked()).toEqual({ version: "0.1.15", requests: 0 });

    let held = line.fault(write, HELD(false));
    await request(tab);
    await held.happened();
    await next();
    await expect(sentence(tab)).toContainText("RootCause 0.1.15 is running.");
    expect(asked()).toEqual({ version: "0.1.15", requests: 0 });

    held = line.fault(write, HELD(true));
    await request(tab);
    await held.happened();
    await next();
    await expect(sentence(tab)).toContainText("Upgrading to 0.1.16");
    await expect(step(tab, "dependencies")).toContainText("under way");
    await next();
    await expect(sentence(tab)).toContainText("Upgrading to 0.1.16: dependencies are done, platform is rolling", { timeout: 60_000 });
    await next();
    await expect(sentence(tab)).toContainText("RootCause 0.1.16 is running.", { timeout: 60_000 });
    await expect(section(tab, "Operation")).toContainText("Upgrade from 0.1.15 to 0.1.16");
    expect(asked()).toEqual({ version: "0.1.16", requests: 1 });

    await tab.goto(`${line.url}#/bootstrap`);
    const zone = section(tab, "Danger Zone");
    await zone.getByText("Undeploy this installation").click();
    await zone.getByRole("checkbox", { name: /is destroyed/ }).check();
    await zone.getByRole("textbox", { name: /to confirm/ }).fill("rootcause");
    await zone.getByRole("button", { name: "Request undeploy" }).click();
    held = line.fault(write, HELD(true));
    await tab.getByRole("dialog", { name: "Review the undeploy" }).getByRole("button", { name: "Request undeploy" }).click();
    await held.happened();
    await next();
    await expect(sentence(tab)).toContainText(/Undeploying|uninstalled/);
    await next();
    await expect(sentence(tab)).toHaveText("RootCause is uninstalled; its configuration is kept.", { timeout: 60_000 });
    expect(rig.requests().map((it) => it.action)).toEqual(["undeploy", "upgrade"]);
  },
);
