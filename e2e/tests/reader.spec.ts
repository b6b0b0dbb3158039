// What a screen reader is told on the way from the findings to a call site, and in place of every drawing.
import { expect, test } from "@playwright/test";
import { lookAt, stages } from "./every-view";
import { allRead, drop, heaps, open } from "./page";

const leak = heaps("leak-retained/go1.27.3");

test("findings, evidence, call site: each says what it is and where it leads", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, leak.length);
  await expect(page.getByTestId("finding").first()).toBeVisible();
  await expect(page.getByRole("main")).toMatchAriaSnapshot(`
    - main "Findings":
      - tablist "Pages of this view":
        - tab "Findings" [selected]
      - heading "2 findings" [level=2]
      - img "How the heap in use divides"
      - list "Findings, the worst first":
        - listitem:
          - button /^Critical main\\.initSession retains 29\\.1 MB/ [pressed]
        - listitem:
          - button /^Look at it heap\\.3\\.pb\\.gz/
      - heading "Checked, nothing found" [level=2]
  `);
  // The story of what is selected: what it is, what shows it, and where in the program.
  await expect(page.getByTestId("inspector")).toMatchAriaSnapshot(`
    - complementary "Inspector":
      - img "Critical"
      - heading /main\\.initSession retains 29\\.1 MB/ [level=1]
      - heading "Evidence" [level=2]
      - list:
        - listitem:
          - text: /32\\.6 MB in use now/
          - button /^Heap. 32\\.6 MB in use now/
        - listitem:
          - text: /29\\.1 MB allocated/
          - button /^Heap. 29\\.1 MB allocated/
        - listitem:
          - button /^Growth/
        - listitem:
          - button /^Flame graph/
      - heading "Call path" [level=2]
      - list:
        - listitem /main\\.go:34$/: main.initSession 34
        - listitem /main\\.go:28$/: main.newSession 28
      - heading "Would be disproved by" [level=2]
      - heading "Fix" [level=2]
      - heading "Capture next" [level=2]
  `);
  await page.getByRole("button", { name: "Heap: 32.6 MB in use now" }).press("Enter");
  // The call site, in the table and in the inspector.
  const grid = page.getByRole("grid", { name: "inuse_space by function" });
  await expect(grid.getByRole("columnheader", { name: "Function" })).toHaveAttribute("aria-sort", "none");
  await expect(grid.getByRole("row", { name: /main\.initSession/, selected: true })).toBeVisible();
  await expect(page.getByTestId("inspector")).toMatchAriaSnapshot(`
    - complementary "Inspector":
      - heading "main.initSession" [level=2]
      - heading "Values" [level=2]
      - table
      - img /Over the snapshots/
      - heading "Stacks" [level=2]
      - list:
        - listitem /main\\.go:34$/: main.initSession 34
  `);
});

/** Drawings that have neither words of their own nor stand aside for words beside them. */
const silent = () => [...document.querySelectorAll("canvas, svg, [role=img]")].filter((drawing) => {
  const isPart = drawing.parentElement!.closest("[aria-hidden=true], [role=img][aria-label]") !== null;
  return !isPart && drawing.getAttribute("aria-hidden") !== "true" && !drawing.getAttribute("aria-label");
}).map((drawing) => drawing.outerHTML.slice(0, 120));

for (const [name, { files, sights }] of Object.entries(stages)) {
  test(`every drawing has words in its place: ${name}`, async ({ page }) => {
    test.setTimeout(sights.length * 20_000);
    await open(page);
    if (files.length > 0) await drop(page, files);
    await allRead(page, files.length);
    for (const sight of sights) {
      await lookAt(page, sight);
      expect(await page.evaluate(silent), sight[0]).toEqual([]);
      await page.keyboard.press("Escape");
    }
  });
}
