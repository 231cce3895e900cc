#include "media/loader.h"

#include "base/thread.h"

struct peri__loader {
  /* Any thread, with `lock`. */
  peri__mutex lock;
  peri__condition more;
  peri__job *first, **last;
  bool quit;

  /* Whoever holds `setting`. The chore has a thread of its own, so that a long decode does not hold it up. */
  peri__mutex setting;
  bool chore_set;
  peri__thread chore_thread;
  void (*chore)(void *user);
  void *chore_user;
  double chore_seconds;
  bool chore_quit; /* with `lock` */
  peri__condition chore_stop;

  uint32_t threads;
  peri__thread thread[];
};

static peri__job *take(peri__loader *loader) {
  peri__mutex_lock(&loader->lock);
  while (!loader->first && !loader->quit) peri__condition_wait(&loader->more, &loader->lock, 3600);
  peri__job *job = loader->first;
  if (job) {
    loader->first = job->next;
    if (!loader->first) loader->last = &loader->first;
  }
  peri__mutex_unlock(&loader->lock);
  return job;
}

static void run_jobs(void *user) {
  peri__loader *loader = (peri__loader *)user;
  peri__role_enter(PERI_ROLE_LOADER);
  for (peri__job *job; (job = take(loader)) != NULL;) job->run(job);
}

static void run_chore(void *user) {
  peri__loader *loader = (peri__loader *)user;
  peri__role_enter(PERI_ROLE_LOADER);
  peri__mutex_lock(&loader->lock);
  uint64_t next = peri__nanoseconds();
  while (!loader->chore_quit) {
    uint64_t now = peri__nanoseconds();
    if (now < next) {
      peri__condition_wait(&loader->chore_stop, &loader->lock, (double)(next - now) * 1e-9);
      continue;
    }
    next = now + (uint64_t)(loader->chore_seconds * 1e9);
    peri__mutex_unlock(&loader->lock);
    loader->chore(loader->chore_user);
    peri__mutex_lock(&loader->lock);
  }
  peri__mutex_unlock(&loader->lock);
}

static void end_chore(peri__loader *loader) {
  if (!loader->chore_set) return;
  peri__mutex_lock(&loader->lock);
  loader->chore_quit = true;
  peri__condition_signal(&loader->chore_stop);
  peri__mutex_unlock(&loader->lock);
  peri__thread_join(loader->chore_thread);
  loader->chore_set = false;
}

bool peri__loader_set_chore(peri__loader *loader, void (*chore)(void *user), void *user, double seconds) {
  peri__mutex_lock(&loader->setting);
  end_chore(loader);
  bool fine = true;
  if (chore) {
    loader->chore = chore;
    loader->chore_user = user;
    loader->chore_seconds = seconds;
    loader->chore_quit = false;
    fine = loader->chore_set = peri__thread_start(&loader->chore_thread, "peri-watch", run_chore, loader);
  }
  peri__mutex_unlock(&loader->setting);
  return fine;
}

void peri__loader_add(peri__loader *loader, peri__job *job) {
  job->next = NULL;
  peri__mutex_lock(&loader->lock);
  *loader->last = job;
  loader->last = &job->next;
  peri__condition_signal(&loader->more);
  peri__mutex_unlock(&loader->lock);
}

static size_t loader_bytes(uint32_t threads) { return sizeof(peri__loader) + threads * sizeof(peri__thread); }

static void release(peri__loader *loader, size_t bytes) {
  peri__condition_destroy(&loader->chore_stop);
  peri__condition_destroy(&loader->more);
  peri__mutex_destroy(&loader->setting);
  peri__mutex_destroy(&loader->lock);
  peri__release(loader, bytes);
}

static void join_all(peri__loader *loader) {
  peri__mutex_lock(&loader->lock);
  loader->quit = true;
  peri__condition_signal(&loader->more);
  peri__mutex_unlock(&loader->lock);
  for (uint32_t i = 0; i < loader->threads; i++) peri__thread_join(loader->thread[i]);
}

peri__loader *peri__loader_create(uint32_t threads) {
  peri__loader *loader = (peri__loader *)peri__allocate(loader_bytes(threads), 16);
  if (!loader) return NULL;
  loader->last = &loader->first;
  peri__mutex_create(&loader->lock);
  peri__mutex_create(&loader->setting);
  peri__condition_create(&loader->more);
  peri__condition_create(&loader->chore_stop);
  while (loader->threads < threads) {
    if (!peri__thread_start(&loader->thread[loader->threads], "peri-loader", run_jobs, loader)) {
      join_all(loader);
      release(loader, loader_bytes(threads));
      return NULL;
    }
    loader->threads++;
  }
  return loader;
}

void peri__loader_destroy(peri__loader *loader) {
  if (!loader) return;
  peri__loader_set_chore(loader, NULL, NULL, 0);
  join_all(loader);
  release(loader, loader_bytes(loader->threads));
}
