/* See kinds.h. */
#include "kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N PERI_QUANTUM

atomic_int kinds_tables, kinds_echoes;

/* ---- TestTone --------------------------------------------------------------------------------------------------- */

typedef struct tone {
  double age; /* frames since the start, of the next frame that sounds */
} tone;

static void play_tone(const peri_process *p) {
  tone *state = p->state;
  if (p->fraction > 0.0) state->age = p->fraction;
  p->outputs[0].silent = false;
  for (uint32_t i = 0; i < N; i++) p->outputs[0].samples[i] = NAN;
  for (uint32_t i = p->begin; i < p->end; i++)
    p->outputs[0].samples[i] = p->params[TONE_LEVEL].frames[i] * (float)((state->age++ + 1.0) / 1024.0);
}

static void tone_ranges(double sample_rate, peri_param_info *params, void *user) {
  (void)user;
  params[TONE_FREQUENCY].name = "none"; /* only the range is taken */
  params[TONE_FREQUENCY].min_value = -(float)sample_rate / 2.0f;
  params[TONE_FREQUENCY].max_value = (float)sample_rate / 2.0f;
}

static const peri_param_info tone_params[] = {
    [TONE_LEVEL] = {"level", 1.0f, 0.0f, 2.0f, true, false},
    [TONE_FREQUENCY] = {"frequency", 2000.0f, 0.0f, 1e6f, true, false},
};

/* ---- TestTable -------------------------------------------------------------------------------------------------- */

table_part *kinds_table(float factor) {
  table_part *part = malloc(sizeof *part);
  if (!part) abort();
  part->factor = factor;
  atomic_fetch_add(&kinds_tables, 1);
  return part;
}

void kinds_free_table(void *part, void *user) {
  (void)user;
  atomic_fetch_sub(&kinds_tables, 1);
  free(part);
}

static void use_table(const peri_process *p) {
  const peri_signal *in = &p->inputs[0];
  const table_part *part = p->part;
  if (in->silent || !part) return;
  p->outputs[0].silent = false;
  for (uint32_t i = 0; i < in->channels * N; i++) p->outputs[0].samples[i] = in->samples[i] * part->factor;
}

static const char *check_size(const double *options, uint32_t option, double value, void *user) {
  (void)user;
  bool odd = fmod(value, 2.0) != 0.0;
  if (odd && value != 1.0 && options[option] >= 1.0) return "a size is 1 or even";
  return NULL;
}

/* A size of 1 needs none. */
static const char *make_table(double sample_rate, const double *options, uint32_t option, double value, void **part,
                              void *user) {
  (void)options, (void)option, (void)user;
  if (value == 8.0) return "there are no tables of 8";
  if (value != 1.0 && sample_rate > 0.0) *part = kinds_table((float)value);
  return NULL;
}

static const peri_option_info table_options[] = {
    [TABLE_SIZE] = {"size", PERI_OPTION_WHOLE, 1, 1, 8, NULL},
};

/* ---- TestEcho --------------------------------------------------------------------------------------------------- */

#define QUANTA 4

typedef struct echo {
  /* not the audio thread: what parts point to, freed with the node */
  float *line[PERI_MAX_CHANNELS]; /* QUANTA quanta each */
  uint32_t lines;
  /* audio thread */
  uint32_t channels[QUANTA]; /* of each quantum; 0: silence */
  float peak[QUANTA];
  uint32_t at; /* the place of the quantum under way */
} echo;

typedef struct echo_part {
  uint32_t channels;
  float *line[];
} echo_part;

static bool create_echo(void *state, double sample_rate, void *user) {
  (void)state, (void)sample_rate, (void)user;
  atomic_fetch_add(&kinds_echoes, 1);
  return true;
}

static void destroy_echo(void *memory, void *user) {
  echo *state = memory;
  (void)user;
  for (uint32_t c = 0; c < state->lines; c++) free(state->line[c]);
  atomic_fetch_sub(&kinds_echoes, 1);
}

static void *grow_echo(void *memory, uint32_t channels, void *user) {
  echo *state = memory;
  (void)user;
  for (; state->lines < channels; state->lines++)
    if (!(state->line[state->lines] = calloc(QUANTA * N, sizeof(float)))) return NULL;
  echo_part *part = malloc(sizeof *part + channels * sizeof *part->line);
  if (!part) return NULL;
  part->channels = channels;
  memcpy(part->line, state->line, channels * sizeof *part->line);
  atomic_fetch_add(&kinds_echoes, 1);
  return part;
}

static void free_echo(void *part, void *user) {
  (void)user;
  atomic_fetch_sub(&kinds_echoes, 1);
  free(part);
}

static void put_out(const peri_process *p) {
  const echo *state = p->state;
  const echo_part *part = p->part;
  uint32_t from = (state->at + QUANTA - (uint32_t)p->options[ECHO_QUANTA]) % QUANTA;
  peri_signal *out = &p->outputs[0];
  if (!state->channels[from]) return;
  out->silent = false;
  out->channels = state->channels[from];
  for (uint32_t c = 0; c < out->channels; c++)
    memcpy(out->samples + c * N, part->line[c] + from * N, N * sizeof(float));
}

