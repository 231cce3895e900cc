/* Web Audio 1.1, WaveShaperNode.
 *
 * The text leaves the filters of `oversample` to the implementation, and so their latency. Here they are half-band
 * filters of linear phase (dsp/halfband.h), short enough that a drum is still on its beat, and their latency is a whole
 * number of frames, so that a dry signal can be delayed to fit: 31 frames at 2x, 38 at 4x, and none without
 * oversampling or without a curve. */
#include "nodes/nodes.h"

#include "dsp/halfband.h"

#define N PERI_QUANTUM
#define PAST 32      /* samples kept for the sharp filter; it needs 31 */
#define WIDE_PAST 16 /* for the wide one; it needs 13 */
#define SETTLED 2    /* quanta of silence after which all that is kept is 0, or the curve's middle */

enum { NONE, TWICE, FOUR_TIMES };

typedef struct curve_part {
  peri__part part;
  size_t bytes;
  uint32_t count; /* 0: there is none */
  float middle;   /* what silence becomes */
  float value[];
} curve_part;

/* What the filters of one channel keep. */
typedef struct shaper_line {
  float in[PAST], even[PAST], odd[PAST];
  float twice[WIDE_PAST], wide_even[WIDE_PAST], wide_odd[WIDE_PAST];
  float last; /* at twice the rate: makes the latency at 4x whole */
} shaper_line;

typedef struct shaper_state {
  /* audio thread */
  uint32_t oversample;
  uint32_t channels; /* of what is kept */
  uint32_t quiet;    /* quanta since the last one that was not silent, at most SETTLED */
  shaper_line line[PERI_MAX_CHANNELS];
} shaper_state;

/* ---- The curve -------------------------------------------------------------------------------------------------- */

/* "Let k = floor(v), f = v − k": v is the place of x among the values, −1 the first and 1 the last. */
static float shape(const curve_part *curve, float x) {
  double v = 0.5 * (curve->count - 1) * ((double)x + 1.0);
  if (!(v > 0.0)) return curve->value[0];
  if (v >= curve->count - 1) return curve->value[curve->count - 1];
  uint32_t k = (uint32_t)v;
  float f = (float)(v - k);
  return (1.0f - f) * curve->value[k] + f * curve->value[k + 1];
}

static void shape_all(const curve_part *curve, float *samples, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) samples[i] = shape(curve, samples[i]);
}

static void free_curve(peri__part *part) {
  curve_part *curve = (curve_part *)(void *)part;
  peri__release(curve, curve->bytes);
}

peri__part *peri__curve_create(const float *values, uint32_t count) {
  size_t bytes = sizeof(curve_part) + count * sizeof *values;
  curve_part *curve = peri__allocate(bytes, 16);
  if (!curve) return NULL;
  *curve = (curve_part){.part = {{{NULL}, PERI_RETIRED_PART}, free_curve}, .bytes = bytes, .count = count};
  if (count) {
    memcpy(curve->value, values, count * sizeof *values);
    curve->middle = shape(curve, 0.0f);
  }
  return &curve->part;
}

const float *peri__curve_values(const peri__part *part, uint32_t *count) {
  const curve_part *curve = (const curve_part *)(const void *)part;
  *count = curve ? curve->count : 0;
  return curve ? curve->value : NULL;
}

/* ---- Oversampling ----------------------------------------------------------------------------------------------- */

/* Copies `past` kept samples and `count` new ones behind each other, and keeps the last; the new ones are returned. */
static const float *with_past(float *room, float *kept, uint32_t past, const float *in, uint32_t count) {
  memcpy(room, kept, past * sizeof *room);
  memcpy(room + past, in, count * sizeof *room);
  memcpy(kept, room + count, past * sizeof *room);
  return room + past;
}

static void up(const peri__halfband *filter, float *kept, uint32_t past, const float *in, uint32_t count, float *even,
               float *odd) {
  float room[PAST + 2 * N];
  const float *x = with_past(room, kept, past, in, count);
  peri__halfband_sum(filter, x, count, even);
  memcpy(odd, x - filter->middle, count * sizeof *odd);
}

static void down(const peri__halfband *filter, float *kept_even, float *kept_odd, uint32_t past, const float *even,
                 const float *odd, uint32_t count, float *out) {
  float room[PAST + 2 * N], sum[2 * N];
  peri__halfband_sum(filter, with_past(room, kept_even, past, even, count), count, sum);
  const float *delayed = with_past(room, kept_odd, past, odd, count) - filter->middle - 1;
  for (uint32_t i = 0; i < count; i++) out[i] = 0.5f * (sum[i] + delayed[i]);
}

/* From twice the rate to four times, shaped, and back; a sample later than the filters alone would have it. */
static void shape_twice(const curve_part *curve, shaper_line *line, float *even, float *odd) {
  float twice[2 * N], wide_even[2 * N], wide_odd[2 * N], shaped[2 * N + 1];
  for (int i = 0; i < N; i++) twice[2 * i] = even[i], twice[2 * i + 1] = odd[i];
  up(&peri__halfband_wide, line->twice, WIDE_PAST, twice, 2 * N, wide_even, wide_odd);
  shape_all(curve, wide_even, 2 * N);
  shape_all(curve, wide_odd, 2 * N);
  shaped[0] = line->last;
  down(&peri__halfband_wide, line->wide_even, line->wide_odd, WIDE_PAST, wide_even, wide_odd, 2 * N, shaped + 1);
  line->last = shaped[2 * N];
  for (int i = 0; i < N; i++) even[i] = shaped[2 * i], odd[i] = shaped[2 * i + 1];
}

