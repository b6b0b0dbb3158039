// The capture page: the script follows the fields, and what it says of itself is true of the script that is copied.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { allRead, drop, heaps, open } from "./page";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("the script follows what is typed, is copied whole, and is one that a shell reads", async ({ page }) => {
  await open(page, "#v=1&view=files&page=capture");
  await drop(page, heaps("healthy/go1.27.3").slice(0, 1));
  await allRead(page, 1);
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
  // All of it is in the address.
  await page.reload();
  await expect(script).toContainText("at='https://shop.example'");
});

test("a Java program needs its process, and has its own tools", async ({ page }) => {
  await open(page, "#v=1&view=files&page=capture");
  await drop(page, heaps("healthy/go1.27.3").slice(0, 1));
  await allRead(page, 1);
  await page.locator("#cap-java").check();
  await expect(page.getByTestId("capture-time")).toContainText("Name the process");
  await page.locator("#cap-process").fill("4711");
  await page.locator("#cap-process").press("Enter");
  await expect(page.getByTestId("capture-script")).toContainText("GC.class_histogram");
  await expect(page.locator("#cap-http")).toHaveCount(0);
});
