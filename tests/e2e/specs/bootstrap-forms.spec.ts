// The forms that an object may have, what a form that was left keeps, and a schema that changes under an open page.
import { applyConfiguration, expect, reviewConfiguration, section, sentence, test, type Locator, type Page } from "../test.ts";

const text = { type: "string" };
const object = (properties: object, more = {}) => ({ type: "object", properties, ...more });

const ISSUERS = object({
  issuer: object(
    {
      acme: object({ server: text, email: text }, { required: ["server"] }),
      ca: object({ secretName: text }, { required: ["secretName"] }),
      selfSigned: object({ days: { type: "integer" } }),
      note: text,
    },
    { oneOf: [{ required: ["acme"] }, { required: ["ca"] }, { required: ["selfSigned"] }] },
  ),
  storage: object(
    { type: { type: "string", enum: ["ephemeral", "claim"] }, size: text, sizeLimit: text },
    {
      oneOf: [
        { properties: { type: { enum: ["ephemeral"] }, sizeLimit: {} } },
        { properties: { type: { enum: ["claim"] }, size: {} }, required: ["size"] },
      ],
    },
  ),
  sources: object({ git: object({ url: text }), file: object({ path: text }) }, { anyOf: [{ required: ["git"] }, { required: ["file"] }] }),
  exact: text,
  prefix: text,
});
// Over fields that stand in sections of their own.
const SPREAD = { oneOf: [{ not: { anyOf: [{ required: ["exact"] }, { required: ["prefix"] }] } }, { required: ["exact"] }, { required: ["prefix"] }] };

function forms(page: Page, name: string, words: string): Locator {
  return section(page, name).getByRole("group", { name: words, exact: true });
}

async function apply(page: Page): Promise<void> {
  await applyConfiguration(await reviewConfiguration(page));
}

test("one of several forms is chosen, another one keeps what it had until the draft is applied", async ({ rig, page }) => {
  const { group, kind, plural } = await rig.ownKind({ ...ISSUERS, ...SPREAD });
  const spec = {
    issuer: { acme: { server: "https://a", email: "ana@example.com" }, note: "ours" },
    storage: { type: "claim", size: "1Gi" },
    sources: { git: { url: "https://git" } },
    exact: "a",
  };
  rig.create({ apiVersion: `${group}/v1`, kind, metadata: { name: "rootcause", namespace: rig.namespace }, spec });
  const { url } = await rig.proxy({ config: { kind } });
  await page.goto(`${url}#/bootstrap`);

  const issuer = section(page, "Issuer");
  const which = forms(page, "Issuer", "Exactly one of");
  await expect(which.getByRole("radio", { name: "Acme" })).toBeChecked();
  await expect(issuer.getByRole("textbox", { name: "Server" })).toHaveValue("https://a");
  await expect(issuer.getByRole("textbox", { name: "Secret name" })).toHaveCount(0);
  await which.getByRole("radio", { name: "CA" }).check();
  await expect(issuer.getByRole("textbox", { name: "Server" })).toHaveCount(0);
  await expect(issuer.getByRole("textbox", { name: "Secret name" })).toHaveAccessibleDescription(/Is required\./);
  // Without a field of its own the form is there all the same, and the first has kept what it had, over a reload, too.
  await which.getByRole("radio", { name: "Self signed" }).check();
  await expect(sentence(page)).toHaveText("2 changes are not applied yet.");
  await page.reload();
  await expect(which.getByRole("radio", { name: "Self signed" })).toBeChecked();
  await which.getByRole("radio", { name: "Acme" }).check();
  await expect(issuer.getByRole("textbox", { name: "Email" })).toHaveValue("ana@example.com");
  await expect(sentence(page)).toHaveText(/The configuration is as it was applied\./);
  await which.getByRole("radio", { name: "Self signed" }).check();

  // By the value of a field, which the choice stands for.
  const storage = section(page, "Storage");
  await expect(storage.getByRole("combobox")).toHaveCount(0);
  await expect(storage.getByRole("textbox", { name: "Size", exact: true })).toHaveValue("1Gi");
  await forms(page, "Storage", "Exactly one of").getByRole("radio", { name: "ephemeral" }).check();
  await expect(storage.getByRole("textbox", { name: "Size", exact: true })).toHaveCount(0);
  await storage.getByRole("textbox", { name: "Size limit" }).fill("2Gi");

  // Several at once.
  await forms(page, "Sources", "At least one of").getByRole("checkbox", { name: "File" }).check();
  await section(page, "Sources").getByRole("textbox", { name: "Path" }).fill("/etc");
  await expect(section(page, "Sources").getByRole("textbox", { name: "URL" })).toHaveValue("https://git");

  // Of fields in other sections, found by a search.
  const other = section(page, "Other settings");
  await expect(other.getByRole("textbox", { name: "Prefix" })).toHaveCount(0);
  await page.getByRole("searchbox", { name: "Search all fields" }).fill("prefix");
  await page.getByRole("list", { name: "Fields found" }).getByRole("button", { name: "Prefix" }).click();
  const spread = forms(page, "Alternatives", "At most one of").getByRole("radio", { name: "Prefix" });
  await expect(spread).toBeFocused();
  await page.keyboard.press("Space");
  await other.getByRole("textbox", { name: "Prefix" }).fill("b");
  await expect(other.getByRole("textbox", { name: "Exact" })).toHaveCount(0);

  await apply(page);
  const applied = { issuer: { selfSigned: {}, note: "ours" }, storage: { type: "ephemeral", sizeLimit: "2Gi" }, sources: { git: { url: "https://git" }, file: { path: "/etc" } }, prefix: "b" };
  const now = () => JSON.parse(rig.kubectl(["get", plural, "rootcause", "-o", "json"])).spec;
  expect(now()).toEqual(applied);
  // What is applied is the draft's end: nothing is kept of the form that was left.
  await which.getByRole("radio", { name: "Acme" }).check();
  await expect(issuer.getByRole("textbox", { name: "Email" })).toHaveValue("");
});

