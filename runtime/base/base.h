/* What every room needs: thread roles, assertions, hooks for memory and log, error text. */
#ifndef PERI_BASE_H
#define PERI_BASE_H

#include "perilune/perilune.h"

#include <stdatomic.h>

/* Marks functions that run on the audio thread: they allocate, free, lock, block, log and do I/O never. Where the
 * compiler has it (clang 20), this is its `nonblocking` attribute, and the compiler checks. */
#if defined(__clang__) && __has_attribute(nonblocking)
#define PERI_AUDIO_THREAD __attribute__((nonblocking))
#else
#define PERI_AUDIO_THREAD
#endif

#define PERI_CACHE_LINE 64

/* Roles are set while a thread does a thing, not for good: offline rendering runs on the game's thread. */
typedef enum { PERI_ROLE_CONTROL, PERI_ROLE_AUDIO, PERI_ROLE_LOADER, PERI_ROLE_VISUALIZER } peri__role;

/* Sets this thread's role and returns the one it had. */
peri__role peri__role_enter(peri__role role);
peri__role peri__role_current(void);

#if defined(PERI_DEBUG) || defined(PERI_VALIDATE)
#define PERI_ASSERT(condition) ((condition) ? (void)0 : peri__assert_failed(#condition, __FILE__, __LINE__))
#else
#define PERI_ASSERT(condition) ((void)0)
#endif
#define PERI_ASSERT_AUDIO_THREAD() PERI_ASSERT(peri__role_current() == PERI_ROLE_AUDIO)
#define PERI_ASSERT_NOT_AUDIO_THREAD() PERI_ASSERT(peri__role_current() != PERI_ROLE_AUDIO)

void peri__assert_failed(const char *condition, const char *file, int line);

/* Sets peri_error() for this thread. Always returns false, so that a caller can `return peri__fail(…)`. */
bool peri__fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory, zeroed, by the hooks; NULL sets peri_error(). Never on the audio thread. `bytes` and `alignment` must be the
 * same at release. */
void *peri__allocate(size_t bytes, size_t alignment);
/* The same, not zeroed: for much that is written before it is read. */
void *peri__allocate_raw(size_t bytes, size_t alignment);
void peri__release(void *memory, size_t bytes); /* NULL is ignored */
#define PERI_NEW(type) ((type *)peri__allocate(sizeof(type), _Alignof(type) < 16 ? 16 : _Alignof(type)))
#define PERI_NEW_ARRAY(type, count)                                                                                    \
  ((type *)peri__allocate(sizeof(type) * (count), _Alignof(type) < 16 ? 16 : _Alignof(type)))

/* Makes room for `needed` elements in a control-side array: returns the array, moved if it had to grow (by half), or
 * NULL, and then the old one stays as it was. */
void *peri__grow(void *array, size_t element, size_t count, size_t *capacity, size_t needed);

/* Bytes taken by peri__allocate and not yet released, and the number of takes so far. */
uint64_t peri__memory_bytes(void);
uint64_t peri__memory_takes(void);

/* Test hook of the validate build: the n-th take from now on fails (0: none). */
void peri__memory_fail_at(uint64_t nth);

void peri__log(peri_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Monotonic nanoseconds, for measuring load. Does not block (vDSO). */
uint64_t peri__nanoseconds(void);

#endif
