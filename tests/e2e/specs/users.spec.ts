// Users: who may enter and who administers, one by one or many at once, beside what others change meanwhile.
import { expect, section, sentence, shared, test, type Locator, type Page } from "../test.ts";

// No operator: what became of each user is what the tests say.
const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
});

const START = [
  { email: "ada@example.com", firstName: "Ada", lastName: "Lovelace", admin: true },
  { email: "grace@example.com", firstName: "Grace", lastName: "Hopper" },
];

const auth = () => it().rig.installation().spec.auth;
const emails = () => auth().users.map((user: { email: string }) => user.email);
const grid = (page: Page) => page.getByRole("grid", { name: "Users" });
const row = (page: Page, email: string) => grid(page).getByRole("row").filter({ hasText: email });

async function open(page: Page): Promise<void> {
  const { rig, proxy } = it();
  rig.patch({ spec: { auth: { mode: "managed", users: START, platformAdminEmails: ["ada@example.com"], oidc: null } } });
  rig.patchStatus({ users: START.map(({ email }) => ({ email, state: "Active" })) });
  await page.goto(`${proxy.url}#/users`);
  await expect(row(page, "ada@example.com")).toContainText("Active");
}

/** Presses the one button of the review and waits until it is done. */
async function confirm(page: Page, verb: string): Promise<void> {
  const review = page.getByRole("dialog", { name: "Review who may enter" });
  await expect(review.getByRole("list", { name: "Changes" })).toBeVisible();
  await review.getByRole("button", { name: verb, exact: true }).click();
  await expect(review).toBeHidden();
}

async function add(page: Page, email: string): Promise<Locator> {
  await page.getByRole("button", { name: "Add user…" }).click();
  const form = page.getByRole("dialog", { name: "Add a user" });
  await form.getByRole("textbox", { name: "Email" }).fill(email);
  return form;
}

test("a user is added, edited and removed, with what the operator says of it", async ({ page }) => {
  await open(page);
  const { rig } = it();
  await expect(sentence(page)).toHaveText("2 users, 1 of them an admin; all accounts are there.");
  const form = await add(page, "bo@example.com");
  await form.getByRole("textbox", { name: "First name" }).fill("Bo");
  await form.getByRole("button", { name: "Review…" }).click();
  await confirm(page, "Add bo@example.com");
  await expect(row(page, "bo@example.com")).toContainText("not told yet");
  rig.patchStatus({ users: [{ email: "bo@example.com", state: "Creating" }] });
  await expect(row(page, "bo@example.com")).toContainText("Creating");
  rig.patchStatus({ users: [{ email: "bo@example.com", state: "Error", message: "no mailbox" }] });
  await expect(row(page, "bo@example.com")).toContainText("no mailbox");
  await expect(sentence(page)).toContainText("The operator has trouble with bo@example.com: no mailbox.");

  await page.getByRole("button", { name: "Edit bo@example.com" }).click();
  const edit = page.getByRole("dialog", { name: "Edit bo@example.com" });
  await edit.getByRole("checkbox", { name: "Administers the platform" }).check();
  await edit.getByRole("button", { name: "Review…" }).click();
  await confirm(page, "Change bo@example.com");
  expect(auth().users.find((user: { email: string }) => user.email === "bo@example.com")).toEqual({
    email: "bo@example.com",
    firstName: "Bo",
    admin: true,
  });

  await page.getByRole("button", { name: "Remove bo@example.com" }).click();
  await confirm(page, "Remove bo@example.com");
  expect(emails()).toEqual(START.map((user) => user.email));
  rig.patchStatus({ users: [{ email: "bo@example.com", state: "Removing" }] });
  await expect(row(page, "bo@example.com")).toContainText("Removing");
  expect(rig.requests()[0].action).toBe("users");
});

test("addresses are checked, and told apart whatever their case", async ({ page }) => {
  await open(page);
  const form = await add(page, "nobody");
  await expect(form.getByRole("alert")).toHaveText("An email address looks like name@example.com.");
  await form.getByRole("textbox", { name: "Email" }).fill("ADA@Example.com");
  const review = form.getByRole("button", { name: "Review…" });
  await expect(review).toHaveAccessibleDescription("ADA@Example.com is in the list already.");
});

test("the last admin is not removed unnoticed", async ({ page }) => {
  await open(page);
  it().rig.patch({ spec: { auth: { platformAdminEmails: [] } } });
  await expect(section(page, "Platform admin emails")).toContainText("There are none.");
  await page.getByRole("button", { name: "Remove ada@example.com", exact: true }).click();
  const review = page.getByRole("dialog", { name: "Review who may enter" });
  await expect(review.getByText("This is the last admin: nobody can administer the platform afterwards.")).toBeVisible();
  await expect(review.getByRole("alert")).toContainText("at least one user must be an admin");
  expect(emails()).toContain("ada@example.com");
});

