// The app in pages of somebody else's: as an element, in a React page, and in a frame. The pages are the samples of
// deploy/examples.
import { type Locator } from "@playwright/test";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { expect, shared, test, type Page, type Proxy } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

const EXAMPLES = join(import.meta.dirname, "../../../deploy/examples");
const ESBUILD = join(import.meta.dirname, "../node_modules/.bin/esbuild");

/** The proxy serves the samples beside the app. */
async function portal(): Promise<Proxy> {
  const proxy = await it().rig.proxy();
  cpSync(EXAMPLES, proxy.www, { recursive: true });
  return proxy;
}

/** What the page's own list says happened. */
function happened(page: Page): Locator {
  return page.getByRole("list", { name: "What happened" });
}

test("two elements on one page, which they leave as it is", async ({ page }) => {
  const proxy = await portal();
  const address = `${proxy.url}portal.html`;
  const open: boolean[] = [];
  page.on("websocket", (socket) => {
    const at = open.push(true) - 1;
    socket.on("close", () => (open[at] = false));
  });
  // What the page would have without the app.
  await page.goto(`${proxy.url}config.schema.json`);
  const globals = () => page.evaluate(() => Object.getOwnPropertyNames(window).filter((it) => !/^\d+$/.test(it)).sort());
  const before = await globals();
  await page.goto(`${address}#portals-own`);
  const [first, second] = [page.locator("#first"), page.locator("#second")];
  await expect(first.getByRole("heading", { level: 1 })).toHaveText("RootCause 0.1.15 is running. 0.1.20 is available.");
  await expect(second.getByRole("region", { name: "Versions" })).toBeVisible();

  await first.getByRole("link", { name: "Users" }).click();
  await expect(first.getByRole("heading", { level: 2, name: "Users" })).toBeVisible();
  await expect(first.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(second.getByRole("region", { name: "Versions" })).toBeVisible();
  await expect(happened(page)).toContainText("first navigated: #/users");
  await second.evaluate((it) => it.setAttribute("route", "/secrets"));
  await expect(second.getByRole("grid", { name: "Secrets" })).toBeVisible();

  // One writes, the other may not.
  await second.evaluate((it) => it.setAttribute("route", "/"));
  await expect(second.getByRole("button", { name: "Force reconcile" })).toBeDisabled();
  await first.evaluate((it) => it.setAttribute("route", "/"));
  await first.getByRole("button", { name: "Force reconcile" }).click();
  await first.getByRole("dialog").getByRole("button", { name: "Force reconcile" }).click();
  await expect(happened(page)).toContainText(/first action-done: PATCH \/apis\/\S+ 200 done/);
  await it().rig.phase("Ready", "0.1.15");
  await expect(happened(page)).toContainText("first phase-changed: Ready 0.1.15");

  const background = (element: Locator) =>
    element.locator(".embedded").evaluate((it) => getComputedStyle(it).backgroundColor);
  const dark = await background(second);
  expect(dark).not.toBe(await background(first));
  await first.evaluate((it) => it.setAttribute("theme", "dark"));
  await expect.poll(() => background(first)).toBe(dark);
  await first.getByRole("button", { name: "Commands" }).focus();
  await page.keyboard.press("Control+k");
  await expect(first.getByRole("dialog", { name: "Commands" })).toBeVisible();
  await expect(second.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("Escape");

  // The page is as it was.
  await expect(page).toHaveTitle("Portal");
  expect(page.url()).toBe(`${address}#portals-own`);
  const heading = page.locator("body > h1");
  await expect(heading).toHaveCSS("color", "rgb(102, 51, 153)");
  expect(await page.evaluate(() => document.documentElement.getAttributeNames())).toEqual(["lang"]);
  const added = (await globals()).filter((name) => !before.includes(name));
  // The ids of its own elements are the browser's doing.
  expect(added.filter((it) => !["first", "second"].includes(it))).toEqual([]);

  // Gone from the page, they are gone altogether.
  await page.evaluate(() => document.querySelectorAll("rootcause-admin").forEach((it) => it.remove()));
  await expect.poll(() => open.filter(Boolean).length).toBe(0);
  expect(open.length).toBeGreaterThan(0);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  // Longer than anything that the app asks for again and again, counted by the page's own clock.
  await page.evaluate(() => new Promise((done) => setTimeout(done, 6_000)));
  expect(asked).toEqual([]);
});

test("an element that comes back, and one that says what cannot be", async ({ page }) => {
  const proxy = await portal();
  await page.goto(`${proxy.url}portal.html`);
  const first = page.locator("#first");
  await expect(first.getByRole("heading", { level: 1 })).toContainText("is running.");
  await page.evaluate(() => {
    const element = document.querySelector("#first")!;
    element.remove();
    document.body.prepend(element);
  });
  await expect(first.getByRole("heading", { level: 1 })).toContainText("is running.");
  await first.evaluate((it) => it.setAttribute("installation", `${location.hash}/`));
  await expect(first.getByRole("alert")).toContainText("the attribute installation is to be NAMESPACE/NAME");
  await first.evaluate((it, namespace) => it.setAttribute("installation", `${namespace}/absent`), it().rig.namespace);
  await expect(first.getByRole("heading", { level: 1 })).toContainText("absent");
});

test("a React page", async ({ page }) => {
  const proxy = await portal();
  const built = spawnSync(
    ESBUILD,
    [join(EXAMPLES, "portal.jsx"), "--bundle", "--jsx=automatic", "--format=esm", `--outfile=${join(proxy.www, "react.js")}`],
    { cwd: join(import.meta.dirname, ".."), encoding: "utf8", env: { ...process.env, NODE_PATH: join(import.meta.dirname, "../node_modules") } },
  );
  expect(built.status, built.stderr).toBe(0);
  writeFileSync(
    join(proxy.www, "react.html"),
    '<!doctype html><title>React</title><div id="root"></div><script type="module" src="rootcause-admin.js"></script><script type="module" src="react.js"></script>',
  );
  await page.goto(`${proxy.url}react.html`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("is running.");
  await page.getByRole("button", { name: "Users", exact: true }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Users" })).toBeVisible();
  it().rig.patchStatus({ phase: "Degraded" });
  await expect(page.getByLabel("Phase")).toHaveText("Degraded 0.1.15");
  it().rig.patchStatus({ phase: "Ready" });
  await expect(page.getByLabel("Phase")).toHaveText("Ready 0.1.15");
  await page.getByRole("button", { name: "Hide" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(0);
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Users" })).toBeVisible();
});

test.describe("in a frame", () => {
  let server: Server;
  let origin: string;

  test.beforeAll(async () => {
    const types: Record<string, string> = { html: "text/html", js: "text/javascript" };
    server = createServer(({ url }, answer) => {
      const name = /^\/(frame\.(html|js))(\?|$)/.exec(url ?? "");
      if (!name) return void answer.writeHead(404).end();
      answer.writeHead(200, { "content-type": types[name[2]] }).end(readFileSync(join(EXAMPLES, name[1])));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  test.afterAll(() => server.close());

  async function open(page: Page, framedBy: string[]) {
    const { url } = await it().rig.proxy({ config: { framedBy } });
    await page.goto(`${origin}/frame.html?app=${encodeURIComponent(url)}`);
    const frame = page.frameLocator("iframe");
    await expect(frame.getByRole("heading", { level: 1 })).toContainText("is running.");
    return frame;
  }

  test("a page that may hears what happens, and says where to go", async ({ page }) => {
    const frame = await open(page, ["https://other.example", origin]);
    await expect(happened(page)).toContainText("ready:");
    await page.getByRole("button", { name: "Users" }).click();
    await expect(frame.getByRole("heading", { level: 2, name: "Users" })).toBeVisible();
    await expect(happened(page)).toContainText("navigated: #/users");
    await page.getByRole("button", { name: "Dark" }).click();
    await expect(frame.locator("html")).toHaveAttribute("data-theme", "dark");
    it().rig.patchStatus({ phase: "Degraded" });
    await expect(happened(page)).toContainText("phase-changed: Degraded 0.1.15");
    it().rig.patchStatus({ phase: "Ready" });
  });

  test("a page that may not hears nothing and is not heeded", async ({ page }) => {
    const frame = await open(page, ["https://other.example"]);
    await page.getByRole("button", { name: "Users" }).click();
    // Its own navigation comes after that message.
    await frame.getByRole("link", { name: "Secrets" }).click();
    await expect(frame.getByRole("grid", { name: "Secrets" })).toBeVisible();
    await expect(frame.getByRole("heading", { level: 2, name: "Users" })).toHaveCount(0);
    await expect(happened(page).getByRole("listitem")).toHaveCount(0);
  });
});
