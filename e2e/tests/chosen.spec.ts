// The finding that a reader chose stays the one in front of them, whatever comes after.
import { expect, test } from "@playwright/test";
import { allRead, drop, fixture, heaps, open } from "./page";

test("a chosen finding stays chosen when worse ones come above it", async ({ page }) => {
  const leak = heaps("leak-retained/go1.27.3");
  await open(page);
  await drop(page, leak);
  await allRead(page, leak.length);
  const findings = page.getByTestId("finding");
  const chosen = findings.nth(1);
  await chosen.click();
  await expect(chosen).toHaveAttribute("aria-pressed", "true");
  const words = (await chosen.locator(".h3").textContent())!;

  // What its log says of the collector is worse, and stands first.
  const collector = ["gctrace.txt", "memstats.jsonl"].map((name) => fixture(`go/pool-miss-gc/go1.27.3/${name}`));
  await drop(page, collector);
  await allRead(page, leak.length + collector.length);
  await expect(findings.first()).toHaveAttribute("data-rule", "gc-forced");
  const pressed = page.locator("[data-testid=finding][aria-pressed=true]");
  await expect(pressed).toHaveCount(1);
  await expect(pressed.locator(".h3")).toHaveText(words);
  expect(await findings.evaluateAll((rows) => rows.findIndex((row) => row.getAttribute("aria-pressed") === "true"))).toBeGreaterThan(1);
});
