// Pictures of every view and state for people to look at: `cargo xtask screens FOLDER`.
import { test } from "@playwright/test";
import path from "node:path";
import { lookAt, stages } from "./every-view";
import { allRead, drop, exhaust, open } from "./page";

const folder = process.env.SCREENS ?? "test-results/screens";
const sizes = { wide: [1440, 900], middle: [1024, 700], phone: [400, 800] } as const;

for (const [name, [width, height]] of Object.entries(sizes)) {
  for (const theme of ["light", "dark"] as const) {
    test(`pictures, ${name}, ${theme} @tool`, async ({ browser, baseURL }) => {
      test.setTimeout(600_000);
      const page = await browser.newPage({ baseURL, viewport: { width, height }, colorScheme: theme });
      const shot = (view: string) => page.screenshot({ path: path.join(folder, `${view}-${name}-${theme}.png`) });
      for (const { files, sights } of Object.values(stages)) {
        await page.goto("about:blank");
        await open(page);
        if (files.length > 0) await drop(page, files);
        await allRead(page, files.length);
        for (const sight of sights) {
          await lookAt(page, sight);
          await shot(sight[0]);
          await page.keyboard.press("Escape");
        }
      }
      for (const name of ["replaced", "died"]) {
        await exhaust(page.workers().at(name === "replaced" ? 0 : -1)!);
        await page.waitForTimeout(1500);
        await shot(name);
      }
      await page.close();
    });
  }
}
