// What the measurements share: rows of the table, and pages that have seen nothing yet.
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page, TestInfo } from "@playwright/test";
import { watchMemory } from "../memory.ts";

/** One figure, as `cargo xtask bench` holds it to its limit. */
export interface Row {
  what: string;
  unit: "ms" | "%" | "KB" | "MB";
  ours: number;
  /** What was measured beside it in the same browser. */
  beside?: number;
  /** How many times `beside` it may be; where nothing is beside it, how much it may be. Without it, it is only told. */
  most?: number;
}

/** Hands the figures of one measurement on. */
export function report(title: string, beside: string, rows: Row[]): void {
  const { RC_MEASURED: folder = "" } = process.env;
  console.log(title, rows);
  writeFileSync(join(folder, `${title.replaceAll(/\W+/g, "-")}.json`), JSON.stringify({ title, beside, rows }));
}

/** Puts the bare page beside the app, for the proxies that start from now on. */
export function withBarePage(info: TestInfo): void {
  const www = info.outputPath("www");
  cpSync(process.env.RC_DIST ?? "", www, { recursive: true });
  cpSync(join(info.config.rootDir, "bare"), www, { recursive: true });
  process.env.RC_DIST = www;
}

/** One request of the bare page. */
export interface Fetch {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** What it is parsed as, if not as JSON. */
  as?: "lines" | "release";
  /** The place in the list of the one whose answer the app had last when it asked. */
  follows?: number;
}

/** Where the bare page fetches and parses these. */
function barePage(url: string, fetches: Fetch[]): string {
  return `${url}bare.html#${encodeURIComponent(JSON.stringify(fetches))}`;
}

/** How long the bare page takes for these, from the start of the navigation. Closes the page's context. */
export async function bare(page: Page, url: string, fetches: Fetch[]): Promise<number> {
  await page.goto(barePage(url, fetches), { waitUntil: "commit" });
  const time = await marked(page, "done");
  await page.context().close();
  return time;
}

/** Selectors and, where one is given, a text in what they find, by the names of marks. */
type Marks = Record<string, [selector: string, text?: string]>;

/** So many pages, each in a browser context that has seen nothing yet. They mark the moment after the frame in which each of
 * these selectors first finds something.
 *
 * To be made before what takes long: a new window is busy with itself for a while. */
export function blanks(browser: Browser, count: number, marks: Marks): Promise<Page[]> {
  return Promise.all(Array.from({ length: count }, () => blank(browser, marks)));
}

async function blank(browser: Browser, marks: Marks): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await watchMemory(page);
  await page.addInitScript((marks) => {
    const waiting = new Map(Object.entries(marks));
    const observer = new MutationObserver(() => {
      for (const [name, [selector, text = ""]] of waiting) {
        if (!document.querySelector(selector)?.textContent?.includes(text)) continue;
        waiting.delete(name);
        requestAnimationFrame(() => {
          // A message sent from within a frame arrives once that frame is painted.
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => performance.mark(name);
          port2.postMessage(undefined);
        });
      }
      if (!waiting.size) observer.disconnect();
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  }, marks);
  return page;
}

/** Milliseconds from the start of the navigation to a mark. */
export function marked(page: Page, name: string): Promise<number> {
  return page.evaluate(
    (name) =>
      new Promise<number>((resolve) => {
        const marks = (list: PerformanceObserverEntryList) => list.getEntriesByName(name);
        new PerformanceObserver((list) => marks(list).forEach((mark) => resolve(mark.startTime))).observe({
          type: "mark",
          buffered: true,
        });
      }),
    name,
  );
}

export function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}
