// Connections that break, stall, lie or die without a word, while a page is open.
import { both, is, type Line } from "../line.ts";
import { connection, expect, fault, mark, review, section, sentence, shared, test, type Locator, type Page } from "../test.ts";
import { Kubelet } from "../kubelet.ts";

const INSTALLATIONS = "rootcauseinstallations";
const installation = both(is.watch, is.of(INSTALLATIONS), (asked) => asked.upgrade);

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

/** Gives the installation another state that is no ASCII. */
let states = 0;
async function shows(page: Page, name: string, before: () => void = () => {}): Promise<void> {
  const lastError = `zwölf Äpfel 🍎 ${++states}`;
  before();
  it().rig.patchStatus({ phase: "Degraded", lastError });
  await expect(sentence(page), name).toHaveText(`Degraded: ${lastError}.`);
}

function ready(): void {
  const observedGeneration = it().rig.installation().metadata.generation;
  it().rig.patchStatus({ phase: "Ready", lastError: null, observedGeneration });
}

/** That the page says that it is out of date. */
const outdated = (page: Page): Locator => page.getByRole("alert").filter({ hasText: "Writing is locked until it is current again." });

fault(
  "refused, reset before, within and after an event, cut within a character",
  "watch over WebSocket",
  "Taken up again by itself, and what happened meanwhile is shown: no banner, no reload.",
  async ({ page }) => {
    const line = await open(page);
    const kept = await mark(page);
    await shows(page, "well");
    for (const [name, does, times] of [
      ["refused", { does: "reset", forwarded: false }, 2],
      ["reset within an event", { does: "cut", at: 0.5 }, 1],
      ["cut within a character", { does: "cut", at: "character" }, 1],
      ["reset after an event", { does: "resetAfter" }, 1],
    ] as const) {
      const rule = line.fault(installation, does, times);
      line.cut();
      await shows(page, name);
      await expect.poll(() => rule.met.length, { message: name }).toBe(times);
      // Until an event has come over a new watch the next failure is waited for longer.
      const at = rule.met.at(-1)!.at;
      await expect.poll(() => line.asked.some((it) => installation(it) && it.at > at), { message: name }).toBe(true);
      await shows(page, `${name}, later`);
      await expect(outdated(page), name).toBeHidden();
    }
    await kept();
    ready();
  },
);

fault(
  "each event twice, two events in the wrong order",
  "watch over WebSocket",
  "Told twice is told once. Where the order is wrong the list is read again, and what is shown is what the API server has.",
  async ({ page }) => {
    const line = await open(page);
    const twice = line.fault(installation, { does: "retell", messages: (message) => [message, message] });
    line.cut();
    await twice.happened();
    await shows(page, "twice");

    // The first event is held back until the next has been told.
    const held: Buffer[] = [];
    const swapped = line.fault(installation, {
      does: "retell",
      messages: (message) => {
        held.push(message);
        return held.length === 2 ? held.splice(0).reverse() : [];
      },
    });
    line.cut();
    await swapped.happened();
    const lists = () => line.asked.filter(both(is.list, is.of(INSTALLATIONS))).length;
    const before = lists();
    it().rig.patchStatus({ phase: "Degraded", lastError: "held back" });
    await shows(page, "in the wrong order");
    await expect.poll(lists).toBeGreaterThan(before);
    await expect(outdated(page)).toBeHidden();
    ready();
  },
);

fault(
  "upgrades refused for good, or for a while after they have worked",
  "watch over WebSocket",
  "Lists are read every few seconds in their place and no connection is held: the page stays current and can write. It turns back to WebSockets by itself.",
  async ({ page, another }) => {
    const line = await it().rig.line(it().proxy);
    const refused = { does: "answer", status: 403, body: "no upgrades" } as const;
    line.fault((asked) => asked.upgrade, refused, Infinity);
    await page.goto(line.url);
    await expect(sentence(page)).toContainText("RootCause 0.1.15 is running");
    await expect.poll(() => line.asked.filter((asked) => asked.upgrade).length).toBeGreaterThan(10);
    await shows(page, "without WebSockets");
    const dialog = await review(page, "0.1.16");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    const answers = await page.evaluate(() =>
      Promise.all(Array.from({ length: 6 }, () => fetch("/version").then((it) => it.status))),
    );
    expect(answers).toEqual(Array(6).fill(200));

    const second = await it().rig.line(it().proxy);
    const later = await another(second.url);
    await expect(connection(later)).toHaveText("live");
    const opened = () => second.asked.filter(installation).length;
    const before = opened();
    second.fault(installation, refused, 3);
    second.cut();
    await shows(later, "while they fail");
    await expect.poll(opened, { timeout: 45_000 }).toBe(before + 4);
    await shows(later, "with WebSockets again");
    ready();
  },
);

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
  "the browser's clock an hour behind",
  "what is told of times, and written",
  "Times are reckoned by the cluster's clock: an operator that is gone is not taken for alive.",
  ({ page }) => clock(page, -1),
);

const lines = (page: Page): Locator => page.getByRole("log", { name: "Lines" });

fault(
  "refused, cut within a character, 503",
  "log, over fetch and over WebSocket",
  "Opened again after its last line: no line is lost, halved or told twice.",
  async ({ page }) => {
    const { rig } = it();
    const kubelet = await Kubelet.start(rig);
    try {
      kubelet.run("alpha");
      const written: string[] = [];
      const write = () => {
        written.push(`zwölf Äpfel 🍎 ${written.length}`);
        kubelet.write("alpha", written.slice(-1));
      };
      write();
      const line = await open(page, "#/troubleshooting/logs?of=pod/alpha");
      await expect.poll(() => kubelet.followers("alpha")).toBe(1);
      for (const fault of [
        { does: "reset", forwarded: false },
        { does: "cut", at: "character" },
        { does: "answer", status: 503, headers: { "content-type": "text/plain" }, body: "no healthy upstream" },
      ] as const) {
        const name = JSON.stringify(fault);
        const rules = [false, true].map((upgrade) => line.fault(both(is.log, (asked) => asked.upgrade === upgrade), fault));
        line.cut();
        write();
        await expect.poll(() => rules.every((it) => it.met.length === 1), { timeout: 30_000, message: name }).toBe(true);
        await expect(lines(page), name).toContainText(written.at(-1)!, { timeout: 30_000 });
      }
      await expect.poll(() => kubelet.followers("alpha"), { timeout: 30_000 }).toBe(1);
      write();
      await expect(lines(page)).toContainText(written.at(-1)!);
      expect(await lines(page).locator(".log-row:not(.log-probe) .log-text").allTextContents()).toEqual(written);
    } finally {
      await kubelet.stop();
    }
  },
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
