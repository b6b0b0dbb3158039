// The timeline on a real trace: what it draws is asked of its words, its tables and its address.
import { expect, test, type Page } from "@playwright/test";
import { readFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { allRead, drop, fixture, heaps, open } from "./page";

const run = "leak-retained/go1.27.3";
const trace = fixture(`go/${run}/trace.out`);

async function openTrace(page: Page, files = [trace], fragment = "") {
  await open(page, fragment);
  await drop(page, files);
  await allRead(page, files.length);
  await expect(page.getByTestId("timeline")).toBeVisible();
}

const span = async (page: Page) => {
  const words = await page.getByTestId("timeline-window").textContent();
  const [from, to] = words!.replace(" s", "").split(" – ").map(Number);
  return { from, to };
};

test("a dropped trace shows its timeline and what Go's own summary counts in it", async ({ page }) => {
  await openTrace(page);
  await expect(page.getByTestId("tab-timeline")).toHaveAttribute("aria-selected", "true");
  await expect(page.locator("[data-testid=session-file]")).toHaveAttribute("data-state", "ready");
  const inspector = page.getByTestId("inspector");
  await expect(inspector.locator("tr", { hasText: "Stop the world" })).toContainText("13");
  await expect(inspector.locator("tr", { hasText: "Pool Get" })).toContainText("10,986");
  await expect(inspector.locator("tr", { hasText: "Pool Get" })).toContainText("7.87 µs");
  await expect(inspector.locator("tr", { hasText: "Init" })).toContainText("2,748");
  const measures = await page.evaluate(() => performance.getEntriesByType("measure").map((m) => m.name));
  expect(measures).toEqual(expect.arrayContaining(["poolscope:open:trace", "poolscope:full:trace", "poolscope:frame"]));
});

test("a compressed trace is opened as it is", async ({ page }) => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "poolscope-")), "trace.out.gz");
  writeFileSync(file, gzipSync(readFileSync(trace)));
  await openTrace(page, [file]);
  await expect(page.getByTestId("inspector").locator("tr", { hasText: "Pool Get" })).toContainText("10,986");
});

test("wheel, drag and keys move the window; the address keeps it over a reload", async ({ page }) => {
  await openTrace(page);
  const canvas = page.getByTestId("timeline");
  const box = (await canvas.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.6, box.y + 200);
  for (let turn = 0; turn < 6; turn += 1) await page.mouse.wheel(0, -300);
  await expect.poll(async () => { const s = await span(page); return s.to - s.from; }).toBeLessThan(0.1);
  const near = await span(page);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 200, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => (await span(page)).from).toBeGreaterThan(near.from);
  const dragged = await span(page);
  await canvas.press("a");
  await expect.poll(async () => (await span(page)).from).toBeLessThan(dragged.from);
  // The address follows when hands rest.
  await page.waitForTimeout(600);
  const words = await page.getByTestId("timeline-window").textContent();
  await expect.poll(() => page.evaluate(() => location.hash)).toContain("at=w");
  await page.reload();
  await expect(page.getByTestId("status")).toContainText("Ready");
  await drop(page, [trace]);
  await allRead(page, 1);
  await expect(page.getByTestId("timeline-window")).toHaveText(words!);
  await page.getByTestId("timeline").press("Home");
  await expect.poll(async () => (await span(page)).to).toBeGreaterThan(1.5);
});

test("jumping goes to pauses, purges and slow Gets; down to a microsecond", async ({ page }) => {
  await openTrace(page);
  await page.getByTestId("next-purge").click();
  const inspector = page.getByTestId("inspector");
  await expect(inspector).toContainText("GC sweep termination");
  await expect(inspector).toContainText("330 µs");
  await page.getByTestId("timeline").press(".");
  await expect(inspector).toContainText("GC mark termination");
  await page.getByTestId("timeline").press(",");
  await expect(inspector).toContainText("GC sweep termination");
  await page.getByTestId("next-slow-get").click();
  await expect(inspector.locator("h2").first()).toContainText("G ");
  for (let turn = 0; turn < 30; turn += 1) await page.getByTestId("timeline").press("w");
  await expect.poll(async () => { const s = await span(page); return s.to - s.from; }).toBeLessThan(1e-6);
  await expect(page.getByTestId("timeline-window")).toContainText(/\d\.\d{9} s/);
});

