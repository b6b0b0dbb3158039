// Tables and charts of a trace, on real traces: their numbers are those of Go's own summarizer, and rows lead to places.
import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { allRead, drop, fixture, open } from "./page";

const miss = fixture("go/pool-miss-gc/go1.27.3/trace.out");
const objects = fixture("go/leak-retained/go1.24.11-traceallocfree/trace.out");
const said = (trace: string, ending = ".oracle.json") => JSON.parse(readFileSync(trace + ending, "utf8"));

/** Opens a trace at one of its tabs. */
async function openTab(page: Page, trace: string, tab: string) {
  await open(page);
  await drop(page, [trace]);
  await allRead(page, 1);
  await page.getByTestId(`trace-tab-${tab}`).click();
  await expect(page.locator(".rows").locator("table, .prose").first()).toBeVisible();
}

/** Microseconds as the tables have them: tenths, cut off. */
const micros = (nanos: number) => {
  const [whole, tenths] = [Math.floor(nanos / 1000), Math.floor((nanos % 1000) / 100)];
  return `${whole.toLocaleString("en-US")}.${tenths}`;
};
const count = (n: number) => n.toLocaleString("en-US");
const total = (lengths: Record<string, number>) => Object.values(lengths).reduce((sum, nanos) => sum + nanos, 0);

