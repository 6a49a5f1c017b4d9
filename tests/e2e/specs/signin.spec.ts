// Signing in behind the chart's nginx with a pasted token: the first time, when it ends, and as somebody else.
import AxeBuilder from "@axe-core/playwright";
import { sideways } from "../looks.ts";
import { connection, expect, review, section, sentence, shared, test, type Hosted, type Page, type Rig } from "../test.ts";

let hosted: Hosted;
const it = shared(async (rig) => {
  await rig.install("0.1.15");
  hosted = await rig.nginx();
  for (const name of ["ana", "bo"]) {
    rig.grant(account(rig, name), [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
  }
});

/** What the API server calls this ServiceAccount. */
const account = (rig: Rig, name: string) => `system:serviceaccount:${rig.namespace}:${name}`;

async function signIn(page: Page, token: string): Promise<void> {
  const form = page.getByRole("form", { name: "Sign in with a token" });
  await form.getByLabel("Bearer token").fill(token);
  await form.getByRole("button", { name: "Sign in with this token" }).click();
}

test("one who is not signed in says who they are, and gets the page that was asked for", async ({ page }) => {
  const { rig } = it();
  await page.goto(`${hosted.url}#/releases`);
  await expect(sentence(page)).toHaveText("You are signed out.");

  await signIn(page, "two words");
  await expect(page.getByRole("alert")).toContainText("This is no bearer token");
  await signIn(page, "not-a-token");
  await expect(page.getByRole("alert")).toContainText("The API server does not take this token.");

  const token = rig.token("ana");
  await signIn(page, `Bearer ${token}\n`);
  await expect(section(page, "Versions")).toBeVisible();
  await expect(connection(page)).toHaveText("live");
  await expect(page).toHaveURL(/#\/releases$/);
  const who = page.getByRole("button", { name: account(rig, "ana") });
  await expect(who).toContainText(/\d+ min left/);

  await who.click();
  const about = page.getByRole("dialog", { name: "Who you are" });
  await expect(about).toContainText("system:serviceaccounts");
  await expect(about).toContainText("it stays in this tab's memory only");
  await page.keyboard.press("Escape");

  // Nothing of it is kept anywhere else.
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.title]));
  expect(kept).not.toContain(token.slice(0, 20));
  await expect(page.locator("#token")).toHaveCount(0);
  await page.reload();
  await expect(sentence(page)).toHaveText("You are signed out.");
});

test("a token ends while a draft is open: sign in again over it, and go on where one was", async ({ page }) => {
  const { rig } = it();
  await page.goto(hosted.url);
  await signIn(page, rig.shortToken("ana", 20));
  await expect(page.getByRole("button", { name: account(rig, "ana") })).toContainText(/\d+ s left/);
  const host = page.getByRole("region", { name: "General" }).getByRole("textbox", { name: "Host" });
  await page.getByRole("link", { name: "Bootstrap", exact: true }).click();
  await host.fill("kept.example.com");
  const dialog = await review(page, "0.1.16");
  await dialog.getByRole("textbox").fill("because of the audit");
  await page.evaluate(() => Object.assign(window, { kept: true }));

  const again = page.getByRole("dialog", { name: "You are signed out" });
  await expect(again).toBeVisible({ timeout: 30_000 });
  await signIn(page, rig.token("ana"));
  await expect(again).toBeHidden();
  await expect(dialog.getByRole("textbox")).toHaveValue("because of the audit");
  await expect(page.getByRole("button", { name: account(rig, "ana") })).toContainText(/\d+ min left/);
  await dialog.getByRole("button", { name: /^Request upgrade to 0\.1\.16$/ }).click();
  await expect(dialog).toBeHidden();
  await rig.phase("Ready", "0.1.16");
  expect(rig.requests()[0]).toMatchObject({ who: account(rig, "ana"), to: "0.1.16", why: "because of the audit" });
  expect(await page.evaluate(() => "kept" in window)).toBe(true);

  // The draft of the configuration is still there, and after a reload and another sign-in, too.
  await page.getByRole("link", { name: "Bootstrap", exact: true }).click();
  await expect(host).toHaveValue("kept.example.com");
  await page.reload();
  await signIn(page, rig.token("ana"));
  await expect(host).toHaveValue("kept.example.com");
  await page.getByRole("button", { name: "Discard changes" }).click();
});

