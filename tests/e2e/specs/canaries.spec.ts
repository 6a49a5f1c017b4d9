// Every string that a cluster can hold is markup here, and stays text: on every page, in its panels and dialogs, whatever one
// opens. None becomes an element, no script runs, no link runs one, and nothing is asked for that a canary names.
import { gzipSync } from "node:zlib";
import type { Request } from "@playwright/test";
import { Kubelet } from "../kubelet.ts";
import { expect, NAME, REFERENCE, shared, test, type Crd, type Page, type Rig } from "../test.ts";

/** The tags of all canaries. */
const made = new Set<string>();
const tagged = (tag: string) => (made.add(tag), `zq-${tag}`);
/** Markup that would show itself, told apart by its tag. */
const long = (tag: string) =>
  `${tagged(tag)} <img src="/canary-image" onerror="window.harmed=1"><script src="/canary-script"></script><iframe src="/canary-frame"></iframe><a href="javascript:window.harmed=1">x</a>`;
/** As `long`, for places with little room and no blanks. */
const short = (tag: string) => `${tagged(tag)}<svg/onload=window.harmed=1>`;
const email = (tag: string) => `"${short(tag)}"@example.com`;

const KIND = `Canary${process.pid}Installation`;
const PLURAL = `${KIND.toLowerCase()}s`;
const GROUP = `canary-${process.pid}.rootcause.dev`;
const CRD: Crd = { ...REFERENCE, kind: KIND.toLowerCase() };
const PLATFORM = "rootcause-platform";
const USER = short("user");

/** The reference CRD with canaries for its authors' words, under another name. */
function crd(rig: Rig): object {
  const words = (schema: any): any => {
    if (Array.isArray(schema)) return schema.map(words);
    if (typeof schema !== "object" || schema === null) return schema;
    const told = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, words(value)]));
    if (typeof told.description === "string") told.description = long("description");
    if (typeof told.message === "string" && told.rule) told.message = long("rule");
    if (told.format === "email") delete told.format;
    return told;
  };
  const { spec } = JSON.parse(rig.kubectl(["get", "crd", "rootcauseinstallations.platform.rootcause.dev", "-o", "json"]));
  const [version] = spec.versions;
  const schema = words(version.schema);
  schema.openAPIV3Schema.properties.spec.properties.extra = {
    type: "object",
    title: short("title"),
    properties: { [short("field")]: { type: "string", enum: [short("choice"), "other"] } },
  };
  const names = { kind: KIND, plural: PLURAL, singular: KIND.toLowerCase(), listKind: `${KIND}List` };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: { group: GROUP, scope: "Namespaced", names, versions: [{ ...version, schema }] },
  };
}

/** The installation, and who asked for what. */
function installation(now: string): object {
  const requests = [{ action: "upgrade", who: short("who"), when: now, from: "0.1.14", to: "0.1.15", why: long("why"), generation: 1 }];
  const smoke = [
    { version: "0.1.15", from: "0.1.14", requested: now, at: now, who: short("tester"), items: [[short("check"), "failed", long("checked")]] },
  ];
  const annotations = {
    "admin.rootcause.dev/requests": JSON.stringify(requests),
    "admin.rootcause.dev/smoke-tests": JSON.stringify(smoke),
    note: long("annotation"),
  };
  return {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: KIND,
    metadata: { name: NAME, annotations },
    spec: {
      version: "0.1.15",
      auth: {
        mode: "managed",
        users: [{ email: email("email"), firstName: short("first"), lastName: short("last"), admin: true }],
        platformAdminEmails: [email("admin")],
      },
      advanced: {
        rawHelmOverrides: { platform: { [short("rawkey")]: long("rawvalue") } },
        resourcePatches: [{ target: { kind: "Deployment", name: short("target") }, patch: { [short("patchkey")]: long("patchvalue") } }],
      },
      extra: { [short("field")]: short("choice") },
    },
  };
}

