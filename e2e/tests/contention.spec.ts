// The view of what waits: locks with both sides, groups over snapshots, texts of stacks, races; by real dumps.
import { expect, test } from "@playwright/test";
import { allRead, drop, fixture, open } from "./page";

const run = (name: string) => fixture(`go/custom-pool-lock/go1.27.3/${name}`);
const snapshots = ["goroutine", "mutex", "block"].flatMap((kind) => [0, 1, 2, 3, 4, 5].map((at) => run(`${kind}.${at}.pb.gz`)));
const text = (name: string) => fixture(`text/stacks/${name}`);

test("a hand-made pool: who is stuck, who waits, who holds, and how it grows", async ({ page }) => {
  await open(page);
  await drop(page, [...snapshots, run("goroutine.5.debug2.txt"), run("heap.0.pb.gz"), run("heap.5.pb.gz")]);
  await allRead(page, snapshots.length + 3);
  const finding = page.locator("[data-testid=finding][data-rule=put-blocked]");
  await expect(finding).toHaveAttribute("data-severity", "L3");
  await expect(finding).toContainText("main.(*ChanPool).Put");
  await expect(page.locator("[data-testid=finding][data-rule=pool-contention]")).toContainText("main.(*LockedPool)");

  await page.getByTestId("tab-contention").click();
  // What is stuck in the pool is looked at first, with its whole stack and what was found of it.
  const groups = page.getByTestId("groups");
  await expect(groups.locator("tr.on")).toContainText("main.(*ChanPool).Put");
  await expect(groups.locator("tr.on")).toContainText("chan send");
  await expect(groups.locator("tr.on")).toContainText("▲ +52");
  await expect(groups.locator("tr.on")).toContainText("main.main.func1.2");
  await expect(page.getByTestId("stack")).toContainText("main.returnExtra");
  await expect(page.locator(".waitside")).toContainText("52 goroutines are blocked");

  // The lock of the other pool: both sides, with what they share marked.
  await page.getByTestId("locks").getByRole("link", { name: "main.(*LockedPool)" }).first().click();
  await expect(page).toHaveURL(/pick=lock/);
  const sides = page.getByTestId("sides").locator("> div");
  await expect(sides.nth(0)).toContainText("main.go:33");
  await expect(sides.nth(1)).toContainText("main.go:39");
  await expect(sides.nth(0).locator("li.shared").filter({ hasText: "main.queryUser" }).first()).toBeVisible();

  // Back is back, and the flame graph of that profile shows who holds.
  await page.goBack();
  await expect(groups.locator("tr.on")).toContainText("main.(*ChanPool).Put");
  await page.goForward();
  await sides.nth(1).getByRole("link", { name: "Flame graph" }).click();
  await expect(page).toHaveURL(/view=heap&tab=flame/);
  await expect(page.getByTestId("tab-heap")).toHaveAttribute("aria-selected", "true");
});

test("evidence leads to the group it speaks of", async ({ page }) => {
  await open(page);
  await drop(page, [run("goroutine.3.debug2.txt"), run("goroutine.5.debug2.txt")]);
  await allRead(page, 2);
  await page.locator("[data-testid=finding][data-rule=put-blocked]").click();
  await page.getByRole("button", { name: /Contention/ }).or(page.getByRole("link", { name: /Contention/ })).first().click();
  await expect(page.getByTestId("groups").locator("tr.on")).toContainText("main.(*ChanPool).Put");
});

test("one profile alone says what would tell more, with the command", async ({ page }) => {
  await open(page);
  await drop(page, [run("mutex.5.debug1.txt")]);
  await allRead(page, 1);
  await page.getByTestId("tab-contention").click();
  await expect(page.getByTestId("missing")).toContainText("No block profile");
  await expect(page.getByTestId("missing")).toContainText("debug/pprof/block");
  await expect(page.getByTestId("locks")).toContainText("main.(*LockedPool)");
});

test("dumps of every origin stand beside each other", async ({ page }) => {
  await open(page);
  const files = ["deadlock-go1.27.3.txt", "jstack-jdk25.txt", "gdb-order-service.txt", "race-go1.27.3.txt"];
  await drop(page, files.map(text));
  await allRead(page, files.length);
  for (const rule of ["deadlock", "data-race"]) {
    await expect(page.locator(`[data-testid=finding][data-rule=${rule}]`).first()).toHaveAttribute("data-severity", "L3");
  }
  await page.getByTestId("tab-contention").click();
  for (const title of ["Goroutines at the end of a program", "Threads", "Java threads", "Data races"]) {
    await expect(page.getByRole("heading", { name: title, exact: true })).toBeVisible();
  }
  await expect(page.locator(".waitmain")).toContainText("PoolDemo$ConnectionPool.borrow");
  await page.getByTestId("races").locator("tbody").getByRole("link").first().click();
  await expect(page).toHaveURL(/pick=race/);
});
