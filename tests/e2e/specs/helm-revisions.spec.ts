// What Helm keeps of each revision: read in the browser, compared, and never a secret of it.
import { gzipSync } from "node:zlib";
import { passes } from "../looks.ts";
import { expect, section, shared, test, type Locator, type Page, type Rig } from "../test.ts";

const PLATFORM = "rootcause-platform";
const SECRETS = ["hunter2-in-values", "correct-horse-in-values", "hunter2-in-the-manifest"];

/** What a release secret holds. */
function release(namespace: string, revision: number, password: string, replicas: number): object {
  const manifest = [
    `# Source: platform/templates/a.yaml\nkind: Secret\nmetadata:\n  name: session\nstringData:\n  key: ${SECRETS[2]}\n`,
    `kind: Deployment\nmetadata:\n  name: platform\nspec:\n  replicas: ${replicas}\n`,
    ...(revision > 1 ? [`kind: Service\nmetadata:\n  name: added\n`] : []),
  ].join("---\n");
  return {
    name: PLATFORM,
    namespace,
    version: revision,
    info: { status: revision > 1 ? "deployed" : "superseded", description: "Upgrade complete", notes: `Notes of revision ${revision}: <b>open</b> the page.` },
    chart: {
      metadata: { name: "platform", version: `0.1.1${revision}`, appVersion: `0.1.1${revision}` },
      values: { replicas: 1, db: { host: "postgres", port: 5432 } },
      templates: [],
    },
    config: { replicas, db: { password } },
    manifest,
  };
}

function put(rig: Rig, revision: number, packed: string): void {
  rig.apply({
    apiVersion: "v1",
    kind: "Secret",
    type: "helm.sh/release.v1",
    metadata: {
      name: `sh.helm.release.v1.${PLATFORM}.v${revision}`,
      labels: { owner: "helm", name: PLATFORM, version: String(revision), status: revision === 2 ? "deployed" : "superseded" },
    },
    stringData: { release: packed },
  });
}

const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  const pack = (object: object) => gzipSync(JSON.stringify(object)).toString("base64");
  put(rig, 1, pack(release(rig.namespace, 1, SECRETS[0], 2)));
  put(rig, 2, pack(release(rig.namespace, 2, SECRETS[1], 3)));
  put(rig, 3, gzipSync(Buffer.alloc(64 << 20)).toString("base64"));
});

async function open(page: Page): Promise<void> {
  await page.goto(`${it().proxy.url}#/troubleshooting/helm`);
  const list = page.getByRole("table", { name: `Revisions of ${PLATFORM}` });
  await expect(list.getByRole("row")).toHaveCount(4);
  await list.getByRole("link", { name: "2", exact: true }).click();
}

const revision = (page: Page, number = 2): Locator => section(page, `${PLATFORM}, revision ${number}`);

test.afterEach(async ({ page }) => {
  const html = await page.content();
  for (const secret of SECRETS) expect(html).not.toContain(secret);
});

test("a revision's values, manifest, notes and chart are shown, secrets masked", async ({ page }) => {
  await open(page);
  const content = revision(page).getByLabel("Content");
  await expect(content).toHaveText(/^db:\n  password: "•••"\nreplicas: 3\n$/);
  const show = revision(page).getByRole("combobox", { name: "Show" });
  await show.selectOption("Computed values");
  await expect(content).toHaveText(/^db:\n  host: postgres\n  password: "•••"\n  port: 5432\nreplicas: 3\n$/);
  await show.selectOption("Manifest");
  await expect(content).toContainText("kind: Secret");
  await expect(content).toContainText("  key: •••");
  await expect(content).toContainText("replicas: 3");
  await passes(page, "helm-revision");
  await show.selectOption("Notes");
  await expect(content).toHaveText("Notes of revision 2: <b>open</b> the page.");
  await show.selectOption("Chart");
  await expect(content).toContainText('version: "0.1.12"');
  await page.reload();
  await expect(content).toContainText('version: "0.1.12"');
});

test("any two revisions are compared; that a secret changed is told, not to what", async ({ page }) => {
  await open(page);
  await revision(page).getByRole("combobox", { name: "Compare with" }).selectOption("revision 1");
  const changes = revision(page).getByRole("list", { name: "Changes" }).getByRole("listitem");
  await expect(changes).toHaveText(["db.password••• → •••", "replicas2 → 3"]);
  await revision(page).getByRole("combobox", { name: "Show" }).selectOption("Manifest");
  await expect(revision(page).getByRole("heading", { level: 3 })).toHaveText(["Deployment platform", "Service added"]);
  await expect(revision(page).locator("del")).toHaveText("-   replicas: 2\n");
  await expect(revision(page).locator("ins").first()).toHaveText("+   replicas: 3\n");
});

test("what unpacks to too much is refused, and nothing else breaks", async ({ page }) => {
  await open(page);
  await page.getByRole("link", { name: "3", exact: true }).click();
  await expect(revision(page, 3).getByRole("note")).toContainText("unpacks to more than");
  await page.goto(`${it().proxy.url}#/troubleshooting/helm?release=${PLATFORM}&revision=9`);
  await expect(section(page, `${PLATFORM}, revision 9`)).toContainText("Helm keeps no such revision");
});