/** What the installation's operator says of it. */
function reported(rig: Rig, now: string): void {
  rig.kubectl(["annotate", CRD.kind, NAME, "written=again", `--field-manager=${short("manager")}`]);
  rig.patchStatus({
    phase: "Degraded",
    lastError: long("lasterror"),
    deployedVersion: "0.1.15",
    observedGeneration: 1,
    operatorVersion: short("operatorversion"),
    conditions: [
      { type: short("conditiontype"), status: "False", reason: short("conditionreason"), message: long("condition"), lastTransitionTime: now },
      { type: "RegistryReachable", status: "False", reason: short("registryreason"), message: long("registrycondition"), lastTransitionTime: now },
    ],
    availableVersions: [
      { version: `0.1.16-${short("version")}`, digest: short("digest"), notesUrl: "javascript:window.harmed=1" },
      { version: "0.1.16" },
    ],
    registry: { url: `oci://${short("registry")}`, error: long("registryerror"), lastChecked: now },
    requiredSecrets: [{ name: short("need"), keys: [short("needkey")], reason: long("needreason") }],
    users: [{ email: email("email"), state: short("userstate"), message: long("usermessage") }],
  });
}

function secrets(rig: Rig, now: string): void {
  const rotation = { when: now, who: short("rotator"), keys: [short("rotated")], restart: [["Deployment", short("restarted")]] };
  rig.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "canary",
      labels: { "admin.rootcause.dev/rotation": "open" },
      annotations: { "admin.rootcause.dev/rotation": JSON.stringify(rotation), note: long("secretannotation") },
    },
    type: short("secrettype"),
    stringData: { text: long("secrettext"), json: JSON.stringify({ [short("secretkey")]: long("secretjson") }) },
  });
  for (const revision of [1, 2]) {
    const release = {
      name: PLATFORM,
      namespace: rig.namespace,
      version: revision,
      info: { status: "deployed", description: long("helmdescription"), notes: `${long("helmnotes")} ${revision}` },
      chart: {
        metadata: { name: "platform", version: "0.1.15", appVersion: short("appversion"), description: long("chartdescription") },
        values: { [short("defaultkey")]: long("default") },
      },
      config: { [short("valuekey")]: long("value"), revision },
      manifest: `kind: ConfigMap\nmetadata:\n  name: ${short("manifestname")}\ndata:\n  a: '${long("manifest")} ${revision}'\n`,
    };
    rig.create({
      apiVersion: "v1",
      kind: "Secret",
      type: "helm.sh/release.v1",
      metadata: {
        name: `sh.helm.release.v1.${PLATFORM}.v${revision}`,
        labels: { owner: "helm", name: PLATFORM, version: String(revision), status: revision === 2 ? "deployed" : "superseded" },
      },
      stringData: { release: gzipSync(JSON.stringify(release)).toString("base64") },
    });
  }
}

function workloads(rig: Rig, now: string): void {
  const containers = [{ name: "main", image: `registry.invalid/${short("image")}`, env: [{ name: "A", value: long("env") }] }];
  const labels = { app: "web" };
  rig.create({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
  const database = { name: "db", image: `registry.invalid/${short("database")}/postgres` };
  rig.create({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db" },
    spec: {
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template: { metadata: { labels: { app: "db" } }, spec: { containers: [database] } },
    },
  });
  const backup = {
    metadata: {
      name: "backup-postgresql-1",
      labels: { "app.kubernetes.io/managed-by": "rootcause-admin", "admin.rootcause.dev/backup": "postgresql" },
      annotations: {
        "admin.rootcause.dev/who": short("backupwho"),
        "admin.rootcause.dev/version": short("backupversion"),
        "admin.rootcause.dev/evidence": JSON.stringify({ file: short("backupfile"), bytes: 4096, sha256: "a".repeat(64) }),
      },
    },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "dump", image: "rig" }] } } },
  };
  rig.create({ apiVersion: "batch/v1", kind: "Job", ...backup });
  const event = (type: string, reason: string, message: string) => ({
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: "canary-" },
    involvedObject: { apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: rig.namespace, fieldPath: short("path") },
    source: { component: short("source") },
    ...{ type, reason, message, firstTimestamp: now, lastTimestamp: now, count: 3 },
  });
  rig.create(event("Warning", short("eventreason"), long("event")));
  rig.create(event("Warning", "FailedCreate", long("quota")));
  // Waits for a node that there is not, so that nobody else writes its status.
  rig.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "waits" },
    spec: { nodeSelector: { no: "such" }, containers: [{ name: "main", image: "rig" }] },
  });
  const waiting = { reason: short("waitreason"), message: long("waiting") };
  const container = { name: "main", image: "rig", imageID: "", ready: false, restartCount: 0, state: { waiting } };
  const status = { status: { phase: "Pending", containerStatuses: [container] } };
  rig.kubectl(["patch", "pod", "waits", "--subresource", "status", "--type", "merge", "-p", JSON.stringify(status)]);
}