test("many at once, with a preview", async ({ page }) => {
  await open(page);
  await section(page, "Users").getByRole("button", { name: "Paste or CSV…" }).click();
  const form = page.getByRole("dialog", { name: "Add users" });
  await form.getByRole("textbox").fill("bo@example.com; cy@example.com\nADA@example.com\nBo@Example.com\nno address");
  await expect(form.getByRole("list", { name: "Preview" }).getByRole("listitem")).toHaveText([
    "line 1: bo@example.com new",
    "line 1: cy@example.com new",
    "line 2: ada@example.com is there already",
    "line 3: Bo@Example.com is there twice, taken once",
    "line 4: no address An email address has no white space.",
  ]);
  const csv = "email,first name,last name,admin\ndi@example.com,Di,Vine,yes\ngrace@example.com,Grace,Hopper,yes\n";
  await form.getByLabel("CSV file").setInputFiles({ name: "users.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await expect(form.getByRole("list", { name: "Preview" }).getByRole("listitem")).toHaveText([
    "line 2: di@example.com new, an admin",
    "line 3: grace@example.com changes the one that is there",
  ]);
  await form.getByRole("button", { name: "Review 2 changes…" }).click();
  await confirm(page, "Make 2 changes");
  expect(auth().users.filter((user: { admin: boolean }) => user.admin)).toHaveLength(3);
});

test("what somebody else changes meanwhile stays, and the same address is not overwritten", async ({ page }) => {
  await open(page);
  const { rig } = it();
  const review = async () => {
    const dialog = page.getByRole("dialog", { name: "Review who may enter" });
    await expect(dialog.getByRole("list", { name: "Changes" })).toBeVisible();
    return dialog;
  };
  await page.getByRole("button", { name: "Remove grace@example.com" }).click();
  const other = await review();
  rig.patch({ spec: { auth: { users: [...START, { email: "eve@example.com" }] } } });
  await other.getByRole("button", { name: "Remove grace@example.com" }).click();
  await expect(other).toBeHidden();
  expect(emails()).toEqual(["ada@example.com", "eve@example.com"]);

  await page.getByRole("button", { name: "Remove eve@example.com" }).click();
  const same = await review();
  rig.patch({ spec: { auth: { users: [START[0], { email: "eve@example.com", firstName: "Eve" }] } } });
  await same.getByRole("button", { name: "Remove eve@example.com" }).click();
  await expect(same.getByRole("alert")).toContainText("Somebody else changed it first.");
  expect(emails()).toContain("eve@example.com");
});

test("an external identity provider: the admins, where they go, and what the provider must know", async ({ page }) => {
  await open(page);
  const { rig } = it();
  const signIn = section(page, "Sign-in");
  const away = signIn.getByRole("button", { name: "Switch to an external identity provider…" });
  await expect(away).toHaveAccessibleDescription(/Set the identity provider's issuer/);
  rig.patch({
    spec: { auth: { oidc: { issuer: "https://login.example.com", clientId: "rc", clientSecretRef: { name: "rootcause-oidc" } } } },
  });
  await away.click();
  const review = page.getByRole("dialog", { name: "Review who may enter" });
  await expect(review).toContainText("The accounts of the users listed here are no longer used");
  await confirm(page, "Switch to an external identity provider");
  await expect(sentence(page)).toContainText("Users sign in at https://login.example.com. 1 platform admin.");
  await expect(signIn).toContainText("https://rootcause.example.com/*");

  const pods = (value: string) =>
    rig.apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "platform" },
      spec: {
        selector: { matchLabels: { app: "platform" } },
        template: {
          metadata: { labels: { app: "platform" } },
          spec: { containers: [{ name: "main", image: "registry.example/a:1", env: [{ name: "PLATFORM_ADMIN_EMAILS", value }] }] },
        },
      },
    });
  pods("ada@example.com");
  const admins = section(page, "Platform admin emails");
  await expect(admins.getByRole("status")).toHaveText("The running pods of platform have them.");
  await page.getByRole("button", { name: "Add platform admin…" }).click();
  const form = page.getByRole("dialog", { name: "Add a platform admin" });
  await form.getByRole("textbox", { name: "Email" }).fill("bo@example.com");
  await form.getByRole("button", { name: "Review…" }).click();
  await confirm(page, "Add bo@example.com to the platform admin emails");
  await expect(admins.getByRole("status")).toContainText("do not have them yet");
  pods("ada@example.com,bo@example.com");
  await expect(admins.getByRole("status")).toHaveText("The running pods of platform have them.");
  await page.getByRole("button", { name: "Remove bo@example.com from the platform admins" }).click();
  await confirm(page, "Remove bo@example.com from the platform admin emails");
  expect(auth().platformAdminEmails).toEqual(["ada@example.com"]);
});

test("the operator makes the accounts", async ({ page, rig }) => {
  await rig.install("0.1.15");
  await page.goto(`${(await rig.proxy()).url}#/users`);
  await expect(row(page, "ada@example.com")).toContainText("Active");
  const form = await add(page, "bo@example.com");
  await form.getByRole("button", { name: "Review…" }).click();
  await confirm(page, "Add bo@example.com");
  await expect(row(page, "bo@example.com")).toContainText("Active", { timeout: 60_000 });
  await expect(sentence(page)).toHaveText("3 users, 1 of them an admin; all accounts are there.", { timeout: 60_000 });
});
