// Backups and restores with a real PostgreSQL: the app's Jobs are run by the rig's runner, which stands in for the kubelet,
// and its commands in containers by kwok.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, fault, section, sentence, test, type Locator, type Page } from "../test.ts";
import { PostgreSql, Runner } from "../runner.ts";
import type { Rig } from "../rig.ts";

/** The rows of the test, as they are to come back. */
const ROWS = "1|Ada\n2|Grace\n3|Ünïcode ' \" \\";

const ANA = "ana@example.com";

interface Filled {
  postgres: PostgreSql;
  password: string;
}

interface World extends Filled {
  runner: Runner;
}

/** A namespace whose PostgreSQL is a real one. */
async function world(rig: Rig): Promise<World> {
  const secret = rig.kubectl(["get", "secret", "postgres", "-o", "jsonpath={.data.password}"]);
  const password = Buffer.from(secret, "base64").toString();
  const postgres = await PostgreSql.start(password);
  const place = { host: "postgres-0.postgres", address: "127.0.0.1", port: postgres.port };
  return { postgres, password, runner: new Runner(rig, [place]) };
}

function fill({ postgres, password }: Filled): void {
  postgres.sql(password, "CREATE ROLE litellm LOGIN PASSWORD 'made-up'");
  postgres.sql(password, "CREATE DATABASE litellm OWNER litellm");
  postgres.sql(password, "CREATE TABLE models (id int PRIMARY KEY, name text)", "litellm");
  const values = ROWS.split("\n").map((it) => it.split("|")).map(([id, name]) => `(${id}, '${name.replaceAll("'", "''")}')`);
  postgres.sql(password, `INSERT INTO models VALUES ${values.join(", ")}`, "litellm");
}

const rows = ({ postgres, password }: Filled) => postgres.sql(password, "SELECT id, name FROM models ORDER BY id", "litellm");

function backup(page: Page, database: string): Locator {
  return page.getByRole("table", { name: "Past backups" }).getByRole("row").filter({ hasText: database }).first();
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(`${url}#/releases/backups`);
  await expect(section(page, "Past backups")).toBeVisible();
}

/** Asks for a backup of PostgreSQL alone. */
async function backUp(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Back up now" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the backup" });
  await dialog.getByRole("checkbox", { name: /MongoDB/ }).uncheck();
  await dialog.getByRole("button", { name: "Back up now" }).click();
  await expect(dialog).toBeHidden();
}

