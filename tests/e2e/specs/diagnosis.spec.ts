// Each way in which an installation breaks: the real cluster is broken so, exactly that root cause is found, and it is
// gone once it is mended, by the finding's own button where it has one.
import { Kubelet } from "../kubelet.ts";
import { passes } from "../looks.ts";
import { record } from "../record.ts";
import { applyConfiguration, expect, NAME, OTHER, reviewConfiguration, Rig, sentence, section, shared, test, write } from "../test.ts";
import { type Locator, type Page, type Proxy } from "../test.ts";

const LABEL = "rig.rootcause.dev/outcome";

/** A certificate that ended in 2020; its signature is wrong, which nobody checks. */
const ENDED = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUWfLItihd/8AgWzUJeljtaxKVw5EwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVcm9vdGNhdXNlLmV4YW1wbGUuY29tMB4XDTE5MTEyMzAwMDkw
N1oXDTIwMTEyMDAwMDkwN1owIDEeMBwGA1UEAwwVcm9vdGNhdXNlLmV4YW1wbGUu
Y29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpXSTWyuhJOw+olnZpXbote7f
gNnAckZ8iEkx3M4ngC2LTKFdgNAr9qFEhuRfqR6+gHpePAm6enMe53guEWnDp6NT
MFEwHQYDVR0OBBYEFHEI5LA/AjUy4mpFh5HzWLAMGeagMB8GA1UdIwQYMBaAFHEI
5LA/AjUy4mpFh5HzWLAMGeagMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SAAwRQIhAOXKUljncpQ+yHcQ/x9YDEdlYcHwGfmUhSr+UbBlK4L+AiA5T9noDUFb
1u3Z8rAQiNLv8sI1yy1xLfxQPK3W90O04g==
-----END CERTIFICATE-----
`;

async function open(page: Page, { url }: Proxy): Promise<void> {
  await page.goto(`${url}#/troubleshooting`);
}

const findings = (page: Page) => section(page, "Findings").getByRole("article");

/** Waits until nothing is wrong, and everything was looked at. */
async function fine(page: Page): Promise<void> {
  await expect(sentence(page)).toHaveText(/^\s*Nothing is wrong: \d+ checks passed\.$/, { timeout: 60_000 });
  await expect(findings(page)).toHaveCount(0);
  await expect(page.getByRole("navigation", { name: "Pages" }).getByTitle("Things that are wrong")).toBeHidden();
}

/** Waits until this is the one thing that is wrong. */
async function only(page: Page, words: RegExp): Promise<Locator> {
  await expect(sentence(page)).toHaveText(words, { timeout: 60_000 });
  await expect(findings(page)).toHaveCount(1);
  const finding = findings(page).first();
  await expect(finding).toHaveAccessibleName(words);
  await expect(page.getByRole("navigation", { name: "Pages" }).getByTitle("Things that are wrong")).toHaveText("1");
  return finding;
}

/** Waits until these are the things that are wrong, and nothing else. */
async function exactly<const T extends Record<string, RegExp>>(page: Page, expected: T): Promise<Record<keyof T, Locator>> {
  const found: [string, Locator][] = [];
  for (const [name, words] of Object.entries(expected)) {
    const finding = section(page, "Findings").getByRole("article", { name: words });
    await expect(finding).toBeVisible({ timeout: 60_000 });
    found.push([name, finding]);
  }
  await expect(findings(page)).toHaveCount(found.length);
  return Object.fromEntries(found) as Record<keyof T, Locator>;
}

/** A time so many minutes ago, as Kubernetes writes it. */
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString().replace(/\.\d+/, "");

