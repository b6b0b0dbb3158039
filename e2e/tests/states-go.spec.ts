// Pools that a Go trace tells of, in the States view: what it shows is what the program counted itself, and what the
// command says of the same file.
import { expect, test, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allRead, drop, exhaust, fixture, heaps, open } from "./page";

const command = process.env.POOLSCOPE_COMMAND ?? fileURLToPath(new URL("../../target/debug/poolscope", import.meta.url));
const allocFree = fixture("go/leak-retained/go1.24.11-traceallocfree/trace.out");

type Pool = {
  name: string; gets: number | null; made: number; unaccounted: number;
  states: { state: string; objects: number | null }[];
  transitions: { from: string; to: string; name: string; count: number }[];
};

/** What `poolscope pool --json` says of a trace. */
const said = (file: string): Pool[] => JSON.parse(execFileSync(command, ["pool", "--json", file], { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] }).toString()).pools;
const grouped = (value: number) => value.toLocaleString("en-US");
// NEW stands for what is outside.
const shown = (state: string) => (state === "outside" ? "new" : state);
const box = (page: Page, state: string) => page.locator(`[data-objects='${shown(state)}']`);
const taken = (page: Page, from: string, to: string) => page.locator(`[data-taken='${shown(from)}-${shown(to)}']`);

async function look(page: Page, files: string[], pool: string, fragment = "") {
  await open(page, `#v=1&view=states&pool=trace.out/${encodeURIComponent(pool)}${fragment}`);
  await drop(page, files);
  await allRead(page, files.length);
  await expect(page.getByTestId("pool")).toHaveValue(`trace.out/${pool}`);
  await expect(page.locator(".stategraph, [data-testid=states-table]").first()).toBeVisible();
}

async function isAsSaid(page: Page, truth: Pool) {
  // The graph has a box for what is there to see, and one for unknown only where something is.
  for (const { state, objects } of truth.states.filter((node) => node.state !== "returned" && (node.state !== "unknown" || node.objects !== null))) {
    await expect(box(page, state), state).toHaveText(objects === null ? "unknown" : grouped(objects));
  }
  for (const { from, to, name, count } of truth.transitions) await expect(taken(page, from, to), name).toHaveText(grouped(count));
  await expect(page.getByTestId("balance")).toHaveText("0 unaccounted: holds");
}

for (const version of ["go1.22.10", "go1.27.3"]) {
  for (const name of ["sessions", "replies"]) {
    test(`annotations of ${version}, ${name}: the program's own counts`, async ({ page }) => {
      const file = fixture(`go_pool/${version}/trace.out`);
      await look(page, [file], name);
      // The trace stays one file, with what the timeline knows of it.
      await expect(page.getByTestId("session-file")).toHaveCount(1);
      await expect(page.locator("[data-testid=session-file] .kind")).toHaveText("TR");
      const { gets, news, puts } = JSON.parse(readFileSync(fixture(`go_pool/${version}/truth.json`), "utf8"));
      await expect(taken(page, "outside", "active")).toHaveText(grouped(news[name]));
      await expect(taken(page, "active", "idle")).toHaveText(grouped(puts[name]));
      const count = async (from: string, to: string) => {
        const edge = taken(page, from, to);
        return (await edge.count()) === 0 ? 0 : Number((await edge.textContent())!.replace(/\D/g, ""));
      };
      expect(await count("outside", "active") + await count("idle", "active") + await count("victim", "active")).toBe(gets[name]);
      await expect(box(page, "active")).toHaveText(grouped(gets[name] - puts[name]));
      await isAsSaid(page, said(file).find((pool) => pool.name === name)!);
    });
  }
}

test("allocations and frees: objects by type, and what they cannot show is unknown", async ({ page }) => {
  const truth = said(allocFree).filter((pool) => pool.made > 0).sort((a, b) => b.made - a.made)[0];
  await look(page, [allocFree], truth.name);
  for (const state of ["active", "idle", "victim", "dropped"]) await expect(box(page, state)).toHaveText("unknown");
  await isAsSaid(page, truth);
});

