// The Roles of deploy/rbac, each by a user who has nothing else: every page opens and says what it may not know, and what
// the role is for can be done.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connection, expect, NAME, section, sentence, shared, test, type Page } from "../test.ts";

const RBAC = join(import.meta.dirname, "../../../deploy/rbac");
const PAGES = ["Status", "Releases", "Bootstrap", "Secrets", "Users", "Troubleshooting"];

const it = shared((rig) => rig.install("0.1.15"));

/** Binds these roles to a user of their own, and opens the app as them. */
async function as(page: Page, user: string, roles: string[]): Promise<void> {
  const { rig } = it();
  for (const role of roles) {
    const manifest = readFileSync(join(RBAC, `${role}.yaml`), "utf8").replaceAll("namespace: rootcause\n", `namespace: ${rig.namespace}\n`);
    rig.apply(manifest);
    const binding = `${user.split("@")[0]}-${role}`;
    rig.kubectl(["create", "rolebinding", binding, `--role=rootcause-admin-${role}`, `--user=${user}`]);
  }
  await page.goto((await rig.proxy({ as: user })).url);
  await expect(sentence(page)).toContainText("RootCause 0.1.15 is running.");
}

/** Opens every page and gives what stands on each. */
async function walk(page: Page): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  for (const name of PAGES) {
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await expect(page).toHaveTitle(`${name} · RootCause Admin`);
    await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
    await expect(connection(page)).toHaveText("live");
    said[name] = await page.getByRole("main").innerText();
    expect(said[name].length, name).toBeGreaterThan(20);
  }
  return said;
}

const patch = (namespace: string) =>
  `patch rootcauseinstallations.platform.rootcause.dev named ${NAME} in namespace ${namespace}`;

test("viewer: sees every page, no secret, and may do nothing; one click copies the Role that is missing", async ({ page }) => {
  const { rig } = it();
  await as(page, "vera@example.com", ["viewer"]);
  await expect(section(page, "Workloads").getByRole("listitem").first()).toBeVisible();
  const said = await walk(page);
  expect(said.Status).not.toContain("Workloads are not known");
  expect(said.Status).not.toContain("Events are not known");
  expect(said.Secrets).toContain("secrets");
  expect(said.Releases).toContain("The history is not known.");

  await page.getByRole("link", { name: "Status" }).click();
  const force = page.getByRole("button", { name: "Force reconcile", exact: true });
  await expect(force).toBeDisabled();
  await expect(force).toHaveAccessibleDescription(new RegExp(patch(rig.namespace)));
  // Pressed all the same, it says so where no pointer can hover.
  await force.click({ force: true });
  const refused = page.getByRole("status").filter({ hasText: patch(rig.namespace) });
  await expect(refused.getByRole("button", { name: "Copy the role" })).toBeVisible();

  await page.getByRole("banner").getByRole("button", { name: /^\d+ rights? (is|are) missing$/ }).click();
  const dialog = page.getByRole("dialog", { name: "What you may not do" });
  await expect(dialog).toContainText(patch(rig.namespace));
  await page.keyboard.press("Escape");

  // One click beside the reason copies what is missing for it, and that is enough.
  await page.getByRole("main").getByRole("button", { name: "Copy the role" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied." })).toBeVisible();
  const yaml = await page.evaluate(() => navigator.clipboard.readText());
  expect(yaml).toContain("kind: RoleBinding");
  expect(yaml).not.toContain("create");
  rig.apply(yaml);
  await page.reload();
  await expect(force).toBeEnabled();
  rig.kubectl(["delete", "rolebinding", "rootcause-admin"]);
});

test("operator: may ask for versions and reconciles, and sees no secret", async ({ page }) => {
  const { rig } = it();
  await as(page, "otto@example.com", ["viewer", "operator"]);
  const said = await walk(page);
  expect(said.Releases).toContain("The history is not known.");
  await page.getByRole("link", { name: "Status" }).click();
  await page.getByRole("button", { name: "Force reconcile", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /^Force reconcile/ }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => rig.requests()[0]?.who).toBe("otto@example.com");
  await rig.phase("Ready", "0.1.15");
  expect(() => rig.kubectl(["get", "secrets", "--as=otto@example.com"])).toThrow(/Forbidden/);
});

test("admin: nothing of the namespace is unknown, and secrets can be written", async ({ page }) => {
  await as(page, "ada@example.com", ["viewer", "operator", "admin"]);
  const said = await walk(page);
  // Nodes are the cluster's, which no role of a namespace reaches.
  for (const [name, words] of Object.entries(said)) expect(words, name).not.toMatch(/You may not .* in namespace/);
  expect(said.Releases).toContain("Install complete");
  await expect(page.getByRole("banner").getByRole("button", { name: /rights? (is|are) missing/ })).toBeHidden();
});

test("history: with it the viewer sees Helm's history", async ({ page }) => {
  await as(page, "hana@example.com", ["viewer", "history"]);
  await page.getByRole("link", { name: /^Releases/ }).click();
  await expect(page.getByRole("table", { name: "History of rootcause-platform" })).toContainText("Install complete");
});
