#include "base/blocks.h"

#include "base/ring.h"

#include <math.h>
#include <string.h>

/* A block as the pool has it, a cache line, and its samples right behind. What the receiver sees comes first, so that a
 * pointer to one is a pointer to the other. */
typedef struct pooled_block {
  _Alignas(PERI_CACHE_LINE) peri_block shown;
  peri__blocks *pool;
  bool received; /* the receiver has it; written by the receiver */
} pooled_block;

/* Blocks allocated together: this header, then the blocks, `stride` bytes apart. */
typedef struct batch {
  struct batch *next;
  size_t bytes;
} batch;

/* A block is in one place at a time: the free ring, `current`, the full ring, or with the receiver.
 *
 *     free ──pop─→ current ──push─→ full ──take─→ receiver ──push─→ free
 *                     ↑               │
 *                     └── take back ──┘ (PERI_DRY_OLDEST)
 *
 * Each ring has room for `max_blocks`, so neither is ever full. Growth happens in peri__blocks_receive, which leaves
 * the receiver the only producer of the free ring.
 *
 * At rest (no call under way) the counters obey
 *     acquired    = transferred + (1 while a block is being filled)
 *     transferred = returned + taken back + in flight
 *     dropped     = skipped + taken back
 *     sequence    = acquired + skipped, the sequence number of the next block */
struct peri__blocks {
  /* Set once. */
  uint32_t channels;
  uint32_t frames; /* of each channel in a block */
  uint32_t max_blocks;
  peri_dry_policy dry;
  size_t stride; /* bytes from one block of a batch to the next */
  size_t slot_count;
  peri__ring_slot *slots; /* of both rings */

  peri__ring free; /* receiver → audio thread */
  peri__ring full; /* audio thread → receiver */

  /* Audio thread's; the atomic ones are read by peri__blocks_get_stats. */
  _Alignas(PERI_CACHE_LINE) pooled_block *current; /* being filled; NULL between blocks and while skipping */
  uint32_t filled;                                 /* frames of this block, filled or skipped; 0: none begun */
  uint64_t sequence;
  uint64_t next_frame;    /* that follows the last one written; for an assertion */
  uint64_t returned_seen; /* a late copy of `returned` */
  atomic_uint_fast64_t acquired, transferred, dropped, taken_back, high_water;

  /* Receiver's. */
  _Alignas(PERI_CACHE_LINE) batch *batches;
  uint64_t received;
  atomic_uint_fast64_t returned, grown, blocks;

  /* Raised by the audio thread, lowered by the receiver. */
  _Alignas(PERI_CACHE_LINE) atomic_bool ran_dry;

  /* Who frees: blocks that the receiver is done with, and the bit CLOSED. Closing frees the pool when this equals
   * `received`; otherwise the give-back that reaches it does. One atomic add for each block decides between the two. */
  _Alignas(PERI_CACHE_LINE) atomic_uint_fast64_t settled;
};

#define CLOSED ((uint64_t)1 << 63)

/* A counter that one thread writes and any may read. */
static uint64_t count_of(atomic_uint_fast64_t *counter) { return atomic_load_explicit(counter, memory_order_relaxed); }

static void count(atomic_uint_fast64_t *counter, uint64_t more) {
  atomic_store_explicit(counter, count_of(counter) + more, memory_order_relaxed);
}

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

static size_t whole_lines(size_t bytes) { return (bytes + PERI_CACHE_LINE - 1) / PERI_CACHE_LINE * PERI_CACHE_LINE; }

/* CONTROL before the pool is in use, then RECEIVER. */
static bool add_blocks(peri__blocks *blocks, uint32_t wanted) {
  size_t bytes = whole_lines(sizeof(batch)) + wanted * blocks->stride;
  batch *added = peri__allocate(bytes, PERI_CACHE_LINE);
  if (!added) return false;
  *added = (batch){blocks->batches, bytes};
  blocks->batches = added;
  for (uint32_t i = 0; i < wanted; i++) {
    void *memory = (unsigned char *)added + whole_lines(sizeof(batch)) + i * blocks->stride;
    pooled_block *block = memory;
    block->shown.samples = (float *)(void *)(block + 1);
    block->shown.frames = blocks->frames;
    block->shown.channels = blocks->channels;
    block->pool = blocks;
    peri__ring_push(&blocks->free, block);
  }
  count(&blocks->blocks, wanted);
  return true;
}

static void release_all(peri__blocks *blocks) {
  for (batch *next, *each = blocks->batches; each; each = next) {
    next = each->next;
    peri__release(each, each->bytes);
  }
  peri__release(blocks->slots, blocks->slot_count * sizeof *blocks->slots);
  peri__release(blocks, sizeof *blocks);
}

