// The support bundle: what it shows before it is saved is what leaves, and no secret does.
import { readFileSync } from "node:fs";
import { inflateRawSync, gzipSync } from "node:zlib";
import { Kubelet } from "../kubelet.ts";
import { passes } from "../looks.ts";
import { expect, section, test } from "../test.ts";

// In every form and place in which the cluster keeps secrets.
const CANARY = "Canary7Zq8secret";
const ENCODED = Buffer.from(CANARY).toString("base64");

/** The files of a zip archive, by its directory. */
function unzip(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const end = archive.length - 22;
  expect(archive.toString("latin1", end, end + 2)).toBe("PK");
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size, name] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28)];
    const start = archive.readUInt32LE(at + 42) + 30 + name;
    const data = archive.subarray(start, start + size);
    files.set(archive.toString("utf8", at + 46, at + 46 + name), (method === 8 ? inflateRawSync(data) : data).toString());
    at += 46 + name;
  }
  return files;
}

test("it holds what one needs, and a planted secret never leaves", async ({ page, rig }) => {
  const kubelet = await Kubelet.start(rig);
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patch({ spec: { advanced: { rawHelmOverrides: { platform: { db: { password: CANARY } } } } } });
  rig.patchStatus({ phase: "Degraded", deployedVersion: "0.1.15", observedGeneration: 2, lastError: `token=${CANARY}` });
  rig.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "planted" }, stringData: { key: CANARY } });
  rig.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "planted" }, data: { "a.ini": `pw ${CANARY}` } });
  const release = {
    name: "rootcause-platform",
    namespace: rig.namespace,
    version: 1,
    info: { status: "deployed", description: "Install complete", notes: `password: ${CANARY}` },
    chart: { metadata: { name: "platform", version: "0.1.15" }, values: {} },
    config: { auth: { apiKey: CANARY } },
    manifest: `kind: Secret\nmetadata:\n  name: s\nstringData:\n  k: ${CANARY}\n`,
  };
  rig.apply({
    apiVersion: "v1",
    kind: "Secret",
    type: "helm.sh/release.v1",
    metadata: {
      name: "sh.helm.release.v1.rootcause-platform.v1",
      labels: { owner: "helm", name: "rootcause-platform", version: "1", status: "deployed" },
    },
    stringData: { release: gzipSync(JSON.stringify(release)).toString("base64") },
  });
  kubelet.run("alpha");
  kubelet.write("alpha", [`login with password=${CANARY}`, `{"token":{"inner":"${CANARY}"}}`, `Bearer ${CANARY}`, "all is well"]);

  await page.goto(`${(await rig.proxy()).url}#/troubleshooting/bundle`);
  await page.getByRole("button", { name: "Collect the bundle" }).click();
  const leaving = section(page, "What will leave");
  const files = leaving.getByRole("table", { name: "Files of the bundle" });
  await expect(files.getByRole("row", { name: /logs\/alpha\/alpha\.log/ })).toBeVisible();

  // What is shown is what leaves.
  await files.getByRole("button", { name: "logs/alpha/alpha.log" }).click();
  const panel = page.getByRole("dialog", { name: "logs/alpha/alpha.log" });
  await expect(panel.getByLabel("Content")).toContainText("login with password=•••");
  await expect(panel.getByLabel("Content")).toContainText("all is well");
  await page.keyboard.press("Escape");
  await passes(page, "bundle");
  await files.getByRole("checkbox", { name: "Take objects/nodes.yaml" }).uncheck();
  await expect(leaving).toContainText(/\d+ files, [\d,]+ KB before packing; [\d,]+ values masked or left out\./);
  expect(await page.content()).not.toContain(CANARY);

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save the bundle" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^rootcause-support-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.zip$/);
  const saved = unzip(readFileSync(await download.path()));
  const names = [...saved.keys()];
  expect(names[0]).toBe("README.txt");
  for (const name of [
    "findings.txt",
    "installation.yaml",
    "objects/pods.yaml",
    "objects/configmaps.yaml",
    "objects/secrets.txt",
    "helm/rootcause-platform/1/values.txt",
    "helm/rootcause-platform/1/manifest.txt",
    "logs/alpha/alpha.log",
  ]) {
    expect(names).toContain(name);
  }
  expect(names).not.toContain("objects/nodes.yaml");
  expect(saved.get("logs/alpha/alpha.log")).toContain("all is well");
  expect(saved.get("objects/secrets.txt")).toMatch(/planted  Opaque  1  /);
  for (const [name, text] of saved) {
    expect(text.includes(CANARY) || text.includes(ENCODED), `a secret in ${name}`).toBe(false);
  }
  await kubelet.stop();
});

test("what may not be read is told, and left out", async ({ page, rig }) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  const read = ["get", "list", "watch"];
  rig.grant("bo@example.com", [
    { apiGroups: ["platform.rootcause.dev"], resources: ["rootcauseinstallations"], verbs: read },
    { apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: read },
    { apiGroups: [""], resources: ["pods", "events"], verbs: read },
  ]);
  await page.goto(`${(await rig.proxy({ as: "bo@example.com" })).url}#/troubleshooting/bundle`);
  await page.getByRole("button", { name: "Collect the bundle" }).click();
  const leaving = section(page, "What will leave");
  await expect(leaving.getByRole("note")).toContainText("Not read, and so not in it");
  await expect(leaving.getByRole("listitem").filter({ hasText: "secrets:" })).toContainText("You may not list secrets");
});
