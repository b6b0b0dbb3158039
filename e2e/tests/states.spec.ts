// The States view on real dumps of the native pool: what it shows is what the command says of the same file.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { allRead, drop, fixture, open } from "./page";

const command = process.env.POOLSCOPE_COMMAND ?? fileURLToPath(new URL("../../target/debug/poolscope", import.meta.url));
const record = (mode: string) => fixture(`pool/${mode}/orders.pooltrace`);

type Edge = { from: string; to: string; name: string; count: number; is_violation: boolean };
type Pool = {
  name: string; gets: number; hits_private: number; hits_shared: number; hits_stolen: number; hits_victim: number; purge_times_nanos: number[];
  states: { state: string; objects: number }[]; transitions: Edge[];
  violation_kinds: { name: string; count: number; refused: number; from: string; to: string }[];
  violation_events: { object: number }[];
  dwell: { state: string; ended: number; censored: number }[];
};

/** What `poolscope pool --json` says of a record. */
const said = (file: string): Pool[] => JSON.parse(execFileSync(command, ["pool", "--json", file], { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] }).toString()).pools;
const pool = (file: string, name: string) => said(file).find((found) => found.name === name)!;

async function look(page: Page, mode: string, fragment = "") {
  await open(page, `#v=1&view=states${fragment}`);
  await drop(page, [record(mode)]);
  await allRead(page, 1);
  await expect(page.locator(".stategraph, [data-testid=states-table]").first()).toBeVisible();
}

const grouped = (value: number) => value.toLocaleString("en-US");
const number = async (of: Locator) => Number((await of.textContent())!.replace(/\D/g, ""));
const box = (page: Page, state: string) => page.locator(`[data-objects='${state.toLowerCase()}']`);
// States are written in two ways: NEW stands for what is outside.
const shown = (state: string) => (state === "outside" ? "new" : state);
const edge = (page: Page, { from, to }: { from: string; to: string }) => page.locator(`#st-${shown(from)}-${shown(to)}`);
const taken = (page: Page, of: Edge) => page.locator(`[data-taken='${shown(of.from)}-${shown(of.to)}']`);

for (const mode of ["healthy", "leak", "purge-thrash", "new-storm", "dirty-reuse"]) {
  test(`boxes and edges are the command's numbers: ${mode}`, async ({ page }) => {
    await look(page, mode, "&pool=orders.pooltrace/orders");
    const truth = pool(record(mode), "orders");
    expect(truth.transitions.length).toBeGreaterThan(5);
    // A pool without a reset has no box for what waits for one.
    const hasReturned = truth.transitions.some((of) => of.name === "reset");
    for (const node of truth.states.filter((node) => node.state !== "unknown" && (hasReturned || node.state !== "returned"))) {
      await expect(box(page, shown(node.state)), node.state).toHaveText(grouped(node.objects));
    }
    for (const of of truth.transitions) await expect(taken(page, of), of.name).toHaveText(grouped(of.count));
    await expect(page.getByTestId("balance")).toHaveText("0 unaccounted: holds");
    const row = page.locator("[data-testid=pools] tr[data-name='orders'] td");
    await expect(row.nth(1)).toHaveText(grouped(truth.gets));
    const hits = [truth.hits_private, truth.hits_shared, truth.hits_stolen, truth.hits_victim];
    const missed = truth.gets - hits.reduce((sum, count) => sum + count, 0);
    for (const [at, count] of [...hits, missed].entries()) {
      const percent = Number(await row.nth(2 + at).textContent());
      expect(Math.abs(percent - (count / truth.gets) * 100), `column ${2 + at}`).toBeLessThan(0.051);
    }
    await expect(row.nth(9)).toHaveText(grouped(truth.purge_times_nanos.length));
  });
}

test("an edge is as wide as its count is large", async ({ page }) => {
  await look(page, "new-storm", "&pool=orders.pooltrace/orders");
  const { transitions: edges } = pool(record("new-storm"), "orders");
  const most = Math.max(...edges.map((of) => of.count));
  for (const of of edges) {
    const line = page.locator(`[data-line='${shown(of.from)}-${shown(of.to)}']`);
    expect(Number(await line.getAttribute("stroke-width")), of.name).toBeCloseTo(Math.max(14 * of.count / most, 1), 1);
  }
});

