// Looking: drawings with their twins, filters, the fragment, keys.
import { expect, test } from "@playwright/test";
import { allRead, drop, fixture, heaps, open } from "./page";

const leak = heaps("leak-retained/go1.27.3");

test("the flame graph's twin says what is drawn, and zooms", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=flame&mode=value");
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByText("As a table").click();
  const row = page.getByTestId("flame-table").locator("tr", { hasText: "main.initSession" });
  await expect(row).toContainText("32.63 MB");
  await expect(row).toContainText("93.6%");
  await row.getByRole("button", { name: "Zoom" }).click();
  await expect(page).toHaveURL(/zoom=/);
  await page.getByTestId("zoom-out").click();
  await expect(page).not.toHaveURL(/zoom=/);
});

test("the flame graph is walked by keys", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=flame&mode=value");
  await drop(page, leak);
  await allRead(page, 6);
  // Keys walk through what is drawn.
  await page.waitForFunction(() => performance.getEntriesByName("poolscope:frame").length > 0);
  await page.getByTestId("flame").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/sel=main\.main\.func1/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/zoom=/);
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/zoom=/);
});

test("a link keeps the view over a reload, and going back goes back", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByTestId("tab-heap").click();
  await page.locator("tr[data-name='main.newSession']").click();
  await page.getByTestId("heap-sandwich").click();
  await expect(page.getByTestId("callees-table")).toContainText("main.initSession");
  await page.goBack();
  await expect(page.getByTestId("heap-table-grid")).toBeVisible();
  await page.goForward();
  await page.reload();
  await expect(page).toHaveURL(/view=heap&tab=sandwich.*sel=main\.newSession/);
  await drop(page, leak);
  await expect(page.getByTestId("callers-table")).toContainText("main.init.func1");
});

test("a link of another version is told in words", async ({ page }) => {
  await open(page, "#v=99&view=heap");
  await expect(page.getByRole("alert")).toContainText("This link has version 99, and this page reads links up to version 1");
});

test("filters narrow every view, and a bad one is told", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, leak);
  await allRead(page, 6);
  const input = page.getByTestId("filter-input");
  await input.fill("compress");
  await input.press("Enter");
  await expect(page.locator("tr[data-name='main.initSession']")).toHaveCount(0);
  await expect(page).toHaveURL(/focus=compress/);
  await input.fill("hide: (");
  await input.press("Enter");
  await expect(page.getByRole("alert")).toContainText("is not a regular expression");
  await page.getByRole("button", { name: "Drop focus" }).click();
  await expect(page.locator("tr[data-name='main.initSession']")).toBeVisible();
});

test("evidence opens the view that shows it", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByTestId("evidence").first().click();
  await expect(page.locator("tr[data-name='main.initSession']")).toHaveAttribute("aria-selected", "true");
  await expect(page.getByTestId("inspector")).toContainText("nothing freed");
});

test("call graph and growth have tables that say the same", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=graph");
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByText("As a table").click();
  const call = page.getByTestId("call-graph-table").locator("tr", { hasText: "sync.(*Pool).Get" }).first();
  await expect(call).toContainText("33.13 MB");
  await page.keyboard.press("r");
  await expect(page.getByTestId("growth-table").locator("tr", { hasText: "main.initSession" })).toContainText("95.9");
});

test("views and help answer to keys", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await page.keyboard.press("2");
  await expect(page.getByTestId("tab-heap")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Flame graph");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.locator("tr[data-name]").first().click();
  await page.keyboard.press("ArrowDown");
  await expect(page.locator("tr[data-name]").nth(1)).toHaveAttribute("aria-selected", "true");
});

