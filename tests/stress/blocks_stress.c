/* The block transfer between two real threads: a million blocks with a receiver that stalls at random, every sequence
 * number accounted for; and pools closed while their last blocks come back. Silent under ThreadSanitizer. */
#include "unit/test.h"

#include "base/blocks.h"
#include "base/thread.h"

#include <sched.h>

enum { BLOCKS = 1000000, CHANNELS = 2, FRAMES = 8, LONGEST_WRITE = 5 * FRAMES, HELD = 6 };

static uint32_t any(uint32_t *state, uint32_t below) {
  *state = *state * 1664525u + 1013904223u;
  return (uint32_t)(((uint64_t)*state * below) >> 32);
}

static float sample_at(uint64_t frame, uint32_t channel) { return (float)((frame * CHANNELS + channel) & 0xffffff); }

typedef struct transfer {
  peri__blocks *pool;
  atomic_bool sent; /* the sender is done */
  /* The receiver's findings, for when it has been joined. */
  uint64_t received, missed, next;
  uint64_t wrong_samples, wrong_frames, wrong_order;
} transfer;

static void note_block(transfer *t, const peri_block *block) {
  if (block->sequence < t->next) t->wrong_order++;
  t->missed += block->sequence - t->next;
  t->next = block->sequence + 1;
  t->received++;
  bool right = block->frame == block->sequence * FRAMES && block->frames == FRAMES && block->channels == CHANNELS;
  if (!right) t->wrong_frames++;
}

/* Looked at as late as possible: a block that the sender still wrote to, or took back, would show. */
static void note_samples(transfer *t, const peri_block *block) {
  for (uint32_t c = 0; c < CHANNELS; c++)
    for (uint32_t i = 0; i < FRAMES; i++)
      if (block->samples[c * FRAMES + i] != sample_at(block->frame + i, c)) t->wrong_samples++;
}

static void stall(uint32_t *random) {
  if (any(random, 20000) == 0)
    peri__sleep_until(peri__nanoseconds() + 200000);
  else if (any(random, 50) == 0)
    sched_yield();
}

static void receive_all(void *user) {
  transfer *t = user;
  uint32_t random = 7, place = 0;
  peri_block *held[HELD] = {NULL};
  for (;;) {
    bool last = atomic_load(&t->sent);
    peri_block *block = peri__blocks_receive(t->pool);
    if (!block && last) break;
    if (!block) {
      sched_yield();
      continue;
    }
    note_block(t, block);
    stall(&random);
    place = any(&random, HELD);
    if (held[place]) note_samples(t, held[place]);
    peri__block_give_back(&held[place]);
    held[place] = block;
  }
  for (place = 0; place < HELD; place++) {
    if (held[place]) note_samples(t, held[place]);
    peri__block_give_back(&held[place]);
  }
}

/* Writes in runs that fit no block; most of the time waits until the receiver is nearly up with it, and sometimes runs
 * ahead for a while, so that the pool runs dry. */
static void send_all(peri__blocks *pool) {
  static float samples[CHANNELS][LONGEST_WRITE];
  const float *const lines[CHANNELS] = {samples[0], samples[1]};
  uint32_t random = 3;
  uint64_t frame = 0, end = (uint64_t)BLOCKS * FRAMES;
  while (frame < end) {
    uint32_t run = 1 + any(&random, LONGEST_WRITE);
    if (run > end - frame) run = (uint32_t)(end - frame);
    for (uint32_t c = 0; c < CHANNELS; c++)
      for (uint32_t i = 0; i < run; i++) samples[c][i] = sample_at(frame + i, c);
    peri__role_enter(PERI_ROLE_AUDIO);
    peri__blocks_write(pool, lines, run, frame);
    peri__role_enter(PERI_ROLE_CONTROL);
    frame += run;
    bool ahead = frame / 100000 % 5 == 0;
    peri_tap_stats stats;
    peri__blocks_get_stats(pool, &stats);
    for (int patience = 1000; !ahead && patience > 0 && stats.in_flight > HELD + 2; patience--) {
      sched_yield();
      peri__blocks_get_stats(pool, &stats);
    }
  }
}

