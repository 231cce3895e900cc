/* Kinds of nodes that a host adds: their definitions are checked here, so that the audio thread need not; and the parts
 * that a host gives to their nodes. */
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

/* ---- Names ------------------------------------------------------------------------------------------------------ */

#define LONGEST_NAME 63

static bool is_one_of(const char *name, const char *const *words) {
  for (; *words; words++)
    if (strcmp(*words, name) == 0) return true;
  return false;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static bool is_identifier(const char *name) {
  size_t length = 0;
  for (; name[length]; length++)
    if (!is_letter(name[length]) && (length == 0 || name[length] < '0' || name[length] > '9')) return false;
  return length >= 1 && length <= LONGEST_NAME;
}

/* A parameter's or an option's. Scripts reach it as node.name, unless Lua or all nodes have something else of that
 * name: the bindings' tables are compared with these by a test. */
static bool check_name(const char *kind, const char *what, uint32_t place, const char *name) {
  static const char *const of_lua[] = {"and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
                                       "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
                                       "repeat",   "return", "then", "true", "until",  "while", NULL};
  static const char *const of_nodes[] = {"connect",
                                         "disconnect",
                                         "start",
                                         "stop",
                                         "onended",
                                         "context",
                                         "numberOfInputs",
                                         "numberOfOutputs",
                                         "channelCount",
                                         "channelCountMode",
                                         "channelInterpretation",
                                         NULL};
  if (!name || !name[0]) return peri__fail("%s %u of %s has no name", what, place, kind);
  if (!is_identifier(name))
    return peri__fail("%s %u of %s: '%.80s' is no name: 1 to %d letters, digits and _, the first no digit", what, place,
                      kind, name, LONGEST_NAME);
  if (is_one_of(name, of_lua))
    return peri__fail("%s %u of %s cannot be named '%s': that is a word of Lua's", what, place, kind, name);
  if (is_one_of(name, of_nodes))
    return peri__fail("%s %u of %s cannot be named '%s': all nodes have that in Lua, where it could not be reached",
                      what, place, kind, name);
  return true;
}

static bool check_kind_name(const char *name) {
  size_t length = name ? strlen(name) : 0;
  if (length < 1 || length > LONGEST_NAME)
    return peri__fail("the name of a node kind has 1 to %d characters", LONGEST_NAME);
  for (const char *c = name; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 127)
      return peri__fail("the name of a node kind has no control characters, character %d is one", (int)(c - name) + 1);
  if (name[0] == ' ' || name[length - 1] == ' ')
    return peri__fail("the name of a node kind does not begin or end with a space");
  return true;
}

/* ---- Parameters and options ------------------------------------------------------------------------------------- */

static bool check_param(const char *kind, const peri_param_info *p, uint32_t place) {
  if (!check_name(kind, "parameter", place, p->name)) return false;
  bool finite = isfinite(p->min_value) && isfinite(p->max_value);
  if (finite && p->default_value >= p->min_value && p->default_value <= p->max_value) return true;
  return peri__fail("%s of %s: its range must be finite and have its default value in it", p->name, kind);
}

static bool check_words(const char *kind, const peri_option_info *o) {
  if (!o->words || !o->words[0]) return peri__fail("%s of %s has no words", o->name, kind);
  for (uint32_t a = 0; o->words[a]; a++) {
    if (!o->words[a][0]) return peri__fail("%s of %s: word %u is empty", o->name, kind, a);
    for (uint32_t b = 0; b < a; b++)
      if (strcmp(o->words[a], o->words[b]) == 0)
        return peri__fail("%s of %s has the word '%s' twice", o->name, kind, o->words[a]);
  }
  return true;
}

static bool check_option(const char *kind, const peri_option_info *o, uint32_t place) {
  if (!check_name(kind, "option", place, o->name)) return false;
  if ((unsigned)o->type > PERI_OPTION_WORD) return peri__fail("%s of %s has no type that there is", o->name, kind);
  double least = o->min_value, most = o->max_value;
  if (o->type == PERI_OPTION_BOOLEAN) most = 1.0;
  if (o->type == PERI_OPTION_WORD) {
    if (!check_words(kind, o)) return false;
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
  if (def->ranges && !def->params) return peri__fail("%s: without parameters there are no ranges", def->name);
  if ((def->check_option || def->option_part) && !def->options)
    return peri__fail("%s: without options there is none to check or to make a part for", def->name);
  return true;
}

/* ---- All of a definition ---------------------------------------------------------------------------------------- */

static bool check_ports(const peri_node_kind_def *def) {
  uint32_t count = def->ports_are_outputs ? def->outputs : def->inputs;
  if (def->inputs > PERI_MAX_INPUTS) return peri__fail("%s: 0 to %d inputs", def->name, PERI_MAX_INPUTS);
  if (def->outputs < 1 || def->outputs > PERI_MAX_INPUTS)
    return peri__fail("%s: 1 to %d outputs", def->name, PERI_MAX_INPUTS);
  if (!def->min_ports && (def->ports_are_outputs || def->channels_are_ports))
    return peri__fail("%s: ports_are_outputs and channels_are_ports need min_ports", def->name);
  if (def->min_ports > PERI_MAX_INPUTS) return peri__fail("%s: min_ports is 1 to %d", def->name, PERI_MAX_INPUTS);
  if (count < def->min_ports)
    return peri__fail("%s has %u %s and min_ports %u: the number by default must be one that can be chosen", def->name,
                      count, def->ports_are_outputs ? "outputs" : "inputs", def->min_ports);
  if (def->output_channels > PERI_MAX_CHANNELS)
    return peri__fail("%s: an output has 1 to %d channels, or 0 for those of its inputs", def->name, PERI_MAX_CHANNELS);
  if (def->output_channels && def->channels_are_ports && !def->ports_are_outputs)
    return peri__fail("%s: output_channels and channels_are_ports say different things of an output", def->name);
  return true;
}

static bool check_rule(const peri_node_kind_def *def) {
  const peri_channel_rule *rule = &def->rule;
  uint32_t most = def->max_count ? def->max_count : PERI_MAX_CHANNELS;
  if (most > PERI_MAX_CHANNELS) return peri__fail("%s: max_count is 1 to %d, or 0", def->name, PERI_MAX_CHANNELS);
  if (rule->count < 1 || rule->count > PERI_MAX_CHANNELS || (unsigned)rule->mode > PERI_COUNT_EXPLICIT ||
      (unsigned)rule->interpretation > PERI_DISCRETE)
    return peri__fail("%s: its channel rule is none, see peri_channel_rule", def->name);
  if (rule->count > most)
    return peri__fail("%s: its channel count %u is above max_count %u", def->name, rule->count, most);
  if (def->channels_are_ports && def->ports_are_outputs && most < PERI_MAX_CHANNELS)
    return peri__fail("%s: its channel count is the number of its outputs, which max_count %u does not allow",
                      def->name, most);
  if (def->no_max_mode && rule->mode == PERI_COUNT_MAX)
    return peri__fail("%s: with no_max_mode its rule has another mode than PERI_COUNT_MAX", def->name);
  return true;
}

static bool check_functions(const peri_node_kind_def *def) {
  if (!def->process) return peri__fail("%s needs a process function", def->name);
  if (def->has_tail && !def->inputs) return peri__fail("%s: without inputs there is no tail", def->name);
  if (def->scheduled && def->inputs) return peri__fail("%s: what starts and stops has no inputs", def->name);
  if (def->scheduled && def->min_ports && !def->ports_are_outputs)
    return peri__fail("%s: what starts and stops has no inputs", def->name);
  if (def->absorb && !(def->inputs && def->has_tail))
    return peri__fail("%s: what breaks cycles has inputs and a tail, since what came in is heard later", def->name);
  if ((def->option_part || def->grow) && !def->free_part)
    return peri__fail("%s: its parts need a function that frees them, free_part", def->name);
  if (def->option_part && def->grow)
    return peri__fail("%s: its parts come from option_part or from grow, not from both", def->name);
  return true;
}

static bool check_kind(const peri_node_kind_def *def) {
  if (!def || def->size != sizeof *def) return peri__fail("make a definition by peri_default_node_kind_def");
  if (!check_kind_name(def->name) || !check_functions(def) || !check_ports(def) || !check_rule(def)) return false;
  if (def->state_bytes > (size_t)1 << 30) return peri__fail("%s: a state has at most 2^30 bytes", def->name);
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

/* ---- Parts ------------------------------------------------------------------------------------------------------ */

static bool set_part(peri_engine *engine, peri__node *node, void *own) {
  const peri_node_kind_def *def = peri__custom_def(node->kind);
  if (!def || !def->free_part) return peri__fail("%s has no parts to be given", node->kind->info.name);
  if (def->grow) return peri__fail("%s makes its parts itself", node->kind->info.name);
  peri__part *part = NULL;
  if (!PERI_ROOM(engine, NODE_PART) || (own && !(part = peri__custom_part(def, own)))) return false;
  PERI_SEND(engine, NODE_PART, node, part);
  return peri__publish(engine);
}

bool peri_node_set_part(peri_engine *engine, peri_node id, void *part) {
  peri__lock(engine);
  peri__graph_node *node = peri__find_node(engine, id);
  bool done = node && set_part(engine, node->render, part);
  peri__unlock(engine);
  return done;
}
