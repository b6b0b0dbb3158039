// The big profiles in the page and in speedscope, in turns, for `cargo xtask bench speedscope`: figures, never a verdict.
import { expect, test, type Browser, type Page } from "@playwright/test";
import { cost, median, missing, peak, rounds } from "./figure";
import { drop, open } from "./page";

const ROUNDS = rounds(3);
const OURS = "the page";
const THEIRS = process.env.BENCH_SPEEDSCOPE_NAME!;

/** Seconds from the drop until `isThere` and the frame after it, by one clock for both pages. */
async function opened(page: Page, file: string, isThere: () => boolean) {
  await page.evaluate(() => addEventListener("drop", () => { (window as any).dropped = performance.now(); }, { capture: true }));
  await drop(page, [file]);
  await page.waitForFunction(isThere, null, { timeout: 240_000 });
  return page.evaluate(() => new Promise<number>((done) => {
    requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - (window as any).dropped) / 1000)));
  }));
}

/** In a tab, and so a process, of its own. */
async function inTab(browser: Browser, baseURL: string, run: (page: Page) => Promise<number>) {
  const page = await browser.newPage({ baseURL });
  try {
    // What a tab that crashes would have said is never said.
    const crash = new Promise<never>((_, fail) => page.on("crash", () => fail(new Error("its tab crashed"))));
    const seconds = await Promise.race([run(page), crash]);
    return { seconds, peak_mb: await peak(browser) };
  } finally {
    await page.close();
  }
}

const ours = (page: Page, file: string) => open(page, "#v=1&view=heap&tab=flame").then(() => opened(page, file, () =>
  document.querySelector("[data-testid=flame]") !== null && performance.getEntriesByName("poolscope:frame").length > 0));

async function theirs(page: Page, file: string) {
  await page.goto("./");
  await expect(page.getByText("speedscope").first()).toBeVisible();
  // It names the file in its title when it has read it.
  return opened(page, file, () => document.title !== "speedscope");
}

test("figures beside speedscope's @tool", async ({ browser, baseURL }) => {
  test.setTimeout(1_800_000);
  for (const [input, file] of [
    [process.env.BENCH_HEAP_NAME!, process.env.BENCH_HEAP!],
    [process.env.BENCH_CPU_NAME!, process.env.BENCH_CPU!],
  ]) {
    const taken = { ours: [] as { seconds: number; peak_mb: number }[], theirs: [] as { seconds: number; peak_mb: number }[] };
    let failure = "";
    for (let round = 0; round < ROUNDS; round++) {
      taken.ours.push(await inTab(browser, baseURL!, (page) => ours(page, file)));
      if (failure !== "") continue;
      await inTab(browser, process.env.BENCH_SPEEDSCOPE!, (page) => theirs(page, file))
        .then((cost) => taken.theirs.push(cost), (error: Error) => { failure = error.message.split("\n")[0]; });
    }
    const middle = (costs: { seconds: number; peak_mb: number }[]) =>
      ({ seconds: median(costs.map((cost) => cost.seconds)), peak_mb: median(costs.map((cost) => cost.peak_mb)) });
    const what = (who: string) => `${who}, drop to painted flame graph`;
    cost(input, what(OURS), middle(taken.ours), true);
    if (failure === "") cost(input, what(THEIRS), middle(taken.theirs), false);
    else missing(input, what(THEIRS), failure);
  }
});
