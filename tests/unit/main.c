#include "unit/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct registered_test {
  const char *name, *file;
  void (*run)(void);
} registered_test;

static registered_test tests[2000];
static size_t test_count;

void peri__test_add(const char *name, const char *file, void (*run)(void)) {
  if (test_count == sizeof tests / sizeof *tests) abort();
  tests[test_count++] = (registered_test){name, file, run};
}

/* ---- Files that tests make -------------------------------------------------------------------------------------- */

static char paths[8][256];
static size_t path_count;

const char *test_path(const char *name) {
  const char *folder = getenv("TMPDIR");
  char wanted[sizeof *paths];
  int length = snprintf(wanted, sizeof wanted, "%s/perilune-%ld-%s", folder ? folder : "/tmp", (long)getpid(), name);
  if (length >= (int)sizeof wanted) fail_msg("the path of TMPDIR is too long");
  for (size_t i = 0; i < path_count; i++)
    if (strcmp(paths[i], wanted) == 0) return paths[i];
  if (path_count == sizeof paths / sizeof *paths) fail_msg("a test makes more than %zu files", path_count);
  return memcpy(paths[path_count++], wanted, sizeof wanted);
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place) {
  (void)about, (void)type, (void)place;
  return remove(path);
}

static int remove_paths(void **state) {
  (void)state;
  while (path_count > 0) nftw(paths[--path_count], remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return 0;
}

/* ---- Running ---------------------------------------------------------------------------------------------------- */

static void run_registered(void **state) { ((registered_test *)*state)->run(); }

static int by_file_and_name(const void *a, const void *b) {
  const registered_test *x = a, *y = b;
  int order = strcmp(x->file, y->file);
  return order ? order : strcmp(x->name, y->name);
}

int main(int count, char **arguments) {
  const char *wanted = count > 1 ? arguments[1] : "";
  static struct CMUnitTest units[sizeof tests / sizeof *tests];
  size_t chosen = 0;
  qsort(tests, test_count, sizeof *tests, by_file_and_name);
  for (size_t i = 0; i < test_count; i++) {
    if (!strstr(tests[i].name, wanted) && !strstr(tests[i].file, wanted)) continue;
    units[chosen++] = (struct CMUnitTest){tests[i].name, run_registered, NULL, remove_paths, &tests[i]};
  }
  int failed = chosen ? _cmocka_run_group_tests("perilune", units, chosen, NULL, NULL) : 0;
  fflush(stderr);
  printf("%zu passed, %d failed\n", chosen - (size_t)failed, failed);
  return failed ? 1 : 0;
}
