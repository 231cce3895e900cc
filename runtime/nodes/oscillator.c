/* Web Audio 1.1, OscillatorNode: a sine is computed, all else is read from the tables of a wave (dsp/wave.h).
 *
 * The phase is the integral of the frequency since the start. It is counted in 2^64ths of a period, so that it goes
 * round by itself and steps add up without rounding; a frame's is cut to 32 bits, 2e-10 of a period. */
#include "nodes/nodes.h"

#include "dsp/math.h"
#include "dsp/wave.h"

#define SILENT PERI_WAVE_TABLES /* in the place of a table */

typedef struct oscillator {
  uint64_t phase; /* at the next frame that sounds */
  uint32_t table; /* of the last one */
  double nyquist; /* Hz */
  double step;    /* 2^64ths of a period that a Hz adds in a frame */
} oscillator;

static bool create(void *state, const peri__setup *setup) {
  oscillator *o = state;
  o->nyquist = setup->sample_rate / 2.0;
  o->step = 0x1p64 / setup->sample_rate;
  return true;
}

/* computedOscFrequency, clamped to its nominal range. */
static double hertz(double frequency, double factor, double nyquist) {
  double f = frequency * factor;
  return f < -nyquist ? -nyquist : f > nyquist ? nyquist : f;
}

/* What a frame adds to the phase, half a period at most. */
static uint64_t step_of(double f, double each) {
  double step = f * each;
  const double most = 9223372036854775808.0; /* 2^63 */
  return step < most && step > -most ? (uint64_t)(int64_t)step : (uint64_t)1 << 63;
}

static double magnitude(double x) { return x < 0.0 ? -x : x; }

/* The table for a frequency, which most often is the last one. */
static uint32_t find_table(const peri_wave *wave, uint32_t last, double f, double nyquist) {
  if (!wave) return f < nyquist ? 0 : SILENT;
  bool stays = last < wave->table_count && peri__wave_fits(&wave->table[last], f, nyquist) &&
               (last + 1 == wave->table_count || !peri__wave_fits(&wave->table[last + 1], f, nyquist));
  return stays ? last : peri__wave_find(wave, f, nyquist);
}

static void process_steady(const peri__process *p, oscillator *state, const peri_wave *wave) {
  peri__signal *out = &p->outputs[0];
  double factor = peri__cents((double)p->params[PERI_OSCILLATOR_DETUNE].first);
  double f = hertz((double)p->params[PERI_OSCILLATOR_FREQUENCY].first, factor, state->nyquist);
  uint64_t step = step_of(f, state->step), from = state->phase + step_of(f * p->fraction, state->step);
  uint32_t by = (uint32_t)((step + 0x80000000u) >> 32), at = (uint32_t)((from - p->begin * step) >> 32);
  uint32_t table = state->table = find_table(wave, state->table, magnitude(f), state->nyquist);
  state->phase = from + (p->end - p->begin) * step;
  out->silent = table == SILENT;
  if (!out->silent) p->kernels->wave_steady(out->samples, at, by, wave ? &wave->table[table] : NULL);
}

/* ---- Varying ---------------------------------------------------------------------------------------------------- */

/* Of the frames that sound. */
typedef struct frame_course {
  double hertz[PERI_QUANTUM];
  uint32_t phase[PERI_QUANTUM + PERI_WAVE_AHEAD];
  bool one_table; /* all of them take the same one */
} frame_course;

static void find_frequencies(const peri__process *p, const oscillator *state, const peri_wave *wave,
                             frame_course *course) {
  const peri__values *frequency = &p->params[PERI_OSCILLATOR_FREQUENCY], *detune = &p->params[PERI_OSCILLATOR_DETUNE];
  double factor = peri__cents((double)detune->first), still = (double)frequency->first;
  double nyquist = state->nyquist, least = nyquist, most = 0.0;
  for (uint32_t i = p->begin; i < p->end; i++) {
    if (!detune->steady) factor = peri__cents((double)detune->frames[i]);
    double f = hertz(frequency->steady ? still : (double)frequency->frames[i], factor, nyquist), high = magnitude(f);
    least = high < least ? high : least;
    most = high > most ? high : most;
    course->hertz[i] = f;
  }
  uint32_t smallest = find_table(wave, state->table, most, nyquist);
  course->one_table = find_table(wave, smallest, least, nyquist) == smallest;
}

