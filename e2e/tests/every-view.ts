// Every view, sheet and state of the page, and the files that fill it: for pictures, and for what must hold of all of them.
import { expect, type Page } from "@playwright/test";
import { badFiles } from "./bad";
import { fixture, heaps, openKept } from "./page";

/** Name of a sight, the address that leads there, and what is done there before it is looked at. */
export type Sight = [name: string, fragment: string, act?: (page: Page) => Promise<unknown>];
/** A session and what is seen of it. */
export type Stage = { files: string[]; sights: Sight[] };

const run = "leak-retained/go1.27.3";
const held = (name: string) => fixture(`go/custom-pool-lock/go1.27.3/${name}`);
const key = (page: Page, name: string) => page.getByTestId("timeline").press(name);
const click = (id: string) => (page: Page) => page.getByTestId(id).first().click();
const traceTabs = ["stops", "gc", "mmu", "purges", "gets", "inits", "escapes", "goroutines", "regions", "objects", "events", "pins"];

const noFiles: Sight[] = [
  ["empty", ""],
  ["empty-capture", "view=files&page=capture"],
  ["empty-missing", "view=heap&files=heap.0.pb.gz:4096.0123456789abcdef;heap.1.pb.gz:4096.fedcba9876543210"],
  ["empty-keep", "", openKept],
];

const profiles: Sight[] = [
  ["findings", "view=findings"],
  ["findings-second", "view=findings&finding=1"],
  ["findings-path", "view=findings&page=path"],
  ["findings-thresholds", "view=findings&page=thresholds"],
  ["findings-notes", "view=findings&page=notes"],
  ["table", "view=heap&sel=main.initSession"],
  ["table-delta", "view=heap&sort=delta&gran=lines"],
  ["table-nothing", "view=heap&focus=nothing_like_this"],
  ["flame", "view=heap&tab=flame&sel=main.initSession"],
  ["flame-value", "view=heap&tab=flame&mode=value&up=1"],
  ["flame-change", "view=heap&tab=flame&mode=change"],
  ["flame-zoom", "view=heap&tab=flame&zoom=600000000000,1000000000000&q=flate", (page) => page.getByTestId("flame").hover({ position: { x: 200, y: 60 } })],
  ["flame-leaves", "view=heap&tab=flame&inv=1&mode=value"],
  ["flame-twin", "view=heap&tab=flame", (page) => page.getByText("As a table").click()],
  ["sandwich", "view=heap&tab=sandwich&sel=sync.(*Pool).Get"],
  ["sandwich-none", "view=heap&tab=sandwich"],
  ["graph", "view=heap&tab=graph&sel=main.initSession", (page) => page.getByText("As a table").click()],
  ["growth", "view=heap&tab=growth&sel=main.initSession", (page) => page.getByTestId("growth").hover({ position: { x: 190, y: 100 } })],
  ["escape-none", "view=heap&tab=escape"],
  ["goroutines", "view=heap&cur=goroutine.5.pb.gz"],
  ["cpu-flame", "view=heap&tab=flame&cur=cpu.4.pb.gz"],
  ["one-snapshot", "view=heap&tab=growth&cur=cpu.4.pb.gz"],
  ["filter-error", "view=heap&focus=main", async (page) => { await page.getByTestId("filter-input").fill("hide: ("); await page.getByTestId("filter-input").press("Enter"); }],
  ["options", "view=heap&noinlines=1", click("options")],
  ["timeline", "view=timeline"],
  ["states", "view=states"],
  ["contention", "view=contention"],
  ["gc", "view=gc"],
  ["files", "view=files"],
  ["clock", "view=files&page=clock"],
  ["groups-none", "view=files&page=groups"],
  ["capture", "view=files&page=capture"],
  ["palette", "view=heap", async (page) => { await page.keyboard.press("Control+k"); await page.keyboard.type("init"); }],
  ["keys", "view=heap", (page) => page.keyboard.press("?")],
  ["share", "view=findings", click("share")],
  ["export", "view=findings", async (page) => { await page.getByTestId("export").click(); await expect(page.getByTestId("export-dialog")).toBeVisible(); }],
  ["keep", "view=findings", openKept],
];

