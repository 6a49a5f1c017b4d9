// Many pods: how soon they are shown, what they hold of memory, and how busy the page is while they change all the time.
import type { CDPSession, Page } from "@playwright/test";
import { crowd, each, number, send } from "../crowd.ts";
import { counters, memory } from "../memory.ts";
import { expect, type Proxy, type Rig, test } from "../test.ts";
import { bare, blanks, marked, median, report, type Row, withBarePage } from "./measure.ts";

/** Measured pairs of runs. */
const PAIRS = 5;

/** How long the page is looked at while pods change. */
const WATCHED = 10_000;

/** How long it is scrolled through meanwhile, after that. */
const SCROLLED = 3_000;

/** How many times as long as a bare page's the app may take to show so many pods. */
const SHOWN: Record<number, number> = { 100: 3, 2_000: 0.4, 10_000: 0.15 };

/** The share of the main thread's time that may be spent while so many pods are shown and 100 events come in a second. */
const BUSY: Record<number, number> = { 100: 5.7, 2_000: 8.3, 10_000: 9.6 };

for (const count of [100, 2_000, 10_000]) {
  test(`${count} pods`, async ({ browser, rig }, info) => {
    test.setTimeout(900_000);
    withBarePage(info);
    const grid = "[role=grid][aria-label=Pods]";
    const pages = await blanks(browser, 2 * PAIRS + 1, {
      "first rows": [`${grid} .rows-body [role=row]`],
      all: [`${grid}[aria-rowcount="${count + 1}"] .rows-body [role=row]`],
    });
    const proxy = await populate(rig, count);
    const open = (page: Page) => page.goto(`${proxy.url}#/troubleshooting/pods`, { waitUntil: "commit" });
    const list = `http://127.0.0.1:${proxy.port}${path(rig)}`;
    const times: Record<"first" | "all" | "bare", number[]> = { first: [], all: [], bare: [] };
    for (let pair = 0; pair < PAIRS; pair++) {
      const page = pages[2 * pair];
      await open(page);
      times.first.push(await marked(page, "first rows"));
      times.all.push(await marked(page, "all"));
      await page.context().close();
      times.bare.push(await bare(pages[2 * pair + 1], proxy.url, [{ url: list }]));
    }
    const size = (await (await fetch(list)).arrayBuffer()).byteLength / count / 1024;
    console.log(times, size);
    const beside = median(times.bare);
    const rows: Row[] = [
      { what: "rows shown, from a cold navigation", unit: "ms", ours: median(times.first), beside, most: SHOWN[count] },
      { what: "all of them counted and in order", unit: "ms", ours: median(times.all), beside },
    ];

    const page = pages[2 * PAIRS];
    await open(page);
    await marked(page, "all");
    const session = await page.context().newCDPSession(page);
    // CPU time, not time: nobody else on the machine counts.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const { heap, linear } = await memory(page, session);
    rows.push({ what: "JavaScript's heap", unit: "MB", ours: heap }, { what: "WebAssembly's memory", unit: "MB", ours: linear });
    for (const rate of [100, 1_000]) rows.push(...(await churn(page, session, rig, proxy, count, rate)));
    await page.context().close();
    const name = count.toLocaleString("en");
    report(`${name} pods`, `a bare page that fetches and parses the whole list, ${size.toFixed(1)} KB a pod`, rows);
  });
}

function path(rig: Rig): string {
  return `/api/v1/namespaces/${rig.namespace}/pods`;
}

/** Pods that wait, so that nobody but the test changes them. */
async function populate(rig: Rig, count: number): Promise<Proxy> {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  const proxy = await rig.proxy();
  await crowd(rig, proxy, "pods", count, pod);
  await each(count, (index) => restarted(rig, proxy, index, 0));
  return proxy;
}

