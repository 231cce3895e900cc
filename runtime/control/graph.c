/* The graph on the control side: nodes, edges, channel rules. */
#include "control/control.h"

#define GENERATION_SPENT UINT32_MAX

/* ---- Parameters and inputs of a node ---------------------------------------------------------------------------- */

static void input_set_up(peri__input *input, uint32_t node, uint32_t place) {
  input->node = node;
  input->place = place;
  input->channels = 1;
}

static void params_set_up(peri__param *params, const peri__kind *kind) {
  for (uint32_t p = 0; p < kind->info.params; p++) {
    const peri_param_info *info = &kind->info.param[p];
    params[p].info = info;
    params[p].anchor = (peri__anchor){PERI_EVENT_SET, -1.0, (double)info->default_value, NULL, 0.0};
    params[p].value = params[p].set_value = info->default_value;
    params[p].audio_rate = params[p].set_audio_rate = info->audio_rate;
    atomic_store_explicit(&params[p].shown, info->default_value, memory_order_relaxed);
    input_set_up(&params[p].input, PERI_NONE, 0);
  }
}

static void params_clear(peri__param *params, const peri__kind *kind) {
  for (uint32_t p = 0; p < kind->info.params; p++) {
    peri__param_clear(&params[p]);
    peri__timeline_free(params[p].timeline);
  }
}

peri__param *peri__params_create(const peri__kind *kind) {
  peri__param *params = kind->info.params ? PERI_NEW_ARRAY(peri__param, kind->info.params) : NULL;
  if (params) params_set_up(params, kind);
  return params;
}

void peri__input_free(peri_engine *engine, peri__input *input) {
  peri__voice_list *list = input->list;
  if (!list) return;
  size_t bytes = sizeof *list + list->capacity * sizeof *list->voice;
  engine->list_bytes -= bytes;
  peri__release(list, bytes);
  input->list = NULL;
}

void peri__params_free(const peri__kind *kind, peri__param *params) {
  if (!params) return;
  params_clear(params, kind);
  peri__release(params, sizeof *params * kind->info.params);
}

/* ---- Nodes ------------------------------------------------------------------------------------------------------ */

peri_node peri__node_id(const peri_engine *engine, uint32_t index) {
  return (peri_node)engine->graph.nodes[index].generation << 32 | index;
}

static void render_node_free(peri_engine *engine, peri__node *node) {
  const peri__kind *kind = node->kind;
  for (uint32_t i = 0; node->inputs && i < node->input_count; i++) peri__input_free(engine, &node->inputs[i]);
  for (uint32_t p = 0; node->params && p < kind->info.params; p++) peri__input_free(engine, &node->params[p].input);
  bool is_own = (void *)node->params >= (void *)node && (char *)node->params < (char *)node + node->bytes;
  if (node->params && is_own) params_clear(node->params, kind);
  if (node->params && !is_own) peri__params_free(kind, node->params); /* of a source that is gone */
  peri__release(node->ranges, sizeof *node->ranges * kind->info.params);
  if (node->part) node->part->free(node->part);
  peri_buffer_release(node->buffer);
  if (node->state && kind->destroy) kind->destroy(node->state);
  peri__release(node, node->bytes);
}

static size_t take_bytes(size_t *bytes, size_t size) {
  size_t at = *bytes;
  *bytes = (at + size + PERI_CACHE_LINE - 1) & ~(size_t)(PERI_CACHE_LINE - 1);
  return at;
}

/* A node and what belongs to it, one block, since a quantum reads all of it; `params` are those it does not own. */
static peri__node *make_node(const peri__kind *kind, uint32_t input_count, peri__param *params) {
  /* The audio thread may have a source's parameters already, and those that fill their frames have nothing to keep. */
  bool keeps = !params && kind->first_if_steady;
  size_t bytes = 0, count = kind->info.params;
  take_bytes(&bytes, sizeof(peri__node));
  size_t inputs_at = take_bytes(&bytes, input_count * sizeof(peri__input));
  size_t values_at = take_bytes(&bytes, keeps ? count * sizeof(peri__values) : 0);
  size_t params_at = take_bytes(&bytes, params ? 0 : count * sizeof(peri__param));
  size_t state_at = take_bytes(&bytes, kind->state_bytes);
  char *block = peri__allocate(bytes, PERI_CACHE_LINE);
  if (!block) return NULL;
  peri__node *node = (peri__node *)(void *)block;
  *node = (peri__node){.kind = kind, .bytes = bytes, .input_count = input_count, .params = params};
  node->inputs = (peri__input *)(void *)(block + inputs_at);
  if (kind->state_bytes) node->state = block + state_at;
  if (params || !count) return node;
  node->params = (peri__param *)(void *)(block + params_at);
  params_set_up(node->params, kind);
  if (keeps) node->values = (peri__values *)(void *)(block + values_at);
  for (uint32_t p = 0; keeps && p < count; p++) node->params[p].input.settled = &node->settled;
  return node;
}

