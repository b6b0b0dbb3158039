// A dashboard's page that has this one in a frame hands it files by messages (docs/hosting.md).
import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { host } from "./host";
import { heaps } from "./page";

const leak = heaps("leak-retained/go1.27.3");

/** A dashboard on a host of its own with the site in a frame: the example as it lies in contrib. */
async function dashboard(page: Page) {
  const [site, own] = [await host({ folder: "/tools/poolscope/" }), await host({ folder: "/dash/" })];
  const example = readFileSync(fileURLToPath(new URL("../../contrib/hosting/dashboard.html", import.meta.url)), "utf8");
  own.changed.set("dashboard.html", Buffer.from(example.replace("https://tools.example/poolscope/", site.address)));
  own.changed.set("profiles/heap.0.pb.gz", readFileSync(leak[0]));
  own.changed.set("profiles/heap.1.pb.gz", readFileSync(leak[5]));
  await page.goto(`${own.address}dashboard.html`);
  return { frame: page.frameLocator("#poolscope"), stop: () => Promise.all([site.stop(), own.stop()]) };
}

/** What the frame says to messages, each sent as the dashboard's page. */
const said = (page: Page, ...messages: unknown[]) => page.evaluate(async (messages) => {
  const frame = document.querySelector("iframe")!;
  const { origin } = new URL(frame.src);
  const answers: any[] = [];
  for (const message of messages as any[]) {
    answers.push(await new Promise((done) => {
      const hear = ({ data, source }: MessageEvent) => {
        if (source !== frame.contentWindow || data.id !== message.id) return;
        removeEventListener("message", hear);
        done(data);
      };
      addEventListener("message", hear);
      frame.contentWindow!.postMessage(message, origin);
    }));
  }
  return answers;
}, messages);

test("a dashboard hands files to the page in its frame", async ({ page }) => {
  const { frame, stop } = await dashboard(page);
  await expect(frame.getByTestId("drop-zone")).toBeVisible();
  await page.getByText("Look at the heap").click();
  await expect(page.locator("#words")).toHaveText("Opened: heap.0.pb.gz (ready), heap.1.pb.gz (ready)");
  await expect(frame.locator("tr[data-name='main.initSession']")).toBeVisible();
  await stop();
});

test("messages that are not understood are refused in words, and what is open elsewhere is not told", async ({ page }) => {
  const { frame, stop } = await dashboard(page);
  await page.getByText("Look at the heap").click();
  await expect(page.locator("#words")).toContainText("Opened");
  const asked = (message: object, id: number) => ({ poolscope: 1, id, ...message });
  const answers = await said(page,
    asked({ type: "hello" }, 1),
    { poolscope: 2, id: 2, type: "open", files: [] },
    asked({ type: "close" }, 3),
    asked({ type: "open" }, 4),
    asked({ type: "open", files: [{ name: "a" }] }, 5),
    asked({ type: "open", files: [{ bytes: "x" }] }, 6),
    asked({ type: "open", files: [{ name: "a", bytes: null }], view: "v=1" }, 7));
  expect(answers.map(({ type }) => type)).toEqual(["ready", "refused", "refused", "refused", "refused", "refused", "refused"]);
  expect(answers.slice(1).map(({ words }) => words).join("\n")).toMatch(/version 1.*\n.*"close".*\n.*list of files.*\nFile 1 of the message has no bytes.*\nFile 1 of the message has no name.*\n.*no bytes/);
  const given = (name: string) => ({ name, bytes: new Uint8Array([1, 2, 3]) });
  const [bad, away] = await said(page, asked({ type: "open", files: [given("<img src=x>.txt")] }, 8), asked({ type: "open", view: "v=1&url=https://evil.example/x", files: [given("x")] }, 9));
  expect(bad.type).toBe("refused");
  expect(bad.files).toHaveLength(1);
  expect(bad.files[0].name).toBe("<img src=x>.txt");
  expect(bad.files[0].words).not.toBe("");
  expect(away.words).toContain("names no url=");
  await expect(frame.getByTestId("session-file")).toHaveCount(3);
  await stop();
});

test("only the page that holds the frame is listened to", async ({ page }) => {
  const { frame, stop } = await dashboard(page);
  await expect(frame.getByTestId("status")).toContainText("Ready");
  // A second frame of the dashboard speaks to the first.
  const heard = await page.evaluate(() => new Promise<string[]>((done) => {
    const heard: string[] = [];
    const other = document.createElement("iframe");
    addEventListener("message", ({ data, source }) => { if (source === other.contentWindow) heard.push(JSON.stringify(data)); });
    other.srcdoc = `<script>addEventListener("message", ({ data }) => parent.postMessage(data, "*"));
      parent.frames[0].postMessage({ poolscope: 1, id: 9, type: "open", files: [new File(["x"], "x")] }, "*");</${"script"}>`;
    document.body.append(other);
    setTimeout(() => done(heard), 1500);
  }));
  expect(heard).toEqual([]);
  await expect(frame.getByTestId("session-file")).toHaveCount(0);
  await stop();
});
