// Connections that break, stall, lie or die without a word, while a page is open.
import { both, is, type Line } from "../line.ts";
import { connection, expect, fault, mark, review, sentence, shared, test, type Locator, type Page } from "../test.ts";

const INSTALLATIONS = "rootcauseinstallations";

const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  const availableVersions = ["0.1.20", "0.1.16", "0.1.15"].map((version) => ({ version }));
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1, availableVersions });
});

async function open(page: Page, hash = ""): Promise<Line> {
  const line = await it().rig.line(it().proxy);
  await page.goto(line.url + hash);
  await expect(connection(page)).toHaveText("live");
  return line;
}

function ready(): void {
  const observedGeneration = it().rig.installation().metadata.generation;
  it().rig.patchStatus({ phase: "Ready", lastError: null, observedGeneration });
}

/** That the page says that it is out of date. */
const outdated = (page: Page): Locator => page.getByRole("alert").filter({ hasText: "Writing is locked until it is current again." });

fault(
  "a laptop's sleep: the clock jumps an hour, and connections are dead without a word",
  "watch over WebSocket",
  "Noticed within seconds: connections are made anew, and what happened meanwhile is shown.",
  async ({ page }) => {
    await page.addInitScript(() => {
      const now = Date.now;
      Object.assign(window, { slept: 0 });
      Date.now = () => now() + (window as unknown as { slept: number }).slept;
    });
    const line = await open(page);
    const kept = await mark(page);
    line.deaden();
    it().rig.patchStatus({ phase: "Degraded", lastError: "while it slept" });
    await page.evaluate(() => Object.assign(window, { slept: 3_600_000 }));
    await expect(sentence(page)).toHaveText("Degraded: while it slept.", { timeout: 30_000 });
    await expect(connection(page)).toHaveText("live");
    await kept();
    ready();
  },
);

/** What a page tells in a browser whose clock is off by so many hours. */
async function clock(page: Page, hours: number): Promise<void> {
  const { rig } = it();
  await page.addInitScript((offset) => {
    const now = Date.now;
    Date.now = () => now() + offset;
  }, hours * 3_600_000);
  ready();
  rig.ageLease(3600 + 200);
  await open(page);
  await expect(sentence(page)).toContainText("The operator is not running: its lease was last renewed 1 h ago.");
  rig.holdLease();
  rig.kubectl(["patch", "lease", "rootcause-operator", "--type", "merge", "-p", '{"spec":{"leaseDurationSeconds":120}}']);
  await expect(sentence(page)).toContainText("RootCause 0.1.15 is running");
  const dialog = await review(page, "0.1.16");
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
  await expect(dialog).toBeHidden();
  expect(Math.abs(Date.now() - Date.parse(rig.requests()[0].when))).toBeLessThan(60_000);
  rig.patch({ spec: { version: "0.1.15" } });
  rig.holdLease();
}

fault(
  "the browser's clock an hour ahead",
  "what is told of times, and written",
  "Times are reckoned by the cluster's clock: a lease renewed just now is, and an operator that renews it runs.",
  ({ page }) => clock(page, 1),
);

fault(
  "no answer for 30 s and more",
  "list, watch, get, dry run, write, log, at the same time",
  "Each is given up after 30 s and said to be late. The page says how old it is and locks writes; a dry run can be repeated, a write is read back: done once where it arrived, else said to have changed nothing. All is current again by itself.",
  async ({ page, another }) => {
    test.setTimeout(180_000);
    const { rig } = it();
    const LATE = "The API server did not answer in time.";
    const stall = (forwarded: boolean) => ({ does: "stall", forwarded, ms: 60_000 }) as const;
    const pages = [page];
    while (pages.length < 4) pages.push(await another("about:blank"));
    const [reads, judged, sent, lost] = pages;
    const lines = await Promise.all(pages.map((one) => open(one, "#/releases")));
    const kept = await Promise.all(pages.map(mark));
    const before = rig.requests().length;

    const dialogs = await Promise.all([review(judged, "0.1.16"), review(sent, "0.1.20"), review(lost, "0.1.16")]);
    await dialogs[0].getByRole("button", { name: "Cancel" }).click();
    const write = both(is.write, is.of(INSTALLATIONS));
    lines[1].fault(both(is.dryRun, is.of(INSTALLATIONS)), stall(true));
    lines[2].fault(write, stall(false));
    lines[3].fault(write, stall(true));
    lines[0].fault(is.any, stall(false), Infinity);
    lines[0].deaden();

    await judged.getByRole("button", { name: "Request upgrade", exact: true }).click();
    await dialogs[1].getByRole("button", { name: "Request upgrade to 0.1.20" }).click();
    await dialogs[2].getByRole("button", { name: "Request upgrade to 0.1.16" }).click();

    await Promise.all([
      (async () => {
        const told = outdated(reads);
        await expect(told).toContainText(LATE, { timeout: 75_000 });
        await expect(connection(reads)).toHaveText("reconnecting");
        await expect(reads.getByRole("button", { name: "Check for updates now" })).toBeDisabled();
        lines[0].up();
        await expect(connection(reads)).toHaveText("live", { timeout: 60_000 });
        await expect(told).toBeHidden();
      })(),
      (async () => {
        const dialog = judged.getByRole("dialog", { name: /^Review the / });
        await expect(dialog.getByRole("alert").filter({ hasText: LATE })).toContainText("Nothing was changed.", { timeout: 45_000 });
        await dialog.getByRole("button", { name: "Review again" }).click();
        await expect(dialog.getByRole("list", { name: "Changes" })).toBeVisible();
      })(),
      expect(dialogs[1].getByRole("alert").filter({ hasText: LATE })).toContainText("Nothing was changed.", { timeout: 45_000 }),
      expect(dialogs[2]).toBeHidden({ timeout: 45_000 }),
    ]);
    expect(rig.installation().spec.version).toBe("0.1.16");
    expect(rig.requests().length).toBe(before + 1);
    for (const one of kept) await one();
    rig.patch({ spec: { version: "0.1.15" } });
  },
);
