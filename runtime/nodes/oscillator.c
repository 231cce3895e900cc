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
} oscillator;

static uint32_t output_bound(uint32_t inputs) {
  (void)inputs;
  return 1;
}

/* What a quantum is rendered with. */
typedef struct units {
  double nyquist; /* Hz */
  double step;    /* 2^64ths of a period that a Hz adds in a frame */
} units;

static units units_of(double sample_rate) { return (units){sample_rate / 2.0, 0x1p64 / sample_rate}; }

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

static uint32_t find_table(const peri_wave *wave, double f, double nyquist) {
  if (!wave) return f < nyquist ? 0 : SILENT;
  return peri__wave_find(wave, f, nyquist);
}

/* ---- Steady ----------------------------------------------------------------------------------------------------- */

typedef uint32_t four_phases __attribute__((vector_size(16)));

/* Frame `first` has the phase given. */
static void count_phases(uint32_t *phase, uint64_t at, uint64_t step, uint32_t first) {
  uint32_t by = (uint32_t)((step + 0x80000000u) >> 32), from = (uint32_t)((at - first * step) >> 32);
  four_phases p = {from, from + by, from + 2 * by, from + 3 * by};
  for (int i = 0; i < PERI_QUANTUM; i += 4) {
    memcpy(phase + i, &p, sizeof p);
    p += by * 4;
  }
}

static void process_steady(const peri__process *p, oscillator *state, const peri_wave *wave, units by) {
  peri__signal *out = &p->outputs[0];
  double factor = peri__cents((double)p->params[PERI_OSCILLATOR_DETUNE].first);
  double f = hertz((double)p->params[PERI_OSCILLATOR_FREQUENCY].first, factor, by.nyquist);
  uint64_t step = step_of(f, by.step), from = state->phase + step_of(f * p->fraction, by.step);
  uint32_t table = find_table(wave, magnitude(f), by.nyquist), phase[PERI_QUANTUM + 4] = {0};
  state->phase = from + (p->end - p->begin) * step;
  out->silent = table == SILENT;
  if (out->silent) return;
  count_phases(phase, from, step, p->begin);
  if (wave)
    peri__wave_read(out->samples, phase, PERI_QUANTUM, &wave->table[table]);
  else
    peri__wave_sine(out->samples, phase, PERI_QUANTUM);
}

/* ---- Varying ---------------------------------------------------------------------------------------------------- */

typedef struct frame_course {
  uint32_t phase[PERI_QUANTUM + 4];
  uint8_t table[PERI_QUANTUM];
} frame_course;

/* The phase and the table of each frame that sounds. */
static void follow(const peri__process *p, oscillator *state, const peri_wave *wave, units by, frame_course *course) {
  const peri__values *frequency = &p->params[PERI_OSCILLATOR_FREQUENCY], *detune = &p->params[PERI_OSCILLATOR_DETUNE];
  double factor = peri__cents((double)detune->first), still = (double)frequency->first;
  uint64_t phase = state->phase;
  uint32_t table = SILENT;
  for (uint32_t i = p->begin; i < p->end; i++) {
    if (!detune->steady) factor = peri__cents((double)detune->frames[i]);
    double f = hertz(frequency->steady ? still : (double)frequency->frames[i], factor, by.nyquist), high = magnitude(f);
    if (i == p->begin) phase += step_of(f * p->fraction, by.step);
    bool stays = table != SILENT && wave && peri__wave_fits(&wave->table[table], high, by.nyquist) &&
                 (table + 1 == wave->table_count || !peri__wave_fits(&wave->table[table + 1], high, by.nyquist));
    if (!stays) table = find_table(wave, high, by.nyquist);
    course->phase[i] = (uint32_t)(phase >> 32);
    course->table[i] = (uint8_t)table;
    phase += step_of(f, by.step);
  }
  state->phase = phase;
}

static void process_varying(const peri__process *p, oscillator *state, const peri_wave *wave, units by) {
  frame_course course = {0};
  float *samples = p->outputs[0].samples;
  follow(p, state, wave, by, &course);
  if (!wave) peri__wave_sine(samples, course.phase, PERI_QUANTUM);
  for (uint32_t i = p->begin, end; i < p->end; i = end) {
    uint8_t table = course.table[i];
    for (end = i + 1; end < p->end && course.table[end] == table;) end++;
    if (table == SILENT)
      memset(samples + i, 0, (end - i) * sizeof(float));
    else if (wave)
      peri__wave_read(samples + i, course.phase + i, end - i, &wave->table[table]);
  }
}

static void process(const peri__process *p) {
  const peri__values *frequency = &p->params[PERI_OSCILLATOR_FREQUENCY], *detune = &p->params[PERI_OSCILLATOR_DETUNE];
  const peri__wave_part *part = (const peri__wave_part *)p->part;
  const peri_wave *wave = part ? part->wave : NULL;
  peri__signal *out = &p->outputs[0];
  out->channels = 1;
  out->silent = false;
  (frequency->steady && detune->steady ? process_steady : process_varying)(p, p->state, wave, units_of(p->sample_rate));
  if (out->silent) return;
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
    .check_option = check_option,
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .first_if_steady = true,
    .output_bound = output_bound,
    .ranges = ranges,
    .process = process,
};
