/* The guard's own versions of the functions in calls.h: note the call and pass it on. */
#ifndef __NO_INLINE__
#define __NO_INLINE__ 1 /* the headers shall define none of the functions themselves */
#endif

#include "guard.h"

#include "calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <syslog.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

typedef struct call {
  const char *name;
  _Atomic(void *) real;
  atomic_ulong followed; /* calls from the object that is followed */
} call;

enum {
#define FIXED_PLACE(type, function, parameters, arguments) CALL_##function,
#define VARIABLE_PLACE(function) CALL_##function,
  FIXED(FIXED_PLACE) VARIABLE(VARIABLE_PLACE) CALL_COUNT
};

static call calls[CALL_COUNT] = {
#define FIXED_NAME(type, function, parameters, arguments) [CALL_##function] = {.name = #function},
#define VARIABLE_NAME(function) [CALL_##function] = {.name = #function},
    FIXED(FIXED_NAME) VARIABLE(VARIABLE_NAME)};

/* ---- The real ones ---------------------------------------------------------------------------------------------- */

/* Finding a function may allocate, so those that allocate are known beforehand. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *old);

static int plain_posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) || alignment & (alignment - 1) || alignment == 0) return EINVAL;
  void *made = __libc_memalign(alignment, size);
  if (!made) return ENOMEM;
  *memory = made;
  return 0;
}

/* The newest version first: of the condition variables an old kind exists under the same names. dlsym cannot be used to
 * find dlsym. */
void *guard_real(const char *name) {
  static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.32",  "GLIBC_2.28",
                                         "GLIBC_2.17", "GLIBC_2.3.2", "GLIBC_2.2.5"};
  for (size_t v = 0; v < sizeof versions / sizeof *versions; v++) {
    void *found = dlvsym(RTLD_NEXT, name, versions[v]);
    if (found) return found;
  }
  void *(*find)(void *, const char *) = NULL;
  *(void **)&find = strcmp(name, "dlsym") ? guard_real("dlsym") : NULL;
  void *found = find ? find(RTLD_NEXT, name) : NULL;
  if (!found) abort();
  return found;
}

static void *real(int place) {
  void *found = atomic_load_explicit(&calls[place].real, memory_order_relaxed);
  if (found) return found;
  switch (place) {
  case CALL_malloc: return (void *)__libc_malloc;
  case CALL_calloc: return (void *)__libc_calloc;
  case CALL_realloc: return (void *)__libc_realloc;
  case CALL_free: return (void *)__libc_free;
  case CALL_memalign:
  case CALL_aligned_alloc: return (void *)__libc_memalign;
  case CALL_posix_memalign: return (void *)plain_posix_memalign;
  default: break;
  }
  found = guard_real(calls[place].name);
  atomic_store_explicit(&calls[place].real, found, memory_order_relaxed);
  return found;
}

/* Nothing is looked up any more when the first callback comes. */
__attribute__((constructor)) static void find_all(void) {
  for (int place = 0; place < CALL_COUNT; place++) real(place);
}

/* ---- Ours ------------------------------------------------------------------------------------------------------- */

static void see(int place, const void *caller) {
  int error = errno;
  guard_note(calls[place].name, caller);
  if (guard_follows(caller)) atomic_fetch_add_explicit(&calls[place].followed, 1, memory_order_relaxed);
  errno = error;
}

#define SEE(name) see(CALL_##name, __builtin_return_address(0))

#define FIXED_CALL(type, name, parameters, arguments)                                                                  \
  EXPORT type name parameters {                                                                                        \
    type(*next) parameters;                                                                                            \
    *(void **)&next = real(CALL_##name);                                                                               \
    SEE(name);                                                                                                         \
    return next arguments;                                                                                             \
  }
FIXED(FIXED_CALL)

/* System calls take at most six words; reading more than were passed is harmless in the calling conventions that Linux
 * has. */
#define WORDS(last)                                                                                                    \
  long word[6];                                                                                                        \
  va_list list;                                                                                                        \
  va_start(list, last);                                                                                                \
  for (int w = 0; w < 6; w++) word[w] = va_arg(list, long);                                                            \
  va_end(list)

EXPORT long syscall(long number, ...) {
  WORDS(number);
  long (*next)(long, ...);
  *(void **)&next = real(CALL_syscall);
  SEE(syscall);
  return next(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}

EXPORT int open(const char *path, int flags, ...) {
  WORDS(flags);
  int (*next)(const char *, int, ...);
  *(void **)&next = real(CALL_open);
  SEE(open);
  return next(path, flags, word[0]);
}

EXPORT int openat(int folder, const char *path, int flags, ...) {
  WORDS(flags);
  int (*next)(int, const char *, int, ...);
  *(void **)&next = real(CALL_openat);
  SEE(openat);
  return next(folder, path, flags, word[0]);
}

EXPORT int ioctl(int file, unsigned long request, ...) {
  WORDS(request);
  int (*next)(int, unsigned long, ...);
  *(void **)&next = real(CALL_ioctl);
  SEE(ioctl);
  return next(file, request, word[0]);
}

EXPORT int fcntl(int file, int command, ...) {
  WORDS(command);
  int (*next)(int, int, ...);
  *(void **)&next = real(CALL_fcntl);
  SEE(fcntl);
  return next(file, command, word[0]);
}

EXPORT int printf(const char *format, ...) {
  int (*next)(const char *, va_list);
  *(void **)&next = real(CALL_vprintf);
  SEE(printf);
  va_list values;
  va_start(values, format);
  int written = next(format, values);
  va_end(values);
  return written;
}

EXPORT int fprintf(FILE *file, const char *format, ...) {
  int (*next)(FILE *, const char *, va_list);
  *(void **)&next = real(CALL_vfprintf);
  SEE(fprintf);
  va_list values;
  va_start(values, format);
  int written = next(file, format, values);
  va_end(values);
  return written;
}

EXPORT int dprintf(int file, const char *format, ...) {
  int (*next)(int, const char *, va_list);
  *(void **)&next = real(CALL_vdprintf);
  SEE(dprintf);
  va_list values;
  va_start(values, format);
  int written = next(file, format, values);
  va_end(values);
  return written;
}

EXPORT void syslog(int level, const char *format, ...) {
  void (*next)(int, const char *, va_list);
  *(void **)&next = real(CALL_vsyslog);
  SEE(syslog);
  va_list values;
  va_start(values, format);
  next(level, format, values);
  va_end(values);
}

/* The real dlsym looks at who called for RTLD_NEXT, so this ends in a jump, not in a call. */
EXPORT void *dlsym(void *library, const char *name) {
  void *(*next)(void *, const char *);
  *(void **)&next = real(CALL_dlsym);
  SEE(dlsym);
  void *wrapped = guard_wrap_symbol(library, name, next);
  if (wrapped) return wrapped;
  return next(library, name);
}

/* ---- The report ------------------------------------------------------------------------------------------------- */

void guard_print_calls(void) {
  for (int place = 0; place < CALL_COUNT; place++) {
    unsigned long count = atomic_load(&calls[place].followed);
    if (count) guard_print("seen %s %lu\n", calls[place].name, count);
  }
}
