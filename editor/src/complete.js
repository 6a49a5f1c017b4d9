// What could be typed at a place, by a JSON schema (draft 7, or OpenAPI's dialect of it).

// A line of a block: its indentation, the dashes of list items, the key, and what follows the colon.
const LINE = /^( *)((?:-(?: +|$))*)(?:("[^"]*"|'[^']*'|[^\s:#"'{}[\],&*!|>%@`-][^:#]*?)\s*:(?:\s+(.*))?)?$/;

/** How a line stands in its block; `null` for one that says nothing. */
function parts(line) {
  if (/^\s*(#.*)?$/.test(line)) return null;
  const match = LINE.exec(line.replace(/\s+$/, ""));
  if (!match) return { column: line.search(/\S/), dashes: [], key: null, value: "" };
  const [, indent, dashes, key, value] = match;
  const columns = [...dashes.matchAll(/-/g)].map((it) => indent.length + it.index);
  const name = key === undefined ? null : key.replace(/^["']|["']$/g, "");
  return { column: indent.length + dashes.length, dashes: columns, key: name, value: value ?? "" };
}

/**
 * The place at offset `at`: `{path, typed, from, key}`. `path` leads to the map (or, with `key`, to the value of that
 * key) where something could be typed; `-` stands for an item of a list. `null` where nothing can be completed.
 */
export function place(text, at) {
  const lines = text.slice(0, at).split("\n");
  const current = lines.pop();
  const value = /^( *(?:- +)*)("[^"]*"|'[^']*'|[^\s:#"'-][^:#]*?)\s*:\s+(\S*)$/.exec(current);
  const key = /^( *(?:- +)*)([^\s:#"']*)$/.exec(current);
  const match = value ?? key;
  if (!match) return null;
  const prefix = match[1];
  const typed = value ? value[3] : key[2];
  if (!value && typed.startsWith("-")) return null;

  const path = [];
  let column = prefix.length;
  let list = false;
  const items = (dashes) => {
    for (const _ of dashes) path.unshift("-");
    if (dashes.length > 0) {
      column = dashes[0];
      list = true;
    }
  };
  items([...prefix.matchAll(/-/g)].map((it) => it.index));
  for (const line of lines.reverse()) {
    if (column === 0 && !list) break;
    const above = parts(line);
    if (!above) continue;
    const opens = above.key !== null && /^(#.*|[&!]\S*\s*)?$/.test(above.value);
    if (!list && above.column === column) {
      // The first line of the item that this line belongs to.
      items(above.dashes);
    } else if (above.column < column || (list && above.column === column && above.dashes.length === 0)) {
      if (!opens) return null;
      path.unshift(above.key);
      column = above.column;
      list = false;
      items(above.dashes);
    }
  }
  if (value) path.push(value[2].replace(/^["']|["']$/g, ""));
  return { path, typed, from: at - typed.length, key: value ? path.at(-1) : null };
}

/** The keys that the map around offset `at` has already, by the lines of its block. */
function present(text, at) {
  const lines = text.split("\n");
  const index = text.slice(0, at).split("\n").length - 1;
  const column = /^ *(?:- +)*/.exec(lines[index])[0].length;
  const found = new Set();
  const look = (from, step) => {
    for (let row = from; row >= 0 && row < lines.length; row += step) {
      const line = parts(lines[row]);
      if (!line) continue;
      if (line.column < column) break;
      if (line.column > column) continue;
      const begins = line.dashes.length > 0;
      if (step > 0 && begins) break;
      if (line.key !== null) found.add(line.key);
      if (step < 0 && begins) break;
    }
  };
  if (!/^ *-/.test(lines[index])) look(index - 1, -1);
  look(index + 1, 1);
  return found;
}

/** The schemas that apply together or in turn: references followed, branches opened. */
function branches(root, schema, depth = 0) {
  if (typeof schema !== "object" || schema === null || depth > 8) return [];
  const found = [schema];
  const open = (it) => found.push(...branches(root, it, depth + 1));
  if (typeof schema.$ref === "string" && schema.$ref.startsWith("#")) {
    const tokens = schema.$ref.slice(1).split("/").filter(Boolean);
    open(tokens.reduce((it, token) => it?.[token.replace(/~1/g, "/").replace(/~0/g, "~")], root));
  }
  for (const many of ["allOf", "anyOf", "oneOf"]) for (const it of schema[many] ?? []) open(it);
  for (const one of ["then", "else"]) open(schema[one]);
  return found;
}

/** The schemas at a path. */
export function resolve(schema, path) {
  return path.reduce(
    (schemas, token) =>
      schemas.flatMap((it) => {
        if (token === "-") return branches(schema, Array.isArray(it.items) ? it.items[0] : it.items);
        const own = it.properties && Object.hasOwn(it.properties, token) ? it.properties[token] : undefined;
        return branches(schema, own ?? it.additionalProperties);
      }),
    branches(schema, schema),
  );
}

const kind = (schemas) => {
  const types = schemas.flatMap((it) => it.type ?? (it.properties ? "object" : []));
  return [...new Set(types)];
};

/** What could be typed at offset `at`: `{from, options: [{label, apply, detail, info}]}`, or `null`. */
export function candidates(text, at, schema) {
  const here = place(text, at);
  if (!here || !schema) return null;
  const schemas = resolve(schema, here.path);
  if (here.key !== null) {
    const values = schemas.flatMap((it) => [
      ...(it.enum ?? []),
      ...("const" in it ? [it.const] : []),
      ...("default" in it && typeof it.default !== "object" ? [it.default] : []),
      ...(it.type === "boolean" ? [true, false] : []),
    ]);
    const labels = [...new Set(values.map((it) => (typeof it === "string" && /^[\w./-]*$/.test(it) && !plainly(it) ? it : JSON.stringify(it))))];
    return labels.length > 0 ? { from: here.from, options: labels.map((label) => ({ label, apply: label })) } : null;
  }
  const taken = present(text, at);
  const options = [];
  for (const it of schemas) {
    for (const [name, own] of Object.entries(it.properties ?? {})) {
      if (taken.has(name) || options.some((option) => option.label === name)) continue;
      const inner = branches(schema, own);
      const types = kind(inner);
      const opens = types.includes("object") || types.includes("array");
      const column = here.from - (text.lastIndexOf("\n", here.from - 1) + 1);
      const dash = types.includes("array") && !types.includes("object") ? "- " : "";
      options.push({
        label: name,
        apply: opens ? `${name}:\n${" ".repeat(column + 2)}${dash}` : `${name}: `,
        detail: types.join(" or "),
        info: inner.map((one) => one.description).find(Boolean) ?? "",
      });
    }
  }
  return options.length > 0 ? { from: here.from, options } : null;
}

/** Whether a reader of YAML takes this text for something other than a text. */
const plainly = (text) => text === "" || /^(true|false|null|yes|no|on|off|~|[-+.\d].*)$/i.test(text);