static bool plan_is_good(const peri__blocks_plan *plan) {
  if (plan->channels < 1 || plan->channels > PERI_MAX_CHANNELS)
    return peri__fail("blocks: channels must be 1 to %d, got %u", PERI_MAX_CHANNELS, plan->channels);
  if (plan->floats < 1 || plan->floats > PERI__BLOCKS_MAX_FLOATS || plan->floats % plan->channels)
    return peri__fail("blocks: the floats in a block must be a multiple of the channels (%u) from 1 to %d, got %u",
                      plan->channels, PERI__BLOCKS_MAX_FLOATS, plan->floats);
  if (plan->blocks < 2 || plan->blocks > PERI__BLOCKS_MAX)
    return peri__fail("blocks: the number of blocks must be 2 to %d, got %u", PERI__BLOCKS_MAX, plan->blocks);
  if (plan->max_blocks < plan->blocks || plan->max_blocks > PERI__BLOCKS_MAX)
    return peri__fail("blocks: the most blocks must be %u (the number at first) to %d, got %u", plan->blocks,
                      PERI__BLOCKS_MAX, plan->max_blocks);
  if (plan->dry != PERI_DRY_SKIP && plan->dry != PERI_DRY_OLDEST)
    return peri__fail("blocks: the policy for a dry pool must be PERI_DRY_SKIP or PERI_DRY_OLDEST, got %d",
                      (int)plan->dry);
  return true;
}

peri__blocks *peri__blocks_create(const peri__blocks_plan *plan) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  if (!plan_is_good(plan)) return NULL;
  peri__blocks *blocks = PERI_NEW(peri__blocks);
  if (!blocks) return NULL;
  size_t capacity = peri__ring_capacity(plan->max_blocks);
  blocks->channels = plan->channels;
  blocks->frames = plan->floats / plan->channels;
  blocks->max_blocks = plan->max_blocks;
  blocks->dry = plan->dry;
  blocks->stride = sizeof(pooled_block) + whole_lines(plan->floats * sizeof(float));
  blocks->slot_count = 2 * capacity;
  blocks->slots = PERI_NEW_ARRAY(peri__ring_slot, blocks->slot_count);
  if (blocks->slots) {
    peri__ring_prepare(&blocks->free, blocks->slots, capacity);
    peri__ring_prepare(&blocks->full, blocks->slots + capacity, capacity);
#ifdef PERI_VALIDATE
    uint32_t at_first = 2; /* so that it often runs dry */
#else
    uint32_t at_first = plan->blocks;
#endif
    if (add_blocks(blocks, at_first)) return blocks;
  }
  release_all(blocks);
  return NULL;
}

void peri__blocks_close(peri__blocks *blocks) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  if (!blocks) return;
  uint64_t received = blocks->received;
  if (atomic_fetch_or_explicit(&blocks->settled, CLOSED, memory_order_acq_rel) == received) release_all(blocks);
}

/* RECEIVER, last of all for a block: once counted, the pool may be gone, unless it was closed before. */
static void settle(peri__blocks *blocks) {
  uint64_t settled = atomic_fetch_add_explicit(&blocks->settled, 1, memory_order_acq_rel) + 1;
  if ((settled & CLOSED) && settled == (CLOSED | blocks->received)) release_all(blocks);
}

/* ---- The audio thread's side ------------------------------------------------------------------------------------ */

static pooled_block *oldest_unread(peri__blocks *blocks) PERI_AUDIO_THREAD {
  pooled_block *block = peri__ring_take_back(&blocks->full);
  if (!block) return NULL;
  atomic_store_explicit(&blocks->taken_back, count_of(&blocks->taken_back) + 1, memory_order_release);
  count(&blocks->dropped, 1);
  return block;
}

/* Every block's worth of audio takes a sequence number, a skipped one too. */
static void begin_block(peri__blocks *blocks, uint64_t frame) PERI_AUDIO_THREAD {
  uint64_t sequence = blocks->sequence++;
  pooled_block *block = peri__ring_pop(&blocks->free);
  if (!block) {
    atomic_store_explicit(&blocks->ran_dry, true, memory_order_relaxed);
    if (blocks->dry == PERI_DRY_OLDEST) block = oldest_unread(blocks);
  }
  blocks->current = block;
  if (!block) {
    count(&blocks->dropped, 1);
    return;
  }
  block->shown.frame = frame;
  block->shown.sequence = sequence;
  count(&blocks->acquired, 1);
}

/* In flight are at most those not known to have come back, so the receiver's line is fetched only for a new record. */
static void note_high_water(peri__blocks *blocks) PERI_AUDIO_THREAD {
  uint64_t sent = count_of(&blocks->transferred) - count_of(&blocks->taken_back);
  uint64_t record = count_of(&blocks->high_water);
  if (sent - blocks->returned_seen <= record) return;
  blocks->returned_seen = atomic_load_explicit(&blocks->returned, memory_order_acquire);
  if (sent - blocks->returned_seen > record) count(&blocks->high_water, sent - blocks->returned_seen - record);
}

