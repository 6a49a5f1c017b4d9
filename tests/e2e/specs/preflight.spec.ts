// The preflight in the review of a version change: what stands in the way is told before anything is requested, and what
// may not be read is never passed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, review, section, sentence, test, type Locator, type Page } from "../test.ts";

const VIEWER = "vi@example.com";

/** One check by its title, among those that are not passed. */
function check(dialog: Locator, title: string): Locator {
  const list = dialog.getByRole("list", { name: "Checks" });
  return list.getByRole("listitem").filter({ has: dialog.page().getByText(title, { exact: true }) });
}

/** A certificate of its own making that lasts `days`, as a TLS secret has it. */
function certificate(days: number): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "rootcause-tls-"));
  const file = (name: string) => join(folder, name);
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=rootcause.example"];
  execFileSync("openssl", ["req", "-x509", ...made, "-days", String(days), "-keyout", file("tls.key"), "-out", file("tls.crt")], {
    stdio: "ignore",
  });
  const data = Object.fromEntries(["tls.crt", "tls.key"].map((name) => [name, readFileSync(file(name), "utf8")]));
  rmSync(folder, { recursive: true });
  return data;
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(section(page, "Workloads")).toBeVisible();
}

test("a renamed value is caught before the upgrade, and going over it takes a reason that is kept", async ({
  page,
  rig,
}) => {
  test.setTimeout(120_000);
  await rig.install("0.1.16");
  await open(page, (await rig.proxy()).url);
  await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.");

  const dialog = await review(page, "0.1.17");
  const values = check(dialog, "Values fit the target");
  await expect(values).toContainText("blocks");
  await expect(values).toContainText("platform: ingress.className: ");
  await expect(values).toContainText("Helm would refuse it too");
  await expect(check(dialog, "Backup")).toContainText("there is no backup yet");
  const status = dialog.getByRole("region", { name: "Preflight" }).getByRole("status");
  await expect(status).toContainText("Blocked: Values fit the target.");

  const request = dialog.getByRole("button", { name: "Request upgrade to 0.1.17" });
  await expect(request).toHaveAttribute("aria-disabled", "true");
  await expect(request).toHaveAttribute("title", /Blocked: Values fit the target/);
  await dialog.getByRole("checkbox", { name: /Request it although checks block it/ }).check();
  await expect(request).toHaveAttribute("title", /needs a reason/);
  await dialog.getByRole("textbox", { name: /Reason/ }).fill("to see Helm refuse it");
  await request.click();
  await expect(dialog).toBeHidden();
  expect(rig.requests()[0]).toMatchObject({ to: "0.1.17", why: "[despite values] to see Helm refuse it" });

  // Helm says the same, and a second try is warned of the first.
  await rig.phase("Degraded");
  expect(rig.installation().status.lastError).toContain("className");
});

test("where nothing is wrong nothing blocks, and all checks are listed", async ({ page, rig }) => {
  await rig.install("0.1.16");
  await open(page, (await rig.proxy()).url);
  const dialog = await review(page, "0.1.20");
  const region = dialog.getByRole("region", { name: "Preflight" });
  await expect(region.getByRole("status")).toContainText("Nothing blocks; to be considered: Backup.");
  await region.getByText(/\d+ passed/).click();
  for (const title of [
    "Operator",
    "No release is stuck",
    "Both releases are healthy",
    "The request is valid",
    "Values fit the target",
    "Required secrets",
    "Volumes are bound",
    "Room for the rollout",
    "Disruption budgets",
    "Image pull secret",
    "Way back",
  ]) {
    await expect(region.getByRole("listitem").filter({ has: page.getByText(title, { exact: true }) })).toContainText("passed");
  }
  await expect(dialog.getByRole("checkbox", { name: /although checks block/ })).toBeHidden();
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.20" }).click();
  await expect(dialog).toBeHidden();
  await rig.phase("Ready", "0.1.20");
});

test("a version that failed before is told with what went wrong", async ({ page, rig }) => {
  test.setTimeout(150_000);
  await rig.install("0.1.16", { helmTimeout: "20s" });
  await open(page, (await rig.proxy()).url);
  for (const [version, words] of [
    ["0.1.18", "pre-upgrade hooks failed"],
    ["0.1.19", "failed"],
  ] as const) {
    const before = await review(page, version);
    await expect(check(before, "Earlier attempts")).toBeHidden();
    await before.getByRole("button", { name: `Request upgrade to ${version}` }).click();
    await expect(before).toBeHidden();
    await rig.phase("Degraded");
    const again = await review(page, version);
    await expect(check(again, "Earlier attempts")).toContainText("warns");
    await expect(check(again, "Earlier attempts")).toContainText(words);
    await again.getByRole("button", { name: "Cancel" }).click();
  }
});

