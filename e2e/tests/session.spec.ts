// Many files as one session: archives and folders dropped whole, traces judged with the others, one clock for all.
import { expect, test, type Page } from "@playwright/test";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { allRead, drop, fixture, heaps, open } from "./page";

const names = (page: Page) =>
  page.getByTestId("session-file").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-name")!).sort());
const clockPage = async (page: Page) => {
  await page.getByTestId("tab-files").click();
  await page.getByTestId("page-clock").click();
  await expect(page.getByTestId("clocks")).toBeVisible();
};
const clockOf = (page: Page, name: string) => page.locator(`[data-testid=clocks] tr[data-file='${name}']`);

for (const [archive, members] of [
  ["run.zip", ["run.zip/run/heap.0.pb.gz", "run.zip/run/later/heap.4.pb.gz"]],
  ["stream.zip", ["stream.zip/heap.0.pb.gz", "stream.zip/heap.4.pb.gz"]],
  ["nested.zip", ["nested.zip/a/heap.0.pb.gz", "nested.zip/b.tar.gz/deep/heap.4.pb.gz"]],
  ["pax.tar.gz", ["pax.tar.gz/run/heap.0.pb.gz", `pax.tar.gz/run/${"a-long-folder-name/".repeat(8)}heap.4.pb.gz`]],
] as [string, string[]][]) {
  test(`${archive}: its members stand in its place, as if each had been dropped`, async ({ page }) => {
    await open(page);
    await drop(page, [fixture(`archive/${archive}`)]);
    await allRead(page, 2);
    expect(await names(page)).toEqual([...members].sort());
    // The same verdict as of the two files themselves.
    await page.getByTestId("tab-findings").click();
    await expect(page.locator("[data-testid=verdict]")).toContainText("main.");
  });
}

test("what cannot be unpacked of an archive stays as its row, and says what", async ({ page }) => {
  await open(page);
  await drop(page, [fixture("archive/bzip2.zip")]);
  await allRead(page, 2);
  expect(await names(page)).toEqual(["bzip2.zip", "bzip2.zip/heap.0.pb.gz"]);
  const row = page.locator("[data-testid=session-file][data-name='bzip2.zip']");
  await expect(row).toHaveAttribute("data-state", "damaged");
  await expect(row).toContainText("heap.4.pb.gz is packed in a way that is not read (bzip2)");
  await row.hover();
  await row.getByTestId("remove-file").click();
  await allRead(page, 1);
});

test("a trace in an archive goes to the timeline", async ({ page }) => {
  const folder = mkdtempSync(path.join(tmpdir(), "zipped-"));
  mkdirSync(path.join(folder, "run"));
  for (const name of ["trace.out", "heap.0.pb.gz", "heap.4.pb.gz"]) copyFileSync(fixture(`go/leak-retained/go1.22.10/${name}`), path.join(folder, "run", name));
  const { execFileSync } = await import("node:child_process");
  execFileSync("tar", ["czf", path.join(folder, "run.tgz"), "-C", folder, "run"]);
  await open(page);
  await drop(page, [path.join(folder, "run.tgz")]);
  await allRead(page, 3);
  await expect(page.locator("[data-testid=session-file][data-name='run.tgz/run/trace.out'] .kind")).toHaveText("TR");
});

test("a folder is opened with all levels of it, however many files", async ({ page }) => {
  const folder = mkdtempSync(path.join(tmpdir(), "levels-"));
  const [first, second] = heaps("leak-retained/go1.22.10");
  const deep = path.join(folder, "a/b/c");
  mkdirSync(deep, { recursive: true });
  copyFileSync(first, path.join(folder, "heap.0.pb.gz"));
  copyFileSync(second, path.join(deep, "heap.1.pb.gz"));
  writeFileSync(path.join(folder, ".hidden"), "no dump");
  // A browser gives a hundred entries at a time.
  mkdirSync(path.join(folder, "many"));
  for (let at = 0; at < 130; at++) copyFileSync(first, path.join(folder, "many", `heap.${at}.pb.gz`));
  await open(page);
  await drop(page, [folder]);
  await allRead(page, 132);
  const found = await names(page);
  const own = path.basename(folder);
  expect(found).toContain(`${own}/heap.0.pb.gz`);
  expect(found).toContain(`${own}/a/b/c/heap.1.pb.gz`);
  expect(found.filter((name) => name.startsWith(`${own}/many/`))).toHaveLength(130);
});

test("trace, heaps and gctrace of one run are on one clock", async ({ page }) => {
  const run = (name: string) => fixture(`go/leak-retained/go1.27.3/${name}`);
  await open(page);
  await drop(page, [run("trace.out"), run("gctrace.txt"), run("memstats.jsonl"), run("heap.2.pb.gz")]);
  await allRead(page, 4);
  await clockPage(page);
  await expect(clockOf(page, "trace.out")).toContainText("clock snapshots");
  await expect(clockOf(page, "gctrace.txt")).toContainText("GC cycles");
  await expect(clockOf(page, "gctrace.txt")).toContainText("6 of 6 cycles");
  await expect(clockOf(page, "gctrace.txt")).toContainText("memstats.jsonl");
  await expect(clockOf(page, "heap.2.pb.gz")).toContainText("its own time");
  // The log begins when the program did, half a second before the first heap profile; the list follows the clock.
  const order = await page.locator("[data-testid=clocks] tr[data-file]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-file")));
  expect(order.indexOf("gctrace.txt")).toBeLessThan(order.indexOf("trace.out"));
  await expect(page.locator("[data-testid=session-file][data-name='gctrace.txt'] .t")).not.toHaveText("");
});

