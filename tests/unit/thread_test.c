#include "unit/test.h"

#include "base/thread.h"

#include <sched.h>

#define THREADS 4
#ifdef PERI_SANITIZE
#define ROUNDS 5000
#else
#define ROUNDS 30000
#endif

static peri__quick_lock lock;
static uint64_t inside, count; /* plain: guarded by the lock */
static bool together;

static void *take_turns(void *unused) {
  (void)unused;
  for (int round = 0; round < ROUNDS; round++) {
    peri__quick_lock_take(&lock);
    if (inside++) together = true;
    if (round % 64 == 0) sched_yield(); /* so that others come to wait */
    count++;
    inside--;
    peri__quick_lock_leave(&lock);
  }
  return NULL;
}

TEST(a_quick_lock_lets_one_thread_in_at_a_time_and_forgets_none_that_waits) {
  peri__thread thread[THREADS];
  peri__quick_lock_create(&lock);
  for (int t = 0; t < THREADS; t++) CHECK_EQ(pthread_create(&thread[t], NULL, take_turns, NULL), 0);
  for (int t = 0; t < THREADS; t++) pthread_join(thread[t], NULL);
  CHECK_EQ(count, (uint64_t)THREADS * ROUNDS);
  CHECK(!together);
  CHECK_EQ(atomic_load(&lock.state) != 0, false);
  peri__quick_lock_destroy(&lock);
}
