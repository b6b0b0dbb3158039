// What every view is looked at with stands in the address: a link of it shows the same, and so do reload, back and forward.
import { expect, test } from "@playwright/test";
import { allRead, drop, fixture, heaps, open } from "./page";
import { filesIn } from "./share-page";

const run = (name: string) => fixture(`go/leak-retained/go1.27.3/${name}`);
const files = [...heaps("leak-retained/go1.27.3"), run("trace.out"), run("gctrace.txt"), run("memstats.jsonl")];

/** Pairs of an address that views have for themselves. */
const views: [string, string[]][] = [
  ["findings", ["finding=1"]],
  ["findings", ["page=path"]],
  ["findings", ["page=thresholds", "th=heap-leak-min-bytes:1"]],
  ["findings", ["page=notes", "notes=w:see%2520this"]],
  ["heap", ["type=alloc_space", "base=heap.1.pb.gz", "cur=heap.3.pb.gz", "focus=main", "gran=lines", "sort=cum", "asc=1", "q=main"]],
  ["heap", ["tab=flame", "type=inuse_objects", "base=-", "relative=1", "zoom=250000000000,750000000000", "inv=1"]],
  ["heap", ["tab=sandwich", "ignore=runtime", "noinlines=1", "sel=main.initSession"]],
  ["heap", ["tab=graph", "normalize=1", "dropneg=1", "sel=main.initSession"]],
  ["heap", ["tab=growth", "sel=main.initSession"]],
  ["timeline", ["at=w1000000-200000000%3Br2000000-100000000%3Bs3000000-4000000"]],
  ["timeline", ["lanes=goroutines"]],
  ["contention", ["by=count"]],
  ["gc", ["by=pause"]],
  ["files", ["page=clock"]],
  ["files", ["page=groups", "grp=heap.0.pb.gz:a%3Bheap.1.pb.gz:b"]],
  ["files", ["page=capture", "pick=snapshots:7"]],
];

for (const [view, pairs] of views) {
  test(`${view} ${pairs.join(" ")}: kept in the address over reload, another view, back and forward`, async ({ page }) => {
    await open(page);
    await drop(page, files);
    await allRead(page, files.length);
    await page.evaluate((fragment) => { location.hash = fragment; }, `#v=1&view=${view}&${pairs.join("&")}`);
    await expect.poll(() => filesIn(page.url()).length).toBe(files.length);
    const own = () => page.url().split("#")[1].split("&").filter((pair) => !/^(v|view|files)=/.test(pair)).sort();
    const isOn = async () => {
      await expect(page.getByTestId(`tab-${view}`)).toHaveAttribute("aria-selected", "true");
      await expect.poll(own).toEqual([...pairs].sort());
    };
    await isOn();
    expect(page.url().length - page.url().indexOf("#")).toBeLessThan(2048);
    const other = view === "files" ? "gc" : "files";
    await page.getByTestId(`tab-${other}`).click();
    await expect(page.getByTestId(`tab-${other}`)).toHaveAttribute("aria-selected", "true");
    await page.goBack();
    await isOn();
    await page.goForward();
    await expect(page.getByTestId(`tab-${other}`)).toHaveAttribute("aria-selected", "true");
    await page.goBack();
    await isOn();
    await page.reload();
    await expect(page.getByTestId("needed")).toHaveCount(files.length);
    await drop(page, files);
    await allRead(page, files.length);
    await expect(page.getByTestId("missing")).toHaveCount(0);
    await isOn();
  });
}
