// The site on hosts of any kind: in a folder, with wrong types, without a network after the first visit, replaced by a newer
// build, and opened by people who were never here. Nothing may break the page's policy.
import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import path from "node:path";
import { dist, files, host, newerWorker } from "./host";
import { allRead, drop, fixture, heaps } from "./page";
import { stranger } from "./share-page";

test.use({ serviceWorkers: "allow" });

const leak = heaps("leak-retained/go1.27.3");
const trace = fixture("go/leak-retained/go1.27.3/trace.out");

/** What a browser complains of. */
function complaints(page: Page) {
  const heard: string[] = [];
  page.on("console", (message) => { if (message.type() === "error" || /Content Security|integrity/i.test(message.text())) heard.push(message.text()); });
  page.on("pageerror", (error) => heard.push(error.message));
  return heard;
}

async function finds(page: Page) {
  await drop(page, leak);
  await allRead(page, 6);
  await expect(page.getByTestId("finding").first()).toContainText("main.initSession");
}

/** Waits until the browser has its copy of the site. */
const isKept = (page: Page) => page.evaluate(async () => { await navigator.serviceWorker.ready; });

test("in a sub-folder all that is asked for lies in it", async ({ page }) => {
  const site = await host({ folder: "/some/deep/folder/" });
  const heard = complaints(page);
  await page.goto(site.address);
  await finds(page);
  await page.getByTestId("export").click();
  await expect(page.getByTestId("export-dialog").getByRole("heading", { name: "All of it" })).toBeVisible();
  await isKept(page);
  const known = new Set(files().map((name) => `/some/deep/folder/${name}`)).add("/some/deep/folder/");
  expect(site.asked.filter((asked) => !known.has(asked))).toEqual([]);
  expect(heard).toEqual([]);
  await site.stop();
});

for (const type of ["application/octet-stream", "text/plain"]) {
  test(`a host that says modules are ${type} is only slower`, async ({ page }) => {
    const site = await host({ wasm: type });
    await page.goto(site.address);
    await finds(page);
    // The worker of traces starts its module by itself.
    await drop(page, [trace]);
    await allRead(page, 7);
    await site.stop();
  });
}

test("after the first visit the site opens without a network, all of it", async ({ page, context }) => {
  const site = await host({ folder: "/kept/" });
  await page.goto(site.address);
  await isKept(page);
  await site.stop();
  const again = await context.newPage();
  const heard = complaints(again);
  await again.goto(`${site.address}#v=1&view=heap`);
  await finds2(again);
  // What this visit never needed before: another worker, the dialog of exports, a sample.
  await again.getByTestId("export").click();
  await expect(again.getByTestId("export-dialog").getByRole("heading", { name: "All of it" })).toBeVisible();
  await again.getByTestId("export-dialog").getByText("Close").click();
  const waits = again.waitForEvent("download");
  await again.getByTestId("export").click();
  await again.getByTestId("export-report").click();
  expect((await waits).suggestedFilename()).toMatch(/\.html$/);
  const third = await context.newPage();
  await third.goto(site.address);
  await third.locator("[data-testid=sample][data-name=leak-retained]").click();
  await expect(third.getByTestId("finding").first()).toHaveAttribute("data-rule", "heap-leak");
  expect(heard).toEqual([]);
});

async function finds2(page: Page) {
  await drop(page, leak);
  await allRead(page, 6);
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
}

test("a newer build is offered, and taken only when the reader says so", async ({ page }) => {
  const site = await host();
  await page.goto(site.address);
  await isKept(page);
  await page.reload();
  await finds(page);
  await expect(page.getByTestId("update")).toHaveCount(0);
  site.changed.set("sw.js", newerWorker());
  await page.evaluate(async () => { await (await navigator.serviceWorker.ready).update(); });
  await expect(page.getByTestId("update")).toContainText("A newer Poolscope is here");
  // In the middle of an analysis nothing happens by itself.
  await expect(page.getByTestId("finding").first()).toContainText("main.initSession");
  await page.getByTestId("update-later").click();
  await expect(page.getByTestId("update")).toHaveCount(0);
  await page.reload();
  const reloads = page.waitForEvent("load");
  await page.getByTestId("update-take").click();
  await reloads;
  await expect(page.getByTestId("status")).toContainText("Ready");
  await expect.poll(() => page.evaluate(async () => (await caches.keys()).some((name) => name.endsWith("of tomorrow")))).toBe(true);
  await expect(page.getByTestId("update")).toHaveCount(0);
  await site.stop();
});

