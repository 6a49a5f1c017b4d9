// YAML text and JSON values, with comments and places kept.
import { Document, LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";

// As kubectl reads files: YAML 1.2's types, and `<<` merges.
const OPTIONS = { merge: true, prettyErrors: false };
// Long texts stay on their lines, so that a write changes only what it means to.
const STYLE = { lineWidth: 0 };

/** A parsed text with its places. */
function parsed(text) {
  const lines = new LineCounter();
  const document = parseDocument(text, { ...OPTIONS, lineCounter: lines });
  return { document, lines };
}

/**
 * The JSON value of a YAML text, and what is wrong with the text: `{value, errors: [{message, line, column}]}`, lines
 * and columns from 1. A text without content is `null`; a text with errors has no value.
 */
export function read(text) {
  const { document, lines } = parsed(text);
  const errors = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { message: error.message, line, column: col };
  });
  if (errors.length > 0) return { value: null, errors };
  try {
    // A limit of aliases, against texts that unfold without end.
    return { value: document.toJS({ maxAliasCount: 100 }) ?? null, errors: [] };
  } catch (error) {
    return { value: null, errors: [{ message: error.message, line: 1, column: 1 }] };
  }
}

/**
 * The text changed so that its value is `value`: what is equal stays as it was written, comments included. A text
 * with errors is written anew.
 */
export function write(text, value) {
  const now = read(text);
  if (now.errors.length > 0) return printed(new Document(value));
  const { document } = parsed(text);
  if (document.contents === null && isEmpty(value)) return text;
  if (equal(now.value, value)) return text;
  document.contents = synced(document, document.contents, value);
  return printed(document);
}

function printed(document) {
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && node.source === undefined && isMisread(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString(STYLE);
}

/**
 * Texts that the library would write in a way that reads as another: a byte order mark at the document's beginning, a key
 * that merges, blanks between line ends.
 */
const isMisread = (text) => text.startsWith("\ufeff") || text === "<<" || (text.includes("\n") && text.trim() === "");

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isEmpty = (value) => value === null || (isObject(value) && Object.keys(value).length === 0);

function equal(a, b) {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((it, index) => equal(it, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

// A key that is a list, a map or an alias is no name that JSON has.
const NAMELESS = Symbol("nameless");
const keyOf = (pair) => (isScalar(pair.key) ? String(pair.key.value) : NAMELESS);

/** The node changed to have this value. */
function synced(document, node, value) {
  const now = node === null || node === undefined ? null : node.toJS(document);
  if (equal(now, value) && node) return node;
  if (isMap(node) && isObject(value)) {
    for (const pair of [...node.items]) {
      if (!Object.hasOwn(value, keyOf(pair))) node.items.splice(node.items.indexOf(pair), 1);
    }
    // A map that was written in braces and is filled now is not easy to read that way.
    if (node.items.length === 0) node.flow = false;
    for (const [key, wanted] of Object.entries(value)) {
      const pair = node.items.find((it) => keyOf(it) === key);
      if (pair) pair.value = synced(document, pair.value, wanted);
      else node.items.push(document.createPair(key, wanted));
    }
    return node;
  }
  if (isSeq(node) && Array.isArray(value)) {
    const old = node.items.map((it) => it?.toJS?.(document) ?? null);
    const shorter = Math.min(old.length, value.length);
    let head = 0;
    while (head < shorter && equal(old[head], value[head])) head += 1;
    let tail = 0;
    while (tail < shorter - head && equal(old.at(-1 - tail), value.at(-1 - tail))) tail += 1;
    const middle = value.slice(head, value.length - tail);
    const replaced = node.items.slice(head, node.items.length - tail);
    const fresh = middle.map((it, index) => synced(document, replaced[index] ?? null, it));
    node.items.splice(head, replaced.length, ...fresh);
    return node;
  }
  if (isScalar(node) && !isObject(value) && !Array.isArray(value)) {
    // The way it was written (quotes, hexadecimal) may not suit another value.
    if (typeof node.value !== typeof value) delete node.type;
    delete node.format;
    delete node.source;
    node.value = value;
    return node;
  }
  const fresh = document.createNode(value);
  if (node && !isAlias(node)) {
    fresh.commentBefore = node.commentBefore;
    fresh.spaceBefore = node.spaceBefore;
  }
  return fresh;
}

/**
 * Where each path (a list of keys and indices) is written: `{from, to, line, column}`, offsets from 0, lines and
 * columns from 1. A field is where its key is; what is not written is where the deepest thing around it is.
 */
export function locate(text, paths) {
  const { document, lines } = parsed(text);
  return paths.map((path) => {
    let node = document.contents;
    let range = [0, 0];
    for (const token of path) {
      if (isMap(node)) {
        const pair = node.items.find((it) => keyOf(it) === String(token));
        if (!pair) break;
        range = pair.key?.range ?? range;
        node = pair.value;
      } else if (isSeq(node)) {
        const item = node.items[Number(token)];
        if (!item) break;
        range = item.range ?? range;
        node = item;
      } else {
        break;
      }
    }
    const { line, col } = lines.linePos(range[0]);
    return { from: range[0], to: range[1], line: Math.max(line, 1), column: Math.max(col, 1) };
  });
}
