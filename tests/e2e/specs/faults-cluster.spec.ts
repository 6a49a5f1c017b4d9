// The cluster itself fails: API server and etcd are killed and come back, history is compacted.
import { ApiServer, Etcd } from "../control-plane.ts";
import { both, is } from "../line.ts";
import { connection, expect, fault, mark, review, Rig, section, sentence, sentences, test } from "../test.ts";

fault(
  "API server killed in mid-upgrade, and restarted",
  "all that is open",
  "Within seconds the page says that nothing answers, greys what it shows and locks writes; it never says Ready of what it cannot see. When the API server is back, so is the page, with what happened meanwhile.",
  async ({ page, rig }) => {
    test.setTimeout(180_000);
    const [api] = await Promise.all([ApiServer.start(), rig.install("0.1.15", { readyAfter: "3s" })]);
    try {
      await page.goto((await rig.proxy({ kubeconfig: api.kubeconfig })).url);
      await expect(sentence(page)).toContainText("RootCause 0.1.15 is running.");
      const kept = await mark(page);
      const dialog = await review(page, "0.1.16");
      await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
      await expect(dialog).toBeHidden();
      await expect(sentence(page)).toContainText("Upgrading to 0.1.16");
      const said = await sentences(page);
      await api.kill();

      const told = page.getByRole("alert").filter({ hasText: "Writing is locked until it is current again." });
      await expect(told).toBeVisible({ timeout: 30_000 });
      await expect(connection(page)).toHaveText("reconnecting");
      await expect(page.getByRole("button", { name: "Check for updates now" })).toBeDisabled();
      await rig.phase("Ready", "0.1.16");
      expect((await said()).filter((it) => it.includes("is running"))).toEqual([]);

      await api.start();
      await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.", { timeout: 60_000 });
      await expect(connection(page)).toHaveText("live");
      await expect(told).toBeHidden();
      expect(rig.requests()).toHaveLength(1);
      await kept();
    } finally {
      await api.end();
    }
  },
);

fault(
  "etcd killed, and restarted; history compacted (410 from etcd itself)",
  "write, watch",
  "A write that meets it stays locked until it is known what became of it, and is done once. A watch from before the compaction lists again, without a word.",
  async ({ page }) => {
    test.setTimeout(180_000);
    const etcd = await Etcd.start();
    const api = await ApiServer.start(etcd);
    const bare = Rig.make(undefined, api.kubeconfig);
    try {
      bare.apply(bare.file("crd.yaml"));
      bare.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
      bare.holdLease();
      bare.createInstallation("0.1.15");
      const availableVersions = ["0.1.20", "0.1.16", "0.1.15"].map((version) => ({ version }));
      bare.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1, availableVersions });
      const proxy = await bare.proxy();
      const line = await bare.line(proxy);
      await page.goto(line.url);
      await expect(sentence(page)).toContainText("RootCause 0.1.15 is running");
      const kept = await mark(page);
      const before = bare.installation().metadata.generation;

      // It reaches the API server, which waits for its etcd.
      const dialog = await review(page, "0.1.16");
      await etcd.kill();
      const button = dialog.getByRole("button", { name: "Request upgrade to 0.1.16" });
      await button.click();
      await expect.poll(() => line.asked.some(both(is.write, is.of("rootcauseinstallations")))).toBe(true);
      await expect(dialog.getByRole("button", { name: "Cancel" })).toBeDisabled();
      await etcd.start();
      const done = page.getByRole("status").filter({ hasText: "Requested 0.1.16." });
      const told = dialog.getByRole("alert").filter({ hasText: "Nothing was changed." });
      await expect(done.or(told)).toBeVisible({ timeout: 90_000 });
      if (await told.isVisible()) {
        expect(bare.installation().metadata.generation).toBe(before);
        await dialog.getByRole("button", { name: "Review again" }).click();
        await button.click();
      }
      await expect(dialog).toBeHidden();
      expect(bare.requests()).toHaveLength(1);
      expect(bare.installation().metadata.generation).toBe(before + 1);

      // The API server keeps no events in memory: of those etcd is asked itself.
      await page.getByRole("link", { name: /^Status/ }).click();
      const event = (name: string) => {
        const time = new Date().toISOString();
        const about = { kind: "Pod", namespace: bare.namespace, name: "x" };
        bare.create({ apiVersion: "v1", kind: "Event", metadata: { name }, involvedObject: about, type: "Warning", reason: "Rig", message: name, firstTimestamp: time, lastTimestamp: time, count: 1 });
      };
      event("before-the-compaction");
      await expect(section(page, "Recent events")).toContainText("before-the-compaction");
      // The page hears nothing of what happens now, and then goes on from where it was.
      line.deaden();
      event("meanwhile");
      for (let index = 0; index < 3; index++) bare.patch({ metadata: { labels: { index: String(index) } } });
      await etcd.compact();
      const said: string[] = [];
      line.fault(is.watch, { does: "retell", messages: (message) => (said.push(message.toString()), [message]) }, Infinity);
      line.cut();
      await expect(section(page, "Recent events")).toContainText("meanwhile", { timeout: 30_000 });
      expect(said.filter((it) => it.includes('"code":410'))).not.toEqual([]);
      await expect(connection(page)).toHaveText("live");
      await kept();
    } finally {
      await bare.end();
      await api.end();
      await etcd.end();
    }
  },
);