static void end_block(peri__blocks *blocks) PERI_AUDIO_THREAD {
  pooled_block *full = blocks->current;
  blocks->filled = 0;
  if (!full) return;
  blocks->current = NULL;
  count(&blocks->transferred, 1);
  note_high_water(blocks);
  peri__ring_push(&blocks->full, full);
}

static void copy_frames(peri__blocks *blocks, const float *const *channels, uint32_t from,
                        uint32_t frames) PERI_AUDIO_THREAD {
  float *samples = (float *)(void *)(blocks->current + 1) + blocks->filled;
  for (uint32_t c = 0; c < blocks->channels; c++, samples += blocks->frames)
    memcpy(samples, channels[c] + from, frames * sizeof(float));
}

void peri__blocks_write(peri__blocks *blocks, const float *const *channels, uint32_t frames,
                        uint64_t frame) PERI_AUDIO_THREAD {
  PERI_ASSERT_AUDIO_THREAD();
  PERI_ASSERT(blocks->filled == 0 || frame == blocks->next_frame);
  for (uint32_t done = 0, run; done < frames; done += run) {
    if (blocks->filled == 0) begin_block(blocks, frame + done);
    run = blocks->frames - blocks->filled;
    if (run > frames - done) run = frames - done;
    if (blocks->current) copy_frames(blocks, channels, done, run);
    blocks->filled += run;
    if (blocks->filled == blocks->frames) end_block(blocks);
  }
  blocks->next_frame = frame + frames;
}

/* ---- The receiver's side ---------------------------------------------------------------------------------------- */

/* Doubles the pool, up to its limit. When memory is refused, the pool stays as it is until it runs dry again. */
static void grow_if_dry(peri__blocks *blocks) {
  if (!atomic_load_explicit(&blocks->ran_dry, memory_order_relaxed)) return;
  atomic_store_explicit(&blocks->ran_dry, false, memory_order_relaxed);
  uint32_t now = (uint32_t)count_of(&blocks->blocks);
  uint32_t more = now < blocks->max_blocks - now ? now : blocks->max_blocks - now;
  if (more > 0 && add_blocks(blocks, more)) count(&blocks->grown, more);
}

peri_block *peri__blocks_receive(peri__blocks *blocks) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  grow_if_dry(blocks);
  bool contended = blocks->dry == PERI_DRY_OLDEST;
  pooled_block *block = contended ? peri__ring_take(&blocks->full) : peri__ring_pop(&blocks->full);
  if (!block) return NULL;
  PERI_ASSERT(!block->received);
  block->received = true;
  blocks->received++;
  return &block->shown;
}

static void poison(peri_block *block) {
#if defined(PERI_DEBUG) || defined(PERI_VALIDATE)
  for (uint32_t i = 0; i < block->frames * block->channels; i++) block->samples[i] = NAN;
#else
  (void)block;
#endif
}

void peri__block_give_back(peri_block **block) {
  PERI_ASSERT_NOT_AUDIO_THREAD();
  if (!block || !*block) return;
  pooled_block *back = (pooled_block *)(void *)*block;
  peri__blocks *blocks = back->pool;
  *block = NULL;
  PERI_ASSERT(back->received);
  back->received = false;
  poison(&back->shown);
  /* Counted before it can be sent again, so that no count of blocks in flight passes the size of the pool. */
  atomic_store_explicit(&blocks->returned, count_of(&blocks->returned) + 1, memory_order_release);
  peri__ring_push(&blocks->free, back);
  settle(blocks);
}

/* ---- Statistics ------------------------------------------------------------------------------------------------- */

/* What leaves the pool's flight is read first: while both sides run, no count comes out below zero. */
void peri__blocks_get_stats(peri__blocks *blocks, peri_tap_stats *stats) {
  uint64_t returned = atomic_load_explicit(&blocks->returned, memory_order_acquire);
  uint64_t taken_back = atomic_load_explicit(&blocks->taken_back, memory_order_acquire);
  uint64_t transferred = count_of(&blocks->transferred);
  uint64_t in_pool = count_of(&blocks->blocks);
  uint64_t in_flight = transferred - taken_back - returned;
  *stats = (peri_tap_stats){
      .acquired = count_of(&blocks->acquired),
      .transferred = transferred,
      .returned = returned,
      .dropped = count_of(&blocks->dropped),
      .grown = count_of(&blocks->grown),
      .blocks = (uint32_t)in_pool,
      .in_flight = (uint32_t)(in_flight < in_pool ? in_flight : in_pool),
      .high_water = (uint32_t)count_of(&blocks->high_water),
  };
}