/** Cells of the row whose first cell is `name`. */
async function cells(page: Page, table: string, name: string) {
  const rows = page.getByTestId(table).locator("tbody tr");
  const row = rows.filter({ has: page.locator("td:first-child", { hasText: new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`) }) });
  return row.first().locator("td").allTextContents();
}

const rowsOf = (page: Page, table: string) => page.getByTestId(table).locator("tbody tr");
const column = (page: Page, table: string, at: number) => rowsOf(page, table).locator(`td:nth-child(${at})`).allTextContents();
const value = (words: string) => Number(words.replaceAll(",", ""));

const span = async (page: Page) => {
  const words = await page.getByTestId("timeline-window").textContent();
  const [from, to] = words!.replace(" s", "").split(" – ").map(Number);
  return { from, to };
};

test("pauses by reason are Go's, and a reason leads to its longest", async ({ page }) => {
  await openTab(page, miss, "stops");
  const { stw_ranges: stops, first_time: zero } = said(miss);
  const sweeps = stops.filter((stop) => stop.name === "stop-the-world (GC sweep termination)");
  const lengths = sweeps.map((stop) => stop.end - stop.start).sort((a, b) => a - b);
  const row = await cells(page, "stop-reasons", "GC sweep termination");
  expect(row.slice(1, 3)).toEqual([count(sweeps.length), micros(lengths.reduce((a, b) => a + b, 0))]);
  expect(row.slice(3)).toEqual([lengths[Math.ceil(lengths.length * 0.5) - 1], lengths.at(-1), lengths.at(-1)].map(micros));
  await expect(rowsOf(page, "trace-table")).toHaveCount(stops.length);
  await page.getByTestId("stop-reasons").getByRole("button", { name: "GC sweep termination" }).click();
  const longest = sweeps.find((stop) => stop.end - stop.start === lengths.at(-1));
  await expect(page.getByTestId("timeline")).toBeVisible();
  const at = (longest.start - zero) / 1e9;
  await expect(page.getByTestId("inspector").locator("tr", { hasText: "Paused" })).toContainText("70.5 ms");
  await expect.poll(async () => { const s = await span(page); return s.from < at && at < s.to; }).toBe(true);
});

test("goroutines by start function are Go's sums, with their spread; any head sorts", async ({ page }) => {
  await openTab(page, miss, "goroutines");
  const groups = said(miss).goroutines_by_name;
  for (const name of ["runtime/pprof.Do", "main.main", "poolcorpus/rec.Run.func1"]) {
    const group = groups[name];
    const row = await cells(page, "trace-table", name);
    const wanted = [group.exec_ns, group.sched_wait_ns, group.syscall_ns + group.syscall_block_ns, group.range_ns["GC mark assist"] ?? 0, total(group.block_ns_by_reason)];
    expect(row.slice(1, 7)).toEqual([count(group.Count), ...wanted.map(micros)]);
  }
  // The spread of each use of time, of the goroutines one by one.
  const each = said(miss).goroutines.filter((g) => g.name === "runtime/pprof.Do").map((g) => g.exec_ns).sort((a, b) => a - b);
  await page.getByTestId("trace-search").fill("pprof.Do");
  await expect(rowsOf(page, "trace-table")).toHaveCount(1);
  const row = await rowsOf(page, "goroutine-spread").filter({ hasText: "execution" }).locator("td").allTextContents();
  expect(row.slice(2)).toEqual([count(each.length), micros(each.reduce((a, b) => a + b)), micros(each[Math.ceil(each.length / 2) - 1]), micros(each.at(-1)), micros(each.at(-1))]);
  await page.getByTestId("trace-search").fill("");
  await page.getByTestId("goroutine-spread").getByRole("button", { name: "max" }).click();
  await expect(page.getByTestId("goroutine-spread").locator("th").last()).toHaveAttribute("aria-sort", "descending");
  const sorted = (await column(page, "goroutine-spread", 7)).map(value);
  expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
  // The table above keeps its own order.
  expect((await column(page, "trace-table", 3)).map(value)[0]).toBe(value(micros(groups["runtime.gcBgMarkWorker"].exec_ns)));
  await page.getByTestId("trace-table").getByRole("button", { name: "main.main", exact: true }).click();
  await expect(page.getByTestId("inspector").locator("h2", { hasText: "main.main" })).toBeVisible();
});

test("regions and tasks have Go's counts and quantiles, and lead to their longest", async ({ page }) => {
  await openTab(page, miss, "regions");
  const { regions, tasks } = said(miss);
  const lengths = (group) => [count(group.count), "0", ...[group.total_ns, group.p50_ns, group.p99_ns, group.max_ns].map(micros)];
  for (const name of ["pool.Get", "pool.New", "pool.Put", "obj.Init"]) {
    const row = await cells(page, "trace-table", name);
    expect(row.slice(1, 8)).toEqual([...lengths(regions[name]), micros(regions[name].exec_ns)]);
  }
  expect((await cells(page, "task-table", "compress")).slice(1, 7)).toEqual(lengths(tasks.compress));
  await page.getByTestId("trace-table").getByRole("button", { name: "pool.New" }).click();
  await expect(page.getByTestId("inspector")).toContainText("In the selection");
  // Back at the table, it says that it is of the selection only, and the way out.
  await page.getByTestId("trace-tab-regions").click();
  await expect(page.locator(".scope")).toContainText("96.2 ms");
  await expect.poll(async () => (await cells(page, "trace-table", "pool.Put"))[1]).not.toBe("71");
  await page.locator(".scope").getByRole("button").click();
  await expect(page.locator(".scope")).toHaveCount(0);
  await expect.poll(async () => (await cells(page, "trace-table", "pool.Put"))[1]).toBe("71");
});

test("cycles say who triggered them and whom they cost", async ({ page }) => {
  await openTab(page, miss, "gc");
  const { gc_ranges: marks, stw_ranges: stops, goroutines_by_name: groups, first_time: zero } = said(miss);
  const stopped = stops.filter((stop) => stop.name.includes("(GC ")).reduce((sum, stop) => sum + stop.end - stop.start, 0);
  const trigger = await rowsOf(page, "gc-triggers").locator("td").allTextContents();
  expect(trigger.slice(0, 4)).toEqual(["runtime.GC called", "poolcorpus/rec.Every", "main.main.func1.2", count(marks.length)]);
  expect(trigger[5]).toBe(micros(stopped));
  for (const name of ["runtime/pprof.Do", "poolcorpus/rec.Run.func1"]) {
    expect((await cells(page, "gc-costs", name))[3]).toBe(micros(groups[name].range_ns["GC mark assist"]));
  }
  expect(await column(page, "trace-table", 3)).toEqual(marks.map((mark) => micros(mark.end - mark.start)));
  expect((await column(page, "trace-table", 2)).map(Number)).toEqual(marks.map((mark) => (mark.start - zero) / 1e9));
  await page.getByTestId("trace-table").getByRole("button", { name: "8", exact: true }).click();
  await expect(page.getByTestId("timeline")).toBeVisible();
  const at = (marks[7].start - zero) / 1e9;
  const inspector = page.getByTestId("inspector");
  await expect(inspector.locator("h2", { hasText: "G 14 poolcorpus/rec.Every" })).toBeVisible();
  await expect(inspector.locator(".hd", { hasText: "In the selection" })).toContainText("128 ms");
  await expect.poll(async () => { const s = await span(page); return s.from < at && at < s.to; }).toBe(true);
});

test("the MMU curve stands beside Go's number for number, and leads to its worst windows", async ({ page }) => {
  await openTab(page, miss, "mmu");
  const theirs = said(miss, ".mmu.oracle.json");
  const ends = theirs.last_time - theirs.first_time;
  const wanted = theirs.mmu.filter(([nanos]) => nanos < ends).map(([, share]) => (Number(share) * 100).toFixed(1));
  const shown = await column(page, "trace-table", 4);
  expect(shown.slice(0, wanted.length)).toEqual(wanted);
  // Where Go's curve ends, nothing is told in its name.
  expect(new Set(shown.slice(wanted.length))).toEqual(new Set(["–"]));
  // A window that is shorter than the longest pause has nothing; longer ones have ever more.
  const least = (await column(page, "trace-table", 2)).map(Number);
  const longest = Math.max(...said(miss).stw_ranges.filter((stop) => stop.name.includes("(GC ")).map((stop) => stop.end - stop.start));
  await expect(page.locator(".tell")).toContainText(`${(longest / 1e6).toFixed(1)} ms at a stretch it left none`);
  expect(least.every((share, at) => at === 0 || share >= least[at - 1])).toBe(true);
  await expect(page.getByTestId("mmu-chart").locator("svg path.line")).toHaveCount(2);
  const worst = rowsOf(page, "worst-windows").filter({ hasText: "100 ms" }).first();
  const at = Number((await worst.locator("td").allTextContents())[3]);
  await worst.getByRole("button").click();
  await expect(page.getByTestId("inspector")).toContainText("In the selection");
  await expect(page.getByTestId("inspector").locator(".hd", { hasText: "In the selection" })).toContainText("100 ms");
  await expect.poll(async () => { const s = await span(page); return s.from < at && at < s.to; }).toBe(true);
  // The curve itself leads there too.
  await page.getByTestId("trace-tab-mmu").click();
  await page.locator(".scope").getByRole("button").click();
  await page.getByTestId("mmu-chart").locator("i[data-go]").first().click();
  await expect(page.getByTestId("timeline")).toBeVisible();
  await expect(page.getByTestId("inspector").locator(".hd", { hasText: "In the selection" })).toContainText("1.00 µs");
});

test("calls of New are folded over purges, with words what that says", async ({ page }) => {
  await openTab(page, miss, "purges");
  const row = await cells(page, "trace-table", "main.makeScratch");
  const regions = said(miss).regions;
  const purges = said(miss).stw_ranges.filter((stop) => stop.name.includes("sweep termination")).length;
  expect(row[1]).toBe(count(regions["pool.New"].count));
  // Of 20 objects 19 are never given back: the pool is empty whether it was purged or not.
  expect(row[7]).toBe("does not follow purges");
  await expect(page.locator(".tell")).toContainText("main.makeScratch does not miss because of purges");
  const chart = page.getByTestId("purge-chart");
  await expect(chart).toHaveCount(1);
  await expect(chart.locator("figcaption")).toContainText(`${count(regions["pool.New"].count - value(row[4]))} calls of New after ${purges} purges`);
  // Every call is in one bar, or is said to be later than shown.
  const titles = await chart.locator(".plot-box i").evaluateAll((hits) => hits.map((hit) => hit.getAttribute("title")!));
  const inBars = titles.map((title) => Number(/: (\d+);/.exec(title)![1])).reduce((a, b) => a + b);
  const later = Number(/(\d+) came later/.exec((await chart.locator("figcaption").textContent())!)?.[1] ?? 0);
  expect(inBars + later).toBe(regions["pool.New"].count - value(row[4]));
});

test("objects: what is outstanding, how long the rest lived, and who made them", async ({ page }) => {
  await openTab(page, objects, "objects");
  const made = said(objects).experimental.heap_object_allocs_by_type;
  for (const type of ["uint8", "trace.Region", "context.valueCtx", "main.Session"]) {
    expect((await cells(page, "trace-table", type))[1]).toBe(count(made[type]));
  }
  // The one cycle found no session dead: a quarter of them is kept for ever, and the rest is in the pool.
  const sessions = await cells(page, "trace-table", "main.Session");
  expect(sessions[3]).toBe(count(made["main.Session"]));
  expect(sessions[6]).toMatch(/^> 30\d ms$/);
  const regions = await cells(page, "trace-table", "trace.Region");
  expect(regions[6]).toMatch(/^\d+ ms$/);
  expect(value(regions[3])).toBeLessThan(value(regions[1]));
  await expect(page.locator(".prose")).toContainText("right-censored");
  await expect(rowsOf(page, "object-makers").filter({ hasText: "main.Session" }).filter({ hasText: "pool.New" })).toHaveCount(1);
  await expect(page.getByTestId("survival-chart")).toBeVisible();
  await page.getByTestId("trace-table").getByRole("button", { name: "main.Session", exact: true }).click();
  await expect(page.getByTestId("inspector")).toContainText("In the selection");
});

test("what a trace does not hold is said in words", async ({ page }) => {
  await openTab(page, miss, "objects");
  await expect(page.locator(".prose")).toContainText("GODEBUG=traceallocfree=1");
  await page.getByTestId("remove-file").first().evaluate((button) => (button as HTMLElement).click());
  await drop(page, [fixture("go/leak-retained/go1.27.3-traceallocfree/trace.out")]);
  await allRead(page, 1);
  await page.getByTestId("trace-tab-gc").click();
  await expect(page.locator(".prose")).toContainText("No cycle of the collector");
});