static bool set_ranges(peri__node *node, const peri__setup *setup) {
  const peri_node_info *info = &node->kind->info;
  if (!node->kind->ranges) return true;
  node->ranges = PERI_NEW_ARRAY(peri_param_info, info->params);
  if (!node->ranges) return false;
  memcpy(node->ranges, info->param, info->params * sizeof *info->param);
  node->kind->ranges(setup, node->ranges);
  for (uint32_t p = 0; p < info->params; p++) node->params[p].info = &node->ranges[p];
  return true;
}

static peri__setup setup_of(const peri_engine *engine, const peri_node_def *def) {
  return (peri__setup){.kind = peri__kind_of(def->kind), .def = def, .sample_rate = engine->sample_rate};
}

/* `params` stay the caller's on failure. */
static peri__node *render_node_create(peri_engine *engine, const peri_node_def *def, uint32_t index,
                                      peri__param *params) {
  const peri__setup setup = setup_of(engine, def);
  const peri__kind *kind = setup.kind;
  bool outputs_vary = kind->info.min_ports && kind->info.ports_are_outputs;
  bool inputs_vary = kind->info.min_ports && !kind->info.ports_are_outputs;
  peri__node *node = make_node(kind, inputs_vary ? def->ports : kind->info.inputs, params);
  if (!node) return NULL;
  node->output_count = outputs_vary ? def->ports : kind->info.outputs;
  node->retired.kind = PERI_RETIRED_NODE;
  node->start = node->stop = PERI_UNSCHEDULED;
  node->index = index;
  node->owner = def->owner;
  node->notify = def->notify;
  node->user = def->user;
  for (uint32_t o = 0; o < kind->info.options; o++) node->options[o] = kind->info.option[o].default_value;
  bool made = set_ranges(node, &setup);
  if (made && kind->create && !kind->create(node->state, &setup)) made = false;
  if (!made) {
    if (node->params == params) node->params = NULL;
    render_node_free(engine, node);
    return NULL;
  }
  for (uint32_t i = 0; i < node->input_count; i++) input_set_up(&node->inputs[i], index, i);
  for (uint32_t p = 0; p < kind->info.params; p++) {
    node->params[p].input.node = index;
    node->params[p].input.place = node->input_count + p;
  }
  return node;
}

uint32_t peri__graph_add(peri_engine *engine, const peri_node_def *def, peri__param *params) {
  peri__graph *graph = &engine->graph;
  uint32_t index = graph->free_node;
  if (index == PERI_NONE) {
    if (graph->node_count >= PERI_SOURCE_BIT) {
      peri__fail("too many nodes");
      return PERI_NONE;
    }
    peri__graph_node *nodes =
        peri__grow(graph->nodes, sizeof *nodes, graph->node_count, &graph->node_capacity, graph->node_count + 1);
    if (!nodes) return PERI_NONE;
    graph->nodes = nodes;
    index = (uint32_t)graph->node_count;
  }
  peri__node *render = render_node_create(engine, def, index, params);
  if (!render) return PERI_NONE;
  peri__graph_node *node = &graph->nodes[index];
  if (index == graph->node_count) {
    graph->node_count++;
    *node = (peri__graph_node){.generation = 1, .next_free = PERI_NONE};
  } else {
    graph->free_node = node->next_free;
  }
  uint32_t generation = node->generation;
  *node = (peri__graph_node){.render = render,
                             .generation = generation,
                             .next_free = PERI_NONE,
                             .kind = (uint8_t)def->kind,
                             .rule = render->kind->rule,
                             .first_out = PERI_NONE,
                             .last_out = PERI_NONE,
                             .first_in = PERI_NONE,
                             .last_in = PERI_NONE};
  if (render->kind->count_is_ports) node->rule.count = def->ports;
  render->generation = generation;
  graph->live++;
  graph->dirty = true;
  return index;
}

void peri__graph_free_node(peri_engine *engine, uint32_t index) {
  peri__graph *graph = &engine->graph;
  peri__graph_node *node = &graph->nodes[index];
  render_node_free(engine, node->render);
  node->render = NULL;
  if (node->generation == GENERATION_SPENT) return;
  node->generation++;
  node->next_free = graph->free_node;
  graph->free_node = index;
}

