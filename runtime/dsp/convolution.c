/* The response is cut into stages of growing blocks, each stage into partitions of one block (Gardner, "Efficient
 * Convolution without Input-Output Delay", 1995). A stage convolves by overlap-save: each block of input is transformed
 * together with the one before (dsp/skew.h), its spectrum kept for as long as it meets partitions, and the sum of all
 * products transformed back.
 *
 * The first stage works on the quantum that is just there. The others begin at twice their block, so that a block of
 * input may be worked on while the next one comes in: that work, a list of tasks in small steps, is spread over the
 * quanta of the block by what the steps cost. Which step runs when depends on the time alone, and no result on it. */
#include "dsp/convolution.h"

#include "dsp/skew.h"

#include <math.h>
#include <string.h>

#define N PERI_QUANTUM
#define MAX_STAGES 5
#define CHUNK 512 /* bins that are multiplied in a step */

static const uint32_t blocks[MAX_STAGES] = {N, 512, 2048, 8192, 32768};

/* What a block of input was. Of a mono one only the left spectrum is there, and stands for both. */
enum { SILENT, MONO, STEREO };

enum { FORWARD, MULTIPLY, INVERSE };

typedef struct task {
  uint8_t what, side; /* of the input or the output */
  uint32_t steps;
} task;

typedef struct stage {
  /* constant */
  uint32_t block, partitions;
  size_t imaginary; /* floats from a spectrum's real to its imaginary parts; a spectrum takes twice as many */
  const peri__skew *skew;
  float *response; /* spectra: channels × partitions */
  /* of the work under way */
  float *inputs;  /* spectra: two sides × partitions, a ring: the newest block's, the one before … */
  uint8_t *kinds; /* of the blocks of the ring */
  uint32_t newest;
  float *sums;   /* spectra: two of them in turn × two sides; of what comes of them, the imaginary parts count */
  uint32_t turn; /* which one is being heard */
  uint32_t heard, made; /* channels of that one, and of the other */
  task tasks[6];
  uint32_t task_count, task, step, chunk_cost;
  uint64_t cost, done; /* of all tasks */
} stage;

struct peri__convolution {
  const peri__kernels *kernels;
  uint32_t channels, frames;
  uint32_t stage_count;
  uint32_t ring;                      /* frames of each side of `history` */
  uint64_t time;                      /* frames; ahead of 0 by a ring, so that what was before has a time too */
  uint64_t sound_until, stereo_until; /* the ends of the last quanta in which these came in */
  float *history;                     /* what came in: two sides, at their time modulo the ring */
  stage stages[MAX_STAGES];
};

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

/* A stage goes on to where the next one begins. It is worth its transforms when it spares enough partitions. */
static uint32_t count_stages(uint32_t frames) {
  uint32_t count = 1;
  while (count < MAX_STAGES && frames > 2 * blocks[count] + 4 * blocks[count - 1]) count++;
  return count;
}

static void *take(unsigned char *memory, size_t *at, size_t bytes) {
  size_t here = *at;
  *at = (here + bytes + PERI_CACHE_LINE - 1) & ~(size_t)(PERI_CACHE_LINE - 1);
  return memory ? memory + here : NULL;
}

static float *take_floats(unsigned char *memory, size_t *at, size_t count) {
  return (float *)take(memory, at, count * sizeof(float));
}

static void lay_out_stage(stage *s, uint32_t channels, unsigned char *memory, size_t *at) {
  size_t spectrum = 2 * s->imaginary;
  s->skew = (const peri__skew *)take(memory, at, peri__skew_bytes(s->block));
  s->response = take_floats(memory, at, channels * s->partitions * spectrum);
  s->inputs = take_floats(memory, at, 2 * s->partitions * spectrum);
  s->kinds = (uint8_t *)take(memory, at, s->partitions);
  s->sums = take_floats(memory, at, 4 * spectrum);
}

