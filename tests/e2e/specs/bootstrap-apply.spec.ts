// Apply configuration: reviewed, judged by the API server field by field, sent once, with a choice where others manage.
import { applyConfiguration, expect, reviewConfiguration, section, sentence, takeOver, test, type Locator, type Page, type Rig } from "../test.ts";

/** An installation without an operator at work, open on Bootstrap. */
async function open(rig: Rig, page: Page): Promise<string> {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  const { url } = await rig.proxy();
  await page.goto(`${url}#/bootstrap`);
  await expect(sentence(page)).toHaveText(/The configuration is as it was applied\./);
  await expect(section(page, "General")).toBeVisible();
  return url;
}

function component(page: Page, name: string): Locator {
  return page.getByRole("group", { name, exact: true });
}

test("a changed field is reviewed, applied, and nothing else of the installation changes", async ({ rig, page }) => {
  await open(rig, page);
  const before = rig.installation();
  const replicas = component(page, "Platform").getByRole("textbox", { name: "Replicas" });
  await replicas.fill("3");
  await expect(sentence(page)).toHaveText("1 change is not applied yet.");
  const dialog = await reviewConfiguration(page);
  await takeOver(dialog);
  await expect(dialog.getByRole("list", { name: "Changes" })).toContainText("spec.components.platform.replicas1 → 3");
  await expect(dialog.getByRole("region", { name: "What restarts" })).toContainText("Platform is scaled");
  await expect(dialog).toContainText("kubectl patch rootcauseinstallations.");
  await applyConfiguration(dialog);
  await expect(sentence(page)).toHaveText(/The configuration is as it was applied\./);
  const after = rig.installation();
  expect(after.spec).toEqual({
    ...before.spec,
    components: { ...before.spec.components, platform: { ...before.spec.components.platform, replicas: 3 } },
  });
  expect(rig.requests()[0].action).toBe("configuration");
  const managed = JSON.parse(rig.kubectl(["get", rig.crd.kind, "rootcause", "-o", "json", "--show-managed-fields"]));
  const ours = managed.metadata.managedFields.find((it: any) => it.manager === "rootcause-admin" && it.operation === "Apply");
  expect(ours.fieldsV1["f:spec"]).toEqual({ "f:components": { "f:platform": { "f:replicas": {} } } });

  // What was applied before stays applied when something else is.
  await component(page, "ML Jobs").getByRole("textbox", { name: "Replicas" }).fill("4");
  await applyConfiguration(await reviewConfiguration(page));
  expect(rig.installation().spec.components).toMatchObject({ platform: { replicas: 3 }, mlJobs: { replicas: 4 } });
});

test("a field is taken away, though kubectl had set it", async ({ rig, page }) => {
  await open(rig, page);
  const general = section(page, "General");
  await general.getByRole("textbox", { name: "Class name" }).fill("");
  await applyConfiguration(await reviewConfiguration(page));
  await expect(sentence(page)).toHaveText(/The configuration is as it was applied\./);
  expect(rig.installation().spec.ingress).toEqual({ enabled: true });
});

test("the schema finds fault while typing, as the API server would", async ({ rig, page }) => {
  await open(rig, page);
  const replicas = component(page, "Platform").getByRole("textbox", { name: "Replicas" });
  const cpu = component(page, "Platform").getByRole("group", { name: "Requests" }).getByRole("textbox", { name: "CPU" });
  const version = section(page, "General").getByRole("combobox", { name: "Version" });
  const at = (path: string, value: unknown) => {
    try {
      rig.kubectl(["patch", rig.crd.kind, "rootcause", "--type=json", "--dry-run=server", "-p",
        JSON.stringify([{ op: "add", path, value }])]);
      return "";
    } catch (error) {
      return String(error);
    }
  };
  const platform = "/spec/components/platform";
  const cases: [Locator, string, string, unknown, RegExp | null][] = [
    [replicas, "0", `${platform}/replicas`, 0, /Must be at least 1\./],
    [replicas, "101", `${platform}/replicas`, 101, /Must be at most 100\./],
    [replicas, "many", `${platform}/replicas`, "many", /Must be a whole number\./],
    [replicas, "1.5", `${platform}/replicas`, 1.5, /Must be a whole number\./],
    [replicas, "7", `${platform}/replicas`, 7, null],
    [cpu, "half", `${platform}/resources/requests/cpu`, "half", /Must match /],
    [cpu, "250m", `${platform}/resources/requests/cpu`, "250m", null],
    [version, "latest", "/spec/version", "latest", /Must match /],
    [version, "0.1.16", "/spec/version", "0.1.16", null],
  ];
  for (const [field, typed, path, value, words] of cases) {
    await field.fill(typed);
    if (words) {
      await expect(field, typed).toHaveAccessibleDescription(words);
      await expect(field).toHaveAttribute("aria-invalid", "true");
    } else {
      await expect(field, typed).not.toHaveAttribute("aria-invalid", "true");
    }
    expect(at(path, value) === "", `the API server on ${typed}`).toBe(words === null);
  }
});

