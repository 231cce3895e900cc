/* The audio thread's loop: commands, the plan, the destination, quantum by quantum. */
#include "render/render.h"

#include "base/blocks.h"
#include "base/cpu.h"
#include "dsp/math.h"

#define N PERI_QUANTUM
#define VOICE_SCRATCH (PERI_BATCH_SCRATCH + PERI_VOICE_SPANS + 2)

int64_t peri__step(double rate, double cents, double ratio) {
  double step = rate * peri__cents(cents) * ratio;
  if (!(step > -1048576.0)) step = step == step ? -1048576.0 : 0.0;
  if (step > 1048576.0) step = 1048576.0;
  return (int64_t)(step * (double)PERI_ONE + (step < 0 ? -0.5 : 0.5));
}

static size_t scratch_floats(uint32_t channels) {
  return (size_t)N * (channels + (size_t)PERI_MAX_INPUTS * PERI_MAX_CHANNELS + VOICE_SCRATCH + 3 * PERI_MAX_CHANNELS +
                      PERI_MAX_PARAMS);
}

bool peri__render_create(peri__render *render, double sample_rate, uint32_t channels, size_t command_limit,
                         const peri__kernels *kernels) {
  render->sample_rate = sample_rate;
  render->channels = channels;
  render->kernels = kernels;
  if (!peri__commands_create(&render->commands, command_limit)) return false;
  float *floats = peri__allocate(scratch_floats(channels) * sizeof(float), PERI_CACHE_LINE);
  if (!floats) {
    peri__commands_destroy(&render->commands);
    return false;
  }
  render->out = floats;
  render->sums = render->out + (size_t)N * channels;
  render->voice_scratch = render->sums + (size_t)N * PERI_MAX_INPUTS * PERI_MAX_CHANNELS;
  render->wide_scratch = render->voice_scratch + (size_t)N * VOICE_SCRATCH;
  render->param_values = render->wide_scratch + (size_t)N * PERI_MAX_CHANNELS * 3;
  return true;
}

void peri__render_destroy(peri__render *render) {
  peri__commands_destroy(&render->commands);
  peri__release(render->out, scratch_floats(render->channels) * sizeof(float));
}

/* ---- Load ------------------------------------------------------------------------------------------------------- */

/* `measured` seconds were rendered before. A mean of all there is until it forgets: so the first reading is right. */
static void smooth(_Atomic double *mean, double load, double lasts, double measured) {
  double weight = lasts / (lasts + (measured < 0.1 ? measured : 0.1));
  double before = atomic_load_explicit(mean, memory_order_relaxed);
  atomic_store_explicit(mean, before + (load - before) * weight, memory_order_relaxed);
}

/* Rendering `lasts` seconds took `load` times as long. */
static void measure(peri__load_meter *meter, double load, double lasts) {
  smooth(&meter->mean, load, lasts, meter->measured);
  meter->measured += lasts;
  meter->peak_age += lasts;
  if (load < atomic_load_explicit(&meter->peak, memory_order_relaxed) && meter->peak_age < 1.0) return;
  atomic_store_explicit(&meter->peak, load, memory_order_relaxed);
  meter->peak_age = 0.0;
}

static void forget_cost(peri__cost *cost) {
  cost->load.measured = cost->load.peak_age = 0.0;
  atomic_store_explicit(&cost->load.mean, 0.0, memory_order_relaxed);
  atomic_store_explicit(&cost->load.peak, 0.0, memory_order_relaxed);
  atomic_store_explicit(&cost->voices_load, 0.0, memory_order_relaxed);
}

static void begin_laps(peri__render *render) {
  render->lap = peri__nanoseconds();
  render->voices_time = 0;
}

/* Everything since the last lap was this. Control trusts the fields of the run that it asks for: `run` comes last. */
static void take_lap(peri__render *render, peri__cost *cost, uint32_t voices) {
  if (atomic_load_explicit(&cost->run, memory_order_relaxed) != render->profile) forget_cost(cost);
  uint64_t began = render->lap, voices_time = render->voices_time;
  double lasts = N / render->sample_rate, scale = 1e-9 / lasts;
  atomic_store_explicit(&cost->voices, voices, memory_order_relaxed);
  begin_laps(render);
  smooth(&cost->voices_load, (double)voices_time * scale, lasts, cost->load.measured);
  measure(&cost->load, (double)(render->lap - began) * scale, lasts);
  atomic_store_explicit(&cost->run, render->profile, memory_order_release);
}

