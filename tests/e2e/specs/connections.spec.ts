// Browsers open six HTTP/1.1 connections to a host, and `kubectl proxy` speaks nothing newer: no page may keep one busy.
import { connection, expect, review, sentence, shared, test } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

test("eight pages of one browser through one proxy all load, stay live and can write", async ({ context, page }) => {
  const { rig, proxy } = it();
  const pages = [page];
  while (pages.length < 8) pages.push(await context.newPage());
  await Promise.all(pages.map((page, number) => page.goto(proxy.url + (number % 2 ? "#/releases" : ""))));
  for (const page of pages) {
    await expect(sentence(page)).toHaveText("RootCause 0.1.15 is running. 0.1.20 is available.");
    await expect(connection(page)).toHaveText("live");
  }
  const last = pages[7];
  await last.bringToFront();
  const dialog = await review(last, "0.1.16");
  await dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();
  await expect(dialog).toBeHidden();
  await rig.phase("Ready", "0.1.16");
  for (const page of pages) await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.");
});
