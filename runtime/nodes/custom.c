/* Kinds of nodes that a host adds: what stands between its functions and the engine's own contract. */
#include "nodes/nodes.h"

#define LIMIT (PERI_NODE_KINDS_END - PERI_NODE_KINDS)

typedef struct custom {
  peri__kind kind;
  peri_node_kind_def def;
} custom;

/* Entries below the count are constant. */
static custom customs[LIMIT];
static atomic_uint custom_count;

uint32_t peri__custom_kinds(void) { return atomic_load_explicit(&custom_count, memory_order_acquire); }

const peri__kind *peri__custom_kind(peri_node_kind kind) {
  unsigned index = (unsigned)kind - PERI_NODE_KINDS;
  return index < peri__custom_kinds() ? &customs[index].kind : NULL;
}

/* Of a kind that is one of them. */
static const peri_node_kind_def *def_of(const peri__kind *kind) { return &((const custom *)(const void *)kind)->def; }

const peri_node_kind_def *peri__custom_def(const peri__kind *kind) {
  for (uint32_t k = 0; k < peri__custom_kinds(); k++)
    if (kind == &customs[k].kind) return &customs[k].def;
  return NULL;
}

/* What stands before the host's state, which begins at the next cache line. */
typedef struct head {
  const peri_node_kind_def *def;
  double options[PERI_MAX_KIND_OPTIONS]; /* control until the node is sent, then the audio thread */
} head;

#define HEAD_BYTES ((sizeof(head) + PERI_CACHE_LINE - 1) / PERI_CACHE_LINE * PERI_CACHE_LINE)

static const head *head_of(const void *state) { return state; }

static void *own_state(void *state) { return (char *)state + HEAD_BYTES; }

static const void *read_state(const void *state) { return (const char *)state + HEAD_BYTES; }

typedef struct custom_part {
  peri__part part;
  const peri_node_kind_def *def;
  void *own;
} custom_part;

/* ---- CONTROL ---------------------------------------------------------------------------------------------------- */

static bool create(void *state, const peri__setup *setup) {
  const peri_node_kind_def *def = def_of(setup->kind);
  if (def->create && !def->create(own_state(state), setup->sample_rate, def->user))
    return peri__fail("a %s could not be made: its kind has refused", def->name);
  head *before = state;
  before->def = def; /* not before it is made: else it is not to be destroyed */
  for (uint32_t o = 0; o < def->options; o++) before->options[o] = def->option[o].default_value;
  return true;
}

static void destroy(void *state) {
  const peri_node_kind_def *def = head_of(state)->def;
  if (def && def->destroy) def->destroy(own_state(state), def->user);
}

/* What the host makes of copies, whose names and defaults stay what they are. */
static void ranges(const peri__setup *setup, peri_param_info *params) {
  const peri_node_kind_def *def = def_of(setup->kind);
  peri_param_info own[PERI_MAX_KIND_PARAMS];
  memcpy(own, def->param, def->params * sizeof *own);
  def->ranges(setup->sample_rate, own, def->user);
  for (uint32_t p = 0; p < def->params; p++) {
    params[p].min_value = own[p].min_value;
    params[p].max_value = own[p].max_value;
  }
}

static bool is_finite(float x) { return x - x == 0.0f; }

static bool check(const peri__setup *setup) {
  const peri_node_kind_def *def = def_of(setup->kind);
  peri_param_info own[PERI_MAX_KIND_PARAMS];
  if (!def->ranges) return true;
  memcpy(own, def->param, def->params * sizeof *own);
  ranges(setup, own);
  for (uint32_t p = 0; p < def->params; p++) {
    bool good = is_finite(own[p].min_value) && is_finite(own[p].max_value) &&
                own[p].min_value <= own[p].default_value && own[p].default_value <= own[p].max_value;
    if (!good)
      return peri__fail("%s of %s: its range at %g Hz must be finite and have its default value in it", own[p].name,
                        def->name, setup->sample_rate);
  }
  return true;
}

