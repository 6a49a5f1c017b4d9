import assert from "node:assert/strict";
import { test } from "node:test";
import { candidates, place } from "../src/complete.js";

const SCHEMA = {
  type: "object",
  properties: {
    components: { type: "object", properties: { platform: { $ref: "#/definitions/component" }, mlJobs: { $ref: "#/definitions/component" } } },
    auth: { type: "object", properties: { mode: { enum: ["managed", "external"] } }, then: { properties: { oidc: {} } } },
    tolerations: { type: "array", items: { type: "object", properties: { key: { type: "string" }, effect: { enum: ["NoSchedule", "true"] } } } },
    named: { type: "object", additionalProperties: { type: "object", properties: { on: { type: "boolean" } } } },
  },
  definitions: { component: { type: "object", properties: { replicas: { type: "integer", default: 1, description: "How many." }, resources: { type: "object" } } } },
};

// The bar is where the cursor is.
const at = (text) => [text.replace("|", ""), text.indexOf("|")];
const labels = (text) => candidates(...at(text), SCHEMA)?.options.map((it) => it.label) ?? null;

test("a place is told by its indentation", () => {
  const check = (text, path) => assert.deepEqual(place(...at(text))?.path ?? null, path, text);
  check("|", []);
  check("a:\n  |", ["a"]);
  check("a:\n  b: 1\n  # c\n\n  x|", ["a"]);
  check("a:\n  b:\n    c: 1\n  |", ["a"]);
  check("a:\n  - x: 1\n    |", ["a", "-"]);
  check("a:\n  - x: 1\n  - |", ["a", "-"]);
  check("a:\n- x: 1\n  y: 2\n- |", ["a", "-"]);
  check("a:\n  - b:\n      - c|", ["a", "-", "b", "-"]);
  check("a:\n  b: |", ["a", "b"]);
  check("a: 1\n  |", null);
  check("a: 'x |", null);
});

test("keys come from the schema, without those that are there", () => {
  assert.deepEqual(labels("|"), ["components", "auth", "tolerations", "named"]);
  assert.deepEqual(labels("auth:\n  mode: managed\nco|\nnamed: {}"), ["components", "tolerations"]);
  assert.deepEqual(labels("components:\n  platform:\n    replicas: 1\n  |"), ["mlJobs"]);
  assert.deepEqual(labels("components:\n  platform:\n    |"), ["replicas", "resources"]);
  assert.deepEqual(labels("tolerations:\n  - key: a\n    |\n  - effect: b"), ["effect"]);
  assert.deepEqual(labels("tolerations:\n  - key: a\n  - |"), ["key", "effect"]);
  assert.deepEqual(labels("named:\n  anything:\n    |"), ["on"]);
  assert.deepEqual(labels("auth:\n  |"), ["mode", "oidc"]);
  assert.equal(labels("unknown:\n  |"), null);
});

test("values come from enums, booleans and defaults", () => {
  assert.deepEqual(labels("auth:\n  mode: |"), ["managed", "external"]);
  assert.deepEqual(labels("named:\n  x:\n    on: |"), ["true", "false"]);
  assert.deepEqual(labels("tolerations:\n  - effect: |"), ["NoSchedule", '"true"']);
  assert.deepEqual(labels("components:\n  platform:\n    replicas: |"), ["1"]);
});

test("a key brings what follows it", () => {
  const option = (text, label) => candidates(...at(text), SCHEMA).options.find((it) => it.label === label);
  assert.equal(option("|", "components").apply, "components:\n  ");
  assert.equal(option("|", "tolerations").apply, "tolerations:\n  - ");
  assert.equal(option("components:\n  platform:\n    |", "replicas").apply, "replicas: ");
  assert.equal(option("components:\n  platform:\n    |", "replicas").info, "How many.");
});

test("a schema that refers to itself ends", () => {
  const endless = { $ref: "#" };
  assert.equal(candidates("a", 1, endless), null);
});