fault("tab closed before the dump begins, and between steps of the restore", "backup, restore", "Another browser goes on where the first one was: dumped once and verified, destroyed, restored, and the rows are equal.", async ({
  page,
  rig,
  another,
}) => {
  test.setTimeout(240_000);
  await rig.install("0.1.16");
  const it = await world(rig);
  try {
    fill(it);
    expect(rows(it)).toBe(ROWS);
    const { url } = await rig.proxy();
    await open(page, url);
    await expect(sentence(page)).toContainText("PostgreSQL: there is no backup yet.");
    await expect(page.getByRole("button", { name: "Restore…" })).toBeHidden();
    // This proxy is as kubectl makes it.
    const toDisk = page.getByRole("button", { name: "Save to disk: PostgreSQL" });
    await expect(toDisk).toHaveAttribute("aria-disabled", "true");
    await expect(toDisk).toHaveAttribute("title", /lets no exec through/);

    // The tab that asked is gone before the dump begins.
    let letGo = () => {};
    it.runner.gate = new Promise((done) => (letGo = done));
    await backUp(page);
    await expect(backup(page, "PostgreSQL")).toContainText("running", { timeout: 30_000 });
    await expect(sentence(page)).toContainText("PostgreSQL is being backed up.");
    await page.close();
    letGo();

    const second = await another(`${url}#/releases/backups`);
    await expect(backup(second, "PostgreSQL")).toContainText("verified", { timeout: 60_000 });
    await expect(backup(second, "PostgreSQL")).toContainText("sha256");
    await expect(backup(second, "PostgreSQL")).toContainText("0.1.16");
    await expect(backup(second, "PostgreSQL")).toContainText(/KiB|bytes/);
    await expect(sentence(second)).toContainText("PostgreSQL was backed up");
    await expect(sentence(second)).toContainText("MongoDB: there is no backup yet.");
    const checklist = second.getByRole("list", { name: "Checklist" }).getByRole("listitem");
    await expect(checklist.filter({ has: second.getByText("PostgreSQL dump", { exact: true }) })).toContainText("verified");

    // What the pod said is kept with the Job when the pod is gone.
    const evidence = () =>
      rig.kubectl(["get", "jobs", "-l", "admin.rootcause.dev/backup=postgresql", "-o", "json"]);
    await expect.poll(() => evidence().includes("admin.rootcause.dev/evidence")).toBe(true);
    rig.kubectl(["delete", "pods", "-l", "admin.rootcause.dev/backup=postgresql", "--wait=true"]);
    await expect(backup(second, "PostgreSQL")).toContainText("verified");

    // Destroyed.
    it.postgres.sql(it.password, "DROP DATABASE litellm");
    it.postgres.sql(it.password, "DROP ROLE litellm");

    await backup(second, "PostgreSQL").getByRole("button", { name: "Restore…" }).click();
    const steps = (page: Page) => page.getByRole("list", { name: "Steps of the restore" }).getByRole("listitem");
    const step = (page: Page, title: string) => steps(page).filter({ hasText: title });
    await expect(step(second, "Stop what writes")).toContainText("next");
    await step(second, "Stop what writes").getByRole("button", { name: /Stop what writes/ }).click();
    const stop = second.getByRole("dialog", { name: "Review: Stop what writes" });
    await expect(stop).toContainText("kubectl scale deployment platform");
    await stop.getByRole("button", { name: "Stop what writes" }).click();
    await expect(step(second, "Stop what writes")).toContainText("done", { timeout: 30_000 });
    const replicas = () => rig.kubectl(["get", "deployments", "-o", "jsonpath={.items[*].spec.replicas}"]).trim();
    expect(new Set(replicas().split(" "))).toEqual(new Set(["0"]));
    await second.context().close();

    // Another browser goes on where the first one was.
    const third = await another(`${url}#/releases/backups`);
    await expect(step(third, "Restore PostgreSQL")).toContainText("next");
    await step(third, "Restore PostgreSQL").getByRole("button", { name: /Restore PostgreSQL/ }).click();
    const restore = third.getByRole("dialog", { name: "Review: Restore PostgreSQL" });
    const go = restore.getByRole("button", { name: "Restore PostgreSQL" });
    await expect(go).toHaveAttribute("aria-disabled", "true");
    const name = await restore.getByText(/Type backup-postgresql-/).textContent();
    await restore.getByRole("textbox").fill(name?.match(/backup-postgresql-\S+/)?.[0] ?? "");
    await go.click();
    await expect(restore).toBeHidden();
    await third.reload();
    await expect(step(third, "Restore PostgreSQL")).toContainText("done", { timeout: 60_000 });
    expect(rows(it)).toBe(ROWS);

    await step(third, "Start it again").getByRole("button", { name: /Start it again/ }).click();
    const start = third.getByRole("dialog", { name: "Review: Start it again" });
    await start.getByRole("button", { name: "Start it again" }).click();
    await expect(start).toBeHidden();
    await expect.poll(() => new Set(replicas().split(" "))).toEqual(new Set(["1"]));
  } finally {
    await it.runner.stop();
    it.postgres.stop();
  }
});

