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

void peri__condition_create(peri__condition *condition);
void peri__condition_destroy(peri__condition *condition);
void peri__condition_signal(peri__condition *condition);
/* Waits at most `seconds` (by the monotonic clock); false when the time passed without a signal. */
bool peri__condition_wait(peri__condition *condition, peri__mutex *mutex, double seconds);

/* Sleeps until peri__nanoseconds() reaches `deadline`. */
void peri__sleep_until(uint64_t deadline);

#endif
