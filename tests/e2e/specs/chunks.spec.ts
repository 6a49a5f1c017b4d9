// The app's chunks: files that load when they are first needed, and what becomes of a page whose file does not arrive.
import { readdirSync, renameSync, writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, sentence, shared, test, type Page } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

/** Notes the chunks that the page asks for, by their plain names. */
function asked(page: Page): string[] {
  const names: string[] = [];
  page.on("request", (request) => {
    const name = /\/([a-z]+)-[0-9a-f]+\.wasm$/.exec(request.url())?.[1];
    if (name && name !== "app") names.push(name);
  });
  return names;
}

/** The file of a chunk in the folder that a proxy serves. */
function file(folder: string, chunk: string): string {
  return join(folder, readdirSync(folder).find((it) => it.startsWith(`${chunk}-`)) ?? "");
}

test("a page's file loads when the page is opened, and once", async ({ page }) => {
  const names = asked(page);
  await page.goto(it().proxy.url);
  await expect(sentence(page)).toContainText("is running.");
  expect(names).not.toContain("rest");
  await page.getByRole("link", { name: "Users" }).click();
  await expect(page.getByRole("grid", { name: "Users" })).toBeVisible();
  await page.getByRole("link", { name: "Status" }).click();
  await expect(page.getByRole("region", { name: "Conditions" })).toBeVisible();
  await page.getByRole("link", { name: "Secrets" }).click();
  await expect(page.getByRole("grid", { name: "Secrets" })).toBeVisible();
  expect(names.filter((it) => it === "rest")).toEqual(["rest"]);
  expect(names).not.toContain("bootstrap");
});

test("a page whose file does not arrive says so, and comes with the next try", async ({ page, problems }) => {
  const { www, url } = await it().rig.proxy();
  const chunk = file(www, "bootstrap");
  renameSync(chunk, `${chunk}.away`);
  await page.goto(url);
  await expect(sentence(page)).toContainText("is running.");
  await page.getByRole("link", { name: "Bootstrap" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "This page could not be loaded" });
  await expect(alert).toContainText("Nothing was changed in the cluster.");
  // The rest of the app goes on.
  await page.getByRole("link", { name: "Status" }).click();
  await expect(sentence(page)).toContainText("is running.");
  await page.getByRole("link", { name: "Bootstrap" }).click();
  await expect(alert).toBeVisible();
  renameSync(`${chunk}.away`, chunk);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("region", { name: "General" })).toBeVisible();
  problems.length = 0;
});

test("a chunk that is not the built one does not run", async ({ page, problems }) => {
  const { www, url } = await it().rig.proxy();
  const chunk = file(www, "bootstrap");
  // An empty custom section: still WebAssembly, and another digest.
  writeFileSync(chunk, Buffer.concat([readFileSync(chunk), Buffer.from([0, 1, 0])]));
  await page.goto(`${url}#/bootstrap`);
  await expect(page.getByRole("alert")).toContainText("This page could not be loaded");
  expect(problems.join()).toContain("valid digest");
  problems.length = 0;
});