test("the scrubber moves the counts, and the objects with them", async ({ page }) => {
  await look(page, "leak", "&pool=orders.pooltrace/orders");
  const end = await number(box(page, "active"));
  expect(end).toBe(64);
  await page.getByTestId("scrubber").fill("149");
  await expect.poll(() => number(box(page, "active"))).toBeLessThan(end);
  const early = await number(box(page, "active"));
  expect(early).toBeGreaterThan(0);
  const put = await number(page.locator("[data-taken='active-returned']"));
  expect(put).toBeGreaterThan(0);
  expect(put).toBeLessThan(pool(record("leak"), "orders").transitions.find((of) => of.name === "put")!.count);
  // At rest the moment is in the address, and the table is as of then.
  await expect(page).toHaveURL(/moment=\d+/);
  await page.locator("#st-active").click();
  await expect(page.getByTestId("objects-about")).toContainText(`${early} · ACTIVE`);
  // Arrow keys move it by a frame.
  const before = await page.getByTestId("scrubber").inputValue();
  await page.getByTestId("scrubber").press("ArrowLeft");
  await expect(page.getByTestId("scrubber")).toHaveValue(String(Number(before) - 1));
});

test("playing fills the pool, and stops at the end", async ({ page }) => {
  await look(page, "leak", "&pool=orders.pooltrace/orders");
  await page.getByTestId("play").click();
  const seen = new Set<number>();
  await expect.poll(async () => { seen.add(await number(box(page, "active"))); return seen.size; }, { timeout: 20_000, intervals: [100] }).toBeGreaterThan(5);
  await expect(page.getByTestId("play")).toHaveAttribute("aria-label", "Pause");
  await page.getByTestId("play").click();
  await expect(page.getByTestId("play")).toHaveAttribute("aria-label", "Play");
  const moment = await page.getByTestId("moment").textContent();
  await page.waitForTimeout(300);
  await expect(page.getByTestId("moment")).toHaveText(moment!);
});

test("who wants no motion sees stills", async ({ browser, baseURL }) => {
  const page = await browser.newPage({ baseURL, reducedMotion: "reduce" });
  await look(page, "leak", "&pool=orders.pooltrace/orders");
  await page.getByTestId("play").click();
  await expect.poll(() => number(box(page, "active"))).toBeLessThan(10);
  const shown = new Set<string>();
  for (let turn = 0; turn < 20; turn += 1) {
    shown.add((await page.getByTestId("moment").textContent())!);
    await page.waitForTimeout(50);
  }
  expect(shown.size).toBeLessThan(5);
  await page.close();
});

test("a selected box or edge filters the objects and is told in the inspector", async ({ page }) => {
  await look(page, "leak", "&pool=orders.pooltrace/orders");
  const truth = pool(record("leak"), "orders");
  const about = page.getByTestId("objects-about");
  await expect(about).toContainText(grouped(truth.states.find((node) => node.state === "outside")!.objects));
  await page.locator("#st-victim").click();
  const victims = truth.states.find((node) => node.state === "victim")!.objects;
  await expect(about).toContainText(`${victims} · VICTIM`);
  await expect(page.locator("[data-testid=objects] tbody tr")).toHaveCount(victims);
  await expect(page.getByTestId("inspector")).toContainText("outlived one purge");
  await expect(page).toHaveURL(/pick=victim/);
  await edge(page, { from: "victim", to: "active" }).locator("text").first().click();
  await expect(about).toContainText("went from VICTIM to ACTIVE");
  await expect(page.getByTestId("inspector")).toContainText("get of a victim");
  // The same again drops the selection.
  await edge(page, { from: "victim", to: "active" }).locator("text").first().click();
  await expect(about).toContainText("breaches first");
});

test("a life is told event by event", async ({ page }) => {
  await look(page, "leak", "&pool=orders.pooltrace/orders");
  const first = page.locator("[data-testid=objects] tbody tr").first();
  await expect(first).toContainText("out longer than any that came back");
  await first.getByRole("button").click();
  const life = page.getByTestId("life");
  await expect(life.locator("li").first()).toContainText("New");
  await expect(life.locator("li", { hasText: "Get" }).last()).toContainText(/ACTIVE \d/);
  await expect(life).toContainText("order_service.rs");
  await expect(page).toHaveURL(/object=\d+/);
});

