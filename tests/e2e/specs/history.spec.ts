// Helm's history as it may be found: long, cut off, stuck, damaged.
import { gzipSync } from "node:zlib";
import { expect, section, shared, test, type Page, type Rig } from "../test.ts";

const PLATFORM = "rootcause-platform";

/** What a release secret holds, as Helm writes it but for the chart. */
function payload(revision: number, version: string, status: string, description: string): Buffer {
  const release = {
    name: PLATFORM,
    namespace: it().rig.namespace,
    version: revision,
    info: { status, description, last_deployed: new Date().toISOString() },
    chart: { metadata: { name: "platform", version, appVersion: version } },
  };
  return gzipSync(JSON.stringify(release));
}

function put(rig: Rig, revision: number, status: string, release: string): void {
  rig.apply({
    apiVersion: "v1",
    kind: "Secret",
    type: "helm.sh/release.v1",
    metadata: {
      name: `sh.helm.release.v1.${PLATFORM}.v${revision}`,
      labels: { owner: "helm", name: PLATFORM, version: String(revision), status },
    },
    stringData: { release },
  });
}

const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
});

const rows = (page: Page) => page.getByRole("table", { name: `History of ${PLATFORM}` }).getByRole("row");

test.beforeEach(() => it().rig.kubectl(["delete", "secrets", "-l", "owner=helm"]));

test("a long history is told row by row, older revisions on request", async ({ page }) => {
  const { rig, proxy } = it();
  const versions = ["0.1.13", "0.1.14", "0.1.15", "0.1.16", "0.1.15", "0.1.15", "0.1.18", "0.1.15"];
  for (const [index, version] of versions.entries()) {
    const status = version === "0.1.18" ? "failed" : index === versions.length - 1 ? "deployed" : "superseded";
    const said = status === "failed" ? "Upgrade failed: hook said token=hunter2-of-helm" : "Upgrade complete";
    put(rig, index + 1, status, payload(index + 1, version, status, said).toString("base64"));
  }
  await page.goto(`${proxy.url}#/releases`);
  await expect(rows(page)).toHaveCount(6);
  const what = (row: number) => rows(page).nth(row).getByRole("cell").nth(1);
  await expect(what(1)).toHaveText("Rollback from 0.1.18 to 0.1.15");
  await expect(what(2)).toHaveText("Upgrade from 0.1.15 to 0.1.18 failed: Upgrade failed: hook said token=•••");
  await expect(what(3)).toHaveText("0.1.15 again");
  await expect(what(4)).toHaveText("Rollback from 0.1.16 to 0.1.15");
  await expect(what(5)).toHaveText("Upgrade from 0.1.15 to 0.1.16");
  await expect(rows(page).nth(2)).not.toContainText("hunter2-of-helm");
  await page.getByRole("button", { name: "Show older revisions" }).click();
  await expect(rows(page)).toHaveCount(9);
  await expect(what(8)).toHaveText("Install of 0.1.13");
  await expect(page.getByRole("button", { name: "Show older revisions" })).toBeHidden();
});

test("a revision that Helm never finished is told to be stuck, once it must be", async ({ page }) => {
  const { rig, proxy } = it();
  put(rig, 1, "deployed", payload(1, "0.1.14", "deployed", "Install complete").toString("base64"));
  put(rig, 2, "pending-upgrade", payload(2, "0.1.15", "pending-upgrade", "Preparing upgrade").toString("base64"));
  await page.clock.install();
  await page.goto(`${proxy.url}#/releases`);
  await expect(rows(page).nth(1)).toContainText(/Upgrade from 0\.1\.14 to 0\.1\.15, in progress for/);
  await page.clock.fastForward("11:00");
  await expect(rows(page).nth(1)).toContainText(/Upgrade from 0\.1\.14 to 0\.1\.15, stuck for 11 min/);
  await page.getByRole("link", { name: "Status" }).click();
  await expect(section(page, "Helm releases")).toContainText("stuck");
});

test("payloads that cannot be read are told in their rows, and nothing else breaks", async ({ page }) => {
  const { rig, proxy } = it();
  put(rig, 1, "superseded", payload(1, "0.1.13", "superseded", "Install complete").toString("base64"));
  put(rig, 2, "superseded", "no base64 at all!");
  put(rig, 3, "superseded", Buffer.from("no gzip at all").toString("base64"));
  put(rig, 4, "superseded", gzipSync("no json at all").toString("base64"));
  put(rig, 5, "deployed", gzipSync(Buffer.alloc(64 << 20)).toString("base64"));
  await page.goto(`${proxy.url}#/releases`);
  await expect(rows(page)).toHaveCount(6);
  await expect(rows(page).nth(1)).toContainText("unpacks to more than");
  await expect(rows(page).nth(2)).toContainText("not Helm's JSON");
  await expect(rows(page).nth(3)).toContainText("not gzip");
  await expect(rows(page).nth(4)).toContainText("not base64");
  await expect(rows(page).nth(5)).toContainText("Install of 0.1.13");
  // Of a revision whose neighbour is unreadable the direction is not made up.
  await expect(rows(page).nth(1)).not.toContainText(/upgrade|rollback|install of/i);
  await expect(section(page, "Versions")).toBeVisible();
});
