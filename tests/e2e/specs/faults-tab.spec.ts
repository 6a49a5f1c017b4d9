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

fault(
  "tab killed before the value's answer, before each restart, and while it waits for readiness",
  "rotation of a secret",
  "The value is written once; the next tab tells how far it is, goes on where it stopped, and restarts each workload once.",
  async ({ page, rig, another }) => {
    test.setTimeout(180_000);
    rig.holdLease();
    rig.createInstallation("0.1.15");
    rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
    const b64 = (text: string) => Buffer.from(text).toString("base64");
    rig.create({ apiVersion: "v1", kind: "Secret", metadata: { name: "key" }, data: { password: b64("old") } });
    const readers = ["key-a", "key-b"];
    for (const name of readers) {
      const env = [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "key", key: "password" } } }];
      const template = {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "main", image: "registry.example/a:1", env }] },
      };
      rig.apply({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec: { selector: { matchLabels: { app: name } }, template } });
    }
    for (const name of readers) rig.kubectl(["rollout", "status", `deployment/${name}`, "--timeout=60s"]);
    const generations = () => readers.map((name) => Number(rig.kubectl(["get", "deployment", name, "-o", "jsonpath={.metadata.generation}"])));
    const before = generations();
    const line = await rig.line(await rig.proxy());
    let tab = page;
    const rotation = () => section(tab, "Rotations").getByRole("group", { name: "Rotation of key" });
    const next = async () => {
      await kill(tab);
      tab = await another(`${line.url}#/secrets`);
    };
    const resume = () => rotation().getByRole("button", { name: "Resume rotation" }).click();
    const restart = (name: string) => line.fault(both(is.write, is.of(name)), HELD(false));

    await page.goto(`${line.url}#/secrets/key`);
    const panel = page.getByRole("dialog", { name: "Secret key", exact: true });
    await panel.getByRole("button", { name: "Edit password" }).click();
    await panel.getByRole("textbox", { name: "Value of password" }).fill("new");
    await panel.getByRole("button", { name: "Review the change…" }).click();
    const value = line.fault(both(is.write, is.of("secrets")), HELD(true));
    await page.getByRole("button", { name: "Write secret key and restart 2 workloads" }).click();
    await value.happened();
    await next();
    await expect(rotation().getByRole("status")).toContainText("0 of 2 restarted and ready");
    expect(generations()).toEqual(before);

    for (const [at, name] of readers.entries()) {
      const held = restart(name);
      await resume();
      await held.happened();
      await next();
      await expect(rotation().getByRole("status")).toContainText(`${at} of 2 restarted and ready`, { timeout: 30_000 });
      expect(generations()).toEqual(before.map((generation, index) => generation + (index < at ? 1 : 0)));
    }
    await resume();
    await expect.poll(generations).toEqual(before.map((generation) => generation + 1));
    await next();
    await expect(rotation().getByRole("status")).toHaveText("key was rotated: 2 of 2 restarted and ready.", { timeout: 60_000 });
    await rotation().getByRole("button", { name: "Dismiss" }).click();
    await expect.poll(() => JSON.parse(rig.kubectl(["get", "secret", "key", "-o", "json"])).metadata.labels).toBeUndefined();
    expect(generations()).toEqual(before.map((generation) => generation + 1));
    expect(JSON.parse(rig.kubectl(["get", "secret", "key", "-o", "json"])).data).toEqual({ password: b64("new") });
  },
);
