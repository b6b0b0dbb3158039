// What tests of links share: the link that the page makes, and pages that know nothing of another.
import { expect, type Browser, type Page } from "@playwright/test";

/** The page's address once it names that many files. */
export async function linkOf(page: Page, files: number) {
  await expect.poll(() => filesIn(page.url()).length).toBe(files);
  return page.url().slice(page.url().indexOf("#"));
}

/** What `files=` of an address says: name, size, and the beginning of the hash. */
export function filesIn(address: string) {
  const value = /[#&]files=([^&]*)/.exec(address)?.[1] ?? "";
  return decodeURIComponent(value).split(";").filter((entry) => entry.includes(":")).map((entry) => {
    const [name, rest] = entry.split(":");
    const [size, hash] = rest.split(".");
    return { name: decodeURIComponent(name), size: Number(size), hash };
  });
}

/** A page in a browser that has never been here. */
export async function stranger(browser: Browser, base: string) {
  const context = await browser.newContext({ baseURL: base });
  return context.newPage();
}
