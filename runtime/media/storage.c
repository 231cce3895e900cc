#include "media/media.h"

#include <string.h>

static atomic_uint_fast64_t bytes_alive; /* of samples, padding left out */

static size_t sample_size(const peri__storage *storage) {
  return storage->samples16 ? sizeof *storage->samples16 : sizeof *storage->samples;
}

static size_t sample_bytes(const peri__storage *storage) {
  return (size_t)storage->channels * storage->stride * sample_size(storage);
}

static uint64_t counted_bytes(const peri__storage *storage) {
  return (uint64_t)storage->channels * storage->frames * sample_size(storage);
}

static peri__storage *create(uint32_t channels, uint32_t frames, double sample_rate, bool s16, bool raw) {
  peri__storage *storage = PERI_NEW(peri__storage);
  if (!storage) return NULL;
  storage->channels = channels;
  storage->frames = frames;
  storage->stride = peri__stride(frames);
  storage->sample_rate = sample_rate;
  size_t samples = (size_t)channels * storage->stride, size = s16 ? sizeof(int16_t) : sizeof(float);
  void *memory =
      raw ? peri__allocate_raw(samples * size, PERI_CACHE_LINE) : peri__allocate(samples * size, PERI_CACHE_LINE);
  if (!memory) {
    peri__release(storage, sizeof *storage);
    return NULL;
  }
  storage->samples = s16 ? NULL : memory;
  storage->samples16 = s16 ? memory : NULL;
  atomic_init(&storage->holders, 1);
  atomic_fetch_add_explicit(&bytes_alive, counted_bytes(storage), memory_order_relaxed);
  return storage;
}

peri__storage *peri__storage_create(uint32_t channels, uint32_t frames, double sample_rate) {
  return create(channels, frames, sample_rate, false, false);
}

peri__storage *peri__storage_create_s16(uint32_t channels, uint32_t frames, double sample_rate) {
  return create(channels, frames, sample_rate, true, false);
}

peri__storage *peri__storage_create_raw(uint32_t channels, uint32_t frames, double sample_rate) {
  peri__storage *storage = create(channels, frames, sample_rate, false, true);
  for (uint32_t c = 0; storage && c < channels; c++)
    memset(peri__storage_channel(storage, c) + frames, 0, (storage->stride - frames) * sizeof(float));
  return storage;
}

static void take_marks(peri__storage *to, const peri__storage *from) {
  to->loop_start = from->loop_start;
  to->loop_end = from->loop_end;
}

peri__storage *peri__storage_copy(const peri__storage *storage) {
  bool s16 = storage->samples16 != NULL;
  peri__storage *copy = create(storage->channels, storage->frames, storage->sample_rate, s16, true);
  if (!copy) return NULL;
  memcpy(peri__storage_data(copy), peri__storage_data(storage), sample_bytes(storage));
  copy->nonfinite = storage->nonfinite;
  take_marks(copy, storage);
  return copy;
}

peri__storage *peri__storage_convert(peri__storage *storage, peri_format format) {
  bool s16 = format == PERI_FORMAT_S16;
  if (s16 == (storage->samples16 != NULL)) return storage;
  peri__storage *made = create(storage->channels, storage->frames, storage->sample_rate, s16, false);
  float piece[1024];
  for (uint32_t c = 0; made && c < made->channels; c++) {
    for (uint32_t at = 0; at < made->frames; at += 1024) {
      uint32_t count = made->frames - at < 1024 ? made->frames - at : 1024;
      peri__storage_read(storage, c, at, piece, count);
      peri__storage_write(made, c, at, piece, count);
    }
  }
  if (made) take_marks(made, storage);
  peri__storage_drop(storage);
  return made;
}

/* To the nearest, halves away from 0; a NaN becomes 0. */
static int16_t narrow(float sample) {
  float scaled = sample * 32768.0f;
  if (!(scaled < 32767.0f)) return scaled == scaled ? 32767 : 0;
  if (scaled < -32768.0f) return -32768;
  return (int16_t)(scaled < 0.0f ? scaled - 0.5f : scaled + 0.5f);
}

void peri__storage_write(peri__storage *storage, uint32_t channel, uint32_t from, const float *samples,
                         uint32_t count) {
  size_t place = (size_t)channel * storage->stride + from;
  if (!storage->samples16) {
    memcpy(storage->samples + place, samples, count * sizeof *samples);
    return;
  }
  for (uint32_t i = 0; i < count; i++) storage->samples16[place + i] = narrow(samples[i]);
}

void peri__storage_read(const peri__storage *storage, uint32_t channel, uint32_t from, float *samples, uint32_t count) {
  size_t place = (size_t)channel * storage->stride + from;
  if (!storage->samples16) {
    memcpy(samples, storage->samples + place, count * sizeof *samples);
    return;
  }
  for (uint32_t i = 0; i < count; i++) samples[i] = (float)storage->samples16[place + i] * 0x1p-15f;
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
  peri__release(peri__storage_data(storage), sample_bytes(storage));
  peri__release(storage, sizeof *storage);
}

uint64_t peri__storage_bytes_alive(void) { return atomic_load_explicit(&bytes_alive, memory_order_relaxed); }