/** Asks the operator to reconcile, by a finding's button. */
async function forceReconcile(page: Page, finding: Locator): Promise<void> {
  await finding.getByRole("button", { name: "Force reconcile" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the forced reconcile" });
  await dialog.getByRole("button", { name: "Force reconcile" }).click();
  await expect(dialog).toBeHidden();
}

/** Waits until a field of this value has the focus. */
const focused = (page: Page, value: string) =>
  expect.poll(() => page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.value)).toBe(value);

/** Follows a finding's link to the field of the form that has this value. */
async function follow(page: Page, finding: Locator, link: string, value: string): Promise<Locator> {
  await finding.getByRole("link", { name: link }).click();
  await focused(page, value);
  const field = page.locator(":focus");
  await expect(field).toBeInViewport();
  return field;
}

/** Follows a finding's link to what the form has of this name as YAML, and writes this there. */
async function rewrite(page: Page, finding: Locator, link: string, name: string, text: string): Promise<void> {
  await finding.getByRole("link", { name: link }).click();
  const group = page.getByRole("group", { name });
  await expect(group).toBeFocused();
  await expect(group).toBeInViewport();
  await group.getByRole("button", { name: /as YAML$/ }).click();
  await write(page, group.getByRole("textbox", { name: /^Raw Helm overrides of |^Resource patches$/ }), text);
}

/** Applies what the form holds, and comes back to the findings. */
async function send(page: Page): Promise<void> {
  await applyConfiguration(await reviewConfiguration(page));
  await page.getByRole("link", { name: /^Troubleshooting/ }).click();
}

/** As `send`, and waits until nothing is wrong any more. */
async function apply(page: Page, rig: Rig): Promise<void> {
  await send(page);
  await rig.phase("Ready");
  await fine(page);
}

/** Runs the commands of a finding that begin so. */
async function run(rig: Rig, finding: Locator, command: string): Promise<void> {
  const commands = await finding.getByText(new RegExp(`^kubectl ${command} `)).allTextContents();
  expect(commands).not.toEqual([]);
  // What is in quotes has no spaces.
  for (const command of commands) rig.kubectl(command.split(" ").slice(1).map((it) => it.replace(/^'|'$/g, "")));
}

/** Presses a finding's button and confirms the review. */
async function mend(page: Page, finding: Locator, name: string): Promise<void> {
  await finding.getByRole("button", { name, exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Review: ${name}` });
  await dialog.getByRole("button", { name, exact: true }).click();
  await expect(dialog).toBeHidden();
}

/** The name of a pod of a workload that is not on its way out. */
function pod(rig: Rig, workload: string): string {
  const pods = JSON.parse(rig.kubectl(["get", "pods", "-l", `app.kubernetes.io/name=${workload}`, "-o", "json"])).items;
  return pods.find((it: any) => !it.metadata.deletionTimestamp).metadata.name;
}

/** Has the pod's containers run for so many minutes without being ready, as its kubelet would tell. */
function unready(rig: Rig, pod: any, minutes = 6): void {
  for (const condition of pod.status.conditions) {
    if (["Ready", "ContainersReady"].includes(condition.type)) condition.status = "False";
  }
  for (const container of pod.status.containerStatuses) {
    Object.assign(container, { ready: false, state: { running: { startedAt: ago(minutes) } } });
  }
  rig.kubectl(["replace", "--subresource", "status", "-f", "-"], JSON.stringify(pod));
  rig.apply({
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${pod.metadata.name}.unhealthy` },
    type: "Warning",
    reason: "Unhealthy",
    message: "Readiness probe failed: HTTP probe failed with statuscode: 503",
    count: 12,
    lastTimestamp: ago(0),
    involvedObject: { apiVersion: "v1", kind: "Pod", name: pod.metadata.name, namespace: rig.namespace },
  });
}

const links = (finding: Locator) => finding.getByText(/^Holds up:/);

