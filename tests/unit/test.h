/* Tests register themselves: TEST(name_of_the_promise) { … } in any file below tests/unit or tests/stress.
 * `perilune-test NAME` runs those whose name contains NAME. */
#ifndef PERI_TEST_H
#define PERI_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "perilune/perilune.h"

void peri__test_add(const char *name, const char *file, void (*run)(void));

#define TEST(name)                                                                                                     \
  static void test_##name(void);                                                                                       \
  __attribute__((constructor)) static void test_add_##name(void) { peri__test_add(#name, __FILE__, test_##name); }     \
  static void test_##name(void)

/* A path, one a name, for a file or folder that a test makes: what is there when the test ends, however it ends, is
 * removed. The memory is the test's until then. */
const char *test_path(const char *name);

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) fail_msg("%s:%d: not so: %s (peri_error: %s)", __FILE__, __LINE__, #condition, peri_error());    \
  } while (0)

#define CHECK_EQ(a, b)                                                                                                 \
  do {                                                                                                                 \
    long long check_a = (long long)(a), check_b = (long long)(b);                                                      \
    if (check_a != check_b) fail_msg("%s:%d: %s is %lld, %s is %lld", __FILE__, __LINE__, #a, check_a, #b, check_b);   \
  } while (0)

#define CHECK_NEAR(a, b, tolerance)                                                                                    \
  do {                                                                                                                 \
    double check_a = (double)(a), check_b = (double)(b);                                                               \
    if (!(fabs(check_a - check_b) <= (double)(tolerance)))                                                             \
      fail_msg("%s:%d: %s is %.9g, wanted %.9g ± %g", __FILE__, __LINE__, #a, check_a, check_b, (double)(tolerance));  \
  } while (0)

#define CHECK_STR(a, b)                                                                                                \
  do {                                                                                                                 \
    const char *check_a = (a), *check_b = (b);                                                                         \
    if (strcmp(check_a, check_b) != 0)                                                                                 \
      fail_msg("%s:%d: %s is \"%s\", wanted \"%s\"", __FILE__, __LINE__, #a, check_a, check_b);                        \
  } while (0)

#define CHECK_ERROR(part)                                                                                              \
  do {                                                                                                                 \
    if (!strstr(peri_error(), (part)))                                                                                 \
      fail_msg("%s:%d: the error is \"%s\", wanted \"… %s …\"", __FILE__, __LINE__, peri_error(), (part));             \
  } while (0)

#endif
