// Pictures of every view for people to look at: `cargo xtask screens FOLDER`.
import { test } from "@playwright/test";
import path from "node:path";
import { allRead, drop, heaps, fixture, open } from "./page";

const folder = process.env.SCREENS ?? "test-results/screens";
const sizes = { wide: [1440, 900], middle: [1024, 700], phone: [390, 844] } as const;

for (const [name, [width, height]] of Object.entries(sizes)) {
  for (const theme of ["light", "dark"] as const) {
    test(`pictures, ${name}, ${theme} @tool`, async ({ browser, baseURL }) => {
      const page = await browser.newPage({ baseURL, viewport: { width, height }, colorScheme: theme });
      const shot = (view: string) => page.screenshot({ path: path.join(folder, `${view}-${name}-${theme}.png`) });
      await open(page);
      await page.waitForTimeout(300);
      await shot("empty");
      const run = "leak-retained/go1.27.3";
      const files = [...heaps(run), ...["goroutine.5", "mutex.5", "block.5", "cpu.4"].map((f) => fixture(`go/${run}/${f}.pb.gz`))];
      await drop(page, files);
      await allRead(page, files.length);
      await page.waitForTimeout(500);
      await shot("findings");
      for (const [view, fragment] of [
        ["table", "view=heap&sel=main.initSession"],
        ["flame", "view=heap&tab=flame&sel=main.initSession"],
        ["flame-change", "view=heap&tab=flame&mode=change"],
        ["sandwich", "view=heap&tab=sandwich&sel=sync.(*Pool).Get"],
        ["graph", "view=heap&tab=graph&sel=main.initSession"],
        ["growth", "view=heap&tab=growth&sel=main.initSession"],
        ["goroutines", "view=heap&cur=goroutine.5.pb.gz"],
        ["contention", "view=contention"],
        ["files", "view=files"],
      ]) {
        await page.evaluate((f) => { location.hash = `#v=1&${f}`; }, fragment);
        await page.waitForTimeout(700);
        await shot(view);
      }
      await page.close();
    });
  }
}