test("what a trace tells of pools goes with the trace", async ({ page }) => {
  await look(page, [fixture("go_pool/go1.27.3/trace.out"), fixture("pool/leak/orders.pooltrace")], "sessions");
  await expect(page.locator("[data-testid=pools] tbody tr[data-name='replies']")).toHaveCount(1);
  const row = page.locator("[data-testid=session-file][data-name='trace.out']");
  await row.hover();
  await row.getByTestId("remove-file").click();
  await expect(page.getByTestId("session-file")).toHaveCount(1);
  await expect(page.locator("[data-testid=pools] tbody tr[data-name='replies']")).toHaveCount(0);
  await expect(page.getByTestId("pool")).toHaveValue(/^orders\.pooltrace\//);
});

test("two moments of a trace are compared as heap profiles, and a link makes them again", async ({ page }) => {
  const file = fixture("go_pool/go1.27.3/trace.out");
  await look(page, [file], "sessions");
  await page.getByTestId("compare-table").click();
  await expect(page).toHaveURL(/view=heap/);
  await expect(page).toHaveURL(/cur=trace\.out(%20|\+)at/);
  await expect(page.getByTestId("session-file")).toHaveCount(3);
  // What was out at the end was taken in the program, 20 times.
  const row = page.getByRole("row").filter({ hasText: "main.main.func3" }).first();
  await expect(row).toBeVisible();
  const link = page.url();
  const again = await page.context().newPage();
  await again.goto(link);
  await expect(again.getByTestId("status")).toContainText("Ready");
  await drop(again, [file]);
  await expect(again.getByTestId("session-file")).toHaveCount(3);
  await expect(again.getByRole("row").filter({ hasText: "main.main.func3" }).first()).toBeVisible();
});

test("a trace without pools says how to get them", async ({ page }) => {
  await open(page, "#v=1&view=states");
  await drop(page, [fixture("go/leak-retained/go1.22.10/trace.out"), heaps("leak-retained/go1.22.10")[0]]);
  await allRead(page, 2);
  await expect(page.locator("main")).toContainText("tells nothing of pools");
  await expect(page.locator("main")).toContainText("contrib/go/poolscope");
});

test("an engine that is started anew is told of the pools again", async ({ page }) => {
  await look(page, [fixture("go_pool/go1.27.3/trace.out")], "sessions");
  await expect(box(page, "active")).toHaveText("20");
  await exhaust(page.workers()[0]);
  await expect(page.getByRole("alert")).toContainText("A new one reads your files again");
  // What is answered now, the new engine answers.
  await page.getByTestId("pool").selectOption("trace.out/replies");
  await expect(taken(page, "outside", "active")).toHaveText("8");
  await expect(page.getByTestId("session-file")).toHaveCount(1);
});

test("what a record does not tell of gets is not drawn as none", async ({ page }) => {
  await look(page, [fixture("go_pool/go1.27.3/trace.out")], "sessions");
  await expect(page.getByTestId("states-source")).toContainText("annotations of a Go trace");
  const inspector = page.getByTestId("inspector");
  await expect(inspector.locator("tr", { hasText: "Missed, made anew" })).toContainText("28 · 14.0%");
  await expect(inspector.locator("tr", { hasText: "tier not told" })).toContainText("169 · 84.5%");
  await expect(inspector.locator("tr", { hasText: "Private slot" })).toHaveCount(0);
  const row = page.locator("[data-testid=pools] tr[data-name='sessions'] td");
  await expect(row.nth(1)).toHaveText("200");
  await expect(row.nth(2)).toHaveText("84.5 in these");
  await expect(row.nth(4)).toHaveText("14.0");
});

test("objects by type have a table of their own, without gets", async ({ page }) => {
  const truth = said(allocFree).filter((pool) => pool.made > 0).sort((a, b) => b.made - a.made)[0];
  await look(page, [allocFree], truth.name);
  const row = page.locator(`[data-testid=types] tr[data-name='${truth.name}'] td`);
  await expect(row.nth(1)).toHaveText(grouped(truth.made));
  await expect(row.nth(3)).toHaveText(grouped(truth.states.find((node) => node.state === "collected")!.objects!));
  await expect(page.getByTestId("inspector")).not.toContainText("Gets");
  await expect(page.getByTestId("inspector")).toContainText("Freed");
});

test("faults that a Go trace shows of its pools are findings, and their evidence opens the States view", async ({ page }) => {
  const { gets, never_put, put_twice } = JSON.parse(readFileSync(fixture("go_pool/faults-go1.27.3/truth.json"), "utf8"));
  await open(page, "#v=1&view=findings");
  await drop(page, [fixture("go_pool/faults-go1.27.3/trace.out")]);
  await allRead(page, 1);
  // A trace alone opens in the timeline.
  await page.getByTestId("tab-findings").click();
  const double = page.locator("[data-testid=finding][data-rule='double-put']");
  await expect(double).toContainText(`${put_twice} puts`);
  for (const rule of ["second-holder", "never-returned", "put-missing-on-error-path"]) {
    await expect(page.locator(`[data-testid=finding][data-rule='${rule}']`).first()).toBeVisible();
  }
  await double.click();
  await page.getByTestId("evidence").first().click();
  await expect(page).toHaveURL(/view=states/);
  await expect(page.getByTestId("pool")).toHaveValue("trace.out/sessions");
  await expect(page.locator("[data-testid=pools] tr[data-name='sessions'] td").nth(1)).toHaveText(grouped(gets));
  await expect(page.getByTestId("life")).toContainText("put twice");
  await expect(page.locator("[data-testid=pools] tr[data-name='sessions']")).toContainText(`◆ ${2 * put_twice}`);
  // The evidence is a moment. At the end all that was never put is out; what was in the pool twice was lost twice.
  await page.getByTestId("scrubber").fill("599");
  await expect(box(page, "active")).toHaveText(grouped(never_put - put_twice));
});