static void take_node_lap(peri__render *render, peri__node *node) {
  uint32_t voices = 0;
  for (uint32_t i = 0; i < node->input_count; i++) voices += node->inputs[i].count;
  for (uint32_t p = 0; p < node->kind->info.params; p++) voices += node->params[p].input.count;
  take_lap(render, &node->cost, voices);
}

static void render_voices(peri__render *render, peri__input *input, peri__signal *sum,
                          peri_interpretation interpretation) {
  if (!render->profile || !input->count) {
    peri__voices_render(render, input, sum, interpretation);
    return;
  }
  uint64_t began = peri__nanoseconds();
  peri__voices_render(render, input, sum, interpretation);
  render->voices_time += peri__nanoseconds() - began;
}

/* ---- One step of the plan --------------------------------------------------------------------------------------- */

/* Channels of an input that is fed with `most`; 0: nothing feeds it. */
static inline uint32_t by_rule(const peri_channel_rule *rule, uint32_t most) {
  if (rule->mode == PERI_COUNT_EXPLICIT) return rule->count;
  if (most == 0) most = 1;
  return rule->mode == PERI_COUNT_CLAMPED_MAX && most > rule->count ? rule->count : most;
}

static uint32_t input_channels(peri__render *render, const peri__plan *plan, const peri__plan_input *from) {
  if (from->rule.mode == PERI_COUNT_EXPLICIT) return from->rule.count;
  uint32_t most = peri__voices_channels(render, from->input, from->bound);
  for (uint32_t e = 0; e < from->edge_count; e++) {
    uint32_t channels = plan->signals[plan->edges[from->first_edge + e]].channels;
    if (channels > most) most = channels;
  }
  return by_rule(&from->rule, most);
}

#define EDGE_SPANS 64

/* Adds the signals of an input's edges, in their order: as spans what a kernel takes, by the mixing rules the rest. */
static void add_edges(peri__render *render, const peri__plan *plan, const peri__plan_input *from, peri__signal *sum) {
  peri__span spans[EDGE_SPANS];
  uint32_t count = 0;
  bool stereo = sum->channels == 2, speakers = from->rule.interpretation == PERI_SPEAKERS;
  float *left = sum->samples, *right = stereo ? left + N : NULL;
  for (uint32_t e = 0; e < from->edge_count; e++) {
    const peri__signal *signal = &plan->signals[plan->edges[from->first_edge + e]];
    if (signal->silent) continue;
    sum->silent = false;
    bool fits = sum->channels <= 2 && (signal->channels == sum->channels || (signal->channels == 1 && speakers));
    if (fits) spans[count++] = (peri__span){signal->samples, signal->channels == 2 ? N : 0, 0, {1, 1}, {0, 0}};
    if (count && (!fits || count == EDGE_SPANS)) render->kernels->mix_spans(left, right, spans, count), count = 0;
    if (!fits) peri__mix_channels(left, sum->channels, signal->samples, signal->channels, from->rule.interpretation);
  }
  if (count) render->kernels->mix_spans(left, right, spans, count);
}

/* Of a sum: whether all that feeds it is idle. */
static bool is_idle(const peri__plan *plan, const peri__plan_input *from, const peri__signal *sum) {
  bool idle = sum->silent;
  for (uint32_t e = 0; idle && e < from->edge_count; e++) idle = plan->signals[plan->edges[from->first_edge + e]].idle;
  return idle;
}

/* Several signals, or one that does not fit, and voices. */
static void gather_sum(peri__render *render, const peri__plan *plan, const peri__plan_input *from, peri__signal *sum) {
  sum->channels = input_channels(render, plan, from);
  sum->silent = true;
  memset(sum->samples, 0, (size_t)sum->channels * N * sizeof(float));
  render_voices(render, from->input, sum, from->rule.interpretation);
  add_edges(render, plan, from, sum);
  sum->idle = is_idle(plan, from, sum);
}