static void check_transfer(peri_dry_policy dry) {
  uint64_t memory = peri__memory_bytes();
  peri__blocks_plan plan = {CHANNELS, CHANNELS * FRAMES, 2, 16, dry};
  static transfer t;
  t = (transfer){.pool = peri__blocks_create(&plan)};
  CHECK(t.pool != NULL);
  peri__thread receiver;
  CHECK(peri__thread_start(&receiver, "receiver", receive_all, &t));
  send_all(t.pool);
  atomic_store(&t.sent, true);
  peri__thread_join(receiver);

  peri_tap_stats stats;
  peri__blocks_get_stats(t.pool, &stats);
  CHECK_EQ(t.wrong_samples, 0);
  CHECK_EQ(t.wrong_frames, 0);
  CHECK_EQ(t.wrong_order, 0);
  CHECK_EQ(t.received + stats.dropped, BLOCKS);
  CHECK_EQ(t.missed + (BLOCKS - t.next), stats.dropped);
  CHECK_EQ(stats.returned, t.received);
  CHECK_EQ(stats.in_flight, 0);
  CHECK_EQ(stats.acquired, stats.transferred);
  if (dry == PERI_DRY_SKIP) CHECK_EQ(stats.transferred, stats.returned);
  CHECK(stats.transferred - stats.returned <= stats.dropped);
  CHECK_EQ(stats.blocks, 16);
  CHECK_EQ(stats.grown, 14);
  CHECK(stats.high_water > 2 && stats.high_water <= 16);
  CHECK(t.received > BLOCKS / 10 && stats.dropped > BLOCKS / 1000); /* or it has shown nothing */
  peri__blocks_close(t.pool);
  CHECK_EQ(peri__memory_bytes(), memory);
}

TEST(a_million_blocks_cross_between_threads_and_the_skipped_are_counted) { check_transfer(PERI_DRY_SKIP); }
TEST(a_million_blocks_cross_between_threads_and_the_taken_back_are_counted) { check_transfer(PERI_DRY_OLDEST); }

/* ---- Closing ---------------------------------------------------------------------------------------------------- */

enum { POOLS = 2000, LEFT = 3 };

typedef struct leftovers {
  atomic_uint ready; /* pools whose blocks lie here, from 1 */
  atomic_uint done;  /* pools whose blocks have gone back */
  peri_block *blocks[LEFT];
} leftovers;

static void give_back_all(void *user) {
  leftovers *left = user;
  for (unsigned pool = 1; pool <= POOLS; pool++) {
    while (atomic_load(&left->ready) < pool) sched_yield();
    for (int i = 0; i < LEFT; i++) peri__block_give_back(&left->blocks[i]);
    atomic_store(&left->done, pool);
  }
}

TEST(pools_closed_while_their_blocks_come_back_leave_no_memory_behind) {
  uint64_t memory = peri__memory_bytes();
  static leftovers left;
  peri__thread receiver;
  CHECK(peri__thread_start(&receiver, "receiver", give_back_all, &left));
  static const float silence[FRAMES * LEFT];
  const float *const lines[1] = {silence};
  peri__blocks_plan plan = {1, FRAMES, 2, 8, PERI_DRY_SKIP};
  bool all = true;
  for (unsigned n = 1; n <= POOLS; n++) {
    peri__blocks *pool = peri__blocks_create(&plan);
    int have = 0;
    for (uint64_t frame = 0; pool && have < LEFT; frame += FRAMES) {
      peri__role_enter(PERI_ROLE_AUDIO);
      peri__blocks_write(pool, lines, FRAMES, frame);
      peri__role_enter(PERI_ROLE_CONTROL);
      left.blocks[have] = peri__blocks_receive(pool);
      if (left.blocks[have]) have++;
    }
    all = all && pool;
    atomic_store(&left.ready, n);
    peri__blocks_close(pool);
    while (atomic_load(&left.done) < n) sched_yield();
  }
  peri__thread_join(receiver);
  CHECK(all);
  CHECK_EQ(peri__memory_bytes(), memory);
}
