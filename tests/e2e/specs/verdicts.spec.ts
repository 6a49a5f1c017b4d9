// What the page finds wrong with objects, beside what the API server does (`dryRun=All`), field by field: on kinds in the
// style of well-known CRDs, whose good objects are spoilt one place at a time.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { applyConfiguration, expect, reviewConfiguration, section, sentence, test } from "../test.ts";

const FOLDER = join(import.meta.dirname, "../../../crates/domain/tests/crds");

/** Spoilt objects of each kind: more are thinned out evenly. */
const CASES = 36;

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  nullable?: boolean;
  [keyword: string]: unknown;
}

type Json = any;

interface Case {
  what: string;
  spec: Json;
}

/** The object with another value at a place, or with none. */
function spoilt(object: Json, path: (string | number)[], value?: unknown): Json {
  const copy = structuredClone(object);
  const parent = path.slice(0, -1).reduce((at, token) => at[token], copy);
  const last = path.at(-1)!;
  if (value !== undefined) parent[last] = value;
  else delete parent[last];
  return copy;
}

/** Each way to spoil `value`, which has `schema`. */
function* wrongs(schema: Schema, value: Json): Generator<[string, unknown]> {
  const has = (key: string) => schema[key] !== undefined;
  if (value !== null && !schema["x-kubernetes-preserve-unknown-fields"] && schema.type) {
    const other: Record<string, unknown> = { string: 7, integer: "x", number: "x", boolean: "yes", array: {}, object: "x" };
    yield ["another type", other[schema.type]];
  }
  if (schema["x-kubernetes-int-or-string"]) yield ["a fraction", 1.5];
  if (schema["x-kubernetes-int-or-string"] && has("pattern")) yield ["no match", "*"];
  yield ["null", null];
  if (schema.enum) yield ["no choice", typeof schema.enum[0] === "number" ? 99 : "no such choice"];
  if (typeof value === "string") {
    if (has("pattern") || has("allOf")) yield ["no match", "*** no ***"];
    if (has("not")) yield ["excluded", (schema.not as Schema).enum![0]];
    if (has("format")) yield ["no format", "%% nonsense"];
    if (has("minLength")) yield ["too short", ""];
    if (has("maxLength")) yield ["too long", "x".repeat(Number(schema.maxLength) + 1)];
  }
  if (schema.type === "integer" || schema.type === "number") {
    if (schema.type === "integer") yield ["a fraction", 1.5];
    if (has("minimum")) yield ["too small", Number(schema.minimum) - 1];
    if (has("maximum")) yield ["too large", Number(schema.maximum) + 1];
    if (schema.exclusiveMinimum) yield ["the limit itself", schema.minimum];
    if (schema.exclusiveMaximum) yield ["the limit itself", schema.maximum];
    if (has("multipleOf")) yield ["no multiple", Number(schema.multipleOf) + 1];
    if (schema.format === "int32") yield ["more than 32 bits", 2 ** 31];
    if (has("anyOf")) yield ["in the gap", 15];
  }
  if (Array.isArray(value)) {
    yield ["empty", []];
    if (has("maxItems")) yield ["too many", Array.from({ length: Number(schema.maxItems) + 1 }, () => value[0])];
    if (value.length) yield ["twice", [...value, value[0]]];
    if (value.length) yield ["null in it", [null]];
  } else if (value && typeof value === "object") {
    yield ["empty", {}];
    if (has("maxProperties")) yield ["too many", Object.fromEntries([1, 2, 3].map((it) => [`k${it}`, Object.values(value)[0]]))];
    for (const name of Object.keys(schema.properties ?? {})) {
      if (!(name in value) && (has("oneOf") || has("anyOf"))) yield [`${name}, too`, { ...value, [name]: {} }];
    }
  }
}

function* spoil(schema: Schema, value: Json, path: (string | number)[], whole: Json): Generator<Case> {
  const at = path.join(".");
  if (path.length > 1) {
    for (const [what, other] of wrongs(schema, value)) yield { what: `${at}: ${what}`, spec: spoilt(whole, path, other).spec };
    yield { what: `${at}: missing`, spec: spoilt(whole, path).spec };
  }
  if (Array.isArray(value) && schema.items) {
    for (const [index, item] of value.entries()) yield* spoil(schema.items, item, [...path, index], whole);
  } else if (value && typeof value === "object") {
    for (const [name, field] of Object.entries(value)) {
      const below = schema.properties?.[name] ?? schema.additionalProperties;
      if (below) yield* spoil(below, field, [...path, name], whole);
    }
  }
}

