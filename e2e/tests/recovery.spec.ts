// What happens to a session when things under it go: an engine, the tab's time, a file on the disk, the store of two tabs.
import { expect, test, type Page } from "@playwright/test";
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { allRead, drop, fixture, heaps, open, openKept } from "./page";

const run = "leak-retained/go1.27.3";
const files = [
  ...heaps(run), fixture(`go/${run}/goroutine.5.pb.gz`), fixture("go_gc/gogc.gctrace.txt"), fixture(`go/${run}/trace.out`),
  fixture("pool/leak/orders.pooltrace"),
];

/** The page keeps the workers that it starts, so that a test can end them. */
async function holdWorkers(page: Page) {
  await page.addInitScript(() => {
    const held: { program: string; worker: Worker }[] = [];
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, message: unknown, ...more: []) {
      // The first that a worker is told is its program.
      if (!held.some(({ worker }) => worker === this)) held.push({ program: String((message as string[])[0]), worker: this });
      return post.call(this, message, ...more);
    };
    Object.assign(window, {
      /** Ends the last worker of that program at once, wherever it is, as a browser does that has no memory left for it. */
      endWorker: (program: string) => {
        const last = held.filter((one) => one.program.includes(program)).at(-1);
        last?.worker.terminate();
        last?.worker.dispatchEvent(new ErrorEvent("error", { message: "Uncaught RangeError: out of memory", cancelable: true }));
        return Boolean(last);
      },
    });
  });
}

const endWorker = (page: Page, program: string) => page.evaluate((name) => (window as any).endWorker(name) as boolean, program);

/** All that a reader has of a session: its files with their states, and what was found. */
async function whole(page: Page) {
  await allRead(page, files.length);
  const rows = await page.getByTestId("session-file").evaluateAll((rows) => rows.map((row) => `${row.getAttribute("data-name")} ${row.getAttribute("data-state")}`).sort());
  return { rows, verdict: await page.getByTestId("verdict").textContent(), findings: await page.getByTestId("finding").allTextContents() };
}

/** Numbers that look random, the same in every run. */
function numbers(seed: number) {
  return () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
}

test("an engine that is killed at any of twenty moments of a load is replaced, and nothing is lost or other than before", async ({ page }) => {
  test.setTimeout(240_000);
  await holdWorkers(page);
  const load = async () => {
    await page.goto("about:blank");
    await open(page, "#v=1&view=findings");
  };
  await load();
  const since = Date.now();
  await drop(page, files);
  await allRead(page, files.length);
  await expect(page.getByTestId("verdict")).toContainText("main.initSession");
  const span = Date.now() - since;
  const expected = await whole(page);
  expect(expected.rows.filter((row) => !row.endsWith(" ready"))).toEqual([]);
  const random = numbers(20261126);
  let killed = 0;
  for (let round = 0; round < 20; round++) {
    const program = round % 4 === 3 ? "trace-worker" : "heap-worker";
    const after = random() * span;
    await load();
    const kill = page.evaluate(([program, after]) => new Promise<boolean>((done) => {
      setTimeout(() => done((window as any).endWorker(program)), after as number);
    }), [program, after]);
    await drop(page, files);
    const wasThere = await kill;
    killed += Number(wasThere);
    await expect(async () => expect(await whole(page), `${program} after ${after.toFixed(0)} of ${span} ms`).toEqual(expected)).toPass({ timeout: 30_000 });
    await expect(page.getByTestId("engine-died")).toHaveCount(0);
    if (wasThere) await expect(page.getByRole("alert")).toContainText("out of memory");
  }
  // The worker of traces is there only once a trace is.
  expect(killed).toBeGreaterThanOrEqual(15);
});

test("a file that the engine dies over twice is left out, and the others are all there", async ({ page }) => {
  await holdWorkers(page);
  await open(page);
  await drop(page, heaps(run));
  await allRead(page, 6);
  const folder = mkdtempSync(path.join(tmpdir(), "big-"));
  const big = path.join(folder, "big.pb.gz");
  // Large enough to be caught while it is read: repeated members are one long profile to gzip.
  writeFileSync(big, Buffer.concat(Array.from({ length: 6000 }, () => readFileSync(heaps(run)[5]))));
  await drop(page, [big]);
  const row = page.locator("[data-testid=session-file][data-name='big.pb.gz']");
  for (let times = 0; times < 2; times++) {
    await expect(row).toContainText(/[1-9]\d*%, .* of \d+\.\d+ MB/);
    await expect(page.locator("[data-testid=session-file][data-state=ready]")).toHaveCount(6);
    await endWorker(page, "heap-worker");
  }
  await expect(row).toHaveAttribute("data-state", "refused");
  await expect(row).toContainText("poolscope check big.pb.gz");
  await expect(page.locator("[data-testid=session-file][data-state=ready]")).toHaveCount(6);
  await expect(page.getByTestId("finding").first()).toContainText("main.initSession");
  await expect(page.getByRole("alert")).toContainText("left out");
});

