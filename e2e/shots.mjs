import { chromium } from "@playwright/test";
const [,, prefix, scheme, fragment, ...files] = process.argv;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox","--disable-gpu"] });
const page = await browser.newPage({ baseURL: "http://127.0.0.1:8377/", viewport: { width: Number(process.env.W ?? 1440), height: Number(process.env.H ?? 1000) }, colorScheme: scheme });
page.on("console", m => console.log("console:", m.text())); page.on("pageerror", e => console.log("error:", e.message));
await page.goto("./" + fragment);
await page.getByTestId("status").filter({ hasText: "Ready" }).waitFor();
const s = await page.context().newCDPSession(page);
for (const type of ["dragEnter","dragOver","drop"]) await s.send("Input.dispatchDragEvent", { type, x: 700, y: 300, data: { items: [], files, dragOperationsMask: 1 } });
await page.waitForTimeout(Number(process.env.WAIT ?? 2500));
for (const step of (process.env.STEPS ?? "").split(";").filter(Boolean)) { await page.locator(step).first().click(); await page.waitForTimeout(700); }
await page.screenshot({ path: `/tmp/gopools-shots/${prefix}.png`, fullPage: !!process.env.FULL });
console.log(await page.getByTestId("session-file").count(), await page.url());
await browser.close();
