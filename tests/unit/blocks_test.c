#include "unit/test.h"

#include "base/blocks.h"

#define MAX_CHANNELS 4

/* What a source puts into a channel of a frame: every one different, and exact in a float. */
static float sample_at(uint64_t frame, uint32_t channel) { return (float)(frame % 1000003) + (float)channel * 0.25f; }

static peri__blocks *make(uint32_t channels, uint32_t frames, uint32_t blocks, uint32_t max_blocks,
                          peri_dry_policy dry) {
  peri__blocks_plan plan = {channels, channels * frames, blocks, max_blocks, dry};
  peri__blocks *pool = peri__blocks_create(&plan);
  CHECK(pool != NULL);
  return pool;
}

static void write_frames(peri__blocks *pool, uint32_t channels, uint64_t from, uint32_t frames) {
  static float samples[MAX_CHANNELS][4096];
  const float *lines[MAX_CHANNELS];
  for (uint32_t c = 0; c < channels; c++) {
    lines[c] = samples[c];
    for (uint32_t i = 0; i < frames; i++) samples[c][i] = sample_at(from + i, c);
  }
  peri__role before = peri__role_enter(PERI_ROLE_AUDIO);
  peri__blocks_write(pool, lines, frames, from);
  peri__role_enter(before);
}

static void check_samples(const peri_block *block) {
  for (uint32_t c = 0; c < block->channels; c++)
    for (uint32_t i = 0; i < block->frames; i++)
      CHECK(block->samples[c * block->frames + i] == sample_at(block->frame + i, c));
}

static peri_tap_stats stats_of(peri__blocks *pool) {
  peri_tap_stats stats;
  peri__blocks_get_stats(pool, &stats);
  return stats;
}

static void drain(peri__blocks *pool) {
  for (peri_block *block; (block = peri__blocks_receive(pool));) peri__block_give_back(&block);
}

static uint32_t any(uint32_t below) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return (uint32_t)(((uint64_t)state * below) >> 32);
}

TEST(blocks_carry_what_was_written_however_it_was_cut) {
  peri__blocks *pool = make(3, 10, 2, 2, PERI_DRY_SKIP);
  uint64_t frame = 500, received = 0;
  while (frame < 5000) {
    uint32_t run = any(7); /* 0 to 6: at most one block is full at a time */
    write_frames(pool, 3, frame, run);
    frame += run;
    for (peri_block *block; (block = peri__blocks_receive(pool)); received++) {
      CHECK_EQ(block->channels, 3);
      CHECK_EQ(block->frames, 10);
      CHECK_EQ(block->sequence, received);
      CHECK_EQ(block->frame, 500 + received * 10);
      check_samples(block);
      peri__block_give_back(&block);
    }
  }
  CHECK_EQ(received, (frame - 500) / 10);
  CHECK_EQ(stats_of(pool).dropped, 0);
  peri__blocks_close(pool);
}

TEST(one_write_can_fill_many_blocks) {
  peri__blocks *pool = make(2, 16, 2, 64, PERI_DRY_SKIP);
  write_frames(pool, 2, 0, 16 * 2 + 3);
  for (uint64_t i = 0; i < 2; i++) {
    peri_block *block = peri__blocks_receive(pool);
    CHECK(block != NULL);
    CHECK_EQ(block->frame, 16 * i);
    check_samples(block);
    peri__block_give_back(&block);
  }
  peri__blocks_close(pool);
}

TEST(a_block_is_handed_over_only_when_full) {
  peri__blocks *pool = make(1, 8, 2, 2, PERI_DRY_SKIP);
  CHECK(peri__blocks_receive(pool) == NULL);
  write_frames(pool, 1, 0, 7);
  CHECK(peri__blocks_receive(pool) == NULL);
  CHECK_EQ(stats_of(pool).acquired, 1);
  CHECK_EQ(stats_of(pool).transferred, 0);
  write_frames(pool, 1, 7, 1);
  peri_block *block = peri__blocks_receive(pool);
  CHECK(block != NULL);
  CHECK_EQ(stats_of(pool).transferred, 1);
  peri__block_give_back(&block);
  peri__blocks_close(pool);
}

