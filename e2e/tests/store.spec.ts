// What is kept in this browser: only when asked for, within a limit, opened by links, and all of it forgotten at a click.
import { expect, test, type Page } from "@playwright/test";
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { allRead, drop, heaps, open, openKept } from "./page";
import { linkOf } from "./share-page";

const [first, second, third] = heaps("leak-retained/go1.22.10");

const sum = (page: Page) => page.getByTestId("keep-sum");
/** What lies in the origin's private file system, in its databases, and beside them. */
const onDisk = (page: Page) => page.evaluate(async () => {
  const names: string[] = [];
  const walk = async (folder: FileSystemDirectoryHandle, at: string) => {
    for await (const [name, handle] of (folder as any).entries()) {
      names.push(at + name);
      if (handle.kind === "directory") await walk(handle, `${at}${name}/`);
    }
  };
  await walk(await navigator.storage.getDirectory(), "");
  return { files: names, databases: (await indexedDB.databases()).map(({ name }) => name), settings: Object.keys(localStorage).filter((key) => key !== "poolscope-theme") };
});

test("nothing is kept unasked; what is kept opens by its link, in another tab too; forgetting leaves nothing", async ({ page, context }) => {
  await open(page);
  await drop(page, [first, second]);
  await allRead(page, 2);
  const link = await linkOf(page, 2);
  expect(await onDisk(page)).toEqual({ files: [], databases: [], settings: [] });
  await openKept(page);
  await expect(page.getByTestId("keep-files")).not.toBeChecked();
  await page.getByTestId("keep-files").check();
  await expect(sum(page)).toContainText("2 files");
  await expect(page.getByTestId("keep-list")).toContainText(path.basename(first));
  expect((await onDisk(page)).files).toHaveLength(3);

  const other = await context.newPage();
  await other.goto(`./${link}`);
  await allRead(other, 2);
  await expect(other.getByTestId("missing")).toHaveCount(0);
  await expect(other.getByTestId("verdict")).toContainText("MB");

  await page.getByTestId("keep-forget").click();
  await expect(page.getByTestId("keep-words")).toContainText("Forgotten: 2 files");
  const left = await onDisk(page);
  expect(left.files).toEqual([]);
  expect(left.databases).toEqual([]);
  expect(left.settings.filter((key) => /keep|handles/.test(key))).toEqual([]);
  // What is open stays open, here and there.
  await allRead(other, 2);
  await other.reload();
  await expect(other.getByTestId("needed")).toHaveCount(2);
});

test("the least recently used goes first, and what is too large is told", async ({ page }) => {
  await open(page);
  const sizes = [first, second, third].map((file) => readFileSync(file).length);
  await page.evaluate(([a, b]) => { localStorage.setItem("poolscope-keep", "1"); localStorage.setItem("poolscope-keep-limit", String(a + b + 10)); }, [sizes[1], sizes[2]]);
  await page.reload();
  await expect(page.getByTestId("status")).toContainText("Ready");
  for (const [at, file] of [first, second, third].entries()) {
    await drop(page, [file]);
    await allRead(page, at + 1);
    await linkOf(page, at + 1);
  }
  await openKept(page);
  await expect(page.getByTestId("keep-list").locator("tbody tr")).toHaveCount(2);
  await expect(page.getByTestId("keep-list")).not.toContainText(path.basename(first));
  await page.getByRole("button", { name: "Close" }).first().click();
  await page.evaluate(() => localStorage.setItem("poolscope-keep-limit", "100"));
  const large = path.join(mkdtempSync(path.join(tmpdir(), "kept-")), "again.pb.gz");
  copyFileSync(heaps("leak-retained/go1.22.10")[3], large);
  await drop(page, [large]);
  await allRead(page, 4);
  await expect(page.getByTestId("keep-trouble")).toContainText("larger than all that may be kept");
});

