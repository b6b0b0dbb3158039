// What is written to findings and call sites travels: in the address, and in the link that holds the analysis.
import { expect, test, type Page } from "@playwright/test";
import { allRead, drop, fixture, heaps, open } from "./page";
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

test("a note on a stretch of time is drawn on the timeline, read there, and found again from the list", async ({ page }) => {
  await open(page);
  await drop(page, [fixture("go/leak-retained/go1.27.3/trace.out")]);
  await allRead(page, 1);
  const timeline = page.getByTestId("timeline");
  await expect(page.getByTestId("timeline-window")).toContainText(" s");
  const box = (await timeline.boundingBox())!;
  // Where the plot is: the worker's own numbers (draw/mod.rs).
  const at = (share: number) => box.x + 164 + (box.width - 176) * share;
  const y = box.y + 300;
  const drawn = async () => {
    await timeline.press("Escape");
    await page.mouse.move(0, 0);
    await expect(page).not.toHaveURL(/at=[^&]*s\d+-\d+/);
    return timeline.screenshot();
  };
  const before = await drawn();
  await page.keyboard.down("Shift");
  await page.mouse.move(at(0.3), y);
  await page.mouse.down();
  await page.mouse.move(at(0.5), y + 10, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await expect(page).toHaveURL(/at=[^&]*s\d+-\d+/);
  await write(page, hostile);
  await expect(page.getByTestId("inspector")).toContainText("kept in the address");
  expect((await drawn()).equals(before)).toBe(false);
  await page.mouse.move(at(0.4), y);
  await expect(page.getByTestId("timeline-tip")).toContainText(hostile);
  await page.mouse.move(at(0.8), y);
  await expect(page.getByTestId("timeline-tip")).not.toContainText(hostile);
  expect(await page.locator("img").count()).toBe(0);
  await page.getByTestId("inspector").locator("p.noted a").click();
  await expect(page).toHaveURL(/at=[^&]*s\d+-\d+/);
  await expect(page.getByTestId("inspector").getByTestId("note").first()).toHaveValue(hostile);
});

test("too many words for a link are told, and the sheet leaves them out of the short one", async ({ page }) => {
  await loaded(page);
  for (const at of [0, 1]) {
    await page.getByTestId("finding").nth(at).click();
    await write(page, "word & word; ".repeat(38));
    await expect(page.getByTestId("finding").nth(at)).toHaveClass(/noted/);
  }
  await page.getByTestId("page-notes").click();
  await expect(page.getByTestId("notes-long")).toContainText("above 2 kB");
  const { state } = await links(page);
  expect(state.length).toBeLessThan(2048);
  expect(state).not.toContain("notes=");
  await expect(page.getByTestId("gave-way")).toContainText("The notes");
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
