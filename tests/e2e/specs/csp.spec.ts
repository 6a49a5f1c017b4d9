// The Content-Security-Policy: the page lives with the strictest one, and what does not belong is not run. Every other
// test holds it too: a violation is an error in the console.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, sentence, shared, test, type Page } from "../test.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const it = shared((rig) => rig.install("0.1.15"));

async function open(page: Page, url = it().proxy.url): Promise<void> {
  await page.goto(url);
  await expect(sentence(page)).toContainText("is running.");
}

/** Puts a byte that changes nothing but the digest at the end of the bundle's file with this ending. */
function tamper(folder: string, ending: string): void {
  const name = readdirSync(folder).find((it) => it.startsWith("app-") && it.endsWith(ending));
  const file = join(folder, name ?? "");
  // An empty custom section for WebAssembly, a line break for a script: both are valid.
  const harmless = ending === ".wasm" ? Buffer.from([0, 1, 0]) : Buffer.from("\n");
  writeFileSync(file, Buffer.concat([readFileSync(file), harmless]));
}

test("the page carries its policy, nothing in it is inline, and all is the page's own", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  await open(page);
  const policy = page.locator("meta[http-equiv=Content-Security-Policy]");
  await expect(policy).toHaveAttribute("content", POLICY);
  // It holds only for what comes after it.
  expect(await policy.evaluate((it) => it.previousElementSibling?.getAttribute("charset"))).toBe("utf-8");
  await expect(page.locator("script:not([src]), [onclick], [onload], [onerror]")).toHaveCount(0);
  await expect(page.locator("script, link[rel=stylesheet], link[rel=modulepreload]")).not.toHaveCount(0);
  // Whoever serves the app writes config.json: it has no digest of the build's.
  const digested = page.locator("script, link[rel=stylesheet], link[rel$=preload]:not([href='./config.json'])");
  await expect(digested.and(page.locator(":not([integrity])"))).toHaveCount(0);
  expect(new Set(asked.filter((it) => it !== "null"))).toEqual(new Set([new URL(it().proxy.url).origin]));
});

test("each file is fetched once: the preload is what starts", async ({ page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url().replace(/^.*\//, "")));
  await open(page);
  const programs = () => fetched.filter((it) => /\.(js|wasm)$/.test(it));
  expect(programs().filter((it) => it.startsWith("app-")).length).toBe(2);
  expect(programs()).toEqual([...new Set(programs())]);
  expect(fetched.filter((it) => it === "config.json")).toHaveLength(1);
});

for (const ending of [".wasm", ".js"]) {
  test(`a ${ending} that is not the built one does not run`, async ({ page, problems }) => {
    const proxy = await it().rig.proxy();
    tamper(proxy.www, ending);
    await page.goto(proxy.url);
    await expect(page.getByRole("alert")).toContainText("RootCause Admin could not be loaded");
    await expect(sentence(page)).toHaveCount(0);
    expect(problems.join()).toContain("valid digest");
    problems.length = 0;
  });
}

test("markup, eval, frames and other addresses are refused", async ({ page, problems }) => {
  await open(page);
  const refused = await page.evaluate(async () => {
    const tried: Record<string, unknown> = {
      markup: () => (document.createElement("p").innerHTML = "<b>x</b>"),
      "a policy": () => (window as any).trustedTypes.createPolicy("mine", { createHTML: (it: string) => it }),
      eval: () => (0, eval)("1"),
    };
    const outcome: Record<string, string> = {};
    // What a debugger runs itself may do anything: the page's own turn comes after it.
    await new Promise((done) => setTimeout(done));
    for (const [name, attempt] of Object.entries(tried)) {
      try {
        (attempt as () => unknown)();
        outcome[name] = "done";
      } catch {
        outcome[name] = "refused";
      }
    }
    const violated = (directive: string, attempt: () => void) =>
      new Promise<void>((done) => {
        const heard = (event: SecurityPolicyViolationEvent) => {
          if (event.effectiveDirective !== directive) return;
          document.removeEventListener("securitypolicyviolation", heard);
          outcome[directive] = "refused";
          done();
        };
        document.addEventListener("securitypolicyviolation", heard);
        attempt();
      });
    await violated("connect-src", () => void fetch("http://127.0.0.2:9/").catch(() => undefined));
    await violated("frame-src", () => {
      const frame = document.createElement("iframe");
      frame.src = "/api/v1/namespaces/default/services/evil/proxy/";
      document.body.append(frame);
    });
    return outcome;
  });
  expect(refused).toEqual({
    markup: "refused",
    "a policy": "refused",
    eval: "refused",
    "connect-src": "refused",
    "frame-src": "refused",
  });
  // These were the test's own.
  problems.length = 0;
});