test("a shared analysis outlives its engine", async ({ page }) => {
  await holdWorkers(page);
  await open(page);
  await drop(page, heaps(run));
  await allRead(page, 6);
  await page.getByTestId("share").click();
  const link = (await page.getByTestId("analysis-link").textContent())!;
  await page.goto("about:blank");
  await page.goto(link);
  await expect(page.getByTestId("shared")).toBeVisible();
  const verdict = (await page.getByTestId("verdict").textContent())!;
  await endWorker(page, "heap-worker");
  await expect(page.getByRole("alert")).toContainText("out of memory");
  await expect(page.getByTestId("session-file")).toHaveCount(6);
  await expect(page.getByTestId("shared")).toBeVisible();
  await expect(page.getByTestId("verdict")).toHaveText(verdict);
  // It still takes the real files.
  await drop(page, heaps(run));
  await expect(page.getByTestId("shared")).toHaveCount(0);
  await expect(page.getByTestId("session-file")).toHaveCount(6);
});

test("the timeline is drawn by the worker that took over, where one was", async ({ page }) => {
  await holdWorkers(page);
  await open(page);
  await drop(page, [fixture(`go/${run}/trace.out`)]);
  await expect(page.getByTestId("timeline-window")).toContainText("0 – ");
  await page.getByTestId("timeline").click();
  await page.keyboard.press("w");
  await page.keyboard.press("w");
  await expect(page).toHaveURL(/&at=/);
  const window = (await page.getByTestId("timeline-window").textContent())!;
  await endWorker(page, "trace-worker");
  await expect(page.getByRole("alert")).toContainText("The worker of traces stopped");
  await allRead(page, 1);
  await expect(page.getByTestId("timeline-window")).toHaveText(window);
  await page.getByTestId("timeline").click();
  await page.keyboard.press("Home");
  await expect(page.getByTestId("timeline-window")).not.toHaveText(window);
  // What the engine knows of the trace is there once.
  await expect(page.locator("[data-testid=session-file]")).toHaveCount(1);
});

test("a file that changes on the disk while it is read is told, and opens when it is dropped anew", async ({ page }) => {
  await open(page);
  await drop(page, heaps(run));
  await allRead(page, 6);
  const folder = mkdtempSync(path.join(tmpdir(), "grows-"));
  const log = path.join(folder, "gctrace.log");
  const text = readFileSync(fixture("go_gc/gogc.gctrace.txt"), "utf8");
  writeFileSync(log, text);
  // The page holds the file; before it reads it, the program goes on writing.
  const input = page.getByTestId("file-input");
  await page.evaluate(() => {
    let late = 0;
    // Reading waits until the test has written.
    Blob.prototype.arrayBuffer = ((before) => async function (this: Blob) {
      if (late++ === 0) await new Promise((done) => Object.assign(window, { goOn: done }));
      return before.call(this);
    })(Blob.prototype.arrayBuffer);
  });
  await input.setInputFiles(log);
  await page.waitForFunction(() => "goOn" in window);
  appendFileSync(log, text);
  await page.evaluate(() => (window as any).goOn());
  const row = page.locator("[data-testid=session-file][data-name='gctrace.log']");
  await expect(row).toHaveAttribute("data-state", "refused");
  await expect(row).toContainText(/changed|read/);
  await expect(page.locator("[data-testid=session-file][data-state=ready]")).toHaveCount(6);
  await row.hover();
  await row.getByTestId("remove-file").click();
  await drop(page, [log]);
  await allRead(page, 7);
  await expect(row).toHaveAttribute("data-state", "ready");
});

test("a tab that was frozen goes on; one that was discarded comes back by its address with what it kept", async ({ page }) => {
  await open(page);
  await drop(page, heaps(run));
  await allRead(page, 6);
  await page.getByTestId("tab-heap").click();
  await page.locator("tr[data-name='main.initSession']").click();
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await page.getByTestId("tab-findings").click();
  await expect(page.getByTestId("finding").first()).toContainText("main.initSession");
  await page.getByTestId("tab-heap").click();
  // A discarded tab is loaded anew at its address: the files it kept come back, and the place in them.
  await openKept(page);
  await page.getByTestId("keep-files").check();
  await expect(page.getByTestId("keep-sum")).toContainText("6 files");
  const address = page.url();
  await page.goto("about:blank");
  await page.goto(address);
  await allRead(page, 6);
  await expect(page.locator("tr[data-name='main.initSession']")).toHaveClass(/on/);
});

test("two tabs keep files in one store, and each has its own", async ({ page, context }) => {
  const [first, second] = [heaps(run).slice(0, 3), heaps("churn/go1.27.3").slice(0, 3)];
  const other = await context.newPage();
  await Promise.all([open(page), open(other)]);
  await openKept(page);
  await page.getByTestId("keep-files").check();
  await page.keyboard.press("Escape");
  await other.reload();
  await expect(other.getByTestId("status")).toContainText("Ready");
  // At once, from both.
  await Promise.all([drop(page, first), drop(other, second)]);
  await Promise.all([allRead(page, 3), allRead(other, 3)]);
  // The sum is of when it is opened.
  await expect(async () => {
    await page.keyboard.press("Escape");
    await openKept(page);
    await expect(page.getByTestId("keep-sum")).toContainText("6 files", { timeout: 1000 });
  }).toPass();
  const addresses = [page.url(), other.url()];
  const again = [await context.newPage(), await context.newPage()];
  for (const [at, tab] of again.entries()) {
    await tab.goto(addresses[at]);
    await allRead(tab, 3);
    await expect(tab.getByTestId("missing")).toHaveCount(0);
  }
  await expect(again[0].getByTestId("verdict")).toHaveText((await page.getByTestId("verdict").textContent())!);
  await expect(again[1].getByTestId("verdict")).toHaveText((await other.getByTestId("verdict").textContent())!);
});