function cases(schema: Schema, objects: Json[]): Case[] {
  const all = objects.flatMap((spec) => [...spoil(schema, spec, ["spec"], { spec })]);
  const step = Math.max(1, all.length / CASES);
  return Array.from({ length: Math.min(CASES, all.length) }, (_, index) => all[Math.floor(index * step)]);
}

/** The API server's causes, with places as the page writes them; `undefined` where it takes the object. */
async function judged(base: string, body: object): Promise<{ places: string[]; messages: string[] } | undefined> {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${base}?dryRun=All`, { method: "POST", headers, body: JSON.stringify(body) });
  const status: Json = await answer.json();
  if (answer.status === 201) return undefined;
  expect(answer.status, JSON.stringify(status)).toBe(422);
  const causes: { field: string; message: string }[] = status.details.causes;
  const place = ({ field, message }: { field: string; message: string }) => {
    const named = field === "<nil>" || !field ? message.match(/"(spec[^"]*)"|in (spec\S*)$/)?.slice(1).find(Boolean) : field;
    return plain(named ?? "");
  };
  return { places: causes.map(place), messages: causes.map((it) => it.message) };
}

/** A place without its brackets: the API server and the page write keys with dots differently. */
function plain(place: string): string {
  return place.replaceAll(/[[\]]+/g, ".").replaceAll(/\.+/g, ".").replace(/\.$/, "");
}

for (const file of readdirSync(FOLDER)) {
  test(`the page and the API server judge alike: ${file.replace(".json", "")}`, async ({ rig, page }) => {
    const { schema, objects }: { schema: Schema; objects: Json[] } = JSON.parse(readFileSync(join(FOLDER, file), "utf8"));
    // A field that says which of the objects the page shows.
    schema.properties!.shownCase = { type: "integer" };
    const { group, kind, plural } = await rig.ownKind(schema);
    const { url, port } = await rig.proxy({ config: { kind } });
    const api = `http://127.0.0.1:${port}/apis/${group}/v1/namespaces/${rig.namespace}/${plural}`;
    const body = (spec: Json) => ({ apiVersion: `${group}/v1`, kind, metadata: { name: "rootcause" }, spec });
    await page.goto(`${url}#/bootstrap`);
    const take = section(page, "Export and import").getByLabel("Take the configuration of a file into the draft");
    const shown = page.getByRole("textbox", { name: "Shown case" });
    const wrong = page.getByRole("note").filter({ hasText: "These fields need attention." }).getByRole("listitem");
    const show = async (spec: Json, number: number) => {
      const buffer = Buffer.from(JSON.stringify({ kind, spec: { ...spec, shownCase: number } }));
      await take.setInputFiles({ name: "case.json", mimeType: "application/json", buffer });
      await expect(shown).toHaveValue(String(number));
    };

    let number = 0;
    for (const spec of objects) {
      expect(await judged(api, body(spec))).toBeUndefined();
      await show(spec, number++);
      await expect(wrong).toHaveCount(0);
    }
    // Rules are the API server's alone, and so are formats that hardly anybody uses.
    const rules = [...JSON.stringify(schema).matchAll(/"message":"([^"]+)"/g)].map((it) => it[1]);
    const left = (message: string) => /hexcolor/.test(message) || rules.some((it) => message.includes(it));
    const differ: string[] = [];
    for (const { what, spec } of cases(schema, objects)) {
      const theirs = await judged(api, body(spec));
      await show(spec, number++);
      const said = await wrong.getByRole("button").allTextContents();
      const ours = said.map(plain);
      const strange = ours.filter((it) => !theirs?.places.includes(it));
      const missed = theirs && !ours.length && !theirs.messages.every(left);
      if (strange.length || missed) differ.push(`${what}: the page says ${JSON.stringify(said)}, the API server ${JSON.stringify(theirs)}`);
    }
    expect(differ).toEqual([]);

    // From one good object to the other, written by the page.
    const [first, second] = objects;
    rig.create({ ...body(first), metadata: { name: "rootcause", namespace: rig.namespace } });
    await page.reload();
    await page.getByRole("button", { name: "Discard changes" }).click();
    await expect(sentence(page)).toHaveText(/The configuration is as it was applied\./);
    await show(second, number);
    await applyConfiguration(await reviewConfiguration(page));
    const { spec } = JSON.parse(rig.kubectl(["get", plural, "rootcause", "-o", "json"]));
    // The same as if it had been made so.
    rig.kubectl(["delete", plural, "rootcause"]);
    rig.create({ ...body({ ...second, shownCase: number }), metadata: { name: "rootcause", namespace: rig.namespace } });
    expect(spec).toEqual(JSON.parse(rig.kubectl(["get", plural, "rootcause", "-o", "json"])).spec);
  });
}
