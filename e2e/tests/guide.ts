// What the walk over every view of e2e tests looks at: real files of every kind, and every view that has something then.
import { fixture, heaps } from "./page";

const run = "leak-retained/go1.27.3";
const of = (name: string) => fixture(`go/${run}/${name}`);

/** A session in which every view has something to show. */
export const everyKind = [
  ...heaps(run), ...["goroutine.5.pb.gz", "mutex.5.pb.gz", "block.5.pb.gz", "cpu.4.pb.gz", "trace.out"].map(of),
  ...["memstats.jsonl", "smaps.txt"].map((name) => fixture(`process/huge/${name}`)),
  fixture("go_gc/noisy.gctrace.txt"), fixture("text/escape/churn-go1.27.3.m.txt"), fixture("pool/leak/orders.pooltrace"),
];

/** Views by what their address holds. */
export const everyView = [
  "view=findings", "view=findings&page=path", "view=findings&page=thresholds", "view=findings&page=notes",
  "view=heap&sel=main.initSession", "view=heap&tab=flame", "view=heap&tab=sandwich&sel=sync.(*Pool).Get", "view=heap&tab=graph", "view=heap&tab=growth&sel=main.initSession", "view=heap&tab=escape",
  "view=timeline", ...["stops", "gc", "mmu", "purges", "gets", "inits", "escapes", "goroutines", "regions", "objects", "events"].map((tab) => `view=timeline&lanes=${tab}`),
  "view=states&pool=orders", "view=states&pool=orders&twin=1", "view=states&pool=orders&pick=active&object=22", "view=states&pool=*",
  "view=contention", "view=gc", "view=files", "view=files&page=clock", "view=files&page=groups", "view=files&page=capture",
];