test("a copy that is not whole is not kept, and the page works by its network", async ({ page }) => {
  const site = await host();
  const name = files().find((file) => file.endsWith("trace-worker_bg.wasm"))!;
  site.changed.set(name, Buffer.concat([readFileSync(path.join(dist, name)), Buffer.from([0])]));
  await page.goto(site.address);
  const ends = await page.evaluate(async () => {
    const registration = await new Promise<ServiceWorkerRegistration>((done) => {
      const look = async () => { const found = await navigator.serviceWorker.getRegistration(); found?.installing || found?.active ? done(found) : setTimeout(look, 50); };
      look();
    });
    const worker = registration.installing ?? registration.active!;
    return new Promise((done) => {
      const look = () => { if (/redundant|activated/.test(worker.state)) done(worker.state); };
      worker.addEventListener("statechange", look);
      look();
    });
  });
  expect(ends).toBe("redundant");
  expect(await page.evaluate(() => caches.keys())).toEqual([]);
  await finds(page);
  await site.stop();
});

test("a changed module is not run", async ({ page }) => {
  const site = await host();
  const name = files().find((file) => file.endsWith("heap-worker_bg.wasm"))!;
  site.changed.set(name, Buffer.concat([readFileSync(path.join(dist, name)), Buffer.from([0, 1, 0])]));
  await page.goto(site.address);
  await expect(page.getByTestId("engine-died")).toContainText("could not be fetched");
  await site.stop();
});

test("files that the system shares to the installed page are opened", async ({ page, context }) => {
  const site = await host({ folder: "/app/" });
  await page.goto(site.address);
  await isKept(page);
  // The browser's share sheet posts a form.
  const other = await context.newPage();
  await other.setContent(`<form method="post" enctype="multipart/form-data" action="${site.address}handed"><input type="file" name="files" multiple><button>Share</button></form>`);
  await other.locator("input").setInputFiles([{ name: "shared & <b>.pb.gz", mimeType: "application/gzip", buffer: readFileSync(leak[5]) }]);
  await other.getByText("Share").click();
  await allRead(other, 1);
  expect(other.url().split("#")[0]).toBe(site.address);
  await expect(other.locator("[data-testid=session-file]")).toHaveAttribute("data-name", "shared & <b>.pb.gz");
  await other.reload();
  await expect(other.getByTestId("drop-zone")).toBeVisible();
  await site.stop();
});

test("the manifest is one that browsers install", async ({ page, baseURL }) => {
  await page.goto(baseURL!);
  const session = await page.context().newCDPSession(page);
  const { errors, data } = await session.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data!);
  expect(JSON.stringify(manifest.file_handlers)).toMatch(/\.pb\.gz.*\.pooltrace.*\.poolscope.*\.out/);
  for (const { src } of manifest.icons) expect((await page.request.get(new URL(src, baseURL!).href)).status(), src).toBe(200);
});

test("a walk through all views breaks no rule of the policy, in a profile that was never here", async ({ browser, baseURL }) => {
  const page = await stranger(browser, baseURL!);
  const heard = complaints(page);
  await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => console.error(`Content Security: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
  await page.goto("./");
  await expect(page.getByTestId("status")).toContainText("Ready");
  await drop(page, [...leak, fixture("go_gc/gogc.gctrace.txt"), fixture("go/custom-pool-lock/go1.27.3/mutex.5.pb.gz"), fixture("go/custom-pool-lock/go1.27.3/block.5.pb.gz"), path.join(dist, "samples/order-service/orders.pooltrace"), trace]);
  await allRead(page, 11);
  for (const view of ["findings", "heap", "timeline", "states", "contention", "gc", "files"]) {
    await page.getByTestId(`tab-${view}`).click();
    await page.waitForTimeout(300);
    const tabs = page.locator("main [role=tab], main .subtabs button");
    for (let at = 0; at < await tabs.count(); at++) {
      if (await tabs.nth(at).isVisible()) await tabs.nth(at).click();
      await page.waitForTimeout(150);
    }
  }
  await page.getByTestId("share").click();
  await page.waitForTimeout(300);
  await page.keyboard.press("Escape");
  expect(heard).toEqual([]);
  // The rules are there to be broken.
  await page.evaluate(() => { const script = document.createElement("script"); script.textContent = "globalThis.ran = 1"; document.head.append(script); });
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  expect(await page.evaluate(() => (globalThis as any).ran)).toBeUndefined();
  await page.context().close();
});
