/* A bounded ring of pointers between two threads: the producer pushes, the consumer takes. It never waits.
 *
 * - Indices are 64 bits, grow only and never wrap, so a compare-and-swap on `head` cannot mistake a later state of
 *   the ring for an earlier one (ABA).
 * - `head` moves by release and is read by a producer that takes back with acquire: a slot is written again only after
 *   the consumer's read of it.
 * - The caller sees to it that no more pointers exist than the ring has slots: a push always has room and checks
 * nothing.
 * - The producer may also take back the oldest pointer (peri__ring_take_back). A ring for which it does needs
 *   peri__ring_take on the other side; where it never does, peri__ring_pop is cheaper.
 *
 * "The producer" and "the consumer" are one thread each at any time; debug builds assert that calls of one side never
 * overlap. Which roles they have is for the owner of the ring to say and to assert. */
#ifndef PERI_RING_H
#define PERI_RING_H

#include "base/base.h"

typedef _Atomic(void *) peri__ring_slot;

typedef struct peri__ring {
  /* Set once, then read by both. Slots are atomic because a consumer that is about to lose its compare-and-swap may
   * read one that is being written again. */
  peri__ring_slot *slots;
  uint64_t mask;

  /* Written by the producer. */
  _Alignas(PERI_CACHE_LINE) atomic_uint_fast64_t tail; /* index of the next push */

  /* Written by the consumer, `head` by a producer that takes back too. */
  _Alignas(PERI_CACHE_LINE) atomic_uint_fast64_t head; /* index of the oldest pointer; head ≤ tail */
  uint64_t tail_seen; /* the consumer's copy of `tail`: it fetches the producer's line only when it runs out */

#if defined(PERI_DEBUG) || defined(PERI_VALIDATE)
  _Alignas(PERI_CACHE_LINE) atomic_bool producing; /* a call of this side is under way */
  _Alignas(PERI_CACHE_LINE) atomic_bool consuming;
#endif
} peri__ring;

#if defined(PERI_DEBUG) || defined(PERI_VALIDATE)
#define PERI__RING_ENTER(side) PERI_ASSERT(!atomic_exchange_explicit(&(side), true, memory_order_relaxed))
#define PERI__RING_LEAVE(side) atomic_store_explicit(&(side), false, memory_order_relaxed)
#else
#define PERI__RING_ENTER(side) ((void)0)
#define PERI__RING_LEAVE(side) ((void)0)
#endif

/* Slots that a ring for `count` pointers needs: a power of two. */
static inline size_t peri__ring_capacity(size_t count) {
  size_t capacity = 1;
  while (capacity < count) capacity *= 2;
  return capacity;
}

/* Before either side uses it. `slots` are `capacity` (from peri__ring_capacity) and stay the caller's. */
static inline void peri__ring_prepare(peri__ring *ring, peri__ring_slot *slots, size_t capacity) {
  *ring = (peri__ring){.slots = slots, .mask = capacity - 1};
}

/* PRODUCER. Everything written before is visible to whoever gets `pointer`. */
static inline void peri__ring_push(peri__ring *ring, void *pointer) {
  PERI__RING_ENTER(ring->producing);
  uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  PERI_ASSERT(tail - atomic_load_explicit(&ring->head, memory_order_relaxed) <= ring->mask);
  atomic_store_explicit(&ring->slots[tail & ring->mask], pointer, memory_order_relaxed);
  atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
  PERI__RING_LEAVE(ring->producing);
}

/* CONSUMER, of any ring. Whether the ring is empty at index `head`, by the copy of `tail`, renewed where it must be. */
static inline bool peri__ring_ends_at(peri__ring *ring, uint64_t head) {
  if (head < ring->tail_seen) return false;
  ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
  return head >= ring->tail_seen;
}

/* CONSUMER, of a ring whose producer never takes back. The oldest pointer, or NULL. Takes a bounded time. */
static inline void *peri__ring_pop(peri__ring *ring) {
  PERI__RING_ENTER(ring->consuming);
  void *pointer = NULL;
  uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  if (!peri__ring_ends_at(ring, head)) {
    pointer = atomic_load_explicit(&ring->slots[head & ring->mask], memory_order_relaxed);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
  }
  PERI__RING_LEAVE(ring->consuming);
  return pointer;
}

/* CONSUMER, of a ring whose producer may take back. The oldest pointer, or NULL. Tries again when the producer was
 * faster, so it is not for the audio thread. */
static inline void *peri__ring_take(peri__ring *ring) {
  PERI__RING_ENTER(ring->consuming);
  void *pointer = NULL;
  uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  while (!peri__ring_ends_at(ring, head)) {
    void *oldest = atomic_load_explicit(&ring->slots[head & ring->mask], memory_order_relaxed);
    if (!atomic_compare_exchange_strong_explicit(&ring->head, &head, head + 1, memory_order_release,
                                                 memory_order_relaxed)) {
      continue; /* `head` was read anew */
    }
    pointer = oldest;
    break;
  }
  PERI__RING_LEAVE(ring->consuming);
  return pointer;
}

/* PRODUCER. The oldest pointer that it pushed and nobody took; NULL when there is none or the consumer was faster. One
 * try, so it takes a bounded time. */
static inline void *peri__ring_take_back(peri__ring *ring) {
  PERI__RING_ENTER(ring->producing);
  void *pointer = NULL;
  uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
  if (head < tail) {
    pointer = atomic_load_explicit(&ring->slots[head & ring->mask], memory_order_relaxed);
    if (!atomic_compare_exchange_strong_explicit(&ring->head, &head, head + 1, memory_order_acq_rel,
                                                 memory_order_relaxed)) {
      pointer = NULL;
    }
  }
  PERI__RING_LEAVE(ring->producing);
  return pointer;
}

#endif
