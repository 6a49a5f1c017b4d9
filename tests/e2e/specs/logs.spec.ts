// Logs as containers write them, on a kubelet of the test's own.
import { readFileSync } from "node:fs";
import { Kubelet } from "../kubelet.ts";
import { passes } from "../looks.ts";
import { expect, test as base, type Locator, type Page, type Proxy, type Rig } from "../test.ts";

const test = base.extend<{ kubelet: Kubelet; served: Proxy }>({
  kubelet: async ({ rig }, use) => {
    const kubelet = await Kubelet.start(rig);
    await use(kubelet);
    await kubelet.stop();
  },
  served: async ({ rig }, use) => {
    rig.holdLease();
    rig.createInstallation("0.1.15");
    rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
    await use(await rig.proxy());
  },
});

const lines = (page: Page): Locator => page.getByRole("log", { name: "Lines" });
const reading = (page: Page): Locator => page.getByLabel("Reading");
const follow = (page: Page): Locator => page.getByRole("button", { name: /^Follow/ });

/** The texts of the rows in the page, in order. */
async function texts(page: Page): Promise<string[]> {
  return lines(page).locator(".log-row:not(.log-probe) .log-text").allTextContents();
}

async function open(page: Page, proxy: Proxy, query = ""): Promise<void> {
  await page.goto(`${proxy.url}#/troubleshooting/logs${query && `?${query}`}`);
}

test("pods are merged by time, followed, and those born later join", async ({ page, kubelet, served }) => {
  kubelet.run("alpha");
  kubelet.run("beta");
  kubelet.write("alpha", ["first of alpha"], { ago: 5000 });
  kubelet.write("beta", ["first of beta"], { ago: 4000 });
  kubelet.write("alpha", ["second of alpha"], { ago: 3000 });
  await open(page, served);
  await expect(reading(page)).toHaveText("Following 2 containers: 3 lines.");
  expect(await texts(page)).toEqual(["first of alpha", "first of beta", "second of alpha"]);
  await expect(lines(page)).toContainText("alpha");

  await expect.poll(() => kubelet.followers("beta")).toBe(1);
  kubelet.write("beta", ["written while followed"]);
  await expect(lines(page)).toContainText("written while followed");

  kubelet.run("gamma");
  kubelet.write("gamma", ["from a pod born later"]);
  await expect(lines(page)).toContainText("from a pod born later");
  await expect(reading(page)).toHaveText("Following 3 containers: 5 lines.");
});

test("a cut connection is taken up where it broke, without a line lost or told twice", async ({ page, kubelet, served }) => {
  kubelet.run("alpha");
  kubelet.write("alpha", ["one", "two"]);
  await open(page, served, "of=pod/alpha");
  await expect.poll(() => kubelet.followers("alpha")).toBe(1);
  kubelet.cut();
  kubelet.write("alpha", ["three"]);
  await expect(lines(page)).toContainText("three");
  await expect.poll(() => kubelet.followers("alpha")).toBe(1);
  kubelet.write("alpha", ["four"]);
  await expect(lines(page)).toContainText("four");
  expect(await texts(page)).toEqual(["one", "two", "three", "four"]);
  expect(kubelet.asked.some(({ query }) => query.has("sinceTime"))).toBe(true);
});

test("no connection of the six to the host is held", async ({ page, kubelet, served }) => {
  const pods = Array.from({ length: 8 }, (_, index) => `pod-${index}`);
  for (const pod of pods) kubelet.run(pod);
  for (const pod of pods) kubelet.write(pod, [`hello of ${pod}`]);
  await open(page, served);
  await expect(reading(page)).toHaveText("Following 8 containers: 8 lines.");
  for (const pod of pods) await expect.poll(() => kubelet.followers(pod)).toBe(1);
  const answers = await page.evaluate(() =>
    Promise.all(Array.from({ length: 6 }, () => fetch("/version").then((it) => it.status))),
  );
  expect(answers).toEqual(Array(6).fill(200));
});

