// How long the app takes from the start of the navigation until its first workload is painted, beside a bare page that
// fetches and parses the same.
import type { Page, Request } from "@playwright/test";
import { test } from "../test.ts";
import { bare, blanks, type Fetch, marked, median, report, withBarePage } from "./measure.ts";

/** Measured pairs of runs: odd, so that the median is one of them. */
const PAIRS = 9;

/** Milliseconds from the start of the navigation to the page's mark, and the JSON that it had fetched by then. */
interface Run {
  time: number;
  fetches: Fetch[];
}

test("first rows", async ({ browser, rig }, info) => {
  withBarePage(info);
  const pages = await blanks(browser, 2 * (PAIRS + 1), { "first rows": ["section[aria-labelledby=workloads] li"] });
  await rig.install("0.1.15");
  const { url } = await rig.proxy();

  const times: Record<"app" | "bare", number[]> = { app: [], bare: [] };
  for (let pair = 0; pair <= PAIRS; pair++) {
    const app = await run(pages[2 * pair], url);
    const beside = await bare(pages[2 * pair + 1], url, app.fetches);
    // The first pair warms the proxy.
    if (pair === 0) continue;
    times.app.push(app.time);
    times.bare.push(beside);
  }
  console.log(times);
  report("First rows of Status", "a bare page that fetches and parses the same, in the same order", [
    { what: "a cold profile", unit: "ms", ours: median(times.app), beside: median(times.bare), most: 1.25 },
  ]);
});

/** Opens `url` and closes the page's context when it is done. */
async function run(page: Page, url: string): Promise<Run> {
  const requests: Request[] = [];
  page.on("request", (request) => requests.push(request));
  await page.goto(url, { waitUntil: "commit" });
  const time = await marked(page, "first rows");
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
