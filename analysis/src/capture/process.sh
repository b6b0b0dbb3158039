
# inside COMMAND...: where the process runs. For Kubernetes: set -- kubectl exec "$container" -- "$@"
inside() {
  [ -z "$container" ] || set -- "$docker" exec "$container" "$@"
  if command -v timeout >/dev/null; then timeout "$limit" "$@"; else "$@"; fi
}

runs() {
  if [ -n "$container" ] || [ -d /proc/self ]; then inside test -d "/proc/$1"; else ps -p "$1" >/dev/null; fi
}

find_process() {
  if [ -n "$container" ]; then
    docker=$(command -v docker || command -v podman) || stop "There is neither docker nor podman here."
    if ! said=$(inside sh -c : 2>&1); then
      # An image without a shell: its main process as this machine sees it.
      process=$("$docker" inspect -f '{{.State.Pid}}' "$container" 2>/dev/null)
      [ "${process:-0}" != 0 ] || stop "The container $container does not run: $said"
      say "The container has no shell: its main process is read from outside, which may need root."
      container=
    fi
  fi
  case $process in
    *[!0-9]*) ;;
    *)
      pid=$process
      runs "$pid" || stop "There is no process $pid${container:+ in $container, where the main program is 1}."
      return
      ;;
  esac
  inside sh -c 'command -v pgrep' >/dev/null || stop "There is no pgrep${container:+ in $container}: give the process by its number."
  # A name is no pattern. First the program's, then anywhere in the command line, where this script's own may resemble it.
  pattern=$(printf '%s\n' "$process" | sed 's/[][\\.*^$+?(){}|]/\\&/g')
  for how in -x -f; do
    found=
    for one in $(inside pgrep "$how" -- "$pattern" 2>/dev/null); do
      [ -z "$container" ] && { [ "$one" = $$ ] || [ "$one" = "$PPID" ]; } && continue
      runs "$one" && found="$found $one"
    done
    [ -z "$found" ] || break
  done
  [ -n "$found" ] || stop "No process is called $process${container:+ in $container}."
  pid=${found# }
  pid=${pid%% *}
  [ " $pid" = "$found" ] || say "Several processes are called $process:$found. Process $pid is read; give a number to choose."
}

# From the group of the process to the files: version 1 of control groups, then version 2; in a container they lie at the top.
group_files='
  group() { sed -n "$1" "/proc/$2/cgroup"; }
  old=$(group "s/^[0-9]*:\([^:]*,\)\{0,1\}memory\(,[^:]*\)\{0,1\}://p" "$1")
  new=$(group "s/^0:://p" "$1")
  for at in "/sys/fs/cgroup/memory$old" "/sys/fs/cgroup$new" /sys/fs/cgroup/memory /sys/fs/cgroup; do
    [ -r "$at/memory.stat" ] && break
  done
  cd "$at" && [ -r memory.stat ] || { echo "no control group of memory can be read" >&2; exit 1; }
  for name in stat current max high peak events swap.current usage_in_bytes limit_in_bytes soft_limit_in_bytes max_usage_in_bytes failcnt; do
    if [ -r "memory.$name" ]; then echo "==> memory.$name <=="; cat "memory.$name"; fi
  done'

at_time() {
  date -u +%Y-%m-%dT%H:%M:%SZ
  inside "$@"
}

# look NAME: memory and limits as the kernel sees them; the memory map, which is dear to read, is asked for by its name.
look() {
  [ -n "$container" ] || [ -d /proc/self ] || return 0
  keep "status.$1.txt" at_time cat "/proc/$pid/status"
  keep "cgroup.$1.txt" at_time sh -c "$group_files" sh "$pid"
  case $1 in 0 | end) keep "smaps.$1.txt" at_time cat "/proc/$pid/smaps" ;; esac
}
