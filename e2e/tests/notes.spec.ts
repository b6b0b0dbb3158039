// What is written to findings and call sites travels: in the address, and in the link that holds the analysis.
import { expect, test, type Page } from "@playwright/test";
import { allRead, drop, heaps, open } from "./page";
import { linkOf, stranger } from "./share-page";

const run = heaps("leak-retained/go1.22.10");
const hostile = `<img src=x onerror="document.title=1"> & "it; leaks: 5%"`;

const write = async (page: Page, text: string) => {
  await page.getByTestId("inspector").getByTestId("note").first().fill(text);
  await page.getByTestId("inspector").getByTestId("note").first().blur();
};
const loaded = async (page: Page) => {
  await open(page);
  await drop(page, run);
  await allRead(page, run.length);
  await linkOf(page, run.length);
};
const links = async (page: Page) => {
  await page.getByTestId("share").click();
  await expect(page.getByTestId("analysis-link")).toBeVisible();
  return { state: (await page.getByTestId("state-link").textContent())!, analysis: (await page.getByTestId("analysis-link").textContent())! };
};

test("a note is pinned, marked, listed, changed and deleted, and survives a reload", async ({ page }) => {
  await loaded(page);
  await write(page, hostile);
  await expect(page.getByTestId("finding").first()).toHaveClass(/noted/);
  await page.getByTestId("tab-heap").click();
  await page.locator("[data-testid=heap-table-grid] tbody tr[data-name]").first().click();
  await write(page, "where it grows");
  await expect(page.locator("[data-testid=heap-table-grid] tr.noted")).toHaveCount(1);
  await page.reload();
  await page.getByTestId("drop-zone").waitFor();
  await drop(page, run);
  await allRead(page, run.length);
  await expect(page.getByTestId("inspector").getByTestId("note").first()).toHaveValue("where it grows");
  await page.getByTestId("tab-findings").click();
  await page.getByTestId("page-notes").click();
  await expect(page.getByTestId("note-item")).toHaveCount(2);
  await expect(page.getByTestId("note-item").first().getByTestId("note")).toHaveValue(hostile);
  expect(await page.locator("img").count()).toBe(0);
  await page.getByTestId("note-delete").first().click();
  await expect(page.getByTestId("note-item")).toHaveCount(1);
  await page.getByTestId("tab-findings").click();
  await expect(page.getByTestId("finding").first()).not.toHaveClass(/noted/);
});

test("too many words for a link are told", async ({ page }) => {
  await loaded(page);
  for (const at of [0, 1]) {
    await page.getByTestId("finding").nth(at).click();
    await write(page, "word & word; ".repeat(38));
    await expect(page.getByTestId("finding").nth(at)).toHaveClass(/noted/);
  }
  await page.getByTestId("page-notes").click();
  await expect(page.getByTestId("notes-long")).toContainText("above 2 kB");
});

test("a stranger opens the analysis link: findings at once, notes with them, and the files take their places", async ({ page, browser }) => {
  await loaded(page);
  await write(page, hostile);
  const claim = await page.getByTestId("finding").first().locator(".h3").textContent();
  const { analysis } = await links(page);
  await expect(page.getByTestId("budget")).toHaveAttribute("data-level", "green");
  const other = await stranger(browser, page.url().split("#")[0]);
  const asked: string[] = [];
  other.on("request", (request) => asked.push(new URL(request.url()).origin));
  await other.goto(analysis);
  await expect(other.getByTestId("shared")).toContainText("Shared analysis");
  await expect(other.getByTestId("finding").first().locator(".h3")).toHaveText(claim!);
  await expect(other.getByTestId("finding").first()).toHaveClass(/noted/);
  await expect(other.getByTestId("session-file")).toHaveCount(run.length);
  await other.reload();
  await expect(other.getByTestId("shared")).toBeVisible();
  await drop(other, run);
  await expect(other.getByTestId("shared")).toHaveCount(0);
  await allRead(other, run.length);
  await expect(other.getByTestId("finding").first().locator(".h3")).toHaveText(claim!);
  await expect.poll(() => other.url().includes("&a=")).toBe(false);
  expect(new Set(asked).size).toBe(1);
  await other.context().close();
});

test("hidden names are shown before they are sent, and are not in what is sent", async ({ page, browser }) => {
  await loaded(page);
  await page.getByTestId("share").click();
  await page.getByTestId("share-redact").click();
  await expect(page.getByTestId("replaced")).toContainText("→");
  await expect(page.getByTestId("share-redact")).toBeChecked();
  const analysis = (await page.getByTestId("analysis-link").textContent())!;
  const other = await stranger(browser, page.url().split("#")[0]);
  await other.goto(analysis);
  await expect(other.getByTestId("shared")).toContainText("Names are hidden");
  await expect(other.getByTestId("finding").first()).toBeVisible();
  expect(await other.locator("body").innerText()).not.toContain("initSession");
  await other.context().close();
});

for (const [what, spoil] of [
  ["cut", (text: string) => text.slice(0, text.length - 40)],
  ["edited", (text: string) => text.slice(0, -20) + (text.at(-20) === "A" ? "B" : "A") + text.slice(-19)],
  ["nonsense", () => "AAAA****"],
] as [string, (text: string) => string][]) {
  test(`an analysis that was ${what} is refused in words, and what is loaded stays`, async ({ page }) => {
    await loaded(page);
    const { analysis } = await links(page);
    await page.keyboard.press("Escape");
    const [before, text] = analysis.slice(analysis.indexOf("#")).split("&a=");
    await page.evaluate((hash) => { location.hash = hash; }, `${before}&a=${spoil(text)}`);
    await expect(page.getByRole("alert")).toContainText("damaged");
    await allRead(page, run.length);
    await expect(page.getByTestId("shared")).toHaveCount(0);
  });
}
