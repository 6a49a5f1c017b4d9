// From nothing, from a file, as YAML; and on CRDs that nobody has seen before.
import { expect, section, sentence, test, type Page, type Rig } from "../test.ts";
import { readFileSync } from "node:fs";

const APPLIED = /The configuration is as it was applied\./;

async function install(rig: Rig): Promise<string> {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
  return `${(await rig.proxy()).url}#/bootstrap`;
}

async function choose(page: Page, view: string | RegExp): Promise<void> {
  await page.getByRole("group", { name: "View of the draft" }).getByRole("button", { name: view }).click();
}

test("an installation is made from nothing", async ({ rig, page }) => {
  rig.holdLease();
  const { url } = await rig.proxy();
  await page.goto(url);
  await expect(sentence(page)).toHaveText(/There is no installation rootcause in namespace/);
  await page.getByRole("link", { name: "Create it on Bootstrap" }).click();
  await expect(sentence(page)).toHaveText("There is no installation yet: fill in what it needs, then apply it.");
  const general = section(page, "General");
  await general.getByRole("textbox", { name: "Host" }).fill("new.example.com");
  const version = general.getByRole("combobox", { name: "Version" });
  await expect(version).toHaveAccessibleDescription(/Is required\./);
  await page.getByRole("button", { name: "spec.version" }).click();
  await expect(version).toBeFocused();
  await version.fill("0.1.15");
  await page.getByRole("button", { name: "Apply configuration…" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the configuration" });
  await expect(dialog.getByRole("list", { name: "Changes" })).toContainText("new.example.com");
  await dialog.getByRole("button", { name: "Apply configuration" }).click();
  await expect(dialog).toBeHidden();
  await expect(sentence(page)).toHaveText(APPLIED);
  expect(rig.installation().spec).toMatchObject({ version: "0.1.15", host: "new.example.com", imagePullSecret: "regcred" });
  expect(rig.requests()[0].action).toBe("configuration");
});

test("the draft is taken along as a file, and a file is taken into the draft", async ({ rig, page }) => {
  await page.goto(await install(rig));
  const files = section(page, "Export and import");
  await files.getByText("As a file", { exact: true }).click();
  const download = page.waitForEvent("download");
  await files.getByRole("link", { name: "Download rootcause.yaml" }).click();
  const file = readFileSync(await (await download).path(), "utf8");
  expect(file).toContain("kind: RootCauseInstallation");
  expect(file).not.toContain("status:");
  rig.kubectl(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"], file);

  const upload = (name: string, content: string) =>
    files.getByLabel("Take the configuration of a file into the draft").setInputFiles({
      name,
      mimeType: "application/yaml",
      buffer: Buffer.from(content),
    });
  await upload("other.yaml", "kind: ConfigMap\ndata: {}\n");
  await expect(files.getByRole("alert")).toContainText("It is of kind ConfigMap, not RootCauseInstallation.");
  await upload("broken.yaml", "kind: [\n");
  await expect(files.getByRole("alert")).toContainText("Line ");
  await upload("rootcause.yaml", file.replace("rootcause.example.com", "from-a-file.example.com"));
  await expect(files.getByRole("alert")).toBeHidden();
  await expect(sentence(page)).toHaveText("1 change is not applied yet.");
  await expect(section(page, "General").getByRole("textbox", { name: "Host" })).toHaveValue("from-a-file.example.com");
});

test("form, YAML and diff are views of one draft", async ({ rig, page }) => {
  await page.goto(await install(rig));
  const replicas = page
    .getByRole("group", { name: "Data Service", exact: true })
    .getByRole("textbox", { name: "Replicas" });
  await replicas.fill("6");
  await choose(page, /^Diff \(1\)/);
  await expect(section(page, "Diff").getByRole("list", { name: "Changes" })).toContainText(
    "spec.components.dataService.replicas1 → 6",
  );
  await choose(page, "YAML");
  const yaml = page.getByRole("textbox", { name: "Configuration as YAML" });
  await expect(yaml).toContainText(/dataService:\s*replicas: 6/);
  await yaml.click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("# why: a note\n");
  await choose(page, "Form");
  await replicas.fill("7");
  await choose(page, "YAML");
  await expect(yaml).toContainText("# why: a note");
  await expect(yaml).toContainText(/dataService:\s*replicas: 7/);
});

/** Features of well-known CRDs in one kind: unions, maps, lists in lists, embedded resources, free-form parts. */
const FEATURES = {
  type: "object",
  required: ["issuer"],
  properties: {
    issuer: {
      type: "object",
      description: "Who signs.",
      properties: { acme: { type: "object", properties: { email: { type: "string", format: "email" } } }, selfSigned: { type: "object", properties: { days: { type: "integer", minimum: 1 } } } },
      oneOf: [{ required: ["acme"] }, { required: ["selfSigned"] }],
    },
    renewBefore: { type: "string", format: "duration" },
    targetPort: { "x-kubernetes-int-or-string": true },
    labels: { type: "object", additionalProperties: { type: "string", maxLength: 5 } },
    listeners: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: { type: "object", required: ["name"], properties: { name: { type: "string" }, ports: { type: "array", items: { type: "integer", minimum: 1 } } } },
    },
    template: { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
    values: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    paused: { type: "boolean", nullable: true },
    mode: { type: "string", enum: ["Strict", "Loose"], default: "Strict" },
  },
};

test("a CRD that nobody has seen is filled in, judged and applied by the same form", async ({ rig, page }) => {
  const { kind, plural } = await rig.ownKind(FEATURES);
  const { url } = await rig.proxy({ config: { kind } });
  await page.goto(`${url}#/bootstrap`);
  const issuer = section(page, "Issuer");
  const forms = issuer.getByRole("group", { name: "Exactly one of" });
  await expect(forms.getByRole("radio")).toHaveCount(2);
  await expect(issuer.getByRole("textbox")).toHaveCount(0);
  const other = section(page, "Other settings");
  await other.getByRole("textbox", { name: "Renew before" }).fill("soon");
  await expect(other.getByRole("textbox", { name: "Renew before" })).toHaveAccessibleDescription(/Must be a duration such as 1h30m\./);
  await other.getByRole("textbox", { name: "Renew before" }).fill("24h");
  await other.getByRole("textbox", { name: "Target port" }).fill("8080");
  await other.getByRole("combobox", { name: "Mode" }).selectOption("Loose");
  await expect(page.getByText("Must have exactly one of: acme, selfSigned.").or(page.getByText("Is required.")).first()).toBeVisible();
  await forms.getByRole("radio", { name: "Acme" }).check();
  await issuer.getByRole("textbox", { name: "Email" }).fill("ana@example.com");

  const labels = section(page, "Labels");
  await labels.getByRole("textbox", { name: "Name of a new entry of Labels" }).fill("a.b/c");
  await labels.getByRole("button", { name: "Add to Labels" }).click();
  await labels.getByRole("textbox", { name: "a.b/c" }).fill("too long");
  await expect(labels.getByRole("textbox", { name: "a.b/c" })).toHaveAccessibleDescription(/May have at most 5 characters\./);
  await labels.getByRole("textbox", { name: "a.b/c" }).fill("x");

  const listeners = section(page, "Listeners");
  await listeners.getByRole("button", { name: "Add to Listeners" }).click();
  await listeners.getByText("1", { exact: true }).click();
  await listeners.getByRole("textbox", { name: "Name" }).fill("http");
  await listeners.getByRole("button", { name: "Add to Ports" }).click();
  await listeners.getByRole("textbox", { name: "1", exact: true }).fill("80");
  await section(page, "Other settings").getByRole("textbox", { name: "Values" }).fill('{"any": [1, null]}');

  await page.getByRole("button", { name: "Apply configuration…" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the configuration" });
  await dialog.getByRole("button", { name: "Apply configuration" }).click();
  await expect(dialog).toBeHidden();
  expect(JSON.parse(rig.kubectl(["get", plural, "rootcause", "-o", "json"])).spec).toEqual({
    issuer: { acme: { email: "ana@example.com" } },
    renewBefore: "24h",
    targetPort: 8080,
    mode: "Loose",
    labels: { "a.b/c": "x" },
    listeners: [{ name: "http", ports: [80] }],
    values: { any: [1, null] },
  });
});
