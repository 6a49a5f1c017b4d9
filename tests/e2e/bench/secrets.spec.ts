// A thousand secrets beside 20 Helm releases of 400 KiB: what is read to list them, and how soon they are shown.
import { randomBytes } from "node:crypto";
import { crowd, number } from "../crowd.ts";
import { test } from "../test.ts";
import { bare, blanks, marked, report, withBarePage } from "./measure.ts";

const SECRETS = 1_000;
const RELEASES = 20;

test("secrets", async ({ browser, rig }, info) => {
  test.setTimeout(300_000);
  withBarePage(info);
  const [page, other] = await blanks(browser, 2, { rows: [`[role=grid][aria-label=Secrets][aria-rowcount="${SECRETS + 1}"]`] });
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  const proxy = await rig.proxy();
  const names = (index: number) => ({ name: `secret-${number(index)}` });
  await crowd(rig, proxy, "secrets", SECRETS, (index) => ({ metadata: names(index), stringData: { key: randomBytes(512).toString("base64") } }));
  await crowd(rig, proxy, "secrets", RELEASES, (index) => ({
    type: "helm.sh/release.v1",
    metadata: {
      name: `sh.helm.release.v1.other.v${index + 1}`,
      labels: { owner: "helm", name: "other", version: String(index + 1), status: "superseded" },
    },
    data: { release: randomBytes(400 << 10).toString("base64") },
  }));

  const read: Promise<number>[] = [];
  page.on("response", (answer) => {
    if (/\/secrets\?/.test(answer.url())) read.push(answer.body().then((it) => it.length, () => 0));
  });
  await page.goto(`${proxy.url}#/secrets`, { waitUntil: "commit" });
  const shown = await marked(page, "rows");
  const bytes = (await Promise.all(read)).reduce((sum, it) => sum + it, 0);
  await page.context().close();

  const url = `http://127.0.0.1:${proxy.port}/api/v1/namespaces/${rig.namespace}/secrets`;
  const whole = (await (await fetch(url)).arrayBuffer()).byteLength;
  const beside = await bare(other, proxy.url, [{ url }]);
  report("1,000 secrets and 20 Helm releases of 400 KiB", "a bare page that fetches and parses the whole list", [
    { what: "read to list them", unit: "KB", ours: bytes / 1024, beside: whole / 1024, most: 0.01 },
    { what: "shown, from a cold navigation", unit: "ms", ours: shown, beside, most: 1 },
  ]);
});