/* A voice that can be used where it is. */
static bool gather_voice(peri__render *render, const peri__plan_input *from, peri__signal *sum) {
  const float *samples = by_rule(&from->rule, 1) == 1 ? peri__voices_lone(render, from->input) : NULL;
  if (!samples) return false;
  sum->channels = 1;
  sum->silent = false;
  sum->samples = (float *)(uintptr_t)samples; /* inputs are only read */
  return true;
}

/* Sums what is connected to an input, mixed to its channels, into `sum->samples`; a single signal or voice that fits is
 * used where it is. `sum` comes as one that is not idle. */
static inline __attribute__((always_inline)) void gather(peri__render *render, const peri__plan *plan,
                                                         const peri__plan_input *from, peri__signal *sum) {
  if (from->edge_count > 1 || from->input->count) {
    if (from->edge_count || from->input->count > 1 || !gather_voice(render, from, sum))
      gather_sum(render, plan, from, sum);
    return;
  }
  const peri__signal *only = from->edge_count ? &plan->signals[plan->edges[from->first_edge]] : NULL;
  sum->channels = by_rule(&from->rule, only ? only->channels : 0);
  sum->silent = !only || only->silent;
  if (sum->silent) {
    sum->idle = !only || only->idle;
    return;
  }
  if (only->channels == sum->channels)
    sum->samples = only->samples;
  else
    gather_sum(render, plan, from, sum);
}

/* A NaN or infinity is silenced where it appears, and what made it forgets its state. */
static void check_finite(peri__render *render, const peri__plan_step *step, peri__signal *output) {
  if (output->silent || output->finite || render->kernels->all_finite(output->samples, output->channels)) return;
  output->silent = true;
  if (step->node->kind->reset) step->node->kind->reset(step->node->state);
  atomic_fetch_add_explicit(&render->nonfinite, 1, memory_order_relaxed);
}

static void feed_taps(peri__render *render, const peri__plan *plan, const peri__plan_step *step) {
  const peri__signal *output = &plan->signals[step->first_output];
  for (uint32_t t = 0; t < step->tap_count; t++) {
    const peri__plan_tap *tap = &plan->taps[step->first_tap + t];
    float *mixed = render->wide_scratch;
    const float *channel[PERI_MAX_CHANNELS];
    memset(mixed, 0, (size_t)tap->channels * N * sizeof(float));
    if (!output->silent) peri__mix_channels(mixed, tap->channels, output->samples, output->channels, PERI_SPEAKERS);
    for (uint32_t c = 0; c < tap->channels; c++) channel[c] = mixed + (size_t)c * N;
    peri__blocks_write(tap->blocks, channel, N, render->frame);
  }
}

static void fill(float *restrict frames, float value) {
  for (int i = 0; i < N; i++) frames[i] = value;
}

static void gather_params(peri__render *render, const peri__plan *plan, const peri__plan_step *step,
                          peri__values values[PERI_MAX_PARAMS]) {
  peri__node *node = step->node;
  const peri__plan_input *inputs = &plan->inputs[step->first_input + node->input_count];
  bool settled = !step->modulated;
  for (uint32_t p = 0; p < node->kind->info.params; p++) {
    peri__signal added = {render->sums, true, 1, 1, false, false};
    settled = settled && peri__param_rests(&node->params[p]) && !inputs[p].input->count;
    gather(render, plan, &inputs[p], &added);
    values[p] = peri__param_values(render, &node->params[p], render->frame, added.silent ? NULL : added.samples,
                                   render->param_values + (size_t)p * N);
    if (values[p].steady && !node->kind->first_if_steady) fill(render->param_values + (size_t)p * N, values[p].first);
  }
  if (!node->values) return;
  node->settled = settled;
  if (settled) memcpy(node->values, values, node->kind->info.params * sizeof *values);
}

/* Of a step that only makes outputs: one silent channel each. */
static void gather_inputs(peri__render *render, const peri__plan *plan, const peri__plan_step *step,
                          peri__signal sums[PERI_MAX_INPUTS]) {
  const peri__plan_input *inputs = &plan->inputs[step->first_input];
  for (uint32_t i = 0; i < step->node->input_count; i++) {
    bool none = step->part == PERI_STEP_PROCESS;
    sums[i] = (peri__signal){render->sums + (size_t)i * PERI_MAX_CHANNELS * N, true, 1, PERI_MAX_CHANNELS, false, none};
    if (!none) gather(render, plan, &inputs[i], &sums[i]);
  }
}

