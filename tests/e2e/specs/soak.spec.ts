// A page that stays open while pods change all the time and upgrades go on: it holds no more at the end than at the start,
// and counts what the API server counts. SOAK=120 makes it two hours; without it, for CI's sake, two minutes.
import { crowd, each, number, send } from "../crowd.ts";
import { counters, memory, watchMemory } from "../memory.ts";
import { expect, section, sentence, test, type Page, type Proxy, type Rig } from "../test.ts";

const MINUTES = Number(process.env.SOAK ?? 2);

// Playwright's own record of a page holds on to its nodes.
test.use({ trace: "off" });

/** Events of pods in a second, and how many pods they are of. */
const RATE = 200;
const PODS = 200;

/** Time between two checks, and before the first: what a page comes to hold once is no leak. */
const ROUND = 15_000;

/** How much more the page may hold at the end. */
const FLAT = 1.1;

/** Megabytes that WebAssembly's memory may grow to. It never shrinks, and takes a while to be as large as it ever gets. */
const LINEAR = 24;

/** What the page holds, and what is open of it. */
interface Held {
  heap: number;
  linear: number;
  nodes: number;
  listeners: number;
  sockets: number;
}

test(`${MINUTES} min of ${RATE} events a second, and upgrades: nothing leaks, every count is right`, async ({ page, rig }) => {
  test.setTimeout((MINUTES + 5) * 60_000);
  await rig.install("0.1.15");
  const proxy = await rig.proxy();
  await crowd(rig, proxy, "pods", PODS, pod);
  await watchMemory(page);
  const sockets = watchSockets(page);
  await page.goto(`${proxy.url}#/troubleshooting/pods`);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await expect(section(page, "Pods")).toContainText(`pod-${number(0)}`);

  const hold = async (): Promise<Held> => {
    // Each page in turn has come and gone: the app keeps none of them.
    for (const name of [/^Status/, /^Releases/, /^Troubleshooting/]) {
      await page.getByRole("link", { name }).first().click();
      await expect(sentence(page)).toBeVisible();
    }
    await page.goto(`${proxy.url}#/troubleshooting/pods`);
    await counted(page, rig, proxy);
    const { heap, linear } = await memory(page, session);
    const { Nodes: nodes, JSEventListeners: listeners } = await counters(session);
    return { heap, linear, nodes, listeners, sockets: sockets.size };
  };

  const end = Date.now() + MINUTES * 60_000;
  const held: Held[] = [];
  let version = "0.1.15";
  while (Date.now() < end || held.length < 3) {
    const events = churn(rig, proxy, ROUND);
    version = version === "0.1.15" ? "0.1.16" : "0.1.15";
    rig.patch({ spec: { version } });
    await events;
    await rig.phase("Ready", version);
    held.push(await hold());
  }
  console.log(held);
  // The first round's is what it comes to hold once.
  const [, before] = held;
  const after = held[held.length - 1];
  expect(after.heap).toBeLessThan(before.heap * FLAT);
  expect(after.linear).toBeLessThan(LINEAR);
  const half = held[Math.floor(held.length / 2)];
  if (MINUTES >= 20) expect(after.linear).toBeLessThan(half.linear * FLAT);
  expect(after.nodes).toBeLessThan(before.nodes * FLAT);
  expect(after.listeners).toBeLessThan(before.listeners * FLAT);
  expect(after.sockets).toBe(before.sockets);
});

test("a page that is left leaves nothing behind", async ({ page, rig }) => {
  test.setTimeout(240_000);
  await rig.install("0.1.15");
  const { url } = await rig.proxy();
  await page.goto(url);
  const session = await page.context().newCDPSession(page);
  const visit = async (hash: string) => {
    for (const to of [hash, "#/"]) {
      await page.evaluate((to) => (location.hash = to), to);
      await expect(page.locator("nav [aria-current=page]").first()).toBeVisible();
      await expect(page.locator("main [aria-busy=true], main .skeleton, main .late")).toHaveCount(0);
    }
    await expect(sentence(page)).toContainText("is running.");
  };
  const held = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
    return { nodes, jsEventListeners };
  };
  const tabs = ["", "/pods", "/logs", "/events", "/helm", "/installation", "/operator", "/reference", "/bundle"];
  const pages = ["releases", "releases/backups", "bootstrap", "secrets", "users", ...tabs.map((tab) => `troubleshooting${tab}`)];
  for (const name of pages) {
    await visit(`#/${name}`);
    await visit(`#/${name}`);
    const before = await held();
    for (let visits = 0; visits < 3; visits++) await visit(`#/${name}`);
    const more = async () => {
      const now = await held();
      // A mark of time that has changed its words meanwhile is a few nodes; a page is hundreds.
      return now.nodes - before.nodes > 30 || now.jsEventListeners - before.jsEventListeners > 3 ? now : "nothing";
    };
    await expect.poll(more, { message: `${name}: ${JSON.stringify(before)}` }).toBe("nothing");
  }
});

/** A pod that is held back from the scheduler, so that nobody but the test changes it. */
function pod(index: number): object {
  return {
    metadata: { name: `pod-${number(index)}` },
    spec: { schedulingGates: [{ name: "soak.example/held" }], containers: [{ name: "main", image: "rig" }] },
  };
}

/** Changes pods for a while: mostly their status, and each tenth is deleted and made again. */
async function churn(rig: Rig, proxy: Proxy, milliseconds: number): Promise<void> {
  const path = `/api/v1/namespaces/${rig.namespace}/pods`;
  const began = Date.now();
  // What happens to one pod happens in turn: where the API server stalls, it is not deleted twice.
  const turns = new Map<number, Promise<void>>();
  await each((RATE * milliseconds) / 1000, async (index) => {
    const due = began + (index * 1000) / RATE;
    if (due > Date.now()) await new Promise((done) => setTimeout(done, due - Date.now()));
    const which = (index * 7) % PODS;
    const turn = Promise.resolve(turns.get(which)).then(() => change(which, index));
    turns.set(which, turn);
    await turn;
  });

  async function change(which: number, index: number): Promise<void> {
    const one = `${path}/pod-${number(which)}`;
    if (which % 10 === 0) {
      await send(proxy, "DELETE", one, { gracePeriodSeconds: 0 });
      await send(proxy, "POST", path, { apiVersion: "v1", ...pod(which) });
    } else {
      const status = { containerStatuses: [{ name: "main", image: "rig", imageID: "", ready: false, restartCount: index }] };
      await send(proxy, "PATCH", `${one}/status`, { status }, "application/merge-patch+json");
    }
  }
}

/** That the page counts as many pods and complete workloads as the API server does. */
async function counted(page: Page, rig: Rig, proxy: Proxy): Promise<void> {
  const list = async (path: string) => (await fetch(`http://127.0.0.1:${proxy.port}${path}`)).json();
  const pods = async () => (await list(`/api/v1/namespaces/${rig.namespace}/pods`)).items.length;
  const shown = () => section(page, "Pods").getByRole("grid").getAttribute("aria-rowcount");
  await expect.poll(async () => Number(await shown()) - 1 - (await pods())).toBe(0);
  const apps = `/apis/apps/v1/namespaces/${rig.namespace}`;
  const workloads = [...(await list(`${apps}/deployments`)).items, ...(await list(`${apps}/statefulsets`)).items];
  await expect(page.getByRole("table", { name: "Workloads" }).getByRole("row")).toHaveCount(workloads.length + 1);
}

/** The WebSockets that a page has open. */
function watchSockets(page: Page): Set<unknown> {
  const open = new Set<unknown>();
  page.on("websocket", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  return open;
}
