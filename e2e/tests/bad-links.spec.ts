// Links and bundles that are not what they should be, and browsers that keep nothing: each is said in words, and what is loaded
// stays. What a cut and an edited analysis say is in notes.spec.ts, files that changed are in share.spec.ts.
import { expect, test, type Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { allRead, drop, heaps, open, openKept } from "./page";

const run = heaps("leak-retained/go1.22.10");
const verdict = (page: Page) => expect(page.getByTestId("verdict")).toContainText("main.initSession");

/** An analysis as a link has it: version, checksum, deflated bytes. */
function sealed(version: number, bytes: Buffer) {
  const sum = createHash("sha256").update(Buffer.from([version])).update(bytes).digest().subarray(0, 4);
  return Buffer.concat([Buffer.from([version]), sum, deflateRawSync(bytes)]).toString("base64url");
}

const bad: [what: string, pairs: () => string, words: RegExp][] = [
  ["an analysis of a format to come", () => `v=1&view=findings&a=${sealed(2, Buffer.from("to come"))}`, /has format 2, and this page reads formats up to 1/],
  ["an analysis that inflates to 64 MB", () => `v=1&view=findings&a=${sealed(1, Buffer.alloc(64 << 20))}`, /says that it holds more than \d+ .* which no analysis does/],
  ["an analysis of columns that claim what is not there", () => `v=1&view=findings&a=${sealed(1, Buffer.from("ffffffffffff0f", "hex"))}`, /damaged/],
  ["a view of a version to come", () => "v=9&view=heap", /has version 9, and this page reads links up to version 1/],
];

for (const [what, pairs, words] of bad) {
  test(`${what} is refused in words, and what is loaded stays`, async ({ page }) => {
    await open(page);
    await drop(page, run);
    await allRead(page, run.length);
    await page.evaluate((hash) => { location.hash = hash; }, pairs());
    await expect(page.getByRole("alert")).toContainText(words);
    await allRead(page, run.length);
    await page.getByRole("alert").getByText("Close").click();
    await page.getByTestId("tab-findings").click();
    await verdict(page);
  });

  test(`${what}, opened first, leaves a page that works`, async ({ page }) => {
    await page.goto(`./#${pairs()}`);
    await expect(page.getByRole("alert")).toContainText(words);
    await page.getByRole("alert").getByText("Close").click();
    await drop(page, run);
    await allRead(page, run.length);
    await verdict(page);
  });
}

/** A zip of stored members, whatever they are called. */
function zip(members: [name: string, bytes: Buffer][]) {
  const parts: Buffer[] = [], list: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of members) {
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(bytes.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const own = Buffer.concat([Buffer.from("PK\x03\x04"), head, Buffer.from(name), bytes]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(at, 10);
    list.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), head, entry, Buffer.from(name)]));
    parts.push(own);
    at += own.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(Buffer.concat(list).length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...list, Buffer.from("PK\x05\x06"), end]);
}

test("a bundle with names that lead out of it, one of them twice: told, the rest opens, and what was open stays", async ({ page }) => {
  const [first, second] = run.map((file) => readFileSync(file));
  const file = path.join(mkdtempSync(path.join(tmpdir(), "bad-bundle-")), "odd.poolscope");
  const manifest = JSON.stringify({ format: 1, made_by: "someone", files: [{ name: "../../<b>heap.pb.gz", member: "files/0001-heap.pb.gz" }], state: "#v=1&view=heap" });
  writeFileSync(file, zip([
    ["mimetype", Buffer.from("application/vnd.poolscope+zip")], ["files/0001-heap.pb.gz", first], ["files/0001-heap.pb.gz", second],
    ["../../etc/cron", second], ["/etc/passwd", second], ["manifest.json", Buffer.from(manifest)],
  ]));
  await open(page);
  await drop(page, run.slice(1));
  await allRead(page, run.length - 1);
  await drop(page, [file]);
  // The file in it, and the bundle itself with what is wrong with it.
  await allRead(page, run.length + 1);
  await page.getByTestId("tab-files").click();
  for (const words of ["leads out of the bundle", "begins at the root of a disk", "is in the bundle twice"]) await expect(page.locator("main")).toContainText(words);
  await expect(page.locator("main")).toContainText("../../<b>heap.pb.gz");
  await page.getByTestId("tab-findings").click();
  await verdict(page);
});

test("a browser that lets the page keep nothing, as in a private window: all else works, and it says so", async ({ page }) => {
  await page.addInitScript(() => {
    const denied = () => { throw new DOMException("The operation is insecure.", "SecurityError"); };
    for (const key of ["localStorage", "sessionStorage"]) Object.defineProperty(window, key, { get: denied });
    Object.defineProperty(indexedDB, "open", { value: denied });
    navigator.storage.getDirectory = async () => denied();
  });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await open(page);
  await drop(page, run);
  await allRead(page, run.length);
  await verdict(page);
  await page.getByTestId("theme").click();
  await page.getByTestId("share").click();
  await expect(page.getByTestId("analysis-link")).toBeVisible();
  await page.keyboard.press("Escape");
  await openKept(page);
  await expect(page.getByTestId("keep-dialog")).toContainText("lets the page keep nothing");
  await page.getByTestId("keep-files").click();
  await expect(page.getByTestId("keep-dialog")).toContainText("private window");
  await allRead(page, run.length);
  expect(errors).toEqual([]);
});
