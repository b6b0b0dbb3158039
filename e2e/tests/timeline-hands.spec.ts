// Hands on the timeline: what each of them does is asked of the page's words and its address.
import { expect, test, type CDPSession, type Page } from "@playwright/test";
import { allRead, drop, fixture, open } from "./page";

const trace = fixture("go/leak-retained/go1.27.3/trace.out");

async function openTrace(page: Page, file = trace) {
  await open(page);
  await drop(page, [file]);
  await allRead(page, 1);
  await expect(page.getByTestId("timeline")).toBeVisible();
  return (await page.getByTestId("timeline").boundingBox())!;
}

/** The window that is seen, in seconds. */
const span = async (page: Page) => {
  const words = (await page.getByTestId("timeline-window").textContent())!;
  const [from, to] = words.replace(" s", "").split(" – ").map(Number);
  return { from, to, long: to - from, middle: (from + to) / 2 };
};

/** Where the plot is: the worker's own numbers (draw/mod.rs). */
const plot = (box: { x: number; width: number }) => ({ left: box.x + 164, right: box.x + box.width - 12 });

const inspector = (page: Page) => page.getByTestId("inspector");
const row = (page: Page, words: string) => inspector(page).locator("tr", { hasText: words });

async function select(page: Page, from: number, to: number, y = 300) {
  const box = (await page.getByTestId("timeline").boundingBox())!;
  const { left, right } = plot(box);
  await page.keyboard.down("Shift");
  await page.mouse.move(left + (right - left) * from, box.y + y);
  await page.mouse.down();
  await page.mouse.move(left + (right - left) * to, box.y + y + 20, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
}

test("a box measures what it spans", async ({ page }) => {
  await openTrace(page);
  const all = await span(page);
  await select(page, 0.25, 0.5);
  await expect(inspector(page).locator(".hd", { hasText: "In the selection" })).toContainText(/3[67]\d ms/);
  const events = Number((await row(page, "Events").last().textContent())!.replace(/\D/g, ""));
  expect(events).toBeGreaterThan(1_000);
  expect(events).toBeLessThan(90_000);
  await page.getByTestId("timeline").press("Escape");
  await expect(inspector(page)).toContainText("In the trace");
  expect((await span(page)).long).toBe(all.long);
});

test("committed ranges lie on each other, every table obeys the last, one key takes it off", async ({ page }) => {
  await openTrace(page);
  const whole = await span(page);
  const rows = async () => {
    await page.getByTestId("trace-tab-gets").click();
    const words = (await page.locator(".tablescroll").textContent())!;
    const events = await (async () => {
      await page.getByTestId("trace-tab-events").click();
      await expect(page.locator(".tablescroll")).toContainText(/among [\d,]+ events/);
      return Number(/among ([\d,]+) events/.exec((await page.locator(".tablescroll").textContent())!)![1].replace(/,/g, ""));
    })();
    await page.getByTestId("trace-tab-timeline").click();
    return { words, events };
  };
  const first = await rows();
  await select(page, 0.2, 0.8);
  await page.getByTestId("timeline").press("Enter");
  await expect.poll(async () => (await span(page)).long).toBeLessThan(whole.long * 0.7);
  const outer = await span(page);
  const second = await rows();
  await select(page, 0.4, 0.6);
  await page.getByTestId("timeline").press("Enter");
  await expect.poll(async () => (await span(page)).long).toBeLessThan(outer.long * 0.3);
  const third = await rows();
  expect(third.events).toBeLessThan(second.events);
  expect(second.events).toBeLessThan(first.events);
  expect(await page.evaluate(() => decodeURIComponent(location.hash))).toMatch(/r\d+-\d+;r\d+-\d+/);
  await page.getByTestId("timeline").press("Backspace");
  await expect.poll(async () => (await span(page)).long).toBeCloseTo(outer.long, 5);
  expect((await rows()).events).toBe(second.events);
  await page.getByTestId("timeline").press("Backspace");
  await expect(inspector(page)).toContainText("In the trace");
  expect((await rows()).events).toBe(first.events);
});

test("keys jump to the next and the previous pause, purge and slow Get", async ({ page }) => {
  await openTrace(page);
  const canvas = page.getByTestId("timeline");
  const at = async () => Number((await inspector(page).locator(".hd").first().textContent())!.match(/([\d.]+) s/)![1]);
  await canvas.press(".");
  const one = await at();
  await canvas.press(".");
  await expect.poll(at).toBeGreaterThan(one);
  const two = await at();
  await canvas.press(",");
  await expect.poll(at).toBe(one);
  await canvas.press(".");
  await expect.poll(at).toBe(two);
  await canvas.press("p");
  await expect(inspector(page)).toContainText("GC sweep termination");
  const purge = await span(page);
  // There is one purge: from it no key leads further.
  await canvas.press("p");
  await canvas.press("Shift+P");
  expect(await span(page)).toEqual(purge);
  await canvas.press("Home");
  await canvas.press("Escape");
  await canvas.press("g");
  await expect(row(page, "Pool Get")).toContainText(/[\d.]+ µs/);
  const slow = await page.evaluate(() => location.hash);
  await canvas.press("g");
  await expect.poll(() => page.evaluate(() => location.hash)).not.toBe(slow);
  const length = (await row(page, "Pool Get").locator("td").nth(4).textContent())!;
  expect(parseFloat(length)).toBeGreaterThan(7.8);
});

const touch = (session: CDPSession, type: string, points: [number, number][]) =>
  session.send("Input.dispatchTouchEvent", { type: type as "touchStart", touchPoints: points.map(([x, y], id) => ({ x, y, id })) });

test("two fingers that part zoom in on what is between them; together they zoom out", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, hasTouch: true, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const box = await openTrace(page);
  const session = await context.newCDPSession(page);
  const whole = await span(page);
  const { left, right } = plot(box);
  const [middle, y] = [left + (right - left) * 0.4, box.y + 300];
  const pinch = async (from: number, to: number) => {
    await touch(session, "touchStart", [[middle - from, y], [middle + from, y]]);
    for (let step = 1; step <= 8; step += 1) {
      const apart = from + ((to - from) * step) / 8;
      await touch(session, "touchMove", [[middle - apart, y], [middle + apart, y]]);
    }
    await touch(session, "touchEnd", []);
  };
  await pinch(30, 240);
  await expect.poll(async () => (await span(page)).long / whole.long).toBeCloseTo(1 / 8, 2);
  const near = await span(page);
  expect((near.from + near.long * 0.4) / whole.to).toBeCloseTo(0.4, 2);
  await pinch(240, 120);
  await expect.poll(async () => (await span(page)).long / whole.long).toBeCloseTo(1 / 4, 2);
  await context.close();
});

