// Secrets: what there is, what is missing and who waits for it, and one of them seen, changed, made and deleted.
import { expect, section, sentence, shared, test, type Locator, type Page } from "../test.ts";

const b64 = (text: string | Buffer) => Buffer.from(text).toString("base64");

/** A Deployment that names secrets in the usual places. */
const deployment = (name: string, spec: object) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 1, ...spec } },
  },
});

const env = (name: string, secret: string, key: string) => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});

// No operator: what is required is what the tests say.
const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({
    phase: "Ready",
    deployedVersion: "0.1.15",
    observedGeneration: 1,
    requiredSecrets: [{ name: "regcred", keys: [".dockerconfigjson"], reason: "pulls the platform's images" }],
  });
  rig.apply(
    deployment("web", {
      imagePullSecrets: [{ name: "regcred" }],
      containers: [{ name: "main", image: "registry.example/web:1", env: [env("DB_PASSWORD", "db", "password")] }],
    }),
  );
  rig.create(secret("db", { password: "hunter2", user: "rig" }));
});

/** An Opaque secret. */
function secret(name: string, data: Record<string, string | Buffer>, more: object = {}): object {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, b64(value)]));
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, data: encoded, ...more };
}

const read = (name: string) => JSON.parse(it().rig.kubectl(["get", "secret", name, "-o", "json"]));
const grid = (page: Page) => page.getByRole("grid", { name: "Secrets" });
const row = (page: Page, name: string) => grid(page).getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
const need = (page: Page, name: string) =>
  section(page, "Required").getByRole("listitem").filter({ hasText: new RegExp(`^${name}`) });

async function open(page: Page, name: string): Promise<Locator> {
  await page.goto(`${it().proxy.url}#/secrets/${name}`);
  const panel = page.getByRole("dialog", { name: `Secret ${name}`, exact: true });
  await expect(panel.getByRole("heading", { name: "Keys" })).toBeVisible();
  return panel;
}

const key = (panel: Locator, name: string) =>
  panel.getByRole("list", { name: "Keys" }).getByRole("listitem").filter({ hasText: new RegExp(`^${name.replace(".", "\\.")}`) });

test("the list, its filter, and what is required with who waits for it", async ({ page }) => {
  await page.goto(`${it().proxy.url}#/secrets`);
  await expect(sentence(page)).toHaveText("The required secret regcred is missing; web and rootcause wait for it.");
  await expect(row(page, "db")).toContainText("Opaque");
  await expect(row(page, "db")).toContainText("web");
  await expect(need(page, "db")).toContainText("there");
  await expect(need(page, "regcred")).toContainText("missing");
  await expect(need(page, "regcred")).toContainText("It pulls the platform's images.");
  it().rig.create(secret("fresh", { a: "1" }));
  await expect(row(page, "fresh")).toBeVisible();
  await page.getByRole("searchbox", { name: "Filter secrets" }).fill("fre");
  await expect(row(page, "db")).toBeHidden();
  await expect(page).toHaveURL(/#\/secrets\?filter=fre$/);
  await page.getByRole("searchbox", { name: "Filter secrets" }).fill("nothing like it");
  await expect(section(page, "All secrets")).toContainText("No secret matches the filter.");
});

test("a value is masked until it is revealed, and is what it is", async ({ page }) => {
  it().rig.create(
    secret("kinds", {
      text: "plain words",
      "a.json": '{"a":[1,2]}',
      binary: Buffer.from([0, 255, 16]),
      "tls.crt": it().rig.file("../../crates/domain/src/secrets/testdata/rsa.crt"),
    }),
  );
  const panel = await open(page, "kinds");
  await expect(panel).not.toContainText("plain words");
  await panel.getByRole("button", { name: "Reveal text" }).click();
  await expect(key(panel, "text")).toContainText("plain words");
  await panel.getByRole("button", { name: "Hide text" }).click();
  await expect(panel).not.toContainText("plain words");
  await panel.getByRole("button", { name: "Reveal a.json" }).click();
  await expect(key(panel, "a.json")).toContainText("JSON, indented for reading.");
  await panel.getByRole("button", { name: "Reveal binary" }).click();
  await expect(key(panel, "binary")).toContainText("00 ff 10");
  await panel.getByRole("button", { name: "Reveal tls.crt" }).click();
  await expect(key(panel, "tls.crt")).toContainText("CN=rootcause.example.com");
  await expect(key(panel, "tls.crt")).toContainText("2027-01-01T00:00:00Z");
});

test("a value is copied without being shown", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const panel = await open(page, "db");
  await panel.getByRole("button", { name: "Copy password" }).click();
  await expect(page.getByText("Copied the value of password.")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("hunter2");
  await expect(panel).not.toContainText("hunter2");
});

test("an edit of one key leaves the bytes of the others", async ({ page }) => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
  it().rig.create(secret("mixed", { a: "old", bytes, crlf: "a\r\nb" }));
  const panel = await open(page, "mixed");
  await panel.getByRole("button", { name: "Edit a", exact: true }).click();
  await panel.getByRole("textbox", { name: "Value of a" }).fill("new\nvalue");
  await panel.getByRole("button", { name: "Edit crlf" }).click();
  await expect(key(panel, "crlf")).toContainText("carriage returns");
  await panel.getByRole("button", { name: "Review the change…" }).click();
  const review = page.getByRole("dialog", { name: "Review the change of mixed" });
  await expect(review.getByRole("list", { name: "Changes" })).toHaveText("a: changed, 3 bytes → 9 bytes");
  await expect(review).not.toContainText("new\nvalue");
  await expect(review).toContainText("kubectl patch secret mixed");
  await review.getByRole("button", { name: "Write secret mixed", exact: true }).click();
  await expect(review).toBeHidden();
  await expect.poll(() => read("mixed").data).toEqual({ a: b64("new\nvalue"), bytes: b64(bytes), crlf: b64("a\r\nb") });
});