bool peri__graph_create(peri_engine *engine, uint32_t channels) {
  peri__graph *graph = &engine->graph;
  graph->free_node = graph->free_edge = engine->listener = PERI_NONE;
  input_set_up(&engine->render.nowhere, PERI_NONE, 0);
  engine->render.nowhere.channels = PERI_MAX_CHANNELS;
  peri_node_def def = peri_default_node_def(PERI_NODE_DESTINATION);
  engine->destination = peri__graph_add(engine, &def, NULL);
  if (engine->destination == PERI_NONE) return false;
  engine->destination_id = peri__node_id(engine, engine->destination);
  graph->nodes[engine->destination].held = true;
  graph->nodes[engine->destination].rule.count = channels;
  return true;
}

void peri__graph_destroy(peri_engine *engine) {
  peri__graph *graph = &engine->graph;
  for (size_t n = 0; n < graph->node_count; n++)
    if (graph->nodes[n].render) render_node_free(engine, graph->nodes[n].render);
  peri__release(graph->nodes, graph->node_capacity * sizeof *graph->nodes);
  peri__release(graph->edges, graph->edge_capacity * sizeof *graph->edges);
  peri__release(graph->moves, graph->move_capacity * sizeof *graph->moves);
  peri__release(graph->removed, graph->removed_capacity * sizeof *graph->removed);
  peri__release(graph->tails, graph->tail_capacity * sizeof *graph->tails);
  peri__release(graph->work, graph->work_capacity * sizeof *graph->work);
  peri__release(graph->spare, graph->spare_bytes);
}

peri__graph_node *peri__find_node(peri_engine *engine, peri_node id) {
  peri__graph_node *node = peri__peek_node(engine, id);
  if (node) return node;
  uint32_t index = (uint32_t)id, generation = (uint32_t)(id >> 32);
  if (id == 0)
    peri__fail("the node is null");
  else if (index >= engine->graph.node_count || generation == 0 || generation > engine->graph.nodes[index].generation)
    peri__fail("node %#llx is not of this engine", (unsigned long long)id);
  else
    peri__fail("node %#llx is gone: it was released", (unsigned long long)id);
  return NULL;
}

peri_node_def peri_default_node_def(peri_node_kind kind) {
  const peri__kind *what = peri__kind_of(kind);
  uint32_t ports = 6;
  if (what && what->info.min_ports) ports = what->info.ports_are_outputs ? what->info.outputs : what->info.inputs;
  return (peri_node_def){.size = sizeof(peri_node_def), .kind = kind, .ports = ports, .max_delay = 1.0};
}

static bool check_def(const peri_engine *engine, const peri_node_def *def) {
  if (!def || def->size != sizeof *def) return peri__fail("make a definition by peri_default_node_def");
  const peri__setup setup = setup_of(engine, def);
  const peri__kind *kind = setup.kind;
  if (!kind || def->kind == PERI_NODE_DESTINATION || def->kind == PERI_NODE_BUFFER_SOURCE ||
      def->kind == PERI_NODE_LISTENER)
    return peri__fail("a node of kind %d cannot be created here", (int)def->kind);
  uint32_t least = kind->info.min_ports;
  if (least && (def->ports < least || def->ports > PERI_MAX_INPUTS))
    return peri__fail("%s has %u to %d %s, got %u", kind->info.name, least, PERI_MAX_INPUTS,
                      kind->info.ports_are_outputs ? "outputs" : "inputs", def->ports);
  return !kind->check || kind->check(&setup);
}

peri_node peri_node_create(peri_engine *engine, peri_node_kind kind) {
  peri_node_def def = peri_default_node_def(kind);
  return peri_node_create_from(engine, &def);
}

peri_node peri_node_create_from(peri_engine *engine, const peri_node_def *def) {
  if (!check_def(engine, def)) return 0;
  peri__lock(engine);
  peri__reclaim_some(engine);
  bool hears = peri__kind_of(def->kind)->hears_listener;
  uint32_t index = hears && !peri__listener_need(engine) ? PERI_NONE : peri__graph_add(engine, def, NULL);
  peri_node id = 0;
  if (index != PERI_NONE) {
    engine->graph.nodes[index].held = true;
    if (hears) peri__listener_heard_by(engine, index);
    id = peri__node_id(engine, index);
  }
  peri__unlock(engine);
  return id;
}

void peri_node_release(peri_engine *engine, peri_node id) {
  peri__lock(engine);
  if ((uint32_t)id & PERI_SOURCE_BIT) {
    peri__source *source = peri__peek_source(engine, id);
    if (source) peri__source_release(engine, source);
  } else {
    peri__graph_node *node = peri__peek_node(engine, id);
    bool is_kept = (uint32_t)id == engine->destination || (uint32_t)id == engine->listener;
    if (node && !is_kept) node->held = false, engine->graph.dirty = true;
  }
  peri__unlock(engine);
}

