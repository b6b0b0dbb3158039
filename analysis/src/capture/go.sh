
# ask FILE PATH SECONDS: only in a process of its own, which becomes curl. SECONDS is what the answer takes to make.
ask() {
  exec curl -gsS -o "$1.part" -w '%{http_code}' --connect-timeout 5 --max-time $((limit + $3)) "$at$2" 2>&1
}

# judge FILE STATUS WORDS: of curl.
judge() {
  case $2:$3 in
    0:*200) mv "$1.part" "$1" ;;
    0:*404) miss "$1" "HTTP 404, the program has none" ;;
    0:*) miss "$1" "HTTP $3" ;;
    *) miss "$1" "$(reason "$3")" ;;
  esac
}

# curl's words without its number and the empty status that follow them.
reason() { printf '%s\n' "$1" | sed -n 's/^.*curl: ([0-9]*) //p' | head -n 1; }

get() {
  said=$(ask "$1" "$2" 0)
  judge "$1" $? "$said"
}

answers() {
  said=$(curl -gsS -w '%{http_code}' --connect-timeout 5 --max-time "$limit" "$at/debug/pprof/" 2>&1)
  case $?:$said in
    0:*goroutine*200) said= ;;
    0:*401 | 0:*403) said="$at/debug/pprof/ wants to know who asks: write the address as https://user:password@host." ;;
    0:*200) said="$at/debug/pprof/ answers, but not as net/http/pprof does." ;;
    0:*404) said="$at answers, but has no /debug/pprof/: is it another port, or is net/http/pprof not imported?" ;;
    0:*) said="$at/debug/pprof/ answers HTTP ${said##*[!0-9]}." ;;
    *) said="Nothing answers at $at: $(reason "$said"). Does the program run, and listen there?" ;;
  esac
  [ -z "$said" ]
}

check() {
  command -v curl >/dev/null || stop "This needs curl."
  answers || stop "$said"
}

# No collection is forced in these: the program as it is when nobody looks.
snapshot() {
  get "heap.$1.pb.gz" /debug/pprof/heap || answers || { say "$said"; exit 1; }
  get "goroutine.$1.pb.gz" /debug/pprof/goroutine
  [ -n "${no_vars:-}" ] || get "vars.$1.json" /debug/vars || no_vars=1
  [ -n "${no_metrics:-}" ] || get "metrics.$1.txt" /metrics || no_metrics=1
}

after() {
  if [ "$trace" -gt 0 ]; then
    say "trace of $trace s"
    # A heap and a goroutine profile inside it put every file on one clock.
    ask trace.out "/debug/pprof/trace?seconds=$trace" "$trace" >trace.said &
    tracing=$!
    sleep "$middle"
    get heap.in-trace.pb.gz /debug/pprof/heap
    get goroutine.in-trace.pb.gz /debug/pprof/goroutine
    wait "$tracing"
    judge trace.out $? "$(cat trace.said)"
    tracing=
  fi
  # Counted since the program began; the first two are empty unless it set their rates.
  get mutex.pb.gz /debug/pprof/mutex
  get block.pb.gz /debug/pprof/block
  get allocs.pb.gz /debug/pprof/allocs
  get goroutine.txt '/debug/pprof/goroutine?debug=2'
  look end
  # Last, what forces collections: two heaps after one each tell an idle hoard from what is held for ever.
  get goroutineleak.pb.gz /debug/pprof/goroutineleak
  get heap.gc1.pb.gz '/debug/pprof/heap?gc=1'
  get heap.gc2.pb.gz '/debug/pprof/heap?gc=1'
  get heap.gc2.txt '/debug/pprof/heap?debug=1'
}
