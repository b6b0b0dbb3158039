// Before and after: files of two builds, marked by a link, compared, and whether the fix worked.
import { expect, test } from "@playwright/test";
import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { allRead, drop, fixture, heaps, open } from "./page";

/** The heaps and logs of a run, under names of their own. */
function named(run: string, prefix: string, into: string) {
  mkdirSync(into, { recursive: true });
  const files = [...heaps(run), fixture(`go/${run}/gctrace.txt`), fixture(`go/${run}/memstats.jsonl`)];
  return files.map((file) => {
    const copy = path.join(into, `${prefix}-${path.basename(file)}`);
    copyFileSync(file, copy);
    return copy;
  });
}

test("a leak that is gone: marked by the link, told as fixed; the other way round by hand", async ({ page }, info) => {
  const files = [...named("leak-retained/go1.27.3", "before", info.outputPath("files")), ...named("healthy/go1.27.3", "after", info.outputPath("files"))];
  await open(page, "#v=1&view=files");
  await drop(page, files);
  await allRead(page, files.length);
  await page.getByTestId("page-groups").click();
  await expect(page.getByText("Guessed by words in their names.")).toBeVisible();
  await page.getByTestId("propose").click();
  await expect(page).toHaveURL(/grp=.*before-heap/);
  const verdict = page.getByTestId("groups-verdict");
  await expect(verdict).toContainText("The fix worked: main.initSession’s growth fell from 3.8 MB/s (2.0–5.6) to 0 B/s");
  const growth = page.getByTestId("changes").locator("tbody tr", { hasText: "main.initSession" }).first();
  await expect(growth).toContainText("better");
  await expect(page.getByTestId("groups-same")).toContainText("did not change beyond what sampling and scatter explain");
  await expect(page.getByTestId("groups-cycles").locator("svg").first()).toBeVisible();
  await expect(page.getByTestId("gc")).toContainText("live growth");
  await page.getByTestId("changes").getByRole("link", { name: "Change" }).click();
  await expect(page).toHaveURL(/by=changes\.5/);
  await page.screenshot({ path: info.outputPath("groups-light.png"), fullPage: true });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: info.outputPath("groups-dark.png"), fullPage: true });

  // By hand one file more or less; with all marks swapped it is worse.
  await page.getByTestId("groups-files").locator("summary").click();
  await page.getByLabel("Group of after-heap.0.pb.gz").selectOption("neither");
  await expect(page).not.toHaveURL(/grp=[^&]*after-heap\.0/);
  await page.getByRole("link", { name: "Swap" }).click();
  await expect(verdict).toContainText("It got worse: main.initSession’s growth rose from 0 B/s");
  await page.getByRole("link", { name: "Clear marks" }).click();
  await expect(page.getByTestId("propose")).toBeVisible();
});

test("files of two builds that are called alike are told apart, and two healthy runs differ in nothing", async ({ page }) => {
  const files = [...heaps("healthy/go1.27.3"), ...heaps("healthy/go1.25.5-flight")];
  await open(page, "#v=1&view=files&page=groups");
  await drop(page, files);
  await allRead(page, files.length);
  await expect(page.getByText("Guessed by build:")).toBeVisible();
  await page.getByTestId("propose").click();
  await expect(page.getByTestId("groups-verdict")).toHaveAttribute("data-conclusion", "not shown");
  await expect(page.getByTestId("groups-verdict")).toContainText("heap snapshots or more of each group");
  await expect(page.getByTestId("groups-files")).toContainText("11 files and their marks");
});