test("a backup that failed, and one older than the last change, never count", async ({ page, rig }) => {
  test.setTimeout(180_000);
  await rig.install("0.1.16");
  const it = await world(rig);
  try {
    fill(it);
    const { url } = await rig.proxy();
    await open(page, url);
    await backUp(page);
    await expect(backup(page, "PostgreSQL")).toContainText("verified", { timeout: 60_000 });
    await expect(sentence(page)).toContainText("PostgreSQL was backed up");

    // A change makes it old.
    rig.patch({ spec: { components: { platform: { replicas: 2 } } } });
    await rig.phase("Ready", "0.1.16");
    await expect(sentence(page)).toContainText("the newest backup is older than the last change", { timeout: 30_000 });

    // A database that does not answer.
    it.postgres.sql(it.password, "ALTER ROLE postgres PASSWORD 'another'");
    await backUp(page);
    await expect(backup(page, "PostgreSQL")).toContainText("failed", { timeout: 60_000 });
    await expect(backup(page, "PostgreSQL")).toContainText("password authentication failed");
    await expect(sentence(page)).toContainText("the newest backup failed");
    await expect(backup(page, "PostgreSQL").getByRole("button", { name: "Restore…" })).toBeHidden();
    await page.getByRole("link", { name: /^Releases/ }).click();
    await page.getByRole("radio", { name: "Choose 0.1.20", exact: true }).check();
    await page.getByRole("button", { name: "Request upgrade", exact: true }).click();
    const check = page.getByRole("dialog").getByRole("list", { name: "Checks" }).getByRole("listitem");
    await expect(check.filter({ hasText: "Backup" })).toContainText("the newest backup failed");
  } finally {
    await it.runner.stop();
    it.postgres.stop();
  }
});

test("a Job that proves nothing is not verified, a backup is deleted with its record", async ({ page, rig }) => {
  test.setTimeout(120_000);
  // No runner: the fake nodes let the Jobs succeed and write nothing.
  await rig.install("0.1.16");
  await open(page, (await rig.proxy()).url);
  await backUp(page);
  await expect(backup(page, "PostgreSQL")).toContainText("not verified", { timeout: 60_000 });
  await expect(sentence(page)).toContainText("the newest backup left no size and checksum behind");

  // What a Job records that has packed nothing: gzip's frame alone.
  const job = rig.kubectl(["get", "jobs", "-l", "admin.rootcause.dev/backup", "-o", "name"]).trim();
  const packed = { file: "backup.sql.gz", bytes: 20, sha256: "f".repeat(64) };
  rig.kubectl(["annotate", job, `admin.rootcause.dev/evidence=${JSON.stringify(packed)}`]);
  await expect(backup(page, "PostgreSQL")).toContainText("empty");
  await expect(sentence(page)).toContainText("PostgreSQL: the newest backup is empty.");
  const dump = page.getByRole("listitem").filter({ has: page.getByText("PostgreSQL dump", { exact: true }) });
  await expect(dump).toContainText("the newest backup is empty");

  await backup(page, "PostgreSQL").getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: /Review the deletion/ });
  const name = await dialog.getByText(/Type backup-postgresql-/).textContent();
  await dialog.getByRole("textbox").fill(name?.match(/backup-postgresql-\S+/)?.[0] ?? "");
  await dialog.getByRole("button", { name: /^Delete / }).click();
  await expect(dialog).toBeHidden();
  await expect(section(page, "Past backups")).toContainText("No backup was taken yet.");
  // Its record is gone, and a Job deletes its file.
  const left = rig.kubectl(["get", "jobs", "-o", "name"]);
  expect(left).not.toContain("job.batch/backup-postgresql");
  expect(left).toContain("job.batch/delete-backup-postgresql");
});