test("a field that may not change says so at the field, in the API server's words", async ({ rig, page }) => {
  await open(rig, page);
  const storage = section(page, "General").getByRole("combobox", { name: "Storage class" });
  await expect(storage).toHaveValue("standard");
  await storage.selectOption("");
  const dialog = await reviewConfiguration(page);
  const take = dialog.getByRole("button", { name: /^Take .* over$/ });
  await take.click();
  await expect(dialog.getByRole("alert")).toContainText("the storage class cannot change while the platform is deployed");
  await dialog.getByRole("button", { name: "spec.storageClass" }).click();
  await expect(dialog).toBeHidden();
  await expect(storage).toBeFocused();
  await expect(storage).toHaveAccessibleDescription(/the storage class cannot change while the platform is deployed/);
  expect(rig.installation().spec.storageClass).toBe("standard");
  // Another value is another question.
  await storage.selectOption("standard");
  await expect(storage).not.toHaveAttribute("aria-invalid", "true");
  await expect(sentence(page)).toHaveText(/The configuration is as it was applied\./);
});

test("a rule over several fields is judged by the API server and shown where it says", async ({ rig, page }) => {
  await open(rig, page);
  const members = component(page, "MongoDB").getByRole("textbox", { name: "Members" });
  await members.fill("2");
  const dialog = await reviewConfiguration(page);
  await dialog.getByRole("button", { name: /^Take .* over$/ }).click();
  await expect(dialog.getByRole("alert")).toContainText("the number of members must be odd");
  await dialog.getByRole("button", { name: "spec.dependencies.mongodb.members" }).click();
  await expect(members).toBeFocused();
  await expect(members).toHaveAccessibleDescription(/the number of members must be odd/);
});

test("a field that kubectl manages is left to it or taken over, field by field", async ({ rig, page }) => {
  await open(rig, page);
  rig.kubectl(["patch", rig.crd.kind, "rootcause", "--type=merge", "--field-manager=team-a", "-p",
    JSON.stringify({ spec: { host: "a.example.com", components: { platform: { replicas: 4 } } } })]);
  const host = section(page, "General").getByRole("textbox", { name: "Host" });
  await expect(host).toHaveValue("a.example.com");
  await host.focus();
  await expect(host).toHaveAccessibleDescription(/Set by team-a/);
  await host.fill("mine.example.com");
  const replicas = component(page, "Platform").getByRole("textbox", { name: "Replicas" });
  await replicas.fill("5");
  const dialog = await reviewConfiguration(page);
  await expect(dialog).toContainText("spec.host is managed by team-a.");
  await dialog.getByRole("button", { name: "Leave spec.host to team-a" }).click();
  await dialog.getByRole("button", { name: "Take spec.components.platform.replicas over" }).click();
  await expect(dialog.getByRole("list", { name: "Changes" })).toContainText("4 → 5");
  await applyConfiguration(dialog);
  await expect(host).toHaveValue("a.example.com");
  expect(rig.installation().spec).toMatchObject({ host: "a.example.com", components: { platform: { replicas: 5 } } });
});

test("what is applied is followed on the page until it is done", async ({ rig, page }) => {
  await rig.install("0.1.15");
  const { url } = await rig.proxy();
  await page.goto(`${url}#/bootstrap`);
  await component(page, "ML Jobs").getByRole("textbox", { name: "Replicas" }).fill("2");
  await applyConfiguration(await reviewConfiguration(page));
  const operation = section(page, "Operation");
  await expect(operation).toBeVisible();
  await rig.phase("Ready", "0.1.15");
  await expect(operation.getByRole("listitem").filter({ hasText: /^\s*Ready/ })).toContainText(/done|\+/);
  expect(JSON.parse(rig.kubectl(["get", "deployment", "ml-jobs", "-o", "json"])).spec.replicas).toBe(2);
});
