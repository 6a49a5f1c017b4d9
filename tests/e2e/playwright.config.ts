import { defineConfig } from "@playwright/test";

// The browser is the system's Chromium; the cluster, its tools and the built app come from `cargo xtask test`.
export default defineConfig({
  testDir: "specs",
  outputDir: "results/output",
  fullyParallel: true,
  workers: 2,
  // CI tries a failed test once more and says so; here a test that fails now and then has to be seen at once.
  retries: process.env.CI ? 1 : 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: !!process.env.CI,
  reporter: [["line"], ["json", { outputFile: "results/report.json" }]],
  use: {
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    trace: "retain-on-failure",
    permissions: ["clipboard-read", "clipboard-write"],
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