test("schedules: made, suspended, resumed, deleted; a run that was missed is told", async ({ page, rig }) => {
  await rig.install("0.1.16");
  await open(page, (await rig.proxy()).url);
  await expect(section(page, "Scheduled backups")).toContainText("No backups are scheduled.");
  await page.getByRole("button", { name: "Schedule backups…" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the schedule" });
  await dialog.getByRole("textbox", { name: "As cron" }).fill("15 3 * * 0");
  await expect(dialog).toContainText("every Sunday at 03:15");
  await dialog.getByRole("combobox", { name: "Time zone" }).fill("Asia/Nowhere");
  await expect(dialog).toContainText("This browser knows no such time zone");
  await dialog.getByRole("combobox", { name: "Time zone" }).fill("Asia/Kolkata");
  await expect(dialog).toContainText(/Next: Sun.*03:15.*GMT\+5:30/);
  await dialog.getByRole("spinbutton", { name: "Days that it is kept" }).fill("14");
  await dialog.getByRole("button", { name: "Schedule backups" }).click();
  await expect(dialog).toBeHidden();
  const row = (name: string) => page.getByRole("table", { name: "Schedules" }).getByRole("row").filter({ hasText: name });
  for (const name of ["PostgreSQL", "MongoDB"]) {
    await expect(row(name)).toContainText("every Sunday at 03:15");
    await expect(row(name)).toContainText("Asia/Kolkata");
    await expect(row(name)).toContainText(/Sun.*03:15.*GMT\+5:30/);
    await expect(row(name)).toContainText("14 days");
    await expect(row(name)).toContainText("active");
  }
  // 03:15 on a Sunday in India is 21:45 on the Saturday before in UTC, by which the row's time is to be read.
  const next = await row("PostgreSQL").locator("time").last().getAttribute("datetime");
  expect(next).toMatch(/T21:45:00Z$/);
  expect(new Date(next ?? "").getUTCDay()).toBe(6);
  const cron = JSON.parse(rig.kubectl(["get", "cronjob", "backup-postgresql", "-o", "json"]));
  expect(cron.spec.jobTemplate.spec.ttlSecondsAfterFinished).toBe(14 * 86400);
  expect(cron.spec.timeZone).toBe("Asia/Kolkata");

  // A run of the schedule: its Job cannot know the version, Helm's history does.
  rig.kubectl(["create", "job", "scheduled", "--from=cronjob/backup-postgresql"]);
  await expect(backup(page, "PostgreSQL")).toContainText("by its schedule");
  await expect(backup(page, "PostgreSQL")).toContainText("0.1.16 by Helm's history");

  for (const [verb, state] of [
    ["Suspend", "suspended"],
    ["Resume", "active"],
  ] as const) {
    await row("PostgreSQL").getByRole("button", { name: verb }).click();
    const review = page.getByRole("dialog", { name: `Review: ${verb} backup-postgresql` });
    await review.getByRole("button", { name: `${verb} backup-postgresql` }).click();
    await expect(review).toBeHidden();
    await expect(row("PostgreSQL")).toContainText(state);
  }
  await row("MongoDB").getByRole("button", { name: "Delete…" }).click();
  const review = page.getByRole("dialog", { name: "Review: Delete backup-mongodb" });
  await review.getByRole("button", { name: "Delete backup-mongodb" }).click();
  await expect(row("MongoDB")).toBeHidden();
});

test("where exec is let through a dump goes to the user's own disk, and what was done is recorded for all", async ({
  page,
  rig,
  another,
}) => {
  test.setTimeout(150_000);
  await rig.install("0.1.16");
  const password = Buffer.from(rig.kubectl(["get", "secret", "postgres", "-o", "jsonpath={.data.password}"]), "base64").toString();
  const postgres = await PostgreSql.start(password);
  try {
    const it = { postgres, password };
    fill(it);
    postgres.serve(rig, "postgres-0", password);
    const { url } = await rig.proxy({ exec: true, as: ANA });
    rig.grant(ANA, [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
    // A browser without a picker of files downloads; one with it is given a file of the page's own file system.
    await page.addInitScript(() => {
      Object.assign(window, { showSaveFilePicker: undefined });
    });
    await open(page, url);
    const item = (page: Page, title: string) =>
      page.getByRole("list", { name: "Checklist" }).getByRole("listitem").filter({ has: page.getByText(title, { exact: true }) });
    const dump = item(page, "PostgreSQL dump");
    await expect(dump).toContainText("open");
    await dump.getByRole("button", { name: "Save to disk: PostgreSQL" }).click();
    const dialog = page.getByRole("dialog", { name: "Save a dump of PostgreSQL to disk" });
    await expect(dialog).toContainText(`kubectl exec -n ${rig.namespace} postgres-0 -c postgres -- sh -c`);
    await expect(dialog).not.toContainText(password);
    const saved = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Save the dump" }).click();
    const bytes = readFileSync(await (await saved).path());
    await expect(dialog).toContainText("The dump is saved");
    expect(gunzipSync(bytes).toString()).toContain("Ada");
    expect(gunzipSync(bytes).toString()).toContain("PostgreSQL database cluster dump complete");
    const sum = createHash("sha256").update(bytes).digest("hex");
    await expect(dialog).toContainText(`${bytes.length} bytes`);
    await expect(dialog).toContainText(sum);
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(dump).toContainText(`sha256 ${sum.slice(0, 12)}…, saved by ${ANA}`);
    await expect(sentence(page)).toContainText(`PostgreSQL was saved to a disk by ${ANA}`);

    await item(page, "Tried in a staging environment").getByRole("button", { name: "Mark as done" }).click();
    await expect(item(page, "Tried in a staging environment")).toContainText(`Marked as done by ${ANA}`);

    // Somebody else sees both, and goes on.
    const other = await another("about:blank");
    await other.addInitScript(() => {
      const picker = async ({ suggestedName }: { suggestedName: string }) =>
        (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
      Object.assign(window, { showSaveFilePicker: picker });
    });
    await open(other, url);
    await expect(item(other, "PostgreSQL dump")).toContainText(`saved by ${ANA}`);
    const staging = item(other, "Tried in a staging environment");
    await staging.getByRole("button", { name: "Take back" }).click();
    await expect(item(page, "Tried in a staging environment")).toContainText("open");

    // A database that refuses leaves no file.
    postgres.sql(password, "ALTER ROLE postgres PASSWORD 'another'");
    const files = () =>
      other.evaluate(async () => {
        const names: string[] = [];
        for await (const name of (await navigator.storage.getDirectory() as any).keys()) names.push(name);
        return names;
      });
    await item(other, "PostgreSQL dump").getByRole("button", { name: "Save to disk: PostgreSQL" }).click();
    const second = other.getByRole("dialog", { name: "Save a dump of PostgreSQL to disk" });
    await second.getByRole("button", { name: "Save the dump" }).click();
    await expect(second.getByRole("alert")).toContainText("password authentication failed");
    expect(await files()).toEqual([]);

    postgres.sql("another", `ALTER ROLE postgres PASSWORD '${password}'`);
    await second.getByRole("button", { name: "Try again" }).click();
    await expect(second).toContainText("The dump is saved");
    const [file] = await files();
    expect(file).toMatch(/^postgresql-\d{8}-\d{6}\.sql\.gz$/);
    const text = await other.evaluate(async (name) => {
      const file = await (await (await navigator.storage.getDirectory()).getFileHandle(name)).getFile();
      return new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).text();
    }, file ?? "");

    // What was saved brings the rows back.
    postgres.sql(password, "DROP DATABASE litellm");
    postgres.restore(password, text);
    expect(rows(it)).toBe(ROWS);

    // A change of the installation makes it old.
    rig.patch({ spec: { components: { platform: { replicas: 2 } } } });
    await rig.phase("Ready", "0.1.16");
    await expect(item(page, "PostgreSQL dump")).toContainText("before the last change");
    await expect(sentence(page)).toContainText("PostgreSQL: there is no backup yet.");
  } finally {
    postgres.stop();
  }
});
