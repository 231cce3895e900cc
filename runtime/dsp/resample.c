#include "dsp/resample.h"

#include "dsp/kaiser.h"

#include <math.h>
#include <string.h>

#define ATTENUATION 118.0
#define HALF_CROSSINGS 88                     /* zero crossings of the sinc on each side */
#define STEPS 1024                            /* phases a crossing, for rates without a small ratio */
#define MAX_PHASE_FLOATS (size_t)(256 * 1024) /* largest table of exact phases */

/* The middle of the transition, so that it ends at the lower rate's half. */
static double cutoff(void) { return 1 - PERI_KAISER_WIDTH(ATTENUATION, 2 * HALF_CROSSINGS) / 2; }

/* The kernel at `x` crossings from its middle, times I0(β); 0 outside. */
static double kernel(double x) {
  double place = x / HALF_CROSSINGS, inside = 1 - place * place;
  if (inside <= 0) return 0;
  double angle = PERI_PI * x * cutoff();
  double sinc = fabs(angle) < 1e-9 ? 1 : sin(angle) / angle;
  return cutoff() * sinc * peri__bessel_i0(PERI_KAISER_BETA(ATTENUATION) * sqrt(inside));
}

static uint32_t common_divisor(uint32_t a, uint32_t b) {
  while (b) {
    uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

peri__resampler peri__resampler_plan(double from, double to) {
  peri__resampler plan = {.from = from, .to = to, .scale = to < from ? to / from : 1};
  plan.taps = 2 * (uint32_t)ceil(HALF_CROSSINGS / plan.scale);
  plan.phases = (uint32_t)ceil(STEPS * plan.scale);
  plan.table_floats = ((size_t)plan.phases + 1) * plan.taps;
  if (floor(from) != from || floor(to) != to) return plan;
  uint32_t divisor = common_divisor((uint32_t)from, (uint32_t)to);
  size_t floats = (size_t)((uint32_t)to / divisor) * plan.taps;
  if (floats > MAX_PHASE_FLOATS) return plan;
  plan.phases = (uint32_t)to / divisor;
  plan.advance = (uint32_t)from / divisor;
  plan.table_floats = floats;
  return plan;
}

uint64_t peri__resampler_frames(const peri__resampler *resampler, uint64_t frames) {
  double length = round((double)frames * resampler->to / resampler->from);
  return length < 1 ? 1 : (uint64_t)length;
}

/* Tap k of an output that stands `fraction` of a frame after input frame n reads input n − taps/2 + 1 + k. */
static double distance(const peri__resampler *resampler, uint32_t tap, double fraction) {
  return ((double)tap - (double)(resampler->taps / 2) + 1 - fraction) * resampler->scale;
}

/* Every phase sums to 1, so that a constant stays exactly as loud. */
static void prepare_phase(const peri__resampler *resampler, float *row, double fraction) {
  double sum = 0;
  for (uint32_t k = 0; k < resampler->taps; k++) {
    row[k] = (float)kernel(distance(resampler, k, fraction));
    sum += (double)row[k];
  }
  for (uint32_t k = 0; k < resampler->taps; k++) row[k] = (float)((double)row[k] / sum);
}

void peri__resampler_prepare(const peri__resampler *resampler, float *table) {
  size_t rows = resampler->table_floats / resampler->taps;
  for (size_t p = 0; p < rows; p++)
    prepare_phase(resampler, table + p * resampler->taps, (double)p / resampler->phases);
}

/* Sixteen sums side by side: quick, and their rounding stays some 140 dB below full scale. */
typedef float four __attribute__((vector_size(16)));
#define LANES 16

static four load(const float *from) {
  four lanes;
  memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

static double dot(const float *a, const float *b, uint32_t count) {
  four s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  uint32_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    s0 += load(a + i) * load(b + i);
    s1 += load(a + i + 4) * load(b + i + 4);
    s2 += load(a + i + 8) * load(b + i + 8);
    s3 += load(a + i + 12) * load(b + i + 12);
  }
  four all = (s0 + s1) + (s2 + s3);
  double sum = (double)((all[0] + all[1]) + (all[2] + all[3]));
  for (; i < count; i++) sum += (double)(a[i] * b[i]);
  return sum;
}

/* The taps that meet input: from `first` on, `count` of them. */
typedef struct reach {
  int64_t input; /* what tap `first` reads */
  uint32_t first, count;
} reach;

static reach reach_at(const peri__resampler *resampler, uint64_t frame, uint64_t in_frames) {
  int64_t begin = (int64_t)frame - resampler->taps / 2 + 1, end = begin + resampler->taps;
  int64_t from = begin < 0 ? 0 : begin, to = end > (int64_t)in_frames ? (int64_t)in_frames : end;
  if (from >= to) return (reach){0};
  return (reach){from, (uint32_t)(from - begin), (uint32_t)(to - from)};
}

static void run_phases(const peri__resampler *resampler, const peri__resampling *job) {
  uint64_t frame = 0;
  uint32_t phase = 0;
  for (uint64_t i = 0; i < job->out_frames; i++) {
    reach at = reach_at(resampler, frame, job->in_frames);
    const float *row = job->table + (size_t)phase * resampler->taps;
    job->out[i] = (float)dot(job->in + at.input, row + at.first, at.count);
    uint64_t next = (uint64_t)phase + resampler->advance;
    frame += next / resampler->phases;
    phase = (uint32_t)(next % resampler->phases);
  }
}

/* Between two phases, what they make is mixed in proportion. */
static void run_between(const peri__resampler *resampler, const peri__resampling *job) {
  for (uint64_t i = 0; i < job->out_frames; i++) {
    double time = (double)i * resampler->from / resampler->to, frame = floor(time);
    double place = (time - frame) * resampler->phases, phase = floor(place);
    reach at = reach_at(resampler, (uint64_t)frame, job->in_frames);
    const float *in = job->in + at.input, *row = job->table + (size_t)phase * resampler->taps + at.first;
    double below = dot(in, row, at.count), above = dot(in, row + resampler->taps, at.count);
    job->out[i] = (float)(below + (above - below) * (place - phase));
  }
}

void peri__resampler_run(const peri__resampler *resampler, const peri__resampling *job) {
  if (resampler->advance)
    run_phases(resampler, job);
  else
    run_between(resampler, job);
}
