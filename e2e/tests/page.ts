// What tests do with the page: real files, dropped as a person drops them.
import { expect, type Page, type Worker } from "@playwright/test";
import { fileURLToPath } from "node:url";
import { readdirSync } from "node:fs";
import path from "node:path";

const fixtures = fileURLToPath(new URL("../../fixtures/", import.meta.url));

export const fixture = (name: string) => path.join(fixtures, name);

/** Every heap profile of a run, in order. */
export const heaps = (run: string) =>
  readdirSync(fixture(`go/${run}`)).filter((name) => /^heap\.\d+\.pb\.gz$/.test(name)).sort().map((name) => fixture(`go/${run}/${name}`));

/** Drops files onto the page through the browser itself. */
export async function drop(page: Page, files: string[]) {
  const session = await page.context().newCDPSession(page);
  const { width } = page.viewportSize()!;
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: width / 2, y: 300, data });
  }
}

/** Opens the page at its root, or where `fragment` leads. */
export async function open(page: Page, fragment = "") {
  await page.goto(`./${fragment}`);
  await expect(page.getByTestId("status")).toContainText("Ready");
}

/** Waits until every file has been read. */
export async function allRead(page: Page, count: number) {
  // Under load a session of hundreds of files takes longer than a click.
  await expect(page.getByTestId("session-file")).toHaveCount(count, { timeout: 30_000 });
  await expect(page.locator("[data-testid=session-file][data-state=parsing]")).toHaveCount(0, { timeout: 30_000 });
}

/** Opens the dialog about files that the browser keeps. */
export async function openKept(page: Page) {
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette-input").fill("keep files");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("keep-dialog")).toBeVisible();
}

/** Lets a worker's program end as it does when its memory is full: an error that nothing in it catches. */
export const exhaust = (worker: Worker) => worker.evaluate(() => { void Promise.reject(new RangeError("out of memory")); });
