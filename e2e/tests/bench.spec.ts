// The page under large files, for `cargo xtask bench heap`: figures, never a verdict.
import { expect, test } from "@playwright/test";
import { brotliCompressSync, constants } from "node:zlib";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { drop, open } from "./page";

const median = (values: number[], share = 0.5) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

test("figures of the page @tool", async ({ browser, baseURL }) => {
  test.setTimeout(300_000);
  const rows: string[] = [];
  for (const [name, file, view] of [
    ["200,000 stacks", process.env.BENCH_HEAP!, "heap"],
    ["300,000 CPU samples", process.env.BENCH_CPU!, "cpu"],
  ]) {
    const opened: number[] = [], longest: number[] = [];
    let frames: number[] = [];
    for (let round = 0; round < 5; round++) {
      const page = await browser.newPage({ baseURL });
      await page.addInitScript(() => {
        (window as any).tasks = [];
        new PerformanceObserver((list) => (window as any).tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });
      });
      await open(page, "#v=1&view=heap");
      await page.evaluate(() => { (window as any).tasks.length = 0; });
      await drop(page, [file]);
      await page.waitForFunction((kind) => performance.getEntriesByName(`poolscope:open:${kind}`).length > 0, view, { timeout: 120_000 });
      opened.push(await page.evaluate((kind) => performance.getEntriesByName(`poolscope:open:${kind}`)[0].duration, view));
      longest.push(await page.evaluate(() => Math.max(0, ...(window as any).tasks)));
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
    rows.push(`| ${name} | drop to painted table, median of 5 | ${median(opened).toFixed(0)} ms |`);
    rows.push(`| ${name} | longest task on the page's thread while it loads (0: none over 50 ms) | ${Math.max(...longest).toFixed(0)} ms |`);
    rows.push(`| ${name} | flame graph frame while zooming, script, p95 of ${frames.length} | ${median(frames, 0.95).toFixed(1)} ms |`);
  }
  const dist = fileURLToPath(new URL("../../dist", import.meta.url));
  const size = (is: (file: string) => boolean) => readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((f) => /\.(html|js|css|wasm)$/.test(f) && is(f))
    .map((f) => brotliCompressSync(readFileSync(path.join(dist, f)), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length)
    .reduce((a, b) => a + b, 0);
  rows.push(`| first load | the page, brotli | ${(size((f) => !/\/|^sw\.js$/.test(f)) / 1024).toFixed(0)} KB |`);
  rows.push(`| once it is painted | the engine of profiles, brotli | ${(size((f) => f.includes("/heap-worker")) / 1024).toFixed(0)} KB |`);
  console.log(`\n| input | figure | seen |\n|---|---|---|\n${rows.join("\n")}\n`);
});
