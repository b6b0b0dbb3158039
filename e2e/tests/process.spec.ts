// What Linux says of a process: dropped with what Go accounts for, found, and shown in GC & memory.
import { expect, test } from "@playwright/test";
import { allRead, drop, fixture, open } from "./page";

const capture = (mode: string) => ["memstats.jsonl", "smaps.txt", "heap.pb.gz"].map((file) => fixture(`process/${mode}/${file}`));

test("native memory is found, and its ranges are a click away", async ({ page }) => {
  await open(page);
  await drop(page, capture("native"));
  await allRead(page, 3);
  const finding = page.locator("[data-testid=finding][data-rule=rss-unexplained]");
  await expect(finding).toHaveAttribute("data-severity", "L3");
  await expect(finding).toContainText("is none of Go’s");

  await page.getByTestId("tab-gc").click();
  await expect(page.getByTestId("process")).toContainText("resident");
  // The same memory twice: as the kernel counts it, and as the runtime accounts for it.
  await expect(page.getByTestId("rss-counted")).toContainText("the kernel counts");
  await expect(page.getByTestId("rss-accounted")).toContainText("Go’s runtime accounts for");
  await expect(page.getByTestId("rss-areas").locator("svg path")).toHaveCount(7);
  const kinds = page.getByTestId("range-kinds");
  await expect(kinds.locator("tbody tr").first()).toContainText("other anonymous");
  await kinds.getByRole("link", { name: "other anonymous" }).click();
  const ranges = page.getByTestId("ranges");
  await expect(ranges.locator("tbody tr td:nth-child(2)").first()).toHaveText("other anonymous");
  await expect(ranges.locator("tbody tr").filter({ hasText: "Go heap" })).toHaveCount(0);
  // Sorted by address, and back to all kinds.
  await ranges.getByRole("link", { name: "Address" }).click();
  const first = await ranges.locator("tbody tr td").first().textContent();
  await ranges.getByRole("link", { name: /Address/ }).click();
  await expect(ranges.locator("tbody tr td").first()).not.toHaveText(first!);
  await page.getByRole("link", { name: "All kinds" }).click();
  await expect(ranges).toContainText("Go heap");
});

test("each reading of a series can be looked at", async ({ page }) => {
  await open(page, "#v=1&view=gc");
  await drop(page, capture("huge"));
  await allRead(page, 3);
  await page.getByTestId("tab-gc").click();
  await expect(page.getByTestId("huge-pages")).toContainText("68.0 MB of 68.0 MB resident Go heap in transparent huge pages");
  await page.getByTestId("dumps").getByRole("link", { name: "1", exact: true }).click();
  await expect(page.getByTestId("huge-pages")).toContainText("0 B of");
  await page.goBack();
  await expect(page.getByTestId("huge-pages")).toContainText("68.0 MB of");
});

test("a control group shows its parts against its limit", async ({ page }) => {
  await open(page);
  await drop(page, [fixture("process/cgroup/near.txt")]);
  await allRead(page, 1);
  await expect(page.locator("[data-testid=finding][data-rule=quota-near]")).toHaveAttribute("data-severity", "L3");
  await page.getByTestId("tab-gc").click();
  const group = page.getByTestId("cgroup");
  await expect(group).toContainText("orders.service");
  await expect(group).toContainText("512 MB memory.max, 94.9% charged");
  await expect(group).toContainText("2 processes killed");
  await expect(group.locator("[data-testid=cgroup-bar] b")).toHaveCount(1);
});

test("kernel allocations are a profile, compared like any other", async ({ page }) => {
  await open(page);
  await drop(page, [fixture("process/kernel/after.perf.txt.gz"), fixture("process/kernel/closed.perf.txt.gz")]);
  await allRead(page, 2);
  await page.getByTestId("tab-heap").click();
  await expect(page.getByRole("table").or(page.getByRole("grid")).first()).toContainText("security_inode_alloc");
});
