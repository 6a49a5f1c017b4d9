// Every state has a designed page: what is so, why, what to do, and by itself onward where that is possible.
import { connection, expect, fault, NAME, section, sentence, shared, step, test } from "../test.ts";

const RESOURCE = "rootcauseinstallations.platform.rootcause.dev";
const READ = ["get", "list", "watch"];
const INSTALLATIONS = { apiGroups: ["platform.rootcause.dev"], resources: ["rootcauseinstallations"] };

test("no such kind in the cluster", async ({ page, rig }) => {
  await page.goto((await rig.proxy({ config: { kind: "NoSuchKind" } })).url);
  await expect(sentence(page)).toHaveText("The RootCause operator is not installed in this cluster.");
  await expect(page.getByRole("main")).toContainText("NoSuchKind");
  await expect(page.getByRole("main")).toContainText("config.json");
});

test("the CRD, but no installation: the page opens by itself when there is one", async ({ page, rig }) => {
  await page.goto((await rig.proxy()).url);
  await expect(sentence(page)).toHaveText(`There is no installation ${NAME} in namespace ${rig.namespace}.`);
  rig.createInstallation("0.1.15");
  await expect(section(page, "Conditions")).toContainText("The operator reports no conditions.");
  await expect(sentence(page)).toContainText(/operator/);
});

test("no right to see the installation: the right is named and a Role offered", async ({ page, rig }) => {
  rig.createInstallation("0.1.15");
  await page.goto((await rig.proxy({ as: "nobody@example.com" })).url);
  await expect(sentence(page)).toHaveText(`You may not see installation ${NAME} in namespace ${rig.namespace}.`);
  const main = page.getByRole("main");
  await expect(main).toContainText(`cannot list resource "rootcauseinstallations"`);
  const role = main.getByText(/^apiVersion: rbac\.authorization\.k8s\.io\/v1\nkind: Role\n/);
  await expect(role).toContainText("nobody@example.com");
  // What is offered is enough to open the page.
  rig.apply((await role.textContent()) ?? "");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(section(page, "Conditions")).toBeVisible();
});

fault(
  "nothing answers when the page is opened",
  "all",
  "The page says so, and opens by itself once the API server answers.",
  async ({ page, rig }) => {
    rig.createInstallation("0.1.15");
    const line = await rig.line(await rig.proxy());
    line.down();
    await page.goto(line.url);
    await expect(sentence(page)).toHaveText("The API server cannot be reached.");
    line.up();
    await expect(section(page, "Conditions")).toBeVisible({ timeout: 30_000 });
    await expect(connection(page)).toHaveText("live");
    // Who one is, is asked again as well: a request names who made it.
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toHaveCount(0);
  },
);

fault(
  "a sign-in page with 200, at first and later",
  "all",
  "The page says that one is signed out and locks writes; its place is kept, and it goes on by itself.",
  async ({ page, rig }) => {
    rig.createInstallation("0.1.15");
    const line = await rig.line(await rig.proxy());
    line.signOut();
    await page.goto(`${line.url}#/releases`);
    await expect(sentence(page)).toHaveText("You are signed out.");
    await expect(page.getByRole("main")).toContainText("Sign in at your proxy");
    line.up();
    await expect(section(page, "Versions")).toBeVisible({ timeout: 30_000 });

    line.signOut();
    await expect(page.getByRole("alert").filter({ hasText: "A sign-in page answered" })).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole("button", { name: "Check for updates now" })).toBeDisabled();
    await expect(page).toHaveURL(/#\/releases$/);
    line.up();
    await expect(connection(page)).toHaveText("live", { timeout: 60_000 });
    await expect(page.getByRole("button", { name: "Check for updates now" })).toBeEnabled();
  },
);

test("a config.json with a mistake: line and field are named, and the page still opens", async ({ page, rig }) => {
  const configText = `{\n  "namespace": "${rig.namespace}",\n  "contract": {\n    "fields": { "phase": 7 }\n  }\n}\n`;
  await page.goto((await rig.proxy({ configText })).url);
  const problem = page.getByRole("alert").filter({ hasText: "config.json" });
  await expect(problem).toContainText("line 4");
  await expect(problem).toContainText("contract.fields.phase");
  await expect(sentence(page)).toContainText("installation rootcause in namespace rootcause");
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
});

test("a config.json that is no JSON", async ({ page, rig }) => {
  await page.goto((await rig.proxy({ configText: '{\n  "namespace": "x",\n}\n' })).url);
  await expect(page.getByRole("alert").filter({ hasText: "config.json" })).toContainText("line 3");
  await expect(sentence(page)).toBeVisible();
});

test("blocked by a missing secret, and on as soon as it is there", async ({ page, rig }) => {
  rig.startOperator();
  rig.createInstallation("0.1.15");
  await page.goto((await rig.proxy()).url);
  await expect(section(page, "Installation")).toContainText("Blocked");
  await expect(sentence(page)).toContainText(/regcred/);
  await expect(page.getByRole("note").filter({ hasText: "The operator waits for a secret." })).toContainText("regcred");
  await expect(step(page, "dependencies")).toContainText(/regcred/);
  rig.createSecrets();
  await expect(sentence(page)).toContainText("RootCause 0.1.15 is running.", { timeout: 60_000 });
  await expect(section(page, "Installation")).toContainText("Ready");
});

