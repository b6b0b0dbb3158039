// Files that are not what they should be, each with what must be said of it.
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { heaps } from "./page";

export type Bad = { file: string; name: string; state: "refused" | "damaged" | "ready"; words: string };

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]);
const number = (field: number, value: number) => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, value: number[]) => [...varint(field * 8 + 2), ...varint(value.length), ...value];
const text = (field: number, value: string) => bytes(field, [...Buffer.from(value)]);

/** A profile of one function with these samples, as protobuf lays it out. */
const profile = (...samples: number[][]) => Buffer.from([
  ...bytes(1, [...number(1, 1), ...number(2, 2)]),
  ...samples.flatMap(([location, value]) => bytes(2, [...number(1, location), ...number(2, value)])),
  ...bytes(4, [...number(1, 1), ...bytes(4, [...number(1, 1), ...number(2, 7)])]),
  ...bytes(5, [...number(1, 1), ...number(2, 3)]),
  ...["", "inuse_space", "bytes", "main.leak"].flatMap((word) => text(6, word)),
]);

let made: Bad[] | undefined;

/** All of them, made once. */
export function badFiles(): Bad[] {
  if (made) return made;
  const folder = mkdtempSync(path.join(tmpdir(), "bad-"));
  const bad = (name: string, content: Buffer | string, state: Bad["state"], words: string): Bad => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return { file, name, state, words };
  };
  const whole = readFileSync(heaps("leak-retained/go1.27.3")[5]);
  made = [
    bad("empty.pb.gz", "", "refused", "The file is empty"),
    bad("notes.txt", "it leaks, I think\n", "refused", "This is text that begins with “it leaks, I think”"),
    bad("picture.png", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), "refused", "This is a picture"),
    bad("text-heap.txt", "heap profile: 1: 2 [3: 4] @ heap/1048576\n", "damaged", "missing or torn"),
    bad("cut.pb.gz", whole.subarray(0, Math.floor(whole.length * 0.75)), "damaged", "the file was cut short"),
    bad("dangling.pb", profile([1, 10], [99, 5]), "damaged", "99"),
    bad("nothing.pb", profile(), "ready", ""),
    // A declared length of 2 GB in 8 bytes.
    bad("overlong.pb", Buffer.from([...bytes(1, [...number(1, 1)]), ...varint(2 * 8 + 2), ...varint(2 ** 31)]), "damaged", "The profile breaks off"),
    bad("bomb.pb.gz", gzipSync(Buffer.alloc(200 << 20)), "refused", "inflate"),
  ];
  const huge = path.join(folder, "huge.pb.gz");
  writeFileSync(huge, "");
  // Sparse: 5 GB that take no room on the disk.
  truncateSync(huge, 5 * 2 ** 30);
  made.push({ file: huge, name: "huge.pb.gz", state: "refused", words: "poolscope check huge.pb.gz" });
  return made;
}
