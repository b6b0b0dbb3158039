// The States view under a record of ten million events, for `cargo xtask bench lifecycle`: figures, never a verdict.
import { expect, test } from "@playwright/test";
import { drop, open } from "./page";

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

test("figures of the States view @tool", async ({ browser, baseURL }) => {
  test.setTimeout(300_000);
  const first: number[] = [], painted: number[] = [], longest: number[] = [], window_: number[] = [];
  for (let round = 0; round < 3; round++) {
    const page = await browser.newPage({ baseURL });
    await page.addInitScript(() => {
      (window as any).tasks = [];
      new PerformanceObserver((list) => (window as any).tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });
    });
    await open(page, "#v=1&view=states");
    await page.evaluate(() => { (window as any).tasks.length = 0; });
    await drop(page, [process.env.BENCH_POOLS!]);
    const took = async (phase: string) => {
      await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, `poolscope:${phase}:pool-trace`, { timeout: 120_000 });
      return page.evaluate((name) => performance.getEntriesByName(name)[0].duration, `poolscope:${phase}:pool-trace`);
    };
    first.push(await took("open"));
    // With the last answer the graph, the objects and the pools are there.
    painted.push(await took("full"));
    await expect(page.locator(".stategraph")).toBeVisible();
    await expect(page.locator("[data-testid=objects] tbody tr").first()).toBeVisible();
    longest.push(await page.evaluate(() => Math.max(0, ...(window as any).tasks)));
    // A window is another question: until its graph says so.
    const before = await page.getByTestId("states-about").textContent();
    await page.getByTestId("scrubber").fill("299");
    const start = Date.now();
    await page.getByText("To here").click();
    await expect(page.getByTestId("states-about")).not.toHaveText(before!);
    window_.push(Date.now() - start);
    await page.close();
  }
  console.log(`
| record | figure | median of 3 |
|---|---|---|
| 10 million events | drop to first painted answer | ${median(first).toFixed(0)} ms |
| 10 million events | drop to painted graph, charts, objects and pools | ${median(painted).toFixed(0)} ms |
| 10 million events | longest task on the page's thread while it loads (0: none over 50 ms) | ${Math.max(...longest).toFixed(0)} ms |
| 10 million events | another window, until its graph is drawn | ${median(window_).toFixed(0)} ms |
`);
});
