// Whatever texts and values come in. The same ones each time: what passed once passes again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { locate, read, write } from "../src/yaml.js";

/** Numbers from 0 up to 1 that follow from the seed (mulberry32). */
function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Carriage returns only before line feeds: the editor makes line ends of others. Without U+2028, which the library writes as
// a line end and does not read as one.
const PIECES = [
  ..."abc019:-#?&*!|>'\"%@`{}[],~=<. \t\n",
  "\r\n", "\u{1b}", "\0", "é", "🍎", "\u{202e}", "\\", "---\n", "...\n", "- ", "? ", ": ", "&a ", "*a", "!!binary ", "<<: ", "0x1f", "1e3",
  "null", "true", "|-\n  ", ">\n ", "# no\n", "%YAML 1.1\n", "__proto__", "constructor", "2026-03-01", ".inf",
];

const pick = (random, list) => list[Math.floor(random() * list.length)];
const text = (random, most) => Array.from({ length: Math.floor(random() * most) }, () => pick(random, PIECES)).join("");

function value(random, depth = 3) {
  const kind = Math.floor(random() * (depth > 0 ? 8 : 6));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return pick(random, [0, -1, 1.5, 1e21, 2 ** 53, -0.001, 12345]);
  if (kind === 3 && random() < 0.1) return `\u{feff}${text(random, 3)}`;
  if (kind < 6) return text(random, 6);
  const length = Math.floor(random() * 4);
  if (kind === 6) return Array.from({ length }, () => value(random, depth - 1));
  return Object.fromEntries(Array.from({ length }, () => [text(random, 4), value(random, depth - 1)]));
}

/** A resource or a chart's values: always an object. */
const document = (random) => Object.fromEntries(Array.from({ length: Math.floor(random() * 5) }, () => [text(random, 4), value(random)]));

/** Paths to whatever is in a value. */
function* paths(of, at = []) {
  yield at;
  if (typeof of === "object" && of !== null) {
    for (const [key, inner] of Object.entries(of)) yield* paths(inner, [...at, Array.isArray(of) ? Number(key) : key]);
  }
}

test("any text is a value or has errors with places, and is changed into any value", () => {
  const random = chance(1);
  for (let run = 0; run < 5_000; run += 1) {
    const it = text(random, 24);
    const told = read(it);
    for (const { message, line, column } of told.errors) {
      assert.ok(message && line >= 1 && column >= 1, JSON.stringify(it));
    }
    assert.doesNotThrow(() => JSON.stringify(told), JSON.stringify(it));
    const after = document(random);
    const written = write(it, after);
    assert.deepEqual(blank(read(written).value), blank(after), `${JSON.stringify(it)} to ${JSON.stringify(after)}:\n${written}`);
    for (const { from, to, line, column } of locate(it, [["a"], ["b", 0], [0, "c"]])) {
      assert.ok(from >= 0 && to >= from && line >= 1 && column >= 1, JSON.stringify(it));
    }
  }
});

test("any value is written, read back, and changed into any other, with every place found", () => {
  const random = chance(2);
  for (let run = 0; run < 4_000; run += 1) {
    const [before, after] = [document(random), document(random)];
    const first = write("", before);
    const second = write(first, after);
    const words = `${JSON.stringify(before)} to ${JSON.stringify(after)}:\n${second}`;
    assert.deepEqual(blank(read(first).value), blank(before), words);
    assert.deepEqual(blank(read(second).value), blank(after), words);
    for (const { from, to } of locate(second, [...paths(after)])) assert.ok(from <= to && to <= second.length, words);
  }
});

/** An empty object may be written as nothing at all. */
const blank = (it) => (Object.keys(it ?? {}).length === 0 ? null : it);
