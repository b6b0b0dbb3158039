
find_process
check
mkdir "$folder" && cd "$folder" || stop "No folder can be made here."
# Ctrl-C keeps what was got.
trap finish EXIT
trap 'exit 130' INT TERM HUP
i=0
while [ "$i" -lt "$snapshots" ]; do
  [ "$i" -eq 0 ] || sleep "$every"
  say "snapshot $((i + 1)) of $snapshots"
  look "$i"
  snapshot "$i"
  i=$((i + 1))
done
after