/* Fills in all of `c` but the samples; memory NULL only measures. */
static size_t lay_out(peri__convolution *c, uint32_t channels, uint32_t frames, unsigned char *memory) {
  size_t at = 0;
  take(memory, &at, sizeof *c);
  c->channels = channels;
  c->frames = frames;
  c->stage_count = count_stages(frames);
  c->ring = 3 * blocks[c->stage_count - 1];
  c->history = take_floats(memory, &at, 2 * (size_t)c->ring);
  for (uint32_t k = 0; k < c->stage_count; k++) {
    stage *s = &c->stages[k];
    uint32_t from = k ? 2 * blocks[k] : 0, to = k + 1 < c->stage_count ? 2 * blocks[k + 1] : frames;
    s->block = blocks[k];
    s->partitions = (to - from + s->block - 1) / s->block;
    s->imaginary = s->block + 16; /* a cache line more: partitions do not all fall into the same places of the caches */
    lay_out_stage(s, channels, memory, &at);
  }
  return at;
}

size_t peri__convolution_bytes(uint32_t channels, uint32_t frames) {
  peri__convolution c = {.time = 0};
  return lay_out(&c, channels, frames, NULL);
}

/* ---- The response ----------------------------------------------------------------------------------------------- */

static float *spectrum_of(float *spectra, const stage *s, uint32_t side, uint32_t place) {
  return spectra + ((size_t)side * s->partitions + place) * 2 * s->imaginary;
}

/* A block of samples and a block of zeros behind it; beyond the end are zeros too. What the inverse transform
 * multiplies by is taken off here. */
static void cut_partition(float *to, const peri__convolution *c, const float *samples, size_t from, uint32_t block,
                          double scale) {
  memset(to, 0, 2 * (size_t)block * sizeof *to);
  for (size_t i = 0; i < block && from + i < c->frames; i++)
    if (isfinite(samples[from + i])) to[i] = (float)((double)samples[from + i] * scale);
}

static void transform_response(const peri__convolution *c, stage *s, const float *const *response, double scale) {
  size_t first = s == c->stages ? 0 : 2 * (size_t)s->block;
  for (uint32_t channel = 0; channel < c->channels; channel++) {
    for (uint32_t p = 0; p < s->partitions; p++) {
      float *to = spectrum_of(s->response, s, channel, p);
      cut_partition(s->sums, c, response[channel], first + (size_t)p * s->block, s->block, scale / s->block);
      peri__skew_forward(s->skew, s->sums, s->sums + s->block, to, to + s->imaginary);
    }
  }
  memset(s->sums, 0, 2 * (size_t)s->block * sizeof(float));
}

peri__convolution *peri__convolution_prepare(void *memory, uint32_t channels, uint32_t frames,
                                             const float *const *response, double scale, const peri__kernels *kernels) {
  peri__convolution *c = memory;
  lay_out(c, channels, frames, memory);
  c->kernels = kernels;
  c->time = c->ring;
  for (uint32_t k = 0; k < c->stage_count; k++) {
    stage *s = &c->stages[k];
    peri__skew_prepare((void *)s->skew, s->block, kernels);
    transform_response(c, s, response, scale);
  }
  return c;
}

/* ---- What came in ----------------------------------------------------------------------------------------------- */

static float *history_at(const peri__convolution *c, uint32_t side, uint64_t time) {
  return c->history + (size_t)side * c->ring + (size_t)(time % c->ring);
}

/* Both sides are kept, equal for mono: a block may have either. After a whole ring of silence, silence is there. */
static void remember(peri__convolution *c, const float *in, uint32_t channels) PERI_AUDIO_THREAD {
  for (uint32_t side = 0; side < 2; side++) {
    float *to = history_at(c, side, c->time);
    if (channels)
      memcpy(to, in + (channels == 2 ? side * N : 0), N * sizeof *to);
    else if (c->time < c->sound_until + c->ring)
      memset(to, 0, N * sizeof *to);
  }
  if (channels) c->sound_until = c->time + N;
  if (channels == 2) c->stereo_until = c->time + N;
}

/* The new newest block of a stage, which ends at `time`. */
static uint32_t note_block(const peri__convolution *c, stage *s, uint64_t time) PERI_AUDIO_THREAD {
  uint64_t from = time - 2 * (uint64_t)s->block; /* its spectrum is that of the block before, too */
  uint8_t kind = c->stereo_until > from ? STEREO : c->sound_until > from ? MONO : SILENT;
  s->newest = (s->newest ? s->newest : s->partitions) - 1;
  s->kinds[s->newest] = kind;
  return kind;
}

