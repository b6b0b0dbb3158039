// Bundles and reports, made by the page and by the command, opened by a page that knows nothing: files, view and notes are
// there again, and a report runs from a disk without a network.
import { chromium, expect, test, type Page } from "@playwright/test";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { allRead, drop, fixture, heaps, open } from "./page";
import { hostileHeap } from "./hostile";

const folder = mkdtempSync(path.join(tmpdir(), "poolscope-bundles-"));
const command = process.env.POOLSCOPE_COMMAND;

async function make(page: Page, id: string) {
  await page.getByTestId("export").click();
  await expect(page.getByTestId("export-dialog").getByRole("heading", { name: "All of it" })).toBeVisible();
  const waits = page.waitForEvent("download");
  await page.getByTestId(`export-${id}`).click();
  const download = await waits;
  const file = path.join(folder, `${Math.random()}-${download.suggestedFilename()}`);
  await download.saveAs(file);
  await page.getByTestId("export-dialog").getByText("Close").click();
  return file;
}

/** Waits until the page knows which bytes its files are: before that they are in no bundle. */
const identified = (page: Page, count: number) => page.waitForFunction((count) => (globalThis as any).poolscopeFiles?.length === count, count);

test("a bundle restores files and view, and is the same bytes each time", async ({ page, context }) => {
  await open(page);
  await drop(page, [...heaps("leak-retained/go1.27.3"), fixture("go_gc/gogc.gctrace.txt")]);
  await allRead(page, 7);
  await identified(page, 7);
  await page.evaluate(() => { location.hash = "#v=1&view=heap&tab=table&focus=main&sel=main.initSession"; });
  await expect(page.locator("tr.on[data-name='main.initSession']")).toBeVisible();
  const made = await make(page, "bundle");
  expect(readFileSync(made).equals(readFileSync(await make(page, "bundle")))).toBe(true);
  const other = await context.newPage();
  await open(other);
  await drop(other, [made]);
  await allRead(other, 7);
  await expect(other.locator("tr.on[data-name='main.initSession']")).toBeVisible();
  await expect(other.getByTestId("session-list")).not.toContainText(".poolscope");
  expect(await other.evaluate(() => location.hash)).toContain("focus=main");
});

test("a bundle of the command opens; a damaged one says what is missing, and what was open stays", async ({ page }) => {
  test.skip(!command, "needs the command");
  const file = path.join(folder, "command.poolscope");
  execFileSync(command!, ["bundle", "-o", file, ...heaps("leak-retained/go1.27.3")], { stdio: "pipe" });
  await open(page);
  await drop(page, [file]);
  await allRead(page, 6);
  await expect(page.getByTestId("finding").first()).toContainText("main.initSession");
  const bytes = readFileSync(file);
  const cut = path.join(folder, "cut.poolscope");
  writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * 0.5)));
  await drop(page, [cut]);
  await expect(page.getByTestId("session-list")).toContainText("cut.poolscope");
  await page.getByTestId("tab-files").click();
  await expect(page.locator("main")).toContainText("cut short");
  await page.getByTestId("tab-findings").click();
  await expect(page.getByTestId("finding").first()).toContainText("main.initSession");
});

/** Opens a report from the disk in a fresh profile with the network off; fails on any request. */
async function reads(file: string, look: (page: Page) => Promise<void>) {
  const browser = await chromium.launch(test.info().project.use.launchOptions);
  const context = await browser.newContext({ offline: true, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && request.url() !== pathToFileURL(file).href) asked.push(request.url());
  });
  const refused: string[] = [];
  page.on("console", (message) => { if (/Content Security Policy/.test(message.text())) refused.push(message.text()); });
  await page.goto(pathToFileURL(file).href);
  try {
    await look(page);
    expect(asked).toEqual([]);
    expect(refused).toEqual([]);
  } finally {
    await browser.close();
  }
}

async function looksWhole(page: Page) {
  await expect(page.getByTestId("finding").first()).toContainText("main.initSession");
  await page.getByTestId("tab-heap").click();
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
  await page.getByTestId("heap-flame").click();
  await expect(page.getByTestId("flame")).toBeVisible();
  await expect(page.getByTestId("flame-table").getByText("main.initSession").first()).toBeAttached();
}

test("a report with files opens from the disk without a network, and shares itself on", async ({ page }) => {
  await open(page);
  await drop(page, heaps("leak-retained/go1.27.3"));
  await allRead(page, 6);
  await identified(page, 6);
  const made = await make(page, "report");
  await reads(made, async (report) => {
    await allRead(report, 6);
    await looksWhole(report);
    await report.reload();
    await allRead(report, 6);
    await expect(report.getByTestId("flame")).toBeVisible();
    await identified(report, 6);
    await make(report, "report-analysis");
  });
});

test("a report of an analysis opens from the disk", async ({ page }) => {
  await open(page);
  await drop(page, heaps("leak-retained/go1.27.3"));
  await allRead(page, 6);
  const made = await make(page, "report-analysis");
  await reads(made, looksWhole);
});

test("reports of the command open from the disk", async () => {
  test.skip(!command, "needs the command");
  for (const flags of [[], ["--full"]]) {
    const file = path.join(folder, `command${flags.join("")}.html`);
    const made = spawnSync(command!, ["report", ...flags, "-o", file, ...heaps("leak-retained/go1.27.3")], { encoding: "utf8" });
    expect(made.stderr).toContain("was written");
    await reads(file, looksWhole);
  }
});

test("hostile names run nothing in a report", async ({ page }) => {
  await open(page);
  await drop(page, [hostileHeap()]);
  await allRead(page, 1);
  await identified(page, 1);
  const made = await make(page, "report");
  expect(path.basename(made)).not.toMatch(/[<>&$]/);
  expect(statSync(made).size).toBeGreaterThan(100_000);
  await reads(made, async (report) => {
    await allRead(report, 1);
    await report.getByTestId("tab-heap").click();
    await expect(report.locator("tr[data-name^='<img']")).toBeVisible();
    expect(await report.evaluate(() => (globalThis as any).ran)).toBeUndefined();
  });
});
