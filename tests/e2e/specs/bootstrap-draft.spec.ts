// The draft: presets, what survives a reload, two people at once, fields that nobody knows.
import { applyConfiguration, expect, reviewConfiguration, section, sentence, test, type Locator, type Page, type Rig } from "../test.ts";

const APPLIED = /The configuration is as it was applied\./;

/** An installation without an operator at work; gives the page's address. */
async function install(rig: Rig): Promise<string> {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  return `${(await rig.proxy()).url}#/bootstrap`;
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(section(page, "Presets")).toBeVisible();
}

function replicas(page: Page, component: string): Locator {
  return page.getByRole("group", { name: component, exact: true }).getByRole("textbox", { name: "Replicas" });
}

function host(page: Page): Locator {
  return section(page, "General").getByRole("textbox", { name: "Host" });
}

async function apply(page: Page): Promise<void> {
  await applyConfiguration(await reviewConfiguration(page));
}

test("a preset says what it would change, changes the draft, and is applied when the user does", async ({ rig, page }) => {
  await open(page, await install(rig));
  const presets = section(page, "Presets");
  const large = presets.getByRole("group").filter({ hasText: /^Large/ });
  await large.getByText("Large", { exact: true }).click();
  await expect(large.getByRole("list", { name: "Changes" })).toContainText("spec.components.mlJobs.replicas1 → 20");
  await expect(replicas(page, "ML Jobs")).toHaveValue("1");
  await large.getByRole("button", { name: "Take Large" }).click();
  await expect(replicas(page, "Platform")).toHaveValue("5");
  await expect(replicas(page, "Data Service")).toHaveValue("10");
  await expect(replicas(page, "ML Jobs")).toHaveValue("20");
  await expect(large).toContainText("The draft has these values.");
  await expect(sentence(page)).toHaveText("3 changes are not applied yet.");

  // Where a value comes from, and a soft word where it is off.
  await replicas(page, "ML Jobs").focus();
  await expect(replicas(page, "ML Jobs")).toHaveAccessibleDescription(/Preset Large, not applied yet/);
  await replicas(page, "Data Service").fill("9");
  await expect(replicas(page, "Data Service")).toHaveAccessibleDescription(
    /Large \(production with more than 200 users\) has 10\./,
  );
  await apply(page);
  await expect(sentence(page)).toHaveText(APPLIED);
  expect(rig.installation().spec.components).toMatchObject({
    platform: { replicas: 5 },
    dataService: { replicas: 9 },
    mlJobs: { replicas: 20 },
  });
});

test("the other presets set what the guide recommends", async ({ rig, page }) => {
  await open(page, await install(rig));
  const presets = section(page, "Presets");
  for (const name of ["Very large models", "Production databases"]) {
    const preset = presets.getByRole("group").filter({ hasText: new RegExp(`^${name}`) });
    await preset.getByText(name, { exact: true }).click();
    await preset.getByRole("button", { name: `Take ${name}` }).click();
  }
  await apply(page);
  const { components, dependencies } = rig.installation().spec;
  expect(components.mlJobs.resources).toEqual({ requests: { cpu: "4", memory: "8Gi" }, limits: { cpu: "16", memory: "32Gi" } });
  expect(dependencies.mongodb).toMatchObject({ members: 3, storage: "100Gi" });
  expect(dependencies.postgresql).toMatchObject({
    storage: "20Gi",
    resources: { requests: { cpu: "2", memory: "4Gi" }, limits: { cpu: "4", memory: "8Gi" } },
  });
});

test("a draft survives a look at another page and a reload, and can be given up", async ({ rig, page }) => {
  const url = await install(rig);
  await open(page, url);
  await host(page).fill("new.example.com");
  await replicas(page, "Platform").fill("x");
  await expect(sentence(page)).toHaveText("1 field needs attention before this can be applied.");
  await page.getByRole("link", { name: "Status", exact: true }).click();
  await expect(section(page, "Workloads")).toBeVisible();
  await page.getByRole("link", { name: "Bootstrap", exact: true }).click();
  await expect(host(page)).toHaveValue("new.example.com");
  await page.reload();
  await expect(page.getByText("Your unfinished changes are back.")).toBeVisible();
  await expect(host(page)).toHaveValue("new.example.com");
  await expect(replicas(page, "Platform")).toHaveValue("x");
  await page.getByRole("button", { name: "Discard changes" }).click();
  await expect(host(page)).toHaveValue("rootcause.example.com");
  await expect(sentence(page)).toHaveText(APPLIED);
  await page.reload();
  await expect(host(page)).toHaveValue("rootcause.example.com");
  await expect(sentence(page)).toHaveText(APPLIED);
});

