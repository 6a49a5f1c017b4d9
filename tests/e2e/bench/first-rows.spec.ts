// How long the app takes from the start of the navigation until its first workload is painted, beside a bare page that
// fetches and parses the same.
import type { Browser, Page, Request } from "@playwright/test";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "../test.ts";

/** Measured pairs of runs: odd, so that the median is one of them. */
const PAIRS = 9;

/** One request of the bare page. */
interface Fetch {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string;
  /** The place in the list of the one whose answer the app had last when it asked. */
  follows?: number;
}

/** Milliseconds from the start of the navigation to the page's mark, and the JSON that it had fetched by then. */
interface Run {
  time: number;
  fetches: Fetch[];
}

test("first rows", async ({ browser, rig }, info) => {
  const { RC_DIST: dist = "", RC_MEASURED: measured = "" } = process.env;
  const www = info.outputPath("www");
  cpSync(dist, www, { recursive: true });
  cpSync(join(info.config.rootDir, "bare"), www, { recursive: true });
  process.env.RC_DIST = www;
  // A new window is busy with itself for a while: these have time for that until the installation is up.
  const pages = await Promise.all(Array.from({ length: 2 * (PAIRS + 1) }, () => blank(browser)));
  await rig.install("0.1.15");
  const { url } = await rig.proxy();

  const times: Record<"app" | "bare", number[]> = { app: [], bare: [] };
  for (let pair = 0; pair <= PAIRS; pair++) {
    const app = await run(pages[2 * pair], url);
    const plan = encodeURIComponent(JSON.stringify(app.fetches));
    const bare = await run(pages[2 * pair + 1], `${url}bare.html#${plan}`);
    // The first pair warms the proxy.
    if (pair === 0) continue;
    times.app.push(app.time);
    times.bare.push(bare.time);
  }
  console.log(times);
  writeFileSync(measured, JSON.stringify([median(times.app), median(times.bare)]));
});

/** A page in a browser context that has seen nothing yet. */
async function blank(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript(markFirstRow);
  return page;
}

/** Opens `url` and closes the page's context when it is done. */
async function run(page: Page, url: string): Promise<Run> {
  const requests: Request[] = [];
  page.on("request", (request) => requests.push(request));
  await page.goto(url, { waitUntil: "commit" });
  const time = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const marks = (list: PerformanceObserverEntryList) => list.getEntriesByName("first rows");
        new PerformanceObserver((list) => marks(list).forEach((mark) => resolve(mark.startTime))).observe({
          type: "mark",
          buffered: true,
        });
      }),
  );
  const answered = await page.evaluate((time) => {
    const all = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const inTime = all.filter((it) => it.responseEnd && it.responseEnd <= time);
    return inTime.map(({ name, startTime, responseEnd }) => ({ name, startTime, responseEnd }));
  }, time);
  answered.sort((a, b) => a.startTime - b.startTime);

  const fetches: Fetch[] = [];
  const ends: number[] = [];
  for (const { name, startTime, responseEnd } of answered) {
    const request = requests.find((it) => it.url() === name);
    const type = (await request?.response())?.headers()["content-type"];
    if (!request || !type?.startsWith("application/json")) continue;
    const before = ends.filter((end) => end <= startTime);
    const { accept, "content-type": sent } = request.headers();
    fetches.push({
      url: name,
      method: request.method(),
      headers: { accept, ...(sent && { "content-type": sent }) },
      body: request.postData() ?? undefined,
      follows: before.length ? ends.indexOf(Math.max(...before)) : undefined,
    });
    ends.push(responseEnd);
  }
  await page.context().close();
  return { time, fetches };
}

/** In the page: marks the moment after the frame that has the first workload in it. */
function markFirstRow(): void {
  const observer = new MutationObserver(() => {
    if (!document.querySelector("section[aria-labelledby=workloads] li")) return;
    observer.disconnect();
    requestAnimationFrame(() => {
      // A message sent from within a frame arrives once that frame is painted.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => performance.mark("first rows");
      port2.postMessage(undefined);
    });
  });
  observer.observe(document, { subtree: true, childList: true });
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}
