// The States view under a record of ten million events, for `cargo xtask bench lifecycle`: figures, never a verdict.
import { expect, test } from "@playwright/test";
import { figure, measured, median, rounds, watchTasks } from "./figure";
import { drop, open } from "./page";

const ROUNDS = rounds(3);

test("figures of the States view @tool", async ({ browser, baseURL }) => {
  test.setTimeout(300_000);
  const first: number[] = [], painted: number[] = [], longest: number[] = [], window_: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const page = await browser.newPage({ baseURL });
    const tasks = await watchTasks(page);
    await open(page, "#v=1&view=states");
    await tasks.clear();
    await drop(page, [process.env.BENCH_POOLS!]);
    first.push(await measured(page, "poolscope:open:pool-trace"));
    // With the last answer the graph, the objects and the pools are there.
    painted.push(await measured(page, "poolscope:full:pool-trace"));
    await expect(page.locator(".stategraph")).toBeVisible();
    await expect(page.locator("[data-testid=objects] tbody tr").first()).toBeVisible();
    longest.push(await tasks.longest());
    // A window is another question: until its graph says so.
    const before = await page.getByTestId("states-about").textContent();
    await page.getByTestId("scrubber").fill("299");
    const start = Date.now();
    await page.getByText("To here").click();
    await expect(page.getByTestId("states-about")).not.toHaveText(before!);
    window_.push(Date.now() - start);
    await page.close();
  }
  const seen = (what: string, millis: number, target?: string) => figure("page", "100,000 objects", what, millis, "ms", target);
  seen(`drop to first painted answer, median of ${ROUNDS}`, median(first));
  seen(`drop to painted graph, charts, objects and pools, median of ${ROUNDS}`, median(painted), "3 s");
  seen("longest task on the page's thread while it loads (0: none over 50 ms)", Math.max(...longest), "50 ms");
  seen(`another window, until its graph is drawn, median of ${ROUNDS}`, median(window_));
});
