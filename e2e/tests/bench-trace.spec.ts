// The page under large traces, for `cargo xtask bench trace`: figures, never a verdict.
import { test } from "@playwright/test";
import { readFileSync, statSync } from "node:fs";
import { drop, open } from "./page";

const ROUNDS = 3;
const quantile = (values: number[], share = 0.5) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

/** The most memory that a process of a tab ever held, in MB. */
async function peak(session: { send(method: "SystemInfo.getProcessInfo"): Promise<{ processInfo: { type: string; id: number }[] }> }) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const of = (pid: number) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  return Math.max(...processInfo.filter(({ type }) => type === "renderer").map(({ id }) => of(id)));
}

test("figures of traces on the page @tool", async ({ browser, baseURL }) => {
  test.setTimeout(900_000);
  const session = await browser.newBrowserCDPSession();
  const rows: string[] = [];
  for (const file of process.env.BENCH_TRACES!.split(":")) {
    const first: number[] = [], all: number[] = [], memory: number[] = [];
    let frames: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const page = await browser.newPage({ baseURL });
      await open(page);
      await drop(page, [file]);
      await page.waitForFunction(() => performance.getEntriesByName("poolscope:full:trace").length > 0, null, { timeout: 240_000 });
      const length = (phase: string) => page.evaluate((name) => performance.getEntriesByName(name)[0].duration, `poolscope:${phase}:trace`);
      first.push(await length("open"));
      all.push(await length("full"));
      if (round === 0) {
        const box = (await page.getByTestId("timeline").boundingBox())!;
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        await page.evaluate(() => performance.clearMeasures("poolscope:frame"));
        for (let turn = 0; turn < 120; turn++) { await page.mouse.wheel(0, turn % 60 < 30 ? -120 : 120); await page.waitForTimeout(30); }
        frames = await page.evaluate(() => performance.getEntriesByName("poolscope:frame").map((entry) => entry.duration));
      }
      memory.push(await peak(session));
      await page.close();
    }
    const size = (statSync(file).size / 1e6).toFixed(0);
    rows.push(`| ${size} MB | ${(quantile(first) / 1000).toFixed(2)} s | ${(quantile(all) / 1000).toFixed(2)} s | ${quantile(frames, 0.95).toFixed(1)} ms of ${frames.length} | ${quantile(memory).toFixed(0)} MB |`);
  }
  console.log(`\n| trace | first picture | everything | frame, p95 | memory of the tab |\n|---|---|---|---|---|\n${rows.join("\n")}\n`);
});