let url: string;
let kubelet: Kubelet | undefined;
const it = shared(async (rig) => {
  rig.create(crd(rig));
  const now = new Date().toISOString().replace(/\.\d+/, "");
  rig.holdLease();
  rig.kubectl(["patch", "lease", "rootcause-operator", "--type", "merge", "-p", JSON.stringify({ spec: { holderIdentity: short("holder") } })]);
  // The kind is known a little after its definition is.
  await expect(() => rig.create(installation(now))).toPass({ timeout: 30_000 });
  reported(rig, now);
  secrets(rig, now);
  workloads(rig, now);
  kubelet = await Kubelet.start(rig);
  kubelet.run("logs");
  kubelet.write("logs", [long("logline"), JSON.stringify({ level: "error", msg: long("logmessage"), [short("logfield")]: 1 })]);
  rig.grant(USER, [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
  const config = { kind: KIND, cluster: short("cluster"), links: { docs: "https://docs.example/<svg/onload=window.harmed=1>" } };
  ({ url } = await rig.proxy({ as: USER, config }));
}, CRD);

test.afterAll(async () => {
  it().rig.kubectl(["delete", "crd", `${PLURAL}.${GROUP}`, "--wait=false"]);
  await kubelet?.stop();
});

/** What the page has asked for and not heard of yet; what it follows comes over WebSockets. */
const asked = new Set<Request>();

test.beforeEach(async ({ page, problems }) => {
  asked.clear();
  page.on("requestfinished", (request) => asked.delete(request));
  page.on("requestfailed", (request) => asked.delete(request));
  page.on("request", (request) => {
    asked.add(request);
    if (/\/canary-(image|script|frame)/.test(request.url())) problems.push(`a canary's address was asked for: ${request.url()}`);
  });
  page.on("dialog", (dialog) => problems.push(`a script opened a dialog: ${dialog.message()}`));
  await page.addInitScript(() => {
    const tags = new Set(["IMG", "IFRAME", "FRAME", "OBJECT", "EMBED", "BASE", "VIDEO", "AUDIO", "APPLET", "PORTAL", "MARQUEE"]);
    /** What of an element's could run or fetch something that a canary names. */
    const wrong = (element: Element): string[] => {
      const found = tags.has(element.tagName) ? [element.outerHTML] : [];
      if (element.tagName === "SCRIPT" && !element.getAttribute("src")?.startsWith("./")) found.push(element.outerHTML);
      for (const { name, value } of Array.from(element.attributes)) {
        const runs = name.startsWith("on") || name === "srcdoc" || (name === "style" && value.includes("url("));
        // The page's own icon and what it offers to save are written into their addresses.
        const own = element.tagName === "LINK" || (element.hasAttribute("download") && value.startsWith("data:application/yaml;"));
        const address = /^\s*(javascript|vbscript):/i.test(value) || (value.startsWith("data:") && !own);
        if (runs || address) found.push(`${name}=${value}`);
      }
      return found;
    };
    const harm: string[] = [];
    const look = (root: ParentNode): void => {
      for (const element of Array.from(root.querySelectorAll("*"))) {
        harm.push(...wrong(element));
        if (element.shadowRoot) look(element.shadowRoot);
      }
    };
    // What comes and goes between two looks, too.
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        for (const node of Array.from(addedNodes)) {
          if (!(node instanceof Element)) continue;
          for (const element of [node, ...Array.from(node.querySelectorAll("*"))]) harm.push(...wrong(element));
        }
      }
    }).observe(document, { subtree: true, childList: true });
    Object.assign(window, { canary: () => (look(document), harm) });
  });
});

