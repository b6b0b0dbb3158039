// WCAG 2.2 AA as axe checks it: every view, sheet and state, in both themes.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { lookAt, stages } from "./every-view";
import { allRead, drop, open } from "./page";

const STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** Rules that the theme has a part in; of the others both themes are one page. */
const COLOURS = ["color-contrast", "link-in-text-block"];

/** What axe has against what is seen now, a line for each element. */
async function violations(page: Page, sight: string, rules?: string[]) {
  // There are no frames, and no page is opened to look into them.
  const builder = new AxeBuilder({ page }).setLegacyMode();
  const { violations, passes } = await (rules ? builder.withRules(rules) : builder.withTags(STANDARD)).analyze();
  expect(passes.map((rule) => rule.id), sight).toContain("color-contrast");
  return violations.flatMap((rule) => rule.nodes.map((node) => `${sight}: ${rule.id}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}: ${node.failureSummary?.replace(/\s+/g, " ").slice(0, 240)}`));
}

for (const [name, { files, sights }] of Object.entries(stages)) {
  test(`nothing stands against WCAG 2.2 AA: ${name}`, async ({ browser, baseURL }) => {
    test.setTimeout(sights.length * 20_000);
    // A colour on its way to another has no contrast of its own.
    const page = await browser.newPage({ baseURL, viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    await open(page);
    if (files.length > 0) await drop(page, files);
    await allRead(page, files.length);
    const found: string[] = [];
    for (const sight of sights) {
      await page.emulateMedia({ colorScheme: "light" });
      await lookAt(page, sight);
      found.push(...await violations(page, `${sight[0]}, light`));
      await page.emulateMedia({ colorScheme: "dark" });
      found.push(...await violations(page, `${sight[0]}, dark`, COLOURS));
      await page.keyboard.press("Escape");
    }
    expect(found).toEqual([]);
    await page.close();
  });
}
