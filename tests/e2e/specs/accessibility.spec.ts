// axe on every page and dialog, in both themes and both widths, with screenshots to look at.
import { writeFileSync } from "node:fs";
import { screenshot, sideways, violations, WIDTHS } from "../looks.ts";
import { expect, review, section, sentence, shared, test, type Locator, type Page } from "../test.ts";

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
  bootstrap: async (page) => {
    await page.goto(`${it().proxy.url}#/bootstrap`);
    await expect(section(page, "General").getByRole("textbox", { name: "Host" })).toBeVisible();
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
  logs: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting/logs`);
    await expect(page.getByRole("main")).toContainText(/Following \d+ containers: /);
  },
  helm: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting/helm`);
    await expect(section(page, "rootcause-platform").getByRole("table")).toContainText("deployed");
  },
  bundle: async (page) => {
    await page.goto(`${it().proxy.url}#/troubleshooting/bundle`);
    await page.getByRole("button", { name: "Collect" }).click();
    await expect(section(page, "What will leave").getByRole("table")).toContainText(".log");
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
          expect.soft(await sideways(page), `${name} scrolls sideways`).toEqual([]);
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

// What a screen reader walks through: landmarks, headings, and what can be pressed, by role and name. Only what must be there;
// values change, and more may come.
const WALKS: Record<string, { of?: (page: Page) => Locator; tree: string }> = {
  status: {
    tree: `
      - heading /RootCause 0\\.1\\.15 is running\\. 0\\.1\\.20 is available\\./ [level=1]
      - button "Review 0.1.20…"
      - button "Force reconcile"
      - region "Workloads":
        - heading "Workloads" [level=2]
        - list:
          - listitem:
            - img /\\d+ of \\d+ ready/
            - button /Restart .+/
      - region "Helm releases":
        - heading "Helm releases" [level=2]
      - region "Conditions":
        - heading "Conditions" [level=2]
        - table:
          - rowgroup:
            - row "Subsystem Status Reason Since"
      - region "Recent events":
        - heading "Recent events" [level=2]
    `,
  },
  releases: {
    tree: `
      - heading /RootCause 0\\.1\\.15 is running\\./ [level=1]
      - button "Review 0.1.20…"
      - region "Smoke test":
        - button "Run smoke test"
      - region "Versions":
        - heading "Versions" [level=2]
        - searchbox "Filter versions"
        - button "Columns"
        - button "Check for updates now"
        - button "Request upgrade" [disabled]
        - table "Versions":
          - rowgroup:
            - row "Version State Published Digest Notes"
          - rowgroup:
            - row:
              - rowheader:
                - radio "Choose 0.2.0-rc.1"
                - link "0.2.0-rc.1"
      - region "History":
        - heading "History" [level=2]
        - img /rootcause-dependencies. 0\\.1\\.15 since .+ rootcause-platform. 0\\.1\\.15 since/
        - heading "rootcause-platform" [level=3]
        - table "History of rootcause-platform"
        - heading "rootcause-dependencies" [level=3]
        - table "History of rootcause-dependencies"
    `,
  },
  backups: {
    tree: `
      - heading /there is no backup yet/ [level=1]
      - button "Back up now"
      - region "Before an upgrade":
        - list "Checklist":
          - listitem:
            - button "Save as YAML"
            - button "Mark as done"
      - region "Past backups":
        - heading "Past backups" [level=2]
      - region "Scheduled backups":
        - button "Schedule backups…"
    `,
  },
  bootstrap: {
    tree: `
      - heading [level=1]
      - button "Discard changes"
      - button "Apply configuration…"
      - group "View of the draft":
        - button "Form" [pressed]
        - button "YAML"
        - button "Diff"
      - search:
        - searchbox "Search all fields"
      - region "General"
      - region "Components"
      - region "Danger Zone"
    `,
  },
  secrets: {
    tree: `
      - heading /all required ones are there/ [level=1]
      - button "Create secret…"
      - region "Required":
        - button "Check values"
        - list "Required secrets":
          - listitem:
            - link "regcred"
      - region "All secrets":
        - searchbox "Filter secrets"
        - button "Columns"
        - grid "Secrets":
          - rowgroup:
            - row "Name Type Keys Used by Age"
          - rowgroup:
            - row:
              - rowheader:
                - link
              - gridcell
    `,
  },
  users: {
    tree: `
      - heading [level=1]
      - button "Add user…"
      - region "Users":
        - button "Paste or CSV…"
        - searchbox "Filter users"
        - grid "Users":
          - rowgroup:
            - row "Email Name Role Account Actions"
          - rowgroup:
            - row:
              - rowheader
              - gridcell
              - gridcell:
                - button /Edit .+@.+/
                - button /Remove .+@.+/
      - region "Platform admin emails":
        - list "Platform admin emails"
      - region "Sign-in"
    `,
  },
  troubleshooting: {
    tree: `
      - heading /Nothing is wrong. \\d+ checks passed\\./ [level=1]
      - navigation "Troubleshooting":
        - list:
          - listitem:
            - link "Findings"
          - listitem:
            - link "Pods"
          - listitem:
            - link "Logs"
      - region "Findings"
      - region "What was looked at":
        - list:
          - listitem
    `,
  },
  review: {
    of: (page) => page.getByRole("dialog"),
    tree: `
      - dialog "Review the upgrade to 0.1.20":
        - region "Preflight":
          - list "Checks":
            - listitem
        - region "What changes":
          - list "Changes":
            - listitem
        - textbox /^Reason/
        - contentinfo:
          - button "Cancel"
          - button "Request upgrade to 0.1.20"
    `,
  },
};

test("a screen reader finds its way through every page and the review", async ({ page }) => {
  for (const [name, { of = () => page.getByRole("main"), tree }] of Object.entries(WALKS)) {
    await test.step(name, async () => {
      await page.goto("about:blank");
      await page.goto(it().proxy.url);
      await expect(sentence(page)).toContainText("is running.");
      await expect(page.locator("body")).toMatchAriaSnapshot(`
        - link "Skip to the page"
        - region "Installation"
        - navigation "Pages":
          - list
        - banner:
          - status "Connection"
          - combobox "Theme"
          - button "Commands"
        - main
      `);
      await VIEWS[name]?.(page);
      writeFileSync(`results/screenshots/${name}.aria.yml`, await of(page).ariaSnapshot());
      await expect.soft(of(page)).toMatchAriaSnapshot(tree);
    });
  }
});
