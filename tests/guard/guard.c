/* Which threads are in a callback, what was seen there, and the report. */
#include "guard.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_VIOLATIONS 256 /* kinds: the same call from the same place is one */
#define MAX_DEPTH 24
#define SAME_DEPTH 8

typedef struct violation {
  char name[32];
  const void *caller;
  unsigned long count;
  int depth;
  void *stack[MAX_DEPTH];
} violation;

static violation violations[MAX_VIOLATIONS];
static unsigned kinds;
static unsigned long violation_count;
static atomic_flag lock = ATOMIC_FLAG_INIT;

static atomic_ulong callbacks, frames, sections;
static atomic_uintptr_t followed_begin, followed_end;
static pid_t process;

static THREAD_LOCAL int depth;   /* of audio callbacks, on this thread */
static THREAD_LOCAL bool noting; /* what the guard itself calls is not seen */

/* ---- In a callback ---------------------------------------------------------------------------------------------- */

void audio_guard_enter(void) {
  if (depth++) return;
  atomic_fetch_add_explicit(&sections, 1, memory_order_relaxed);
  guard_trap_system_calls(true);
}

void audio_guard_leave(void) {
  if (--depth == 0) guard_trap_system_calls(false);
}

void guard_count_callback(unsigned count) {
  atomic_fetch_add_explicit(&callbacks, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&frames, count, memory_order_relaxed);
}

static void keep(const char *name, const void *caller, void *const *stack, int count) {
  int same = count < SAME_DEPTH ? count : SAME_DEPTH;
  violation_count++;
  for (unsigned k = 0; k < kinds; k++) {
    violation *v = &violations[k];
    if (v->caller != caller || v->depth != count || strcmp(v->name, name) != 0) continue;
    if (memcmp(v->stack, stack, (size_t)same * sizeof *stack) != 0) continue;
    v->count++;
    return;
  }
  if (kinds == MAX_VIOLATIONS) return;
  violation *v = &violations[kinds++];
  snprintf(v->name, sizeof v->name, "%s", name);
  v->caller = caller;
  v->count = 1;
  v->depth = count;
  memcpy(v->stack, stack, (size_t)count * sizeof *stack);
}

void guard_note(const char *name, const void *caller) {
  if (!depth || noting) return;
  noting = true;
  guard_trap_system_calls(false);
  void *stack[MAX_DEPTH];
  int count = backtrace(stack, MAX_DEPTH);
  while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
  }
  keep(name, caller, stack, count);
  atomic_flag_clear_explicit(&lock, memory_order_release);
  noting = false;
}

/* ---- Following an object ----------------------------------------------------------------------------------------- */

typedef struct search {
  uintptr_t address, begin, end;
} search;

static int look_into(struct dl_phdr_info *info, size_t size, void *user) {
  search *s = user;
  uintptr_t begin = UINTPTR_MAX, end = 0;
  (void)size;
  for (int h = 0; h < info->dlpi_phnum; h++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[h];
    if (header->p_type != PT_LOAD) continue;
    uintptr_t from = info->dlpi_addr + header->p_vaddr, to = from + header->p_memsz;
    if (from < begin) begin = from;
    if (to > end) end = to;
  }
  if (s->address < begin || s->address >= end) return 0;
  s->begin = begin;
  s->end = end;
  return 1;
}

void guard_follow(const void *address) {
  search s = {(uintptr_t)address, 0, 0};
  dl_iterate_phdr(look_into, &s);
  atomic_store(&followed_begin, s.begin);
  atomic_store(&followed_end, s.end);
}

bool guard_follows(const void *caller) {
  uintptr_t address = (uintptr_t)caller;
  return address >= atomic_load_explicit(&followed_begin, memory_order_relaxed) &&
         address < atomic_load_explicit(&followed_end, memory_order_relaxed);
}

/* ---- The report -------------------------------------------------------------------------------------------------- */

static int report_file = -1;

void guard_print(const char *format, ...) {
  char line[1024];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  if (length < 0) return;
  if (length >= (int)sizeof line) length = (int)sizeof line - 1;
  ssize_t (*put)(int, const void *, size_t);
  *(void **)&put = guard_real("write");
  int file = report_file >= 0 ? report_file : STDERR_FILENO;
  if (put(file, line, (size_t)length) < 0) return;
}

static void print_place(const void *address) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname) {
    guard_print("  at %p\n", address);
    return;
  }
  guard_print("  at %s +0x%lx %s\n", info.dli_fname, (unsigned long)((uintptr_t)address - (uintptr_t)info.dli_fbase),
              info.dli_sname ? info.dli_sname : "");
}

static void report(void) {
  guard_print("process %ld %s\n", (long)process, program_invocation_short_name);
  guard_print("callbacks %lu\nframes %lu\nsections %lu\n", atomic_load(&callbacks), atomic_load(&frames),
              atomic_load(&sections));
  guard_print("traps %s\n", guard_can_trap() ? "on" : "off");
  guard_print_calls();
  for (unsigned k = 0; k < kinds; k++) {
    const violation *v = &violations[k];
    guard_print("violation %s %lu\n", v->name, v->count);
    for (int s = 0; s < v->depth; s++) print_place(v->stack[s]);
  }
  guard_print("violations %lu\n", violation_count);
}

/* Unwinding loads a library at its first use. */
__attribute__((constructor)) static void prepare(void) {
  void *stack[2];
  process = getpid();
  backtrace(stack, 2);
}

/* A forked child that never became another program has nothing of its own to tell. */
__attribute__((destructor)) static void finish(void) {
  if (getpid() != process || (!atomic_load(&sections) && !violation_count)) return;
  noting = true;
  const char *path = getenv("AUDIO_GUARD_REPORT");
  if (path && *path) report_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
  }
  report();
  if (report_file >= 0) close(report_file);
  bool fatal = violation_count && getenv("AUDIO_GUARD_FATAL");
  atomic_flag_clear_explicit(&lock, memory_order_release);
  if (fatal) _exit(86);
}