test.describe("of an installation that runs", () => {
  const it = shared((rig) => rig.install("0.1.15"));

  test("nothing is wrong, and it says what was looked at", async ({ page }) => {
    await open(page, it().proxy);
    await fine(page);
    const checked = section(page, "What was looked at").getByRole("listitem");
    await expect(checked).toHaveCount(24);
    await expect(checked.filter({ hasText: "No container crashes again and again" })).toContainText("fine");
    await expect(checked.filter({ hasText: "not known" })).toHaveCount(0);
  });

  test("what may not be read is said, and not taken for fine", async ({ page }) => {
    const { rig } = it();
    rig.grant("narrow@example.com", [
      { apiGroups: ["platform.rootcause.dev"], resources: ["*"], verbs: ["get", "list", "watch"] },
    ]);
    await open(page, await rig.proxy({ as: "narrow@example.com" }));
    await expect(sentence(page)).toContainText(/^\s*Nothing wrong was found: \d+ checks passed, \d+ could not be made\./);
    const nodes = section(page, "What was looked at").getByRole("listitem").filter({ hasText: "A node takes every pod" });
    await expect(nodes).toContainText("not known");
    await expect(nodes).toContainText("You may not list pods");
  });

  test("a container that crashes: its last lines, and a restart mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    await fine(page);
    rig.kubectl(["label", "pod", pod(rig, "litellm"), `${LABEL}=CrashLoopBackOff`]);
    const finding = await only(page, /litellm crashes again and again: last exit code 1/);
    await expect(finding.getByRole("region", { name: /^Last lines of litellm-/ })).toContainText("LLM_ENDPOINT is not a URL");
    await expect(links(finding)).toHaveText("Holds up: Deployment litellm → Helm release rootcause-platform");
    await mend(page, finding, "Restart Deployment litellm");
    await fine(page);

    const containers = [{ name: "alone", image: "registry.example/alone:1" }];
    const metadata = { name: "alone", labels: { [LABEL]: "CrashLoopBackOff" } };
    rig.apply({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers } });
    await mend(page, await only(page, /alone crashes again and again/), "Delete pod alone");
    await fine(page);
  });

  test("a container that is killed for want of memory: a restart mends it, or a higher limit", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const killed = () => {
      rig.kubectl(["label", "pod", pod(rig, "ml-jobs"), `${LABEL}=OOMKilled`]);
      return only(page, /ml-jobs uses more than its memory limit of 16Gi and is killed again and again/);
    };
    const finding = await killed();
    await expect(finding).toContainText("OOMKilled (exit code 137)");
    await mend(page, finding, "Restart Deployment ml-jobs");
    await fine(page);
    const limit = await follow(page, await killed(), "Raise its memory limit", "16Gi");
    await limit.fill("32Gi");
    await apply(page, rig);
  });

  test("a quota that is used up: asking for less mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const all = JSON.parse(rig.kubectl(["get", "pods", "-o", "json"])).items;
    const pods = all.filter((it: any) => !it.metadata.deletionTimestamp).length;
    rig.kubectl(["create", "quota", "tight", `--hard=pods=${pods}`]);
    rig.patch({ spec: { components: { platform: { replicas: 2 } } } });
    const finding = await only(page, /The quota tight is used up \(pods=\d+\): pods cannot be created/);
    await expect(finding).toContainText(`${pods} of ${pods}`);
    await expect(links(finding)).toContainText("Deployment platform");
    const replicas = await follow(page, finding, "Ask for fewer replicas or less", "2");
    await replicas.fill("1");
    await apply(page, rig);
    rig.kubectl(["delete", "quota", "tight"]);
  });

  test("a claim of a StorageClass that is not there: the cluster's are named, deleting it mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const resources = { requests: { storage: "1Gi" } };
    rig.apply({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data-extra-0" },
      spec: { storageClassName: "nvme", accessModes: ["ReadWriteOnce"], resources },
    });
    const finding = await only(page, /Volumes wait for StorageClass nvme, which the cluster does not have; it has .*fast, .*standard/);
    await expect(finding).toContainText('storageclass.storage.k8s.io "nvme" not found');
    await mend(page, finding, "Delete the unbound claim data-extra-0");
    await fine(page);
  });

  test("too little CPU on every node: asking for less mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const resources = { requests: { cpu: "64" }, limits: { cpu: "64" } };
    rig.patch({ spec: { components: { platform: { resources } } } });
    const finding = await only(page, /No node has enough cpu left \(.*Insufficient cpu/);
    await expect(finding).toContainText("requests.cpu");
    await expect(links(finding)).toContainText("Deployment platform");
    const request = await follow(page, finding, "Ask for fewer replicas or less", "64");
    await request.fill("500m");
    await apply(page, rig);
  });

  test("a selector that no node has, a taint that is not tolerated: patches mend them; a node that is cordoned", async ({ page }) => {
    test.setTimeout(240_000);
    const { rig, proxy } = it();
    const node = `gpu-${rig.namespace}`;
    const pool = rig.namespace;
    const room = { cpu: "8", memory: "32Gi", pods: "20" };
    rig.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: node, labels: { pool, type: "kwok", "kubernetes.io/hostname": node } },
      spec: { taints: [{ key: "dedicated", value: "gpu", effect: "NoSchedule" }] },
      status: { capacity: room, allocatable: room },
    });
    const patches = (spec: object) => [
      { target: { kind: "Deployment", name: "ml-jobs" }, patch: { spec: { template: { spec } } } },
    ];
    const repatch = (finding: Locator, spec: object) =>
      rewrite(page, finding, "Look at the Resource Patches", "Resource Patches", JSON.stringify(patches(spec)));
    const tainted = () => only(page, /have a taint that the pods do not tolerate, dedicated=gpu:NoSchedule \(/);
    try {
      await open(page, proxy);
      rig.patch({ spec: { advanced: { resourcePatches: patches({ nodeSelector: { pool: "nowhere" } }) } } });
      const nowhere = await only(page, /No node has the labels that the pods ask for/);
      await expect(links(nowhere)).toContainText("Deployment ml-jobs");
      await repatch(nowhere, { nodeSelector: { pool } });
      await send(page);
      await run(rig, await tainted(), "taint node");
      await rig.phase("Ready");
      await fine(page);
      rig.kubectl(["taint", "node", node, "dedicated=gpu:NoSchedule"]);
      rig.kubectl(["delete", "pod", pod(rig, "ml-jobs")]);
      await repatch(await tainted(), { nodeSelector: { pool }, tolerations: [{ key: "dedicated", operator: "Exists" }] });
      await apply(page, rig);
      rig.kubectl(["cordon", node]);
      rig.kubectl(["delete", "pod", pod(rig, "ml-jobs")]);
      const cordoned = await only(page, new RegExp(`The nodes that would fit are cordoned, ${node} \\(`));
      record(rig, "cordoned");
      await run(rig, cordoned, "uncordon");
      await fine(page);
    } finally {
      rig.patch({ spec: { advanced: { resourcePatches: null } } });
      // What a patch has set stays when the patch goes.
      const spec = { template: { spec: { nodeSelector: null, tolerations: null } } };
      rig.kubectl(["patch", "deployment", "ml-jobs", "--type", "merge", "-p", JSON.stringify({ spec })]);
      rig.kubectl(["delete", "node", node]);
    }
    await rig.phase("Ready");
    await fine(page);
  });

  test("a paused rollout: resuming mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    rig.kubectl(["rollout", "pause", "deployment/platform"]);
    await mend(page, await only(page, /The rollout of platform is paused/), "Resume Deployment platform");
    await fine(page);
  });

  test("pods that are replaced only by hand: deleting the old one mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const patch = (type: string, note: string) => {
      const template = { metadata: { annotations: { note } } };
      const spec = { updateStrategy: { type, rollingUpdate: null }, template };
      rig.kubectl(["patch", "statefulset", "redis", "--type", "merge", "-p", JSON.stringify({ spec })]);
    };
    patch("OnDelete", "new");
    const finding = await only(page, /redis still has 1 pod of the version before/);
    await mend(page, finding, "Delete pod redis-0");
    await fine(page);
    patch("RollingUpdate", "new");
  });

  test("a disruption budget that blocks every drain", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    rig.kubectl(["create", "pdb", "tight", "--selector=app.kubernetes.io/name=platform", "--min-available=1"]);
    const finding = await only(page, /The disruption budget tight can never allow an eviction/);
    await expect(finding).toContainText("status.disruptionsAllowed");
    await run(rig, finding, "patch pdb");
    await fine(page);
    rig.kubectl(["delete", "pdb", "tight"]);
  });

  test("what an image or a setting lacks: a finding for each cause, all at once", async ({ page }) => {
    const { rig, proxy } = it();
    const fate = (workload: string, outcome: string, spec: object = {}) => {
      const template = { metadata: { labels: { [LABEL]: outcome } }, spec };
      rig.kubectl(["patch", "deployment", workload, "--type", "merge", "-p", JSON.stringify({ spec: { template } })]);
    };
    await open(page, proxy);
    fate("platform", "ImageNotFound");
    fate("ml-jobs", "RegistryUnreachable");
    fate("data-service", "ImagePullBackOff", { imagePullSecrets: null });
    fate("litellm", "CreateContainerConfigError");
    const { tag, registry, unnamed, config } = await exactly(page, {
      tag: /The registry registry\.example has no tag 0\.1\.15 of rootcause\/platform/,
      registry: /The registry registry\.example cannot be reached from the nodes/,
      unnamed: /The images of registry\.example are pulled without a pull secret, since the pods name none/,
      config: /Container litellm cannot be created: secret "platform-session" not found/,
    });
    await expect(tag).toContainText("platform:0.1.15\": not found");
    await expect(links(tag)).toContainText("Deployment platform → Helm release rootcause-platform");
    await expect(registry).toContainText("no such host");
    await expect(unnamed).toContainText(/spec\.imagePullSecrets\s*none/);
    await expect(config).toContainText("CreateContainerConfigError");
    record(rig, "absent");
    await passes(page, "findings");
    await config.getByRole("link", { name: "Look at the secrets" }).click();
    await expect(page.getByRole("grid", { name: "Secrets" })).toBeVisible();
    await page.goBack();
    await unnamed.getByRole("link", { name: "Set the image pull secret" }).click();
    await focused(page, "regcred");
    await page.goBack();
    await tag.getByRole("link", { name: "Look at the overrides that name images" }).click();
    await expect(page.getByRole("group", { name: "Raw Helm Overrides: Platform" })).toBeFocused();
    await page.goBack();
    for (const workload of ["platform", "ml-jobs", "data-service", "litellm"]) {
      rig.kubectl(["rollout", "undo", `deployment/${workload}`]);
    }
    await fine(page);
  });

  test("images that overrides have made wrong: changing the overrides mends them", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const outcomes = { litellm: "InvalidImageName", "data-service": "ImageNotFound" };
    rig.patch({ spec: { advanced: { rawHelmOverrides: { platform: { rig: { outcomes } } } } } });
    const { name } = await exactly(page, {
      name: /The image registry\.example\/rootcause\/litellm:0\.1\.15 cannot be pulled: InvalidImageName/,
      tag: /The registry registry\.example has no tag 0\.1\.15 of rootcause\/data-service/,
    });
    await expect(name).toContainText("invalid reference format");
    await rewrite(page, name, "Look at the overrides that name images", "Raw Helm Overrides: Platform", "");
    await apply(page, rig);
  });

  test("a rollout that makes no progress: its pod is the cause once it has had its time", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const template = { metadata: { annotations: { "rig.rootcause.dev/ready-after": "1h" } } };
    const spec = { progressDeadlineSeconds: 5, template };
    rig.kubectl(["patch", "deployment", "ml-jobs", "--type", "merge", "-p", JSON.stringify({ spec })]);
    const stalled = await only(page, /The rollout of ml-jobs makes no progress/);
    await expect(stalled).toContainText("has timed out progressing");
    await expect(links(stalled)).toHaveText("Holds up: Helm release rootcause-platform");
    record(rig, "stalled");

    const selector = "app.kubernetes.io/name=ml-jobs";
    const pods = JSON.parse(rig.kubectl(["get", "pods", "-l", selector, "-o", "json"])).items;
    unready(rig, pods.find((it: any) => it.metadata.annotations?.["rig.rootcause.dev/ready-after"]));
    const unreadied = await only(page, /ml-jobs has run for [67] min and is not ready: its readiness probe does not pass/);
    await expect(unreadied).toContainText("Readiness probe failed: HTTP probe failed with statuscode: 503");
    await unreadied.getByText("It explains").click();
    await expect(unreadied).toContainText("The rollout of ml-jobs makes no progress.");
    rig.kubectl(["rollout", "undo", "deployment/ml-jobs"]);
    await fine(page);
  });

  test("a container that is not ready any more: its log, and a restart mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const name = pod(rig, "litellm");
    // Nothing makes it ready again.
    rig.kubectl(["annotate", "pod", name, "rig.rootcause.dev/ready-after=1h"]);
    unready(rig, JSON.parse(rig.kubectl(["get", "pod", name, "-o", "json"])));
    const finding = await only(page, /litellm has run for [67] min and is not ready: its readiness probe does not pass/);
    await expect(finding.getByRole("region", { name: `Last lines of ${name}` })).toContainText("Uvicorn running");
    await expect(links(finding)).toHaveText("Holds up: Deployment litellm → Helm release rootcause-platform");
    record(rig, "not-ready");
    await mend(page, finding, "Restart Deployment litellm");
    await fine(page);
  });

  test("a pod that was evicted: deleting what is left of it mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const name = pod(rig, "litellm");
    rig.kubectl(["label", "pod", name, `${LABEL}=Evicted`]);
    const finding = await only(page, new RegExp(`Pod ${name} was evicted from node node-[ab]: The node was low on resource: memory`));
    await expect(finding).toContainText("Threshold quantity: 100Mi, available: 42Mi");
    record(rig, "evicted");
    await mend(page, finding, `Delete the evicted pod ${name}`);
    await fine(page);
  });

  test("a StatefulSet that cannot be changed in place: made anew as the finding says, forced reconcile mends it", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    rig.patch({ spec: { dependencies: { postgresql: { storage: "40Gi" } } } });
    const finding = await only(page, /The volume claim templates of postgres cannot be changed in place; Helm gave up/);
    await expect(finding).toContainText("status.lastError");
    await expect(links(finding)).toHaveText("Holds up: phase Degraded");
    record(rig, "immutable");
    const before = rig.kubectl(["get", "pod", "postgres-0", "-o", "jsonpath={.metadata.uid}"]);
    await run(rig, finding, "delete statefulset");
    await forceReconcile(page, finding);
    await rig.phase("Ready", "0.1.15");
    await fine(page);
    // Its pod served on all the while.
    expect(rig.kubectl(["get", "pod", "postgres-0", "-o", "jsonpath={.metadata.uid}"])).toBe(before);
  });

  test("an operator that was killed", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    await fine(page);
    await rig.stopOperator("SIGKILL");
    try {
      rig.ageLease(300);
      const finding = await only(page, /The operator is not running: its lease was last renewed 5 min ago/);
      await expect(links(finding)).toBeHidden();
      await expect(finding).toContainText("kubectl scale deployment rootcause-operator --replicas=1");
      record(rig, "operator-gone");
    } finally {
      rig.startOperator();
    }
    await fine(page);
  });

  test("an operator that crashes: that is why nobody reconciles", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    await rig.stopOperator();
    const name = "rootcause-operator";
    const labels = { app: name };
    const containers = [{ name: "operator", image: "registry.example/operator:0.1.20" }];
    const template = { metadata: { labels: { ...labels, [LABEL]: "CrashLoopBackOff" } }, spec: { containers } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    rig.apply({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec });
    try {
      rig.ageLease(300);
      const finding = await only(page, /operator crashes again and again: last exit code 1/);
      await expect(links(finding)).toContainText("Deployment rootcause-operator → Operator rootcause-operator");
      await finding.getByText("It explains").click();
      await expect(finding).toContainText("The operator is not running: its pod is not ready");
    } finally {
      rig.kubectl(["delete", "deployment", name]);
      rig.startOperator();
    }
    await fine(page);
  });

  test("an operator whose pod is up and does nothing: restarting it mends it", async ({ page }) => {
    const { rig, proxy } = it();
    const name = "rootcause-operator";
    await open(page, proxy);
    const labels = { "app.kubernetes.io/name": name };
    const containers = [{ name: "operator", image: "registry.example/operator:0.1.20" }];
    const spec = { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } };
    rig.apply({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec });
    rig.kubectl(["rollout", "status", "deployment", name, "--timeout=60s"]);
    await rig.stopOperator("SIGKILL");
    try {
      const before = pod(rig, name);
      // Nothing makes it ready again.
      rig.kubectl(["annotate", "pod", before, "rig.rootcause.dev/ready-after=1h"]);
      unready(rig, JSON.parse(rig.kubectl(["get", "pod", before, "-o", "json"])), 2);
      rig.ageLease(300);
      const finding = await only(page, /The operator is not running: its pod is not ready/);
      await mend(page, finding, "Restart the operator");
      await expect.poll(() => pod(rig, name)).not.toBe(before);
      // What runs in the new pod.
      rig.startOperator();
      await fine(page);
    } finally {
      await rig.stopOperator();
      rig.kubectl(["delete", "deployment", name]);
      rig.startOperator();
    }
    await fine(page);
  });

  test("a node that is short of memory, and one that is not ready", async ({ page }) => {
    const { rig, proxy } = it();
    const node = `small-${rig.namespace}`;
    const pool = rig.namespace;
    const room = { cpu: "8", memory: "32Gi", pods: "20" };
    rig.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: node, labels: { pool, type: "kwok", "kubernetes.io/hostname": node } },
      status: { capacity: room, allocatable: room },
    });
    const select = (nodeSelector: object | null) => {
      const spec = { template: { spec: { nodeSelector } } };
      rig.kubectl(["patch", "deployment", "ml-jobs", "--type", "merge", "-p", JSON.stringify({ spec })]);
      rig.kubectl(["rollout", "status", "deployment", "ml-jobs", "--timeout=60s"]);
    };
    const condition = (type: string, status: string, reason: string, message: string) => {
      const patch = JSON.stringify({ status: { conditions: [{ type, status, reason, message }] } });
      rig.kubectl(["patch", "node", node, "--subresource", "status", "--type", "strategic", "-p", patch]);
    };
    const pressure = (status: string) =>
      condition("MemoryPressure", status, "KubeletHasInsufficientMemory", "little is left");
    try {
      await open(page, proxy);
      select({ pool });
      await fine(page);
      pressure("True");
      const finding = await only(page, new RegExp(`The node ${node} is short of memory; pods of the installation run on it`));
      await expect(finding).toContainText("KubeletHasInsufficientMemory: little is left");
      await expect(links(finding)).toContainText("Deployment ml-jobs");
      record(rig, "node-pressure");
      pressure("False");
      await fine(page);
      rig.kubectl(["annotate", "node", node, "rig.rootcause.dev/down=true"]);
      condition("Ready", "False", "KubeletNotReady", "container runtime is down");
      const down = await only(page, new RegExp(`The node ${node} is not ready; pods of the installation run on it`));
      await expect(down).toContainText("KubeletNotReady: container runtime is down");
      record(rig, "node-down");
      rig.kubectl(["annotate", "node", node, "rig.rootcause.dev/down-"]);
      await fine(page);
    } finally {
      select(null);
      rig.kubectl(["delete", "node", node]);
    }
  });

  test("a certificate that has ended", async ({ page }) => {
    const { rig, proxy } = it();
    await open(page, proxy);
    const stringData = { "tls.crt": ENDED, "tls.key": "made up" };
    rig.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "platform-tls" }, type: "kubernetes.io/tls", stringData });
    const finding = await only(page, /The certificate in secret platform-tls ended \d+ d ago/);
    await expect(finding).toContainText("2020-11-20");
    record(rig, "certificate");
    await finding.getByRole("link", { name: "Replace the certificate in platform-tls" }).click();
    await expect(page.getByRole("dialog", { name: "Secret platform-tls" })).toBeVisible();
    await page.goBack();
    rig.kubectl(["delete", "secret", "platform-tls"]);
    await fine(page);
  });

  test("an operator that is older than its deployment needs, and the logs that tell of it", async ({ page }) => {
    const { rig, proxy } = it();
    const kubelet = await Kubelet.start(rig);
    await rig.stopOperator();
    try {
      const older = /The operator 0\.1\.13 is older than 0\.1\.16: FusionAuth stays in Maintenance Mode, and .*invalid_redirect_uri/;
      rig.startOperator({ version: "0.1.13" });
      await open(page, proxy);
      const finding = await only(page, older);
      await expect(finding).toContainText("warning");
      await expect(finding).toContainText("AllowWildcards");

      // What the logs say makes of what may happen what does.
      const says = (pod: string, container: string, words: string) => {
        kubelet.run(pod, [container]);
        kubelet.write(pod, ["starting", words, "and on"], { container });
      };
      says("fusionauth-old", "fusionauth", "FusionAuth is in Maintenance Mode, password=hunter2");
      says("platform-old", "platform", '{"level":"error","msg":"sign-in failed","error":"invalid_redirect_uri"}');
      await page.reload();
      await expect(finding).toContainText("broken");
      await expect(finding).toContainText("Pod fusionauth-old, log of fusionauth");
      await expect(finding).toContainText("FusionAuth is in Maintenance Mode, password=•••");
      await expect(finding).toContainText('"error":"invalid_redirect_uri"');
      await expect(links(finding)).toHaveText("Holds up: Pod fusionauth-old");
      await only(page, older);
    } finally {
      rig.kubectl(["delete", "pod", "fusionauth-old", "platform-old", "--ignore-not-found"]);
      await kubelet.stop();
      await rig.stopOperator();
      rig.startOperator();
    }
    await fine(page);
  });
});