test("a trace that tells no wall-clock time is placed by what others saw", async ({ page }) => {
  const run = (name: string) => fixture(`go/leak-retained/go1.22.10/${name}`);
  await open(page);
  await drop(page, [run("trace.out")]);
  await allRead(page, 1);
  const time = page.locator("[data-testid=session-file][data-name='trace.out'] .t");
  await expect(time).toHaveText("");
  await drop(page, [run("memstats.jsonl"), run("heap.1.pb.gz")]);
  await allRead(page, 3);
  // The program called trace.Start 2.100601 s after its start, and looked at its memory first within a millisecond of that.
  const window = JSON.parse(readFileSync(run("trace.window.json"), "utf8"));
  const truth = JSON.parse(readFileSync(run("truth.json"), "utf8"));
  const seconds = (window.start_call_unix_nano - truth.start_unix_nano) / 1e9;
  await expect.poll(async () => Math.abs(Number(await time.textContent()) - seconds) < 0.005).toBe(true);
  await clockPage(page);
  await expect(clockOf(page, "trace.out")).toContainText("ends of GC pauses");
  await expect(clockOf(page, "trace.out")).toContainText("1 of 1 pauses");
  // The timeline has its pins by the same.
  await page.getByTestId("tab-timeline").click();
  await expect(page.locator(".insp")).toContainText("moments that other files saw");
});

test("an offset set by hand is kept in the link", async ({ page }) => {
  const run = (name: string) => fixture(`go/leak-retained/go1.27.3/${name}`);
  const files = [run("gctrace.txt"), run("memstats.jsonl")];
  await open(page);
  await drop(page, files);
  await allRead(page, 2);
  await clockPage(page);
  const field = clockOf(page, "gctrace.txt").locator("input");
  await field.fill("125.5");
  await field.press("Enter");
  await expect(clockOf(page, "gctrace.txt")).toContainText("set by hand");
  await expect(page.locator("[data-testid=clocks] tr.other")).toContainText("−126 ms");
  await expect(page).toHaveURL(/off=gctrace\.txt:125\.5/);
  const address = page.url();
  await page.goto("about:blank");
  await open(page, address.slice(address.indexOf("#")));
  await drop(page, files);
  await allRead(page, 2);
  await expect(clockOf(page, "gctrace.txt").locator("input")).toHaveValue("125.5");
  await expect(clockOf(page, "gctrace.txt")).toContainText("set by hand");
  await page.getByRole("link", { name: "None by hand" }).click();
  await expect(clockOf(page, "gctrace.txt")).toContainText("GC cycles");
  await expect(page).not.toHaveURL(/off=/);
});

test("what is moved by hand is judged where it stands then", async ({ page }) => {
  const files = heaps("leak-retained/go1.27.3");
  await open(page);
  await drop(page, files);
  await allRead(page, files.length);
  const leak = page.locator("[data-testid=finding][data-rule=heap-leak]");
  const judged = async () => {
    await page.getByTestId("tab-findings").click();
    return leak.first();
  };
  await expect(await judged()).toContainText(/ MB\/s/);
  await clockPage(page);
  const field = clockOf(page, "heap.5.pb.gz").locator("input");
  await field.fill("3600000");
  await field.press("Enter");
  await expect(clockOf(page, "heap.5.pb.gz")).toContainText("set by hand");
  // As much growth, in an hour.
  await expect(await judged()).toContainText(/ kB\/s/);
  // From a link, before any file is there.
  const address = page.url();
  await page.goto("about:blank");
  await open(page, address.slice(address.indexOf("#")));
  await drop(page, files);
  await allRead(page, files.length);
  await expect(await judged()).toContainText(/ kB\/s/);
});

test("a trace alone is judged with the other files, and stays one file", async ({ page }) => {
  const run = (name: string) => fixture(`go/leak-retained/go1.27.3/${name}`);
  await open(page);
  await drop(page, [run("trace.out"), ...heaps("leak-retained/go1.27.3").slice(0, 3)]);
  await allRead(page, 4);
  await page.getByTestId("tab-findings").click();
  await expect(page.getByTestId("session-file")).toHaveCount(4);
  // Taken out, it is gone from the engine of the others too.
  await clockPage(page);
  await expect(clockOf(page, "trace.out")).toHaveCount(1);
  const row = page.locator("[data-testid=session-file][data-name='trace.out']");
  await row.hover();
  await row.getByTestId("remove-file").click();
  await expect(clockOf(page, "trace.out")).toHaveCount(0);
});
