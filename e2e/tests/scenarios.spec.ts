// Every program whose fault is known, all its files dropped as they are: the page names the fault, in the right order, and
// leads to it; a healthy one is left in peace. Which fault each has was decided by whoever wrote the programs.
import { expect, test, type Page } from "@playwright/test";
import { readdirSync } from "node:fs";
import { allRead, drop, fixture, open } from "./page";

/** What a program leaves behind; what others say of it, and what it was told to do, stay out. */
const left = (run: string) =>
  readdirSync(fixture(`go/${run}`)).filter((name) => !/oracle|^truth|window\.json$/.test(name)).sort().map((name) => fixture(`go/${run}/${name}`));

async function judged(page: Page, run: string) {
  const files = left(run);
  await open(page);
  await drop(page, files);
  await allRead(page, files.length);
  await page.getByTestId("tab-findings").click();
  await expect(page.getByTestId("verdict")).toBeVisible();
}

type Said = { rule: string; names: string; severity: string };
type Case = {
  run: string;
  /** Of the findings, in their order: what is most serious stands first. */
  findings: Said[];
  /** What the sentence on top must name. */
  verdict: string;
  /** Where the first piece of evidence leads, and what is seen there. */
  leads: [view: string, shows: string];
};

const cases: Case[] = [
  {
    run: "leak-retained/go1.27.3",
    findings: [{ rule: "heap-leak", names: "main.initSession", severity: "L3" }],
    verdict: "main.initSession",
    leads: ["heap", "main.initSession"],
  },
  {
    run: "leak-retained/go1.22.10",
    findings: [{ rule: "heap-leak", names: "main.initSession", severity: "L3" }],
    verdict: "main.initSession",
    leads: ["heap", "main.initSession"],
  },
  {
    run: "churn/go1.27.3",
    findings: [
      { rule: "heap-churn", names: "main.parseRecord", severity: "L2" },
      { rule: "heap-churn", names: "main.buildLine", severity: "L2" },
    ],
    verdict: "main.parseRecord",
    leads: ["heap", "main.parseRecord"],
  },
  {
    run: "dirty-put/go1.27.3",
    findings: [{ rule: "pool-retained", names: "main.loadAttachment", severity: "L2" }],
    verdict: "main.loadAttachment",
    leads: ["heap", "main.loadAttachment"],
  },
  {
    run: "pool-miss-gc/go1.27.3",
    findings: [
      { rule: "pool-miss", names: "main.makeScratch", severity: "L2" },
      { rule: "gc-forced", names: "runtime.GC", severity: "L2" },
    ],
    verdict: "main.makeScratch",
    leads: ["heap", "main.makeScratch"],
  },
  {
    run: "custom-pool-lock/go1.27.3",
    findings: [
      { rule: "put-blocked", names: "main.(*ChanPool).Put", severity: "L3" },
      { rule: "pool-contention", names: "main.(*LockedPool).Get", severity: "L2" },
    ],
    verdict: "main.(*ChanPool).Put",
    leads: ["contention", "main.(*ChanPool).Put"],
  },
  {
    run: "goroutine-leak/go1.27.3",
    findings: [{ rule: "goroutine-leak", names: "main.query", severity: "L3" }],
    verdict: "main.query",
    leads: ["contention", "main.query"],
  },
];

for (const { run, findings, verdict, leads } of cases) {
  test(`${run}: ${findings.map(({ rule, names }) => `${rule} at ${names}`).join(", then ")}`, async ({ page }) => {
    await judged(page, run);
    await expect(page.getByTestId("verdict")).toContainText(verdict);
    const rows = page.getByTestId("finding");
    for (const [at, { rule, names, severity }] of findings.entries()) {
      const row = rows.nth(at);
      await expect(row).toHaveAttribute("data-rule", rule);
      await expect(row).toHaveAttribute("data-severity", severity);
      await expect(row).toContainText(names);
    }
    // Its story stands beside the list, and the first piece of evidence leads to the function itself.
    await rows.first().click();
    await page.getByTestId("evidence").first().click();
    const [view, shows] = leads;
    await expect(page).toHaveURL(new RegExp(`view=${view}`));
    await expect(page.getByRole("main").getByText(shows).filter({ visible: true }).first()).toBeVisible();
  });
}

for (const run of readdirSync(fixture("go/healthy"))) {
  test(`healthy/${run}: nothing above a hint`, async ({ page }) => {
    await judged(page, `healthy/${run}`);
    await expect(page.getByTestId("clear")).toBeVisible();
    for (const severity of ["L2", "L3"]) await expect(page.locator(`[data-testid=finding][data-severity=${severity}]`)).toHaveCount(0);
    await expect(page.getByTestId("verdict")).toContainText("Nothing here reads as a leak");
  });
}
