#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Initial-exec: the general model allocates at a thread's first access when the library came by dlopen. It takes all of
 * a module's thread-locals from a small reserve, so they are kept small. */
static _Thread_local __attribute__((tls_model("initial-exec"))) peri__role role = PERI_ROLE_CONTROL;
static _Thread_local char error_text[256] = "no error";

static atomic_uint_fast64_t memory_bytes, memory_takes, memory_fail_in;

peri__role peri__role_enter(peri__role next) {
  peri__role before = role;
  role = next;
  return before;
}

peri__role peri__role_current(void) { return role; }

const char *peri_version(void) { return PERI_VERSION; }

const char *peri_error(void) { return error_text; }

bool peri__fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error_text, sizeof error_text, format, arguments);
  va_end(arguments);
  return false;
}

/* ---- Hooks ------------------------------------------------------------------------------------------------------ */

static void *default_allocate(size_t bytes, size_t alignment, void *user) {
  (void)user;
  void *memory = NULL;
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
}

static void default_release(void *memory, size_t bytes, void *user) {
  (void)bytes, (void)user;
  free(memory);
}

static void default_log(peri_log_level level, const char *message, void *user) {
  static const char *const names[] = {"", "warning: ", "error: "};
  (void)user;
  fprintf(stderr, "perilune: %s%s\n", names[level], message);
}

static void default_assertion(const char *condition, const char *file, int line, void *user) {
  (void)user;
  fprintf(stderr, "perilune: %s:%d: this must hold: %s\n", file, line, condition);
  abort();
}

static peri_hooks hooks = {sizeof(peri_hooks), default_allocate, default_release, default_log, default_assertion, NULL};

peri_hooks peri_default_hooks(void) {
  return (peri_hooks){sizeof(peri_hooks), default_allocate, default_release, default_log, default_assertion, NULL};
}

bool peri_set_hooks(const peri_hooks *wanted) {
  if (!wanted || wanted->size != sizeof *wanted) return peri__fail("hooks: begin with peri_default_hooks()");
  if (atomic_load(&memory_takes) != 0)
    return peri__fail("hooks: set them before the first other call, memory is already taken");
  if (!wanted->allocate != !wanted->release) return peri__fail("hooks: set allocate and release together");
  peri_hooks next = peri_default_hooks();
  if (wanted->allocate) next.allocate = wanted->allocate, next.release = wanted->release;
  if (wanted->log) next.log = wanted->log;
  if (wanted->assertion) next.assertion = wanted->assertion;
  next.user = wanted->user;
  hooks = next;
  return true;
}

void peri__assert_failed(const char *condition, const char *file, int line) {
  hooks.assertion(condition, file, line, hooks.user);
}

void peri__log(peri_log_level level, const char *format, ...) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  hooks.log(level, message, hooks.user);
}

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

void *peri__allocate_raw(size_t bytes, size_t alignment) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  if (alignment < 16) alignment = 16;
  bool refuse = atomic_load_explicit(&memory_fail_in, memory_order_relaxed) != 0 &&
                atomic_fetch_sub_explicit(&memory_fail_in, 1, memory_order_relaxed) == 1;
  void *memory = bytes == 0 || bytes > SIZE_MAX / 2 || refuse ? NULL : hooks.allocate(bytes, alignment, hooks.user);
  if (!memory) {
    peri__fail("out of memory: %zu bytes were wanted", bytes);
    return NULL;
  }
  atomic_fetch_add_explicit(&memory_bytes, bytes, memory_order_relaxed);
  atomic_fetch_add_explicit(&memory_takes, 1, memory_order_relaxed);
  return memory;
}

void *peri__allocate(size_t bytes, size_t alignment) {
  void *memory = peri__allocate_raw(bytes, alignment);
  return memory ? memset(memory, 0, bytes) : NULL;
}

void peri__release(void *memory, size_t bytes) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  if (!memory) return;
  atomic_fetch_sub_explicit(&memory_bytes, bytes, memory_order_relaxed);
  hooks.release(memory, bytes, hooks.user);
}

void *peri__grow(void *array, size_t element, size_t count, size_t *capacity, size_t needed) {
  if (needed <= *capacity) return array;
  size_t more = *capacity + *capacity / 2;
  if (more < needed) more = needed;
  if (more < 8) more = 8;
  void *larger = peri__allocate(more * element, 16);
  if (!larger) return NULL;
  if (count) memcpy(larger, array, count * element);
  peri__release(array, *capacity * element);
  *capacity = more;
  return larger;
}

uint64_t peri__memory_bytes(void) { return atomic_load(&memory_bytes); }
uint64_t peri__memory_takes(void) { return atomic_load(&memory_takes); }
void peri__memory_fail_at(uint64_t nth) { atomic_store(&memory_fail_in, nth); }

uint64_t peri__nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
