#include "unit/test.h"

#include "media/media.h"

TEST(a_new_storage_is_silent_and_aligned) {
  peri__storage *storage = peri__storage_create(3, 1001, 44100);
  CHECK(storage);
  CHECK(storage->stride >= 1001 + PERI_STORAGE_PADDING);
  for (uint32_t c = 0; c < 3; c++) {
    const float *samples = peri__storage_channel(storage, c);
    CHECK_EQ((uintptr_t)samples % PERI_CACHE_LINE, 0);
    for (uint32_t i = 0; i < 1001 + PERI_STORAGE_PADDING; i++) CHECK(samples[i] == 0);
  }
  CHECK_EQ(atomic_load(&storage->holders), 1);
  peri__storage_drop(storage);
}

/* Memory that was used before comes back with what was in it. */
TEST(what_lies_behind_a_raw_storage_is_silent) {
  for (int round = 0; round < 3; round++) {
    peri__storage *storage = peri__storage_create_raw(2, 1001, 44100);
    CHECK(storage);
    for (uint32_t c = 0; c < 2; c++) {
      float *samples = peri__storage_channel(storage, c);
      CHECK_EQ((uintptr_t)samples % PERI_CACHE_LINE, 0);
      for (uint32_t i = 1001; i < storage->stride; i++) CHECK(samples[i] == 0);
      for (uint32_t i = 0; i < storage->stride; i++) samples[i] = 1;
    }
    peri__storage_drop(storage);
  }
}

TEST(a_storage_is_freed_by_its_last_holder) {
  uint64_t samples_before = peri__storage_bytes_alive(), memory_before = peri__memory_bytes();
  peri__storage *storage = peri__storage_create(1, 14400, 48000);
  CHECK_EQ(peri__storage_bytes_alive() - samples_before, 57600);
  peri__storage_hold(storage);
  peri__storage_drop(storage);
  CHECK_EQ(peri__storage_bytes_alive() - samples_before, 57600);
  peri__storage_drop(storage);
  CHECK_EQ(peri__storage_bytes_alive(), samples_before);
  CHECK_EQ(peri__memory_bytes(), memory_before);
}

TEST(a_copied_storage_stands_alone) {
  peri__storage *storage = peri__storage_create(2, 100, 48000);
  peri__storage_channel(storage, 1)[99] = 0.5f;
  storage->nonfinite = true;
  storage->loop_start = 0.001;
  storage->loop_end = 0.002;
  peri__storage *copy = peri__storage_copy(storage);
  peri__storage_channel(storage, 1)[99] = 0;
  CHECK(peri__storage_channel(copy, 1)[99] == 0.5f);
  CHECK(copy->nonfinite);
  CHECK_NEAR(copy->loop_start, 0.001, 0);
  CHECK_NEAR(copy->loop_end, 0.002, 0);
  CHECK_EQ(copy->frames, 100);
  CHECK_NEAR(copy->sample_rate, 48000, 0);
  CHECK_EQ(atomic_load(&copy->holders), 1);
  peri__storage_drop(storage);
  peri__storage_drop(copy);
}

TEST(a_storage_larger_than_memory_is_refused) {
  uint64_t before = peri__memory_bytes();
  peri__memory_fail_at(2); /* the slot is there, its samples are not */
  CHECK(!peri__storage_create(2, 1000, 48000));
  peri__memory_fail_at(0);
  CHECK_ERROR("out of memory");
  CHECK_EQ(peri__memory_bytes(), before);
}