test("levels, search and expressions take lines; traces are folded", async ({ page, kubelet, served }) => {
  kubelet.run("alpha");
  kubelet.write("alpha", [
    "INFO starting",
    '{"level":"warn","msg":"slow answer","ms":2104}',
    "ERROR could not save",
    "java.lang.IllegalStateException: closed",
    "\tat a.b.C.run(C.java:17)",
    "\tat a.b.C.main(C.java:3)",
    "Caused by: java.io.IOException: disk is full",
    "\tat a.b.D.write(D.java:5)",
    "INFO job 17 done",
  ]);
  await open(page, served, "of=pod/alpha");
  await expect(reading(page)).toHaveText("Following 1 container: 9 lines.");
  expect(await texts(page)).toHaveLength(6);
  await lines(page).getByRole("button", { name: "▸ 2 lines" }).click();
  await expect(lines(page)).toContainText("at a.b.C.run(C.java:17)");
  await lines(page).getByRole("button", { name: "▾ 2 lines" }).click();
  await expect(lines(page)).not.toContainText("at a.b.C.run(C.java:17)");

  await page.getByRole("checkbox", { name: "info" }).uncheck();
  await expect(lines(page)).not.toContainText("INFO starting");
  await page.getByRole("checkbox", { name: "info" }).check();

  const search = page.getByRole("searchbox", { name: "Search the lines" });
  await search.fill("SLOW");
  await expect.poll(() => texts(page)).toHaveLength(1);
  await expect(lines(page).locator("mark")).toHaveText("slow");
  await page.getByRole("checkbox", { name: "Regular expression" }).check();
  await search.fill("job \\d+|D\\.java");
  await expect.poll(async () => (await texts(page)).map((it) => it.trim())).toEqual(["at a.b.D.write(D.java:5)", "INFO job 17 done"]);
  await expect(lines(page).locator("mark")).toHaveText(["D.java", "job 17"]);
  await page.getByRole("checkbox", { name: "Show all lines" }).check();
  await expect.poll(() => texts(page)).toHaveLength(7);
  await expect(lines(page).locator("mark")).toHaveText(["D.java", "job 17"]);
  await page.getByRole("checkbox", { name: "Show all lines" }).uncheck();
  await search.fill("(never closed");
  await expect(page.getByRole("status").filter({ hasText: "No regular expression" })).toHaveText(
    "No regular expression: a ( or [ is not closed.",
  );
  await search.fill("nothing of the kind");
  await expect(page.getByText("None of 9 lines is shown")).toBeVisible();
  await search.fill("");

  await page.getByRole("checkbox", { name: "Unfold traces" }).check();
  await expect.poll(() => texts(page)).toHaveLength(9);
  await passes(page, "logs");
  await page.getByRole("checkbox", { name: "Unfold traces" }).uncheck();
  const time = lines(page).locator(".log-row:not(.log-probe) .log-time").first();
  await expect(time).toHaveText(/^\d\d:\d\d:\d\d/);
  await page.getByRole("checkbox", { name: "Times" }).uncheck();
  await expect(time).toBeHidden();

  await page.getByRole("checkbox", { name: "Read JSON" }).check();
  await expect(lines(page)).toContainText("slow answer  ms=2104");
  await page.getByRole("checkbox", { name: "Read JSON" }).uncheck();
  await lines(page).getByRole("button", { name: "{…}" }).click();
  const line = page.getByRole("dialog", { name: "A line of the log" });
  await expect(line.getByLabel("Fields")).toContainText("ms: 2104");
  await line.getByRole("button", { name: "Close" }).first().click();
  await expect(line).toBeHidden();
});

test("what is hostile stays text", async ({ page, kubelet, served }) => {
  kubelet.run("alpha");
  const megabyte = "x".repeat((1 << 20) - 40);
  kubelet.write("alpha", [
    `<img src=x onerror="window.harmed=1"><b>bold</b>`,
    "\u001b[31mred\u001b[0m and \u001b]0;title\u0007plain \u001b[2J",
    "user\u202egnp.exe",
    Buffer.from([0x62, 0x61, 0x64, 0xff, 0xfe]),
    "carriage\rreturn",
    megabyte,
    "after all that",
  ]);
  await open(page, served, "of=pod/alpha");
  await expect(lines(page)).toContainText("after all that");
  const shown = await texts(page);
  expect(shown[0]).toBe(`<img src=x onerror="window.harmed=1"><b>bold</b>`);
  expect(shown[1]).toBe("red and plain ");
  expect(shown[2]).toBe("user\\u{202e}gnp.exe");
  expect(shown[3]).toBe("bad\ufffd\ufffd");
  expect(shown[4]).toBe("carriage␍return");
  expect(shown[5]).toMatch(/^x{2000}… 1,046,5\d\d more bytes$/);
  const red = lines(page).locator(".c1");
  await expect(red).toHaveText("red");
  const colour = (it: Locator) => it.evaluate((it) => getComputedStyle(it).color);
  expect(await colour(red)).not.toBe(await colour(lines(page).locator(".log-text").last()));
  await expect(reading(page)).toHaveText("Following 1 container: 7 lines. 1 with bytes that are no text, shown as �.");
  await page.getByRole("checkbox", { name: "Wrap" }).check();
  await expect(lines(page)).toContainText("after all that");
  expect(await page.evaluate(() => "harmed" in window)).toBe(false);
  await expect(page.locator("img, b")).toHaveCount(0);
});

