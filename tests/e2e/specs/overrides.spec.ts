// Raw Helm Overrides and the YAML editor: judged by the installed chart before anything is sent, with comments kept.
import { expect, sentence, shared, test, write, type Locator, type Page } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

function group(page: Page, title: string): Locator {
  return page.getByRole("group", { name: `Raw Helm Overrides: ${title}` });
}

async function open(page: Page, title = "Platform"): Promise<Locator> {
  await page.goto(it().proxy.url + "#/bootstrap");
  const found = group(page, title);
  await expect(found.getByText("Judged by the values schema of the installed chart, 0.1.15.")).toBeVisible();
  return found;
}

test("the editor's file loads when an editor first opens, and not before", async ({ page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  const platform = await open(page);
  expect(fetched.filter((it) => it.endsWith("/editor.js"))).toEqual([]);
  await platform.getByRole("button", { name: "Write overrides as YAML" }).click();
  await expect(platform.getByRole("textbox", { name: "Raw Helm overrides of platform" })).toBeVisible();
  await group(page, "Dependencies").getByRole("button", { name: "Write overrides as YAML" }).click();
  await expect(page.getByRole("textbox", { name: "Raw Helm overrides of dependencies" })).toBeVisible();
  expect(fetched.filter((it) => it.endsWith("/editor.js"))).toHaveLength(1);
});

test("a wrong type, an unknown name and broken YAML are named with line and column", async ({ page }) => {
  const platform = await open(page);
  await platform.getByRole("button", { name: "Write overrides as YAML" }).click();
  const editor = platform.getByRole("textbox", { name: "Raw Helm overrides of platform" });
  const problems = platform.getByRole("status", { name: "Problems of Raw Helm overrides of platform" });
  await write(page, editor, "# scaled by hand\ncomponents:\n  mlJobs:\n    replicas: many\ningress:\n  clas: nginx\n");
  await expect(problems.getByRole("listitem").filter({ hasText: "Must be a whole number." })).toContainText("Line 4, column 5");
  await expect(problems.getByRole("listitem").filter({ hasText: "Did you mean `className`?" })).toContainText("Line 6, column 3");
  await expect(problems.getByRole("listitem").filter({ hasText: "This wins over spec.components.mlJobs.replicas of the form (1)" })).toContainText("warning");
  await write(page, editor, "components:\n  mlJobs: [1\n");
  await expect(problems.getByRole("listitem").first()).toContainText(/Line 3, column 1/);
  await write(page, editor, "components:\n  mlJobs:\n    replicas: 3 # three\n");
  await expect(problems.getByRole("listitem")).toHaveCount(1);
});

test("a guided insertion is merged into what is there, comments kept, and closing the editor loses nothing", async ({ page }) => {
  const platform = await open(page);
  await platform.getByRole("button", { name: "Write overrides as YAML" }).click();
  const editor = platform.getByRole("textbox", { name: "Raw Helm overrides of platform" });
  await write(page, editor, "# ours, mind the comment\ncomponents:\n  litellm:\n    replicas: 2 # two\n");
  await platform.getByRole("button", { name: "Autoscale Data Service by CPU" }).click();
  await expect(editor).toContainText("targetCPUUtilizationPercentage: 70");
  await expect(editor).toContainText("# ours, mind the comment");
  await expect(editor).toContainText("replicas: 2 # two");
  await platform.getByRole("button", { name: "Autoscale ML Jobs by queue depth" }).click();
  await expect(editor).toContainText("targetQueueDepth: 10");
  const problems = platform.getByRole("status", { name: "Problems of Raw Helm overrides of platform" });
  await expect(problems.getByRole("listitem").filter({ hasText: "error" })).toHaveCount(0);
  await expect(problems.getByRole("listitem").filter({ hasText: "The autoscaler decides" })).toHaveCount(2);
  await platform.getByRole("button", { name: "Close the editor" }).click();
  await expect(editor).toHaveCount(0);
  await page.getByRole("link", { name: /^Status/ }).click();
  await expect(sentence(page)).toContainText("is running.");
  await page.getByRole("link", { name: /^Bootstrap/ }).click();
  await platform.getByRole("button", { name: "Edit overrides as YAML" }).click();
  await expect(editor).toContainText("# ours, mind the comment");
  await expect(editor).toContainText("targetQueueDepth: 10");
});

test("completion follows the chart's schema", async ({ page }) => {
  const platform = await open(page);
  await platform.getByRole("button", { name: "Write overrides as YAML" }).click();
  const editor = platform.getByRole("textbox", { name: "Raw Helm overrides of platform" });
  await write(page, editor, "auth:\n  mo");
  await page.keyboard.press("Control+Space");
  const offered = page.getByRole("listbox", { name: "Completions" });
  await offered.getByRole("option", { name: /^mode/ }).click();
  await expect(editor).toContainText("mode:");
  await page.keyboard.press("Control+Space");
  await expect(offered.getByRole("option")).toHaveText(["external", "managed"]);
});

test("Escape, then Tab, leaves the editor", async ({ page }) => {
  const platform = await open(page);
  await platform.getByRole("button", { name: "Write overrides as YAML" }).click();
  const editor = platform.getByRole("textbox", { name: "Raw Helm overrides of platform" });
  await editor.focus();
  await page.keyboard.press("Tab");
  await expect(editor).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await expect(editor).not.toBeFocused();
});

test("Resource Patches: guided, judged by the schema, tried on the live objects", async ({ page }) => {
  await page.goto(it().proxy.url + "#/bootstrap");
  const patches = page.getByRole("group", { name: "Resource Patches" });
  const add = patches.getByRole("button", { name: "Add to the patches" });
  await expect(add).toHaveAttribute("title", "Choose a workload first.");
  await patches.getByLabel("Workload").selectOption("Deployment ml-jobs");
  await patches.getByLabel("Label", { exact: true }).fill("node-pool");
  await patches.getByLabel("Value", { exact: true }).fill("ml");
  await add.click();
  await patches.getByLabel("Runs on").selectOption("GPUs");
  await patches.getByLabel("Resource", { exact: true }).fill("nvidia.com/gpu");
  await patches.getByLabel("Number").fill("1");
  await add.click();
  const editor = patches.getByRole("textbox", { name: "Resource patches" });
  await expect(editor).toContainText("requiredDuringSchedulingIgnoredDuringExecution");
  await expect(editor).toContainText('nvidia.com/gpu: "1"');
  await patches.getByRole("button", { name: "Try on the cluster" }).click();
  const trial = patches.getByRole("status", { name: "Trial of the patches" });
  await expect(trial).toContainText("accepted");
  await expect(trial).toContainText("Deployment ml-jobs");

  await write(page, editor, "- target:\n    kind: Deployment\n    name: ml-jobs\n  patch:\n    spec:\n      replicas: many\n");
  await patches.getByRole("button", { name: "Try on the cluster" }).click();
  await expect(trial).toContainText("refused");
  await write(page, editor, "- target:\n    kind: Pod\n    name: x\n");
  const problems = patches.getByRole("status", { name: "Problems of Resource patches" });
  await expect(problems.getByRole("listitem").filter({ hasText: "Must be one of Deployment" })).toContainText("Line 2, column 5");
  await expect(problems.getByRole("listitem").filter({ hasText: "Is required." })).toBeVisible();
});

test("overrides that the asked-for version no longer takes are listed with the fix, before they are applied", async ({ page }) => {
  const platform = await open(page);
  await platform.getByRole("button", { name: "Write overrides as YAML" }).click();
  await write(page, platform.getByRole("textbox", { name: "Raw Helm overrides of platform" }), "ingress:\n  className: nginx\n");
  const problems = platform.getByRole("status", { name: "Problems of Raw Helm overrides of platform" });
  await expect(problems.getByRole("listitem").filter({ hasText: "error" })).toHaveCount(0);
  await page.getByRole("combobox", { name: "Version" }).or(page.getByRole("textbox", { name: "Version" })).fill("0.1.17");
  await expect(platform.getByText("Judged by the values schema of 0.1.17, which the draft asks for.")).toBeVisible();
  await expect(problems.getByRole("listitem").filter({ hasText: "Did you mean `class`?" })).toContainText("Line 2, column 3");
  await platform.getByRole("button", { name: "Close the editor" }).click();
  await expect(platform.getByRole("listitem").filter({ hasText: "ingress.className" }).first()).toContainText("Did you mean `class`?");
});
