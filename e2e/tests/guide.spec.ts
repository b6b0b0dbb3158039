// The first minute: keys of the view one is in, empty views that say what to do, numbers that explain themselves, the guided
// sample, and the page in another language.
import { expect, test, type Page } from "@playwright/test";
import { allRead, drop, fixture, heaps, open } from "./page";
import { everyKind, everyView } from "./guide";

const run = "leak-retained/go1.27.3";
const go = async (page: Page, view: string) => {
  await page.evaluate((f) => { location.hash = `#v=1&${f}`; }, view);
};

test("the keys of the view one is in come first", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=flame");
  await drop(page, heaps(run));
  await allRead(page, 6);
  await page.getByTestId("keys").click();
  const here = page.getByRole("dialog").getByRole("table").first();
  await expect(here).toContainText("Zoom to the frame");
  await expect(page.getByRole("table", { name: "Everywhere" })).toContainText("Add files");
  await expect(page.getByRole("dialog").getByText("To who woke the picked goroutine")).toBeHidden();
  await page.getByText("In other views").click();
  await expect(page.getByRole("dialog").getByText("To who woke the picked goroutine")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.keyboard.press("1");
  await expect(page.getByTestId("tab-findings")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("?");
  await expect(here).toContainText("The finding before");
});

test("every view without its file says which to capture, and leads to the script", async ({ page }) => {
  await open(page);
  await drop(page, [fixture("pool/leak/orders.pooltrace")]);
  await allRead(page, 1);
  for (const [view, command] of [["timeline", "pprof/trace"], ["contention", "pprof/mutex"], ["gc", "gctrace"]]) {
    await go(page, `view=${view}`);
    await expect(page.getByTestId("nothing-here")).toContainText(command);
    await page.getByTestId("nothing-here").getByRole("link", { name: "Capture script" }).click();
    await expect(page.getByTestId("capture-script")).toContainText("curl");
  }
  await page.reload();
  await drop(page, heaps(run).slice(0, 1));
  await allRead(page, 1);
  for (const [view, command] of [["states", "traceallocfree"], ["heap&tab=growth", "heap.1.pb.gz"]]) {
    await go(page, `view=${view}`);
    await expect(page.getByTestId("nothing-here")).toContainText(command);
    await expect(page.getByTestId("nothing-here").getByRole("link", { name: "Capture script" })).toBeVisible();
  }
  await go(page, "view=heap&tab=escape");
  await expect(page.getByTestId("nothing-here")).toContainText("-gcflags=-m");
});

test("every number of every view has an explanation", async ({ page }) => {
  test.setTimeout(240_000);
  await open(page);
  await drop(page, everyKind);
  await allRead(page, everyKind.length);
  const unexplained = new Set<string>();
  let seen = 0;
  for (const view of everyView) {
    await go(page, view);
    await page.waitForTimeout(700);
    const found = await page.evaluate(async () => {
      const { explained, NOUNS } = await import(new URL(`${(globalThis as unknown as { partsAt: string }).partsAt}guide/explain.js`, location.href).href);
      const all = [...document.querySelectorAll<HTMLElement>(NOUNS)].filter((one) => one.matches(".sev") || one.innerText?.trim());
      const told = await Promise.all(all.map(explained));
      return { all: all.length, without: told.filter(({ text }) => !text?.what).map(({ name }) => name) };
    });
    seen += found.all;
    found.without.forEach((name) => unexplained.add(`${view}: ${name}`));
  }
  expect(seen).toBeGreaterThan(200);
  expect([...unexplained]).toEqual([]);
});

test("a number explains itself on hover and on focus", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, heaps(run));
  await allRead(page, 6);
  const tip = page.getByTestId("explains");
  await page.locator("tr[data-name='main.initSession'] td").nth(2).hover();
  await expect(tip).toContainText("as pprof’s cum");
  await expect(tip).toContainText("± 95%");
  await page.keyboard.press("Escape");
  await expect(tip).toHaveCount(0);
  const head = page.getByRole("columnheader", { name: "± 95%" });
  await page.keyboard.press("Tab");
  await head.focus();
  await expect(tip).toContainText("sampling rate");
  await expect(head).toHaveAttribute("aria-describedby", "explains");
  await page.keyboard.press("Tab");
  await expect(tip).not.toContainText("How far cum may be off");
  await go(page, "view=findings");
  await page.locator(".facts > div").first().hover();
  await expect(tip).toContainText("A number that this finding rests on");
});

test("the guided sample is walked by keys, blocks nothing, and is left at any time", async ({ page }) => {
  await open(page);
  await page.getByTestId("tour-start").click();
  const tour = page.getByTestId("tour");
  await expect(tour).toContainText("1 / 7");
  await expect(page.locator(".toured[data-testid=verdict]")).toBeVisible();
  for (const step of ["2 / 7", "3 / 7", "4 / 7"]) {
    await page.keyboard.press("Enter");
    await expect(tour).toContainText(step);
  }
  await expect(page.locator("th.toured")).toContainText("alloc");
  // The page beside it goes on working.
  await page.locator("tr[data-name='main.initSession']").click();
  await expect(page).toHaveURL(/sel=main\.initSession/);
  await page.getByTestId("tour-back").click();
  await expect(tour).toContainText("3 / 7");
  await page.keyboard.press("Escape");
  await expect(tour).toHaveCount(0);
  await expect(page.locator(".toured")).toHaveCount(0);
});

test("the browser's language is chosen, can be changed, and is kept", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, locale: "zh-CN" });
  const page = await context.newPage();
  await page.goto("./");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("把程序留下的文件拖到这里");
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-Hans");
  await drop(page, heaps(run));
  await expect(page.getByTestId("tab-findings")).toContainText("发现");
  await page.getByTestId("tab-heap").click();
  await expect(page.getByRole("columnheader").nth(2)).toContainText("累计");
  // Names out of files stay as they are.
  await expect(page.locator("tr[data-name='main.initSession'] .name")).toHaveText("main.initSession");
  await page.locator("tr[data-name='main.initSession'] td").nth(2).hover();
  await expect(page.getByTestId("explains")).toContainText("同 pprof 的 cum");
  await page.getByTestId("language").click();
  await expect(page.getByTestId("tab-heap")).toContainText("Heap");
  await expect(page.getByRole("columnheader").nth(2)).toContainText("cum");
  await page.goto("about:blank");
  await page.goto("./");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Drop what your program left");
  await context.close();
});

test("what is translated is what the page says", async ({ page }) => {
  await open(page);
  const [tables, english] = await page.evaluate(async () => {
    const get = async (name: string) => (await fetch(`${(globalThis as unknown as { partsAt: string }).partsAt}guide/${name}.json`)).json();
    return [[await get("numbers.zh-Hans"), await get("tour.zh-Hans")], [await get("numbers"), await get("tour")]];
  });
  for (const at of [0, 1]) expect(Object.keys(english[at])).toEqual(expect.arrayContaining(Object.keys(tables[at])));
});
