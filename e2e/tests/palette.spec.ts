// Colours that stand for things are told apart by everyone: every palette in both themes, as seen with each kind of cone missing.
import { expect, test, type Page } from "@playwright/test";
import { difference, lab, linear, seen, vision } from "./colour";

/** Least difference (CIEDE2000) of two colours in one drawing. One is just noticed side by side; up to ten takes a close look. */
const APART = 10;

/** Tokens that stand in one drawing and mean different things there. */
const palettes: Record<string, string[]> = {
  "states of an object": ["st-idle", "st-active", "st-returned", "st-victim", "st-collected", "violation"],
  "what a goroutine does": ["st-active", "go-ready", "go-syscall", "gc-band", "gc-assist", "gc-sweep", "line-2"],
  "the collector's lane": ["gc-band", "gc-assist", "gc-sweep", "an-stw"],
  "anchors of the timeline": ["an-stw", "an-get", "an-init", "proc"],
  "packages, and classes of memory": ["pk-main-f", "pk-sync-f", "pk-runtime-f", "pk-compress-f", "pk-other-f"],
  "kinds of mapped memory": ["pk-main-f", "pk-other-f", "pk-compress-f", "st-victim", "go-ready", "st-collected", "st-unknown", "go-syscall"],
  "lines of the growth chart": ["plus", "heap-line", "st-idle-t", "st-returned-t", "st-victim-t", "ink-3"],
  "the heap over cycles": ["heap-line", "an-init", "heap-goal", "an-stw"],
  "ages of objects": ["st-active", "an-get", "an-init", "st-returned"],
  "before and after": ["heap-goal", "heap-line"],
  "utilization": ["heap-goal", "st-active"],
  "more and less": ["plus-fill", "minus-fill"],
  "numbers that rose and fell": ["plus", "minus"],
  "severity": ["sev-1", "sev-2", "sev-3"],
  "good, doubtful, bad": ["ok", "warn", "violation"],
};

/** The colours of all tokens, as the page has them now. */
async function tokens(page: Page, names: string[]): Promise<Record<string, string>> {
  const found = await page.evaluate((names) => {
    const style = getComputedStyle(document.documentElement);
    return names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  }, names);
  return Object.fromEntries(found);
}

test("the difference of colours is that of the literature", () => {
  // Pairs 1, 7, 16 and 25 of Sharma, Wu and Dalal.
  const pairs: [number, [number, number, number], [number, number, number]][] = [
    [2.0425, [50, 2.6772, -79.7751], [50, 0, -82.7485]],
    [2.3669, [50, 0, 0], [50, -1, 2]],
    [27.1492, [50, 2.5, 0], [73, 25, -18]],
    [1.2644, [60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387]],
  ];
  for (const [expected, one, other] of pairs) expect(difference(one, other)).toBeCloseTo(expected, 4);
  // Who sees no red from green sees these as nearly one; who sees all, as opposites. White is white to everyone.
  const [red, green] = [linear("#c04000"), linear("#708000")].map((rgb) => (kind: string) => lab(seen(vision[kind], rgb)));
  expect(difference(red("usual"), green("usual"))).toBeGreaterThan(40);
  expect(difference(red("deuteranopia"), green("deuteranopia"))).toBeLessThan(15);
  for (const kind in vision) expect(difference(lab(seen(vision[kind], [1, 1, 1])), lab([1, 1, 1])), kind).toBeLessThan(0.1);
});

for (const theme of ["light", "dark"] as const) {
  test(`palettes are told apart with any kind of cone missing, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.goto("./");
    const names = [...new Set(Object.values(palettes).flat())];
    const colours = await tokens(page, names);
    for (const [name, colour] of Object.entries(colours)) expect(colour, name).toMatch(/^#[0-9a-f]{6}$/);
    const near: string[] = [];
    for (const [palette, members] of Object.entries(palettes)) {
      for (const [kind, matrix] of Object.entries(vision)) {
        const places = members.map((name) => lab(seen(matrix, linear(colours[name]))));
        places.forEach((one, at) => places.slice(at + 1).forEach((other, after) => {
          const apart = difference(one, other);
          if (apart < APART) near.push(`${palette}: ${members[at]} and ${members[at + 1 + after]} are ${apart.toFixed(1)} apart (${kind})`);
        }));
      }
    }
    expect(near).toEqual([]);
    // The theme by choice is the theme of the system.
    await page.emulateMedia({ colorScheme: theme === "light" ? "dark" : "light" });
    await page.evaluate((theme) => document.documentElement.setAttribute("data-theme", theme), theme);
    expect(await tokens(page, names)).toEqual(colours);
  });
}
