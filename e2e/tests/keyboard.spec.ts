// The whole page by keyboard alone: from the empty page to a call site, every view, every sheet; the focus is seen and given back.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { lookAt, stages } from "./every-view";
import { allRead, drop, heaps, open } from "./page";

const leak = heaps("leak-retained/go1.27.3");

/** Presses Tab until an element has the focus. */
async function tabTo(page: Page, wanted: Locator, most = 60) {
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) return expect(wanted).toBeFocused();
  }
  throw new Error(`${wanted} is not reached by ${most} tabs`);
}

/** What has the focus, and whether that is seen. */
const focused = (page: Page) => page.evaluate(() => {
  const element = document.activeElement as HTMLElement;
  const name = [element.localName, element.id, element.dataset.testid, element.getAttribute("aria-label") ?? element.textContent].filter(Boolean).join(" ").slice(0, 80);
  const visible = (of: Element) => {
    const style = getComputedStyle(of);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  // In the state graph a ring is drawn around what has it; what fills its box shows it there.
  const ring = element.querySelector(".ring, .hit");
  const shows = ring ? getComputedStyle(ring).stroke !== "none" : visible(element) || visible(element.parentElement!);
  const box = element.getBoundingClientRect();
  const isInside = box.width > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
  // Rows of a table may be called alike, so that it is the element that counts.
  const isSame = (window as any).focusedBefore === element;
  (window as any).focusedBefore = element;
  return { name, shows, isInside, isSame, isBody: element === document.body };
});

test("from the empty page to the call site that leaks", async ({ page }) => {
  await open(page);
  await tabTo(page, page.locator("[data-testid=sample][data-name=leak-retained]"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("finding").first()).toBeVisible();
  // To the first finding, to its evidence, to the table.
  await tabTo(page, page.getByTestId("finding").nth(1));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("finding").nth(1)).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("finding").first()).toHaveAttribute("aria-pressed", "true");
  await tabTo(page, page.getByTestId("evidence").first());
  await page.keyboard.press("Enter");
  const row = page.locator("tr[data-name='main.initSession']");
  await expect(row).toHaveAttribute("aria-selected", "true");
  await expect(page.getByTestId("inspector").locator(".frames").first()).toContainText("main.initSession");
  // Rows are walked from the table itself, and from any name in it.
  await tabTo(page, page.getByTestId("heap-table-grid"));
  await page.keyboard.press("ArrowDown");
  await expect(row).toHaveAttribute("aria-selected", "false");
  await page.keyboard.press("ArrowUp");
  await expect(row).toHaveAttribute("aria-selected", "true");
  await expect(page.getByTestId("heap-table-grid")).toBeFocused();
});

test("views are turned by arrows on their tabs, and the focus stays there", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, leak.length);
  await tabTo(page, page.getByTestId("tab-findings"));
  for (const view of ["heap", "timeline", "states", "contention", "gc", "files", "findings"]) {
    await page.keyboard.press("ArrowRight");
    await expect(page.getByTestId(`tab-${view}`)).toBeFocused();
    await expect(page.getByTestId(`tab-${view}`)).toHaveAttribute("aria-selected", "true");
  }
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByTestId("tab-files")).toBeFocused();
});

test("sheets take the focus, keep it, and give it back to where they were opened", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, leak.length);
  const openers: [Locator, Locator][] = [
    [page.getByTestId("share"), page.getByRole("dialog", { name: "Share" })],
    [page.getByTestId("export"), page.getByTestId("export-dialog")],
    [page.getByTestId("palette"), page.getByRole("dialog", { name: "Commands" })],
    [page.getByTestId("keys"), page.getByRole("dialog", { name: "Keys", exact: true })],
  ];
  const isInside = (dialog: Locator) => dialog.evaluate((element) => element.contains(document.activeElement));
  for (const [opener, dialog] of openers) {
    await opener.focus();
    await page.keyboard.press("Enter");
    await expect(dialog).toBeVisible();
    await expect.poll(() => isInside(dialog)).toBe(true);
    // Round and round: to the browser's own bar at most, never to the page behind.
    for (let step = 0; step < 12; step += 1) {
      await page.keyboard.press(step < 8 ? "Tab" : "Shift+Tab");
      expect(await isInside(dialog) || (await focused(page)).isBody, `${dialog}`).toBe(true);
    }
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(opener).toBeFocused();
    // By its own button too.
    await page.keyboard.press("Enter");
    await expect(dialog).toBeVisible();
    const close = dialog.getByRole("button", { name: "Close" });
    await (await close.count() ? close : dialog.getByRole("combobox")).press(await close.count() ? "Enter" : "Escape");
    await expect(dialog).toHaveCount(0);
    await expect(opener).toBeFocused();
  }
  // Popovers of the bars.
  await page.keyboard.press("Escape");
  const options = page.getByTestId("options");
  await options.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("noinlines")).toBeVisible();
  await tabTo(page, page.getByTestId("noinlines"), 2);
  await page.keyboard.press("Space");
  await expect(page).toHaveURL(/noinlines=1/);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("noinlines")).toBeHidden();
  await expect(options).toBeFocused();
});

for (const [name, { files, sights }] of Object.entries(stages)) {
  test(`the focus is seen wherever Tab leads, and leads on: ${name}`, async ({ page }) => {
    test.setTimeout(sights.length * 20_000);
    await open(page);
    if (files.length > 0) await drop(page, files);
    await allRead(page, files.length);
    const unseen = new Set<string>();
    for (const sight of sights) {
      await lookAt(page, sight);
      let same = 0;
      // The list of commands is one field: Tab leads from it to itself, and Escape out of it.
      const isOneField = await page.getByTestId("palette-input").isVisible();
      // Long tables are the same row again and again.
      for (let step = 0; step < 60; step += 1) {
        await page.keyboard.press("Tab");
        const { name: what, shows, isInside, isSame, isBody } = await focused(page);
        if (isBody) continue;
        if (!shows) unseen.add(`${sight[0]}: ${what} does not show the focus`);
        if (!isInside) unseen.add(`${sight[0]}: ${what} has the focus out of sight`);
        same = isSame ? same + 1 : 0;
        if (same > 4 && !isOneField) unseen.add(`${sight[0]}: ${what} keeps the focus`);
      }
      await page.keyboard.press("Escape");
    }
    expect([...unseen]).toEqual([]);
  });
}