test("the palette finds commands, files and functions", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  const input = page.getByTestId("palette-input");
  await page.keyboard.press("Control+k");
  await expect(input).toBeFocused();
  await input.fill("sandw");
  await page.keyboard.press("Enter");
  await expect(input).toHaveCount(0);
  await expect(page).toHaveURL(/view=heap&tab=sandwich/);
  await page.keyboard.press("Control+k");
  await input.fill("initsession");
  await expect(page.getByRole("option", { name: "main.initSession" })).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/sel=main\.initSession/);
  await expect(page.getByTestId("callers-table")).toContainText("main.newSession");
  await page.keyboard.press("Control+k");
  await input.fill("alloc value");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("sample-type")).toHaveValue("alloc_space");
  await page.keyboard.press("Control+k");
  await input.fill("no such thing");
  await expect(page.getByRole("dialog")).toContainText("No command and no function of that name.");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.getByTestId("palette").click();
  await expect(input).toBeFocused();
});

test("pprof's switches change what is counted, and are kept in the link", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, leak);
  await allRead(page, 6);
  // How many rows there are, as the head says.
  const rows = async () => Number((await page.getByRole("heading", { name: / rows$/ }).textContent())!.split(" ")[0]);
  const delta = page.locator("tr[data-name='main.initSession'] td").nth(4);
  await expect(delta).toHaveText("▲ +29.11");
  const all = await rows();
  await page.getByTestId("options").click();
  await page.getByTestId("noinlines").check();
  await expect(page).toHaveURL(/noinlines=1/);
  await expect.poll(rows).toBeLessThan(all);
  await page.getByTestId("noinlines").uncheck();
  await expect.poll(rows).toBe(all);
  await page.getByTestId("normalize").check();
  // The base is as large as the current total now: only what grew faster than the whole is still up.
  await expect(delta).toHaveText(/^▲ \+[1-9]\.\d\d$/);
  await page.getByTestId("drop_negative").check();
  await expect(page).toHaveURL(/normalize=1&dropneg=1/);
  await expect.poll(rows).toBeLessThan(all);
  await expect(page.getByText("▼ −")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("normalize")).toBeHidden();
});

test("percentages are of everything, or of what the filters leave", async ({ page }) => {
  await open(page, "#v=1&view=heap&focus=compress/gzip");
  await drop(page, leak);
  await allRead(page, 6);
  const percent = page.locator("tr[data-name='runtime/pprof.writeHeap'] td").nth(3);
  await expect(percent).toHaveText("3.6");
  await page.getByTestId("options").click();
  await page.getByTestId("relative").check();
  await expect(percent).toHaveText("100.0");
});

test("every kind of filter is chosen, changed and dropped", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, leak);
  await allRead(page, 6);
  const input = page.getByTestId("filter-input");
  for (const word of ["focus", "ignore", "hide", "show", "show_from", "tagfocus", "tagignore"]) {
    const value = word.startsWith("tag") ? "bytes=1kb:64kb" : "initSession";
    await page.getByTestId("filter-word").selectOption(word);
    await input.fill(value);
    await input.press("Enter");
    await expect(page.getByTestId("token")).toContainText(`${word} ${value}`);
    await expect(page).toHaveURL(new RegExp(`[&]${word}=`));
    await page.getByTestId("token").getByTitle("Change it").click();
    await expect(page.getByTestId("token")).toHaveCount(0);
    await expect(input).toHaveValue(value);
    await expect(input).toBeFocused();
    await input.fill("");
  }
  // Typed with its name; Backspace takes the last one away.
  await input.fill("show: initSession");
  await input.press("Enter");
  await expect(page.locator("tr[data-name]")).toHaveCount(1);
  await input.press("Backspace");
  await expect(page.getByTestId("token")).toHaveCount(0);
});

