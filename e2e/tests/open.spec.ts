// Opening files: dropped, chosen, sampled; good, damaged and refused.
import { expect, test, type Page } from "@playwright/test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { badFiles } from "./bad";
import { allRead, drop, exhaust, fixture, heaps, open } from "./page";

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
  await expect(row.locator("td").nth(3)).toHaveText("93.6");
  await expect(row.locator("td").nth(4)).toContainText("▲ +29.11");
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

test("a folder that is dropped before the engine is there is looked into", async ({ page }) => {
  let arrive = () => {};
  const gate = new Promise<void>((resolve) => { arrive = resolve; });
  await page.route("**/*.wasm", async (route) => { await gate; await route.continue(); });
  await page.goto("./", { waitUntil: "commit" });
  await page.waitForFunction(() => "droppedEarly" in window);
  const folder = mkdtempSync(path.join(tmpdir(), "early-"));
  for (const file of leak.slice(0, 3)) writeFileSync(path.join(folder, path.basename(file)), readFileSync(file));
  await drop(page, [folder]);
  arrive();
  await allRead(page, 3);
  await expect(page.locator("[data-testid=session-file][data-state=ready]")).toHaveCount(3);
});

test("what changes under the hand in mid-drag takes the drop", async ({ page }) => {
  await open(page);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: leak.slice(0, 1), dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    if (type === "drop") await page.evaluate(() => { document.body.prepend(Object.assign(document.createElement("div"), { style: "position:fixed;inset:0;z-index:99" })); });
    await session.send("Input.dispatchDragEvent", { type, x: 700, y: 300, data });
  }
  await allRead(page, 1);
});

test("no drop is lost while the page starts", async ({ page }) => {
  await page.goto("./", { waitUntil: "commit" });
  await page.waitForFunction(() => "droppedEarly" in window);
  // From before the program is there until its engine answers: 1 ms to 500 ms apart, each a file of its own.
  await page.evaluate(() => {
    const dropped: string[] = ((globalThis as any).dropped = []);
    const one = () => {
      const data = new DataTransfer();
      const name = `${dropped.length}.txt`;
      dropped.push(name);
      data.items.add(new File(["nothing that is known"], name));
      document.documentElement.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    };
    for (const at of [0, 1, 5, 10, 20, 40, 80, 160, 250, 500, 900, 1400]) setTimeout(one, at);
  });
  await allRead(page, 12);
  const names = await page.getByTestId("session-file").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-name")));
  expect(names.sort()).toEqual(await page.evaluate(() => (globalThis as any).dropped.sort()));
});

test("the page is there before its engine, which is fetched without being asked for", async ({ page }) => {
  let arrive = () => {};
  const gate = new Promise<void>((resolve) => { arrive = resolve; });
  await page.route("**/heap-worker_bg.wasm*", async (route) => { await gate; await route.continue(); });
  await page.goto("./");
  await expect(page.getByTestId("drop-zone")).toBeVisible();
  await expect(page.getByTestId("status")).toContainText("Starting the engine");
  arrive();
  await expect(page.getByTestId("status")).toContainText("Ready");
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.name).join(" "));
  expect(loaded).not.toContain("trace-worker");
});

test("an engine that cannot be fetched says so, and files open once it can be", async ({ page }) => {
  let isThere = false;
  await page.route("**/heap-worker_bg.wasm*", (route) => isThere ? route.continue() : route.abort());
  await page.goto("./");
  await expect(page.getByTestId("engine-died")).toContainText("could not be fetched");
  isThere = true;
  await drop(page, leak);
  await allRead(page, 6);
  await expect(page.getByTestId("engine-died")).toHaveCount(0);
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
  await open(page, "#v=1&view=heap");
  await drop(page, leak.slice(0, 2));
  await allRead(page, 2);
  const row = page.locator("tr[data-name='main.initSession']");
  await expect(row).toBeVisible();
  const value = await row.locator("td").nth(1).textContent();
  await drop(page, badFiles().map((bad) => bad.file));
  await allRead(page, 2 + badFiles().length);
  const file = (name: string) => page.locator(`[data-testid=session-file][data-name='${name}']`);
  for (const bad of badFiles()) {
    await expect(file(bad.name), bad.name).toHaveAttribute("data-state", bad.state);
    await expect(file(bad.name), bad.name).toContainText(bad.words);
  }
  await expect(file("heap.1.pb.gz")).toHaveAttribute("data-state", "ready");
  await page.getByTestId("current").selectOption("heap.1.pb.gz");
  await expect(row.locator("td").nth(1)).toHaveText(value!);
  // The whole sentence stands on the page of files.
  await file("empty.pb.gz").getByRole("button", { name: "Look at empty.pb.gz" }).click();
  await expect(page.getByTestId("files-table")).toContainText("The file is empty: the capture wrote nothing.");
});

