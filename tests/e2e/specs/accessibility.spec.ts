// axe on every page and dialog, in both themes and both widths, with screenshots to look at.
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

// What a screen reader walks through: landmarks, headings, and what can be pressed, by role and name, in this order. Values
// change and more may come, but nothing of this may go.
const WALKS: Record<string, { of?: (page: Page) => Locator; tree: string }> = {
  status: {
    tree: `
      - main:
        - heading "RootCause 0.1.15 is running. 0.1.20 is available." [level=1]
        - button "Review 0.1.20…"
        - button "Force reconcile"
        - region "Operation":
          - heading "Operation" [level=2]
          - list:
            - listitem: /requested \\:? ?.*done/
        - region "Workloads":
          - heading "Workloads" [level=2]
          - list:
            - listitem:
              - text: fusionauth Deployment
              - img "1 of 1 ready"
              - button "Restart fusionauth"
            - listitem:
              - text: perceptura-mongo StatefulSet
              - img "1 of 1 ready"
              - button "Restart perceptura-mongo"
        - region "Helm releases":
          - heading "Helm releases" [level=2]
          - term: Release
          - definition: rootcause-dependencies
          - term: Release
          - definition: rootcause-platform
        - region "Conditions":
          - heading "Conditions" [level=2]
          - table:
            - rowgroup:
              - row "Subsystem Status Reason Since":
                - columnheader "Subsystem"
                - columnheader "Status"
                - columnheader "Reason"
                - columnheader "Since"
            - rowgroup:
              - row /^Ready True Deployed/:
                - rowheader "Ready"
                - cell "True"
        - region "Recent events":
          - heading "Recent events" [level=2]
          - table:
            - rowgroup:
              - row "Last seen Reason Object Message"
            - rowgroup:
              - row
    `,
  },
  releases: {
    tree: `
      - main:
        - heading "RootCause 0.1.15 is running. 0.1.20 is available." [level=1]
        - button "Review 0.1.20…"
        - region "Operation":
          - heading "Operation" [level=2]
        - region "Smoke test":
          - heading "Smoke test" [level=2]
          - button "Run smoke test"
        - region "Versions":
          - heading "Versions" [level=2]
          - searchbox "Filter versions"
          - button "Columns"
          - button "Check for updates now"
          - button "Request upgrade" [disabled]
          - table "Versions":
            - rowgroup:
              - row "Version State Published Digest Notes":
                - columnheader "Version"
                - columnheader "Notes"
            - rowgroup:
              - row /prerelease upgrade/:
                - rowheader:
                  - radio "Choose 0.2.0-rc.1"
                  - link "0.2.0-rc.1"
                - cell "Release notes":
                  - link "Release notes"
              - row /deployed/:
                - rowheader:
                  - radio "Choose 0.1.15"
                  - link "0.1.15"
        - region "History":
          - heading "History" [level=2]
          - img /^rootcause-dependencies. 0\\.1\\.15 since .+ rootcause-platform. 0\\.1\\.15 since/
          - heading "rootcause-platform" [level=3]
          - table "History of rootcause-platform":
            - rowgroup:
              - row "Revision Status What When Helm's words"
            - rowgroup:
              - row /Install of 0\\.1\\.15/:
                - rowheader "1":
                  - link "1"
          - heading "rootcause-dependencies" [level=3]
          - table "History of rootcause-dependencies"
    `,
  },
  backups: {
    tree: `
      - main:
        - heading /there is no backup yet/ [level=1]
        - button "Back up now"
        - region "Before an upgrade":
          - heading "Before an upgrade" [level=2]
          - list "Checklist":
            - listitem:
              - button "Save as YAML"
              - 'button "Mark as done: Export of the custom resource"'
            - listitem:
              - 'button "Save to disk: PostgreSQL" [disabled]'
              - 'button "Mark as done: PostgreSQL dump"'
            - listitem:
              - 'button "Save to disk: MongoDB" [disabled]'
              - 'button "Mark as done: MongoDB dump"'
            - listitem:
              - 'button "Mark as done: LiteLLM''s model configuration"'
            - listitem:
              - link "Release notes of 0.1.20"
              - 'button "Mark as done: Release notes of the target"'
            - listitem:
              - 'button "Mark as done: Tried in a staging environment"'
        - region "Past backups":
          - heading "Past backups" [level=2]
        - region "Scheduled backups":
          - heading "Scheduled backups" [level=2]
          - button "Schedule backups…"
    `,
  },
  bootstrap: {
    tree: `
      - main:
        - heading "The configuration is as it was applied." [level=1]
        - button "Discard changes" [disabled]
        - button "Apply configuration…" [disabled]
        - group "View of the draft":
          - button "Form" [pressed]
          - button "YAML"
          - button "Diff"
        - search:
          - searchbox "Search all fields"
        - region "Presets":
          - heading "Presets" [level=2]
        - region "General":
          - heading "General" [level=2]
          - combobox "Version (required)"
          - combobox "Storage class"
          - textbox "Host": rootcause.example.com
          - group "Ingress":
            - combobox "Enabled"
        - region "Components":
          - heading "Components" [level=2]
          - group "Platform":
            - heading "Platform" [level=3]
            - textbox "Replicas"
            - group "Resources":
              - group "Requests":
                - textbox "CPU"
                - textbox "Memory"
        - region "Dependencies":
          - heading "Dependencies" [level=2]
          - group "MongoDB":
            - heading "MongoDB" [level=3]
        - region "Authentication":
          - heading "Authentication" [level=2]
          - group "Users":
            - button "Remove ada@example.com"
            - button "Add to Users"
        - region "Advanced":
          - heading "Advanced" [level=2]
          - group "Raw Helm Overrides":
            - heading "Raw Helm Overrides" [level=3]
            - group /Raw Helm Overrides. Platform/:
              - heading "Platform" [level=4]
              - button "Write overrides as YAML"
          - group "Resource Patches":
            - heading "Resource Patches" [level=3]
            - combobox "Workload"
            - status "Trial of the patches"
        - region "Export and import":
          - heading "Export and import" [level=2]
        - region "Capacity":
          - heading "Capacity" [level=2]
          - img /^CPU. /
          - img /^Memory. /
          - table "What each workload requests"
        - region "Danger Zone":
          - heading "Danger Zone" [level=2]
    `,
  },
  secrets: {
    tree: `
      - main:
        - heading "8 secrets; all required ones are there." [level=1]
        - button "Create secret…"
        - region "Required":
          - heading "Required" [level=2]
          - button "Check values"
          - list "Required secrets":
            - listitem:
              - link "regcred"
        - region "All secrets":
          - heading "All secrets" [level=2]
          - searchbox "Filter secrets"
          - button "Columns"
          - grid "Secrets":
            - rowgroup:
              - row "Name Type Keys Used by Age":
                - columnheader "Name"
                - columnheader "Age"
            - rowgroup:
              - row:
                - rowheader "regcred":
                  - link "regcred"
                - gridcell "kubernetes.io/dockerconfigjson"
          - paragraph:
            - link "their history"
    `,
  },
  users: {
    tree: `
      - main:
        - heading "2 users, 1 of them an admin; all accounts are there." [level=1]
        - button "Add user…"
        - region "Users":
          - heading "Users" [level=2]
          - button "Paste or CSV…"
          - searchbox "Filter users"
          - button "Columns"
          - grid "Users":
            - rowgroup:
              - row "Email Name Role Account Actions"
            - rowgroup:
              - row:
                - rowheader "ada@example.com"
                - gridcell "Ada Lovelace"
                - gridcell "admin"
                - gridcell "Active"
                - gridcell:
                  - button "Edit ada@example.com"
                  - button "Remove ada@example.com"
        - region "Platform admin emails":
          - heading "Platform admin emails" [level=2]
          - button "Paste or CSV…"
          - status
          - list "Platform admin emails":
            - listitem:
              - button "Remove ada@example.com from the platform admins"
          - button "Add platform admin…"
        - region "Sign-in":
          - heading "Sign-in" [level=2]
          - button "Switch to an external identity provider…" [disabled]
    `,
  },
  troubleshooting: {
    tree: `
      - main:
        - heading /^Nothing is wrong. \\d+ checks passed\\.$/ [level=1]
        - navigation "Troubleshooting":
          - list:
            - listitem:
              - link "Findings"
            - listitem:
              - link "Pods"
            - listitem:
              - link "Logs"
            - listitem:
              - link "Events"
            - listitem:
              - link "Helm releases"
            - listitem:
              - link "Installation"
            - listitem:
              - link "Operator"
            - listitem:
              - link "Quick reference"
            - listitem:
              - link "Support bundle"
        - region "Findings":
          - heading "Findings" [level=2]
        - region "What was looked at":
          - heading "What was looked at" [level=2]
          - list:
            - listitem: fine The operator is alive
    `,
  },
  review: {
    of: (page) => page.getByRole("dialog"),
    tree: `
      - dialog "Review the upgrade to 0.1.20":
        - heading "Review the upgrade to 0.1.20" [level=2]
        - button "Close"
        - region "Preflight":
          - heading "Preflight" [level=2]
          - status: /^Nothing blocks/
          - list "Checks":
            - listitem:
              - text: warns
              - strong: Backup
              - paragraph: Back up now, on the Backups page.
        - region "What changes":
          - heading "What the API server would change" [level=2]
          - list "Changes":
            - listitem:
              - text: spec.version
              - deletion: 0.1.15
              - insertion: 0.1.20
        - button "Copy"
        - textbox "Reason, kept with the request (optional)"
        - button "Cancel"
        - button "Request upgrade to 0.1.20"
    `,
  },
};

/** What stands around every page. */
const AROUND = `
  - link "Skip to the page"
  - region "Installation": RootCause Ready 0.1.15
  - navigation "Pages":
    - list:
      - listitem:
        - link "Status"
      - listitem:
        - 'link "Releases 1: A newer version is available"'
      - listitem:
        - link "Backups"
      - listitem:
        - link "Bootstrap"
      - listitem:
        - link "Secrets"
      - listitem:
        - link "Users"
      - listitem:
        - link "Troubleshooting"
  - banner:
    - status "Connection": live
    - combobox "Theme"
    - button "Commands"
  - main
  - status
`;

test("a screen reader finds its way through every page and the review", async ({ page }) => {
  for (const [name, { of = () => page.getByRole("main"), tree }] of Object.entries(WALKS)) {
    await test.step(name, async () => {
      await page.goto("about:blank");
      await page.goto(it().proxy.url);
      await expect(sentence(page)).toContainText("is running.");
      await expect(page.locator("body")).toMatchAriaSnapshot(AROUND);
      await VIEWS[name]?.(page);
      await expect.soft(of(page)).toMatchAriaSnapshot(tree);
    });
  }
});
