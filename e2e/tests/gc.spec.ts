// Logs of collectors and memory statistics: what the page says of them, and where its findings lead.
import { expect, test, type Page } from "@playwright/test";
import { allRead, drop, fixture, open } from "./page";

const go = (run: string, ...names: string[]) => names.map((name) => fixture(`go/${run}/${name}`));

async function opened(page: Page, files: string[]) {
  await open(page);
  await drop(page, files);
  await allRead(page, files.length);
}

async function view(page: Page) {
  await page.getByTestId("tab-gc").click();
  await expect(page.getByTestId("gc")).toBeVisible();
}

test("cycles, costs and stops of a program that allocates much", async ({ page }) => {
  await opened(page, go("churn/go1.27.3", "gctrace.txt", "memstats.jsonl", "metrics.5.json"));
  await view(page);
  await expect(page.getByTestId("gc-costs")).toContainText("77.1/s cycles");
  await expect(page.getByTestId("gc-costs")).toContainText("100 GOGC");
  await expect(page.getByTestId("gc-stops")).toContainText("1,238 stops");
  for (const chart of ["gc-heap", "gc-lengths", "gc-objects"]) await expect(page.getByTestId(chart)).toBeVisible();
  // What a chart draws is there for those who do not see it.
  await expect(page.getByTestId("gc-lengths-table").locator("tr")).not.toHaveCount(1);
  const rows = page.getByTestId("gc-cycles").locator("tbody tr");
  await expect(rows).toHaveCount(200);
  await expect(rows.first()).toContainText("619");
  // Sorted by how long the program stood still.
  await page.getByTestId("gc-cycles").getByRole("link", { name: "stopped" }).click();
  // gc 44 of the log: 5.4 and 0.049 ms.
  await expect(rows.first()).toContainText("44");
  await expect(rows.first()).toContainText("5.4 ms");
  // The longest stop leads to its cycle, among those around it; going back goes back.
  await page.getByTestId("gc-stops").getByRole("link").click();
  await expect(page).toHaveURL(/pick=cycle-\d+/);
  await expect(page.locator("[data-testid=gc-cycles] tr[aria-current]")).toHaveCount(1);
  await page.getByRole("link", { name: "all cycles" }).click();
  await expect(page).not.toHaveURL(/pick=/);
});

test("forced collections: the finding leads to them", async ({ page }) => {
  await opened(page, go("pool-miss-gc/go1.27.3", "gctrace.txt", "memstats.jsonl", "heap.0.pb.gz", "heap.5.pb.gz"));
  const finding = page.locator("[data-testid=finding][data-rule=gc-forced]");
  await expect(finding).toContainText("by the clock, one every 50.0 ms");
  for (const rule of ["pool-gc-mismatch", "gc-stw-long"]) {
    await expect(page.locator(`[data-testid=finding][data-rule=${rule}]`)).toBeVisible();
  }
  await finding.click();
  await page.getByRole("listitem").filter({ hasText: "153 forced cycles" }).getByTestId("evidence").click();
  await expect(page).toHaveURL(/view=gc.*pick=forced/);
  await expect(page.getByTestId("gc-cycles").locator("tbody tr")).toHaveCount(153);
  await page.getByRole("link", { name: "forced, show all" }).click();
  await expect(page.getByTestId("gc-cycles").locator("tbody tr")).toHaveCount(172);
});

test("a healthy program has no finding of the collector", async ({ page }) => {
  await opened(page, go("healthy/go1.27.3", "gctrace.txt", "memstats.jsonl", "metrics.5.json", "vars.0.json", "vars.5.json"));
  await expect(page.getByTestId("status")).toContainText("Ready");
  await expect(page.locator("[data-testid=finding][data-severity=L2], [data-testid=finding][data-severity=L3]")).toHaveCount(0);
  await view(page);
  await expect(page.getByTestId("gc-costs")).toContainText("cycles");
});

test("a torn log tells what is missing, and the rest is read", async ({ page }) => {
  await opened(page, [fixture("go_gc/noisy.gctrace.txt")]);
  await expect(page.getByTestId("session-file")).toHaveAttribute("data-state", "damaged");
  await view(page);
  await expect(page.getByTestId("gc")).toContainText("266 cycles");
  await expect(page.getByTestId("gc-scheduler")).toContainText("2 processors");
  await page.getByTestId("tab-files").click();
  await expect(page.locator("body")).toContainText("6 cycles are missing between those that are there");
});

test("Java machines beside each other: one at a time, and full collections that gain nothing", async ({ page }) => {
  await opened(page, ["g1.jdk17.txt", "serial-full.jdk17.txt"].map((name) => fixture(`jvm_gc/${name}`)));
  const finding = page.locator("[data-testid=finding][data-rule=gc-thrash]");
  await expect(finding).toHaveAttribute("data-severity", "L3");
  await expect(finding).toContainText("383 full collections");
  await finding.click();
  await page.getByRole("listitem").filter({ hasText: "383 full collections" }).getByTestId("evidence").click();
  await expect(page).toHaveURL(/pick=run-2/);
  await expect(page.getByTestId("gc")).toContainText("Serial (Java)");
  await page.getByTestId("gc-runs").getByRole("link", { name: "1" }).click();
  await expect(page.getByTestId("gc")).toContainText("G1 (Java)");
  await expect(page.getByTestId("gc-cycles")).toContainText("Concurrent Mark Cycle");
});

test("scrapes of Prometheus and samples of jstat are courses", async ({ page }) => {
  await opened(page, [fixture("go_gc/scrapes.prom.txt")]);
  await view(page);
  await expect(page.getByTestId("gc-heap")).toContainText("as readings have it");
  await expect(page.getByTestId("gc-heap")).toContainText("reading 3");
  await page.getByTestId("session-file").first().waitFor();
});
