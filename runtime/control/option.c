/* Properties of nodes that are no parameters, and the larger parts that some work with. */
#include "control/control.h"

static const peri_option_info *find_option(const peri__graph_node *node, uint32_t option) {
  const peri_node_info *info = &node->render->kind->info;
  if (option < info->options) return &info->option[option];
  peri__fail("%s has no option %u", info->name, option);
  return NULL;
}

static bool check_value(const peri_node_info *node, const peri_option_info *info, double value) {
  bool whole = info->type != PERI_OPTION_NUMBER;
  double most = info->max_value;
  if (info->type == PERI_OPTION_BOOLEAN) most = 1.0;
  if (info->type == PERI_OPTION_WORD)
    for (most = -1.0; info->words[(int)most + 1];) most += 1.0;
  if (value >= info->min_value && value <= most && (!whole || value == (double)(int64_t)value)) return true;
  return peri__fail("%s of %s must be a %snumber from %g to %g, got %g", info->name, node->name, whole ? "whole " : "",
                    info->min_value, most, value);
}

/* `ahead` is what option_ahead made. */
static peri__setup setup_of(const peri_engine *engine, const peri__node *node, void **ahead) {
  const peri__graph *graph = &engine->graph;
  void *listener = engine->listener == PERI_NONE ? NULL : graph->nodes[engine->listener].render->state;
  return (peri__setup){.kind = node->kind, .sample_rate = engine->sample_rate, .listener = listener, .ahead = ahead};
}

static bool check_option(const peri_engine *engine, const peri__graph_node *node, uint32_t option, double value,
                         const double *options) {
  const peri__kind *kind = node->render->kind;
  const peri_option_info *info = find_option(node, option);
  const peri__setup setup = setup_of(engine, node->render, NULL);
  if (!info || !check_value(&kind->info, info, value)) return false;
  return !kind->check_option || kind->check_option(&setup, options, option, value);
}

static bool set_option(peri_engine *engine, peri__graph_node *node, uint32_t option, double value, void **ahead) {
  const peri__kind *kind = node->render->kind;
  const peri__setup setup = setup_of(engine, node->render, ahead);
  peri__part *part = NULL;
  if (!check_option(engine, node, option, value, node->render->options)) return false;
  if (node->kind == PERI_NODE_OSCILLATOR) return peri__oscillator_set_type(engine, node, (peri_oscillator_type)value);
  if (kind->set_option && !PERI_ROOM(engine, NODE_OPTION)) return false;
  bool changed = node->render->options[option] != value;
  if (kind->option_part && !kind->option_part(&setup, node->render->options, option, value, &part)) return false;
  if (part) {
    if (!peri__commands_reserve(&engine->render.commands,
                                PERI_COMMAND_BYTES(NODE_PART) + PERI_COMMAND_BYTES(NODE_OPTION))) {
      part->free(part);
      return false;
    }
    PERI_SEND(engine, NODE_PART, node->render, part);
  }
  node->render->options[option] = value;
  if (changed && kind->option_changed) kind->option_changed(node->render->state, option);
  if (kind->set_option) PERI_SEND(engine, NODE_OPTION, node->render, option, value);
  return peri__publish(engine);
}

/* With the lock held for a moment: the kind of a node that needs something ahead of the option, or NULL in *kind. */
static bool find_needy(peri_engine *engine, peri_node id, uint32_t option, double value, const peri__kind **kind) {
  peri__lock(engine);
  const peri__graph_node *node = peri__find_node(engine, id);
  bool fine = node && check_option(engine, node, option, value, node->render->options);
  bool needs = fine && node->render->kind->option_ahead;
  *kind = needs ? node->render->kind : NULL;
  peri__unlock(engine);
  return fine;
}

/* The node may be gone by the time that what it needs is made. */
bool peri_node_set_option(peri_engine *engine, peri_node id, uint32_t option, double value) {
  const peri__kind *needy;
  void *ahead = NULL;
  if (!find_needy(engine, id, option, value, &needy)) return false;
  if (needy && !needy->option_ahead(engine->sample_rate, option, value, &ahead)) return false;
  peri__lock(engine);
  peri__graph_node *node = peri__find_node(engine, id);
  bool done = node && set_option(engine, node, option, value, &ahead);
  peri__unlock(engine);
  if (ahead) needy->drop_ahead(ahead);
  return done;
}

bool peri_node_check_option(peri_engine *engine, peri_node id, uint32_t option, double value, const double *others) {
  peri__lock(engine);
  const peri__graph_node *node = peri__find_node(engine, id);
  bool well = node && check_option(engine, node, option, value, others ? others : node->render->options);
  peri__unlock(engine);
  return well;
}

bool peri_node_get_option(peri_engine *engine, peri_node id, uint32_t option, double *value) {
  peri__lock(engine);
  const peri__graph_node *node = peri__find_node(engine, id);
  bool done = node && find_option(node, option);
  if (done) *value = node->render->options[option];
  peri__unlock(engine);
  return done;
}

bool peri__node_send_part(peri_engine *engine, peri__graph_node *node, peri__part *part) {
  if (!PERI_ROOM(engine, NODE_PART)) {
    part->free(part);
    return false;
  }
  PERI_SEND(engine, NODE_PART, node->render, part);
  return true;
}
