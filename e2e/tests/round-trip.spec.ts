// The round trip as two people walk it: one opens files, writes to a finding, and sends all that can be sent; the other knows
// nothing, opens each, sees the same findings, the note and what was left out, and drops the files later.
import { chromium, expect, test, type Browser, type Page } from "@playwright/test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { allRead, drop, fixture, heaps, open } from "./page";
import { linkOf, stranger } from "./share-page";

const run = "leak-retained/go1.27.3";
const files = [...heaps(run), ...["goroutine.5.pb.gz", "mutex.5.pb.gz", "gctrace.txt", "memstats.jsonl"].map((name) => fixture(`go/${run}/${name}`))];
const words = "Sessions stay in byID: see the ticket.";
const folder = mkdtempSync(path.join(tmpdir(), "round-trip-"));

type Sent = { site: string; claim: string; verdict: string; state: string; analysis: string; leftOut: string[]; bundle: string; report: string };

/** What the sender sends, made once. */
let made: Promise<Sent> | undefined;
const sent = (browser: Browser, site: string) => made ??= send(browser, site);

async function send(browser: Browser, site: string): Promise<Sent> {
  const page = await stranger(browser, site);
  await open(page);
  await drop(page, files);
  await allRead(page, files.length);
  await linkOf(page, files.length);
  const note = page.getByTestId("inspector").getByTestId("note").first();
  await note.fill(words);
  await note.blur();
  await expect(page.getByTestId("finding").first()).toHaveClass(/noted/);
  const claim = (await page.getByTestId("finding").first().locator(".h3").textContent())!;
  const verdict = (await page.getByTestId("verdict").locator("p").textContent())!;
  await page.getByTestId("share").click();
  await expect(page.getByTestId("analysis-link")).toBeVisible();
  await expect(page.getByTestId("budget")).toHaveAttribute("data-level", "green");
  const link = async (id: string) => (await page.getByTestId(id).textContent())!;
  const [state, analysis] = [await link("state-link"), await link("analysis-link")];
  const leftOut = await page.getByTestId("left-out").locator("li").allTextContents();
  const saved = async (opens: string, id: string) => {
    await page.getByTestId(opens).click();
    await expect(page.getByTestId("export-dialog").getByRole("heading", { name: "All of it" })).toBeVisible();
    const waits = page.waitForEvent("download");
    await page.getByTestId(`export-${id}`).click();
    const download = await waits;
    const file = path.join(folder, download.suggestedFilename());
    await download.saveAs(file);
    await page.getByTestId("export-dialog").getByText("Close").click();
    return file;
  };
  const bundle = await saved("share-bundle", "bundle");
  const report = await saved("share-report", "report-analysis");
  await page.context().close();
  return { site, claim, verdict, state, analysis, leftOut, bundle, report };
}

/** The receiver sees what the sender saw. */
async function sees(page: Page, { claim, verdict }: Sent) {
  await expect(page.getByTestId("finding").first().locator(".h3")).toHaveText(claim);
  await expect(page.getByTestId("verdict").locator("p")).toHaveText(verdict);
  await expect(page.getByTestId("finding").first()).toHaveClass(/noted/);
  await expect(page.getByTestId("inspector").getByTestId("note").first()).toHaveValue(words);
}

test.describe.configure({ mode: "serial" });

test("the link that holds the analysis: seen at once, what was left out is told, and the files take its place", async ({ browser, baseURL }) => {
  const all = await sent(browser, baseURL!);
  const page = await stranger(browser, all.site);
  await page.goto(all.analysis);
  await sees(page, all);
  await expect(page.getByTestId("shared")).toContainText(`of ${files.length} files`);
  await page.getByTestId("shared").getByText("What it holds").click();
  await expect(page.getByTestId("shared-left-out").locator("li")).toHaveText(all.leftOut);
  await expect(page.getByTestId("shared-missing")).toHaveCount(files.length);
  // Views of the heap work on what was sent.
  await page.getByTestId("tab-heap").click();
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
  await page.getByTestId("tab-findings").click();
  await drop(page, files.slice(0, 3));
  await expect(page.getByTestId("shared")).toContainText("3 of them are here");
  await sees(page, all);
  await drop(page, files.slice(3));
  await expect(page.getByTestId("shared")).toHaveCount(0);
  await allRead(page, files.length);
  await sees(page, all);
  await expect.poll(() => page.url().includes("&a=")).toBe(false);
  await page.context().close();
});

test("the link of the view: says which files it is about, and shows it once they are here", async ({ browser, baseURL }) => {
  const all = await sent(browser, baseURL!);
  const page = await stranger(browser, all.site);
  await page.goto(all.state);
  await expect(page.getByTestId("needed")).toHaveCount(files.length);
  await drop(page, files);
  await expect(page.getByTestId("missing")).toHaveCount(0);
  await allRead(page, files.length);
  await sees(page, all);
  await page.context().close();
});

test("the bundle: files, note and view from one file", async ({ browser, baseURL }) => {
  const all = await sent(browser, baseURL!);
  const page = await stranger(browser, all.site);
  await open(page);
  await drop(page, [all.bundle]);
  await allRead(page, files.length);
  await sees(page, all);
  await expect(page.getByTestId("session-list")).not.toContainText(".poolscope");
  await page.context().close();
});

test("the report: from the disk, without a network, in a browser that was never here", async ({ browser, baseURL }) => {
  const all = await sent(browser, baseURL!);
  const fresh = await chromium.launch(test.info().project.use.launchOptions);
  try {
    const page = await (await fresh.newContext({ offline: true, viewport: { width: 1440, height: 900 } })).newPage();
    await page.goto(pathToFileURL(all.report).href);
    await sees(page, all);
    // Files that arrive later take their places here too.
    await drop(page, files);
    await expect(page.getByTestId("shared")).toHaveCount(0);
    await allRead(page, files.length);
    await sees(page, all);
  } finally {
    await fresh.close();
  }
});