TEST(a_released_block_is_nobodys) {
  peri__blocks *pool = make(1, 8, 2, 2, PERI_DRY_SKIP);
  write_frames(pool, 1, 0, 8);
  peri_block *block = peri__blocks_receive(pool), *kept = block;
  CHECK(block != NULL);
  peri__block_give_back(&block);
  CHECK(block == NULL);
#if defined(PERI_DEBUG) || defined(PERI_VALIDATE)
  for (uint32_t i = 0; i < 8; i++) CHECK(isnan(kept->samples[i]));
#endif
  CHECK(peri__blocks_receive(pool) == NULL);
  write_frames(pool, 1, 8, 16);
  peri_block *other = peri__blocks_receive(pool); /* blocks come back in turn */
  block = peri__blocks_receive(pool);
  CHECK(other != kept && block == kept);
  check_samples(block);
  peri__block_give_back(&other);
  peri__block_give_back(&block);
  peri__block_give_back(&block);
  peri__block_give_back(NULL);
  CHECK_EQ(stats_of(pool).returned, 3);
  peri__blocks_close(pool);
}

TEST(a_dry_pool_that_skips_loses_the_newest_and_keeps_the_grid) {
  peri__blocks *pool = make(1, 8, 2, 2, PERI_DRY_SKIP);
  write_frames(pool, 1, 0, 8 * 2 + 4); /* 0, 1 go out; 2 finds none and is skipped to its end */
  CHECK_EQ(stats_of(pool).dropped, 1);
  drain(pool);
  write_frames(pool, 1, 20, 4);
  CHECK(peri__blocks_receive(pool) == NULL);
  write_frames(pool, 1, 24, 8);
  peri_block *block = peri__blocks_receive(pool);
  CHECK(block != NULL);
  CHECK_EQ(block->sequence, 3);
  CHECK_EQ(block->frame, 24);
  check_samples(block);
  peri__block_give_back(&block);
  CHECK_EQ(stats_of(pool).dropped, 1);
  CHECK_EQ(stats_of(pool).acquired, 3);
  peri__blocks_close(pool);
}

TEST(a_dry_pool_that_takes_back_keeps_the_newest) {
  peri__blocks *pool = make(1, 8, 2, 2, PERI_DRY_OLDEST);
  write_frames(pool, 1, 0, 8 * 10);
  peri_tap_stats stats = stats_of(pool);
  CHECK_EQ(stats.dropped, 8);
  CHECK_EQ(stats.transferred, 10);
  CHECK_EQ(stats.in_flight, 2);
  for (uint64_t sequence = 8; sequence < 10; sequence++) {
    peri_block *block = peri__blocks_receive(pool);
    CHECK(block != NULL);
    CHECK_EQ(block->sequence, sequence);
    CHECK_EQ(block->frame, sequence * 8);
    check_samples(block);
    peri__block_give_back(&block);
  }
  CHECK(peri__blocks_receive(pool) == NULL);
  peri__blocks_close(pool);
}

TEST(taking_back_leaves_what_the_receiver_has) {
  peri__blocks *pool = make(1, 8, 2, 2, PERI_DRY_OLDEST);
  write_frames(pool, 1, 0, 16);
  peri_block *first = peri__blocks_receive(pool), *second = peri__blocks_receive(pool);
  CHECK(first && second);
  write_frames(pool, 1, 16, 24); /* nothing free and nothing unread: skipped */
  CHECK_EQ(stats_of(pool).dropped, 3);
  check_samples(first);
  check_samples(second);
  peri__block_give_back(&first);
  peri__block_give_back(&second);
  peri__blocks_close(pool);
}

