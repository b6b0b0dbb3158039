import { defineConfig } from "@playwright/test";

// `cargo xtask test` serves the built site twice, at the root of a host and below a folder, and names the browser.
export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  timeout: 60_000,
  // Two browsers share two cores with whatever else runs: what is awaited comes, later.
  expect: { timeout: 15_000 },
  workers: 2,
  fullyParallel: true,
  reporter: [["list"]],
  use: {
    baseURL: process.env.POOLSCOPE_SITE,
    viewport: { width: 1440, height: 900 },
    // Tests hold requests back, which a copy of the site in the browser would answer; hosting.spec.ts is about that copy.
    serviceWorkers: "block",
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ],
    },
  },
});