test("somebody else signs in, and is forgotten again", async ({ page }) => {
  const { rig } = it();
  await page.goto(hosted.url);
  await signIn(page, rig.token("ana"));
  await expect(connection(page)).toHaveText("live");
  await page.getByRole("button", { name: account(rig, "ana") }).click();
  await signIn(page, rig.token("bo"));
  await expect(page.getByRole("button", { name: account(rig, "bo") })).toBeVisible();
  await expect(connection(page)).toHaveText("live");
  await page.getByRole("button", { name: account(rig, "bo") }).click();
  await page.getByRole("button", { name: "Forget the token" }).click();
  await expect(sentence(page)).toHaveText("You are signed out.");
});

test("a token that is taken back: the next request says so, and a new one goes on", async ({ page }) => {
  const { rig } = it();
  rig.grant(account(rig, "cy"), [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
  await page.goto(hosted.url);
  await signIn(page, rig.token("cy"));
  await expect(connection(page)).toHaveText("live");
  rig.kubectl(["delete", "serviceaccount", "cy"]);
  const again = page.getByRole("dialog", { name: "You are signed out" });
  await expect(again).toBeVisible({ timeout: 60_000 });
  await signIn(page, rig.token("ana"));
  await expect(page.getByRole("button", { name: account(rig, "ana") })).toBeVisible();
  await expect(connection(page)).toHaveText("live");
});

test("where config.json names the proxy's own page, it opens beside and leads back to this place", async ({ page }) => {
  const { rig } = it();
  const { url } = await rig.nginx({ config: { signIn: "./oauth2/start?rd={return}" } });
  await page.goto(`${url}#/releases`);
  const link = page.getByRole("main").getByRole("link", { name: "Sign in at your identity provider" });
  // Without the host: a sign-in page leads back to its own one only.
  await expect(link).toHaveAttribute("href", `./oauth2/start?rd=${encodeURIComponent(`${new URL(url).pathname}#/releases`)}`);
  await expect(link).toHaveAttribute("target", "_blank");
});

test("signing in and what one is told of oneself pass axe, wide and narrow, light and dark", async ({ page }) => {
  const { rig } = it();
  rig.grant(account(rig, "dan"), [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }]);
  const token = rig.token("dan");
  for (const [width, colorScheme] of [
    [1440, "light"],
    [390, "dark"],
  ] as const) {
    {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto("about:blank");
      const check = async (name: string) => {
        await page.screenshot({ path: `results/screenshots/${name}-${width}-${colorScheme}.png` });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect.soft(violations.flatMap(({ id, nodes }) => nodes.map((it) => `${id}: ${it.html}`)), name).toEqual([]);
        expect.soft(await sideways(page), `${name} scrolls sideways`).toEqual([]);
      };
      await page.goto(hosted.url);
      await expect(sentence(page)).toHaveText("You are signed out.");
      await check("signed-out");
      await signIn(page, token);
      await expect(connection(page)).toHaveText("live");
      await page.getByRole("button", { name: account(rig, "dan") }).click();
      const about = page.getByRole("dialog", { name: "Who you are" });
      await expect(about).toContainText("system:authenticated");
      await check("account");
      await about.getByRole("button", { name: "Activity of this tab" }).click();
      await expect(page.getByRole("dialog", { name: "Activity of this tab" })).toBeVisible();
      await check("activity");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /rights? (is|are) missing$/ }).click();
      await expect(page.getByRole("dialog", { name: "What you may not do" })).toBeVisible();
      await check("missing-rights");
    }
  }
});