test("no secret is kept in the browser", async ({ rig, page }) => {
  await open(page, await install(rig));
  await host(page).fill("new.example.com");
  await section(page, "General").getByRole("textbox", { name: "Image pull secret" }).fill("password=hunter2");
  const kept = () => page.evaluate(() => JSON.stringify(localStorage));
  await expect.poll(kept).toContain("new.example.com");
  expect(await kept()).not.toContain("hunter2");
});

test("two people edit at once: nothing is lost, and what both changed is chosen field by field", async ({ rig, page, another }) => {
  const url = await install(rig);
  await open(page, url);
  const bo = await another(url);
  await expect(section(bo, "Presets")).toBeVisible();

  await host(page).fill("ana.example.com");
  await replicas(page, "Platform").fill("4");
  await host(bo).fill("bo.example.com");
  await replicas(bo, "ML Jobs").fill("3");
  await apply(bo);

  const meanwhile = page.getByRole("alert").filter({ hasText: "Meanwhile somebody with this app changed the configuration." });
  await expect(meanwhile.getByRole("list", { name: "Their changes" })).toContainText("spec.components.mlJobs.replicas1 → 3");
  // Ana's draft is as she left it, and cannot be applied over Bo's.
  await expect(host(page)).toHaveValue("ana.example.com");
  await expect(replicas(page, "ML Jobs")).toHaveValue("1");
  await expect(page.getByRole("button", { name: "Apply configuration…" })).toHaveAttribute("aria-disabled", "true");
  const bring = meanwhile.getByRole("button", { name: "Bring both together" });
  await expect(bring).toHaveAttribute("aria-disabled", "true");
  const conflict = meanwhile.getByRole("group", { name: /spec\.host/ });
  await conflict.getByRole("radio", { name: "Mine: ana.example.com" }).check();
  await bring.click();
  await expect(meanwhile).toBeHidden();
  await expect(host(page)).toHaveValue("ana.example.com");
  await expect(replicas(page, "ML Jobs")).toHaveValue("3");
  await expect(replicas(page, "Platform")).toHaveValue("4");
  await apply(page);
  expect(rig.installation().spec).toMatchObject({
    host: "ana.example.com",
    components: { platform: { replicas: 4 }, mlJobs: { replicas: 3 } },
  });
  // Bo, who has nothing unfinished, sees it at once.
  await expect(host(bo)).toHaveValue("ana.example.com");
});

test("fields that the form does not know survive it", async ({ rig, page }) => {
  const url = await install(rig);
  const values = { extra: { deeply: ["nested", { anything: null, n: 1.5 }] } };
  rig.patch({
    metadata: { annotations: { "example.org/mine": "kept" } },
    spec: { advanced: { rawHelmOverrides: { platform: values } } },
  });
  const before = rig.installation();
  await open(page, url);
  await host(page).fill("new.example.com");
  await apply(page);
  const after = rig.installation();
  expect(after.spec).toEqual({ ...before.spec, host: "new.example.com" });
  expect(after.metadata.annotations["example.org/mine"]).toBe("kept");
});

test("any field is found by its name or what it is for", async ({ rig, page }) => {
  await open(page, await install(rig));
  await page.getByRole("searchbox", { name: "Search all fields" }).fill("mongodb memory limits");
  await page.getByRole("list", { name: "Fields found" }).getByRole("button").first().click();
  const memory = page.getByRole("group", { name: "MongoDB", exact: true }).getByRole("group", { name: "Limits" });
  await expect(memory.getByRole("textbox", { name: "Memory" })).toBeFocused();
  await page.getByRole("searchbox", { name: "Search all fields" }).fill("no such thing");
  await expect(page.getByText("No field has these words.")).toBeVisible();
});
