// Records what a real API server says of values under a schema that uses the features of well-known CRDs:
//   kubectl proxy --port 8001 & node record.mjs http://127.0.0.1:8001 > verdicts.json
// It makes the CRD `Specimen`, asks with dryRun=All for each value, and deletes the CRD again.
const [, , base] = process.argv;
const group = "specimen.rootcause.invalid";

const text = (more) => ({ type: "string", ...more });
const object = (properties, more) => ({ type: "object", properties, ...more });
const quantity = {
  "x-kubernetes-int-or-string": true,
  anyOf: [{ type: "integer" }, { type: "string" }],
  pattern: "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$",
};

// Field: its schema, then values to try.
const specimens = {
  // Plain types and their limits.
  text: [text({ minLength: 2, maxLength: 4 }), "a", "ab", "abcde", 3, true, null, ["a"], "äöüß"],
  lower: [text({ pattern: "^[a-z]+$" }), "abc", "Abc", ""],
  count: [{ type: "integer", format: "int32", minimum: 1, maximum: 100 }, 0, 1, 100, 101, 1.5, "1", 2.0],
  narrow: [{ type: "integer", format: "int32" }, 2147483647, 2147483648, -2147483649],
  wide: [{ type: "integer", format: "int64" }, 2147483648, 9007199254740991],
  share: [{ type: "number", minimum: 0, exclusiveMinimum: true, maximum: 1 }, 0, 0.5, 1, 1.01],
  below: [{ type: "number", maximum: 10, exclusiveMaximum: true }, 10, 9.99],
  even: [{ type: "integer", multipleOf: 2 }, 3, 4],
  tenths: [{ type: "number", multipleOf: 0.1 }, 0.3, 0.35],
  flag: [{ type: "boolean" }, true, "true", 1, null],
  nothing: [text({ nullable: true, minLength: 1 }), null, ""],
  filled: [text({ default: "x" }), null, ""],
  // Formats.
  time: [text({ format: "date-time" }), "2026-03-01T12:00:00Z", "2026-03-01", "now", ""],
  day: [text({ format: "date" }), "2026-03-01", "2026-3-1", "yesterday"],
  duration: [text({ format: "duration" }), "1h30m", "30", "2 days", "soon", "0"],
  email: [text({ format: "email" }), "a@b.c", "a@b", "a", "@b", "a b@c"],
  uri: [text({ format: "uri" }), "https://a.b", "a.b", "/a", "ftp:x", ""],
  hostname: [text({ format: "hostname" }), "a.b", "-a", "a_b"],
  ipv4: [text({ format: "ipv4" }), "1.2.3.4", "1.2.3", "::1"],
  ipv6: [text({ format: "ipv6" }), "::1", "1.2.3.4", "g::"],
  cidr: [text({ format: "cidr" }), "10.0.0.0/8", "10.0.0.0", "10.0.0.0/33", "::/0"],
  bytes: [text({ format: "byte" }), "YWI=", "%%"],
  invented: [text({ format: "of-our-own" }), "anything"],
  double: [{ type: "number", format: "double" }, 1e300, "1"],
  // Prometheus operator, Strimzi: quantities, percentages, ports.
  size: [quantity, "10Gi", 10, "10 Gi", 1.5, true, ""],
  either: [{ "x-kubernetes-int-or-string": true }, 1, "25%", 1.5, {}, []],
  // Enums: Istio has the empty one, Crossplane defaults.
  mode: [text({ enum: ["", "STRICT", "NONE"] }), "STRICT", "", "strict", null],
  level: [{ type: "integer", enum: [1, 2] }, 1, 3, "1"],
  // Lists.
  names: [{ type: "array", items: text({ maxLength: 5 }), minItems: 1, maxItems: 3, "x-kubernetes-list-type": "set" },
    [], ["a"], ["a", "a"], ["a", "b", "c", "d"], ["toolong"], [1], "a", [null]],
  plain: [{ type: "array", items: text() }, ["a", "a"], [["a"]]],
  ports: [{
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["port", "protocol"],
    items: object({ port: { type: "integer" }, protocol: text({ default: "TCP" }), name: text() }, { required: ["port"] }),
  }, [{ port: 1 }, { port: 1, protocol: "UDP" }], [{ port: 1 }, { port: 1, protocol: "TCP" }], [{ name: "x" }], [{ port: "1" }]],
  grid: [{ type: "array", items: { type: "array", items: { type: "integer", minimum: 0 } } }, [[1], [2]], [[1, -1]], [1]],
  // Maps.
  labels: [{ type: "object", additionalProperties: text({ maxLength: 3 }), maxProperties: 2 },
    { a: "b" }, { a: 1 }, { "a.b/c": "long" }, { a: "1", b: "2", c: "3" }, { a: null }],
  nested: [{ type: "object", additionalProperties: object({ weight: { type: "integer" } }, { required: ["weight"] }) },
    { a: { weight: 1 } }, { a: {} }, { a: { weight: "1" } }],
  free: [{ type: "object", "x-kubernetes-preserve-unknown-fields": true }, { a: [1, { b: null }] }, "text", []],
  anything: [{ "x-kubernetes-preserve-unknown-fields": true }, 1, "a", null, [1]],
  partly: [object({ known: { type: "integer" } }, { "x-kubernetes-preserve-unknown-fields": true }), { known: 1, other: "x" }, { known: "x" }],
  // Objects: required with and without defaults.
  pair: [object({ a: text(), b: text({ default: "x" }) }, { required: ["a", "b"] }), {}, { a: "1" }, { a: null }, { a: "1", b: null }],
  deep: [object({ inner: object({ leaf: text() }, { required: ["leaf"] }) }), {}, { inner: {} }, { inner: { leaf: "x" } }, { inner: null }],
  // Crossplane, Argo CD: whole objects inside.
  template: [{ type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
    { apiVersion: "v1", kind: "ConfigMap" }, { apiVersion: "v1" }, {}, { apiVersion: "v1", kind: "" }],
  // cert-manager, CloudNativePG: one of several.
  source: [object({ secret: text(), file: text(), other: text() }, { oneOf: [{ required: ["secret"] }, { required: ["file"] }] }),
    { secret: "a" }, { file: "a" }, { secret: "a", file: "b" }, {}, { other: "x" }],
  some: [object({ a: text(), b: text() }, { anyOf: [{ required: ["a"] }, { required: ["b"] }] }), {}, { a: "x" }, { a: "x", b: "y" }],
  // Istio: at most one of several.
  match: [object({ exact: text(), prefix: text() }, {
    oneOf: [{ not: { anyOf: [{ required: ["exact"] }, { required: ["prefix"] }] } }, { required: ["exact"] }, { required: ["prefix"] }],
  }), {}, { exact: "a" }, { exact: "a", prefix: "b" }],
  // Strimzi: the listener's type decides.
  listener: [object({ type: text(), port: { type: "integer" } }, {
    oneOf: [{ properties: { type: { enum: ["internal"] } }, required: ["type"] }, { properties: { type: { enum: ["route"] } }, required: ["type", "port"] }],
  }), { type: "internal" }, { type: "route" }, { type: "route", port: 1 }, { type: "other" }],
  both: [text({ allOf: [{ minLength: 2 }, { pattern: "^[a-z]+$" }] }), "a", "ab", "AB"],
  neither: [text({ not: { enum: ["root"] } }), "root", "ana"],
  limits: [{ type: "integer", anyOf: [{ maximum: 10 }, { minimum: 20 }] }, 5, 15, 25],
};

async function send(method, path, body) {
  const response = await fetch(base + path, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
  return { status: response.status, answer: await response.json() };
}

const properties = Object.fromEntries(Object.entries(specimens).map(([name, [schema]]) => [name, schema]));
const schema = object({ spec: object(properties) });
const crd = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions`;
await send("POST", crd, {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `specimens.${group}` },
  spec: {
    group,
    scope: "Cluster",
    names: { kind: "Specimen", plural: "specimens", singular: "specimen", listKind: "SpecimenList" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  },
}).then(({ status, answer }) => {
  if (status >= 300) throw new Error(JSON.stringify(answer));
});
try {
  const path = `/apis/${group}/v1/specimens`;
  while ((await fetch(base + path)).status !== 200) await new Promise((done) => setTimeout(done, 200));
  const verdicts = [];
  for (const [field, [, ...values]] of Object.entries(specimens)) {
    for (const value of values) {
      const body = { apiVersion: `${group}/v1`, kind: "Specimen", metadata: { name: "x" }, spec: { [field]: value } };
      const { status, answer } = await send("POST", `${path}?dryRun=All`, body);
      if (status !== 201 && status !== 422) throw new Error(JSON.stringify({ field, value, answer }));
      const causes = (answer.details?.causes ?? []).map(({ field, message }) => ({ field, message }));
      verdicts.push({ field, value, causes });
    }
  }
  const lines = verdicts.map((it) => `  ${JSON.stringify(it)}`);
  console.log(`{"schema": ${JSON.stringify(schema.properties.spec)},\n "verdicts": [\n${lines.join(",\n")}\n]}`);
} finally {
  await send("DELETE", `${crd}/specimens.${group}`);
}
