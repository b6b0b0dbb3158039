// Names out of dumps are text wherever they are shown: functions, files, goroutines, regions, notes; in every view, in what is
// exported, and in what the command prints.
import { expect, test, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { hostileHeap } from "./hostile";
import { allRead, drop, fixture, open } from "./page";

const command = process.env.POOLSCOPE_COMMAND;
const folder = mkdtempSync(path.join(tmpdir(), "hostile-"));

/** As many letters as `main.main` has: strings of a trace say how long they are. */
const IN_TRACE = "<img id=z";

/** A file of ours with other names in it, as long as those they take the place of. */
function changed(from: string, name: string, ...names: [string, string][]) {
  const bytes = readFileSync(fixture(from));
  const isPacked = from.endsWith(".gz");
  let text = (isPacked ? gunzipSync(bytes) : bytes).toString("latin1");
  for (const [old, now] of names) {
    expect(now.length).toBe(old.length);
    expect(text).toContain(old);
    text = text.replaceAll(old, now);
  }
  const file = path.join(folder, name);
  writeFileSync(file, isPacked ? gzipSync(Buffer.from(text, "latin1")) : Buffer.from(text, "latin1"));
  return file;
}

/** A leak whose functions are called so, in files that are called so. */
const IN_HEAPS = "<img src=x id=z>";
const heaps = () => [0, 1, 2, 3, 4, 5].map((at) => changed(`go/leak-retained/go1.27.3/heap.${at}.pb.gz`, `heap.${at} <b>[x](javascript:0).pb.gz`,
  ["main.initSession", IN_HEAPS], ["main.handleLogin", "[x](javascript:)"]));

/** What names have made of the page, if they have. */
const made = (page: Page) => page.evaluate(() => ({
  elements: [...document.querySelectorAll("img, iframe, object, embed, form, #z, [onerror], [onload], [onclick], body script")].map((element) => element.outerHTML),
  links: [...document.querySelectorAll("a[href]")].map((link) => (link as HTMLAnchorElement).protocol).filter((protocol) => !/^(https?|blob):$/.test(protocol)),
  ran: (globalThis as any).ran ?? null,
  title: document.title,
}));
const NOTHING = { elements: [], links: [], ran: null, title: "Poolscope" };

test("names are text in every view", async ({ page }) => {
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => { dialogs.push(dialog.message()); void dialog.dismiss(); });
  await open(page);
  const goroutines = readFileSync(fixture("go/leak-retained/go1.27.3/goroutine.5.debug2.txt"), "utf8");
  const dump = path.join(folder, "goroutines <svg onload=alert(1)>.txt");
  writeFileSync(dump, goroutines.replaceAll("main.", "main.<img/src=x/onerror=alert(2)>"));
  await drop(page, [
    ...heaps(), hostileHeap(), dump,
    changed("go/leak-retained/go1.27.3/trace.out", "trace.out", ["main.main", IN_TRACE]),
  ]);
  await allRead(page, 9);
  const seen: string[] = [];
  for (const view of ["findings", "heap", "timeline", "states", "contention", "gc", "files"]) {
    await page.getByTestId(`tab-${view}`).click();
    await page.waitForTimeout(400);
    const tabs = page.locator("main [role=tab]");
    const count = await tabs.count();
    for (let at = 0; at < Math.max(1, count); at++) {
      // A row that was looked at may have led elsewhere.
      await page.getByTestId(`tab-${view}`).click();
      // One that is out of sight now is of a part that is folded.
      if (count) await tabs.nth(at).click({ timeout: 2000 }).catch(() => {});
      await page.waitForTimeout(300);
      seen.push(await page.evaluate(() => document.body.innerText));
      const row = page.locator("main tbody tr button, main tbody tr[data-name]").first();
      if (await row.isVisible()) await row.click();
      await page.waitForTimeout(100);
      expect(await made(page), `${view} ${at}`).toEqual(NOTHING);
    }
  }
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette-input").fill("img");
  await page.waitForTimeout(200);
  expect(await made(page)).toEqual(NOTHING);
  await page.keyboard.press("Escape");
  await page.getByTestId("tab-findings").click();
  await page.getByTestId("share").click();
  await expect(page.getByTestId("analysis-link")).toBeVisible();
  expect(await made(page)).toEqual(NOTHING);
  expect(dialogs).toEqual([]);
  // They were there to be read: of the heap, of goroutines, of the trace, and of files.
  for (const name of [IN_HEAPS, "<img/src=x/onerror=alert(2)>", IN_TRACE, "heap.0 <b>[x](javascript:0)"]) expect(seen.join("\n"), name).toContain(name);
});

test("names are text in Markdown, and in what the command writes", async ({ page }) => {
  const files = heaps();
  await open(page);
  await drop(page, files);
  await allRead(page, 6);
  await page.getByTestId("export").click();
  const waits = page.waitForEvent("download");
  await page.getByTestId("export-findings-md").click();
  const texts = [readFileSync(await (await waits).path(), "utf8")];
  if (command) {
    const run = (...args: string[]) => {
      try { return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }); } catch (error: any) { return error.stdout as string; }
    };
    texts.push(run("check", "--markdown", ...files));
    const csv = run("top", "--csv", hostileHeap());
    expect(csv).toContain("HYPERLINK");
    for (const cell of csv.split(/\r?\n|,/)) expect(cell).not.toMatch(/^"?[=+@]/);
  }
  for (const text of texts) {
    expect(text).toContain("\\<img src=x id=z\\>");
    // Outside of code, where all is text.
    const prose = text.replace(/^(`{3,})[^]*?^\1$/gm, "").replace(/(`+)[^`][^]*?\1/g, "");
    expect(prose).not.toMatch(/(?<!\\)<[a-z/!]/i);
    expect(prose).not.toMatch(/(?<!\\)\]\(/);
    expect(prose).not.toMatch(/@everyone/);
  }
});