test("a pinch on a touch pad, which is a wheel with the control key, zooms as far as the fingers part", async ({ page }) => {
  const box = await openTrace(page);
  const whole = await span(page);
  await page.mouse.move(box.x + box.width / 2, box.y + 300);
  await page.keyboard.down("Control");
  // Chromium says a hundred times the logarithm of the scale.
  for (let turn = 0; turn < 7; turn += 1) await page.mouse.wheel(0, -10);
  await page.keyboard.up("Control");
  await expect.poll(async () => (await span(page)).long / whole.long).toBeCloseTo(Math.exp(-0.7), 2);
});

test("who let a goroutine run is told, and a key steps along", async ({ page }) => {
  await openTrace(page, fixture("go/many-goroutines/go1.27.3/trace.out"));
  const canvas = page.getByTestId("timeline");
  // main.main creates all and feeds them: a Get of a worker was let run by it.
  await canvas.press("g");
  const head = inspector(page).locator("h2").first();
  await expect(head).toContainText("main.handleRequest");
  await expect(inspector(page)).toContainText(/Woken by G \d+/);
  const waker = (await inspector(page).getByRole("button", { name: /Woken by/ }).textContent())!.replace("Woken by ", "");
  await canvas.press("u");
  await expect(head).toContainText(`${waker} `);
  await expect(head).not.toContainText("main.handleRequest");
  const before = await page.evaluate(() => location.hash);
  await canvas.press("u");
  await expect.poll(() => page.evaluate(() => location.hash)).not.toBe(before);
});

test("thousands of goroutines stand in groups, scroll, and keep the head of their group in sight", async ({ page }) => {
  const box = await openTrace(page, fixture("go/many-goroutines/go1.27.3/trace.out"));
  await page.getByTestId("timeline-twin").click();
  const lanes = page.getByTestId("timeline-table");
  await expect(lanes).toContainText("main.main");
  await expect(lanes).not.toContainText("main.waitTimer");
  await page.getByTestId("timeline-twin").click();
  await page.evaluate(() => { location.hash = "#v=1&view=timeline&at=tmain.handleRequest;tmain.waitTimer"; });
  await page.mouse.move(box.x + 60, box.y + 300);
  const scroll = async () => Number(/y(\d+)/.exec(await page.evaluate(() => decodeURIComponent(location.hash)))?.[1] ?? 0);
  await page.mouse.wheel(0, 20_000);
  await expect.poll(scroll).toBeGreaterThan(15_000);
  // Two thousand rows of twenty pixels, and the lanes above them.
  await page.mouse.wheel(0, 1_000_000);
  await expect.poll(scroll).toBeGreaterThan(38_000);
  await page.mouse.wheel(0, -20_000);
  await expect.poll(scroll).toBeLessThan(25_000);
  // The head that stays in sight shuts its group: what is left is the other thousand.
  await page.mouse.click(box.x + 40, box.y + 66 + 10);
  await expect.poll(() => page.evaluate(() => decodeURIComponent(location.hash))).not.toMatch(/tmain.handleRequest.*tmain.waitTimer/);
  await page.mouse.wheel(0, 1_000_000);
  await expect.poll(scroll).toBeLessThan(22_000);
});

test("a search goes through all events by name, stack, log and number", async ({ page }) => {
  await openTrace(page);
  await page.getByTestId("trace-tab-events").click();
  const table = page.getByTestId("trace-table"), words = page.locator(".tablescroll");
  await expect(words).toContainText(/the first of [\d,]+ found among [\d,]+ events/);
  const search = page.getByTestId("trace-search");
  await search.fill("kept id=4864");
  await expect(words).toContainText("1 row: found among");
  await expect(table.locator("tbody tr")).toContainText("leak: kept id=4864");
  await search.fill("stwbegin");
  await expect(words).toContainText("13 rows: found among");
  await search.fill("g 1");
  await expect(table.locator("tbody tr").first()).toContainText("G 1 ");
  await search.fill("main.initsession");
  await expect(table.locator("tbody tr").first()).toContainText("RegionBegin");
  // What takes more than a frame says how far it is, and can be stopped.
  await page.evaluate(() => {
    const place = document.querySelector(".tablescroll")!, said: string[] = ((window as any).said = []);
    new MutationObserver(() => said.push(place.textContent!)).observe(place, { childList: true, subtree: true });
  });
  await search.fill("nothing is called this");
  await expect(words).toContainText("0 rows: found among 101,991 events");
  const said: string[] = await page.evaluate(() => (window as any).said);
  expect(said.some((words) => /searching, \d+ % Stop0 rows: found among the first/.test(words))).toBe(true);
});
