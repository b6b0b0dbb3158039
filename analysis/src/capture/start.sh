
say() { printf '%s\n' "$*" >&2; }

stop() {
  say "$@"
  exit 1
}

missed=
# miss FILE REASON: said now, and again at the end.
miss() {
  rm -f "$1.part"
  missed="$missed
  $1: $2"
  say "  no $1: $2"
  return 1
}

# keep FILE COMMAND...: what it prints becomes the file, whole or not at all.
keep() {
  file=$1
  shift
  said=$("$@" 2>&1 >"$file.part")
  case $? in
    0) [ -s "$file.part" ] && mv "$file.part" "$file" && return ;;
    124) said="no answer within $limit s" ;;
  esac
  miss "$file" "${said:-nothing was answered}"
}

# The number of this run keeps it apart from another of the same second.
folder=$PWD/poolscope-$(date +%Y%m%d-%H%M%S)-$$
finish() {
  trap - EXIT INT TERM HUP
  [ -z "${tracing:-}" ] || kill "$tracing" 2>/dev/null
  rm -f ./*.part ./*.said
  count=$(find . -type f | wc -l)
  cd ..
  if [ "$((count))" -eq 0 ]; then
    rmdir "$folder"
    stop "Nothing was got.$missed"
  fi
  say "Got $((count)) files: $folder"
  [ -z "$missed" ] || say "Not got:$missed"
  tar czf "${folder##*/}.tar.gz" "${folder##*/}" && say "Drop this on the page: $folder.tar.gz"
}
