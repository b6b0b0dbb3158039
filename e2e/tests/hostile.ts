// A heap profile whose names try to be something else: markup, formulas, paths, ends of lines.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

export const NAMES = [
  "<img src=x onerror=alert(1)>", "</script><script>globalThis.ran=1</script>", "=HYPERLINK(\"http://evil/\",\"x\")", "+1+cmd|' /C calc'!A0",
  "@SUM(1)", "a;b c\nd 99", "]]>--><b>", "[x](javascript:alert(1)) @everyone #1", "\u202egnp.exe", "`` ``` `", "a\u0000\u0007b\ufffe",
];

const varint = (value: number) => {
  const out = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  return Buffer.from([...out, value]);
};
const number = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Buffer) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);

/** Writes it, under a name that tries as well; gives its path. */
export function hostileHeap(name = "heap <b>$(x)&.pb.gz") {
  const strings = ["", "inuse_objects", "count", "inuse_space", "bytes", ...NAMES];
  const parts = [bytes(1, Buffer.concat([number(1, 1), number(2, 2)])), bytes(1, Buffer.concat([number(1, 3), number(2, 4)]))];
  NAMES.forEach((_, at) => {
    const id = at + 1;
    const stack = id === 1 ? [id] : [id, 1];
    parts.push(bytes(2, Buffer.concat([bytes(1, Buffer.concat(stack.map(varint))), bytes(2, Buffer.concat([varint(10), varint(4096 * (20 - at))]))])));
    parts.push(bytes(4, Buffer.concat([number(1, id), bytes(4, Buffer.concat([number(1, id), number(2, 7)]))])));
    parts.push(bytes(5, Buffer.concat([number(1, id), number(2, at + 5), number(3, at + 5), number(4, at + 5)])));
  });
  strings.forEach((text) => parts.push(bytes(6, Buffer.from(text))));
  const folder = mkdtempSync(path.join(tmpdir(), "poolscope-hostile-"));
  const file = path.join(folder, name);
  writeFileSync(file, gzipSync(Buffer.concat(parts)));
  return file;
}
