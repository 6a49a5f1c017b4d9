// The guides of docs/: each page still shows what its guide speaks of in bold, and each picture that a guide has is one
// that is taken here. UPDATE_DOCS=1 takes the pictures anew.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smaller } from "../png.ts";
import { expect, review, section, sentence, shared, test, type Page } from "../test.ts";

const GUIDES = join(import.meta.dirname, "../../../docs/guides");

const it = shared(async (rig) => {
  await rig.install("0.1.14");
  rig.patch({ spec: { version: "0.1.15" } });
  await rig.phase("Ready", "0.1.15");
});

/** What is seen on the way through a guide, in its order: the picture's name, and how one gets there. */
const SCENES: Record<string, [string, (page: Page) => Promise<void>][]> = {
  status: [
    ["status", (page) => expect(section(page, "Workloads")).toContainText("complete")],
    [
      "",
      async (page) => {
        await page.keyboard.press("Control+k");
        await expect(page.getByRole("option", { name: /^Print this page/ })).toBeVisible();
      },
    ],
  ],
  releases: [
    ["releases", (page) => expect(page.getByRole("table", { name: "History of rootcause-platform" })).toContainText("Install complete")],
    ["review", async (page) => expect((await review(page, "0.1.20")).getByRole("list", { name: "Checks" })).toBeVisible()],
  ],
  backups: [["backups", (page) => expect(section(page, "Past backups")).toContainText("No backup was taken yet.")]],
  bootstrap: [["bootstrap", (page) => expect(page.getByRole("searchbox", { name: "Search all fields" })).toBeVisible()]],
  secrets: [
    ["secrets", (page) => expect(page.getByRole("grid", { name: "Secrets" })).toContainText("regcred")],
    [
      "secret",
      async (page) => {
        await page.getByRole("grid", { name: "Secrets" }).getByRole("link", { name: "postgres", exact: true }).click();
        await expect(page.getByRole("dialog").getByRole("img", { name: /^postgres is used by / })).toBeVisible();
        await expect(page.getByRole("dialog").getByRole("button", { name: "Edit password" })).toBeVisible();
      },
    ],
  ],
  users: [["users", (page) => expect(page.getByRole("grid", { name: "Users" })).toContainText("Active")]],
  troubleshooting: [
    [
      "troubleshooting",
      async (page) => {
        const { rig } = it();
        const pod = ["get", "pods", "-l", "app.kubernetes.io/name=litellm", "-o", "jsonpath={.items[0].metadata.name}"];
        rig.kubectl(["label", "pod", rig.kubectl(pod), "rig.rootcause.dev/outcome=CrashLoopBackOff"]);
        await expect(section(page, "Findings").getByRole("article")).toContainText("Last lines", { timeout: 60_000 });
      },
    ],
  ],
};

/** The address of each guide's page. */
const address = (guide: string) => `${it().proxy.url}#/${{ status: "", backups: "releases/backups" }[guide] ?? guide}`;

/** All that one can read on the page, with the names that only a screen reader says. */
const words = (page: Page) =>
  page.evaluate(() => {
    const named = Array.from(document.querySelectorAll("[aria-label],[placeholder]"));
    const names = named.flatMap((it) => [it.getAttribute("aria-label"), it.getAttribute("placeholder")]);
    return [document.body.innerText, ...names].join("\n");
  });

for (const [guide, scenes] of Object.entries(SCENES)) {
  test(`the guide to ${guide} is true of its page`, async ({ page }) => {
    const text = readFileSync(join(GUIDES, `${guide}.md`), "utf8").replace(/\s+/g, " ");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.goto(address(guide));
    await expect(sentence(page)).not.toContainText("Reading");
    let seen = "";
    for (const [picture, show] of scenes) {
      await show(page);
      await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
      seen += await words(page);
      if (process.env.UPDATE_DOCS && picture) {
        writeFileSync(join(GUIDES, `images/${picture}.png`), smaller(await page.screenshot()));
      }
    }
    const terms = [...text.matchAll(/\*\*(.+?)\*\*/g)].map(([, term]) => term ?? "");
    expect(terms.length).toBeGreaterThan(3);
    const missing = (words: string) => terms.filter((term) => !words.includes(term));
    await expect.poll(async () => missing(seen + (await words(page)))).toEqual([]);
    const pictures = [...text.matchAll(/\(images\/(.+?)\.png\)/g)].map(([, name]) => name);
    expect(pictures).toEqual(scenes.map(([name]) => name).filter((it) => it));
  });
}

test("there is a guide for each page, and no picture that none shows", async () => {
  expect(readdirSync(GUIDES).filter((it) => it.endsWith(".md")).sort()).toEqual(Object.keys(SCENES).map((it) => `${it}.md`).sort());
  const pictures = Object.values(SCENES).flat().flatMap(([name]) => (name ? [`${name}.png`] : []));
  expect(readdirSync(join(GUIDES, "images")).sort()).toEqual(pictures.sort());
});
