// The capture page, before any file is open: the script follows the fields, and what it says of itself is true of what is copied.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { allRead, drop, heaps, open } from "./page";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("the empty page leads to the script, which is copied whole, is one that a shell reads, and stays over a reload", async ({ page }) => {
  await open(page);
  await page.getByTestId("capture").click();
  const script = page.getByTestId("capture-script");
  await expect(script).toContainText("at='http://localhost:6060'");
  await expect(page.getByTestId("capture-time")).toContainText("It waits 5 min in all");
  // As people paste it.
  await page.locator("#cap-http").fill("https://shop.example/debug/pprof/heap?debug=1");
  await page.locator("#cap-http").press("Enter");
  await expect(script).toContainText("at='https://shop.example'");
  await page.locator("#cap-process").fill("it's $(mine)");
  await page.locator("#cap-process").press("Enter");
  await expect(script).toContainText(`process='it'\\''s $(mine)'`);
  await page.locator("#cap-trace").fill("0");
  await page.locator("#cap-trace").press("Enter");
  await expect(script).toContainText("trace=0");
  await page.getByRole("button", { name: "Copy the script" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await script.textContent());
  execFileSync("sh", ["-n"], { input: copied });
  await page.reload();
  await expect(script).toContainText("at='https://shop.example'");
  await page.getByRole("link", { name: "Back" }).click();
  await expect(page.getByTestId("sample").first()).toBeVisible();
});

test("a Java program needs its process, and has its own tools", async ({ page }) => {
  await open(page, "#v=1&view=files&page=capture");
  await page.locator("#cap-java").check();
  await expect(page.getByTestId("capture-time")).toContainText("Name the process");
  await page.locator("#cap-process").fill("4711");
  await page.locator("#cap-process").press("Enter");
  await expect(page.getByTestId("capture-script")).toContainText("GC.class_histogram");
  await expect(page.locator("#cap-http")).toHaveCount(0);
  await page.locator("#cap-java").uncheck();
  await expect(page.locator("#cap-http")).toHaveCount(1);
});

test("what is dropped on it is judged, and it is there beside files too", async ({ page }) => {
  await open(page, "#v=1&view=files&page=capture&pick=snapshots:7");
  await expect(page.locator("#cap-snapshots")).toHaveValue("7");
  await drop(page, heaps("leak-retained/go1.27.3"));
  await allRead(page, 6);
  await expect(page.getByTestId("verdict")).toContainText("main.initSession");
  await page.getByTestId("tab-files").click();
  await page.getByTestId("page-capture").click();
  await page.locator("#cap-every").fill("10");
  await page.locator("#cap-every").press("Enter");
  await expect(page.getByTestId("capture-time")).toContainText("It waits 45 s in all");
});
