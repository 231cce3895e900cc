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

static const custom *find(peri_node_kind kind) {
  unsigned index = (unsigned)kind - PERI_NODE_KINDS;
  return index < peri__custom_kinds() ? &customs[index] : NULL;
}

const peri__kind *peri__custom_kind(peri_node_kind kind) {
  const custom *found = find(kind);
  return found ? &found->kind : NULL;
}

/* What stands before the host's state, which begins at the next cache line. */
typedef struct head {
  const peri_node_kind_def *def;
  double options[PERI_MAX_KIND_OPTIONS]; /* control until the node is sent, then the audio thread */
} head;

#define HEAD_BYTES ((sizeof(head) + PERI_CACHE_LINE - 1) / PERI_CACHE_LINE * PERI_CACHE_LINE)

static const head *head_of(const void *state) { return state; }

static void *own_state(void *state) { return (char *)state + HEAD_BYTES; }

/* ---- CONTROL ---------------------------------------------------------------------------------------------------- */

static bool create(void *state, const peri__setup *setup) {
  const peri_node_kind_def *def = &find(setup->def->kind)->def;
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

/* ---- AUDIO THREAD ----------------------------------------------------------------------------------------------- */

static void set_option(void *state, uint32_t option, double value) { ((head *)state)->options[option] = value; }

static void reset(void *state) {
  const peri_node_kind_def *def = head_of(state)->def;
  if (def->reset) def->reset(own_state(state), def->user);
}

static peri__tail tail(const void *state) {
  const peri_node_kind_def *def = head_of(state)->def;
  return def->sounds((const char *)state + HEAD_BYTES, def->user) ? PERI_TAIL_HEARD : PERI_TAIL_OVER;
}

/* Only `silent` is taken back from what the host was shown: it cannot widen an output. */
static void process(const peri__process *p) {
  const head *before = head_of(p->state);
  const peri_node_kind_def *def = before->def;
  peri_signal inputs[PERI_MAX_INPUTS], outputs[PERI_MAX_INPUTS];
  peri_values values[PERI_MAX_KIND_PARAMS];
  uint32_t widest = 1;
  for (uint32_t i = 0; i < def->inputs; i++) {
    const peri__signal *in = &p->inputs[i];
    inputs[i] = (peri_signal){in->samples, in->channels, in->silent};
    if (in->channels > widest) widest = in->channels;
  }
  for (uint32_t o = 0; o < def->outputs; o++) {
    peri__signal *out = &p->outputs[o];
    out->channels = def->output_channels ? def->output_channels : widest;
    outputs[o] = (peri_signal){out->samples, out->channels, true};
  }
  for (uint32_t v = 0; v < def->params; v++)
    values[v] = (peri_values){p->params[v].frames, p->params[v].first, p->params[v].steady};
  def->process(&(peri_process){.state = own_state(p->state),
                               .user = def->user,
                               .input_count = def->inputs,
                               .output_count = def->outputs,
                               .inputs = inputs,
                               .outputs = outputs,
                               .params = values,
                               .options = before->options,
                               .sample_rate = p->sample_rate,
                               .frame = p->frame});
  /* cppcheck-suppress uninitvar ; each output was set above */
  for (uint32_t o = 0; o < def->outputs; o++) p->outputs[o].silent = outputs[o].silent;
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
                                      .option = def->option},
                             .state_bytes = HEAD_BYTES + def->state_bytes,
                             .has_tail = def->has_tail,
                             .create = create,
                             .destroy = destroy,
                             .set_option = set_option,
                             .tail = def->has_tail && def->sounds ? tail : NULL,
                             .rule = def->rule,
                             .max_count = PERI_MAX_CHANNELS,
                             .output_channels = def->output_channels,
                             .process = process,
                             .reset = reset};
  atomic_store_explicit(&custom_count, index + 1, memory_order_release);
  return (peri_node_kind)(PERI_NODE_KINDS + index);
}
