// `poolscope serve`: the page opens the command's files by itself, and grows with a program that is watched, without taking
// from the reader what they look at.
import { chromium, expect, test, type Page } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { allRead, fixture, heaps } from "./page";

const command = process.env.POOLSCOPE_COMMAND;
const dist = fileURLToPath(new URL("../../dist", import.meta.url));
test.skip(!command, "needs the command");

const ending: (() => void)[] = [];
test.afterEach(() => { for (const end of ending.splice(0)) end(); });

/** Starts the command; gives the address that it prints. */
async function serve(...args: string[]) {
  const child: ChildProcess = spawn(command!, ["serve", "--site", dist, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  ending.push(() => child.kill());
  return new Promise<string>((done, failed) => {
    child.stdout!.once("data", (line) => done(String(line).trim()));
    child.once("exit", (code) => failed(new Error(`it ended with ${code}`)));
  });
}

/** A Go program that serves its profiles: a heap that grows, six times. */
async function program(port = 0) {
  let at = 0;
  const files = heaps("leak-retained/go1.27.3");
  const server: Server = createServer((request, response) => {
    const kind = request.url!.replace("/debug/pprof/", "");
    if (kind === "heap") response.end(readFileSync(files[Math.min(at++, files.length - 1)]));
    else if (kind === "goroutine") response.end(readFileSync(fixture("go/leak-retained/go1.27.3/goroutine.5.pb.gz")));
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const end = () => { server.closeAllConnections(); server.close(); };
  ending.push(end);
  return { port: (server.address() as AddressInfo).port, end };
}

/** Everything that the page asks for, to be of its own host. */
function requests(page: Page) {
  const asked: string[] = [];
  page.on("request", (request) => { if (!/^(blob|data):/.test(request.url())) asked.push(request.url()); });
  return asked;
}

const served = (page: Page) => page.getByTestId("served");

test("files that were named open by themselves, again after a reload, and nothing else is asked for", async ({ page }) => {
  const asked = requests(page);
  const complaints: string[] = [];
  page.on("console", (message) => { if (/Content Security Policy|Refused/.test(message.text())) complaints.push(message.text()); });
  const [first, , , , , last] = heaps("leak-retained/go1.27.3");
  const address = await serve(first, last);
  await page.goto(address);
  await allRead(page, 2);
  await expect(page.getByTestId("finding").first()).toContainText("main.initSession");
  await expect(served(page)).toHaveText("");
  await expect(page.getByTestId("served-pause")).toBeHidden();
  // The token is in nothing that could be shared.
  expect(address).toContain("&serve=");
  expect(page.url()).not.toContain("serve=");
  await page.getByTestId("tab-heap").click();
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
  await page.reload();
  await allRead(page, 2);
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
  const host = new URL(address).host;
  expect(asked.filter((url) => new URL(url).host !== host)).toEqual([]);
  expect(complaints).toEqual([]);
});

test("a token of an earlier command is told in words", async ({ page }) => {
  const address = await serve(heaps("leak-retained/go1.27.3")[0]);
  await page.goto(address.replace(/serve=.*/, "serve=0123456789abcdef0123456789abcdef"));
  await expect(served(page)).toContainText("open the one that it printed last");
  await expect(page.getByTestId("session-file")).toHaveCount(0);
});

test("a page of another host asks for nothing", async () => {
  // The name is answered by this browser itself, from this machine; any other name is not.
  const { launchOptions } = test.info().project.use;
  const args = ["--host-resolver-rules=MAP poolscope.example 127.0.0.1", "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode"];
  const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions!.args!, ...args] });
  ending.push(() => void browser.close());
  const page = await browser.newPage({ serviceWorkers: "block" });
  const asked = requests(page);
  const { port } = new URL(process.env.POOLSCOPE_SITE!);
  await page.goto(`http://poolscope.example:${port}/#v=1&view=findings&serve=0123456789abcdef0123456789abcdef`);
  await expect(page.getByTestId("status")).toContainText("Ready");
  await page.waitForLoadState("networkidle");
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.filter((url) => url.includes("/session"))).toEqual([]);
});

test("a watched program's snapshots come as it runs; what the reader looks at stays", async ({ page }) => {
  const watched = await program();
  await page.goto(await serve("--watch", `http://localhost:${watched.port}`, "--every", "1s"));
  const count = async () => Number(/(\d+) snapshots?/.exec((await served(page).textContent()) ?? "")?.[1] ?? 0);
  await expect(served(page)).toContainText(`Watching localhost:${watched.port}: `);
  await expect.poll(count, { timeout: 30_000 }).toBeGreaterThan(2);
  await expect(page.locator("[data-testid=session-file][data-name='heap.0003.pb.gz'][data-state=ready]")).toBeVisible();

  // The reader has a place of their own.
  await page.getByTestId("tab-heap").click();
  const row = page.locator("tr[data-name='main.initSession']");
  await row.click();
  await expect(row).toHaveClass(/on/);
  await page.locator("[data-testid=session-file][data-name='heap.0002.pb.gz'] .nm").click();
  await page.getByTestId("tab-heap").focus();
  const before = await count();
  const place = await page.evaluate(() => location.hash.split("&files=")[0]);
  await expect.poll(count, { timeout: 30_000 }).toBeGreaterThan(before + 1);
  await expect(page.locator(`[data-testid=session-file][data-name='heap.000${before + 1}.pb.gz'][data-state=ready]`)).toBeVisible();
  expect(await page.evaluate(() => location.hash.split("&files=")[0])).toBe(place);
  await expect(row).toHaveClass(/on/);
  await expect(page.getByTestId("tab-heap")).toBeFocused();

  // Paused, nothing comes; the button keeps the focus, and goes on.
  await page.getByTestId("served-pause").click();
  await expect(served(page)).toContainText("paused");
  const paused = await count();
  await page.waitForTimeout(2500);
  expect(await count()).toBe(paused);
  await expect(page.getByTestId("served-pause")).toBeFocused();
  await expect(page.getByTestId("served-pause")).toHaveText("Go on");
  await page.keyboard.press("Enter");
  await expect.poll(count, { timeout: 30_000 }).toBeGreaterThan(paused);

  // The program goes away, and comes back.
  watched.end();
  await expect(served(page)).toContainText(`localhost:${watched.port} is not there (connection refused).`, { timeout: 30_000 });
  const had = await count();
  await program(watched.port);
  await expect.poll(count, { timeout: 30_000 }).toBeGreaterThan(had);
  await expect(served(page)).toContainText("Watching");
});

test("snapshots that the command thins out leave the page; one that is looked at stays", async ({ page }) => {
  const watched = await program();
  const file = (name: string) => page.locator(`[data-testid=session-file][data-name='${name}.pb.gz'][data-state=ready]`);
  await page.goto(await serve("--watch", `http://localhost:${watched.port}`, "--every", "2s", "--keep", "6"));
  await expect(file("heap.0002")).toBeVisible({ timeout: 30_000 });
  // Nothing goes while it is chosen, however slow the machine is.
  await page.getByTestId("served-pause").click();
  await expect(served(page)).toContainText("paused");
  await file("heap.0002").locator(".nm").click();
  await expect(page).toHaveURL(/cur=heap\.0002\.pb\.gz/);
  await page.getByTestId("served-pause").click();
  await expect(file("heap.0007")).toBeVisible({ timeout: 40_000 });
  await expect(file("goroutine.0002")).toHaveCount(0);
  await expect(file("heap.0004")).toHaveCount(0);
  await expect(file("heap.0001")).toHaveCount(1);
  await expect(file("heap.0002")).toHaveCount(1);
});