/* Says why an option does not get a value, if there is a reason. */
static bool accept(const peri_node_kind_def *def, uint32_t option, const char *why) {
  return !why || peri__fail("%s of %s: %s", def->option[option].name, def->name, why);
}

static bool check_option(const peri__setup *setup, const double *options, uint32_t option, double value) {
  const peri_node_kind_def *def = def_of(setup->kind);
  return accept(def, option, def->check_option(options, option, value, def->user));
}

static void free_part(peri__part *part) {
  custom_part *own = (custom_part *)(void *)part;
  own->def->free_part(own->own, own->def->user);
  peri__release(own, sizeof *own);
}

peri__part *peri__custom_part(const peri_node_kind_def *def, void *own) {
  custom_part *part = PERI_NEW(custom_part);
  if (!part) return NULL;
  *part = (custom_part){.part = {{{NULL}, PERI_RETIRED_PART}, free_part}, .def = def, .own = own};
  return &part->part;
}

/* The same of one that nobody else has. */
static peri__part *take_over(const peri_node_kind_def *def, void *own) {
  peri__part *part = peri__custom_part(def, own);
  if (!part) def->free_part(own, def->user);
  return part;
}

static bool option_part(const peri__setup *setup, const double *options, uint32_t option, double value,
                        peri__part **part) {
  const peri_node_kind_def *def = def_of(setup->kind);
  void *own = NULL;
  if (!accept(def, option, def->option_part(setup->sample_rate, options, option, value, &own, def->user))) return false;
  if (own) *part = take_over(def, own);
  return !own || *part;
}

static peri__part *grow(void *state, uint32_t channels) {
  const peri_node_kind_def *def = head_of(state)->def;
  void *own = def->grow(own_state(state), channels, def->user);
  if (own) return take_over(def, own);
  peri__fail("no memory for %u channels of a %s", channels, def->name);
  return NULL;
}

/* ---- AUDIO THREAD ----------------------------------------------------------------------------------------------- */

static void set_option(void *state, uint32_t option, double value) { ((head *)state)->options[option] = value; }

static void reset(void *state) {
  const peri_node_kind_def *def = head_of(state)->def;
  if (def->reset) def->reset(own_state(state), def->user);
}

static peri__tail tail(const void *state) {
  const peri_node_kind_def *def = head_of(state)->def;
  if (!def->sounds(read_state(state), def->user)) return PERI_TAIL_OVER;
  return def->is_faint && def->is_faint(read_state(state), def->user) ? PERI_TAIL_FAINT : PERI_TAIL_HEARD;
}

/* The inputs as the host sees them; the most channels that one has. */
static uint32_t show_inputs(const peri__process *p, peri_signal inputs[PERI_MAX_INPUTS]) {
  uint32_t widest = 1;
  for (uint32_t i = 0; i < p->input_count; i++) {
    const peri__signal *in = &p->inputs[i];
    inputs[i] = (peri_signal){in->samples, in->channels, in->silent, in->channels};
    if (in->channels > widest) widest = in->channels;
  }
  return widest;
}

/* What is in common of both steps. */
static peri_process show(const peri__process *p, const peri_signal *inputs) {
  const head *before = head_of(p->state);
  const custom_part *part = (const custom_part *)(const void *)p->part;
  return (peri_process){.state = own_state(p->state),
                        .user = before->def->user,
                        .part = part ? part->own : NULL,
                        .input_count = p->input_count,
                        .inputs = inputs,
                        .options = before->options,
                        .sample_rate = p->sample_rate,
                        .frame = p->frame,
                        .end = PERI_QUANTUM,
                        .in_cycle = p->in_cycle};
}