test("a profile without samples says so", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, badFiles().filter((bad) => bad.name === "nothing.pb").map((bad) => bad.file));
  await allRead(page, 1);
  await expect(page.getByTestId("nothing")).toContainText("it has no samples");
  await expect(page.getByTestId("nothing").getByRole("button")).toHaveCount(0);
});

test("files are pasted", async ({ page }) => {
  await open(page);
  const bytes = [...readFileSync(leak[5])];
  await page.evaluate((bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "pasted.pb.gz"));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  }, bytes);
  await allRead(page, 1);
  await expect(page.locator("[data-testid=session-file][data-name='pasted.pb.gz']")).toHaveAttribute("data-state", "ready");
});

test("a dropped folder opens the files in it", async ({ page }) => {
  await open(page);
  const folder = mkdtempSync(path.join(tmpdir(), "folder-"));
  for (const file of leak.slice(0, 3)) writeFileSync(path.join(folder, path.basename(file)), readFileSync(file));
  await drop(page, [folder]);
  await allRead(page, 3);
});

test("a folder of too many files is not opened, and that is said; what is open stays", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  await drop(page, leak.slice(0, 1));
  await allRead(page, 1);
  const folder = mkdtempSync(path.join(tmpdir(), "disk-"));
  for (let at = 0; at <= 10_000; at++) writeFileSync(path.join(folder, `${at}.txt`), "");
  await drop(page, [folder]);
  await expect(page.getByRole("alert")).toContainText(`more than 10,000 files in ${path.basename(folder)}: none of them was opened`, { timeout: 60_000 });
  await allRead(page, 1);
  rmSync(folder, { recursive: true });
});

test("files are listed by the time of their capture", async ({ page }) => {
  await open(page);
  const names = () => page.getByTestId("session-file").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-name")));
  await page.getByTestId("file-input").setInputFiles([leak[4], leak[0], leak[2]]);
  await allRead(page, 3);
  await expect.poll(names).toEqual(["heap.0.pb.gz", "heap.2.pb.gz", "heap.4.pb.gz"]);
  await page.getByTestId("file-input").setInputFiles([leak[1]]);
  await allRead(page, 4);
  await expect.poll(names).toEqual(["heap.0.pb.gz", "heap.1.pb.gz", "heap.2.pb.gz", "heap.4.pb.gz"]);
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
  const row = page.locator("[data-testid=session-file][data-name='big.pb.gz']");
  await expect(row).toContainText(/\d+%, .* of 2\d\.\d+ MB/);
  await row.getByTestId("remove-file").click();
  await allRead(page, 6);
  await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", "heap-leak");
});

const kill = (page: Page) => exhaust(page.workers().at(-1)!);

test("a dead engine is told, and another reads the files again", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await expect(page.getByTestId("finding").first()).toBeVisible();
  await kill(page);
  await expect(page.getByRole("alert")).toContainText("out of memory");
  // What was answered before is still there.
  await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", "heap-leak");
  await allRead(page, 6);
  await page.getByRole("alert").getByText("Close").click();
  await expect(page.getByTestId("status")).toContainText("Ready");
  await page.getByTestId("tab-heap").click();
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
});

test("an engine that dies again with nothing to read is not started over and over; files dropped then open, and the others with them", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, leak.slice(0, 2));
  await allRead(page, 2);
  await kill(page);
  await expect(page.getByRole("alert")).toContainText("A new one reads your files again");
  await allRead(page, 2);
  await expect(page.getByTestId("status")).toContainText("Ready");
  await kill(page);
  await expect(page.getByTestId("engine-died")).toContainText("stopped again");
  await expect(page.getByRole("button", { name: "Open the files again" })).toBeVisible();
  await drop(page, leak.slice(2));
  await allRead(page, 6);
  await expect(page.locator("[data-testid=session-file][data-state=ready]")).toHaveCount(6);
  // 32.63 MB is heap.5's value, 3598 kB heap.0's: every file is itself.
  const flat = page.locator("tr[data-name='main.initSession'] td").nth(1);
  await expect(flat).toHaveText("32.63");
  await page.getByTestId("current").selectOption("heap.0.pb.gz");
  await expect(flat).toHaveText("3598");
});

test("the built site works below a folder", async ({ page }) => {
  await page.goto(process.env.POOLSCOPE_SITE_BELOW!);
  await expect(page.getByTestId("status")).toContainText("Ready");
  await page.locator("[data-testid=sample][data-name=leak-retained]").click();
  await expect(page.getByTestId("finding").first()).toHaveAttribute("data-rule", "heap-leak");
});
