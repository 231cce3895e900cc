# Sourced by the runners: adds up tests. Each suite's output ends with `N passed, N failed[, N skipped]`.
passed=0 failed=0 skipped=0 NAME=
tally_log=$(mktemp)
trap 'rm -f "$tally_log"' EXIT

count() { # PASSED FAILED SKIPPED
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + ${3:-0}))
}

total() {
  printf '%d passed, %d failed' "$passed" "$failed"
  [ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
  echo
  [ "$failed" = 0 ]
}

# suite COMMAND...: runs it, shows its output without the closing line and counts that line. A suite that dies before
# its closing line, or fails without a failed test, is one failed test.
suite() {
  { "$@" 2>&1 </dev/null && echo "status 0" || echo "status $?"; } | tee "$tally_log" |
    sed -u -e '/^status [0-9]*$/d' -e '/^[0-9]* passed, [0-9]* failed/d'
  status=$(sed -n 's/^status //p' "$tally_log" | tail -n 1)
  last=$(sed '/^status [0-9]*$/d' "$tally_log" | tail -n 1 |
    sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed\(, \([0-9]*\) skipped\)\{0,1\}$/\1 \2 \4/p')
  [ "$last" ] || { echo "FAILED $* (status $status, no closing line)" && last="0 1 0"; }
  case $status,$last in
    0,*) ;;
    *,"0 0 "*) [ "$NAME" ] || { echo "FAILED $* (status $status)" && last="0 1 0"; } ;;
    *,*" 0 "*) echo "FAILED $* (status $status though no test failed)" && count 0 1 0 ;;
  esac
  count $last
}