for (const [what, break_, words] of [
  ["denied", () => { indexedDB.open = () => { throw new DOMException("denied", "SecurityError"); }; }, "lets the page keep nothing"],
  ["full", () => { FileSystemFileHandle.prototype.createWritable = async () => { throw new DOMException("full", "QuotaExceededError"); }; }, "no room left"],
] as [string, () => void, string][]) {
  test(`storage is ${what}: said in words, and nothing that is open is lost`, async ({ page }) => {
    await page.addInitScript(break_);
    await open(page);
    await drop(page, [first, second]);
    await allRead(page, 2);
    await linkOf(page, 2);
    await openKept(page);
    await page.getByTestId("keep-files").check({ force: true });
    await expect(page.getByTestId("keep-trouble").or(page.getByTestId("keep-words")).first()).toContainText(words);
    await allRead(page, 2);
  });
}

test("without a private file system the bytes lie in the database", async ({ page }) => {
  await page.addInitScript(() => { delete (FileSystemFileHandle.prototype as any).createWritable; });
  await open(page);
  await drop(page, [first]);
  await allRead(page, 1);
  const link = await linkOf(page, 1);
  await openKept(page);
  await page.getByTestId("keep-files").check();
  await expect(sum(page)).toContainText("1 file");
  expect((await onDisk(page)).files).toEqual([]);
  await page.goto("about:blank");
  await page.goto(`./${link}`);
  await allRead(page, 1);
});

test("names of kept files are text", async ({ page }) => {
  const folder = mkdtempSync(path.join(tmpdir(), "hostile-"));
  const name = `<img src=x onerror=document.title=1>.pb.gz`;
  copyFileSync(first, path.join(folder, name));
  await open(page);
  await page.evaluate(() => localStorage.setItem("poolscope-keep", "1"));
  await page.reload();
  await expect(page.getByTestId("status")).toContainText("Ready");
  await drop(page, [path.join(folder, name)]);
  await allRead(page, 1);
  await linkOf(page, 1);
  await openKept(page);
  await expect(page.getByTestId("keep-list")).toContainText(name);
  expect(await page.locator("img").count()).toBe(0);
});

test("where a file lies is remembered, and access is asked for again", async ({ page }) => {
  // The browser's own prompt cannot be pressed here: a file of its private file system stands for one on disk, and says "prompt"
  // until it was asked.
  await page.addInitScript(() => {
    const asked = new Set<string>();
    const proto = FileSystemHandle.prototype as any;
    proto.queryPermission = async function () { return asked.has(this.name) ? "granted" : "prompt"; };
    proto.requestPermission = async function () { asked.add(this.name); return (globalThis as any).denied ? "denied" : "granted"; };
    const get = DataTransferItem.prototype as any;
    get.getAsFileSystemHandle = async function () {
      const file = (this as DataTransferItem).getAsFile()!;
      const handle = await (await navigator.storage.getDirectory()).getFileHandle(file.name, { create: true });
      const writable = await handle.createWritable();
      await file.stream().pipeTo(writable);
      return handle;
    };
  });
  await open(page);
  await page.evaluate(() => localStorage.setItem("poolscope-handles", "1"));
  await page.reload();
  await expect(page.getByTestId("status")).toContainText("Ready");
  await page.waitForFunction(() => document.getElementById("keep"));
  await page.waitForTimeout(300);
  await drop(page, [first, second]);
  await allRead(page, 2);
  const link = await linkOf(page, 2);
  await openKept(page);
  await expect(sum(page)).toContainText("2 places remembered");
  await page.goto("about:blank");
  await page.goto(`./${link}`);
  await expect(page.getByTestId("grant")).toContainText(path.basename(first));
  await page.evaluate(() => { (globalThis as any).denied = true; });
  await page.getByTestId("grant-again").click();
  await expect(page.getByTestId("grant")).toContainText("told not to let this page read it");
  await page.evaluate(() => { (globalThis as any).denied = false; });
  await page.getByTestId("grant-again").click();
  await allRead(page, 2);
  await expect(page.getByTestId("grant")).toHaveCount(0);
  await expect(page.getByTestId("missing")).toHaveCount(0);
});
