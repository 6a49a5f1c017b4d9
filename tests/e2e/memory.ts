// What a page holds and how busy it is, as Chromium counts.
import type { CDPSession, Page } from "@playwright/test";

/** Makes the memory of the app's program known to `memory`, on pages that are opened from now on. */
export async function watchMemory(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const instantiate = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...args) => {
      const made = await instantiate(...args);
      const { memory } = made.instance.exports;
      // Chunks have none of their own.
      if (memory) Object.assign(window, { linear: memory });
      return made;
    };
  });
}

/** What is counted of a page, once `Performance.enable` was sent: `TaskDuration`, `Nodes`, `JSEventListeners` and more. */
export async function counters(session: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** Megabytes that a page holds after a collection: JavaScript's heap, and WebAssembly's memory. */
export async function memory(page: Page, session: CDPSession): Promise<{ heap: number; linear: number }> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const linear = await page.evaluate(() => (window as unknown as { linear: WebAssembly.Memory }).linear.buffer.byteLength);
  return { heap: usedSize / 2 ** 20, linear: linear / 2 ** 20 };
}
