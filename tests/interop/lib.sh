# What the bash interop tests share. Source it; then `start_server <shards>` sets $port, `check` judges.
set -u
folder=$(mktemp -d)
server_pid=
failures=0
# Not in subshells: bash runs an inherited trap in some of them.
trap '[ "$BASHPID" != "$$" ] || { stop_server; rm -rf "$folder"; }' EXIT

# need <program>...: the test is skipped where one is missing.
need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || { echo "skipped: no $program here"; exit 77; }
  done
}

stop_server() {
  [ -n "$server_pid" ] || return 0
  kill -KILL "$server_pid" 2>/dev/null
  wait "$server_pid" 2>/dev/null
  server_pid=
}

# eventually <seconds> <command>...: polls until the command succeeds.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.02
  done
}

# start_server <shards> [flag...]: on a port that the kernel chooses; it dies with this shell.
start_server() {
  stop_server
  shards=$1
  : >"$folder/log"
  setpriv --pdeathsig KILL "$HOLDFAST_SERVER" --port 0 --shards "$@" >>"$folder/log" &
  server_pid=$!
  eventually 20 grep -q 'Ready to accept connections' "$folder/log" || { cat "$folder/log"; exit 1; }
  port=$(sed -n 's/.*Holdfast started.* port=\([0-9]*\).*/\1/p' "$folder/log")
}

# check <what> <got> <expected>: equal. check_like: got matches the extended regular expression, somewhere.
check() {
  if [ "$2" = "$3" ]; then
    echo "ok      $1 (shards $shards)"
  else
    failures=$((failures + 1))
    printf 'FAILED  %s (shards %s)\n  got      %q\n  expected %q\n' "$1" "$shards" "$2" "$3"
  fi
}
check_like() {
  if [[ $2 =~ $3 ]]; then
    echo "ok      $1 (shards $shards)"
  else
    failures=$((failures + 1))
    printf 'FAILED  %s (shards %s)\n  got           %q\n  expected like %q\n' "$1" "$shards" "$2" "$3"
  fi
}

# finish: the last line of a script.
finish() { exit $((failures > 0)); }
