import { defineConfig } from "@playwright/test";
import tests from "../playwright.config.ts";

// As the tests run, without what costs time; `cargo xtask bench` starts it.
export default defineConfig({
  ...tests,
  testDir: ".",
  outputDir: "../results/bench",
  workers: 1,
  timeout: 300_000,
  reporter: "list",
  use: { ...tests.use, trace: "off" },
});
