
check() { :; }

# It stands still while it is read.
stacks() {
  if inside sh -c 'command -v eu-stack' >/dev/null; then
    # It fails where one frame has no name.
    inside eu-stack -p "$pid" || :
  elif inside sh -c 'command -v gdb' >/dev/null; then
    inside gdb -p "$pid" -batch -ex 'thread apply all bt'
  else
    inside pstack "$pid"
  fi
}

snapshot() {
  [ -n "${no_stacks:-}" ] || keep "stacks.$1.txt" stacks || no_stacks=1
  runs "$pid" || { say "The process has ended."; exit 1; }
}

after() { look end; }