bool peri_node_is_valid(peri_engine *engine, peri_node id) {
  peri__lock(engine);
  bool valid =
      (uint32_t)id & PERI_SOURCE_BIT ? peri__peek_source(engine, id) != NULL : peri__peek_node(engine, id) != NULL;
  peri__unlock(engine);
  return valid;
}

bool peri_node_get_kind(peri_engine *engine, peri_node id, peri_node_kind *kind) {
  peri__lock(engine);
  bool found;
  if ((uint32_t)id & PERI_SOURCE_BIT) {
    found = peri__find_source(engine, id) != NULL;
    if (found) *kind = PERI_NODE_BUFFER_SOURCE;
  } else {
    peri__graph_node *node = peri__find_node(engine, id);
    found = node != NULL;
    if (found) *kind = (peri_node_kind)node->kind;
  }
  peri__unlock(engine);
  return found;
}

bool peri_node_get_ports(peri_engine *engine, peri_node id, uint32_t *inputs, uint32_t *outputs) {
  peri__lock(engine);
  bool is_source = ((uint32_t)id & PERI_SOURCE_BIT) != 0;
  const peri__graph_node *node = is_source ? NULL : peri__find_node(engine, id);
  bool found = is_source ? peri__find_source(engine, id) != NULL : node != NULL;
  if (found) {
    *inputs = node ? node->render->input_count : 0;
    *outputs = node ? node->render->output_count : 1;
  }
  peri__unlock(engine);
  return found;
}

const peri_node_info *peri_node_kind_info(peri_node_kind kind) {
  if (kind == PERI_NODE_BUFFER_SOURCE) return &peri__buffer_source_info;
  const peri__kind *what = peri__kind_of(kind);
  if (!what) peri__fail("there is no node kind %d", (int)kind);
  return what ? &what->info : NULL;
}

/* ---- Channel rules ---------------------------------------------------------------------------------------------- */

static peri__graph_node *ruled_node(peri_engine *engine, peri_node id) {
  if (!((uint32_t)id & PERI_SOURCE_BIT)) return peri__find_node(engine, id);
  peri__source *source = peri__find_source(engine, id);
  if (source) peri__fail("a buffer source has no inputs: its channels are its buffer's");
  return NULL;
}

bool peri_node_get_channels(peri_engine *engine, peri_node id, peri_channel_rule *rule) {
  peri__lock(engine);
  bool is_source = ((uint32_t)id & PERI_SOURCE_BIT) != 0;
  peri__graph_node *node = is_source ? NULL : peri__find_node(engine, id);
  bool found = is_source ? peri__find_source(engine, id) != NULL : node != NULL;
  if (found) *rule = node ? node->rule : peri__kind_of(PERI_NODE_BUFFER_SOURCE)->rule;
  peri__unlock(engine);
  return found;
}

static bool check_rule(const peri_engine *engine, const peri__graph_node *node, const peri_channel_rule *rule) {
  const peri__kind *kind = node->render->kind;
  uint32_t most = node->kind == PERI_NODE_DESTINATION ? engine->render.channels : kind->max_count;
  if (rule->count < 1 || rule->count > most)
    return peri__fail("channelCount of %s must be 1 to %u, got %u", kind->info.name, most, rule->count);
  if ((unsigned)rule->mode > PERI_COUNT_EXPLICIT)
    return peri__fail("channelCountMode must be max, clamped-max or explicit");
  if ((unsigned)rule->interpretation > PERI_DISCRETE)
    return peri__fail("channelInterpretation must be speakers or discrete");
  if (rule->mode == PERI_COUNT_MAX && kind->no_max_mode)
    return peri__fail("channelCountMode of %s cannot be max", kind->info.name);
  if (rule->count != node->rule.count && kind->fixed_count)
    return peri__fail("channelCount of %s cannot be changed", kind->info.name);
  if (rule->mode != node->rule.mode && kind->fixed_mode)
    return peri__fail("channelCountMode of %s cannot be changed", kind->info.name);
  if (rule->interpretation != node->rule.interpretation && kind->fixed_interpretation)
    return peri__fail("channelInterpretation of %s cannot be changed", kind->info.name);
  return true;
}

bool peri_node_check_channels(peri_engine *engine, peri_node id, const peri_channel_rule *rule) {
  peri__lock(engine);
  const peri__graph_node *node = ruled_node(engine, id);
  bool well = node && check_rule(engine, node, rule);
  peri__unlock(engine);
  return well;
}

bool peri_node_set_channels(peri_engine *engine, peri_node id, const peri_channel_rule *rule) {
  peri__lock(engine);
  peri__graph_node *node = ruled_node(engine, id);
  bool set = node && check_rule(engine, node, rule);
  if (set) node->rule = *rule, engine->graph.dirty = true;
  peri__unlock(engine);
  return set;
}
