// Pictures of every view and state for people to look at: `cargo xtask screens FOLDER`.
import { test, type Page } from "@playwright/test";
import path from "node:path";
import { allRead, drop, exhaust, fixture, heaps, open } from "./page";
import { badFiles } from "./bad";

const folder = process.env.SCREENS ?? "test-results/screens";
const sizes = { wide: [1440, 900], middle: [1024, 700], phone: [400, 800] } as const;
const run = "leak-retained/go1.27.3";
const files = [...heaps(run), ...["goroutine.5", "mutex.5", "block.5", "cpu.4"].map((f) => fixture(`go/${run}/${f}.pb.gz`))];

/** Name of the picture, where it is taken, and what is done there before. */
const views: [string, string, ((page: Page) => Promise<unknown>)?][] = [
  ["findings", "view=findings"],
  ["findings-second", "view=findings&finding=1"],
  ["table", "view=heap&sel=main.initSession"],
  ["table-delta", "view=heap&sort=delta&gran=lines"],
  ["table-nothing", "view=heap&focus=nothing_like_this"],
  ["flame", "view=heap&tab=flame&sel=main.initSession"],
  ["flame-value", "view=heap&tab=flame&mode=value&up=1"],
  ["flame-change", "view=heap&tab=flame&mode=change"],
  ["flame-zoom", "view=heap&tab=flame&zoom=600000000000,1000000000000&q=flate", (page) => page.getByTestId("flame").hover({ position: { x: 200, y: 60 } })],
  ["flame-leaves", "view=heap&tab=flame&inv=1&mode=value"],
  ["sandwich", "view=heap&tab=sandwich&sel=sync.(*Pool).Get"],
  ["sandwich-none", "view=heap&tab=sandwich"],
  ["graph", "view=heap&tab=graph&sel=main.initSession"],
  ["growth", "view=heap&tab=growth&sel=main.initSession", (page) => page.getByTestId("growth").hover({ position: { x: 190, y: 100 } })],
  ["goroutines", "view=heap&cur=goroutine.5.pb.gz"],
  ["cpu-flame", "view=heap&tab=flame&cur=cpu.4.pb.gz"],
  ["one-snapshot", "view=heap&tab=growth&cur=cpu.4.pb.gz"],
  ["filter-error", "view=heap&focus=main", async (page) => { await page.getByTestId("filter-input").fill("hide: ("); await page.getByTestId("filter-input").press("Enter"); }],
  ["options", "view=heap&noinlines=1", (page) => page.getByTestId("options").click()],
  ["timeline", "view=timeline"],
  ["states", "view=states"],
  ["contention", "view=contention"],
  ["gc", "view=gc"],
  ["files", "view=files"],
  ["palette", "view=heap", async (page) => { await page.keyboard.press("Control+k"); await page.keyboard.type("init"); }],
  ["keys", "view=heap", (page) => page.keyboard.press("?")],
];

/** The same for the views of a trace, once there is one. */
const traceViews: typeof views = [
  ["trace-all", "view=timeline"],
  ["trace-purge", "view=timeline", async (page) => { await press(page, "p"); await page.getByTestId("timeline").hover({ position: { x: 300, y: 150 } }); }],
  ["trace-slow-get", "view=timeline", (page) => press(page, "g")],
  ["trace-microsecond", "view=timeline", async (page) => { await press(page, "g"); for (let turn = 0; turn < 30; turn += 1) await press(page, "w"); }],
  ["trace-woken", "view=timeline", async (page) => { await press(page, "g"); await press(page, "u"); await press(page, "s"); await press(page, "s"); }],
  ["trace-twin", "view=timeline", (page) => page.getByTestId("timeline-twin").click()],
  ["trace-gets", "view=timeline", (page) => page.getByTestId("trace-tab-gets").click()],
  ["trace-escapes", "view=timeline", (page) => page.getByTestId("trace-tab-escapes").click()],
  ["trace-events", "view=timeline", (page) => page.getByTestId("trace-tab-events").click()],
];

/** The same for the States view, once there is a record of pools. */
const poolViews: typeof views = [
  ["states-leak", "view=states&pool=orders"],
  ["states-life", "view=states&pool=orders&pick=active&object=22"],
  ["states-moment", "view=states&pool=orders&moment=1000000000"],
  ["states-window", "view=states&pool=orders&window=700000000,1700000000", (page) => page.getByTestId("histogram").click()],
  ["states-twin", "view=states&pool=orders&twin=1"],
  ["states-all", "view=states&pool=*"],
];

const press = (page: Page, key: string) => page.getByTestId("timeline").press(key);

for (const [name, [width, height]] of Object.entries(sizes)) {
  for (const theme of ["light", "dark"] as const) {
    test(`pictures, ${name}, ${theme} @tool`, async ({ browser, baseURL }) => {
      test.setTimeout(180_000);
      const page = await browser.newPage({ baseURL, viewport: { width, height }, colorScheme: theme });
      const shot = (view: string) => page.screenshot({ path: path.join(folder, `${view}-${name}-${theme}.png`) });
      await open(page);
      await page.waitForTimeout(300);
      await shot("empty");
      await drop(page, files);
      await allRead(page, files.length);
      const shots = async (wanted: typeof views) => {
        for (const [view, fragment, act] of wanted) {
          await page.evaluate((f) => { location.hash = `#v=1&${f}`; }, fragment);
          await page.mouse.move(0, 0);
          await page.waitForTimeout(500);
          await act?.(page);
          await page.waitForTimeout(act ? 300 : 0);
          await shot(view);
          await page.keyboard.press("Escape");
        }
      };
      await shots(views);
      await drop(page, [fixture(`go/${run}/trace.out`)]);
      await allRead(page, files.length + 1);
      await shots(traceViews);
      await drop(page, [fixture("pool/leak/orders.pooltrace")]);
      await allRead(page, files.length + 2);
      await shots(poolViews);
      await drop(page, badFiles().map((bad) => bad.file));
      await allRead(page, files.length + 2 + badFiles().length);
      await page.waitForTimeout(300);
      await shot("refused");
      for (const name of ["replaced", "died"]) {
        await exhaust(page.workers().at(name === "replaced" ? 0 : -1)!);
        await page.waitForTimeout(1500);
        await shot(name);
      }
      await page.close();
    });
  }
}
