import assert from "node:assert/strict";
import { test } from "node:test";
import { locate, read, write } from "../src/yaml.js";

test("a text is a value, or errors with their places", () => {
  assert.deepEqual(read("a: 1\nb: [x, 'y']\n").value, { a: 1, b: ["x", "y"] });
  assert.deepEqual(read(""), { value: null, errors: [] });
  assert.deepEqual(read("# only words\n").value, null);
  assert.deepEqual(read("base: &b {x: 1}\nmore:\n  <<: *b\n").value.more, { x: 1 });
  const check = (text, line, column) => {
    const { value, errors } = read(text);
    assert.equal(value, null);
    assert.deepEqual([errors[0].line, errors[0].column], [line, column], text);
    assert.ok(errors[0].message.length > 0);
  };
  check("a: 1\n  b: 2\n", 1, 4);
  check("a: 1\na: 2\n", 2, 1);
  check("a: [1\nb: 2\n", 2, 1);
  check("a: 'x\n", 2, 1);
});

test("a text that unfolds without end is refused", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (const [from, to] of ["ab", "bc", "cd", "de", "ef"]) bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`)}]`);
  assert.equal(read(bomb.join("\n")).errors.length, 1);
});

test("a write keeps comments and what it does not change", () => {
  const text = `# ours
components:
  # the web UI
  platform:
    replicas: 2 # two
    "quoted": 'as is'
list:
  - name: a # first
  # before b
  - name: b
other: { x: 1 }
`;
  const value = read(text).value;
  assert.equal(write(text, value), text);
  value.components.platform.replicas = 3;
  assert.equal(write(text, value), text.replace("replicas: 2", "replicas: 3"));
  value.list.splice(0, 1);
  value.components.platform.size = "10Gi";
  const after = write(text, value);
  assert.deepEqual(read(after).value, value);
  for (const kept of ["# ours", "# the web UI", "# two", "'as is'", "# before b", "other: { x: 1 }"]) assert.ok(after.includes(kept), kept);
});

test("whatever the change, the text says the value afterwards", () => {
  const values = [null, {}, { a: 1 }, { a: "1" }, { a: { b: [1, { c: null }] } }, { a: [] }, { a: [[1], [2, 3]] }, [1, 2], "x", { a: true }, { a: "true" }, { a: 1.5, "odd key: #": "- x\ny" }];
  for (const from of values) {
    for (const to of values) {
      const text = write(from === null ? "" : write("", from), to);
      assert.deepEqual(read(text).value ?? {}, to ?? {}, `${JSON.stringify(from)} to ${JSON.stringify(to)}: ${text}`);
    }
  }
});

test("an alias that changes becomes a value of its own", () => {
  const text = "a: &x {n: 1}\nb: *x\n";
  const after = write(text, { a: { n: 1 }, b: { n: 2 } });
  assert.deepEqual(read(after).value, { a: { n: 1 }, b: { n: 2 } });
});

test("paths are found where their keys are written", () => {
  const text = "a:\n  b:\n    - x: 1\n    - y: 2\n";
  const at = (...path) => {
    const [{ line, column }] = locate(text, [path]);
    return [line, column];
  };
  assert.deepEqual(at("a"), [1, 1]);
  assert.deepEqual(at("a", "b"), [2, 3]);
  assert.deepEqual(at("a", "b", 1, "y"), [4, 7]);
  assert.deepEqual(at("a", "b", 1, "missing"), [4, 7]);
  assert.deepEqual(at("none"), [1, 1]);
});