static void be_silent(const peri__node *node, peri__signal *outputs) {
  for (uint32_t o = 0; o < node->output_count; o++) outputs[o].channels = 1, outputs[o].silent = outputs[o].idle = true;
}

/* What has no inputs, or plays, is active while it is asked. */
static bool is_fed(const peri__node *node, const peri__signal *inputs) {
  bool fed = node->input_count == 0 || node->kind->info.scheduled;
  for (uint32_t i = 0; !fed && i < node->input_count; i++) fed = !inputs[i].idle;
  return fed;
}

/* "AudioNodes that are not actively processing output a single channel of silence": those whose inputs are all idle,
 * once nothing more comes out. */
static void note_idle(const peri__node *node, const peri__signal *inputs, peri__signal *output) {
  output->idle = output->silent && !is_fed(node, inputs);
  if (output->idle) output->channels = 1;
}

/* Of a number from 0 to PERI_QUANTUM. */
static double up_to_whole(double x) {
  double whole = (double)(int32_t)x;
  return whole < x ? whole + 1.0 : whole;
}

/* The frames of this quantum in which a scheduled node sounds: its first frame is the first one at or after its start.
 */
static void schedule(peri__render *render, peri__node *node, peri__process *process) {
  double frame = (double)render->frame, first = node->start - frame, last = node->stop - frame;
  process->begin = process->end = 0;
  process->fraction = 0.0;
  if (node->ended || first >= N) return;
  double begin = first > 0.0 ? up_to_whole(first) : 0.0, end = last < N ? up_to_whole(last) : N;
  if (end > begin) {
    process->begin = (uint32_t)begin;
    process->end = (uint32_t)end;
    process->fraction = first > -1.0 ? begin - first : 0.0;
  }
  if (last > N) return;
  node->ended = true;
  peri__handback_add(&render->retired, &node->retired.link);
}

static void note_sounding(peri__render *render, peri__node *node, const peri__process *process) {
  peri__tail tail = node->kind->tail ? node->kind->tail(node->state) : PERI_TAIL_OVER;
  bool sounding = tail != PERI_TAIL_OVER;
  for (uint32_t i = 0; i < node->input_count; i++) sounding |= !process->inputs[i].silent;
  for (uint32_t o = 0; !node->kind->tail && o < node->output_count; o++) sounding |= !process->outputs[o].silent;
  atomic_store_explicit(&node->sounding, sounding, memory_order_relaxed);
  render->now_tails += node->kind->tail ? tail == PERI_TAIL_HEARD : sounding;
}

/* `p` is the same for all steps of a quantum but for what is set here. */
static void run_step(peri__render *render, const peri__plan *plan, const peri__plan_step *step, peri__process *p) {
  peri__node *node = step->node;
  const peri__kind *kind = node->kind;
  peri__values values[PERI_MAX_PARAMS];
  peri__signal sums[PERI_MAX_INPUTS];
  p->state = node->state;
  p->part = node->part;
  p->input_count = node->input_count;
  p->output_count = node->output_count;
  p->inputs = sums;
  p->outputs = &plan->signals[step->first_output];
  p->params = values;
  p->in_cycle = step->part != PERI_STEP_WHOLE;
  p->interpretation = node->input_count ? plan->inputs[step->first_input].rule.interpretation : PERI_SPEAKERS;
  if (node->settled && !step->modulated)
    p->params = node->values;
  else if (step->part != PERI_STEP_ABSORB)
    gather_params(render, plan, step, values);
  gather_inputs(render, plan, step, sums);
  if (step->part == PERI_STEP_ABSORB) {
    kind->absorb(p);
    note_sounding(render, node, p);
    return;
  }
  if (kind->info.scheduled) schedule(render, node, p);
  if (step->muted || (kind->info.scheduled && p->begin == p->end)) {
    be_silent(node, p->outputs);
    if (step->muted) atomic_store_explicit(&node->sounding, false, memory_order_relaxed);
  } else {
    for (uint32_t o = 0; o < node->output_count; o++) p->outputs[o].finite = false;
    kind->process(p);
    if (kind->spent_part) peri__node_return_parts(render, node);
    for (uint32_t o = 0; o < node->output_count; o++) {
      check_finite(render, step, &p->outputs[o]);
      note_idle(node, sums, &p->outputs[o]);
    }
    if (kind->has_tail && step->part == PERI_STEP_WHOLE) note_sounding(render, node, p);
  }
  if (step->tap_count) feed_taps(render, plan, step);
}

