// Sixty files of one investigation, for `cargo xtask bench session`: figures, never a verdict.
import { expect, test } from "@playwright/test";
import { readdirSync } from "node:fs";
import path from "node:path";
import { figure, median, rounds } from "./figure";
import { drop, open } from "./page";

const ROUNDS = rounds(3);
const LONG = { timeout: 240_000 };

test("figures of a session of sixty files @tool", async ({ browser, baseURL }) => {
  test.setTimeout(900_000);
  const folder = process.env.BENCH_SESSION!;
  const files = readdirSync(folder).sort().map((name) => path.join(folder, name));
  const verdict: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const page = await browser.newPage({ baseURL });
    await open(page, "#v=1&view=findings");
    const dropped = Date.now();
    await drop(page, files);
    await expect.poll(() => page.getByTestId("session-file").count(), LONG).toBeGreaterThanOrEqual(files.length);
    await expect(page.locator("[data-testid=session-file][data-state=parsing]")).toHaveCount(0, LONG);
    await expect(page.getByTestId("verdict")).toBeVisible(LONG);
    verdict.push(Date.now() - dropped);
    await page.close();
  }
  figure("figures", `${files.length} files`, `drop to the verdict over all of them, median of ${ROUNDS}`, median(verdict) / 1000, "s", "15 s");
});