/** Checks the page as it is now, and gives all that stands on it. */
async function look(page: Page): Promise<string> {
  const { harm, harmed, text } = await page.evaluate(() => {
    const texts: string[] = [];
    const read = (root: ParentNode): void => {
      for (const element of Array.from(root.querySelectorAll<HTMLElement>("*"))) {
        if (element.shadowRoot) read(element.shadowRoot);
        if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) texts.push(element.value);
        for (const node of Array.from(element.childNodes)) if (node instanceof Text) texts.push(node.data);
      }
    };
    read(document.body);
    const { canary, harmed } = window as unknown as { canary: () => string[]; harmed?: unknown };
    return { harm: canary(), harmed: harmed !== undefined, text: texts.join("\n") };
  });
  expect(harm).toEqual([]);
  expect(harmed, "a script of the cluster's ran").toBe(false);
  return text;
}

/** Nothing is being read or prepared any more. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator("[aria-busy=true], .skeleton")).toHaveCount(0);
  await expect.poll(() => asked.size, { intervals: [50] }).toBe(0);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/**
 * Presses the first thing that is not known yet in the topmost dialog, or on the page where none is open: what opens,
 * unfolds, chooses or shows something. What would write is left alone: in a review all but what unfolds.
 */
function press(known: string[]): { pressed?: string; dialog: boolean } {
  const dialog = Array.from(document.querySelectorAll("dialog[open]")).at(-1);
  const name = dialog?.querySelector("h2")?.textContent ?? "";
  const review = /^(Review|Request)/.test(name);
  const wanted = review ? "summary" : "button, summary, a[href^='#'], select, input[type=radio]";
  const writes = /^(Delete|Write|Create secret|Request|Save|Apply|Undeploy|Back up now|Close|Cancel|Copy|Download|Import|Export|Generate|Run|Test|Sign|Discard|Remove|Forget|Edit|Add)\b/;
  const place = dialog ?? document.querySelector("main") ?? document.body;
  for (const element of Array.from(place.querySelectorAll<HTMLElement>(wanted))) {
    const words = element.getAttribute("aria-label") ?? element.textContent ?? "";
    if (element.closest("nav")) continue;
    const off = element.getAttribute("aria-disabled") === "true" || element.matches(":disabled") || !element.checkVisibility();
    if (off || (dialog && writes.test(words) && !words.endsWith("…"))) continue;
    if (!dialog && /^(Download|Copy|Pause|Follow|Discard|Save|Sign|Import|Undo)\b/.test(words)) continue;
    const options = element instanceof HTMLSelectElement ? Array.from(element.options).map((it) => it.value) : [""];
    for (const option of options) {
      const key = [name, element.tagName, words.slice(0, 80), element.getAttribute("href") ?? "", option].join(" | ");
      if (known.includes(key)) continue;
      if (element instanceof HTMLSelectElement) {
        element.value = option;
        element.dispatchEvent(new Event("change", { bubbles: true }));
      } else {
        element.click();
      }
      return { pressed: key, dialog: Boolean(dialog) };
    }
  }
  return { dialog: Boolean(dialog) };
}

/** More steps at one address mean that it has no end. */
const MOST = 120;