test("the pool is walked by keys alone", async ({ page }) => {
  await look(page, "healthy", "&pool=orders.pooltrace/orders");
  await page.locator("#st-outside, #st-new").first().focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("#st-active")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#st-active")).toHaveAttribute("aria-pressed", "true");
  // The drawing is new, and the focus where it was.
  await expect(page.locator("#st-active")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press(" ");
  await expect(page).toHaveURL(/pick=returned/);
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/pick=/);
  await page.getByTestId("pool").focus();
  await page.getByTestId("pool").selectOption({ label: "refunds" });
  await expect(box(page, "new")).toHaveText("4");
});

test("every number of the drawing is in its twin", async ({ page }) => {
  await look(page, "dirty-reuse", "&pool=orders.pooltrace/orders&twin=1");
  const truth = pool(record("dirty-reuse"), "orders");
  for (const node of truth.states.filter((node) => node.state !== "unknown")) {
    await expect(page.locator(`[data-state='${shown(node.state)}']`)).toHaveText(grouped(node.objects));
  }
  for (const of of truth.transitions) await expect(page.locator(`[data-edge='${shown(of.from)}-${shown(of.to)}']`)).toHaveText(grouped(of.count));
  const active = page.locator("[data-testid=states-table] tr", { hasText: "ACTIVE" }).locator("td");
  const dwell = truth.dwell.find((dwell) => dwell.state === "active")!;
  await expect(active.nth(2)).toHaveText(grouped(dwell.ended));
  await expect(active.nth(3)).toHaveText(grouped(dwell.censored));
  await expect(page.getByTestId("breaches-table")).toContainText(grouped(truth.violation_kinds[0].count));
  await page.getByTestId("states-graph").click();
  await expect(page.locator(".stategraph")).toBeVisible();
});

for (const [mode, name] of [["double-put", "put twice"], ["dirty-reuse", "reuse without reset"], ["wrong-pool", "put into the wrong pool"]]) {
  test(`a breach is a crimson edge with a diamond: ${name}`, async ({ page }) => {
    await look(page, mode);
    const owner = said(record(mode)).find((found) => found.violation_kinds.some((kind) => kind.name === name))!;
    const kind = owner.violation_kinds.find((kind) => kind.name === name)!;
    await page.getByTestId("pool").selectOption({ label: owner.name });
    const drawn = edge(page, kind);
    await expect(drawn).toHaveClass(/breach/);
    await expect(drawn).toContainText(`${grouped(kind.count)} ${name}`);
    const crimson = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--violation").trim());
    await expect(drawn).toHaveAttribute("style", /--violation/);
    expect(crimson).toBe("#c2124c");
    await expect(drawn.locator(".line")).toHaveAttribute("stroke-dasharray", /\d/);
    await expect(page.getByTestId("tab-states")).toContainText(grouped(said(record(mode)).reduce((sum, found) => sum + found.violation_events.length, 0)));
    // Its objects are those that broke the contract.
    await drawn.locator("text").first().click();
    const objects = new Set(owner.violation_events.map((event) => event.object).filter((object) => object !== null));
    if (kind.from !== "outside") await expect(page.getByTestId("objects-about")).toContainText(`${objects.size} ·`);
    await expect(page.getByTestId("inspector")).toContainText(name);
  });
}

test("a healthy pool has no breach", async ({ page }) => {
  await look(page, "healthy");
  await expect(page.locator(".stategraph .breach")).toHaveCount(0);
  await expect(page.getByTestId("tab-states")).toHaveText("States");
});

