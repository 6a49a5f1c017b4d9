// The installation and its very kind change under an open page.
import { connection, expect, fault, mark, NAME, review, sentence, test } from "../test.ts";

fault(
  "installation deleted; its kind served in another version; its kind deleted and installed again",
  "watch, list, discovery",
  "The page says that there is none, and opens again when there is. It follows its kind into another version and out of the cluster and back, and writes in the version that is served: all without a reload.",
  async ({ page, rig }) => {
    test.setTimeout(180_000);
    const group = `${rig.namespace}.example.com`;
    const own = (file: string) =>
      rig
        .file(file)
        .replaceAll("platform.rootcause.dev", group)
        .replaceAll("RootCauseInstallation", "OwnInstallation")
        .replaceAll("rootcauseinstallation", "owninstallation")
        .replace("shortNames: [rci]", "shortNames: [own]");
    const crd = `owninstallations.${group}`;
    const define = () => {
      rig.apply(own("crd.yaml"));
      rig.kubectl(["wait", "--for=condition=Established", `crd/${crd}`, "--timeout=30s"]);
    };
    const status = (status: object) =>
      rig.kubectl(["patch", crd, NAME, "--subresource", "status", "--type", "merge", "-p", JSON.stringify({ status })]);
    const availableVersions = ["0.1.20", "0.1.15"].map((version) => ({ version }));
    const create = async () => {
      // What has just been defined is served a moment later.
      await expect.poll(() => { try { return rig.apply(own("installation.yaml")) ?? "applied"; } catch (error) { return String(error); } }).toBe("applied");
      status({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1, availableVersions });
    };
    try {
      define();
      rig.holdLease();
      await create();
      const line = await rig.line(await rig.proxy({ config: { kind: "OwnInstallation" } }));
      await page.goto(line.url);
      await expect(sentence(page)).toContainText("RootCause 0.1.15 is running");
      const kept = await mark(page);

      await test.step("the installation is deleted and made again", async () => {
        rig.kubectl(["delete", crd, NAME]);
        await expect(sentence(page)).toHaveText(`There is no installation ${NAME} in namespace ${rig.namespace}.`);
        await create();
        await expect(sentence(page)).toContainText("RootCause 0.1.15 is running");
      });

      await test.step("the kind is served in another version", async () => {
        const { spec } = JSON.parse(rig.kubectl(["get", "crd", crd, "-o", "json"]));
        const [before] = spec.versions;
        const versions = [
          { ...before, served: false, storage: false },
          { ...before, name: "v1beta1", served: true, storage: true },
        ];
        rig.kubectl(["patch", "crd", crd, "--type", "merge", "-p", JSON.stringify({ spec: { versions } })]);
        const followed = () => line.asked.some((it) => it.path.includes("/v1beta1/") && it.query.has("watch"));
        await expect.poll(followed, { timeout: 60_000 }).toBe(true);
        status({ phase: "Degraded", lastError: "seen in another version" });
        await expect(sentence(page)).toHaveText("Degraded: seen in another version.");
        const dialog = await review(page, "0.1.20");
        await dialog.getByRole("button", { name: "Request upgrade to 0.1.20" }).click();
        await expect(dialog).toBeHidden();
        expect(JSON.parse(rig.kubectl(["get", crd, NAME, "-o", "json"])).spec.version).toBe("0.1.20");
        await page.getByRole("link", { name: /^Status/ }).click();
      });

      await test.step("the kind is deleted and installed again", async () => {
        rig.kubectl(["delete", "crd", crd]);
        await expect(sentence(page)).toHaveText("The RootCause operator is not installed in this cluster.", { timeout: 60_000 });
        await expect(page.getByRole("main")).not.toContainText("0.1.15");
        define();
        await create();
        await expect(sentence(page)).toContainText("RootCause 0.1.15 is running", { timeout: 60_000 });
        await expect(connection(page)).toHaveText("live");
      });
      await kept();
    } finally {
      rig.kubectl(["delete", "crd", crd, "--ignore-not-found"]);
    }
  },
);

fault(
  "the right to see the installation taken away, and given back",
  "watch, list",
  "What may no longer be seen is no longer shown, and the missing right is named; when it is back, so is the page.",
  async ({ page, rig }) => {
    rig.holdLease();
    rig.createInstallation("0.1.15");
    rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
    const all = [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }];
    rig.grant("ana@example.com", all);
    const line = await rig.line(await rig.proxy({ as: "ana@example.com" }));
    await page.goto(line.url);
    await expect(sentence(page)).toContainText("RootCause 0.1.15 is running");
    rig.grant("ana@example.com", [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }]);
    // A watch that is open stays so: the API server judges when it is made.
    line.cut();
    await expect(sentence(page)).toHaveText(`You may not see installation ${NAME} in namespace ${rig.namespace}.`);
    await expect(page.getByRole("region", { name: "Installation", exact: true })).not.toContainText("Ready");
    rig.grant("ana@example.com", all);
    await expect(sentence(page)).toContainText("RootCause 0.1.15 is running", { timeout: 60_000 });
  },
);