test.describe("of an installation that runs", () => {
  const it = shared((rig) => rig.install("0.1.15"));

  test("view only: every action is there, off, and says which right is missing", async ({ page }) => {
    const { rig } = it();
    rig.grant("viewer@example.com", [{ apiGroups: ["*"], resources: ["*"], verbs: READ }]);
    await page.goto((await rig.proxy({ as: "viewer@example.com" })).url);
    await expect(sentence(page)).toContainText("is running.");
    const missing = `You may not patch ${RESOURCE} named ${NAME} in namespace ${rig.namespace}`;
    const off = async (name: string) => {
      const button = page.getByRole("button", { name, exact: true });
      await expect(button).toBeDisabled();
      await expect(button).toHaveAccessibleDescription(new RegExp(missing));
      await button.dispatchEvent("click");
      await expect(page.getByRole("dialog")).toBeHidden();
    };
    await off("Force reconcile");
    await off("Review 0.1.20…");
    await expect(page.getByRole("main").getByText(missing)).toBeVisible();
    await page.getByRole("link", { name: /^Releases/ }).click();
    await page.getByRole("radio", { name: "Choose 0.1.16" }).check();
    await off("Request upgrade");
    await off("Check for updates now");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("force");
    const option = page.getByRole("option", { name: "Force reconcile" });
    await expect(option).toBeDisabled();
    await expect(option).toContainText(missing);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog", { name: "Commands" })).toBeVisible();
  });

  test("without the right to read secrets the history is not known, and not empty", async ({ page }) => {
    const { rig } = it();
    rig.grant("nosecrets@example.com", [
      { apiGroups: [""], resources: ["pods", "events"], verbs: READ },
      { apiGroups: ["apps", "coordination.k8s.io"], resources: ["*"], verbs: READ },
      { ...INSTALLATIONS, verbs: [...READ, "patch"] },
    ]);
    await page.goto((await rig.proxy({ as: "nosecrets@example.com" })).url);
    await expect(sentence(page)).toHaveText("RootCause 0.1.15 is running. 0.1.20 is available.");
    const releases = section(page, "Helm releases");
    await expect(releases).toContainText("Revisions are not known");
    await expect(releases).toContainText(/rootcause-platform\s*Version\s*0\.1\.15/);
    await page.getByRole("link", { name: /^Releases/ }).click();
    const history = section(page, "History");
    await expect(history).toContainText("The history is not known.");
    await expect(history).toContainText("list secrets");
    await expect(history).not.toContainText("Helm keeps no revision");
    await expect(page.getByRole("radio", { name: "Choose 0.1.16" })).toBeEnabled();
    await expect(connection(page)).toHaveText("live");
  });

  test("with the right to the installation alone nothing else is shown as none", async ({ page }) => {
    const { rig } = it();
    rig.grant("narrow@example.com", [{ ...INSTALLATIONS, verbs: READ }]);
    await page.goto((await rig.proxy({ as: "narrow@example.com" })).url);
    await expect(sentence(page)).toContainText("RootCause 0.1.15 is running.");
    await expect(section(page, "Workloads")).toContainText("Workloads are not known.");
    await expect(section(page, "Workloads")).not.toContainText("No workloads run");
    await expect(section(page, "Workloads")).not.toContainText("0 of 0");
    await expect(section(page, "Recent events")).toContainText("Events are not known.");
    await expect(page.getByText("No operator is running.")).toBeHidden();
    await expect(connection(page)).toHaveText("live");
  });

  test("an operator that is gone: what is asked is kept and said to be unseen", async ({ page }) => {
    const { rig, proxy } = it();
    await page.goto(proxy.url);
    await expect(sentence(page)).toContainText("is running.");
    await rig.stopOperator("SIGKILL");
    try {
      rig.patch({ spec: { version: "0.1.16" } });
      const unseen = page.getByRole("note").filter({ hasText: "Applied, not seen by the operator yet." });
      await expect(unseen).toContainText(/generation (\d+), the operator has seen (\d+)/);
      await expect(sentence(page)).toContainText("the operator has not seen it yet");
      await expect(step(page, "seen")).toContainText("under way");

      rig.ageLease(300);
      await expect(sentence(page)).toContainText("The operator is not running: its lease was last renewed 5 min ago.");
      await expect(page.getByRole("main")).toContainText("What you request is kept, and nothing happens until");
      await page.getByRole("button", { name: "Force reconcile" }).click();
      const dialog = page.getByRole("dialog", { name: "Review the forced reconcile" });
      await expect(dialog.getByRole("note").filter({ hasText: "No operator is running." })).toBeVisible();
      await page.keyboard.press("Escape");
    } finally {
      rig.startOperator();
    }
    await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.", { timeout: 60_000 });
    await expect(page.getByText("Applied, not seen by the operator yet.")).toBeHidden();
  });

  test("undeployed: said so, with the configuration kept, and back again", async ({ page }) => {
    const { rig, proxy } = it();
    const { version } = rig.installation().spec;
    await page.goto(proxy.url);
    await expect(sentence(page)).toContainText("is running.");
    rig.patch({ spec: { undeploy: true } });
    await expect(sentence(page)).toContainText("Undeploying");
    await expect(sentence(page)).toHaveText("RootCause is uninstalled; its configuration is kept.", { timeout: 60_000 });
    await expect(section(page, "Installation")).toContainText("Uninstalled");
    await expect(section(page, "Workloads")).toContainText("No workloads run in this namespace.");
    await rig.phase("Uninstalled");
    rig.patch({ spec: { undeploy: false } });
    await expect(sentence(page)).toContainText(`RootCause ${version} is running.`, { timeout: 60_000 });
  });
});
