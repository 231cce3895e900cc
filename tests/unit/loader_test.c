#include "unit/test.h"

#include "base/thread.h"
#include "media/loader.h"

#define JOBS 200

typedef struct numbered_job {
  peri__job job;
  int number;
} numbered_job;

static atomic_int done, wrong_role;
static int order[JOBS];

static void note(peri__job *job) {
  if (peri__role_current() != PERI_ROLE_LOADER) atomic_fetch_add(&wrong_role, 1);
  order[atomic_fetch_add(&done, 1)] = ((numbered_job *)(void *)job)->number;
}

static void pass_time(void) { peri__sleep_until(peri__nanoseconds() + 1000000); }

static void run_jobs(uint32_t threads) {
  static numbered_job jobs[JOBS];
  atomic_store(&done, 0);
  atomic_store(&wrong_role, 0);
  peri__loader *loader = peri__loader_create(threads);
  CHECK(loader);
  for (int i = 0; i < JOBS; i++) {
    jobs[i] = (numbered_job){{NULL, note}, i};
    peri__loader_add(loader, &jobs[i].job);
  }
  peri__loader_destroy(loader);
}

TEST(a_loader_finishes_what_waits_before_it_ends) {
  uint64_t before = peri__memory_bytes();
  run_jobs(4);
  CHECK_EQ(atomic_load(&done), JOBS);
  CHECK_EQ(atomic_load(&wrong_role), 0);
  CHECK_EQ(peri__memory_bytes(), before);
}

TEST(one_loader_thread_keeps_the_order) {
  run_jobs(1);
  for (int i = 0; i < JOBS; i++) CHECK_EQ(order[i], i);
}

static void release_itself(peri__job *job) {
  peri__release(job, sizeof(numbered_job));
  atomic_fetch_add(&done, 1);
}

TEST(a_job_may_release_itself) {
  atomic_store(&done, 0);
  peri__loader *loader = peri__loader_create(2);
  for (int i = 0; i < 50; i++) {
    numbered_job *own = PERI_NEW(numbered_job);
    own->job.run = release_itself;
    peri__loader_add(loader, &own->job);
  }
  peri__loader_destroy(loader);
  CHECK_EQ(atomic_load(&done), 50);
}

static atomic_int chores, hold;
static void chore(void *user) { atomic_fetch_add((atomic_int *)user, 1); }
static void wait_until_let_go(peri__job *job) {
  (void)job;
  while (atomic_load(&hold)) pass_time();
}

TEST(a_long_job_does_not_hold_up_the_chore) {
  atomic_store(&chores, 0);
  atomic_store(&hold, 1);
  peri__job job = {NULL, wait_until_let_go};
  peri__loader *loader = peri__loader_create(1);
  peri__loader_add(loader, &job);
  CHECK(peri__loader_set_chore(loader, chore, &chores, 0.001));
  for (int i = 0; i < 5000 && atomic_load(&chores) < 3; i++) pass_time();
  CHECK(atomic_load(&chores) >= 3);
  atomic_store(&hold, 0);
  peri__loader_destroy(loader);
}

TEST(an_ended_chore_does_not_run_any_more) {
  static atomic_int other;
  atomic_store(&chores, 0);
  atomic_store(&other, 0);
  peri__loader *loader = peri__loader_create(1);
  CHECK(peri__loader_set_chore(loader, chore, &chores, 0.001));
  CHECK(peri__loader_set_chore(loader, chore, &other, 0.001));
  int before = atomic_load(&chores);
  for (int i = 0; i < 5000 && atomic_load(&other) < 3; i++) pass_time();
  CHECK_EQ(atomic_load(&chores), before);
  CHECK(peri__loader_set_chore(loader, NULL, NULL, 0));
  before = atomic_load(&other);
  CHECK(before >= 3);
  for (int i = 0; i < 10; i++) pass_time();
  CHECK_EQ(atomic_load(&other), before);
  peri__loader_destroy(loader);
}

TEST(a_loader_can_be_made_and_destroyed_with_a_chore_set) {
  atomic_store(&chores, 0);
  for (int i = 0; i < 20; i++) {
    peri__loader *loader = peri__loader_create(2);
    peri__loader_set_chore(loader, chore, &chores, 10);
    peri__loader_destroy(loader);
  }
  peri__loader_destroy(NULL);
}