static void take_in(const peri_process *p) {
  echo *state = p->state;
  const echo_part *part = p->part;
  const peri_signal *in = &p->inputs[0];
  float peak = 0.0f;
  for (uint32_t i = 0; !in->silent && i < in->channels * N; i++) peak = fmaxf(peak, fabsf(in->samples[i]));
  state->peak[state->at] = peak;
  state->channels[state->at] = peak > 0.0f ? in->channels : 0;
  if (in->channels > part->channels) abort(); /* grow has promised */
  for (uint32_t c = 0; c < state->channels[state->at]; c++)
    memcpy(part->line[c] + state->at * N, in->samples + c * N, N * sizeof(float));
  state->at = (state->at + 1) % QUANTA;
}

static void play_echo(const peri_process *p) {
  put_out(p);
  if (!p->in_cycle) take_in(p);
}

static void absorb_echo(const peri_process *p) {
  if (p->outputs || p->params || p->output_count || !p->in_cycle) abort();
  take_in(p);
}

static float echo_peak(const void *memory) {
  const echo *state = memory;
  float peak = 0.0f;
  for (int q = 0; q < QUANTA; q++) peak = fmaxf(peak, state->channels[q] ? state->peak[q] : 0.0f);
  return peak;
}

static bool echo_sounds(const void *state, void *user) {
  (void)user;
  return echo_peak(state) > 0.0f;
}

static bool echo_is_faint(const void *state, void *user) {
  (void)user;
  return echo_peak(state) < 1e-6f;
}

static const peri_option_info echo_options[] = {
    [ECHO_QUANTA] = {"quanta", PERI_OPTION_WHOLE, 1, 1, QUANTA - 1, NULL},
};

/* ---- TestMerger, TestSplitter ----------------------------------------------------------------------------------- */

static void merge(const peri_process *p) {
  peri_signal *out = &p->outputs[0];
  out->silent = false;
  for (uint32_t c = 0; c < p->input_count; c++)
    for (uint32_t i = 0; i < N; i++)
      out->samples[c * N + i] = p->inputs[c].silent ? 0.0f : p->inputs[c].samples[i] * (float)(c + 1);
}

static void split(const peri_process *p) {
  const peri_signal *in = &p->inputs[0];
  for (uint32_t o = 0; o < p->output_count && !in->silent; o++) {
    p->outputs[o].silent = false;
    p->outputs[o].channels = 1;
    for (uint32_t i = 0; i < N; i++) p->outputs[o].samples[i] = in->samples[o * N + i] * (float)(o + 1);
  }
}

/* ---- All of them ------------------------------------------------------------------------------------------------ */

static void add(const peri_node_kind_def *def) {
  if (peri_register_node_kind(def)) return;
  fprintf(stderr, "kinds.c: %s\n", peri_error());
  abort();
}

static peri_node_kind_def named(const char *name, void (*process)(const peri_process *process)) {
  peri_node_kind_def def = peri_default_node_kind_def();
  def.name = name;
  def.process = process;
  return def;
}

static void add_tone(void) {
  peri_node_kind_def def = named("TestTone", play_tone);
  def.scheduled = true;
  def.inputs = 0;
  def.output_channels = 1;
  def.state_bytes = sizeof(tone);
  def.params = 2, def.param = tone_params;
  def.ranges = tone_ranges;
  add(&def);
}

static void add_table(void) {
  peri_node_kind_def def = named("TestTable", use_table);
  def.max_count = 4;
  def.options = 1, def.option = table_options;
  def.free_part = kinds_free_table;
  def.check_option = check_size;
  def.option_part = make_table;
  add(&def);
}

static void add_echo(void) {
  peri_node_kind_def def = named("TestEcho", play_echo);
  def.state_bytes = sizeof(echo);
  def.create = create_echo, def.destroy = destroy_echo;
  def.options = 1, def.option = echo_options;
  def.has_tail = true;
  def.sounds = echo_sounds;
  def.is_faint = echo_is_faint;
  def.absorb = absorb_echo;
  def.grow = grow_echo;
  def.free_part = free_echo;
  add(&def);
}

static void add_merger_and_splitter(void) {
  peri_node_kind_def def = named("TestMerger", merge);
  def.inputs = 3, def.min_ports = 2;
  def.channels_are_ports = true;
  def.rule = (peri_channel_rule){1, PERI_COUNT_EXPLICIT, PERI_SPEAKERS};
  def.fixed_count = def.fixed_mode = true;
  add(&def);
  def = named("TestSplitter", split);
  def.outputs = 2, def.min_ports = 1;
  def.ports_are_outputs = def.channels_are_ports = true;
  def.rule = (peri_channel_rule){2, PERI_COUNT_EXPLICIT, PERI_DISCRETE};
  def.fixed_interpretation = def.no_max_mode = true;
  add(&def);
}

__attribute__((constructor)) static void add_all(void) {
  add_tone();
  add_table();
  add_echo();
  add_merger_and_splitter();
}
