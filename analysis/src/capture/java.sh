
check() { :; }

snapshot() {
  # The collector's counters before anything disturbs it.
  [ "$1" -gt 0 ] || keep jstat.txt inside jstat -gc "$pid" 1000 10
  keep "threads.$1.txt" inside jstack "$pid" || runs "$pid" || { say "The process has ended."; exit 1; }
  # Last: to count what lives, it is collected.
  keep "classes.$1.txt" inside jcmd "$pid" GC.class_histogram
}

after() { look end; }
