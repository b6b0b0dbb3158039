// Who sets the browser otherwise sees all of it: forced colours, no motion, twice the size.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { lookAt, stages } from "./every-view";
import { allRead, drop, open } from "./page";

async function opened(page: Page, files: string[]) {
  await open(page);
  if (files.length > 0) await drop(page, files);
  await allRead(page, files.length);
}

/** What is drawn by colour and has lost it, or has no border: canvases, marks beside names, parts of bars. */
const lost = (page: Page) => page.evaluate(() => {
  const found: string[] = [];
  const has = (style: CSSStyleDeclaration, side: string) => style.getPropertyValue(`${side}-style`) !== "none" && parseFloat(style.getPropertyValue(`${side}-width`)) >= 1;
  for (const element of document.querySelectorAll<HTMLElement>("canvas, .chip, .sev i, .prog, .lbar i, .membar .track > *, .budget, .key i")) {
    const [style, box] = [getComputedStyle(element), element.getBoundingClientRect()];
    if (box.width === 0 || box.height === 0) continue;
    const name = `${element.localName}.${element.className} in ${element.parentElement?.className}`;
    if (!has(style, "outline") && !has(style, "border-top")) found.push(`${name} has no border`);
    if (style.forcedColorAdjust !== "none") found.push(`${name} has lost its colour`);
  }
  for (const element of document.querySelectorAll<HTMLElement>(".on, [aria-selected=true], [aria-pressed=true]")) {
    const style = getComputedStyle(element);
    if (element.getBoundingClientRect().width > 0 && !(element instanceof SVGElement) && !has(style, "outline")) found.push(`${element.localName}.${element.className} does not show that it is chosen`);
  }
  return [...new Set(found)];
});

for (const [name, { files, sights }] of Object.entries(stages)) {
  test(`forced colours leave everything readable and told apart: ${name}`, async ({ browser, baseURL }) => {
    test.setTimeout(sights.length * 20_000);
    const page = await browser.newPage({ baseURL, forcedColors: "active", reducedMotion: "reduce" });
    await opened(page, files);
    const found = new Set<string>();
    for (const sight of sights) {
      await lookAt(page, sight);
      for (const words of await lost(page)) found.add(`${sight[0]}: ${words}`);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().withRules(["color-contrast"]).analyze();
        for (const node of violations.flatMap((rule) => rule.nodes)) found.add(`${sight[0]}, ${colorScheme}: ${node.html.slice(0, 120)}: ${node.failureSummary}`);
      }
      await page.keyboard.press("Escape");
    }
    expect([...found]).toEqual([]);
    await page.close();
  });
}

/** Elements that move by themselves or glide from one look to another. */
const moving = (page: Page) => page.evaluate(() => {
  const times = (text: string) => text.split(",").some((time) => parseFloat(time) > 0);
  const glides = [...document.querySelectorAll("*")].filter((element) => {
    const style = getComputedStyle(element);
    return style.animationName !== "none" || times(style.transitionDuration) || style.scrollBehavior === "smooth";
  });
  return glides.map((element) => `${element.localName}.${element.getAttribute("class")}`).concat(document.getAnimations().map((animation) => animation.id || "an animation"));
});

for (const [name, { files, sights }] of Object.entries(stages)) {
  test(`nothing moves for who wants no motion: ${name}`, async ({ page }) => {
    test.setTimeout(sights.length * 20_000);
    await opened(page, files);
    for (const sight of sights) {
      await page.emulateMedia({ reducedMotion: "reduce" });
      await lookAt(page, sight);
      expect(await moving(page), sight[0]).toEqual([]);
      // Else they do: what is looked for is there.
      await page.emulateMedia({ reducedMotion: "no-preference" });
      expect(await moving(page), sight[0]).not.toEqual([]);
      await page.keyboard.press("Escape");
    }
  });
}

/** A page of 1280 by 800 at 200 %. */
const ZOOMED = { width: 640, height: 400 };

/** What can be used or read in the page, by role and name: what is named and not shown on purpose is not there for anyone. */
const content = (page: Page) => page.evaluate(() => {
  const names = new Set<string>();
  for (const element of document.querySelectorAll<HTMLElement>("button, a[href], input, select, textarea, summary, h1, h2, h3, th, canvas")) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const words = element.getAttribute("aria-label") ?? (element.localName === "select" ? "" : element.innerText);
    names.add(`${element.localName} ${element.dataset.testid ?? ""} ${words.replace(/\s+/g, " ").trim()}`);
  }
  return [...names];
});

/** What the page cannot be scrolled to: boxes that stick out of it to the right, and words that are cut off without a way to them. */
const outside = (page: Page) => page.evaluate(() => {
  const found: string[] = [];
  const root = document.scrollingElement!;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} pixels wide`);
  const scrolls = (element: Element | null): boolean => element !== null && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  for (const element of document.querySelectorAll<HTMLElement>("button, a[href], input, select, h1, h2, canvas")) {
    const box = element.getBoundingClientRect();
    if (box.width > 1 && element.checkVisibility() && (box.right > innerWidth + 1 || box.left < -1) && !scrolls(element.parentElement)) found.push(`${element.outerHTML.slice(0, 120)} is out of the page`);
  }
  return found;
});

for (const [name, { files, sights }] of Object.entries(stages)) {
  test(`at twice the size nothing is lost, and one way of scrolling is enough: ${name}`, async ({ browser, baseURL }) => {
    test.setTimeout(sights.length * 20_000);
    const usual = await browser.newPage({ baseURL, viewport: { width: 1280, height: 800 } });
    const zoomed = await browser.newPage({ baseURL, viewport: ZOOMED, deviceScaleFactor: 2 });
    for (const page of [usual, zoomed]) await opened(page, files);
    const found: string[] = [];
    for (const sight of sights) {
      for (const page of [usual, zoomed]) await lookAt(page, sight);
      const there = new Set(await content(zoomed));
      // A window of time that is set by hand depends on the pixels it was set by.
      const lost = (what: string) => !there.has(what) && !(what.startsWith("h2 timeline-window") && [...there].some((other) => other.startsWith("h2 timeline-window")));
      found.push(...(await content(usual)).filter(lost).map((what) => `${sight[0]}: ${what} is missing`));
      found.push(...(await outside(zoomed)).map((what) => `${sight[0]}: ${what}`));
      for (const page of [usual, zoomed]) await page.keyboard.press("Escape");
    }
    expect(found).toEqual([]);
    for (const page of [usual, zoomed]) await page.close();
  });
}