const trace: Sight[] = [
  ["trace-all", "view=timeline"],
  ["trace-purge", "view=timeline", async (page) => { await key(page, "p"); await page.getByTestId("timeline").hover({ position: { x: 300, y: 150 } }); }],
  ["trace-slow-get", "view=timeline", (page) => key(page, "g")],
  ["trace-microsecond", "view=timeline", async (page) => { await key(page, "g"); for (let turn = 0; turn < 30; turn += 1) await key(page, "w"); }],
  ["trace-woken", "view=timeline", async (page) => { for (const name of ["g", "u", "s", "s"]) await key(page, name); }],
  ["trace-twin", "view=timeline", click("timeline-twin")],
  ["trace-profiles", "view=timeline", click("timeline-profiles")],
  ["trace-pin", "view=timeline", (page) => key(page, "n")],
  ...traceTabs.map((tab): Sight => [`trace-${tab}`, "view=timeline", click(`trace-tab-${tab}`)]),
];

const pools: Sight[] = [
  ["states-leak", "view=states&pool=orders"],
  ["states-life", "view=states&pool=orders&pick=active&object=22"],
  ["states-moment", "view=states&pool=orders&moment=1000000000"],
  ["states-window", "view=states&pool=orders&window=700000000,1700000000", click("histogram")],
  ["states-twin", "view=states&pool=orders&twin=1"],
  ["states-all", "view=states&pool=*"],
];

const everyKind: Sight[] = [
  ["all-findings", "view=findings"],
  ["all-path", "view=findings&page=path"],
  ["all-contention", "view=contention"],
  ["all-lock", "view=contention", (page) => page.getByTestId("locks").getByRole("link").nth(1).click()],
  ["all-race", "view=contention", (page) => page.getByTestId("races").locator("tbody").getByRole("link").first().click()],
  ["all-gc", "view=gc"],
  ["all-gc-forced", "view=gc&pick=forced"],
  ["all-escape", "view=heap&tab=escape"],
  ["all-clock", "view=files&page=clock"],
  ["all-groups", "view=files&page=groups", async (page) => {
    const marks = page.locator("[data-pair=grp]");
    const files = page.getByTestId("groups-files");
    if (await files.getAttribute("open") === null) await files.locator("summary").click();
    await marks.first().selectOption({ index: 1 });
    await expect(marks.last()).toBeVisible();
    await marks.last().selectOption({ index: 2 });
  }],
  ["all-files", "view=files"],
];

/** Sessions by what is in them. */
export const stages: Record<string, Stage> = {
  "no file": { files: [], sights: noFiles },
  "profiles": {
    files: [...heaps(run), ...["goroutine.5", "mutex.5", "block.5", "cpu.4"].map((name) => fixture(`go/${run}/${name}.pb.gz`))],
    sights: profiles,
  },
  "a trace": { files: [fixture(`go/${run}/trace.out`), ...heaps(run)], sights: trace },
  "pools": { files: [fixture("pool/leak/orders.pooltrace")], sights: pools },
  "every kind": {
    files: [
      ...["goroutine.0.pb.gz", "goroutine.5.pb.gz", "goroutine.5.debug2.txt", "mutex.0.pb.gz", "mutex.5.pb.gz", "block.0.pb.gz", "block.5.pb.gz", "heap.0.pb.gz", "heap.5.pb.gz"].map(held),
      ...["gctrace.txt", "memstats.jsonl"].map((name) => fixture(`go/pool-miss-gc/go1.27.3/${name}`)),
      ...["smaps.txt", "status.txt"].map((name) => fixture(`process/native/${name}`)),
      ...["process/cgroup/near.txt", "text/escape/churn-go1.27.3.m.txt", "text/stacks/race-go1.27.3.txt", "text/stacks/jstack-jdk25.txt", "jvm_gc/g1.jdk17.txt"].map(fixture),
    ],
    sights: everyKind,
  },
  "refused": { files: badFiles().map((bad) => bad.file), sights: [["refused", ""], ["refused-files", "view=files"]] },
};

/** Goes to a sight of what is open, and waits until nothing changes any more. */
export async function lookAt(page: Page, [, fragment, act]: Sight) {
  await page.evaluate((f) => { location.hash = `#v=1&${f}`; }, fragment);
  await page.mouse.move(0, 0);
  await settled(page);
  if (!act) return;
  await act(page);
  await settled(page);
}

/** Waits until the page has been left alone for a moment. */
const settled = (page: Page) => page.evaluate(() => new Promise<void>((done) => {
  const QUIET_MS = 400;
  let timer = setTimeout(end, QUIET_MS);
  const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(end, QUIET_MS); });
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  function end() { watch.disconnect(); done(); }
}));
