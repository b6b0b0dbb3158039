// Links that fetch files: from the page's own host at once, from others after a click, each failure in words of its own.
import { expect, test, type Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { allRead, heaps } from "./page";

const [first, second] = heaps("leak-retained/go1.22.10");
const hash = (file: string) => createHash("sha256").update(gunzipSync(readFileSync(file))).digest("hex");
const away = "https://dumps.example";

/** Another host, as the test says; gives the requests that it saw. */
async function host(page: Page) {
  const seen: string[] = [];
  await page.route(`${away}/**`, async (route) => {
    const url = new URL(route.request().url());
    seen.push(`${route.request().method()} ${url.pathname}`);
    const cors = { "access-control-allow-origin": "*" };
    const body = readFileSync(url.pathname.includes("second") ? second : first);
    if (url.pathname.startsWith("/gone")) return route.fulfill({ status: 404, headers: cors });
    if (url.pathname.startsWith("/secret")) return route.fulfill({ status: 403, headers: cors });
    if (url.pathname.startsWith("/broken")) return route.fulfill({ status: 502, headers: cors });
    if (url.pathname.startsWith("/huge")) return route.fulfill({ status: 200, headers: { ...cors, "access-control-expose-headers": "content-length", "content-length": "9000000000" }, body });
    if (url.pathname.startsWith("/dead")) return route.abort("namenotresolved");
    if (url.pathname.startsWith("/slow")) { await new Promise((wait) => setTimeout(wait, 20_000)); return route.fulfill({ headers: cors, body }).catch(() => {}); }
    if (url.pathname.startsWith("/closed")) return route.request().method() === "HEAD" ? route.fulfill({ status: 200 }) : route.abort("failed");
    return route.fulfill({ status: 200, headers: cors, body });
  });
  return seen;
}
const link = (...files: [string, string?][]) => `#v=1&view=findings${files.map(([url, hash]) => `&url=${encodeURIComponent(url)}${hash ? `&hash=${hash}` : ""}`).join("")}`;
const row = (page: Page, at = 0) => page.getByTestId("remote-file").nth(at);

test("from another host nothing is fetched before the click; then all is, checked, and the link stays", async ({ page }) => {
  const seen = await host(page);
  await page.goto(`./${link([`${away}/first.pb.gz`, hash(first)], [`${away}/second.pb.gz`, hash(second).slice(0, 16)])}`);
  await expect(page.getByTestId("remote")).toContainText("2 files at dumps.example");
  await page.waitForTimeout(500);
  expect(seen).toEqual([]);
  await page.getByTestId("remote-fetch").click();
  await allRead(page, 2);
  expect(seen).toEqual(["GET /first.pb.gz", "GET /second.pb.gz"]);
  await expect(row(page)).toContainText("the bytes that the link names");
  await expect(row(page, 1)).toContainText("the bytes that the link names");
  await expect(page.getByTestId("verdict")).toContainText("5.0 MB");
  expect(page.url()).toContain(`&url=${away}/first.pb.gz&hash=${hash(first)}`);
});

test("from the page's own host files come by themselves", async ({ page }) => {
  const samples = await (await page.request.get("./samples/samples.json")).json();
  const sample = samples[0];
  await page.goto(`./${link(...sample.files.map(({ name }: { name: string }) => [`./samples/${sample.name}/${name}`] as [string]))}`);
  await allRead(page, sample.files.length);
  await expect(page.getByTestId("remote")).toHaveCount(0);
});

for (const [what, url, words] of [
  ["not there", `${away}/gone.pb.gz`, "has no such file (404)"],
  ["forbidden", `${away}/secret.pb.gz`, "only to those it knows (403)"],
  ["a broken server", `${away}/broken.pb.gz`, "failed (502)"],
  ["too large", `${away}/huge.pb.gz`, "more than a tab can hold"],
  ["no such host", `${away}/dead.pb.gz`, "does not answer"],
  ["CORS", `${away}/closed.pb.gz`, "CORS"],
] as [string, string, string][]) {
  test(`${what}: said in words of its own`, async ({ page }) => {
    await host(page);
    await page.goto(`./${link([url], [`${away}/second.pb.gz`])}`);
    await page.getByTestId("remote-fetch").click();
    await expect(row(page)).toContainText(words);
    // The others come.
    await allRead(page, 1);
  });
}

test("plain http, other schemes and nonsense are refused before anything is asked", async ({ page }) => {
  const seen = await host(page);
  await page.goto(`./${link(["http://dumps.example/a"], ["javascript:alert(1)"], ["data:text/plain,x"], ["https://"], [`${away}/<img src=x onerror=alert(1)>`])}`);
  await expect(row(page)).toContainText("plain http");
  await expect(row(page, 1)).toContainText("not by javascript:");
  await expect(row(page, 2)).toContainText("not by data:");
  await expect(row(page, 3)).toContainText("no address");
  await expect(page.getByTestId("remote-fetch")).toContainText("Fetch 1 file");
  expect(await page.locator("img").count()).toBe(0);
  expect(seen).toEqual([]);
});

test("other bytes than the link names are told", async ({ page }) => {
  await host(page);
  await page.goto(`./${link([`${away}/first.pb.gz`, hash(second)])}`);
  await page.getByTestId("remote-fetch").click();
  await allRead(page, 1);
  await expect(row(page)).toContainText(`Not the bytes that the link names: their SHA-256 begins with ${hash(first).slice(0, 12)}`);
});

test("a fetch can be cancelled", async ({ page }) => {
  await host(page);
  await page.goto(`./${link([`${away}/slow.pb.gz`])}`);
  await page.getByTestId("remote-fetch").click();
  await page.getByTestId("remote-cancel").click();
  await expect(row(page)).toContainText("Cancelled");
  await expect(page.getByTestId("session-file")).toHaveCount(0);
});
