// Links that name files: what is missing is said, what is dropped is checked, and what is looked at survives.
import { expect, test, type Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { allRead, drop, fixture, heaps, open } from "./page";
import { filesIn, linkOf, stranger } from "./share-page";

const run = heaps("leak-retained/go1.22.10");
const needed = (page: Page, name: string) => page.locator(`[data-testid=needed][data-name="${name}"]`);

test("a link names its files by the SHA-256 of what is in them", async ({ page }) => {
  await open(page);
  await drop(page, run);
  await allRead(page, run.length);
  const link = await linkOf(page, run.length);
  expect(link.length).toBeLessThan(2048);
  const told = new Map(filesIn(link).map((file) => [file.name, file]));
  for (const file of run) {
    const hash = createHash("sha256").update(gunzipSync(readFileSync(file))).digest("hex");
    expect(told.get(path.basename(file))).toEqual({ name: path.basename(file), size: readFileSync(file).length, hash: hash.slice(0, 16) });
  }
  // Taken out, a file is not asked for.
  await page.locator("[data-testid=session-file]").first().hover();
  await page.locator("[data-testid=session-file] [data-testid=remove-file]").first().click();
  await linkOf(page, run.length - 1);
  await expect(page.getByTestId("missing")).toHaveCount(0);
});

test("a link opened elsewhere says what is missing, checks what is dropped, and shows the view", async ({ page, browser }) => {
  await open(page);
  await drop(page, run);
  await allRead(page, run.length);
  await page.getByTestId("tab-heap").click();
  await page.locator("[data-testid=heap-table-grid] tbody tr[data-name]").nth(1).click();
  const name = await page.locator("[data-testid=heap-table-grid] tr[aria-selected=true]").getAttribute("data-name");
  const link = await linkOf(page, run.length);

  const other = await stranger(browser, page.url().split("#")[0]);
  await other.goto(`./${link}`);
  await expect(other.getByTestId("needed")).toHaveCount(run.length);
  await expect(other.getByTestId("missing")).toContainText(`shows ${run.length} files that are not here`);
  for (const file of filesIn(link)) await expect(needed(other, file.name)).toContainText(file.hash.slice(0, 12));

  // Some of them, one under another name and not packed, one with the right name and other bytes, and one that nobody asked for.
  const folder = mkdtempSync(path.join(tmpdir(), "linked-"));
  const [first, second, third, ...rest] = run;
  const at = (name: string) => path.join(folder, name);
  writeFileSync(at("renamed.pb"), gunzipSync(readFileSync(first)));
  copyFileSync(first, at(path.basename(third)));
  copyFileSync(fixture("go/leak-retained/go1.27.3/memstats.jsonl"), at("memstats.jsonl"));
  await drop(other, [at("renamed.pb"), second, at(path.basename(third)), at("memstats.jsonl")]);
  await allRead(other, 4);
  await expect(needed(other, path.basename(first))).toHaveAttribute("data-state", "here");
  // It goes by the link's name from now on, for what is looked at is told by names.
  await expect(other.locator(`[data-testid=session-file][data-name="${path.basename(first)}"]`)).toHaveCount(1);
  await expect(needed(other, path.basename(second))).toHaveAttribute("data-state", "here");
  await expect(needed(other, path.basename(third))).toHaveAttribute("data-state", "other");
  await expect(needed(other, path.basename(third))).toContainText("another one");
  await drop(other, [third, ...rest]);
  await expect(other.getByTestId("missing")).toHaveCount(0);
  await expect(other.locator("[data-testid=heap-table-grid] tr[aria-selected=true]")).toHaveAttribute("data-name", name!);
  await other.context().close();
});

test("names in a link are text, a damaged list is harmless, and one can go on without", async ({ page }) => {
  const hostile = `<img src=x onerror="document.title='owned'">;:.pb`;
  const entry = `${encodeURIComponent(hostile)}:12.0123456789abcdef`;
  await page.goto(`./#v=1&view=heap&files=${encodeURIComponent(`${entry};;x;y:z;%:1.%;${"q".repeat(5000)}:1.00;+7`)}`);
  await expect(page.getByTestId("needed")).toHaveCount(1);
  await expect(page.getByTestId("needed")).toHaveAttribute("data-name", hostile);
  await expect(page.getByTestId("missing")).toContainText("8 more files");
  expect(await page.locator("img").count()).toBe(0);
  await page.getByTestId("without").click();
  await expect(page.getByTestId("missing")).toHaveCount(0);
  await expect(page.getByTestId("sample").first()).toBeVisible();
  expect(await page.title()).toBe("Poolscope");
});

test("many files leave the link short, and what it does not name is said", async ({ page, browser }) => {
  const folder = mkdtempSync(path.join(tmpdir(), "many-"));
  const many = Array.from({ length: 60 }, (_, at) => path.join(folder, `some-service-heap.${at}.pb.gz`));
  many.forEach((file, at) => copyFileSync(run[at % run.length], file));
  await open(page);
  await drop(page, many);
  await allRead(page, 60);
  await expect.poll(() => filesIn(page.url()).length).toBeGreaterThan(10);
  const link = page.url().slice(page.url().indexOf("#"));
  expect(link.length).toBeLessThan(2048);
  const other = await stranger(browser, page.url().split("#")[0]);
  await other.goto(`./${link}`);
  await expect(other.getByTestId("missing")).toContainText(`${60 - filesIn(link).length} more files`);
  await other.context().close();
});