/* Channels that come of the blocks which a stage has. */
static uint32_t count_outputs(const peri__convolution *c, const stage *s) PERI_AUDIO_THREAD {
  uint8_t most = SILENT;
  for (uint32_t p = 0; p < s->partitions; p++)
    if (s->kinds[p] > most) most = s->kinds[p];
  return most == SILENT ? 0 : most == STEREO || c->channels > 1 ? 2 : 1;
}

/* ---- Products --------------------------------------------------------------------------------------------------- */

#define PRODUCTS 4 /* at a time: so few stretches are read at once that the processor fetches them ahead */

/* Adds to a stretch of a sum what the input's `side` gives with a channel of the response. */
static void multiply_side(const peri__convolution *c, const stage *s, uint32_t side, uint32_t channel, float *sum,
                          uint32_t from, uint32_t bins) PERI_AUDIO_THREAD {
  peri__product list[PRODUCTS];
  size_t count = 0;
  for (uint32_t p = 0; p < s->partitions; p++) {
    uint32_t place = s->newest + p < s->partitions ? s->newest + p : s->newest + p - s->partitions;
    if (s->kinds[place] != SILENT) {
      const float *x = spectrum_of(s->inputs, s, s->kinds[place] == STEREO ? side : 0, place);
      const float *h = spectrum_of(s->response, s, channel, p);
      list[count++] = (peri__product){x + from, h + from};
    }
    if (count < PRODUCTS && (p + 1 < s->partitions || !count)) continue;
    c->kernels->multiply(sum + from, list, count, s->imaginary, bins);
    count = 0;
  }
}

static void multiply(const peri__convolution *c, const stage *s, uint32_t output, float *sum, uint32_t from,
                     uint32_t bins) PERI_AUDIO_THREAD {
  memset(sum + from, 0, bins * sizeof(float));
  memset(sum + s->imaginary + from, 0, bins * sizeof(float));
  if (c->channels == 4) {
    multiply_side(c, s, 0, output, sum, from, bins);
    multiply_side(c, s, 1, 2 + output, sum, from, bins);
  } else {
    multiply_side(c, s, output, c->channels == 2 ? output : 0, sum, from, bins);
  }
}

/* ---- The first stage: now --------------------------------------------------------------------------------------- */

static uint32_t run_first(peri__convolution *c, float *out) PERI_AUDIO_THREAD {
  stage *s = &c->stages[0];
  uint32_t kind = note_block(c, s, c->time + N), outputs = count_outputs(c, s);
  for (uint32_t side = 0; side < kind; side++) { /* one of MONO, two of STEREO */
    float *to = spectrum_of(s->inputs, s, side, s->newest);
    peri__skew_forward(s->skew, history_at(c, side, c->time - N), history_at(c, side, c->time), to, to + s->imaginary);
  }
  for (uint32_t o = 0; o < outputs; o++) {
    float *sum = s->sums;
    multiply(c, s, o, sum, 0, N);
    peri__skew_inverse(s->skew, sum, sum + s->imaginary);
    memcpy(out + (size_t)o * N, sum + s->imaginary, N * sizeof *out);
  }
  return outputs;
}

/* ---- The others: by and by -------------------------------------------------------------------------------------- */

static float *sum_of(const stage *s, uint32_t turn, uint32_t side) {
  return s->sums + ((size_t)turn * 2 + side) * 2 * s->imaginary;
}

/* What a step costs, so that quanta get equal shares: products of a bin, and numbers that pass a level of a transform,
 * take about the same time. */
static uint32_t cost_of(const stage *s, uint32_t what, uint32_t step) PERI_AUDIO_THREAD {
  switch (what) {
  case FORWARD: return peri__skew_forward_cost(s->skew, step);
  case MULTIPLY: return s->chunk_cost;
  default: return peri__skew_inverse_cost(s->skew, step);
  }
}

static void add_task(stage *s, uint8_t what, uint32_t side, uint32_t steps) PERI_AUDIO_THREAD {
  s->tasks[s->task_count++] = (task){what, (uint8_t)side, steps};
  for (uint32_t k = 0; k < steps; k++) s->cost += cost_of(s, what, k);
}