test("binary only by file, keys added and removed", async ({ page }) => {
  it().rig.create(secret("files", { a: Buffer.from([1, 0]), b: "x", c: "y" }));
  const panel = await open(page, "files");
  await panel.getByRole("button", { name: "Edit a", exact: true }).click();
  await expect(key(panel, "a")).toContainText("replace it by a file");
  await expect(panel.getByRole("textbox", { name: "Value of a" })).toBeHidden();
  const file = { name: "new.bin", mimeType: "application/octet-stream", buffer: Buffer.from([9, 0, 9]) };
  await panel.getByLabel("File for a").setInputFiles(file);
  await panel.getByRole("button", { name: "Remove b", exact: true }).click();
  await panel.getByRole("button", { name: "Add key" }).click();
  await panel.getByRole("textbox", { name: "Key", exact: true }).fill("d");
  await panel.getByRole("button", { name: "Generate a value for the new key" }).click();
  await panel.getByRole("button", { name: "Review the change…" }).click();
  const review = page.getByRole("dialog", { name: "Review the change of files" });
  const changes = review.getByRole("list", { name: "Changes" }).getByRole("listitem");
  await expect(changes).toHaveText(["a: changed, 2 bytes → 3 bytes", "d: new, 32 bytes", "b: removed"]);
  await review.getByRole("button", { name: "Write secret files", exact: true }).click();
  await expect(review).toBeHidden();
  const { d, ...rest } = read("files").data;
  expect(rest).toEqual({ a: b64(Buffer.from([9, 0, 9])), c: b64("y") });
  expect(Buffer.from(d, "base64").toString()).toMatch(/^[A-Za-z0-9]{32}$/);
});

test("a change that somebody else made first is not overwritten", async ({ page }) => {
  it().rig.create(secret("raced", { a: "1", b: "2" }));
  const panel = await open(page, "raced");
  await panel.getByRole("button", { name: "Edit a", exact: true }).click();
  await panel.getByRole("textbox", { name: "Value of a" }).fill("mine");
  it().rig.kubectl(["patch", "secret", "raced", "--type", "merge", "-p", JSON.stringify({ data: { a: b64("theirs") } })]);
  await panel.getByRole("button", { name: "Review the change…" }).click();
  const review = page.getByRole("dialog", { name: "Review the change of raced" });
  await expect(review.getByRole("alert")).toContainText("Somebody else changed it first.");
  expect(read("raced").data.a).toBe(b64("theirs"));
});

test("an immutable secret says so before it is edited", async ({ page }) => {
  it().rig.create(secret("fixed", { a: "1" }, { immutable: true }));
  const panel = await open(page, "fixed");
  await panel.getByRole("button", { name: "Reveal a", exact: true }).click();
  await expect(panel.getByText("This secret is immutable.")).toBeVisible();
  const edit = panel.getByRole("button", { name: "Edit a", exact: true });
  await expect(edit).toHaveAccessibleDescription("The secret is immutable.");
});

test("a deletion names who uses it and wants the name typed", async ({ page }) => {
  const panel = await open(page, "db");
  await panel.getByRole("button", { name: "Delete…" }).click();
  const review = page.getByRole("dialog", { name: "Review the deletion of db" });
  await expect(review.getByRole("note")).toContainText("Used by Deployment web.");
  await expect(review.getByRole("button", { name: "Delete secret db" })).toHaveAccessibleDescription("Type db to confirm.");
  await page.keyboard.press("Escape");
  it().rig.create(secret("unused", { a: "1" }));
  const other = await open(page, "unused");
  await other.getByRole("button", { name: "Delete…" }).click();
  const deletion = page.getByRole("dialog", { name: "Review the deletion of unused" });
  await deletion.getByRole("textbox", { name: "Type unused to confirm" }).fill("unused");
  await deletion.getByRole("button", { name: "Delete secret unused" }).click();
  await expect(deletion).toBeHidden();
  await expect(row(page, "unused")).toBeHidden();
  await expect(row(page, "db")).toBeVisible();
});
