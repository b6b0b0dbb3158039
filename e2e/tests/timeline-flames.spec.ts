// From a range of a trace to its flame graph and back; and the pins of other dumps.
import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { allRead, drop, fixture, heaps, open } from "./page";

const run = "leak-retained/go1.27.3";
const trace = fixture(`go/${run}/trace.out`);

async function openTrace(page: Page, files = [trace], fragment = "#v=1&view=timeline") {
  await open(page, fragment);
  await drop(page, files);
  await allRead(page, files.length);
  await expect(page.getByTestId("timeline")).toBeVisible();
}

/** Selects a part of the plot, from share to share of its width. */
async function select(page: Page, from: number, to: number) {
  const box = (await page.getByTestId("timeline").boundingBox())!;
  const x = (share: number) => box.x + 164 + (box.width - 176) * share;
  await page.keyboard.down("Shift");
  await page.mouse.move(x(from), box.y + 200);
  await page.mouse.down();
  await page.mouse.move(x(to), box.y + 220, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await expect(page.getByTestId("inspector")).toContainText("In the selection");
}

async function flameOf(page: Page, kind: string) {
  await page.getByTestId("timeline-profiles").click();
  await page.getByTestId("profiles").getByRole("button", { name: kind }).click();
}

const total = async (page: Page) => {
  const words = await page.locator(".view .hd .dim", { hasText: "width" }).textContent();
  const [, number, unit] = words!.match(/width ([\d.,]+) (\S+)/)!;
  return Number(number.replace(",", "")) * ({ s: 1, ms: 1e-3, "µs": 1e-6, min: 60 } as Record<string, number>)[unit];
};

test("the flame graph of a whole trace says what go tool trace says", async ({ page }) => {
  const other = "go/pool-miss-gc/go1.27.3/trace.out";
  const oracle = JSON.parse(readFileSync(fixture(`${other}.sync.oracle.json`), "utf8"));
  await openTrace(page, [fixture(other)]);
  await flameOf(page, "sync blocking");
  await expect(page.getByTestId("part-head")).toContainText("sync blocking, trace.out", { timeout: 20_000 });
  await expect(page.getByTestId("flame")).toBeVisible();
  expect(Math.abs((await total(page)) - oracle.types.delay.total / 1e9)).toBeLessThan(0.006 * oracle.types.delay.total / 1e9);
  await page.getByTestId("heap-table").click();
  const [first] = oracle.types.delay.rows;
  await expect(page.locator("tr[data-name]").first()).toHaveAttribute("data-name", first.name);
});

test("a selection has its own flame graph, the way back leads to it, and findings stay as they were", async ({ page }) => {
  const files = [trace, ...heaps(run)];
  await openTrace(page, files);
  await page.getByTestId("tab-findings").click();
  await expect(page.getByTestId("finding").first()).toBeVisible();
  const findings = await page.getByTestId("finding").allTextContents();
  await page.getByTestId("tab-timeline").click();
  await flameOf(page, "sync blocking");
  await expect(page.getByTestId("part-head")).toBeVisible();
  const all = await total(page);
  await page.getByTestId("to-timeline").click();
  await select(page, 0.2, 0.5);
  const selected = await page.evaluate(() => location.hash);
  await page.getByTestId("timeline-profiles").click();
  await expect(page.getByTestId("profiles")).toContainText("Flame graph of the selection");
  await page.getByTestId("profiles").getByRole("button", { name: "sync blocking" }).click();
  await expect(page.getByTestId("part-head")).toContainText(/sync blocking, trace\.out, 0\.\d+–0\.\d+ s/);
  await expect.poll(() => total(page)).toBeLessThan(all * 0.6);
  // No other profile is compared with it unasked, and heap modes do not apply.
  await expect(page.getByTestId("base")).toHaveValue("-");
  await expect(page.getByRole("button", { name: "Allocated, kept" })).toBeDisabled();
  await page.getByTestId("to-timeline").click();
  await expect(page.getByTestId("inspector")).toContainText("In the selection");
  expect(selected).toBeTruthy();
  await expect(page.getByTestId("session-file")).toHaveCount(files.length + 2);
  await page.getByTestId("tab-findings").click();
  await expect(page.getByTestId("finding").first()).toBeVisible();
  expect(await page.getByTestId("finding").allTextContents()).toEqual(findings);
});

test("a picked goroutine has profiles of its own and of its group", async ({ page }) => {
  await openTrace(page);
  await page.getByTestId("timeline-twin").click();
  await page.getByTestId("timeline-table").getByRole("button", { name: /^G 23/ }).click();
  await expect(page.getByTestId("inspector").locator("h2", { hasText: "G 23" })).toBeVisible();
  const of = async (whose: string) => {
    await page.getByTestId("timeline-profiles").click();
    await page.getByTestId("profiles").getByLabel(whose).check();
    await page.getByTestId("profiles").getByRole("button", { name: "scheduler wait" }).click();
    await expect(page.getByTestId("part-head")).toBeVisible();
    await expect(page.locator(".view .hd .dim", { hasText: "width" })).toBeVisible();
    const [sum, name] = [await total(page), await page.getByTestId("part-head").textContent()];
    await page.getByTestId("to-timeline").click();
    await expect(page.getByTestId("timeline")).toBeVisible();
    return [sum, name] as const;
  };
  const [all] = await of("all goroutines");
  const [group, groupName] = await of("runtime/pprof.Do");
  const [one, oneName] = await of("G 23");
  expect(oneName).toContain("scheduler wait, trace.out, G 23");
  expect(groupName).toContain("scheduler wait, trace.out, runtime/pprof.Do");
  expect(one).toBeGreaterThan(0);
  expect(one).toBeLessThan(group);
  expect(group).toBeLessThan(all);
});

test("what there is none of is said where it was asked for; what there is opens", async ({ page }) => {
  await openTrace(page);
  await flameOf(page, "network blocking");
  await expect(page.getByTestId("profile-words")).toContainText("No network blocking here");
  await expect(page.getByTestId("session-file")).toHaveCount(1);
  // A CPU profile ran beside this trace, and its samples are in it.
  await page.getByTestId("profiles").getByRole("button", { name: "CPU samples" }).click();
  await expect(page.getByTestId("part-head")).toContainText("CPU samples, trace.out");
  await expect(page.getByTestId("session-file")).toHaveCount(2);
});

test("a link to a part of a trace makes it again, and says what it needs until then", async ({ page }) => {
  await openTrace(page, [trace, ...heaps(run)]);
  await select(page, 0.3, 0.7);
  await flameOf(page, "scheduler wait");
  await expect(page.getByTestId("part-head")).toBeVisible();
  const [link, name, sum] = [page.url(), await page.locator("[data-testid=part-head] b").textContent(), await total(page)];
  expect(decodeURIComponent(link)).toContain(name);
  await page.goto("about:blank");
  await page.goto(link);
  await expect(page.getByTestId("status")).toContainText("Ready");
  await drop(page, heaps(run));
  await allRead(page, 6);
  await expect(page.getByTestId("part-missing")).toContainText("made out of the trace that it names");
  await drop(page, [trace]);
  await expect(page.locator("[data-testid=part-head] b")).toHaveText(name!);
  await expect.poll(() => total(page)).toBe(sum);
  // With its trace it goes, and nothing is left that a link would show in its place.
  await page.locator("[data-testid=session-file][data-name='trace.out']").hover();
  await page.locator("[data-testid=session-file][data-name='trace.out'] [data-testid=remove-file]").click();
  await expect(page.getByTestId("session-file")).toHaveCount(6);
  await expect(page.getByTestId("part-missing")).toBeVisible();
});

test("a pin opens its snapshot by click and by key, and points to the mark termination it describes", async ({ page }) => {
  await openTrace(page, [trace, ...heaps(run)]);
  const box = (await page.getByTestId("timeline").boundingBox())!;
  // heap.2 was written 0.850 s into 1.5007 s.
  const x = box.x + 164 + (box.width - 176) * (0.850007 / 1.500678);
  await page.mouse.move(x + 8, box.y + 55);
  await expect(page.getByTestId("timeline-tip")).toContainText("heap.2.pb.gz");
  await page.mouse.click(x + 8, box.y + 55);
  const card = page.getByTestId("pin-card");
  await expect(card).toContainText("heap profile, at 0.850007 s");
  await expect(card).toContainText("by clock snapshots in the trace, ±10 ns");
  await expect(card).toContainText("heap as of the mark termination at 0.398283 s");
  await page.getByTestId("pin-cycle").click();
  await expect(page.getByTestId("inspector")).toContainText("GC mark termination");
  await expect(card).toHaveCount(0);
  await page.getByTestId("timeline").press("Home");
  await page.getByTestId("timeline").press("n");
  await expect(page.getByTestId("pin-open")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(card).toHaveCount(0);
  await expect(page.getByTestId("timeline")).toBeFocused();
  await page.keyboard.press("n");
  await expect(page.getByTestId("pin-open")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("tab-heap")).toHaveAttribute("aria-selected", "true");
  await expect(page.getByTestId("current")).toHaveValue("heap.2.pb.gz");
});

test("the clock's offset is set by hand, said, kept by the link, and taken back", async ({ page }) => {
  await openTrace(page, [trace, ...heaps(run)]);
  await page.getByTestId("next-pin").click();
  const card = page.getByTestId("pin-card");
  await expect(page.getByTestId("pin-shift")).toHaveValue("0");
  await page.getByTestId("pin-shift").fill("-120.5");
  await page.getByTestId("pin-shift").press("Enter");
  await expect(card).toContainText("heap profile, at 0.729507 s");
  await expect(card).toContainText("shifted by hand");
  await expect(page.getByTestId("inspector").locator("tr", { hasText: "heap.2.pb.gz" })).toContainText("0.729507 s");
  await expect.poll(() => page.url()).toMatch(/at=.*o1795472\d+/);
  await page.reload();
  await expect(page.getByTestId("status")).toContainText("Ready");
  await drop(page, [trace, ...heaps(run)]);
  await allRead(page, 7);
  await expect(page.getByTestId("inspector")).toContainText("set by hand");
  await page.getByTestId("next-pin").click();
  await expect(page.getByTestId("pin-shift")).toHaveValue("-120.5");
  await page.getByTestId("pin-reset").click();
  await expect(card).toContainText("heap profile, at 0.850007 s");
  await expect(page.getByTestId("pin-reset")).toHaveCount(0);
  await expect.poll(() => page.url()).not.toMatch(/o1795472/);
});

test("a trace without a wall clock takes pins by hand", async ({ page }) => {
  const old = "leak-retained/go1.22.10";
  await openTrace(page, [fixture(`go/${old}/trace.out`), ...heaps(old).slice(2, 4)]);
  const inspector = page.getByTestId("inspector");
  await expect(inspector).toContainText("no wall clock");
  await page.getByTestId("next-pin").click();
  const card = page.getByTestId("pin-card");
  await expect(card).toContainText("by hand: the files do not tell");
  await page.getByTestId("pin-shift").fill("250");
  await page.getByTestId("pin-shift").press("Enter");
  await expect(card).toContainText("at 0.250000 s");
  await expect(inspector).toContainText("set by hand");
});
