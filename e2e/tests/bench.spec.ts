// The page under large files, for `cargo xtask bench heap`: figures, never a verdict.
import { expect, test } from "@playwright/test";
import { brotliCompressSync, constants } from "node:zlib";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { figure, measured, median, quantile, rounds, watchTasks } from "./figure";
import { drop, open } from "./page";

const ROUNDS = rounds(5);

test("figures of the page @tool", async ({ browser, baseURL }) => {
  test.setTimeout(300_000);
  for (const [name, file, view] of [
    ["heap profile", process.env.BENCH_HEAP!, "heap"],
    ["CPU profile", process.env.BENCH_CPU!, "cpu"],
  ]) {
    const opened: number[] = [], longest: number[] = [];
    let frames: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const page = await browser.newPage({ baseURL });
      const tasks = await watchTasks(page);
      await open(page, "#v=1&view=heap");
      await tasks.clear();
      await drop(page, [file]);
      opened.push(await measured(page, `poolscope:open:${view}`));
      longest.push(await tasks.longest());
      if (round === 0) {
        await page.getByTestId("heap-flame").click();
        await page.waitForFunction(() => performance.getEntriesByName("poolscope:frame").length > 0, null, { timeout: 60_000 });
        await expect.poll(async () => (await page.getByTestId("flame").boundingBox())!.height).toBeGreaterThan(100);
        const box = (await page.getByTestId("flame").boundingBox())!;
        await page.mouse.move(box.x + box.width / 3, box.y + 60);
        await page.evaluate(() => performance.clearMeasures("poolscope:frame"));
        await page.keyboard.down("Control");
        for (let turn = 0; turn < 60; turn++) { await page.mouse.wheel(0, turn < 30 ? -60 : 60); await page.waitForTimeout(30); }
        await page.keyboard.up("Control");
        frames = await page.evaluate(() => performance.getEntriesByName("poolscope:frame").map((e) => e.duration));
      }
      await page.close();
    }
    const seen = (what: string, value: number, target?: string) => figure("page", name, what, value, "ms", target);
    seen(`drop to painted table, median of ${ROUNDS}`, median(opened), view === "heap" ? "1,500 ms" : undefined);
    seen("longest task on the page's thread while it loads (0: none over 50 ms)", Math.max(...longest), "50 ms");
    seen(`flame graph frame while zooming, script, p95 of ${frames.length}`, quantile(frames, 0.95), "8 ms");
  }
  const dist = fileURLToPath(new URL("../../dist", import.meta.url));
  const size = (is: (file: string) => boolean) => readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((f) => /\.(html|js|css|wasm)$/.test(f) && is(f))
    .map((f) => brotliCompressSync(readFileSync(path.join(dist, f)), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length)
    .reduce((a, b) => a + b, 0);
  figure("page", "first load", "the page, brotli", size((f) => !/\/|^sw\.js$/.test(f)) / 1024, "KB", "350 KB");
  figure("page", "once it is painted", "the engine of profiles, brotli", size((f) => f.includes("/heap-worker")) / 1024, "KB");
});
