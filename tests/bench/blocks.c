/* The pooled block transfer, against a memcpy into as many blocks in turn. In both, the same other thread reads every
 * block and hands it back meanwhile. */
#include "bench/bench.h"

#include "base/blocks.h"
#include "base/thread.h"

#include <sched.h>
#include <string.h>

#define FLOATS 1024
#define BLOCKS 16 /* in the pool, and written in a burst */
#define BURSTS 64 /* in a run */

typedef struct transfer {
  /* Which side is on, for the reader; set between bursts. */
  _Alignas(PERI_CACHE_LINE) _Atomic(peri__blocks *) pool; /* NULL: the plain blocks */
  atomic_bool over;
  /* Writer's */
  _Alignas(PERI_CACHE_LINE) atomic_uint_fast64_t written; /* plain blocks, each counted when it may be read */
  uint64_t sent;                                          /* blocks of either side */
  /* Reader's */
  _Alignas(PERI_CACHE_LINE) atomic_uint_fast64_t done; /* blocks of either side, read and given back */
  uint64_t plain_read;
  _Alignas(PERI_CACHE_LINE) float plain[BLOCKS][FLOATS];
  float input[FLOATS];
} transfer;

typedef struct pool_scene {
  transfer *transfer;
  peri__blocks *pool;
  uint32_t channels, frames; /* of each write */
  uint64_t frame;
} pool_scene;

/* ---- The reader's thread ---------------------------------------------------------------------------------------- */

static void read_all(const float *samples) {
  float copy[FLOATS];
  memcpy(copy, samples, sizeof copy);
  __asm__ volatile("" : : "r"(copy) : "memory");
}

static bool read_pooled(peri__blocks *pool) {
  peri_block *block = peri__blocks_receive(pool);
  if (!block) return false;
  read_all(block->samples);
  peri__block_give_back(&block);
  return true;
}

static bool read_plain(transfer *t) {
  if (atomic_load_explicit(&t->written, memory_order_acquire) == t->plain_read) return false;
  read_all(t->plain[t->plain_read++ % BLOCKS]);
  return true;
}

static void read_blocks(void *user) {
  transfer *t = user;
  while (!atomic_load_explicit(&t->over, memory_order_relaxed)) {
    peri__blocks *pool = atomic_load_explicit(&t->pool, memory_order_acquire);
    if (pool ? read_pooled(pool) : read_plain(t))
      atomic_store_explicit(&t->done, atomic_load_explicit(&t->done, memory_order_relaxed) + 1, memory_order_release);
  }
}

/* All that was sent has been read: the pool is full, and the reader waits for more. */
static void wait_for_reader(transfer *t) {
  while (atomic_load_explicit(&t->done, memory_order_acquire) < t->sent) sched_yield();
}

/* ---- The audio thread's side ------------------------------------------------------------------------------------ */

static uint64_t transferred(peri__blocks *pool) {
  peri_tap_stats stats;
  peri__blocks_get_stats(pool, &stats);
  return stats.transferred;
}

static double write_pooled(void *user) {
  pool_scene *scene = user;
  transfer *t = scene->transfer;
  const float *channels[2] = {t->input, t->input + FLOATS / 2};
  uint32_t writes = BLOCKS * FLOATS / (scene->channels * scene->frames);
  uint64_t time = 0, sent_before = t->sent - transferred(scene->pool);
  atomic_store(&t->pool, scene->pool);
  peri__role before = peri__role_enter(PERI_ROLE_AUDIO);
  for (int burst = 0; burst < BURSTS; burst++) {
    uint64_t from = peri__nanoseconds();
    for (uint32_t w = 0; w < writes; w++, scene->frame += scene->frames)
      peri__blocks_write(scene->pool, channels, scene->frames, scene->frame);
    time += peri__nanoseconds() - from;
    t->sent = sent_before + transferred(scene->pool);
    wait_for_reader(t);
  }
  peri__role_enter(before);
  return (double)time;
}

static double write_plain(void *user) {
  transfer *t = user;
  uint64_t time = 0, written = atomic_load(&t->written);
  atomic_store(&t->pool, NULL);
  for (int burst = 0; burst < BURSTS; burst++) {
    uint64_t from = peri__nanoseconds();
    for (int b = 0; b < BLOCKS; b++) {
      memcpy(t->plain[written % BLOCKS], t->input, sizeof t->input);
      atomic_store_explicit(&t->written, ++written, memory_order_release);
    }
    time += peri__nanoseconds() - from;
    t->sent += BLOCKS;
    wait_for_reader(t);
  }
  return (double)time;
}

/* Each on a processor of its own: on one they would share its cache, and a block would cost nothing to hand over. */
static void spread_out(peri__thread reader) {
  cpu_set_t allowed, own;
  bench_must(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "processors");
  if (CPU_COUNT(&allowed) < 2) return;
  pthread_t thread[2] = {pthread_self(), reader};
  for (int cpu = 0, t = 0; t < 2; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_ZERO(&own);
    CPU_SET(cpu, &own);
    pthread_setaffinity_np(thread[t++], sizeof own, &own);
  }
}

static void race(const char *name, transfer *t, uint32_t channels, uint32_t frames, double goal) {
  peri__blocks_plan plan = {
      .channels = channels, .floats = FLOATS, .blocks = BLOCKS, .max_blocks = BLOCKS, .dry = PERI_DRY_SKIP};
  pool_scene scene = {.transfer = t, .pool = peri__blocks_create(&plan), .channels = channels, .frames = frames};
  bench_must(scene.pool != NULL, "blocks");
  bench_run(&(bench_race){.name = name,
                          .ours = {NULL, write_pooled, &scene},
                          .limit = {{"memcpy + one atomic store", write_plain, t}},
                          .per = (double)BURSTS * BLOCKS,
                          .goal = {goal}});
  write_plain(t); /* the reader has left the pool */
  peri_tap_stats stats;
  peri__blocks_get_stats(scene.pool, &stats);
  bench_must(stats.dropped == 0, "blocks were dropped");
  peri__blocks_close(scene.pool);
}

void bench_blocks(void) {
  static transfer t;
  for (int i = 0; i < FLOATS; i++) t.input[i] = bench_random();
  peri__thread reader;
  bench_must(peri__thread_start(&reader, "bench-reader", read_blocks, &t), "thread");
  cpu_set_t before;
  sched_getaffinity(0, sizeof before, &before);
  spread_out(reader);
  race("mono, a block at a time", &t, 1, FLOATS, 1.5);
  race("stereo, a quantum at a time", &t, 2, PERI_QUANTUM, 1.5);
  atomic_store(&t.over, true);
  peri__thread_join(reader);
  sched_setaffinity(0, sizeof before, &before);
}
