// Heaps as text beside binary ones, and source lines beside what the compiler says of them.
import { expect, test, type Page } from "@playwright/test";
import { allRead, drop, fixture, heaps, open } from "./page";

const churn = heaps("churn/go1.27.3");
const notes = fixture("text/escape/churn-go1.27.3.m.txt");
const flows = fixture("text/escape/healthy-go1.27.3.m2.txt");

/** The first rows of the heap's table, with all their numbers. */
async function rows(page: Page) {
  await page.getByTestId("tab-heap").click();
  const table = page.getByTestId("heap-table-grid").locator("tbody tr");
  await expect(table.first()).toBeVisible();
  return (await table.allTextContents()).slice(0, 8);
}

test("a heap as text shows the rows of the binary profile of the same moment", async ({ page, context }) => {
  await open(page);
  await drop(page, [fixture("text/heap/dirty-put-go1.27.3.debug1.txt")]);
  await allRead(page, 1);
  const text = await rows(page);
  const other = await context.newPage();
  await open(other);
  await drop(other, [fixture("text/heap/dirty-put-go1.27.3.pb.gz")]);
  await allRead(other, 1);
  const binary = await rows(other);
  expect(text.length).toBeGreaterThan(3);
  expect(text[0]).toContain("loadAttachment");
  // What writing the text allocated is in the text alone.
  const own = (all: string[]) => all.filter((row) => row.includes("main."));
  expect(own(text)).toEqual(own(binary));
});

test("lines that allocate stand beside the compiler's reasons", async ({ page }) => {
  await open(page);
  await drop(page, [...churn, notes]);
  await allRead(page, churn.length + 1);
  const finding = page.locator("[data-testid=finding][data-rule=escape-site]").first();
  await expect(finding).toContainText("main.go:27 in main.parseRecord");
  await page.getByTestId("tab-heap").click();
  await page.getByTestId("heap-escape").click();
  await expect(page.getByTestId("escape-said")).toContainText("of it at lines that the compiler names");
  const table = page.getByTestId("escapes");
  const first = table.locator("tbody tr").first();
  await expect(first).toContainText("main.go:27");
  await expect(first).toContainText("make(map[string]string, len(r.fields)) escapes to heap");
  await expect(first).toContainText("49.5 MB/s");
  await expect(page.getByTestId("escape-rest")).toContainText("parameters leak");
  // Only -m tells no way: the page says how to get it.
  await expect(page.locator(".cmd").filter({ hasText: "-gcflags=-m=2" })).toBeVisible();
  // Sorted by line, turned, and in the address.
  await table.getByRole("link", { name: "Line", exact: true }).click();
  await expect(table.locator("tbody tr").first()).toContainText("main.go:25");
  await table.getByRole("link", { name: /^Line/ }).click();
  await expect(table.locator("tbody tr").first()).not.toContainText("main.go:25");
  expect(page.url()).toContain("by=-escapes.0");
  // The function leads to its row in the heap's table.
  await table.getByRole("link", { name: "main.parseRecord" }).first().click();
  await expect(page.getByTestId("heap-table-grid")).toBeVisible();
  expect(page.url()).toContain("sel=main.parseRecord");
});

test("the way of a value unfolds, and evidence leads to its line", async ({ page }) => {
  await open(page);
  await drop(page, [...heaps("healthy/go1.27.3"), flows]);
  await allRead(page, 7);
  await page.locator("[data-testid=finding][data-rule=escape-site]").click();
  await page.getByTestId("evidence").first().click();
  const picked = page.getByTestId("escapes").locator("tr.on");
  await expect(picked).toContainText("main.go:56");
  await expect(picked.locator("pre")).toContainText("flow: {heap} ← out");
  await picked.locator("summary").click();
  await expect(picked.locator("pre")).toBeHidden();
});

test("without notes the page says how to get them; without a heap, lines have no numbers", async ({ page }) => {
  await open(page);
  await drop(page, churn.slice(0, 1));
  await allRead(page, 1);
  await page.getByTestId("tab-heap").click();
  await page.getByTestId("heap-escape").click();
  await expect(page.locator(".made")).toContainText("go build -gcflags=-m=2 ./... 2> escape.txt");
  await open(page, "#v=1&view=heap&tab=escape");
  await page.reload();
  await drop(page, [notes]);
  await allRead(page, 1);
  await expect(page.getByTestId("escapes").locator("tbody tr").first()).toContainText("scen/churn/main.go:25");
  await expect(page.getByTestId("escape-said")).toContainText("lines have no numbers");
});

test("histograms of one file are files of their own to look at and to compare", async ({ page }) => {
  await open(page);
  await drop(page, [fixture("text/heap/leak.class_histogram.jdk17.txt")]);
  await allRead(page, 3);
  await expect(page.locator("[data-testid=finding][data-rule=heap-leak]")).toContainText("byte[] retains 25.7 MB");
  await page.getByTestId("tab-heap").click();
  await expect(page.getByTestId("current")).toHaveValue("leak.class_histogram.jdk17.txt #3");
  await expect(page.getByTestId("base")).toHaveValue("leak.class_histogram.jdk17.txt");
  await expect(page.getByTestId("heap-table-grid").locator("tbody tr").first()).toContainText("byte[]");
  await page.getByTestId("session-file").first().hover();
  await page.getByTestId("remove-file").first().click();
  await allRead(page, 0);
});

test("heaps of other tools open in the heap's views", async ({ page }) => {
  await open(page);
  await drop(page, [0, 1, 2].map((at) => fixture(`text/heap/leak.${at}.jemalloc.heap`)));
  await allRead(page, 3);
  await expect(page.locator("[data-testid=finding][data-rule=heap-leak]").first()).toContainText("leakje+0x11a3");
  await page.getByTestId("tab-heap").click();
  await expect(page.locator("main")).toContainText("leakje+0x11a3");
});