test("reading on is paused by scrolling up, and the lines behind are counted", async ({ page, kubelet, served }) => {
  kubelet.run("alpha");
  kubelet.write("alpha", Array.from({ length: 500 }, (_, index) => `line ${index}`));
  await open(page, served, "of=pod/alpha");
  await expect(lines(page)).toContainText("line 499");
  await expect.poll(() => kubelet.followers("alpha")).toBe(1);
  await lines(page).hover();
  await page.mouse.wheel(0, -4000);
  await expect(follow(page)).toHaveText("Follow");
  const before = await texts(page);
  kubelet.write("alpha", ["later 1", "later 2"]);
  await expect(follow(page)).toHaveText("Follow: 2 lines behind");
  expect(await texts(page)).toEqual(before);
  await follow(page).click();
  await expect(lines(page)).toContainText("later 2");
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await page.getByRole("button", { name: "Pause" }).click();
  kubelet.write("alpha", ["later 3"]);
  await expect(follow(page)).toHaveText("Follow: 1 line behind");
  await lines(page).press("Control+End");
});

test("bursts are followed to their end, also while older lines join from elsewhere", async ({ page, kubelet, served }) => {
  const many = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index} of a burst of lines`);
  const last = (name: string) => lines(page).locator(".log-row", { hasText: name });
  kubelet.run("alpha");
  kubelet.write("alpha", many("alpha", 60_000));
  await open(page, served, "from=all");
  await expect(last("alpha 59999")).toBeInViewport();
  await expect.poll(() => kubelet.followers("alpha")).toBe(1);
  for (const burst of [3, 5_000, 1, 20_000, 40]) {
    kubelet.write("alpha", many(`burst-${burst}`, burst));
    await expect(last(`burst-${burst} ${burst - 1} `)).toBeInViewport();
    await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  }
  // Born later, with lines from before all others: everything after them is laid out anew.
  for (const name of ["beta", "gamma"]) {
    kubelet.run(name);
    kubelet.write(name, many(name, 100_000), { ago: 3_600_000 });
  }
  await expect(reading(page)).toHaveText("Following 3 containers: 285,044 lines.", { timeout: 60_000 });
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(last("burst-40 39 ")).toBeInViewport();
  kubelet.write("alpha", ["the very last"]);
  await expect(last("the very last")).toBeInViewport();
});

test("what cannot be read is counted and told", async ({ page, rig, kubelet, served }) => {
  kubelet.run("alpha");
  kubelet.refuse = { status: 500, words: "the disk of the node is gone" };
  rig.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "waits" },
    spec: { nodeName: kubelet.node, containers: [{ name: "waits", image: "registry.invalid/x" }] },
  });
  rig.kubectl(["wait", "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}", "pod/waits", "--timeout=60s"]);
  await open(page, served);
  await expect(reading(page)).toContainText("1 not started yet. 1 could not be read.");
  await page.getByText("Not read: 2").click();
  await expect(page.getByRole("listitem").filter({ hasText: "alpha:" })).toContainText("disk of the node is gone");
  await expect(page.getByRole("listitem").filter({ hasText: "waits:" })).toContainText("has not started");
  kubelet.refuse = undefined;
  kubelet.write("alpha", ["readable again"]);
  await expect(lines(page)).toContainText("readable again");
});

test("the operator's own, a previous run, a container, and a download", async ({ page, rig, kubelet, served }) => {
  rig.apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "rootcause-operator" },
    spec: {
      selector: { matchLabels: { app: "operator" } },
      template: {
        metadata: { labels: { app: "operator" } },
        spec: { nodeName: kubelet.node, containers: [{ name: "manager", image: "rig" }, { name: "sidecar", image: "rig" }] },
      },
    },
  });
  rig.kubectl(["wait", "--for=condition=Available", "deployment/rootcause-operator", "--timeout=60s"]);
  const [pod] = rig.kubectl(["get", "pods", "-l", "app=operator", "-o", "name"]).trim().split("\n");
  const name = pod.replace("pod/", "");
  kubelet.run("other");
  kubelet.write("other", ["of another pod"]);
  kubelet.write(name, ["of the manager"], { container: "manager" });
  kubelet.write(name, ["of the sidecar"], { container: "sidecar" });
  await open(page, served);
  await page.getByRole("combobox", { name: "Of" }).selectOption("The operator");
  await expect(lines(page)).toContainText("of the manager");
  await expect(lines(page)).toContainText("of the sidecar");
  await expect(lines(page)).not.toContainText("of another pod");
  await page.getByRole("combobox", { name: "Container" }).selectOption("sidecar");
  await expect(lines(page)).toContainText("of the sidecar");
  await expect(lines(page)).not.toContainText("of the manager");
  expect(new URL(page.url()).hash).toBe("#/troubleshooting/logs?container=sidecar&of=operator");

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^rootcause-logs-\d{4}-\d\d-\d\dT[\d-]+\.log$/);
  expect(readFileSync(await download.path(), "utf8")).toMatch(/^\d{4}-\d\d-\d\dT\S+Z of the sidecar\n$/);

  await page.getByRole("checkbox", { name: "Previous run" }).check();
  await expect(reading(page)).toContainText("1 without an earlier run");
});

test("the run before a restart, and how far back a log is read", async ({ page, rig, kubelet, served }) => {
  kubelet.run("alpha");
  kubelet.before("alpha", ["FATAL out of ideas"]);
  kubelet.write("alpha", ["of an hour ago"], { ago: 3_600_000 });
  kubelet.write("alpha", ["of this run"]);
  // As the kubelet tells once it has restarted a container.
  const pod = JSON.parse(rig.kubectl(["get", "pod", "alpha", "-o", "json"]));
  const finishedAt = new Date().toISOString().replace(/\.\d+/, "");
  const terminated = { exitCode: 1, reason: "Error", startedAt: finishedAt, finishedAt };
  Object.assign(pod.status.containerStatuses[0], { restartCount: 1, lastState: { terminated } });
  rig.kubectl(["replace", "--subresource", "status", "-f", "-"], JSON.stringify(pod));

  await open(page, served, "of=pod/alpha");
  await expect(lines(page)).toContainText("of this run");
  await page.getByRole("checkbox", { name: "Previous run" }).check();
  await expect(lines(page)).toContainText("FATAL out of ideas");
  await expect(lines(page)).not.toContainText("of this run");
  expect(kubelet.asked.at(-1)?.query.get("previous")).toBe("true");
  await page.getByRole("checkbox", { name: "Previous run" }).uncheck();
  await expect(lines(page)).toContainText("of an hour ago");

  await page.getByRole("combobox", { name: "Read" }).selectOption("last 15 minutes");
  await expect(lines(page)).toContainText("of this run");
  await expect(lines(page)).not.toContainText("of an hour ago");
  expect(kubelet.asked.some(({ query }) => query.get("sinceSeconds") === "900")).toBe(true);
  await page.getByRole("combobox", { name: "Read" }).selectOption("last 10,000 lines each");
  await expect(lines(page)).toContainText("of an hour ago");
  expect(kubelet.asked.some(({ query }) => query.get("tailLines") === "10000")).toBe(true);
});

test("half a million lines are read, scrolled through and searched, with a few rows in the page", async ({ page, kubelet, served }) => {
  kubelet.run("alpha");
  const number = (index: number) => String(index).padStart(6, "0");
  const words = "the quick brown fox jumps over the lazy dog and on";
  kubelet.write("alpha", Array.from({ length: 500_000 }, (_, index) => `INFO  request ${number(index)} took 12 ms: ${words}`));
  await open(page, served, "of=pod/alpha&from=all");
  await expect(reading(page)).toHaveText("Following 1 container: 500,000 lines.", { timeout: 60_000 });
  await expect(lines(page)).toContainText("request 499999");
  expect((await texts(page)).length).toBeLessThan(150);
  await lines(page).press("Home");
  await expect(lines(page)).toContainText("request 000000");
  await expect(follow(page)).toBeVisible();
  expect((await texts(page)).length).toBeLessThan(150);
  await page.getByRole("searchbox", { name: "Search the lines" }).fill("request 250000");
  await expect.poll(() => texts(page), { timeout: 60_000 }).toEqual([`INFO  request 250000 took 12 ms: ${words}`]);
});