test("faults of the cluster are found: secrets, volumes, budgets, nodes, certificates, a one-way migration", async ({ page, rig }) => {
  rig.holdLease();
  rig.createInstallation("0.1.16");
  const versions = [{ version: "0.1.20" }, { version: "0.1.16", oneWay: true }, { version: "0.1.15" }];
  rig.patchStatus({
    phase: "Ready",
    deployedVersion: "0.1.16",
    dependenciesVersion: "0.1.16",
    observedGeneration: 1,
    availableVersions: versions,
    conditions: [
      {
        type: "SecretsReady",
        status: "False",
        reason: "Missing",
        message: "regcred is missing",
        lastTransitionTime: "2026-03-01T12:00:00Z",
      },
    ],
  });
  const claim = { accessModes: ["ReadWriteOnce"], storageClassName: "none", resources: { requests: { storage: "1Gi" } } };
  rig.apply({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data-postgres-0" }, spec: claim });
  const container = { name: "big", image: "registry.example/big:1", resources: { requests: { cpu: "900" } } };
  rig.apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "big" },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "big" } },
      template: { metadata: { labels: { app: "big" } }, spec: { containers: [container] } },
    },
  });
  // Its pod never runs, so its budget is exhausted.
  const metadata = { name: "big" };
  const selector = { matchLabels: { app: "big" } };
  rig.apply({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec: { minAvailable: 1, selector } });
  rig.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "tls" }, type: "kubernetes.io/tls", stringData: certificate(3) });
  const backend = { service: { name: "big", port: { number: 80 } } };
  const paths = [{ path: "/", pathType: "Prefix", backend }];
  const ingress = { tls: [{ secretName: "tls" }], rules: [{ host: "rootcause.example", http: { paths } }] };
  rig.apply({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: ingress });
  rig.kubectl(["wait", "pdb/big", "--for=jsonpath={.status.expectedPods}=1", "--timeout=60s"]);
  await open(page, (await rig.proxy()).url);
  const dialog = await review(page, "0.1.15");
  await expect(check(dialog, "Required secrets")).toContainText("regcred is missing");
  await expect(check(dialog, "Image pull secret")).toContainText("There is no secret regcred.");
  await expect(check(dialog, "Volumes are bound")).toContainText("data-postgres-0");
  await expect(check(dialog, "Room for the rollout")).toContainText("one more pod of big");
  await expect(check(dialog, "Disruption budgets")).toContainText("No pod may be evicted now: big.");
  await expect(check(dialog, "TLS certificates")).toContainText(/tls expires in (2|3) d/);
  await expect(check(dialog, "Way back")).toContainText("0.1.16 migrated the data one way");
  await expect(check(dialog, "Values fit the target")).toContainText("not checked");
  await expect(dialog.getByRole("region", { name: "Preflight" }).getByRole("status")).toContainText(
    /^Blocked: Required secrets, Way back\./,
  );

  // A pull secret that is there is not yet a valid one.
  await dialog.getByRole("button", { name: "Cancel" }).click();
  const pull = async (config: string, words: string) => {
    const stringData = { ".dockerconfigjson": config };
    rig.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "regcred" }, type: "kubernetes.io/dockerconfigjson", stringData });
    const again = await review(page, "0.1.15");
    await expect(check(again, "Image pull secret")).toContainText("warns");
    await expect(check(again, "Image pull secret")).toContainText(words);
    await again.getByRole("button", { name: "Cancel" }).click();
  };
  await pull('{"auths":{"other.example":{"auth":"YTpi"}}}', "names none of the registries of the running images");
  await pull("{}", "holds no readable .dockerconfigjson");
});

test("without rights the checks that were not possible are named, and none is green by ignorance", async ({
  page,
  rig,
}) => {
  await rig.install("0.1.16");
  const kind = { apiGroups: ["platform.rootcause.dev"], resources: ["rootcauseinstallations"] };
  rig.grant(VIEWER, [
    { ...kind, verbs: ["get", "list", "watch", "patch"] },
    { apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["pods", "events"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "list", "watch"] },
  ]);
  await open(page, (await rig.proxy({ as: VIEWER })).url);
  const dialog = await review(page, "0.1.20");
  for (const [title, words] of [
    ["No release is stuck", "secrets"],
    ["Earlier attempts", "secrets"],
    ["Volumes are bound", "persistentvolumeclaims"],
    ["TLS certificates", "ingresses"],
    ["Room for the rollout", "nodes"],
    ["Disruption budgets", "poddisruptionbudgets"],
    ["Image pull secret", "secrets"],
    ["Backup", "jobs"],
  ] as const) {
    await expect(check(dialog, title)).toContainText("not checked");
    await expect(check(dialog, title)).toContainText(words);
  }
  await expect(dialog.getByRole("region", { name: "Preflight" }).getByRole("status")).toContainText(
    /\d+ could not be checked\./,
  );
});
