/* Threads, locks and wake-ups for every thread but the audio thread. Thin over POSIX threads. */
#ifndef PERI_THREAD_H
#define PERI_THREAD_H

#include "base/base.h"

#include <pthread.h>

typedef pthread_t peri__thread;
typedef pthread_mutex_t peri__mutex;
typedef pthread_cond_t peri__condition;

/* Starts a thread named `name` (at most 15 characters); false sets peri_error(). */
bool peri__thread_start(peri__thread *thread, const char *name, void (*run)(void *), void *user);
void peri__thread_join(peri__thread thread);

void peri__mutex_create(peri__mutex *mutex);
void peri__mutex_destroy(peri__mutex *mutex);
static inline void peri__mutex_lock(peri__mutex *mutex) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  pthread_mutex_lock(mutex);
}
static inline void peri__mutex_unlock(peri__mutex *mutex) { pthread_mutex_unlock(mutex); }

/* A lock that is almost always free: then taking it and giving it back are one atomic operation each, in line, which is
 * half of what the mutex takes. It is not for conditions, and may be destroyed only when nobody is about to leave it.
 */
typedef struct peri__quick_lock {
  atomic_int state; /* 0: free; 1: taken; 2: taken, and others may wait */
  peri__mutex waiting;
  peri__condition left;
} peri__quick_lock;

void peri__quick_lock_create(peri__quick_lock *lock);
void peri__quick_lock_destroy(peri__quick_lock *lock);
void peri__quick_lock_wait(peri__quick_lock *lock);
void peri__quick_lock_wake(peri__quick_lock *lock);

static inline void peri__quick_lock_take(peri__quick_lock *lock) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  int state = 0;
  if (!atomic_compare_exchange_strong_explicit(&lock->state, &state, 1, memory_order_acquire, memory_order_relaxed))
    peri__quick_lock_wait(lock);
}
static inline void peri__quick_lock_leave(peri__quick_lock *lock) {
  if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2) peri__quick_lock_wake(lock);
}

void peri__condition_create(peri__condition *condition);
void peri__condition_destroy(peri__condition *condition);
void peri__condition_signal(peri__condition *condition);
/* Waits at most `seconds` (by the monotonic clock); false when the time passed without a signal. */
bool peri__condition_wait(peri__condition *condition, peri__mutex *mutex, double seconds);

/* Sleeps until peri__nanoseconds() reaches `deadline`. */
void peri__sleep_until(uint64_t deadline);

#endif
