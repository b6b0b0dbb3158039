// The book beside the page: each finding leads to its section, in a sub-folder and without a network, under a policy that
// allows nothing inline.
import { expect, test, type Page } from "@playwright/test";
import { host } from "./host";
import { allRead, drop, heaps } from "./page";

test.use({ serviceWorkers: "allow" });

function complaints(page: Page) {
  const heard: string[] = [];
  page.on("console", (message) => { if (message.type() === "error" || /Content Security/i.test(message.text())) heard.push(message.text()); });
  page.on("pageerror", (error) => heard.push(error.message));
  return heard;
}

test("a finding opens its section in a tab of its own, in a sub-folder and without a network", async ({ page, context }) => {
  const site = await host({ folder: "/some/folder/" });
  await page.goto(site.address);
  await page.evaluate(async () => { await navigator.serviceWorker.ready; });
  // The first load is not under the copy's hand yet.
  await page.reload();
  await drop(page, heaps("leak-retained/go1.27.3"));
  await allRead(page, 6);
  const rule = await page.getByTestId("section").textContent();
  expect(rule).toBe("heap-leak");
  await site.stop();
  const opens = context.waitForEvent("page");
  await page.getByTestId("section").click();
  const book = await opens;
  const heard = complaints(book);
  await expect(book).toHaveURL(`${site.address}book/findings.html#heap-leak`);
  await expect(book.locator("#heap-leak")).toBeInViewport();
  // On to the next chapter and back to the first page, all from the copy.
  await book.locator("a[rel=next]").click();
  await expect(book.locator("h1")).toHaveText("Formats");
  await book.getByRole("link", { name: "The book" }).click();
  await expect(book.locator("h1")).toHaveText("The book");
  expect(heard).toEqual([]);
});

test("every page of the book obeys its policy, in both themes and on a narrow screen", async ({ page }) => {
  const site = await host({ folder: "/b/" });
  const heard = complaints(page);
  await page.goto(`${site.address}book/index.html`);
  const chapters = await page.locator("main h2 a").evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
  expect(chapters.length).toBeGreaterThan(3);
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  for (const chapter of chapters) {
    await page.setViewportSize({ width: 360, height: 700 });
    await page.goto(chapter);
    await expect(page.locator("h1")).toHaveCount(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), chapter).toBeLessThanOrEqual(360);
  }
  const light = await paper();
  await page.evaluate(() => localStorage.setItem("poolscope-theme", "dark"));
  await page.reload();
  expect(await paper()).not.toBe(light);
  expect(heard).toEqual([]);
  await site.stop();
});