static void shape_oversampled(const shaper_state *state, const curve_part *curve, shaper_line *line, const float *in,
                              float *out) {
  float even[N], odd[N];
  up(&peri__halfband_sharp, line->in, PAST, in, N, even, odd);
  if (state->oversample == FOUR_TIMES) {
    shape_twice(curve, line, even, odd);
  } else {
    shape_all(curve, even, N);
    shape_all(curve, odd, N);
  }
  down(&peri__halfband_sharp, line->even, line->odd, PAST, even, odd, N, out);
}

static void forget(void *memory) {
  shaper_state *state = memory;
  memset(state->line, 0, sizeof state->line);
  state->channels = 0;
  state->quiet = SETTLED;
}

static void fill(float *samples, uint32_t count, float value) {
  for (uint32_t i = 0; i < count; i++) samples[i] = value;
}

/* As after much silence: the filters pass what is steady as it is. */
static void settle(shaper_line *line, float middle) {
  memset(line, 0, sizeof *line);
  fill(line->even, PAST, middle);
  fill(line->odd, PAST, middle);
  fill(line->wide_even, WIDE_PAST, middle);
  fill(line->wide_odd, WIDE_PAST, middle);
  line->last = middle;
}

/* Channels that come anew begin as if there had been silence; mono that becomes more goes on in both of the front. */
static void widen(shaper_state *state, const curve_part *curve, uint32_t channels, peri_interpretation interpretation) {
  for (uint32_t c = state->channels; c < channels; c++) settle(&state->line[c], curve->middle);
  bool spreads = interpretation == PERI_SPEAKERS && (channels == 2 || channels == 4);
  if (state->channels == 1 && channels > 1 && spreads) state->line[1] = state->line[0];
  state->channels = channels;
}

/* ---- The node --------------------------------------------------------------------------------------------------- */

static void process_oversampled(const peri__process *p, shaper_state *state, const curve_part *curve) {
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  if (!in->silent)
    state->quiet = 0;
  else if (state->quiet < SETTLED)
    state->quiet++;
  if (state->quiet == SETTLED) { /* nothing is left of what has sounded */
    state->channels = 0;
    out->channels = in->channels;
    out->silent = curve->middle == 0.0f;
    if (!out->silent) fill(out->samples, in->channels * N, curve->middle);
    return;
  }
  if (in->channels > state->channels) widen(state, curve, in->channels, p->interpretation);
  out->channels = state->channels;
  out->silent = false;
  memset(out->samples, 0, (size_t)out->channels * N * sizeof(float));
  if (!in->silent) peri__mix_channels(out->samples, out->channels, in->samples, in->channels, p->interpretation);
  for (uint32_t c = 0; c < out->channels; c++) {
    float *samples = out->samples + (size_t)c * N;
    shape_oversampled(state, curve, &state->line[c], samples, samples);
  }
}

static void process(const peri__process *p) {
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  shaper_state *state = p->state;
  const curve_part *curve = (const curve_part *)(const void *)p->part;
  bool shapes = curve && curve->count;
  if (shapes && state->oversample != NONE) {
    process_oversampled(p, state, curve);
    return;
  }
  if (state->channels) forget(state);
  out->channels = in->channels;
  out->silent = in->silent && !(shapes && curve->middle != 0.0f);
  if (out->silent) return;
  if (in->silent) {
    fill(out->samples, in->channels * N, curve->middle);
    return;
  }
  memcpy(out->samples, in->samples, (size_t)in->channels * N * sizeof(float));
  if (shapes) shape_all(curve, out->samples, in->channels * N);
}

static bool create(void *memory, const peri__setup *setup) {
  shaper_state *state = memory;
  (void)setup;
  peri__halfband_prepare();
  state->quiet = SETTLED;
  return true;
}

static void set_option(void *memory, uint32_t option, double value) {
  shaper_state *state = memory;
  (void)option;
  if (state->oversample == (uint32_t)value) return;
  forget(state);
  state->oversample = (uint32_t)value;
}

static peri__tail tail(const void *memory) {
  const shaper_state *state = memory;
  return state->quiet < SETTLED ? PERI_TAIL_HEARD : PERI_TAIL_OVER;
}

static const char *const oversamplings[] = {"none", "2x", "4x", NULL};

static const peri_option_info options[] = {
    [PERI_WAVE_SHAPER_OVERSAMPLE] = {"oversample", PERI_OPTION_WORD, NONE, NONE, FOUR_TIMES, oversamplings},
};

const peri__kind peri__kind_wave_shaper = {
    .info = {.name = "WaveShaperNode", .inputs = 1, .outputs = 1, .options = 1, .option = options},
    .state_bytes = sizeof(shaper_state),
    .has_tail = true,
    .has_curve = true,
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .create = create,
    .set_option = set_option,
    .process = process,
    .tail = tail,
    .reset = forget,
};
