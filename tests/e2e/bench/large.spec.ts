// What is large by itself: a log of 50 MB, and a Helm release whose secret is as large as etcd allows.
import { gzipSync } from "node:zlib";
import { randomBytes } from "node:crypto";
import { Kubelet } from "../kubelet.ts";
import { memory } from "../memory.ts";
import { test } from "../test.ts";
import { bare, blanks, marked, report, withBarePage } from "./measure.ts";

const LINES = 500_000;

test("a log of 50 MB", async ({ browser, rig }, info) => {
  test.setTimeout(300_000);
  withBarePage(info);
  const [page, other] = await blanks(browser, 2, {
    all: ["[aria-label=Reading]", LINES.toLocaleString("en")],
    first: [".log-row:not(.log-probe) .log-text", "INFO"],
  });
  rig.holdLease();
  rig.createInstallation("0.1.15");
  const proxy = await rig.proxy();
  const kubelet = await Kubelet.start(rig);
  kubelet.run("alpha");
  const words = "the quick brown fox jumps over the lazy dog and on";
  kubelet.write("alpha", Array.from({ length: LINES }, (_, index) => `INFO  request ${String(index).padStart(6, "0")} took 12 ms: ${words}`));
  const url = `http://127.0.0.1:${proxy.port}/api/v1/namespaces/${rig.namespace}/pods/alpha/log?timestamps=true`;
  const beside = await bare(other, proxy.url, [{ url, as: "lines" }]);

  await page.goto(`${proxy.url}#/troubleshooting/logs?of=pod/alpha&from=all`, { waitUntil: "commit" });
  const [first, all] = [await marked(page, "first"), await marked(page, "all")];
  const session = await page.context().newCDPSession(page);
  const { heap, linear } = await memory(page, session);
  await page.context().close();
  await kubelet.stop();
  report("A log of 50 MB in 500,000 lines", "a bare page that fetches it and splits it into lines", [
    { what: "first lines shown, from a cold navigation", unit: "ms", ours: first, beside },
    { what: "all lines there", unit: "ms", ours: all, beside },
    { what: "JavaScript's heap", unit: "MB", ours: heap },
    { what: "WebAssembly's memory", unit: "MB", ours: linear },
  ]);
});

test("a Helm release of 1 MB", async ({ browser, rig }, info) => {
  withBarePage(info);
  const [page, other] = await blanks(browser, 2, { shown: ["section[aria-labelledby=helm-revision]", "the notes"] });
  rig.holdLease();
  rig.createInstallation("0.1.15");
  const proxy = await rig.proxy();
  const name = "rootcause-platform";
  const object = (index: number) => {
    const data = { key: randomBytes(600).toString("base64") };
    return `---\n${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: `map-${index}` }, data })}\n`;
  };
  const manifest = Array.from({ length: 1_100 }, (_, index) => object(index)).join("");
  const metadata = { name: "platform", version: "0.1.15", appVersion: "0.1.15" };
  const release = gzipSync(
    JSON.stringify({
      ...{ name, namespace: rig.namespace, version: 1, manifest, config: {}, chart: { metadata, values: {} } },
      info: { status: "deployed", description: "Install complete", notes: "the notes" },
    }),
  ).toString("base64");
  const labels = { owner: "helm", name, version: "1", status: "deployed" };
  const secret = `sh.helm.release.v1.${name}.v1`;
  rig.create({ apiVersion: "v1", kind: "Secret", type: "helm.sh/release.v1", metadata: { name: secret, labels }, stringData: { release } });

  const url = `http://127.0.0.1:${proxy.port}/api/v1/namespaces/${rig.namespace}/secrets/${secret}`;
  const beside = await bare(other, proxy.url, [{ url, as: "release" }]);
  await page.goto(`${proxy.url}#/troubleshooting/helm?release=${name}&revision=1&part=notes`, { waitUntil: "commit" });
  const shown = await marked(page, "shown");
  await page.context().close();
  const size = Math.round(release.length / 1024);
  report(`A Helm release of ${size} KB`, "a bare page that reads, unpacks and parses it", [
    { what: "shown, from a cold navigation", unit: "ms", ours: shown, beside },
  ]);
});