test("a required secret that is missing, and a pull secret without, and with refused, credentials", async ({ page, rig }) => {
  test.setTimeout(240_000);
  rig.startOperator({ helmTimeout: "15s" });
  rig.createInstallation("0.1.15");
  const raw = { rig: { outcomes: { platform: "ImagePullBackOff" } } };
  rig.patch({ spec: { advanced: { rawHelmOverrides: { platform: raw } } } });
  await open(page, await rig.proxy());
  const missing = await only(page, /The required secret regcred is missing: it pulls the platform's images/);
  await expect(missing).toContainText(".dockerconfigjson");
  await expect(missing.getByText("It explains")).toBeVisible();
  await missing.getByRole("link", { name: "Create secret regcred" }).click();
  await expect(section(page, "Required")).toContainText("regcred");
  await page.goBack();

  rig.createSecrets();
  const refused = await only(page, /registry\.example refuses the credentials of pull secret regcred/);
  await expect(refused).toContainText("pull access denied");
  await expect(links(refused)).toHaveText(/Pod platform-\S+ → Deployment platform → Helm release rootcause-platform → phase (Reconciling|Degraded)$/);
  await rig.phase("Degraded");
  await refused.getByRole("link", { name: "Look at secret regcred" }).click();
  await expect(page.getByRole("dialog", { name: "Secret regcred" })).toBeVisible();
  await page.goBack();
  await refused.getByText("It explains").click();
  await expect(refused).toContainText("Helm failed on rootcause-platform: its workloads were not ready in time.");

  const auths = { "registry.other": { username: "rig", password: "not-a-real-password" } };
  const stringData = { ".dockerconfigjson": JSON.stringify({ auths }) };
  rig.kubectl(["patch", "secret", "regcred", "-p", JSON.stringify({ stringData })]);
  await only(page, /The pull secret regcred has no credentials for registry\.example, only those of registry\.other/);
  rig.kubectl(["delete", "secret", "regcred"]);
  const gone = await only(page, /The pull secret regcred does not exist/);
  await gone.getByRole("link", { name: "Look at secret regcred" }).click();
  await expect(section(page, "Required")).toContainText("regcred");
  await page.goBack();

  rig.createSecrets();
  rig.patch({ spec: { advanced: { rawHelmOverrides: { platform: null } } } });
  await rig.phase("Ready");
  await fine(page);
});

test("values that a chart refuses, a hook that fails: going back mends it", async ({ page, rig }) => {
  test.setTimeout(240_000);
  await rig.install("0.1.16");
  await open(page, await rig.proxy());
  await fine(page);
  const back = async (finding: Locator) => {
    await finding.getByRole("button", { name: "Go back to 0.1.16" }).click();
    await page.getByRole("dialog").getByRole("button", { name: /^Request \w+ to 0\.1\.16$/ }).click();
    await rig.phase("Ready", "0.1.16");
    await fine(page);
  };

  rig.patch({ spec: { version: "0.1.17" } });
  const refused = await only(page, /The platform chart 0\.1\.17 refuses spec\.ingress\.className: additional properties/);
  await expect(refused).toContainText('"nginx"');
  await refused.getByRole("link", { name: "Change the field" }).click();
  await focused(page, "nginx");
  await page.goBack();
  await back(refused);

  rig.patch({ spec: { version: "0.1.18" } });
  const hook = await only(page, /Helm failed on rootcause-platform: a hook of the chart failed/);
  await expect(hook.getByRole("region", { name: /^Last lines of platform-migrate-/ })).toContainText("was rolled back");
  await back(hook);

  rig.patch({ spec: { advanced: { rawHelmOverrides: { platform: { replicaz: 1 } } } } });
  const override = await only(page, /The platform chart 0\.1\.16 refuses the raw override replicaz/);
  await rewrite(page, override, "Change the Raw Helm Overrides", "Raw Helm Overrides: Platform", "");
  await apply(page, rig);
});

test("an image that a new version lacks: going back mends it", async ({ page, rig }) => {
  test.setTimeout(240_000);
  await rig.install("0.1.15");
  await open(page, await rig.proxy());
  await fine(page);
  const outcomes = { "litellm@0.1.16": "ImageNotFound" };
  rig.patch({ spec: { version: "0.1.16", advanced: { rawHelmOverrides: { platform: { rig: { outcomes } } } } } });
  await rig.phase("Degraded");
  const missing = await only(page, /The registry registry\.example has no tag 0\.1\.16 of rootcause\/litellm/);
  await missing.getByText("It explains").click();
  await expect(missing).toContainText("Helm failed on rootcause-platform");
  await missing.getByRole("button", { name: "Go back to 0.1.15" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Request \w+ to 0\.1\.15$/ }).click();
  await rig.phase("Ready", "0.1.15");
  await fine(page);
});

test("Helm ran out of time, and its workloads became ready after it: forced reconcile mends it", async ({ page, rig }) => {
  test.setTimeout(240_000);
  await rig.install("0.1.15");
  await rig.stopOperator();
  rig.startOperator({ helmTimeout: "10s" });
  await open(page, await rig.proxy());
  await fine(page);
  rig.patch({ spec: { advanced: { rawHelmOverrides: { platform: { rig: { readyAfter: "20s" } } } } } });
  const late = await only(page, /Helm failed on rootcause-platform: its workloads were not ready in time; they are ready now/);
  await expect(late.getByRole("button", { name: /^Go back/ })).toBeHidden();
  await forceReconcile(page, late);
  await rig.phase("Ready", "0.1.15");
  await fine(page);
});

test("what hangs: a change nobody looks at, reconciling for long, a blocked phase, a registry, a deletion, a release", async ({ page, rig }) => {
  test.setTimeout(240_000);
  await rig.install("0.1.15");
  await rig.stopOperator();
  rig.holdLease();
  await open(page, await rig.proxy());
  await fine(page);
  const settled = rig.installation().status;

  const reconcile = async (finding: Locator) => {
    await forceReconcile(page, finding);
    rig.kubectl(["delete", "lease", "rootcause-operator"]);
    rig.startOperator();
    await rig.phase("Ready", "0.1.15");
    await fine(page);
  };
  const hold = async () => {
    await rig.stopOperator();
    rig.holdLease();
  };

  const reconciling = { type: "Reconciling", status: "True", reason: "Forced", message: "Applying it", lastTransitionTime: ago(25) };
  rig.patchStatus({ phase: "Reconciling", conditions: [reconciling] });
  const long = await only(page, /The operator has been reconciling for 25 min/);
  record(rig, "stuck");
  await reconcile(long);

  await hold();
  rig.patchStatus({ phase: "Blocked" });
  const blocked = await only(page, /The installation is blocked: the operator waits for something that a person must supply/);
  await expect(blocked).toContainText("status.phase");
  record(rig, "phase");
  await reconcile(blocked);

  await hold();
  rig.patchStatus({ phase: "Degraded", lastError: "out of ideas" });
  await reconcile(await only(page, /The installation is degraded: out of ideas/));

  await hold();
  rig.patchStatus({ registry: { ...settled.registry, error: "dial tcp 127.0.0.1:1: connect: connection refused" } });
  await only(page, /The operator cannot read oci:.*connection refused/);
  record(rig, "chart-registry");
  rig.patchStatus({ registry: { ...settled.registry, error: null } });
  await fine(page);

  rig.apply({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "kept", finalizers: ["example.com/keeps-it"] },
    spec: { storageClassName: "standard", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  rig.kubectl(["delete", "pvc", "kept", "--wait=false"]);
  await expect(findings(page)).toHaveCount(1, { timeout: 90_000 });
  const held = await only(page, /PersistentVolumeClaim kept has been being deleted for 1 min.*held by .*example\.com\/keeps-it/);
  await expect(held).toContainText("metadata.finalizers");
  record(rig, "finalizer");
  await run(rig, held, "patch persistentvolumeclaim");
  await fine(page);

  // The operator is alive, and has not looked at a change that is two minutes old.
  rig.patch({ spec: { host: "other.example.com" } });
  const changed = JSON.parse(rig.kubectl(["get", rig.crd.kind, NAME, "-o", "json", "--show-managed-fields"]));
  const { managedFields } = changed.metadata;
  for (const fields of managedFields) if (fields.fieldsV1["f:spec"]?.["f:host"]) fields.time = ago(2);
  rig.patch({ metadata: { managedFields } });
  const unseen = await only(page, /The operator has not looked at the last change for more than a minute/);
  await expect(unseen).toContainText("metadata.generation");
  record(rig, "unseen");
  await reconcile(unseen);

  await hold();
  const lastError = "UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress";
  const [release] = rig.kubectl(["get", "secrets", "-l", "owner=helm,name=rootcause-platform,status=deployed", "-o", "name"]).trim().split("\n");
  rig.kubectl(["label", release, "status=pending-upgrade", "--overwrite"]);
  rig.patchStatus({ phase: "Degraded", lastError });
  const pending = await only(page, /rootcause-platform is stuck: revision \d+ is pending-upgrade and no Helm works on it/);
  await expect(pending).toContainText(/helm rollback rootcause-platform \d+ /);
  record(rig, "release");
  await reconcile(pending);
});

test.describe("of a CRD whose storage class may change", () => {
  test.use({
    rig: async ({}, use) => {
      const rig = Rig.make(OTHER);
      await use(rig);
      await rig.end();
    },
  });

  test("volumes of a class that is not there: it is set, the StatefulSets are made anew and then their claims", async ({ page, rig }) => {
    test.setTimeout(240_000);
    const mapping = "operator/mapping-other.json";
    rig.createSecrets();
    rig.createInstallation("0.1.15");
    rig.patch({ spec: { storage: { class: "nvme" } } });
    rig.startOperator({ mapping, helmTimeout: "10s" });
    await open(page, await rig.proxy({ config: JSON.parse(rig.file("config-other.json")) }));
    const absent = await only(page, /Volumes wait for StorageClass nvme, which the cluster does not have; it has .*fast, .*standard/);
    await expect(links(absent)).toContainText("Helm release rootcause-dependencies");
    await mend(page, absent, "Set the storage class to standard");

    // A StatefulSet keeps the class that it was made with: one root, which the waiting claims are a consequence of.
    const fixed = await only(page, /The volume claim templates of .+ cannot be changed in place; Helm gave up/);
    await expect(links(fixed)).toContainText("PersistentVolumeClaim");
    await rig.stopOperator();
    rig.kubectl(["delete", "statefulset", "--all", "--cascade=orphan"]);
    await forceReconcile(page, findings(page).first());
    rig.startOperator({ mapping });

    await only(page, /Volumes wait for StorageClass nvme/);
    for (const set of ["perceptura-mongo", "postgres", "redis"]) {
      await mend(page, findings(page).first(), `Delete the unbound claim data-${set}-0`);
    }
    await rig.phase("Healthy", "0.1.15");
    await fine(page);
  });
});

test("a storage class that the server does not let change: its words are shown, and nothing is sent", async ({ page, rig }) => {
  rig.holdLease();
  rig.create({
    ...JSON.parse(rig.kubectl(["create", "--dry-run=client", "-o", "json", "-f", "-"], rig.file("installation.yaml"))),
    spec: { version: "0.1.15", storageClass: "nvme" },
  });
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  rig.apply({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data-postgres-0" },
    spec: { storageClassName: "nvme", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  await open(page, await rig.proxy());
  const finding = await only(page, /Volumes wait for StorageClass nvme/);
  await finding.getByRole("button", { name: "Set the storage class to standard" }).click();
  const dialog = page.getByRole("dialog", { name: "Review: Set the storage class to standard" });
  await expect(dialog).toContainText("the storage class cannot change while the platform is deployed");
  await expect(dialog.getByRole("button", { name: "Set the storage class to standard" })).toBeHidden();
  expect(rig.installation().spec.storageClass).toBe("nvme");
});

test("a database that was made anew has none of LiteLLM's models", async ({ page, rig }) => {
  test.setTimeout(240_000);
  await rig.install("0.1.15");
  await open(page, await rig.proxy());
  await fine(page);
  rig.patch({ spec: { undeploy: true } });
  await rig.phase("Uninstalled");
  rig.patch({ spec: { undeploy: false } });
  await rig.phase("Ready", "0.1.15");
  await expect(sentence(page)).toContainText(/The PostgreSQL database was made anew .*: LiteLLM's models are not in it/, { timeout: 30_000 });
  await expect(findings(page)).toContainText("note");
  await expect(findings(page)).toContainText("psql -U postgres");
  record(rig, "models");
  // Good to know, and nothing that waits for somebody.
  await expect(page.getByRole("navigation", { name: "Pages" }).getByTitle("Things that are wrong")).toBeHidden();
});

test("hostile words stay text", async ({ page, rig }) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  const hostile = '<img src=x onerror="document.title=1"> \u202egnp.exe \u001b[31mred password=hunter2 ' + "x".repeat(8000);
  rig.patchStatus({ phase: "Degraded", lastError: hostile });
  await open(page, await rig.proxy());
  await expect(sentence(page)).toContainText("<img src=x");
  await expect(page.getByRole("main").locator("img")).toHaveCount(0);
  await expect(page.getByRole("main")).not.toContainText("hunter2");
});
