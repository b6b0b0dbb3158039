// The page under large traces, for `cargo xtask bench trace`: figures, never a verdict.
import { test } from "@playwright/test";
import { statSync } from "node:fs";
import path from "node:path";
import { figure, measured, median, peak, quantile, rounds } from "./figure";
import { drop, open } from "./page";

const ROUNDS = rounds(3);

test("figures of traces on the page @tool", async ({ browser, baseURL }) => {
  test.setTimeout(900_000);
  for (const file of process.env.BENCH_TRACES!.split(":")) {
    const first: number[] = [], all: number[] = [], memory: number[] = [];
    let frames: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const page = await browser.newPage({ baseURL });
      await open(page);
      await drop(page, [file]);
      all.push(await measured(page, "poolscope:full:trace"));
      first.push(await measured(page, "poolscope:open:trace"));
      if (round === 0) {
        const box = (await page.getByTestId("timeline").boundingBox())!;
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        await page.evaluate(() => performance.clearMeasures("poolscope:frame"));
        for (let turn = 0; turn < 120; turn++) { await page.mouse.wheel(0, turn % 60 < 30 ? -120 : 120); await page.waitForTimeout(30); }
        frames = await page.evaluate(() => performance.getEntriesByName("poolscope:frame").map((entry) => entry.duration));
      }
      memory.push(await peak(browser));
      await page.close();
    }
    const size = statSync(file).size / 1e6;
    const input = `${size.toFixed(size < 10 ? 1 : 0)} MB, ${path.parse(file).name.split("-")[0]}`;
    const seen = (what: string, value: number, unit: string, target?: string) => figure("page", input, what, value, unit, target);
    seen(`drop to the first picture, median of ${ROUNDS}`, median(first) / 1000, "s", size < 100 ? "1 s" : "3 s");
    seen(`drop to everything, median of ${ROUNDS}`, median(all) / 1000, "s", size < 100 ? "5 s" : "20 s");
    seen(`frame while zooming, script, p95 of ${frames.length}`, quantile(frames, 0.95), "ms", "8 ms");
    seen("memory of the tab's process, at most", median(memory), "MB", size < 100 ? undefined : "1,800 MB");
  }
});
