#include "dsp/mix.h"

#include <string.h>

#define N PERI_QUANTUM
#define HALF_POWER 0.70710678118654752440f /* sqrt(1/2) */

static void add_steady(float *restrict out, const float *restrict in, float gain) {
  for (int i = 0; i < N; i++) out[i] += in[i] * gain;
}

void peri__mix_add(float *out, const float *in, float gain) { add_steady(out, in, gain); }

/* The top bit is set where the exponent is all ones, as only those of infinities and NaNs are. */
static uint32_t mark_nonfinite(float sample) {
  uint32_t bits;
  memcpy(&bits, &sample, sizeof bits);
  return (bits & 0x7fffffffu) + 0x00800000u;
}

bool peri__all_finite(const float *samples, size_t count) {
  uint32_t marks = 0;
  size_t i = 0;
  for (; i + N <= count; i += N) /* of a fixed length, so that compilers make vectors of it */
    for (size_t k = 0; k < N; k++) marks |= mark_nonfinite(samples[i + k]);
  for (; i < count; i++) marks |= mark_nonfinite(samples[i]);
  return !(marks >> 31);
}

/* One entry of a mixing matrix: out += in × gain. Web Audio 1.1, "ChannelInterpretation speakers"; orders are
 * mono M; stereo L R; quad L R SL SR; 5.1 L R C LFE SL SR. */
typedef struct mix_entry {
  uint8_t out, in;
  float gain;
} mix_entry;

typedef struct mix_rule {
  uint8_t in_channels, out_channels, count;
  mix_entry entries[10];
} mix_rule;

static const mix_rule speaker_rules[] = {
    {1, 2, 2, {{0, 0, 1}, {1, 0, 1}}},
    {1, 4, 2, {{0, 0, 1}, {1, 0, 1}}},
    {1, 6, 1, {{2, 0, 1}}},
    {2, 4, 2, {{0, 0, 1}, {1, 1, 1}}},
    {2, 6, 2, {{0, 0, 1}, {1, 1, 1}}},
    {4, 6, 4, {{0, 0, 1}, {1, 1, 1}, {4, 2, 1}, {5, 3, 1}}},
    {2, 1, 2, {{0, 0, 0.5f}, {0, 1, 0.5f}}},
    {4, 1, 4, {{0, 0, 0.25f}, {0, 1, 0.25f}, {0, 2, 0.25f}, {0, 3, 0.25f}}},
    {6, 1, 5, {{0, 0, HALF_POWER}, {0, 1, HALF_POWER}, {0, 2, 1}, {0, 4, 0.5f}, {0, 5, 0.5f}}},
    {4, 2, 4, {{0, 0, 0.5f}, {0, 2, 0.5f}, {1, 1, 0.5f}, {1, 3, 0.5f}}},
    {6, 2, 6, {{0, 0, 1}, {0, 2, HALF_POWER}, {0, 4, HALF_POWER}, {1, 1, 1}, {1, 2, HALF_POWER}, {1, 5, HALF_POWER}}},
    {6, 4, 6, {{0, 0, 1}, {0, 2, HALF_POWER}, {1, 1, 1}, {1, 2, HALF_POWER}, {2, 4, 1}, {3, 5, 1}}},
};

void peri__mix_channels(float *out, uint32_t out_channels, const float *in, uint32_t in_channels,
                        peri_interpretation interpretation) {
  if (in_channels != out_channels && interpretation == PERI_SPEAKERS) {
    for (size_t r = 0; r < sizeof speaker_rules / sizeof *speaker_rules; r++) {
      const mix_rule *rule = &speaker_rules[r];
      if (rule->in_channels != in_channels || rule->out_channels != out_channels) continue;
      for (int e = 0; e < rule->count; e++) {
        const mix_entry *entry = &rule->entries[e];
        add_steady(out + (size_t)entry->out * N, in + (size_t)entry->in * N, entry->gain);
      }
      return;
    }
  }
  uint32_t shared = in_channels < out_channels ? in_channels : out_channels; /* discrete */
  for (uint32_t c = 0; c < shared; c++) add_steady(out + (size_t)c * N, in + (size_t)c * N, 1.0f);
}
