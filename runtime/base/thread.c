#include "base/thread.h"

#include <string.h>
#include <time.h>

typedef struct thread_start {
  void (*run)(void *);
  void *user;
  char name[16];
} thread_start;

static void *thread_main(void *argument) {
  thread_start start = *(thread_start *)argument;
  peri__release(argument, sizeof start);
  pthread_setname_np(pthread_self(), start.name);
  start.run(start.user);
  return NULL;
}

bool peri__thread_start(peri__thread *thread, const char *name, void (*run)(void *), void *user) {
  thread_start *start = PERI_NEW(thread_start);
  if (!start) return false;
  start->run = run;
  start->user = user;
  strncpy(start->name, name, sizeof start->name - 1);
  int problem = pthread_create(thread, NULL, thread_main, start);
  if (problem == 0) return true;
  peri__release(start, sizeof *start);
  return peri__fail("cannot start the thread '%s': %s", name, strerror(problem));
}

void peri__thread_join(peri__thread thread) { pthread_join(thread, NULL); }

void peri__mutex_create(peri__mutex *mutex) { pthread_mutex_init(mutex, NULL); }
void peri__mutex_destroy(peri__mutex *mutex) { pthread_mutex_destroy(mutex); }

void peri__condition_create(peri__condition *condition) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(condition, &attributes);
  pthread_condattr_destroy(&attributes);
}

void peri__condition_destroy(peri__condition *condition) { pthread_cond_destroy(condition); }
void peri__condition_signal(peri__condition *condition) { pthread_cond_broadcast(condition); }

/* ---- The quick lock --------------------------------------------------------------------------------------------- */

void peri__quick_lock_create(peri__quick_lock *lock) {
  atomic_init(&lock->state, 0);
  peri__mutex_create(&lock->waiting);
  peri__condition_create(&lock->left);
}

void peri__quick_lock_destroy(peri__quick_lock *lock) {
  peri__condition_destroy(&lock->left);
  peri__mutex_destroy(&lock->waiting);
}

/* Who waits has said so, by the 2, before it sleeps, and sleeps before `waiting` is free for the one that wakes it. Who
 * gets in from here leaves the 2 standing, since it cannot know whether it was the last to wait. */
void peri__quick_lock_wait(peri__quick_lock *lock) {
  peri__mutex_lock(&lock->waiting);
  while (atomic_exchange_explicit(&lock->state, 2, memory_order_acquire) != 0)
    pthread_cond_wait(&lock->left, &lock->waiting);
  peri__mutex_unlock(&lock->waiting);
}

void peri__quick_lock_wake(peri__quick_lock *lock) {
  peri__mutex_lock(&lock->waiting);
  pthread_cond_signal(&lock->left);
  peri__mutex_unlock(&lock->waiting);
}

/* ---- Waiting ---------------------------------------------------------------------------------------------------- */

static struct timespec moment(uint64_t nanoseconds) {
  return (struct timespec){.tv_sec = (time_t)(nanoseconds / 1000000000u), .tv_nsec = (long)(nanoseconds % 1000000000u)};
}

bool peri__condition_wait(peri__condition *condition, peri__mutex *mutex, double seconds) {
  struct timespec deadline = moment(peri__nanoseconds() + (uint64_t)(seconds * 1e9));
  return pthread_cond_timedwait(condition, mutex, &deadline) == 0;
}

void peri__sleep_until(uint64_t deadline) {
  struct timespec until = moment(deadline);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
  }
}