/* Of what the host was shown it may have changed all; it cannot widen an output above its room. */
static void take_output(const peri_process *shown, const peri_signal *from, peri__signal *to) {
  uint32_t channels = from->channels;
  to->channels = channels < 1 ? 1 : channels > to->capacity ? to->capacity : channels;
  to->silent = from->silent;
  for (uint32_t c = 0; c < to->channels && !to->silent; c++) {
    float *samples = to->samples + (size_t)c * PERI_QUANTUM;
    memset(samples, 0, shown->begin * sizeof *samples);
    memset(samples + shown->end, 0, (PERI_QUANTUM - shown->end) * sizeof *samples);
  }
}

static void process(const peri__process *p) {
  const peri_node_kind_def *def = head_of(p->state)->def;
  peri_signal inputs[PERI_MAX_INPUTS], outputs[PERI_MAX_INPUTS];
  peri_values values[PERI_MAX_KIND_PARAMS];
  uint32_t channels = show_inputs(p, inputs);
  if (def->channels_are_ports && !def->ports_are_outputs) channels = p->input_count;
  if (def->output_channels) channels = def->output_channels;
  for (uint32_t o = 0; o < p->output_count; o++)
    outputs[o] = (peri_signal){p->outputs[o].samples, channels, true, p->outputs[o].capacity};
  for (uint32_t v = 0; v < def->params; v++)
    values[v] = (peri_values){p->params[v].frames, p->params[v].first, p->params[v].steady};
  peri_process shown = show(p, inputs);
  shown.output_count = p->output_count;
  shown.outputs = outputs;
  shown.params = values;
  if (def->scheduled) {
    shown.begin = p->begin;
    shown.end = p->end;
    shown.fraction = p->fraction;
  }
  def->process(&shown);
  /* cppcheck-suppress uninitvar ; each output was set above */
  for (uint32_t o = 0; o < p->output_count; o++) take_output(&shown, &outputs[o], &p->outputs[o]);
}

static void absorb(const peri__process *p) {
  peri_signal inputs[PERI_MAX_INPUTS];
  show_inputs(p, inputs);
  peri_process shown = show(p, inputs);
  head_of(p->state)->def->absorb(&shown);
}

/* ---- Adding one ------------------------------------------------------------------------------------------------- */

peri_node_kind peri__custom_add(const peri_node_kind_def *def) {
  uint32_t index = peri__custom_kinds();
  custom *added = &customs[index];
  added->def = *def;
  added->kind = (peri__kind){.info = {.name = def->name,
                                      .inputs = def->inputs,
                                      .outputs = def->outputs,
                                      .params = def->params,
                                      .param = def->param,
                                      .options = def->options,
                                      .option = def->option,
                                      .scheduled = def->scheduled,
                                      .min_ports = def->min_ports,
                                      .ports_are_outputs = def->ports_are_outputs},
                             .state_bytes = HEAD_BYTES + def->state_bytes,
                             .has_tail = def->has_tail,
                             .breaks_cycles = def->absorb != NULL,
                             .check = check,
                             .create = create,
                             .destroy = destroy,
                             .grow = def->grow ? grow : NULL,
                             .ranges = def->ranges ? ranges : NULL,
                             .check_option = def->check_option ? check_option : NULL,
                             .option_part = def->option_part ? option_part : NULL,
                             .set_option = set_option,
                             .absorb = absorb,
                             .tail = def->has_tail && def->sounds ? tail : NULL,
                             .rule = def->rule,
                             .max_count = def->max_count ? def->max_count : PERI_MAX_CHANNELS,
                             .no_max_mode = def->no_max_mode,
                             .fixed_mode = def->fixed_mode,
                             .fixed_count = def->fixed_count,
                             .fixed_interpretation = def->fixed_interpretation,
                             .count_is_ports = def->channels_are_ports && def->ports_are_outputs,
                             .output_is_ports = def->channels_are_ports && !def->ports_are_outputs,
                             .output_channels = def->output_channels,
                             .process = process,
                             .reset = reset};
  atomic_store_explicit(&custom_count, index + 1, memory_order_release);
  return (peri_node_kind)(PERI_NODE_KINDS + index);
}
