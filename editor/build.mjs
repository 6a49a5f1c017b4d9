// Bundles the editor into dist/: editor.js, and editor.digest, by which the app knows exactly this file. Runs before
// each build of the app. What is up to date is left alone, so that a build without changes costs nothing.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const at = (...parts) => join(here, ...parts);
const time = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const newest = (paths) => Math.max(...paths.map(time));

const bundle = at("dist/editor.js");
const digest = at("dist/editor.digest");
const sources = readdirSync(at("src")).map((name) => at("src", name));
const wanted = newest([...sources, at("package-lock.json"), at("build.mjs")]);

if (Math.min(time(bundle), time(digest)) < wanted) {
  // npm writes this file when it has installed everything.
  if (time(at("node_modules/.package-lock.json")) < time(at("package-lock.json"))) install();
  const { build } = await import("esbuild");
  rmSync(at("dist"), { recursive: true, force: true });
  mkdirSync(at("dist"));
  await build({
    entryPoints: [at("src/index.js")],
    outfile: bundle,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
  });
  writeFileSync(digest, `sha384-${createHash("sha384").update(readFileSync(bundle)).digest("base64")}`);
}

function install() {
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: here, encoding: "utf8" });
  if (npm.status !== 0) {
    console.error(`The editor's packages cannot be installed (npm ci in ${here}):\n${npm.stderr ?? npm.error}`);
    process.exit(1);
  }
}
