/* Kinds of nodes that a host adds: their definitions are checked here, so that the audio thread need not. */
#include "base/thread.h"
#include "control/control.h"

#include <math.h>

_Static_assert(PERI_MAX_KIND_PARAMS <= PERI_MAX_PARAMS && PERI_MAX_KIND_OPTIONS <= PERI_MAX_OPTIONS,
               "the engine has room for what a definition may have");

static peri__mutex registering = PTHREAD_MUTEX_INITIALIZER;

peri_node_kind_def peri_default_node_kind_def(void) {
  return (peri_node_kind_def){
      .size = sizeof(peri_node_kind_def), .inputs = 1, .outputs = 1, .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS}};
}

peri_node_kind peri_find_node_kind(const char *name) {
  for (uint32_t k = 0; name && k < peri__custom_kinds(); k++) {
    peri_node_kind kind = (peri_node_kind)(PERI_NODE_KINDS + k);
    if (strcmp(peri__custom_kind(kind)->info.name, name) == 0) return kind;
  }
  peri__fail("no node kind '%s' was registered", name ? name : "");
  return (peri_node_kind)0;
}

static bool is_taken(const char *name) {
  uint32_t count = PERI_NODE_KINDS + peri__custom_kinds();
  for (uint32_t k = 0; k < count; k++) {
    const peri_node_info *info = peri_node_kind_info((peri_node_kind)k);
    if (info && strcmp(info->name, name) == 0) return true;
  }
  return false;
}

static bool check_param(const char *kind, const peri_param_info *p, uint32_t place) {
  if (!p->name || !p->name[0]) return peri__fail("parameter %u of %s has no name", place, kind);
  bool finite = isfinite(p->min_value) && isfinite(p->max_value);
  if (finite && p->default_value >= p->min_value && p->default_value <= p->max_value) return true;
  return peri__fail("%s of %s: its range must be finite and have its default value in it", p->name, kind);
}

static bool check_option(const char *kind, const peri_option_info *o, uint32_t place) {
  if (!o->name || !o->name[0]) return peri__fail("option %u of %s has no name", place, kind);
  if ((unsigned)o->type > PERI_OPTION_WORD) return peri__fail("%s of %s has no type that there is", o->name, kind);
  double least = o->min_value, most = o->max_value;
  if (o->type == PERI_OPTION_BOOLEAN) most = 1.0;
  if (o->type == PERI_OPTION_WORD) {
    if (!o->words || !o->words[0]) return peri__fail("%s of %s has no words", o->name, kind);
    for (most = -1.0; o->words[(size_t)(most + 1.0)];) most += 1.0;
  }
  if ((o->type == PERI_OPTION_BOOLEAN || o->type == PERI_OPTION_WORD) && least != 0.0)
    return peri__fail("%s of %s: a boolean or word has a min_value of 0", o->name, kind);
  bool good = isfinite(least) && isfinite(most) && o->default_value >= least && o->default_value <= most;
  if (good && (o->type == PERI_OPTION_NUMBER || o->default_value == floor(o->default_value))) return true;
  return peri__fail("%s of %s: its range must be finite and have its default value in it", o->name, kind);
}

static const char *member(const peri_node_kind_def *def, uint32_t m) {
  return m < def->params ? def->param[m].name : def->option[m - def->params].name;
}

static bool check_members(const peri_node_kind_def *def) {
  if (def->params > PERI_MAX_KIND_PARAMS || (def->params && !def->param))
    return peri__fail("%s: 0 to %d parameters, and their array", def->name, PERI_MAX_KIND_PARAMS);
  if (def->options > PERI_MAX_KIND_OPTIONS || (def->options && !def->option))
    return peri__fail("%s: 0 to %d options, and their array", def->name, PERI_MAX_KIND_OPTIONS);
  for (uint32_t p = 0; p < def->params; p++)
    if (!check_param(def->name, &def->param[p], p)) return false;
  for (uint32_t o = 0; o < def->options; o++)
    if (!check_option(def->name, &def->option[o], o)) return false;
  for (uint32_t a = 1; a < def->params + def->options; a++)
    for (uint32_t b = 0; b < a; b++)
      if (strcmp(member(def, a), member(def, b)) == 0)
        return peri__fail("%s has two members of the name '%s'", def->name, member(def, a));
  return true;
}

static bool check_kind(const peri_node_kind_def *def) {
  if (!def || def->size != sizeof *def) return peri__fail("make a definition by peri_default_node_kind_def");
  size_t length = def->name ? strlen(def->name) : 0;
  if (length < 1 || length > 63) return peri__fail("the name of a node kind has 1 to 63 characters");
  if (!def->process) return peri__fail("%s needs a process function", def->name);
  if (def->inputs > PERI_MAX_INPUTS) return peri__fail("%s: 0 to %d inputs", def->name, PERI_MAX_INPUTS);
  if (def->outputs < 1 || def->outputs > PERI_MAX_INPUTS)
    return peri__fail("%s: 1 to %d outputs", def->name, PERI_MAX_INPUTS);
  if (def->output_channels > PERI_MAX_CHANNELS)
    return peri__fail("%s: an output has 1 to %d channels, or 0 for those of its inputs", def->name, PERI_MAX_CHANNELS);
  const peri_channel_rule *rule = &def->rule;
  if (rule->count < 1 || rule->count > PERI_MAX_CHANNELS || (unsigned)rule->mode > PERI_COUNT_EXPLICIT ||
      (unsigned)rule->interpretation > PERI_DISCRETE)
    return peri__fail("%s: its channel rule is none, see peri_channel_rule", def->name);
  if (def->state_bytes > (size_t)1 << 30) return peri__fail("%s: a state has at most 2^30 bytes", def->name);
  if (def->has_tail && !def->inputs) return peri__fail("%s: without inputs there is no tail", def->name);
  return check_members(def);
}

peri_node_kind peri_register_node_kind(const peri_node_kind_def *def) {
  peri_node_kind kind = (peri_node_kind)0;
  if (!check_kind(def)) return kind;
  peri__mutex_lock(&registering);
  if (is_taken(def->name))
    peri__fail("there is a node kind '%s' already", def->name);
  else if (peri__custom_kinds() == PERI_NODE_KINDS_END - PERI_NODE_KINDS)
    peri__fail("no more than %d node kinds can be registered", PERI_NODE_KINDS_END - PERI_NODE_KINDS);
  else
    kind = peri__custom_add(def);
  peri__mutex_unlock(&registering);
  return kind;
}