test("a filter that leaves nothing says which, in every drawing, and how to go on", async ({ page }) => {
  await open(page, "#v=1&view=heap&focus=no_such_function");
  await drop(page, leak);
  await allRead(page, 6);
  for (const key of ["t", "f", "g"]) {
    await page.keyboard.press(key);
    await expect(page.getByTestId("nothing")).toContainText("Nothing is left after focus no_such_function.");
  }
  await page.getByRole("button", { name: "Drop filters and search" }).click();
  await expect(page.getByTestId("nothing")).toHaveCount(0);
  await page.keyboard.press("t");
  await page.getByTestId("table-search").fill("qqq");
  await expect(page.getByTestId("nothing")).toContainText("No name holds “qqq”.");
});

test("granularity and sample type change rows and values", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByTestId("sample-type").selectOption("alloc_objects");
  await expect(page.locator("tr[data-name='main.initSession'] td").nth(1)).toHaveText("8,352");
  await page.getByTestId("granularity").selectOption("files");
  await expect(page.locator("tr[data-name]").first()).toHaveAttribute("data-name", /\.go$/);
  await page.getByTestId("granularity").selectOption("lines");
  await expect(page.locator("tr[data-name^='main.initSession']").first()).toHaveAttribute("data-name", /main\.go:34/);
  await page.reload();
  await expect(page).toHaveURL(/type=alloc_objects&gran=lines/);
});

test("the change of a flame graph has its base in the table", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=flame");
  await drop(page, leak);
  await allRead(page, 6);
  const change = page.getByRole("button", { name: "Change", exact: true });
  await change.click();
  await page.getByText("As a table").click();
  const row = page.getByTestId("flame-table").locator("tr", { hasText: "main.initSession" });
  await expect(row).toContainText("32.63 MB");
  await expect(row).toContainText("3.51 MB");
  // Without a base there is no change to show.
  await page.getByTestId("base").selectOption("-");
  await expect(change).toBeDisabled();
});

test("the flame graph is drawn, searched, turned, and read by the pointer", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=flame&mode=value");
  await drop(page, leak);
  await allRead(page, 6);
  const canvas = page.getByTestId("flame");
  await canvas.hover({ position: { x: 100, y: 9 } });
  await expect(page.locator(".tip")).toContainText("runtime/pprof.Do");
  await expect(page.locator(".tip")).toContainText("33.13 MB of inuse_space, 95.0%");
  const picture = () => canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL());
  await page.mouse.move(0, 0);
  await expect(page.locator(".tip")).toHaveCount(0);
  const plain = await picture();
  await page.getByTestId("flame-search").fill("initsession");
  await expect(page).toHaveURL(/q=initsession/);
  await expect.poll(picture).not.toBe(plain);
  await expect(page.getByTestId("flame-matches")).toHaveText(/^[1-9]\d* of \d+ frames$/);
  await page.getByTestId("flame-search").fill("");
  await expect(page.getByTestId("flame-matches")).toHaveText("");
  await expect.poll(picture).toBe(plain);
  await page.getByRole("button", { name: "Flame", exact: true }).click();
  await expect(page).toHaveURL(/up=1/);
  await expect.poll(picture).not.toBe(plain);
  await page.getByRole("button", { name: "Leaves first" }).click();
  await page.getByText("As a table").click();
  // The other way round the leaf is the root: depth 0.
  await expect(page.getByTestId("flame-table").locator("tbody tr").first()).toContainText("main.initSession032.63 MB");
});

test("the growth chart is read by pointer and keys", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=growth");
  await drop(page, leak);
  await allRead(page, 6);
  const chart = page.getByTestId("growth");
  const tip = page.getByTestId("growth-tip");
  await chart.focus();
  await page.keyboard.press("ArrowRight");
  await expect(tip).toContainText("heap.0.pb.gz");
  await expect(tip).toContainText("3.51 MB");
  await page.keyboard.press("ArrowRight");
  await expect(tip).toContainText("heap.1.pb.gz, 1.501 s");
  await page.keyboard.press("Escape");
  await expect(tip).toHaveCount(0);
  const box = (await chart.boundingBox())!;
  await chart.hover({ position: { x: box.width - 240, y: 100 } });
  await expect(tip).toContainText("heap.5.pb.gz");
  await expect(tip).toContainText("32.63 MB");
});