test("a selection measures and filters; a range is obeyed by every table, and one key goes back", async ({ page }) => {
  await openTrace(page);
  const box = (await page.getByTestId("timeline").boundingBox())!;
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + box.width * 0.3, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 220, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  const inspector = page.getByTestId("inspector");
  await expect(inspector).toContainText("In the selection");
  await page.getByTestId("timeline").press("Enter");
  await expect(inspector).toContainText("In the range");
  await expect.poll(async () => { const s = await span(page); return s.to - s.from; }).toBeLessThan(0.6);
  await page.getByTestId("trace-tab-stops").click();
  await expect(page.getByTestId("trace-table").locator("tbody tr")).not.toHaveCount(13);
  await expect(page.getByTestId("trace-table").locator("tbody tr").first()).toBeVisible();
  await page.getByTestId("trace-tab-timeline").click();
  await page.getByTestId("timeline").press("Backspace");
  await expect(inspector).toContainText("In the trace");
  await page.getByTestId("trace-tab-stops").click();
  await expect(page.getByTestId("trace-table").locator("tbody tr")).toHaveCount(13);
});

test("anchors are listed in tables; a row leads to its place", async ({ page }) => {
  await openTrace(page);
  await page.getByTestId("trace-tab-gets").click();
  const table = page.getByTestId("trace-table");
  await expect(table.locator("tbody tr").first()).toContainText("108.9");
  await page.getByTestId("trace-tab-inits").click();
  await expect(table.locator("tbody tr").first()).toContainText("108.4");
  await page.getByTestId("trace-tab-goroutines").click();
  await expect(table).toContainText("runtime/pprof.Do");
  await page.getByTestId("trace-tab-regions").click();
  await expect(table.locator("tr", { hasText: "pool.Put" })).toContainText("8,239");
  await page.getByTestId("trace-tab-events").click();
  await page.getByTestId("trace-search").fill("kept id=3648");
  await expect(page.locator(".tablescroll")).toContainText("found among");
  await page.getByTestId("trace-search").fill("sweep termination");
  await expect(table.locator("tbody tr").first()).toContainText("StwBegin");
  await page.getByTestId("trace-tab-stops").click();
  await table.locator("tr", { hasText: "purges every pool" }).getByRole("button").click();
  await expect(page.getByTestId("timeline")).toBeVisible();
  await expect(page.getByTestId("inspector")).toContainText("GC sweep termination");
  await expect.poll(async () => { const s = await span(page); return s.to - s.from; }).toBeLessThan(0.1);
});

test("lanes tell what is under the pointer, and stand in a table too", async ({ page }) => {
  await openTrace(page);
  await page.getByTestId("next-purge").click();
  const box = (await page.getByTestId("timeline").boundingBox())!;
  await page.mouse.move(box.x + 164 + (box.width - 176) / 2, box.y + 84);
  await expect(page.getByTestId("timeline-tip")).toContainText("every sync.Pool is purged here");
  await page.getByTestId("timeline-twin").click();
  const lanes = page.getByTestId("timeline-table");
  await expect(lanes).toContainText("P 0");
  await expect(lanes.locator("tr", { hasText: "G 1 main.main" })).toBeVisible();
  await lanes.getByRole("button", { name: "G 1 main.main" }).click();
  await expect(page.getByTestId("inspector").locator("h2", { hasText: "G 1 main.main" })).toBeVisible();
});

test("other dumps stand on the trace's clock, with method and residual", async ({ page }) => {
  const files = [trace, ...heaps(run), fixture(`go/${run}/goroutine.5.pb.gz`)];
  await openTrace(page, files, "#v=1&view=timeline");
  const inspector = page.getByTestId("inspector");
  await expect(inspector).toContainText("clock snapshots, ±10 ns");
  // heap.2 was written 0.850 s into the trace, and holds what the cycle before it found.
  await expect(inspector.locator("tr", { hasText: "heap.2.pb.gz" })).toContainText("0.850007 s, shows the heap of 0.398 s");
  await page.getByTestId("trace-tab-pins").click();
  await expect(page.getByTestId("trace-table").locator("tr", { hasText: "heap.2.pb.gz" })).toContainText("mark termination");
});

test("a cut trace keeps what stands, and says what is missing", async ({ page }) => {
  const bytes = readFileSync(trace);
  const file = path.join(mkdtempSync(path.join(tmpdir(), "cut-")), "cut.out");
  writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length * 0.9)));
  await open(page);
  await drop(page, [file]);
  const row = page.getByTestId("session-file");
  await expect(row).toHaveAttribute("data-state", "damaged");
  await expect(row).toContainText(/lost|missing/);
  await expect(page.getByTestId("timeline")).toBeVisible();
  await row.hover();
  await page.getByTestId("remove-file").click();
  await expect(page.getByTestId("drop-zone")).toBeVisible();
});