TEST(the_receiver_grows_a_dry_pool_up_to_its_limit) {
  peri__blocks *pool = make(1, 4, 2, 7, PERI_DRY_SKIP);
  const uint32_t sizes[] = {4, 7, 7};
  uint64_t frame = 0;
  for (size_t i = 0; i < 3; i++) {
    uint64_t takes = peri__memory_takes();
    write_frames(pool, 1, frame, 4 * 8);
    frame += 4 * 8;
    CHECK_EQ(peri__memory_takes(), takes);
    drain(pool);
    CHECK_EQ(stats_of(pool).blocks, sizes[i]);
    CHECK_EQ(stats_of(pool).grown, sizes[i] - 2);
  }
  uint64_t dropped = stats_of(pool).dropped, takes = peri__memory_takes();
  write_frames(pool, 1, frame, 4 * 7);
  CHECK_EQ(stats_of(pool).dropped, dropped);
  CHECK_EQ(stats_of(pool).high_water, 7);
  drain(pool);
  CHECK_EQ(peri__memory_takes(), takes);
  peri__blocks_close(pool);
}

TEST(a_pool_that_cannot_grow_goes_on_as_it_is) {
  peri__blocks *pool = make(1, 4, 2, 8, PERI_DRY_SKIP);
  write_frames(pool, 1, 0, 12);
  peri__memory_fail_at(1);
  drain(pool);
  peri__memory_fail_at(0);
  CHECK_EQ(stats_of(pool).blocks, 2);
  CHECK_EQ(stats_of(pool).grown, 0);
  CHECK_EQ(stats_of(pool).returned, 2);
  write_frames(pool, 1, 12, 12);
  drain(pool);
  CHECK_EQ(stats_of(pool).blocks, 4);
  peri__blocks_close(pool);
}

TEST(the_high_water_mark_is_the_most_in_flight) {
  peri__blocks *pool = make(1, 4, 2, 16, PERI_DRY_SKIP);
  uint64_t frame = 0;
  uint32_t most = 0;
  peri_block *held[16] = {NULL};
  for (int i = 0; i < 2000; i++) {
    if (any(2)) {
      write_frames(pool, 1, frame, 4);
      frame += 4;
    } else {
      uint32_t place = any(16);
      if (held[place])
        peri__block_give_back(&held[place]);
      else
        held[place] = peri__blocks_receive(pool);
    }
    peri_tap_stats stats = stats_of(pool);
    if (stats.in_flight > most) most = stats.in_flight;
    CHECK_EQ(stats.high_water, most);
    CHECK(stats.in_flight <= stats.blocks);
  }
  for (int i = 0; i < 16; i++) peri__block_give_back(&held[i]);
  CHECK(most > 2);
  peri__blocks_close(pool);
}

/* Every sequence number is accounted for, whatever happens in what order. */
static void check_accounting(peri_dry_policy dry) {
  enum { FRAMES = 4, HELD = 12 };
  peri__blocks *pool = make(2, FRAMES, 2, 8, dry);
  peri_block *held[HELD] = {NULL};
  uint64_t frame = 0, received = 0, given_back = 0, missed = 0, next = 0;
  for (int i = 0; i < 5000; i++) {
    if (any(3) == 0) {
      uint32_t run = any(3 * FRAMES);
      write_frames(pool, 2, frame, run);
      frame += run;
    } else {
      uint32_t place = any(HELD);
      if (held[place]) {
        check_samples(held[place]);
        peri__block_give_back(&held[place]);
        given_back++;
      } else if ((held[place] = peri__blocks_receive(pool))) {
        CHECK(held[place]->sequence >= next);
        missed += held[place]->sequence - next;
        next = held[place]->sequence + 1;
        received++;
      }
    }
    peri_tap_stats stats = stats_of(pool);
    uint64_t begun = (frame + FRAMES - 1) / FRAMES, taken_back = stats.transferred - stats.returned - stats.in_flight;
    CHECK_EQ(stats.returned, given_back);
    CHECK(taken_back <= stats.dropped);
    CHECK_EQ(stats.acquired + stats.dropped - taken_back, begun);
    CHECK(stats.acquired == stats.transferred || (stats.acquired == stats.transferred + 1 && frame % FRAMES));
    if (dry == PERI_DRY_SKIP) CHECK_EQ(taken_back, 0);
  }
  peri_tap_stats stats = stats_of(pool);
  uint64_t unread = stats.in_flight - (received - given_back), filling = stats.acquired - stats.transferred;
  CHECK_EQ(received + unread + filling + stats.dropped, (frame + FRAMES - 1) / FRAMES);
  CHECK(missed > 0 && missed <= stats.dropped);
  for (int i = 0; i < HELD; i++) peri__block_give_back(&held[i]);
  peri__blocks_close(pool);
}