static void count_phases(const peri__process *p, oscillator *state, frame_course *course) {
  uint64_t phase = state->phase + step_of(course->hertz[p->begin] * p->fraction, state->step);
  for (uint32_t i = p->begin; i < p->end; i++) {
    course->phase[i] = (uint32_t)(phase >> 32);
    phase += step_of(course->hertz[i], state->step);
  }
  memset(course->phase + p->end, 0, PERI_WAVE_AHEAD * sizeof *course->phase);
  state->phase = phase;
}

static void process_varying(const peri__process *p, oscillator *state, const peri_wave *wave) {
  frame_course course;
  float *samples = p->outputs[0].samples;
  uint32_t table = state->table;
  find_frequencies(p, state, wave, &course);
  count_phases(p, state, &course);
  for (uint32_t i = p->begin, end; i < p->end; i = end) {
    table = find_table(wave, table, magnitude(course.hertz[i]), state->nyquist);
    end = course.one_table ? p->end : i + 1;
    while (end < p->end && find_table(wave, table, magnitude(course.hertz[end]), state->nyquist) == table) end++;
    if (table == SILENT)
      memset(samples + i, 0, (end - i) * sizeof(float));
    else
      p->kernels->wave(samples + i, course.phase + i, end - i, wave ? &wave->table[table] : NULL);
  }
  state->table = table;
}

static void process(const peri__process *p) {
  const peri__values *frequency = &p->params[PERI_OSCILLATOR_FREQUENCY], *detune = &p->params[PERI_OSCILLATOR_DETUNE];
  const peri__wave_part *part = (const peri__wave_part *)p->part;
  const peri_wave *wave = part ? part->wave : NULL;
  peri__signal *out = &p->outputs[0];
  out->channels = 1;
  out->silent = false;
  (frequency->steady && detune->steady ? process_steady : process_varying)(p, p->state, wave);
  if (out->silent || p->end - p->begin == PERI_QUANTUM) return;
  memset(out->samples, 0, p->begin * sizeof(float));
  memset(out->samples + p->end, 0, (PERI_QUANTUM - p->end) * sizeof(float));
}

static bool check_option(const peri__setup *setup, const double *options, uint32_t option, double value) {
  (void)setup, (void)options, (void)option;
  if (value != PERI_OSCILLATOR_CUSTOM) return true;
  return peri__fail("type of an OscillatorNode cannot be set to custom: give it a wave by setPeriodicWave");
}

static const char *const types[] = {"sine", "square", "sawtooth", "triangle", "custom", NULL};

static const peri_option_info options[] = {
    [PERI_OSCILLATOR_TYPE] = {"type", PERI_OPTION_WORD, PERI_OSCILLATOR_SINE, 0, 0, types},
};

/* ±1200 log2(FLT_MAX) cents: over all frequencies that there are. */
static void ranges(const peri__setup *setup, peri_param_info *own) {
  own[PERI_OSCILLATOR_FREQUENCY].max_value = (float)(setup->sample_rate / 2.0);
  own[PERI_OSCILLATOR_FREQUENCY].min_value = -own[PERI_OSCILLATOR_FREQUENCY].max_value;
}

static const peri_param_info params[] = {
    [PERI_OSCILLATOR_FREQUENCY] = {"frequency", 440.0f, -24000.0f, 24000.0f, true, false},
    [PERI_OSCILLATOR_DETUNE] = {"detune", 0.0f, -153600.0f, 153600.0f, true, false},
};

const peri__kind peri__kind_oscillator = {
    .info = {.name = "OscillatorNode",
             .inputs = 0,
             .outputs = 1,
             .params = 2,
             .param = params,
             .options = 1,
             .option = options,
             .scheduled = true},
    .state_bytes = sizeof(oscillator),
    .create = create,
    .check_option = check_option,
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .first_if_steady = true,
    .output_channels = 1,
    .ranges = ranges,
    .process = process,
};
