// How long a form of 2,000 fields takes to open, and a keystroke in it to be painted, beside a bare field.
import { expect, test, section } from "../test.ts";
import { median, report } from "./measure.ts";

const FIELDS = 2000;
const KEYSTROKES = 21;

test("a form of 2,000 fields", async ({ page, rig }) => {
  const field = (index: number) => ({
    type: index % 3 ? "string" : "integer",
    description: `Setting number ${index}.`,
    ...(index % 3 ? { maxLength: 40, pattern: "^[a-z0-9]*$" } : { minimum: 0 }),
  });
  const properties = Object.fromEntries(Array.from({ length: FIELDS }, (_, index) => [`setting${index}`, field(index)]));
  const { group, kind } = await rig.ownKind({ type: "object", properties });
  rig.apply({ apiVersion: `${group}/v1`, kind, metadata: { name: "rootcause" }, spec: { setting1: "a" } });
  const { url } = await rig.proxy({ config: { kind } });
  await page.goto(`${url}#/bootstrap`);
  const form = section(page, "Other settings");
  await expect(form.getByRole("textbox", { name: "Setting1", exact: true })).toHaveValue("a");
  // Away and back: the schema is there, and what is measured is drawing alone.
  const opening: { usable: number; whole: number }[] = [];
  for (let round = 0; round < 5; round++) {
    await page.evaluate(() => (location.hash = "#/releases"));
    await expect(page.getByRole("region", { name: "Versions" })).toBeVisible();
    opening.push(
      await page.evaluate(async () => {
        const start = performance.now();
        location.hash = "#/bootstrap";
        const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const drawn = async (count: number) => {
          while (document.querySelectorAll("main section.form input").length < count) await painted();
          return performance.now() - start;
        };
        return { usable: await drawn(1), whole: await drawn(2000) };
      }),
    );
  }
  const typing = (selector: string) =>
    page.evaluate(
      async ([selector, count]) => {
        const input = document.querySelector<HTMLInputElement>(selector as string)!;
        const times: number[] = [];
        for (let key = 0; key < (count as number); key++) {
          await new Promise((done) => requestAnimationFrame(done));
          const start = performance.now();
          input.value = `${input.value}x`.slice(-20);
          input.dispatchEvent(new Event("input", { bubbles: true }));
          // Leptos runs its effects in a microtask.
          await new Promise((done) => setTimeout(done));
          input.getBoundingClientRect();
          times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
      },
      [selector, KEYSTROKES],
    );
  const keystroke = await typing("[id='field/spec/setting1']");
  await page.evaluate(() => {
    const bare = document.createElement("input");
    bare.id = "bare";
    document.querySelector("main")!.prepend(bare);
  });
  const bare = await typing("#bare");
  console.log({ opening });
  report("A form of 2,000 fields", "a bare field on the same page; a frame of 60 in a second", [
    { what: "usable", unit: "ms", ours: median(opening.map((it) => it.usable)), most: 200 },
    { what: "all fields drawn", unit: "ms", ours: median(opening.map((it) => it.whole)) },
    { what: "a keystroke until it is laid out, beside a bare field", unit: "ms", ours: keystroke, beside: bare },
    { what: "a keystroke until it is laid out, beside a frame", unit: "ms", ours: keystroke, beside: 1000 / 60, most: 1 },
  ]);
});
