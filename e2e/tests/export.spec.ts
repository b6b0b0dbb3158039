// What leaves the page as a file: tables, profiles, drawings, findings; and that hostile names stay words in each.
import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { allRead, drop, fixture, heaps, open } from "./page";
import { hostileHeap } from "./hostile";

/** Presses a button of the dialog and gives what was saved. */
async function saved(page: Page, id: string) {
  const waits = page.waitForEvent("download");
  await page.getByTestId(`export-${id}`).click();
  const download = await waits;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

async function dialog(page: Page) {
  await page.getByTestId("export").click();
  await expect(page.getByTestId("export-dialog").getByRole("heading", { name: "All of it" })).toBeVisible();
}

const closed = (page: Page) => page.getByTestId("export-dialog").getByText("Close").click();

test("tables are whole, profiles read back, findings are Markdown", async ({ page }) => {
  await open(page);
  await drop(page, heaps("leak-retained/go1.27.3"));
  await allRead(page, 6);
  await dialog(page);
  const markdown = (await saved(page, "findings-md")).bytes.toString();
  expect(markdown).toContain("### L3 · heap-leak: main.initSession retains");
  const findings = JSON.parse((await saved(page, "findings-json")).bytes.toString());
  expect(findings.findings[0].rule).toBe("heap-leak");
  await closed(page);
  await page.getByTestId("tab-heap").click();
  const head = page.locator("main .hd h2").filter({ hasText: / rows$/ });
  const rows = Number((await head.textContent())!.match(/\d+/)![0]);
  await dialog(page);
  const csv = (await saved(page, "sheet:nodes-csv")).bytes.toString();
  expect(csv.trim().split("\r\n").length).toBe(rows + 1);
  expect(csv).toContain("inuse_space cum (bytes)");
  const json = JSON.parse((await saved(page, "sheet:nodes-json")).bytes.toString());
  expect(json.rows.length).toBe(rows);
  const profile = await saved(page, "profile");
  expect(profile.name).toBe("heap.5.pb.gz");
  expect(gunzipSync(profile.bytes).length).toBeGreaterThan(1000);
  const folded = (await saved(page, "folded")).bytes.toString();
  const sum = folded.trim().split("\n").reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  expect(sum).toBe(json.rows.reduce((sum: number, row: Record<string, number>) => sum + row[json.columns[1].name], 0));
  expect((await saved(page, "folded-diff")).bytes.toString()).toMatch(/main\.initSession \d+ \d+\n/);
});

test("drawings stand alone as SVG and are pictures as PNG", async ({ page, context }) => {
  await open(page, "#v=1&view=heap&tab=flame");
  await drop(page, heaps("leak-retained/go1.27.3"));
  await allRead(page, 6);
  await expect(page.getByTestId("flame")).toBeVisible();
  for (const [fragment, word] of [["heap&tab=flame", "initSession"], ["heap&tab=graph", "initSession"], ["heap&tab=growth", "MB"], ["gc", ""]]) {
    if (fragment === "gc") {
      await drop(page, [fixture("go_gc/gogc.gctrace.txt")]);
      await allRead(page, 7);
    }
    await page.evaluate((to) => { location.hash = `#v=1&view=${to}`; }, fragment);
    await expect(page.locator("main canvas, main svg").first()).toBeVisible();
    await page.waitForTimeout(300);
    await dialog(page);
    const { name, bytes } = await saved(page, "drawing-0-svg");
    expect(name).toMatch(/\.svg$/);
    const svg = bytes.toString();
    expect(svg, fragment).toContain(word);
    expect(svg).not.toMatch(/var\(--|<script|<style|<image|class=/);
    const alone = await context.newPage();
    await alone.setContent(`<img src="data:image/svg+xml;base64,${bytes.toString("base64")}">`);
    const width = await alone.locator("img").evaluate(async (image: HTMLImageElement) => { await image.decode(); return image.naturalWidth; });
    expect(width).toBeGreaterThan(100);
    await alone.close();
    const png = (await saved(page, "drawing-0-png")).bytes;
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect(png.length).toBeGreaterThan(3000);
    await closed(page);
  }
});

test("hostile names are words in every file", async ({ page }) => {
  const file = hostileHeap();
  await open(page);
  await drop(page, [file]);
  await allRead(page, 1);
  await page.getByTestId("tab-heap").click();
  await dialog(page);
  const csv = (await saved(page, "sheet:nodes-csv")).bytes.toString();
  expect(csv).toContain("'=HYPERLINK");
  for (const cell of csv.split(/\r\n|,/)) expect(cell).not.toMatch(/^"?[=+@]/);
  expect(JSON.parse((await saved(page, "sheet:nodes-json")).bytes.toString()).rows.length).toBeGreaterThan(2);
  for (const line of (await saved(page, "folded")).bytes.toString().trim().split("\n")) expect(line).toMatch(/^\S+ -?\d+$/);
  await closed(page);
  await page.evaluate(() => { location.hash = "#v=1&view=heap&tab=flame&mode=value"; });
  await expect(page.getByTestId("flame")).toBeVisible();
  await page.waitForTimeout(300);
  await dialog(page);
  const svg = (await saved(page, "drawing-0-svg")).bytes.toString();
  expect(svg).toContain("&lt;img");
  const wrong = await page.evaluate((text) => {
    const made = new DOMParser().parseFromString(text, "image/svg+xml");
    return made.querySelector("parsererror, script, img, foreignObject, [onload], [onerror]")?.outerHTML ?? "";
  }, svg);
  expect(wrong).toBe("");
});
