#include "media/media.h"

#include <string.h>

#define LINE_FLOATS (PERI_CACHE_LINE / sizeof(float))

static atomic_uint_fast64_t bytes_alive; /* of samples, padding left out */

static size_t sample_bytes(const peri__storage *storage) {
  return (size_t)storage->channels * storage->stride * sizeof(float);
}

static uint64_t counted_bytes(const peri__storage *storage) {
  return (uint64_t)storage->channels * storage->frames * sizeof(float);
}

peri__storage *peri__storage_create(uint32_t channels, uint32_t frames, double sample_rate) {
  size_t stride = ((size_t)frames + PERI_STORAGE_PADDING + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
  peri__storage *storage = PERI_NEW(peri__storage);
  if (!storage) return NULL;
  storage->channels = channels;
  storage->frames = frames;
  storage->stride = (uint32_t)stride;
  storage->sample_rate = sample_rate;
  storage->samples = (float *)peri__allocate(sample_bytes(storage), PERI_CACHE_LINE);
  if (!storage->samples) {
    peri__release(storage, sizeof *storage);
    return NULL;
  }
  atomic_init(&storage->holders, 1);
  atomic_fetch_add_explicit(&bytes_alive, counted_bytes(storage), memory_order_relaxed);
  return storage;
}

peri__storage *peri__storage_copy(const peri__storage *storage) {
  peri__storage *copy = peri__storage_create(storage->channels, storage->frames, storage->sample_rate);
  if (!copy) return NULL;
  memcpy(copy->samples, storage->samples, sample_bytes(storage));
  copy->nonfinite = storage->nonfinite;
  copy->loop_start = storage->loop_start;
  copy->loop_end = storage->loop_end;
  return copy;
}

void peri__storage_hold(peri__storage *storage) {
  atomic_fetch_add_explicit(&storage->holders, 1, memory_order_relaxed);
}

void peri__storage_drop(peri__storage *storage) {
  if (!storage) return;
  uint_fast32_t before = atomic_fetch_sub_explicit(&storage->holders, 1, memory_order_acq_rel);
  PERI_ASSERT(before > 0);
  if (before != 1) return;
  atomic_fetch_sub_explicit(&bytes_alive, counted_bytes(storage), memory_order_relaxed);
  peri__release(storage->samples, sample_bytes(storage));
  peri__release(storage, sizeof *storage);
}

uint64_t peri__storage_bytes_alive(void) { return atomic_load_explicit(&bytes_alive, memory_order_relaxed); }
