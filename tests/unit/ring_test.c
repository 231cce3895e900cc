#include "unit/test.h"

#include "base/ring.h"

#define SLOTS 8

static peri__ring_slot slots[SLOTS];
static int items[64];

static peri__ring empty_ring(void) {
  peri__ring ring;
  peri__ring_prepare(&ring, slots, SLOTS);
  return ring;
}

TEST(a_ring_has_a_power_of_two_of_slots) {
  CHECK_EQ(peri__ring_capacity(1), 1);
  CHECK_EQ(peri__ring_capacity(2), 2);
  CHECK_EQ(peri__ring_capacity(3), 4);
  CHECK_EQ(peri__ring_capacity(64), 64);
  CHECK_EQ(peri__ring_capacity(65), 128);
}

TEST(an_empty_ring_gives_null) {
  peri__ring ring = empty_ring();
  CHECK(peri__ring_pop(&ring) == NULL);
  CHECK(peri__ring_take(&ring) == NULL);
  CHECK(peri__ring_take_back(&ring) == NULL);
  peri__ring_push(&ring, &items[0]);
  CHECK(peri__ring_pop(&ring) == &items[0]);
  CHECK(peri__ring_pop(&ring) == NULL);
}

TEST(a_ring_keeps_the_order_over_many_rounds) {
  peri__ring ring = empty_ring();
  int pushed = 0, popped = 0;
  for (int round = 0; round < 1000; round++) {
    int more = 1 + round % SLOTS;
    for (int i = 0; i < more; i++) peri__ring_push(&ring, &items[pushed++ % 64]);
    for (int i = 0; i < more; i++) CHECK(peri__ring_pop(&ring) == &items[popped++ % 64]);
  }
  CHECK(peri__ring_pop(&ring) == NULL);
}

TEST(a_ring_holds_as_many_as_it_has_slots) {
  peri__ring ring = empty_ring();
  for (int i = 0; i < SLOTS; i++) peri__ring_push(&ring, &items[i]);
  for (int i = 0; i < SLOTS; i++) CHECK(peri__ring_take(&ring) == &items[i]);
  CHECK(peri__ring_take(&ring) == NULL);
}

TEST(what_the_producer_takes_back_the_consumer_never_sees) {
  peri__ring ring = empty_ring();
  for (int i = 0; i < 5; i++) peri__ring_push(&ring, &items[i]);
  CHECK(peri__ring_take(&ring) == &items[0]);
  CHECK(peri__ring_take_back(&ring) == &items[1]);
  CHECK(peri__ring_take_back(&ring) == &items[2]);
  CHECK(peri__ring_take(&ring) == &items[3]);
  CHECK(peri__ring_take_back(&ring) == &items[4]);
  CHECK(peri__ring_take_back(&ring) == NULL);
  CHECK(peri__ring_take(&ring) == NULL);
}

/* The consumer's copy of the end may then lie behind the head. */
TEST(a_ring_emptied_by_its_producer_goes_on) {
  peri__ring ring = empty_ring();
  for (int round = 0; round < 100; round++) {
    peri__ring_push(&ring, &items[0]);
    CHECK(peri__ring_take(&ring) == &items[0]);
    for (int i = 1; i < 4; i++) peri__ring_push(&ring, &items[i]);
    for (int i = 1; i < 4; i++) CHECK(peri__ring_take_back(&ring) == &items[i]);
    CHECK(peri__ring_take(&ring) == NULL);
  }
}

TEST(the_two_sides_of_a_ring_share_no_cache_line) {
  peri__ring ring = empty_ring();
  CHECK((uintptr_t)&ring % PERI_CACHE_LINE == 0);
  size_t slots_at = offsetof(peri__ring, slots);
  size_t tail_at = offsetof(peri__ring, tail), head_at = offsetof(peri__ring, head);
  CHECK(tail_at / PERI_CACHE_LINE != slots_at / PERI_CACHE_LINE);
  CHECK(head_at / PERI_CACHE_LINE != slots_at / PERI_CACHE_LINE);
  CHECK(head_at / PERI_CACHE_LINE != tail_at / PERI_CACHE_LINE);
}
