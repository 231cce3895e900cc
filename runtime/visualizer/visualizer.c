#include "visualizer/visualizer.h"

#include "base/thread.h"
#include "visualizer/analysis.h"

#define PAUSE_SECONDS 0.005
#define BLOCKS_A_VIEW 64 /* however fast they come, a view is made after so many */

struct peri__visualizer {
  peri__thread thread;

  /* The visualizer thread's. */
  peri__blocks *blocks;
  peri__analysis analysis;
  peri_view next;

  /* Behind the lock. */
  peri__mutex lock;
  peri__condition stop_asked;
  bool stop;
  peri_view latest; /* blocks is 0 before the first */
};

static bool take_blocks(peri__visualizer *visualizer) {
  int taken = 0;
  for (peri_block *block; taken < BLOCKS_A_VIEW && (block = peri__blocks_receive(visualizer->blocks)); taken++) {
    peri__analysis_add(&visualizer->analysis, block);
    peri__block_give_back(&block);
  }
  return taken > 0;
}

static void run(void *user) {
  peri__visualizer *visualizer = user;
  peri__role_enter(PERI_ROLE_VISUALIZER);
  peri__mutex_lock(&visualizer->lock);
  while (!visualizer->stop) {
    peri__mutex_unlock(&visualizer->lock);
    bool fresh = take_blocks(visualizer);
    if (fresh) peri__analysis_view(&visualizer->analysis, &visualizer->next);
    peri__mutex_lock(&visualizer->lock);
    if (fresh) visualizer->latest = visualizer->next;
    if (!visualizer->stop) peri__condition_wait(&visualizer->stop_asked, &visualizer->lock, PAUSE_SECONDS);
  }
  peri__mutex_unlock(&visualizer->lock);
}

static void release(peri__visualizer *visualizer) {
  peri__condition_destroy(&visualizer->stop_asked);
  peri__mutex_destroy(&visualizer->lock);
  peri__release(visualizer, sizeof *visualizer);
}

peri__visualizer *peri__visualizer_create(peri__blocks *blocks, double sample_rate) {
  peri__visualizer *visualizer = PERI_NEW(peri__visualizer);
  if (!visualizer) return NULL;
  visualizer->blocks = blocks;
  peri__analysis_prepare(&visualizer->analysis, sample_rate);
  peri__mutex_create(&visualizer->lock);
  peri__condition_create(&visualizer->stop_asked);
  if (peri__thread_start(&visualizer->thread, "peri visualizer", run, visualizer)) return visualizer;
  release(visualizer);
  return NULL;
}

void peri__visualizer_destroy(peri__visualizer *visualizer) {
  if (!visualizer) return;
  peri__mutex_lock(&visualizer->lock);
  visualizer->stop = true;
  peri__condition_signal(&visualizer->stop_asked);
  peri__mutex_unlock(&visualizer->lock);
  peri__thread_join(visualizer->thread);
  release(visualizer);
}

bool peri__visualizer_read(peri__visualizer *visualizer, peri_view *view) {
  peri__mutex_lock(&visualizer->lock);
  bool any = visualizer->latest.blocks > 0;
  if (any) *view = visualizer->latest;
  peri__mutex_unlock(&visualizer->lock);
  return any;
}
