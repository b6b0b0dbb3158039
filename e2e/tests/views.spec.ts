// Looking: drawings with their twins, filters, the fragment, keys.
import { expect, test } from "@playwright/test";
import { allRead, drop, heaps, open } from "./page";

const leak = heaps("leak-retained/go1.27.3");

test("the flame graph's twin says what is drawn, and zooms", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=flame&mode=value");
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByText("As a table").click();
  const row = page.getByTestId("flame-table").locator("tr", { hasText: "main.initSession" });
  await expect(row).toContainText("32.63 MB");
  await expect(row).toContainText("93.6%");
  await row.getByRole("button", { name: "Zoom" }).click();
  await expect(page).toHaveURL(/zoom=/);
  await page.getByTestId("zoom-out").click();
  await expect(page).not.toHaveURL(/zoom=/);
});

test("the flame graph is walked by keys", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=flame&mode=value");
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByTestId("flame").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/sel=main\.main\.func1/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/zoom=/);
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/zoom=/);
});

test("a link keeps the view over a reload, and going back goes back", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByTestId("tab-heap").click();
  await page.locator("tr[data-name='main.newSession']").click();
  await page.getByTestId("heap-sandwich").click();
  await expect(page.getByTestId("callees-table")).toContainText("main.initSession");
  await page.goBack();
  await expect(page.getByTestId("heap-table-grid")).toBeVisible();
  await page.goForward();
  await page.reload();
  await expect(page).toHaveURL(/view=heap&tab=sandwich.*sel=main\.newSession/);
  await drop(page, leak);
  await expect(page.getByTestId("callers-table")).toContainText("main.init.func1");
});

test("a link of another version is told in words", async ({ page }) => {
  await open(page, "#v=99&view=heap");
  await expect(page.getByRole("alert")).toContainText("another version of Poolscope (99");
});

test("filters narrow every view, and a bad one is told", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, leak);
  await allRead(page, 6);
  const input = page.getByTestId("filter-input");
  await input.fill("compress");
  await input.press("Enter");
  await expect(page.locator("tr[data-name='main.initSession']")).toHaveCount(0);
  await expect(page).toHaveURL(/focus=compress/);
  await input.fill("hide: (");
  await input.press("Enter");
  await expect(page.getByRole("alert")).toContainText("is not a regular expression");
  await page.getByRole("button", { name: "Drop focus" }).click();
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
});

test("evidence opens the view that shows it", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByTestId("evidence").first().click();
  await expect(page.locator("tr[data-name='main.initSession']")).toHaveAttribute("aria-selected", "true");
  await expect(page.getByTestId("inspector")).toContainText("nothing freed");
});

test("call graph and growth have tables that say the same", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=graph");
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByText("As a table").click();
  const call = page.getByTestId("call-graph-table").locator("tr", { hasText: "sync.(*Pool).Get" }).first();
  await expect(call).toContainText("33.13 MB");
  await page.keyboard.press("r");
  await expect(page.getByTestId("growth-table").locator("tr", { hasText: "main.initSession" })).toContainText("95.9%");
});

test("views and help answer to keys", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await page.keyboard.press("2");
  await expect(page.getByTestId("tab-heap")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Flame graph");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.locator("tr[data-name]").first().click();
  await page.keyboard.press("ArrowDown");
  await expect(page.locator("tr[data-name]").nth(1)).toHaveAttribute("aria-selected", "true");
});

test("opening is measured, and told", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await expect(page.getByTestId("status")).toContainText("drop to answer");
  const names = await page.evaluate(() => performance.getEntriesByType("measure").map((entry) => entry.name));
  expect(names).toContain("poolscope:open:heap");
});
