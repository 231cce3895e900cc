# cmocka's output as the runners want it: one line a test. What a test says shows when it fails, is skipped or dies.
# The last line of the input is "exit STATUS".
function show() {
  for (i = 1; i <= said; i++) print "  " saying[i]
  said = 0
}
function result(word) {
  print word " " running
  if (word != "ok") show()
  fflush()
  running = ""
}
/^\[ RUN      \] / { said = 0; running = substr($0, 14); next }
running && $0 == "[       OK ] " running { result("ok"); next }
running && $0 == "[  FAILED  ] " running { result("FAILED"); next }
running && $0 == "[  SKIPPED ] " running { result("skipped"); next }
/^exit [0-9]+$/ { status = $2; next }
/^[0-9]+ passed, [0-9]+ failed/ { said = 0; print; next }
{ saying[++said] = $0 }
END {
  if (running) print "FAILED " running " (it did not end)"
  show()
  exit status
}