static void run_plan(peri__render *render, const peri__plan *plan) {
  peri__process process = {.kernels = render->kernels,
                           .listener = plan->listener,
                           .sample_rate = render->sample_rate,
                           .frame = render->frame};
  for (uint32_t s = 0; s < plan->step_count; s++) {
    run_step(render, plan, &plan->steps[s], &process);
    if (render->profile) take_node_lap(render, plan->steps[s].node);
  }
}

/* ---- One quantum ------------------------------------------------------------------------------------------------ */

static void interleave(peri__render *render, const peri__signal *heard) {
  uint32_t channels = render->channels;
  if (heard->silent) {
    memset(render->out, 0, (size_t)N * channels * sizeof(float));
    return;
  }
  const float *samples = heard->samples;
  if (heard->channels != channels) { /* the destination's channelCount was set lower */
    float *mixed = render->wide_scratch;
    memset(mixed, 0, (size_t)N * channels * sizeof(float));
    peri__mix_channels(mixed, channels, samples, heard->channels, PERI_SPEAKERS);
    samples = mixed;
  }
  for (uint32_t c = 0; c < channels; c++)
    for (uint32_t i = 0; i < N; i++) render->out[i * channels + c] = samples[(size_t)c * N + i];
}

static void render_quantum(peri__render *render) {
  peri__render_apply(render);
  const peri__plan *plan = render->plan;
  peri__signal heard = {NULL, true, render->channels, render->channels, false, true};
  render->now_playing = render->now_scheduled = render->now_paused = render->now_tails = 0;
  render->profile = atomic_load_explicit(&render->profiling, memory_order_relaxed);
  if (render->profile) begin_laps(render);
  render_voices(render, &render->nowhere, NULL, PERI_SPEAKERS);
  if (render->profile) take_lap(render, &render->nowhere_cost, render->nowhere.count);
  if (plan) {
    run_plan(render, plan);
    heard = plan->signals[plan->destination];
  }
  interleave(render, &heard);
  render->frame += N;
  peri__handback_flush(&render->ended_sources);
  peri__handback_flush(&render->retired);
  peri__handback_flush(&render->commands.done);
  atomic_store_explicit(&render->playing, render->now_playing, memory_order_relaxed);
  atomic_store_explicit(&render->scheduled, render->now_scheduled, memory_order_relaxed);
  atomic_store_explicit(&render->paused, render->now_paused, memory_order_relaxed);
  atomic_store_explicit(&render->tails, render->now_tails, memory_order_relaxed);
  atomic_fetch_add_explicit(&render->quanta, 1, memory_order_relaxed);
  atomic_store_explicit(&render->published, render->frame, memory_order_release);
}

bool peri__render_frames(peri__render *render, float *out, uint32_t frames) {
  uint32_t channels = render->channels;
  if (atomic_exchange_explicit(&render->busy, true, memory_order_acquire)) {
    memset(out, 0, (size_t)frames * channels * sizeof(float));
    return false;
  }
  peri__role before = peri__role_enter(PERI_ROLE_AUDIO);
  uint64_t denormals = peri__denormals_flush(), began = peri__nanoseconds();
  for (uint32_t left = frames; left;) {
    if (!render->kept) {
      render_quantum(render);
      render->kept = N;
    }
    uint32_t count = left < render->kept ? left : render->kept;
    memcpy(out, render->out + (size_t)(N - render->kept) * channels, (size_t)count * channels * sizeof(float));
    out += (size_t)count * channels;
    render->kept -= count;
    left -= count;
  }
  double lasts = frames / render->sample_rate;
  if (frames) measure(&render->load, (double)(peri__nanoseconds() - began) * 1e-9 / lasts, lasts);
  peri__denormals_restore(denormals);
  peri__role_enter(before);
  atomic_store_explicit(&render->busy, false, memory_order_release);
  return true;
}
