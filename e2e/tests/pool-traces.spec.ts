// Traces of native pools: the example service in each fault mode, opened on the page, must have its fault named.
import { expect, test } from "@playwright/test";
import { existsSync } from "node:fs";
import path from "node:path";
import { allRead, drop, fixture, open } from "./page";

// The finding of each mode; null is a mode without a fault.
const MODES: [string, string | null][] = [
  ["healthy", null],
  ["leak", "never-returned"],
  ["double-put", "double-put"],
  ["dirty-reuse", "dirty-reuse"],
  ["cross-thread", "cross-thread"],
  ["oversize", "pool-oversize"],
  ["purge-thrash", "purge-thrash"],
  ["new-storm", "new-storm"],
  ["contention", "pool-contention"],
  ["fragmentation", "fragmentation"],
  ["wrong-pool", "foreign-put"],
];

// What `cargo xtask test` had the service leave just now, and what it left when the fixtures were made.
const folders = [process.env.POOLSCOPE_POOL_DUMPS, fixture("pool")].filter((folder): folder is string => !!folder);

for (const folder of folders) {
  const when = folder === fixture("pool") ? "kept" : "fresh";
  for (const [mode, rule] of MODES) {
    test(`the service in mode ${mode}, ${when}: ${rule ?? "nothing to warn of"}`, async ({ page }) => {
      const trace = path.join(folder, mode, "orders.pooltrace");
      expect(existsSync(trace), trace).toBe(true);
      await open(page);
      await drop(page, [trace]);
      await allRead(page, 1);
      await expect(page.getByTestId("session-file")).toHaveAttribute("data-state", "ready");
      await expect(page.getByTestId("verdict")).toContainText("recorded gets");
      if (rule === null) {
        await expect(page.locator("[data-testid=finding]:not([data-severity=L1])")).toHaveCount(0);
      } else {
        const first = page.getByTestId("finding").first();
        await expect(first).toHaveAttribute("data-rule", rule);
        await expect(first).not.toHaveAttribute("data-severity", "L1");
      }
    });
  }
}

test("a pool trace with a flipped byte is damaged and still read", async ({ page }) => {
  const { mkdtempSync, readFileSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const bytes = readFileSync(fixture("pool/leak/orders.pooltrace"));
  bytes[bytes.length / 2 | 0] ^= 0xff;
  const file = path.join(mkdtempSync(path.join(tmpdir(), "poolscope-")), "flipped.pooltrace");
  writeFileSync(file, bytes);
  await open(page);
  await drop(page, [file]);
  await allRead(page, 1);
  await expect(page.getByTestId("session-file")).toHaveAttribute("data-state", "damaged");
  await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", "never-returned");
});