TEST(a_skipping_pool_accounts_for_every_sequence_number) { check_accounting(PERI_DRY_SKIP); }
TEST(a_taking_back_pool_accounts_for_every_sequence_number) { check_accounting(PERI_DRY_OLDEST); }

TEST(a_closed_pool_lives_until_its_last_block_is_back) {
  uint64_t before = peri__memory_bytes();
  peri__blocks *pool = make(1, 8, 2, 2, PERI_DRY_SKIP);
  write_frames(pool, 1, 0, 16);
  peri_block *first = peri__blocks_receive(pool), *second = peri__blocks_receive(pool);
  CHECK(first && second);
  peri__blocks_close(pool);
  check_samples(first);
  check_samples(second);
  peri__block_give_back(&second);
  CHECK(peri__memory_bytes() > before);
  check_samples(first);
  peri__block_give_back(&first);
  CHECK_EQ(peri__memory_bytes(), before);
}

TEST(closing_a_pool_frees_unread_and_grown_blocks) {
  uint64_t before = peri__memory_bytes();
  peri__blocks *pool = make(2, 8, 2, 32, PERI_DRY_SKIP);
  for (uint64_t i = 0; i < 5; i++) {
    write_frames(pool, 2, i * 400, 400);
    drain(pool);
  }
  CHECK(stats_of(pool).grown > 0);
  write_frames(pool, 2, 2000, 20);
  peri__blocks_close(pool);
  CHECK_EQ(peri__memory_bytes(), before);
  peri__blocks_close(NULL);
}

TEST(a_pool_that_finds_no_memory_takes_none) {
  uint64_t before = peri__memory_bytes();
  peri__blocks_plan plan = {2, 64, 4, 8, PERI_DRY_SKIP};
  for (uint64_t nth = 1; nth <= 3; nth++) {
    peri__memory_fail_at(nth);
    CHECK(peri__blocks_create(&plan) == NULL);
    peri__memory_fail_at(0);
    CHECK_ERROR("out of memory");
    CHECK_EQ(peri__memory_bytes(), before);
  }
}

static void check_refused(peri__blocks_plan plan, const char *because) {
  CHECK(peri__blocks_create(&plan) == NULL);
  CHECK_ERROR(because);
}

TEST(a_bad_plan_is_refused_and_explained) {
  uint64_t takes = peri__memory_takes();
  check_refused((peri__blocks_plan){0, 64, 4, 8, PERI_DRY_SKIP}, "channels must be 1 to 32, got 0");
  check_refused((peri__blocks_plan){33, 66, 4, 8, PERI_DRY_SKIP}, "channels must be 1 to 32, got 33");
  check_refused((peri__blocks_plan){2, 0, 4, 8, PERI_DRY_SKIP}, "got 0");
  check_refused((peri__blocks_plan){2, 1023, 4, 8, PERI_DRY_SKIP}, "multiple of the channels (2)");
  check_refused((peri__blocks_plan){1, UINT32_MAX, 4, 8, PERI_DRY_SKIP}, "from 1 to 1048576");
  check_refused((peri__blocks_plan){2, 64, 1, 8, PERI_DRY_SKIP}, "blocks must be 2 to 4096, got 1");
  check_refused((peri__blocks_plan){2, 64, 5000, 5000, PERI_DRY_SKIP}, "got 5000");
  check_refused((peri__blocks_plan){2, 64, 4, 3, PERI_DRY_SKIP}, "got 3");
  check_refused((peri__blocks_plan){2, 64, 4, 4097, PERI_DRY_SKIP}, "got 4097");
  check_refused((peri__blocks_plan){2, 64, 4, 8, (peri_dry_policy)7}, "PERI_DRY_SKIP or PERI_DRY_OLDEST, got 7");
  CHECK_EQ(peri__memory_takes(), takes);
}
