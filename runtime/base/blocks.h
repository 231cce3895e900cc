/* The pooled, ping-pong block transfer: fixed blocks of audio go from the audio thread to a receiver and come back.
 * Two rings of pointers; ownership moves with the pointer, and nothing is allocated while it runs. */
#ifndef PERI_BLOCKS_H
#define PERI_BLOCKS_H

#include "base/base.h"

typedef struct peri__blocks peri__blocks;

#define PERI__BLOCKS_MAX 4096           /* blocks in a pool */
#define PERI__BLOCKS_MAX_FLOATS 1048576 /* in a block */

typedef struct peri__blocks_plan {
  uint32_t channels;   /* 1 to 32 */
  uint32_t floats;     /* in a block; a multiple of `channels`, at most PERI__BLOCKS_MAX_FLOATS */
  uint32_t blocks;     /* at first, 2 to PERI__BLOCKS_MAX; the validate build begins with 2 */
  uint32_t max_blocks; /* limit of growth, `blocks` to PERI__BLOCKS_MAX */
  peri_dry_policy dry;
} peri__blocks_plan;

/* CONTROL. NULL sets peri_error(). */
peri__blocks *peri__blocks_create(const peri__blocks_plan *plan);

/* CONTROL, when the audio thread writes no more and the receiver receives no more. The memory goes at once, or, while
 * the receiver holds blocks, with the last one that it gives back. NULL is ignored. */
void peri__blocks_close(peri__blocks *blocks);

/* AUDIO THREAD. Appends `frames` frames (any count) whose first has the stream time `frame`, the one after the last
 * written. Full blocks are handed over. When no block is free at the start of one, the policy decides; what is skipped
 * is a whole block's worth, and takes a sequence number. */
void peri__blocks_write(peri__blocks *blocks, const float *const *channels, uint32_t frames,
                        uint64_t frame) PERI_AUDIO_THREAD;

/* RECEIVER. The next full block or NULL. Doubles the pool, up to its limit, when it ran dry since the last call. */
peri_block *peri__blocks_receive(peri__blocks *blocks);

/* RECEIVER. Gives it back and sets *block to NULL. Validate and debug builds poison the samples (NaN). */
void peri__block_give_back(peri_block **block);

/* Any thread. Exact while neither side is at work; then
 *     acquired    = transferred + (1 while a block is being filled)
 *     transferred = returned + in_flight + taken back unread
 *     dropped     = skipped + taken back unread
 * and sequence numbers begun = acquired + skipped. A block being skipped counts as dropped from its start. */
void peri__blocks_get_stats(peri__blocks *blocks, peri_tap_stats *stats);

#endif
