// Backups and restores with a real PostgreSQL: the app's Jobs are run by the rig's runner, which stands in for the kubelet.
import { expect, fault, section, sentence, test, type Locator, type Page } from "../test.ts";
import { PostgreSql, Runner } from "../runner.ts";
import type { Rig } from "../rig.ts";

/** The rows of the test, as they are to come back. */
const ROWS = "1|Ada\n2|Grace\n3|Ünïcode ' \" \\";

interface World {
  postgres: PostgreSql;
  runner: Runner;
  password: string;
}

/** A namespace whose PostgreSQL is a real one. */
async function world(rig: Rig): Promise<World> {
  const secret = rig.kubectl(["get", "secret", "postgres", "-o", "jsonpath={.data.password}"]);
  const password = Buffer.from(secret, "base64").toString();
  const postgres = await PostgreSql.start(password);
  const place = { host: "postgres-0.postgres", address: "127.0.0.1", port: postgres.port };
  return { postgres, password, runner: new Runner(rig, [place]) };
}

function fill({ postgres, password }: World): void {
  postgres.sql(password, "CREATE ROLE litellm LOGIN PASSWORD 'made-up'");
  postgres.sql(password, "CREATE DATABASE litellm OWNER litellm");
  postgres.sql(password, "CREATE TABLE models (id int PRIMARY KEY, name text)", "litellm");
  const values = ROWS.split("\n").map((it) => it.split("|")).map(([id, name]) => `(${id}, '${name.replaceAll("'", "''")}')`);
  postgres.sql(password, `INSERT INTO models VALUES ${values.join(", ")}`, "litellm");
}

const rows = ({ postgres, password }: World) => postgres.sql(password, "SELECT id, name FROM models ORDER BY id", "litellm");

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

  await backup(page, "PostgreSQL").getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: /Review the deletion/ });
  const name = await dialog.getByText(/Type backup-postgresql-/).textContent();
  await dialog.getByRole("textbox").fill(name?.match(/backup-postgresql-\S+/)?.[0] ?? "");
  await dialog.getByRole("button", { name: /^Delete / }).click();
  await expect(dialog).toBeHidden();
  await expect(section(page, "Past backups")).toContainText("No backup was taken yet.");
  expect(rig.kubectl(["get", "jobs", "-o", "name"])).not.toContain("backup-postgresql");
});

test("schedules: made, suspended, resumed, deleted; a run that was missed is told", async ({ page, rig }) => {
  await rig.install("0.1.16");
  await open(page, (await rig.proxy()).url);
  await expect(section(page, "Scheduled backups")).toContainText("No backups are scheduled.");
  await page.getByRole("button", { name: "Schedule backups…" }).click();
  const dialog = page.getByRole("dialog", { name: "Review the schedule" });
  await dialog.getByRole("textbox", { name: "As cron" }).fill("15 3 * * 0");
  await expect(dialog).toContainText("every Sunday at 03:15");
  await dialog.getByRole("spinbutton", { name: "Days that it is kept" }).fill("14");
  await dialog.getByRole("button", { name: "Schedule backups" }).click();
  await expect(dialog).toBeHidden();
  const row = (name: string) => page.getByRole("table", { name: "Schedules" }).getByRole("row").filter({ hasText: name });
  for (const name of ["PostgreSQL", "MongoDB"]) {
    await expect(row(name)).toContainText("every Sunday at 03:15");
    await expect(row(name)).toContainText("Etc/UTC");
    await expect(row(name)).toContainText("14 days");
    await expect(row(name)).toContainText("active");
  }
  const cron = JSON.parse(rig.kubectl(["get", "cronjob", "backup-postgresql", "-o", "json"]));
  expect(cron.spec.jobTemplate.spec.ttlSecondsAfterFinished).toBe(14 * 86400);

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
