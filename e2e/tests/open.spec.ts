// Opening files: dropped, chosen, sampled; good, damaged and refused.
import { expect, test } from "@playwright/test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { allRead, drop, fixture, heaps, open } from "./page";

const leak = heaps("leak-retained/go1.27.3");

test("dropped heap profiles give a ranked finding at the right function", async ({ page }) => {
  await open(page);
  await expect(page.getByTestId("drop-zone")).toBeVisible();
  await drop(page, leak);
  await allRead(page, 6);
  const first = page.getByTestId("finding").first();
  await expect(first).toHaveAttribute("data-rule", "heap-leak");
  await expect(first).toHaveAttribute("data-severity", "L3");
  await expect(first).toContainText("main.initSession");
  await expect(page.getByTestId("verdict")).toContainText("Heap in use grew 4.5 MB → 34.9 MB");
});

test("the table shows what pprof says", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, leak);
  await allRead(page, 6);
  const row = page.locator("tr[data-name='main.initSession']");
  // 34,212,561 bytes flat in the oracle, in MB of 1,048,576.
  await expect(row.locator("td").nth(1)).toHaveText("32.63");
  await expect(row.locator("td").nth(3)).toContainText("▲ +29.11");
  await page.getByRole("button", { name: "Function" }).first().click();
  await expect(page.locator("tr[data-name]").first()).toHaveAttribute("data-name", /^compress/);
  await page.getByTestId("table-search").fill("acquire");
  await expect(page.locator("tr[data-name]")).toHaveCount(1);
});

test("files that are dropped before the engine is there wait for it", async ({ page }) => {
  let arrive = () => {};
  const gate = new Promise<void>((resolve) => { arrive = resolve; });
  await page.route("**/*.wasm", async (route) => { await gate; await route.continue(); });
  await page.goto("./", { waitUntil: "commit" });
  await page.waitForFunction(() => "droppedEarly" in window);
  await drop(page, heaps("leak-retained/go1.27.3"));
  arrive();
  await allRead(page, 6);
});

test("a sample opens with one click", async ({ page }) => {
  await open(page);
  for (const [name, rule] of [["leak-retained", "heap-leak"], ["dirty-put", "pool-retained"], ["pool-miss-gc", "pool-miss"]]) {
    await page.goto("./");
    await page.locator(`[data-testid=sample][data-name=${name}]`).click();
    await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", rule);
  }
});

test("files are added later, removed, and chosen as base and current", async ({ page }) => {
  await open(page);
  await page.getByTestId("file-input").setInputFiles(leak.slice(0, 2));
  await allRead(page, 2);
  await page.getByTestId("file-input").setInputFiles(leak.slice(2));
  await allRead(page, 6);
  await page.getByTestId("tab-heap").click();
  await page.getByTestId("base").selectOption("heap.2.pb.gz");
  await page.getByTestId("current").selectOption("heap.4.pb.gz");
  await expect(page).toHaveURL(/base=heap\.2\.pb\.gz.*cur=heap\.4\.pb\.gz/);
  await page.locator("[data-testid=session-file][data-name='heap.5.pb.gz']").hover();
  await page.locator("[data-testid=session-file][data-name='heap.5.pb.gz'] [data-testid=remove-file]").click();
  await expect(page.getByTestId("session-file")).toHaveCount(5);
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
});

test("every kind of profile opens", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  const run = "custom-pool-lock/go1.27.3";
  const files = ["allocs.5", "goroutine.5", "goroutineleak.5", "mutex.5", "block.5", "threadcreate.5", "cpu.4"].map((f) => fixture(`go/${run}/${f}.pb.gz`));
  await drop(page, files);
  await allRead(page, files.length);
  await expect(page.locator("[data-testid=session-file][data-state=ready]")).toHaveCount(files.length);
  await page.evaluate(() => { location.hash = "#v=1&view=heap&cur=mutex.5.pb.gz"; });
  await expect(page.locator("tr[data-name*='Unlock']").first()).toBeVisible();
});

test("bad files are refused or kept in words, and nothing loaded is lost", async ({ page }) => {
  const folder = mkdtempSync(path.join(tmpdir(), "bad-"));
  const bad = (name: string, bytes: Buffer | string) => { const file = path.join(folder, name); writeFileSync(file, bytes); return file; };
  const whole = readFileSync(leak[5]);
  await open(page);
  await drop(page, leak.slice(0, 2));
  await allRead(page, 2);
  await drop(page, [
    bad("empty.pb.gz", ""),
    bad("notes.txt", "it leaks, I think\n"),
    bad("picture.png", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")),
    bad("cut.pb.gz", whole.subarray(0, whole.length / 2)),
    bad("text.pb", "heap profile: 1: 2 [3: 4] @ heap/1048576\n"),
  ]);
  await allRead(page, 7);
  const file = (name: string) => page.locator(`[data-testid=session-file][data-name='${name}']`);
  for (const [name, words] of [["empty.pb.gz", "The file is empty"], ["notes.txt", "This is text that begins with “it leaks, I think”"], ["picture.png", "This is a picture"], ["text.pb", "debug=1"]]) {
    await expect(file(name)).toHaveAttribute("data-state", "refused");
    await expect(file(name)).toContainText(words);
  }
  await expect(file("cut.pb.gz")).toHaveAttribute("data-state", /damaged|refused/);
  await expect(file("heap.1.pb.gz")).toHaveAttribute("data-state", "ready");
  await page.getByTestId("tab-heap").click();
  await page.getByTestId("current").selectOption("heap.1.pb.gz");
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
});

test("a file that is being read can be stopped; the others stay", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  // Large enough to be caught while it is read: repeated members are one long profile to gzip.
  const big = Buffer.concat(Array.from({ length: 6000 }, () => readFileSync(leak[5])));
  const folder = mkdtempSync(path.join(tmpdir(), "big-"));
  writeFileSync(path.join(folder, "big.pb.gz"), big);
  await drop(page, [path.join(folder, "big.pb.gz")]);
  await page.locator("[data-testid=session-file][data-name='big.pb.gz'] [data-testid=remove-file]").click();
  await allRead(page, 6);
  await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", "heap-leak");
});

test("a dead engine is told, and its files are offered again", async ({ page }) => {
  await page.addInitScript(() => {
    const Real = window.Worker;
    (window as any).Worker = class extends Real { constructor(...a: ConstructorParameters<typeof Real>) { super(...a); (window as any).engine = this; } };
  });
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await page.evaluate(() => (window as any).engine.dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true })));
  await expect(page.getByTestId("engine-died")).toContainText("out of memory");
  await page.getByRole("button", { name: "Open the files again" }).click();
  await allRead(page, 6);
  await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", "heap-leak");
});

test("the built site works below a folder", async ({ page }) => {
  await page.goto(process.env.POOLSCOPE_SITE_BELOW!);
  await expect(page.getByTestId("status")).toContainText("Ready");
  await page.locator("[data-testid=sample][data-name=leak-retained]").click();
  await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", "heap-leak");
});