/** A pod as a careful chart makes it: about 13 KB, managedFields included. It waits to be scheduled. */
function pod(index: number): object {
  const app = `app-${index % 50}`;
  const labels = Object.fromEntries(
    ["name", "instance", "version", "component", "part-of", "managed-by"].map((it) => [`app.kubernetes.io/${it}`, app]),
  );
  const checksum = "0123456789abcdef".repeat(4);
  const probe = (path: string) => ({ httpGet: { path, port: "http" }, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 6 });
  const container = (name: string) => ({
    name,
    image: `registry.example/rootcause/${name}:1.0.0`,
    args: ["serve", "--config", "/etc/app/config.yaml", "--listen", "0.0.0.0:8080"],
    ports: ["http", "metrics"].map((name, index) => ({ name, containerPort: 8080 + index })),
    envFrom: [{ configMapRef: { name: app, optional: true } }],
    env: [
      ...["MODE", "LOG_LEVEL", "DATABASE_HOST", "DATABASE_NAME", "CACHE_HOST", "TELEMETRY_ENDPOINT"].map((name) => ({
        ...{ name, value: `${app}.${name.toLowerCase()}.svc.cluster.local` },
      })),
      ...["DATABASE_PASSWORD", "API_TOKEN"].map((name) => ({ name, valueFrom: { secretKeyRef: { name: app, key: name, optional: true } } })),
      ...["metadata.name", "status.podIP"].map((fieldPath) => ({
        name: fieldPath.replaceAll(".", "_").toUpperCase(),
        valueFrom: { fieldRef: { fieldPath } },
      })),
    ],
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "1Gi" } },
    livenessProbe: probe("/healthz"),
    readinessProbe: probe("/readyz"),
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    volumeMounts: ["config", "tmp"].map((name) => ({ name, mountPath: `/mnt/${name}` })),
  });
  return {
    metadata: {
      name: `pod-${number(index)}`,
      labels: { ...labels, app, "pod-template-hash": "5d4f8c7b9" },
      annotations: { "checksum/config": checksum, "checksum/secret": checksum, "prometheus.io/scrape": "true", "prometheus.io/port": "8081" },
    },
    spec: {
      schedulingGates: [{ name: "bench.example/held" }],
      imagePullSecrets: [{ name: "registry" }],
      securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 },
      containers: ["main", "sidecar"].map(container),
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels: { app } } },
      ],
      volumes: [
        { name: "config", configMap: { name: app, optional: true } },
        { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
      ],
    },
  };
}

/** Says of a pod that its containers run and were restarted so often. */
function restarted(rig: Rig, proxy: Proxy, index: number, restartCount: number): Promise<void> {
  const startedAt = new Date().toISOString().replace(/\.\d+/, "");
  const container = (name: string) => ({
    ...{ name, restartCount, ready: true, started: true, image: `registry.example/rootcause/${name}:1.0.0` },
    ...{ imageID: `registry.example/rootcause/${name}@sha256:${"0".repeat(64)}`, containerID: `containerd://${"0".repeat(64)}` },
    state: { running: { startedAt } },
  });
  const conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({ type, status: "True", lastTransitionTime: startedAt }));
  const status = { phase: "Running", conditions, containerStatuses: ["main", "sidecar"].map(container) };
  return send(proxy, "PATCH", `${path(rig)}/pod-${number(index)}/status`, { status }, "application/merge-patch+json");
}

/** What the page makes of so many events a second. */
async function churn(page: Page, session: CDPSession, rig: Rig, proxy: Proxy, count: number, rate: number): Promise<Row[]> {
  let [sent, going] = [0, true];
  const began = Date.now();
  const events = each(1 << 30, async (index) => {
    if (!going) throw "over";
    const due = began + (index * 1000) / rate;
    if (due > Date.now()) await new Promise((done) => setTimeout(done, due - Date.now()));
    await restarted(rig, proxy, (index * 7) % count, 1 + index);
    sent += 1;
  }).catch((error) => {
    if (error !== "over") throw error;
  });
  // What it was like before is over.
  await expect.poll(() => sent).toBeGreaterThan(rate);
  const [before, sentBefore, start] = [await counters(session), sent, Date.now()];
  const longest = await page.evaluate(async (watched) => {
    let longest = 0;
    const tell = (list: PerformanceObserverEntryList) => list.getEntries().forEach((task) => (longest = Math.max(longest, task.duration)));
    const observer = new PerformanceObserver(tell);
    observer.observe({ type: "longtask" });
    await new Promise((done) => setTimeout(done, watched));
    observer.disconnect();
    return longest;
  }, WATCHED);
  const [after, sentAfter, time] = [await counters(session), sent, Date.now() - start];
  const { dropped, frames } = await page.evaluate(scroll, SCROLLED);
  going = false;
  await events;
  const busy = ((after.TaskDuration - before.TaskDuration) * 100_000) / time;
  const real = Math.round(((sentAfter - sentBefore) * 1000) / time);
  const at = `at ${rate} events/s${real < rate * 0.95 ? ` (${real} came)` : ""}`;
  return [
    { what: `main thread busy, ${at}`, unit: "%", ours: busy, most: rate === 100 ? BUSY[count] : undefined },
    { what: `longest task, ${at}`, unit: "ms", ours: longest, most: rate === 100 ? 50 : undefined },
    { what: `frames dropped while scrolling, ${at}`, unit: "%", ours: (dropped * 100) / frames },
  ];
}

/** In the page: scrolls through the list and counts the frames that did not come in time. */
async function scroll(milliseconds: number): Promise<{ dropped: number; frames: number }> {
  const grid = document.querySelector("[role=grid][aria-label=Pods]")!;
  const frame = 1000 / 60;
  const from = performance.now();
  let [last, frames, dropped] = [from, 0, 0];
  while (last - from < milliseconds) {
    grid.scrollTop = (grid.scrollTop + 90) % (grid.scrollHeight - grid.clientHeight + 1);
    const now = await new Promise<number>((drawn) => requestAnimationFrame(drawn));
    dropped += Math.max(0, Math.round((now - last) / frame) - 1);
    frames += Math.max(1, Math.round((now - last) / frame));
    last = now;
  }
  return { dropped, frames };
}