static void begin_block(const peri__convolution *c, stage *s) PERI_AUDIO_THREAD {
  s->turn ^= 1;
  s->heard = s->made;
  uint32_t kind = note_block(c, s, c->time);
  s->made = count_outputs(c, s);
  s->task_count = s->task = s->step = 0;
  s->cost = s->done = 0;
  uint32_t steps = peri__skew_steps(s->skew), sounding = 0;
  for (uint32_t p = 0; p < s->partitions; p++) sounding += s->kinds[p] != SILENT;
  s->chunk_cost = CHUNK * (1 + sounding * (c->channels == 4 ? 2 : 1));
  for (uint32_t side = 0; side < kind; side++) add_task(s, FORWARD, side, steps);
  for (uint32_t o = 0; o < s->made; o++) {
    add_task(s, MULTIPLY, o, s->block / CHUNK);
    add_task(s, INVERSE, o, steps);
  }
}

static void run_step(const peri__convolution *c, stage *s, const task *t, uint64_t began) PERI_AUDIO_THREAD {
  float *sum = sum_of(s, s->turn ^ 1, t->side);
  switch (t->what) {
  case FORWARD: {
    float *to = spectrum_of(s->inputs, s, t->side, s->newest);
    const float *first = history_at(c, t->side, began - 2 * (uint64_t)s->block);
    const float *second = history_at(c, t->side, began - s->block);
    peri__skew_forward_step(s->skew, first, second, to, to + s->imaginary, s->step);
    break;
  }
  case MULTIPLY: multiply(c, s, t->side, sum, s->step * CHUNK, CHUNK); break;
  default: peri__skew_inverse_step(s->skew, sum, sum + s->imaginary, s->step);
  }
}

/* Its share of this quantum, and what is heard of the block before. */
static void run_later(peri__convolution *c, stage *s) PERI_AUDIO_THREAD {
  uint32_t at = (uint32_t)(c->time % s->block);
  if (at == 0) begin_block(c, s);
  uint64_t target = s->cost * (at / N + 1) / (s->block / N);
  while (s->done < target) {
    const task *t = &s->tasks[s->task];
    run_step(c, s, t, c->time - at);
    s->done += cost_of(s, t->what, s->step);
    if (++s->step == t->steps) s->task++, s->step = 0;
  }
}

static uint32_t add_heard(const peri__convolution *c, const stage *s, float *out, uint32_t channels) PERI_AUDIO_THREAD {
  size_t at = (size_t)(c->time % s->block);
  if (s->heard == 0) return channels;
  if (channels == 0) memset(out, 0, N * sizeof *out), channels = 1;
  if (s->heard > channels) memmove(out + N, out, N * sizeof *out), channels = 2;
  for (uint32_t o = 0; o < channels; o++) {
    const float *from = sum_of(s, s->turn, s->heard == 2 ? o : 0) + s->imaginary + at;
    for (uint32_t i = 0; i < N; i++) out[o * N + i] += from[i];
  }
  return channels;
}

/* ---- All of it -------------------------------------------------------------------------------------------------- */

uint32_t peri__convolution_run(peri__convolution *c, const float *in, uint32_t channels, float *out) PERI_AUDIO_THREAD {
  remember(c, in, channels);
  uint32_t made = run_first(c, out);
  for (uint32_t k = 1; k < c->stage_count; k++) {
    run_later(c, &c->stages[k]);
    made = add_heard(c, &c->stages[k], out, made);
  }
  bool over = c->time + 1 >= c->sound_until + c->frames; /* what follows is but what rounding leaves */
  c->time += N;
  return over ? 0 : made;
}

void peri__convolution_reset(peri__convolution *c) PERI_AUDIO_THREAD {
  memset(c->history, 0, 2 * (size_t)c->ring * sizeof *c->history);
  c->time = c->ring;
  c->sound_until = c->stereo_until = 0;
  for (uint32_t k = 0; k < c->stage_count; k++) {
    stage *s = &c->stages[k];
    memset(s->kinds, SILENT, s->partitions);
    s->heard = s->made = s->task_count = 0;
    s->cost = s->done = 0;
  }
}
