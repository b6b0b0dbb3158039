// The link that holds an analysis of 200,000 stacks, for `cargo xtask bench link`: how long it is in the making, and how long
// until a reader who has nothing sees findings. Figures, never a verdict.
import { expect, test, type Page } from "@playwright/test";
import { figure, median, rounds } from "./figure";
import { drop, open } from "./page";

const ROUNDS = rounds(5);
const LONG = { timeout: 120_000 };

/** From what `act` does until `selector` is there and painted, on the page's own clock. */
const until = (page: Page, act: () => void, selector: string) => page.evaluate(([act, selector]) => new Promise<number>((done) => {
  const begin = performance.now();
  (0, eval)(`(${act})()`);
  const look = () => document.querySelector(selector) ? requestAnimationFrame(() => done(performance.now() - begin)) : requestAnimationFrame(look);
  requestAnimationFrame(look);
}), [act.toString(), selector] as const);

const press = () => document.querySelector<HTMLElement>("[data-testid=share]")!.click();
const most = () => {
  document.querySelector("[data-testid=analysis-link]")!.removeAttribute("data-testid");
  const budget = document.querySelector<HTMLSelectElement>("[data-testid=share-budget]")!;
  budget.value = "2";
  budget.dispatchEvent(new Event("change", { bubbles: true }));
};

test("figures of the link that holds an analysis @tool", async ({ browser, baseURL }) => {
  test.setTimeout(600_000);
  const made: { green: number[]; red: number[] } = { green: [], red: [] };
  const links: Record<string, string> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const page = await browser.newPage({ baseURL });
    await open(page, "#v=1&view=findings");
    await drop(page, [process.env.BENCH_HEAP!]);
    await expect(page.getByTestId("verdict")).toBeVisible(LONG);
    await expect.poll(() => page.url().includes("files="), LONG).toBe(true);
    made.green.push(await until(page, press, "[data-testid=analysis-link]"));
    links.green = (await page.getByTestId("analysis-link").textContent())!;
    made.red.push(await until(page, most, "[data-testid=analysis-link]"));
    links.red = (await page.getByTestId("analysis-link").textContent())!;
    await page.close();
  }
  for (const [level, times] of Object.entries(made)) {
    figure("page", `${level}, ${links[level].length} bytes`, `pressed to the link on the sheet, median of ${ROUNDS}`, median(times), "ms", "300 ms");
  }
  for (const [level, link] of Object.entries(links)) {
    const after: number[] = [], whole: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const context = await browser.newContext({ baseURL });
      const page = await context.newPage();
      await page.addInitScript(() => {
        const look = () => document.querySelector("[data-testid=verdict]") ? requestAnimationFrame(() => { (window as any).seen = performance.now(); }) : requestAnimationFrame(look);
        requestAnimationFrame(look);
      });
      await page.goto(link);
      await page.waitForFunction(() => (window as any).seen, null, LONG);
      const [seen, load] = await page.evaluate(() => [(window as any).seen as number, (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).loadEventEnd]);
      after.push(seen - load);
      whole.push(seen);
      await context.close();
    }
    const seen = (what: string, millis: number, target?: string) => figure("page", `${level}, ${link.length} bytes`, `${what}, nothing in the cache, median of ${ROUNDS}`, millis, "ms", target);
    seen("the page's load event to painted findings", median(after), "500 ms");
    seen("the beginning to painted findings", median(whole));
  }
});