/** Opens all that there is to open at these addresses; each of the canaries has to be seen on the way. */
async function walk(page: Page, hashes: string[], canaries: string[]): Promise<void> {
  let seen = "";
  const known: string[] = [];
  for (const hash of hashes) {
    const here = async () => {
      const at = await page.evaluate(() => location.hash.split("?")[0]);
      const own = hash.split("?")[0];
      return own === "#/" ? at === own : at.startsWith(own);
    };
    const open = async () => {
      await page.goto("about:blank");
      asked.clear();
      await page.goto(`${url}${hash}`);
      // Behind an open panel it is nothing that a role finds.
      await expect(page.locator("h1")).not.toContainText("Reading");
      await settled(page);
    };
    await open();
    seen += await look(page);
    for (let steps = 0; ; steps += 1) {
      expect(steps, hash).toBeLessThan(MOST);
      const { pressed, dialog } = await page.evaluate(press, known);
      if (pressed) {
        known.push(pressed);
        await settled(page);
        seen += await look(page);
        if (!(await here()) && !(await page.locator("dialog[open]").count())) await open();
      } else if (dialog) {
        const dialogs = await page.locator("dialog[open]").count();
        await page.keyboard.press("Escape");
        await expect.poll(() => page.locator("dialog[open]").count()).toBeLessThan(dialogs);
      } else {
        break;
      }
    }
  }
  const tags = new Set(seen.match(/(?<=zq-)[a-z]+/g));
  expect.soft(canaries.filter((it) => !tags.has(it)), `canaries that were not seen at ${hashes[0]}`).toEqual([]);
}

/** The canaries that are seen on each page. */
const SEEN = {
  status: "user cluster lasterror conditiontype conditionreason condition registryreason registrycondition who why database image",
  releases: "version digest registry registryerror helmdescription appversion operatorversion check checked tester",
  backups: "backupwho backupversion backupfile",
  bootstrap: "description rule title field choice email first last admin rawkey rawvalue target patchkey patchvalue",
  secrets: "need needkey needreason secrettype secretannotation secrettext secretkey secretjson rotator rotated restarted",
  users: "first last email admin userstate usermessage",
  troubleshooting: "waitreason waiting quota eventreason event source path annotation manager holder operatorversion env",
  helm: "helmnotes appversion chartdescription valuekey value defaultkey default manifestname manifest",
  logs: "logline logmessage logfield",
};
const of = (...pages: (keyof typeof SEEN)[]) => pages.flatMap((it) => SEEN[it].split(" "));

test("each canary is looked for on a page", () => {
  expect(new Set(Object.values(SEEN).flatMap((it) => it.split(" ")))).toEqual(made);
});

test("status", async ({ page }) => {
  await walk(page, ["#/"], of("status"));
});

test("releases and backups", async ({ page }) => {
  await walk(page, ["#/releases", "#/releases/backups"], of("releases", "backups"));
});

test("bootstrap", async ({ page }) => {
  await walk(page, ["#/bootstrap"], of("bootstrap"));
});

test("secrets", async ({ page }) => {
  await walk(page, ["#/secrets", "#/secrets/canary"], of("secrets"));
});

test("users", async ({ page }) => {
  await walk(page, ["#/users"], of("users"));
});

test("troubleshooting", async ({ page }) => {
  const tabs = ["", "/pods", "/events", "/installation", "/operator", "/reference", "/bundle"].map((tab) => `#/troubleshooting${tab}`);
  await walk(page, tabs, of("troubleshooting"));
});

test("Helm releases and logs", async ({ page }) => {
  await walk(page, [`#/troubleshooting/helm?release=${PLATFORM}&revision=2`], of("helm"));
  await walk(page, ["#/troubleshooting/logs"], of("logs"));
});

test("markup that did not stay text would be found", async ({ page }) => {
  await page.goto(url);
  await expect(page.getByRole("main")).toContainText("zq-lasterror");
  await look(page);
  await page.evaluate(() => {
    const link = document.createElement("a");
    link.href = "javascript:window.harmed=1";
    document.body.append(link);
  });
  await expect(look(page)).rejects.toThrow("href=javascript:window.harmed=1");
});

test("commands, account and activity", async ({ page }) => {
  await page.goto(url);
  await expect(page.getByRole("main")).toContainText("zq-lasterror");
  await settled(page);
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Commands" }).getByRole("combobox").fill("zq");
  let seen = await look(page);
  await page.keyboard.press("Escape");
  for (const button of await page.getByRole("banner").getByRole("button").all()) {
    await button.click();
    await settled(page);
    seen += await look(page);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  for (const canary of ["version", "user", "cluster"]) expect(seen).toContain(`zq-${canary}`);
});
