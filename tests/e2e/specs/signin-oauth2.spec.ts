// Signing in behind the chart's oauth2-proxy, at an OpenID Connect provider that the API server trusts: the whole way, with
// the real programs.
import { PASSWORD } from "../oauth2.ts";
import { connection, expect, review, section, sentence, shared, test, type Hosted, type Page } from "../test.ts";

let hosted: Hosted & { issuer: string };
const it = shared(async (rig) => {
  await rig.install("0.1.15");
  hosted = await rig.oauth2(["ana", "bo"]);
  rig.grant("oidc:ana", [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
});

// The provider's certificate is the rig's own.
test.use({ ignoreHTTPSErrors: true });

/** Signs in on the provider's page, which is open. */
async function signIn(page: Page, name: string): Promise<void> {
  await expect(page).toHaveURL((url) => url.href.startsWith(hosted.issuer));
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Login" }).click();
}

test("one signs in at the provider, and acts as oneself", async ({ page }) => {
  const { rig } = it();
  await page.goto(hosted.url);
  await signIn(page, "ana");
  await expect(sentence(page)).toContainText("RootCause 0.1.15 is running.");
  await expect(connection(page)).toHaveText("live");
  await expect(page.getByRole("banner")).toContainText("oidc:ana");
  // The page never sees the session, let alone a token.
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toContain("eyJ");
  expect(await page.evaluate(() => document.cookie)).toBe("");
  const cookies = (await page.context().cookies(hosted.url)).filter((it) => it.name.startsWith("__Host-rootcause-admin"));
  expect(cookies).not.toEqual([]);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax" });
  // Another page's request is refused though it carries the session.
  const session = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") };
  const ask = (headers: object) => fetch(`${hosted.url}k8s/version`, { headers: { ...session, ...headers } }).then((it) => it.status);
  expect(await ask({})).toBe(200);
  expect(await ask({ origin: "https://elsewhere.example" })).toBe(403);

  const dialog = await review(page, "0.1.16");
  await dialog.getByRole("textbox").fill("signed in by the company");
  // The session is over, and the next request says so: the draft waits while one signs in again, in another tab.
  await page.context().clearCookies();
  rig.patchStatus({ lastError: "something to read" });
  const again = page.getByRole("dialog", { name: "You are signed out" });
  await expect(again).toBeVisible({ timeout: 60_000 });
  const opened = page.waitForEvent("popup");
  await again.getByRole("link", { name: "Sign in at your identity provider" }).click();
  const other = await opened;
  await signIn(other, "ana");
  await expect(sentence(other)).toContainText("RootCause 0.1.15 is running.");
  await expect(other).toHaveURL(/#\/releases$/);
  await other.close();
  rig.patchStatus({ lastError: null });
  await expect(again).toBeHidden({ timeout: 60_000 });
  await expect(dialog.getByRole("textbox")).toHaveValue("signed in by the company");
  await dialog.getByRole("button", { name: /^Request upgrade to 0\.1\.16$/ }).click();
  await expect(dialog).toBeHidden();
  await rig.phase("Ready", "0.1.16");
  expect(rig.requests()[0]).toMatchObject({ who: "oidc:ana", to: "0.1.16", why: "signed in by the company" });
});

test("who has no rights in the cluster is told so, by name", async ({ page }) => {
  await page.goto(hosted.url);
  await signIn(page, "bo");
  await expect(page.getByRole("main")).toContainText("You may not");
  await expect(page.getByRole("main")).toContainText("oidc:bo");
  await expect(section(page, "Workloads")).toBeHidden();
});

test("the API is told that there is no session, and is not sent to a page", async () => {
  const answer = await fetch(`${hosted.url}k8s/version`, { redirect: "manual" });
  expect(answer.status).toBe(401);
  expect((await fetch(hosted.url, { redirect: "manual" })).headers.get("location")).toContain(hosted.issuer);
});
