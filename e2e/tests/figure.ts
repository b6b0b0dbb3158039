// What the benchmarks of `cargo xtask bench` say: a line for each figure, which xtask keeps and writes into docs/benchmarks.md.
import { readFileSync } from "node:fs";
import type { Browser, Page } from "@playwright/test";

/** Rounds of each measurement; fewer when it is only tried out. */
export const rounds = (whole: number) => Number(process.env.BENCH_ROUNDS ?? whole);

export const quantile = (values: number[], share: number) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

export const median = (values: number[]) => quantile(values, 0.5);

const say = (row: object) => console.log(`\nfigure ${JSON.stringify(row)}`);

/** One figure of a table. */
export const figure = (table: string, input: string, what: string, value: number, unit: string, target?: string) =>
  say({ table, input, what, value, unit, target });

/** What one of several took on the same input. */
export const cost = (input: string, what: string, cost: { seconds: number; peak_mb: number }, ours: boolean) =>
  say({ table: "costs", input, what, ...cost, ours });

/** Why one of several took nothing. */
export const missing = (input: string, what: string, why: string) => say({ table: "costs", input, what, missing: why });

/** The most memory that a process of a tab ever held, in MB. */
export async function peak(browser: Browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const of = (pid: number) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  return Math.max(...processInfo.filter(({ type }) => type === "renderer").map(({ id }) => of(id)));
}

/** Keeps how long the tasks of the page's thread are; gives the longest since, 0 when none took over 50 ms. */
export async function watchTasks(page: Page) {
  await page.addInitScript(() => {
    (window as any).tasks = [];
    new PerformanceObserver((list) => (window as any).tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });
  });
  return {
    clear: () => page.evaluate(() => { (window as any).tasks.length = 0; }),
    longest: () => page.evaluate(() => Math.max(0, ...(window as any).tasks)),
  };
}

/** Milliseconds of one of the page's own measures, once it is there. */
export async function measured(page: Page, name: string) {
  await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, name, { timeout: 240_000 });
  return page.evaluate((name) => performance.getEntriesByName(name)[0].duration, name);
}
