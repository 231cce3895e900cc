/* The table as JSON: what was measured where, then one object a row. */
#include "bench/bench.h"
#include "dsp/kernels.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static FILE *json;
static const char *json_path;
static bool row_before;

static void must_write(bool well) {
  if (well) return;
  fprintf(stderr, "perilune-bench: cannot write '%s': %s\n", json_path, strerror(errno));
  exit(1);
}

static void text_member(const char *name, const char *text) {
  fprintf(json, "\"%s\": \"", name);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') fputc('\\', json);
    if ((unsigned char)*text >= ' ') fputc(*text, json);
  }
  fputs("\", ", json);
}

static void number_member(const char *name, double value) {
  if (isfinite(value))
    fprintf(json, "\"%s\": %.6g, ", name, value);
  else
    fprintf(json, "\"%s\": null, ", name);
}

const char *bench_cpu(void) {
  static char line[256];
  char *model = NULL;
  FILE *file = fopen("/proc/cpuinfo", "r");
  while (file && !model && fgets(line, sizeof line, file))
    if (strncmp(line, "model name", 10) == 0) model = strchr(line, ':');
  if (file) fclose(file);
  if (!model) return "unknown processor";
  model[strcspn(model, "\n")] = 0;
  return model + 2;
}

const char *bench_kernels(void) {
  const char *wanted = getenv("PERILUNE_CPU");
  const peri__kernels *kernels = wanted && *wanted ? peri__kernels_named(wanted) : NULL;
  return (kernels ? kernels : peri__kernels_named(NULL))->name;
}

static void date_member(void) {
  char text[32];
  time_t now = time(NULL);
  struct tm parts;
  strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&now, &parts));
  text_member("date", text);
}

void bench_json_open(const char *path, const char *command) {
  json_path = path;
  json = fopen(path, "w");
  must_write(json != NULL);
  fputs("{", json);
  text_member("perilune", peri_version());
  text_member("cpu", bench_cpu());
  number_member("processors", (double)sysconf(_SC_NPROCESSORS_ONLN));
  text_member("kernels", bench_kernels());
#if defined(__clang__)
  text_member("compiler", __VERSION__);
#else
  text_member("compiler", "gcc " __VERSION__);
#endif
  date_member();
  text_member("command", command);
  fputs("\n\"rows\": [", json);
}

static void goal_members(const bench_row *row) {
  static const char *const met[] = {"null", "true", "false"};
  bench_verdict verdict = bench_judge(row);
  number_member("goal", row->goal > 0 ? row->goal : verdict == BENCH_NO_GOAL ? NAN : row->limit ? 1 : 0);
  fprintf(json, "\"met\": %s, ", met[verdict]);
  if (verdict == BENCH_MISSED) text_member("reason", row->reason ? row->reason : "not known");
}

void bench_json_row(const bench_row *row) {
  if (!json) return;
  fputs(row_before ? ",\n  {" : "\n  {", json);
  row_before = true;
  text_member("subject", row->subject);
  text_member("name", row->name + strspn(row->name, " "));
  number_member("ours", row->ours);
  text_member("unit", row->unit);
  text_member("limit_name", row->limit_name);
  number_member("limit", row->limit);
  number_member("ratio", row->ratio);
  goal_members(row);
  number_member("spread", row->rounds ? row->spread : NAN);
  fprintf(json, "\"rounds\": %d}", row->rounds);
}

void bench_json_close(void) {
  if (!json) return;
  fputs("\n]}\n", json);
  bool written = !ferror(json);
  must_write(fclose(json) == 0 && written);
  json = NULL;
}