test("a window is taken by dragging, obeyed everywhere, kept in the link", async ({ page }) => {
  await look(page, "healthy", "&pool=orders.pooltrace/orders");
  const whole = await number(page.locator("[data-taken='active-returned']"));
  const chart = (await page.getByTestId("occupancy").boundingBox())!;
  await page.mouse.move(chart.x + chart.width * 0.3, chart.y + 80);
  await page.mouse.down();
  await page.mouse.move(chart.x + chart.width * 0.5, chart.y + 90, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/window=\d+,\d+/);
  await expect.poll(() => number(page.locator("[data-taken='active-returned']"))).toBeLessThan(whole);
  const inWindow = await number(page.locator("[data-taken='active-returned']"));
  expect(inWindow).toBeGreaterThan(0);
  const address = page.url().replace(/^[^#]*/, "");
  await page.getByTestId("states-twin").click();
  const ended = page.locator("[data-testid=states-table] tr", { hasText: "RETURNED" }).locator("td").nth(2);
  await expect.poll(() => number(ended)).toBe(inWindow);
  // A colleague opens the link and drops the same file.
  await page.goto("about:blank");
  await open(page, address);
  await drop(page, [record("healthy")]);
  await allRead(page, 1);
  await expect(page.locator("[data-taken='active-returned']")).toHaveText(grouped(inWindow));
  await page.getByTestId("whole").click();
  await expect(page.locator("[data-taken='active-returned']")).toHaveText(grouped(whole));
});

test("two moments are compared by call site in the table and the flame graph", async ({ page }) => {
  await look(page, "leak", "&pool=orders.pooltrace/orders");
  await page.getByTestId("compare-table").click();
  await expect(page).toHaveURL(/view=heap.*base=orders\.pooltrace.*cur=orders\.pooltrace/);
  const out = page.locator("tr[data-name*='order_service.rs']").first();
  // 64 orders of 2,048 bytes each are out: 128 kB and what their lines hold.
  await expect(out).toContainText("▲ +");
  const address = page.url().replace(/^[^#]*/, "");
  await page.getByTestId("heap-flame").click();
  await expect(page.getByTestId("flame")).toBeVisible();
  await page.goto("about:blank");
  await open(page, address);
  await drop(page, [record("leak")]);
  await expect(page.locator("tr[data-name*='order_service.rs']").first()).toContainText("▲ +");
});

test("objects of a large pool come by page", async ({ page }) => {
  await look(page, "new-storm", "&pool=orders.pooltrace/orders");
  const rows = page.locator("[data-testid=objects] tbody tr");
  await expect(rows).toHaveCount(50);
  const first = await rows.first().getAttribute("data-number");
  await page.getByTestId("next-page").click();
  await expect(rows.first()).not.toHaveAttribute("data-number", first!);
  await expect(page.locator("#page-next")).toBeFocused();
  await expect(page.getByTestId("objects")).toContainText("51 – 100 of 1,348");
});

test("a damaged record says what was lost, and shows what was not", async ({ page }) => {
  const whole = readFileSync(record("healthy"));
  const folder = mkdtempSync(path.join(tmpdir(), "states-"));
  const cut = path.join(folder, "cut.pooltrace");
  writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * 0.6)));
  await open(page, "#v=1&view=states");
  await drop(page, [cut]);
  await allRead(page, 1);
  await expect(page.locator("[data-testid=session-file]")).toHaveAttribute("data-state", "damaged");
  await expect(page.getByTestId("states-doubts")).toContainText(/end mark|ends in the middle|missing|cut/);
  await expect(page.locator(".stategraph")).toBeVisible();
  expect(await number(page.locator("[data-taken='active-returned']"))).toBeGreaterThan(0);
});

test("without a record the view says how to get one", async ({ page }) => {
  await open(page, "#v=1&view=states");
  await drop(page, [fixture("pool/leak/heap-orders-000.pb.gz")]);
  await allRead(page, 1);
  await expect(page.locator("main")).toContainText("No record of a pool is open");
});

test("a link of the command leads to the pool, the object and the moment", async ({ page }) => {
  await look(page, "healthy", "&pool=refunds");
  const object = await page.locator("[data-testid=objects] tbody tr").first().getAttribute("data-number");
  await page.goto("about:blank");
  await open(page, `#v=1&view=states&cur=orders.pooltrace&sel=refunds%23${object}@1500000000`);
  await drop(page, [record("healthy")]);
  await allRead(page, 1);
  await expect(page.locator(".stategraph")).toBeVisible();
  await expect(page.getByTestId("pool").locator("option:checked")).toHaveText("refunds");
  await expect(page.getByTestId("moment")).toHaveText("1.500 s");
  await expect(page.getByTestId("inspector")).toContainText(`Object #${object}`);
});

test("the sample of a native pool opens with one click, and its finding leads to the graph", async ({ page }) => {
  await open(page);
  await page.locator("[data-testid=sample][data-name=order-service]").click();
  await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", "never-returned");
  await page.getByTestId("evidence").filter({ hasText: "States" }).first().click();
  await expect(page.locator(".stategraph")).toBeVisible();
  await expect(page.getByTestId("pool").locator("option:checked")).toHaveText("orders");
});