test("a schema that changes under an open page is followed, and the draft is kept", async ({ rig, page }) => {
  test.slow();
  const before = { note: text, size: { type: "integer", minimum: 1 } };
  const own = await rig.ownKind(object(before));
  const { group, kind, plural } = own;
  rig.create({ apiVersion: `${group}/v1`, kind, metadata: { name: "rootcause", namespace: rig.namespace }, spec: { note: "a", size: 3 } });
  const { url } = await rig.proxy({ config: { kind } });
  await page.goto(`${url}#/bootstrap`);
  const form = section(page, "Other settings");
  await form.getByRole("textbox", { name: "Note" }).fill("of the draft");
  await form.getByRole("textbox", { name: "Size" }).fill("2");

  // The index of schemas, by which the page sees that there is another one.
  const edition = () => JSON.parse(rig.kubectl(["get", "--raw", "/openapi/v3"])).paths[`apis/${group}/v1`]?.serverRelativeURL;
  // It follows the schemas themselves some time later.
  await expect.poll(edition, { timeout: 60_000 }).toBeDefined();
  const first = edition();
  rig.describeKind(own, object({ ...before, size: { type: "integer", minimum: 5 }, colour: { type: "string", enum: ["red", "blue"] } }));
  await expect.poll(edition, { timeout: 60_000 }).not.toBe(first);
  // Whoever looks at the page again sees it.
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
  await expect(page.getByRole("note").filter({ hasText: "The cluster's schema of the installation has changed." })).toContainText("your changes are kept");
  await form.getByRole("combobox", { name: "Colour" }).selectOption("blue");
  await expect(form.getByRole("textbox", { name: "Note" })).toHaveValue("of the draft");
  await expect(form.getByRole("textbox", { name: "Size" })).toHaveAccessibleDescription(/Must be at least 5\./);
  await form.getByRole("textbox", { name: "Size" }).fill("6");

  // So does whoever applies.
  const second = edition();
  rig.describeKind(own, object({ ...before, colour: { type: "string", enum: ["blue", "green"] }, depth: text }));
  await expect.poll(edition, { timeout: 60_000 }).not.toBe(second);
  await apply(page);
  await expect(form.getByRole("textbox", { name: "Depth" })).toBeVisible();
  const spec = () => JSON.parse(rig.kubectl(["get", plural, "rootcause", "-o", "json"])).spec;
  expect(spec()).toEqual({ note: "of the draft", size: 6, colour: "blue" });
});

test("texts of several lines, choices of any type and secrets go through the form as they are", async ({ rig, page }) => {
  const { group, kind, plural } = await rig.ownKind(
    object({
      script: text,
      level: { type: "integer", enum: [1, 2] },
      mode: { type: "string", enum: ["", "STRICT"] },
      pin: { type: "string", format: "password" },
      hosts: { type: "array", nullable: true, items: text },
    }),
  );
  const spec = { script: "a\nb\n", level: 1, mode: "STRICT", hosts: null };
  rig.create({ apiVersion: `${group}/v1`, kind, metadata: { name: "rootcause", namespace: rig.namespace }, spec });
  const { url } = await rig.proxy({ config: { kind } });
  await page.goto(`${url}#/bootstrap`);
  const form = section(page, "Other settings");
  await expect(form.getByRole("textbox", { name: "Script" })).toHaveValue("a\nb\n");
  await form.getByRole("textbox", { name: "Script" }).fill("a\nb\nc\n");
  await form.getByRole("combobox", { name: "Level" }).selectOption("2");
  await form.getByRole("combobox", { name: "Mode" }).selectOption('""');
  await form.getByLabel("Pin", { exact: true }).fill("0815-4711");
  await expect(form.getByLabel("Pin", { exact: true })).toHaveAttribute("type", "password");
  const hosts = section(page, "Hosts");
  await hosts.getByRole("button", { name: "Add to Hosts" }).click();
  await hosts.getByRole("textbox", { name: "1", exact: true }).fill("a.example.com");
  const kept = () => page.evaluate(() => JSON.stringify(localStorage));
  await expect.poll(kept).toContain("a.example.com");
  expect(await kept()).not.toContain("0815");
  await apply(page);
  expect(JSON.parse(rig.kubectl(["get", plural, "rootcause", "-o", "json"])).spec).toEqual({
    script: "a\nb\nc\n",
    level: 2,
    mode: "",
    pin: "0815-4711",
    hosts: ["a.example.com"],
  });
});