test("the call graph is walked by pointer and keys", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=graph");
  await drop(page, leak);
  await allRead(page, 6);
  const canvas = page.getByTestId("call-graph");
  const picture = () => canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL());
  const blank = await canvas.evaluate((element: HTMLCanvasElement) => {
    const other = document.createElement("canvas");
    [other.width, other.height] = [element.width, element.height];
    return other.toDataURL();
  });
  await expect.poll(picture).not.toBe(blank);
  await canvas.focus();
  const plain = await picture();
  await page.keyboard.press("ArrowUp");
  await expect.poll(picture).not.toBe(plain);
  await page.keyboard.press("ArrowDown");
  await expect.poll(picture).toBe(plain);
  await page.keyboard.press("0");
  await expect.poll(picture).not.toBe(plain);
  const box = (await canvas.boundingBox())!;
  // All of it is in sight now; some node of the first row lies under one of these points.
  for (let x = 0; x < box.width && !page.url().includes("sel="); x += 40) await canvas.click({ position: { x, y: 30 } });
  await expect(page).toHaveURL(/sel=/);
});

test("callers and callees lead on", async ({ page }) => {
  await open(page, "#v=1&view=heap&tab=sandwich&sel=main.newSession");
  await drop(page, leak);
  await allRead(page, 6);
  await page.getByTestId("callees-table").getByRole("button", { name: "main.initSession" }).click();
  await expect(page).toHaveURL(/sel=main\.initSession/);
  await expect(page.getByTestId("callers-table")).toContainText("main.newSession");
  await expect(page.getByText("Calls: Nobody")).toBeVisible();
});

test("the focus is seen wherever the keyboard leads", async ({ page }) => {
  await open(page, "#v=1&view=heap");
  await drop(page, leak);
  await allRead(page, 6);
  const seen = new Set<string>();
  for (let step = 0; step < 30; step++) {
    await page.keyboard.press("Tab");
    const [what, outline] = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const style = getComputedStyle(element);
      return [element.dataset.testid || element.className || element.tagName, style.outlineStyle === "none" ? "none" : style.outlineWidth];
    });
    expect(outline, what).toBe("2px");
    seen.add(what);
  }
  expect([...seen]).toEqual(expect.arrayContaining(["tab-heap", "palette", "sample-type", "base", "current", "granularity", "filter-word", "filter-input", "options"]));
});

test("the theme is the system's until one is chosen, and drawings follow", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "#v=1&view=heap&tab=flame");
  await drop(page, leak);
  await allRead(page, 6);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const picture = () => page.getByTestId("flame").evaluate((element: HTMLCanvasElement) => element.toDataURL());
  await expect.poll(async () => (await picture()).length).toBeGreaterThan(5000);
  const [light, drawn] = [await ground(), await picture()];
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(ground).not.toBe(light);
  await expect.poll(picture).not.toBe(drawn);
  await page.keyboard.press("d");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await expect.poll(picture).toBe(drawn);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
});

test("opening is measured, and told", async ({ page }) => {
  await open(page);
  await drop(page, leak);
  await allRead(page, 6);
  await expect(page.getByTestId("status")).toContainText("heap: drop to answer");
  const names = () => page.evaluate(() => performance.getEntriesByType("measure").map((entry) => entry.name));
  expect(await names()).toContain("poolscope:open:heap");
  // What is not looked at is still asked for when the first answer is there.
  await expect.poll(names).toContain("poolscope:full:heap");
  // Files added later are opened anew, whatever view is looked at.
  await page.keyboard.press("7");
  await page.getByTestId("file-input").setInputFiles([fixture("go/leak-retained/go1.27.3/mutex.5.pb.gz")]);
  await expect(page.getByTestId("status")).toContainText("mutex: drop to answer");
});
