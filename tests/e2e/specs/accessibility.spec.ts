// axe on every page and dialog, in both themes and both widths, with screenshots to look at.
import { screenshot, violations, WIDTHS } from "../looks.ts";
import { expect, review, section, sentence, shared, test, type Page } from "../test.ts";

const it = shared((rig) => rig.install("0.1.15"));

/** What there is to see, and how one gets there. */
const VIEWS: Record<string, (page: Page) => Promise<void>> = {
  status: async (page) => expect(section(page, "Workloads").getByRole("listitem").first()).toBeVisible(),
  releases: async (page) => {
    await page.goto(`${it().proxy.url}#/releases`);
    const history = page.getByRole("table", { name: "History of rootcause-platform" });
    await expect(history).toContainText("Install complete");
  },
  backups: async (page) => {
    await page.goto(`${it().proxy.url}#/releases/backups`);
    await expect(section(page, "Past backups")).toContainText("No backup was taken yet.");
    await expect(sentence(page)).toContainText("there is no backup yet");
  },
  "backup-review": async (page) => {
    await VIEWS.backups(page);
    await page.getByRole("button", { name: "Back up now" }).click();
    const review = page.getByRole("dialog", { name: "Review the backup" });
    await expect(review.getByRole("button", { name: "Back up now" })).toBeEnabled();
  },
  review: async (page) => {
    await review(page, "0.1.20");
  },
  version: async (page) => {
    await page.goto(`${it().proxy.url}#/releases/0.1.20`);
    await expect(page.getByRole("dialog", { name: "Version 0.1.20" })).toBeVisible();
  },
  revision: async (page) => {
    await page.goto(`${it().proxy.url}#/releases/history/rootcause-platform/1`);
    await expect(page.getByRole("dialog")).toContainText("Install complete");
  },
  secrets: async (page) => {
    await page.goto(`${it().proxy.url}#/secrets`);
    await expect(page.getByRole("grid", { name: "Secrets" })).toContainText("regcred");
    await expect(sentence(page)).toContainText("all required ones are there");
  },
  secret: async (page) => {
    await page.goto(`${it().proxy.url}#/secrets/rootcause-license`);
    const panel = page.getByRole("dialog", { name: "Secret rootcause-license" });
    await panel.getByRole("button", { name: "Edit license.key" }).click();
    await panel.getByRole("textbox", { name: "Value of license.key" }).fill("new");
  },
  "secret-change": async (page) => {
    await VIEWS.secret(page);
    await page.getByRole("button", { name: "Review the change…" }).click();
    const review = page.getByRole("dialog", { name: "Review the change of rootcause-license" });
    await expect(review.getByRole("button", { name: "Write secret rootcause-license" })).toBeEnabled();
  },
  "secret-new": async (page) => {
    await page.goto(`${it().proxy.url}#/secrets`);
    await page.getByRole("button", { name: "Create secret…" }).click();
    await expect(page.getByRole("dialog", { name: "Create a secret" })).toBeVisible();
  },
  users: async (page) => {
    await page.goto(`${it().proxy.url}#/users`);
    await expect(page.getByRole("grid", { name: "Users" })).toContainText("Active");
  },
  "user-new": async (page) => {
    await page.goto(`${it().proxy.url}#/users`);
    await page.getByRole("button", { name: "Add user…" }).click();
    await page.getByRole("textbox", { name: "Email" }).fill("nobody");
  },
  "users-paste": async (page) => {
    await page.goto(`${it().proxy.url}#/users`);
    await page.getByRole("button", { name: "Paste or CSV…" }).first().click();
    await page.getByRole("dialog").getByRole("textbox").fill("bo@example.com, cy@example.com\nnobody");
  },
  troubleshooting: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting`);
    await expect(sentence(page)).toContainText("Nothing is wrong");
  },
  pods: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting/pods`);
    await expect(page.getByRole("grid", { name: "Pods" })).toContainText("redis-0");
  },
  events: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting/events`);
    await expect(page.getByRole("table", { name: "Events" })).toContainText("Ready");
  },
  installation: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting/installation`);
    await expect(section(page, "YAML")).toContainText("kind:");
  },
  operator: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting/operator`);
    await expect(section(page, "Operator")).toContainText("alive");
  },
  reference: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting/reference`);
    await expect(section(page, "Back up")).toContainText("pg_dumpall");
  },
  commands: async (page) => {
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog", { name: "Commands" }).getByRole("option").first()).toBeVisible();
  },
  "no-page": async (page) => {
    await page.goto(`${it().proxy.url}#/nowhere`);
    await expect(sentence(page)).toHaveText("There is no such page.");
  },
};

for (const [width, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`every view passes axe: ${width}, ${colorScheme}`, async ({ page }) => {
      // Every view of the app, one after the other.
      test.slow();
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const [name, show] of Object.entries(VIEWS)) {
        await test.step(name, async () => {
          await page.goto("about:blank");
          await page.goto(it().proxy.url);
          await expect(sentence(page)).toContainText("is running.");
          await show(page);
          await screenshot(page, `${name}-${width}-${colorScheme}`);
          expect.soft(await violations(page), name).toEqual([]);
          const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect.soft(overhang, `${name} scrolls sideways by so many pixels`).toBeLessThanOrEqual(0);
        });
      }
    });
  }
}

test("the states that stand in for a page pass axe", async ({ page }) => {
  const { rig } = it();
  const line = await rig.line(it().proxy);
  line.down();
  const states = {
    "no-kind": (await rig.proxy({ config: { kind: "NoSuchKind" } })).url,
    "no-installation": (await rig.proxy({ config: { installation: "other" } })).url,
    forbidden: (await rig.proxy({ as: "nobody@example.com" })).url,
    "bad-config": (await rig.proxy({ configText: "{ not json" })).url,
    unreachable: line.url,
  };
  for (const [name, url] of Object.entries(states)) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto(url);
      await expect(sentence(page)).not.toContainText("Reading installation");
      await screenshot(page, `${name}-desktop-${colorScheme}`);
      expect.soft(await violations(page), name).toEqual([]);
    }
  }
});
