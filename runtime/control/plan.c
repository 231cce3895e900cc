/* The render plan: compiled from the graph when something was edited and something depends on it. */
#include "control/control.h"

#include "base/blocks.h"

/* Everything a plan needs, counted before its memory is taken. */
typedef struct plan_size {
  uint32_t steps, inputs, edges, signals, taps;
  size_t floats;
} plan_size;

/* Sample memory of signals is shared: a signal's place is free again when its last reader has run. */
#define SIZE_CLASSES 6 /* 1, 2, 4, 8, 16, 32 channels */

typedef struct compile {
  peri_engine *engine;
  peri__graph *graph;
  uint32_t *order, *stack; /* of nodes; `count` are in order */
  uint32_t count;
  uint32_t number; /* of the search for cycles */
  plan_size size;
} compile;

/* ---- What is alive ---------------------------------------------------------------------------------------------- */

/* What `top` nodes on the stack lead to is reached. Nobody lives by hearing the listener. */
static void spread(compile *c, uint32_t top) {
  peri__graph *graph = c->graph;
  while (top) {
    uint32_t n = c->stack[--top];
    if (n == c->engine->listener) continue;
    for (uint32_t e = graph->nodes[n].first_out; e != PERI_NONE; e = graph->edges[e].next_out) {
      uint32_t to = graph->edges[e].to;
      if (graph->nodes[to].reached) continue;
      graph->nodes[to].reached = true;
      c->stack[top++] = to;
    }
  }
}

/* A node lives while it is held, tapped, started or fed by a source, or something that lives leads to it. */
static void reach(compile *c) {
  peri__graph *graph = c->graph;
  uint32_t top = 0;
  for (uint32_t n = 0; n < graph->node_count; n++) {
    peri__graph_node *node = &graph->nodes[n];
    node->reached = node->render && !node->removed &&
                    (node->held || node->taps || node->sources || node->source || peri__node_plays(node->render));
    if (node->reached) c->stack[top++] = n;
  }
  spread(c, top);
}

/* Nodes that nobody holds and nothing leads to any more stay until their tail is over. What they lead to stays with
 * them. */
static void keep_tails(compile *c) {
  peri__graph *graph = c->graph;
  uint32_t top = 0;
  graph->tail_count = 0;
  for (uint32_t n = 0; n < graph->node_count; n++) {
    peri__graph_node *node = &graph->nodes[n];
    if (!node->render || node->removed || node->reached || !node->render->kind->has_tail) continue;
    if (!atomic_load_explicit(&node->render->sounding, memory_order_relaxed)) continue;
    graph->tails[graph->tail_count++] = n;
    node->reached = true;
    c->stack[top++] = n;
  }
  spread(c, top);
}

void peri__tails_check(peri_engine *engine) {
  peri__graph *graph = &engine->graph;
  for (size_t t = 0; t < graph->tail_count; t++) {
    const peri__node *node = graph->nodes[graph->tails[t]].render;
    if (!node || !atomic_load_explicit(&node->sounding, memory_order_relaxed)) graph->dirty = true;
  }
}

static void remove_unreached(compile *c) {
  peri__graph *graph = c->graph;
  for (uint32_t n = 0; n < graph->node_count; n++) {
    peri__graph_node *node = &graph->nodes[n];
    if (!node->render || node->removed || node->reached) continue;
    peri__unlink_out(c->engine, n);
    peri__unlink_in(c->engine, n);
    node->removed = true;
    node->removed_in = graph->sequence + 1;
    node->removed_as = c->engine->pushed;
    graph->removed[graph->removed_count++] = n;
    graph->live--;
  }
}

/* ---- The order of steps ----------------------------------------------------------------------------------------- */

/* A node that breaks a cycle has a second step, behind all others: it takes in what has been computed. */
#define ABSORBS 0x80000000u

static uint32_t node_at(const compile *c, uint32_t k) { return c->order[k] & ~ABSORBS; }

/* Whether a node's first step waits for an edge. */
static bool is_waited_for(const peri__graph *graph, const peri__edge *edge) {
  const peri__graph_node *to = &graph->nodes[edge->to];
  return !to->split || edge->place >= to->render->input_count;
}

/* Puts `top` nodes on the stack in order, and right behind each what waited for it alone: so signals are read while
 * they are in the cache, and their places are soon free again. */
static void put_in_order(compile *c, uint32_t top) {
  peri__graph *graph = c->graph;
  while (top) {
    uint32_t n = c->stack[--top];
    c->order[c->count++] = n;
    for (uint32_t e = graph->nodes[n].first_out; e != PERI_NONE; e = graph->edges[e].next_out) {
      peri__graph_node *to = &graph->nodes[graph->edges[e].to];
      if (!is_waited_for(graph, &graph->edges[e])) continue;
      if (!to->muted && --to->waiting == 0) c->stack[top++] = graph->edges[e].to;
    }
  }
}

/* A component, at its end the last `size` of `members`: what breaks cycles is split, or else all of it muted. */
static bool settle_cycle(peri__graph *graph, const uint32_t *members, uint32_t size, bool mute) {
  bool split = false;
  for (uint32_t m = 0; m < size; m++) {
    peri__graph_node *node = &graph->nodes[members[m]];
    if (mute) node->muted = true;
    if (mute || !node->render->kind->breaks_cycles) continue;
    split = node->split = true;
  }
  return split;
}

/* Tarjan's strongly connected components among the nodes that still wait, without recursion: a frame of the stack is a
 * node and the edge to look at next. Web Audio 1.1, rendering loop, step 4.2: delays in a cycle are split; nodes of a
 * cycle without one are muted, which is what is left when they are. Returns whether any was split. */
static bool settle_cycles(compile *c, bool mute) {
  bool split = false;
  peri__graph *graph = c->graph;
  uint32_t *nodes = c->stack, *edges = nodes + graph->node_count, *component = edges + graph->node_count;
  uint32_t component_count = 0;
  for (uint32_t root = 0; root < graph->node_count; root++) {
    if (!graph->nodes[root].reached || graph->nodes[root].waiting == 0 || graph->nodes[root].number) continue;
    uint32_t depth = 0;
    nodes[depth] = root;
    edges[depth++] = graph->nodes[root].first_out;
    graph->nodes[root].number = graph->nodes[root].low = ++c->number;
    graph->nodes[root].on_stack = true;
    component[component_count++] = root;
    while (depth) {
      uint32_t n = nodes[depth - 1], e = edges[depth - 1];
      peri__graph_node *node = &graph->nodes[n];
      if (e != PERI_NONE) {
        edges[depth - 1] = graph->edges[e].next_out;
        uint32_t t = graph->edges[e].to;
        peri__graph_node *to = &graph->nodes[t];
        if (!is_waited_for(graph, &graph->edges[e])) continue;
        if (t == n) node->loops = true; /* settled with its component: until then its edges count */
        if (!to->number) {
          to->number = to->low = ++c->number;
          to->on_stack = true;
          component[component_count++] = t;
          nodes[depth] = t;
          edges[depth++] = to->first_out;
        } else if (to->on_stack && to->number < node->low) {
          node->low = to->number;
        }
        continue;
      }
      depth--;
      if (depth && node->low < graph->nodes[nodes[depth - 1]].low) graph->nodes[nodes[depth - 1]].low = node->low;
      if (node->low != node->number) continue;
      uint32_t first = component_count;
      do {
        graph->nodes[component[--first]].on_stack = false;
      } while (component[first] != n);
      if (component_count - first > 1 || node->loops)
        split |= settle_cycle(graph, component + first, component_count - first, mute);
      component_count = first;
    }
  }
  return split;
}

static void forget_search(compile *c) {
  peri__graph *graph = c->graph;
  c->number = 0;
  for (uint32_t n = 0; n < graph->node_count; n++) {
    graph->nodes[n].number = graph->nodes[n].low = 0;
    graph->nodes[n].on_stack = graph->nodes[n].loops = false;
  }
}

/* All in order that can be, from the beginning. */
static void put_all_in_order(compile *c) {
  peri__graph *graph = c->graph;
  uint32_t top = 0;
  c->count = 0;
  for (uint32_t n = 0; n < graph->node_count; n++) graph->nodes[n].waiting = 0;
  forget_search(c);
  for (uint32_t n = 0; n < graph->node_count; n++)
    for (uint32_t e = graph->nodes[n].reached ? graph->nodes[n].first_out : PERI_NONE; e != PERI_NONE;
         e = graph->edges[e].next_out)
      if (is_waited_for(graph, &graph->edges[e])) graph->nodes[graph->edges[e].to].waiting++;
  for (uint32_t n = (uint32_t)graph->node_count; n-- > 0;)
    if (graph->nodes[n].reached && graph->nodes[n].waiting == 0) c->stack[top++] = n;
  put_in_order(c, top);
}

static void sort_steps(compile *c) {
  peri__graph *graph = c->graph;
  uint32_t alive = 0, top = 0;
  for (uint32_t n = 0; n < graph->node_count; n++) {
    peri__graph_node *node = &graph->nodes[n];
    node->split = node->muted = false;
    if (node->reached) alive++;
  }
  put_all_in_order(c);
  if (c->count == alive) return;
  if (settle_cycles(c, false)) put_all_in_order(c);
  if (c->count < alive) {
    forget_search(c);
    settle_cycles(c, true);
  }
  for (uint32_t n = 0; n < graph->node_count; n++)
    if (graph->nodes[n].reached && graph->nodes[n].muted && graph->nodes[n].waiting) c->stack[top++] = n;
  put_in_order(c, top);
  for (uint32_t n = 0; n < graph->node_count; n++)
    if (graph->nodes[n].reached && graph->nodes[n].split && !graph->nodes[n].muted) c->order[c->count++] = n | ABSORBS;
}

/* ---- Channels and sizes ----------------------------------------------------------------------------------------- */

static uint32_t clamp_count(const peri_channel_rule *rule, uint32_t most) {
  if (rule->mode == PERI_COUNT_EXPLICIT) return rule->count;
  return rule->mode == PERI_COUNT_CLAMPED_MAX && most > rule->count ? rule->count : most;
}

/* Whether the step at `k` in the order reads an edge. A muted one reads none: it may run before what leads to it. */
static bool reads(const compile *c, uint32_t k, const peri__edge *edge) {
  const peri__graph_node *node = &c->graph->nodes[node_at(c, k)];
  bool input = edge->place < node->render->input_count;
  if (node->muted || edge->place == PERI_PLACE_AFTER) return false;
  if (!node->split) return true;
  return input == ((c->order[k] & ABSORBS) != 0);
}

/* The first edge at or behind `e` that it reads. */
static uint32_t read_from(const compile *c, uint32_t k, uint32_t e) {
  while (e != PERI_NONE && !reads(c, k, &c->graph->edges[e])) e = c->graph->edges[e].next_in;
  return e;
}

static uint32_t first_read(const compile *c, uint32_t k) {
  return read_from(c, k, c->graph->nodes[node_at(c, k)].first_in);
}

static uint32_t next_read(const compile *c, uint32_t k, uint32_t e) {
  return read_from(c, k, c->graph->edges[e].next_in);
}

/* The most channels that the outputs of the step at `k` may have, as far as is known. */
static uint32_t bound_of(const compile *c, uint32_t k) {
  const peri__graph_node *node = &c->graph->nodes[node_at(c, k)];
  uint32_t most = 1;
  for (uint32_t i = 0; i < node->render->input_count; i++)
    if (node->render->inputs[i].channels > most) most = node->render->inputs[i].channels;
  for (uint32_t e = first_read(c, k); e != PERI_NONE; e = next_read(c, k, e)) {
    const peri__edge *edge = &c->graph->edges[e];
    uint32_t bound = c->graph->nodes[edge->from].bound;
    if (edge->place < node->render->input_count && bound > most) most = bound;
  }
  if (node->muted) return 1;
  if (node->render->kind->output_is_ports) return node->render->input_count;
  if (node->render->kind->output_channels) return node->render->kind->output_channels;
  uint32_t bound = clamp_count(&node->rule, most);
  if (node->render->grown > bound) bound = node->render->grown; /* what it holds may have more than what comes */
  if (!node->render->kind->has_tail) return bound;
  if (bound > node->render->widest) node->render->widest = bound;
  return node->render->widest; /* a tail keeps its channels when what made it is gone */
}

/* Upper bounds of the outputs' channels, in order, so that signals have room for whatever will come. What goes round in
 * a cycle is found by going round, until nothing grows. */
static void find_bounds(compile *c) {
  bool grown = false;
  for (uint32_t k = 0; k < c->count; k++) c->graph->nodes[node_at(c, k)].bound = 1;
  do {
    grown = false;
    for (uint32_t k = 0; k < c->count; k++) {
      peri__graph_node *node = &c->graph->nodes[node_at(c, k)];
      uint32_t bound = bound_of(c, k);
      if (bound <= node->bound) continue;
      node->bound = bound;
      if (node->split) grown = true;
    }
  } while (grown);
}

static void measure_steps(compile *c) {
  find_bounds(c);
  for (uint32_t k = 0; k < c->count; k++) {
    peri__graph_node *node = &c->graph->nodes[node_at(c, k)];
    for (uint32_t e = first_read(c, k); e != PERI_NONE; e = next_read(c, k, e)) c->size.edges++;
    c->size.inputs += node->render->input_count + node->render->kind->info.params;
    if (c->order[k] & ABSORBS) continue;
    node->signal = c->size.signals;
    c->size.signals += node->render->output_count;
    c->size.taps += node->taps;
  }
  c->size.steps = c->count;
}

static uint32_t size_class(uint32_t channels) {
  uint32_t k = 0;
  while ((1u << k) < channels) k++;
  return k;
}

/* Gives each signal a place, in floats / PERI_QUANTUM, counting readers in `readers` and chaining free places. */
static void place_signals(compile *c, uint32_t *place, uint32_t *readers, uint32_t *chain) {
  peri__graph *graph = c->graph;
  uint32_t free_place[SIZE_CLASSES], blocks = 0;
  for (int k = 0; k < SIZE_CLASSES; k++) free_place[k] = PERI_NONE;
  memset(readers, 0, c->size.signals * sizeof *readers);
  for (uint32_t k = 0; k < c->count; k++)
    for (uint32_t e = first_read(c, k); e != PERI_NONE; e = next_read(c, k, e))
      readers[graph->nodes[graph->edges[e].from].signal + graph->edges[e].output]++;
  for (uint32_t k = 0; k < c->count; k++) {
    uint32_t n = node_at(c, k);
    const peri__graph_node *node = &graph->nodes[n];
    uint32_t outputs = c->order[k] & ABSORBS ? 0 : node->render->output_count, class = size_class(node->bound);
    for (uint32_t o = 0; o < outputs; o++) {
      uint32_t signal = node->signal + o;
      if (free_place[class] != PERI_NONE) {
        uint32_t giver = free_place[class];
        free_place[class] = chain[giver];
        place[signal] = place[giver];
      } else {
        place[signal] = blocks;
        blocks += 1u << class;
      }
    }
    if (n == c->engine->destination) continue; /* read after all steps; nothing is freed behind it */
    for (uint32_t o = 0; o < outputs; o++)
      if (readers[node->signal + o] == 0)
        chain[node->signal + o] = free_place[class], free_place[class] = node->signal + o;
    for (uint32_t e = first_read(c, k); e != PERI_NONE; e = next_read(c, k, e)) {
      const peri__graph_node *from = &graph->nodes[graph->edges[e].from];
      uint32_t signal = from->signal + graph->edges[e].output;
      if (--readers[signal]) continue;
      uint32_t from_class = size_class(from->bound);
      chain[signal] = free_place[from_class];
      free_place[from_class] = signal;
    }
  }
  c->size.floats = (size_t)blocks * PERI_QUANTUM;
}

/* ---- The plan's memory ------------------------------------------------------------------------------------------ */

static size_t take(size_t *offset, size_t bytes) {
  size_t at = *offset;
  *offset = (at + bytes + PERI_CACHE_LINE - 1) & ~(size_t)(PERI_CACHE_LINE - 1);
  return at;
}

static peri__plan *make_plan(peri__graph *graph, const plan_size *size, float **floats) {
  size_t bytes = 0;
  size_t plan_at = take(&bytes, sizeof(peri__plan)), steps_at = take(&bytes, size->steps * sizeof(peri__plan_step));
  size_t inputs_at = take(&bytes, size->inputs * sizeof(peri__plan_input)),
         edges_at = take(&bytes, size->edges * sizeof(uint32_t));
  size_t signals_at = take(&bytes, size->signals * sizeof(peri__signal)),
         taps_at = take(&bytes, size->taps * sizeof(peri__plan_tap));
  size_t floats_at = take(&bytes, size->floats * sizeof(float));
  unsigned char *memory = graph->spare;
  if (memory && graph->spare_bytes >= bytes && graph->spare_bytes <= 2 * bytes + 4096) {
    bytes = graph->spare_bytes;
    graph->spare = NULL;
    graph->spare_bytes = 0;
  } else if (!(memory = peri__allocate(bytes, PERI_CACHE_LINE))) {
    return NULL;
  }
  peri__plan *plan = (peri__plan *)(void *)(memory + plan_at);
  *plan = (peri__plan){.retired = {{NULL}, PERI_RETIRED_PLAN}, .bytes = bytes};
  plan->steps = (peri__plan_step *)(void *)(memory + steps_at);
  plan->inputs = (peri__plan_input *)(void *)(memory + inputs_at);
  plan->edges = (uint32_t *)(void *)(memory + edges_at);
  plan->signals = (peri__signal *)(void *)(memory + signals_at);
  plan->taps = (peri__plan_tap *)(void *)(memory + taps_at);
  *floats = (float *)(void *)(memory + floats_at);
  return plan;
}

void peri__plan_free(peri_engine *engine, peri__plan *plan) {
  peri__graph *graph = &engine->graph;
  size_t bytes = plan->bytes;
  if (bytes > graph->spare_bytes) { /* the largest is kept for the next one */
    peri__release(graph->spare, graph->spare_bytes);
    graph->spare = plan;
    graph->spare_bytes = bytes;
    return;
  }
  peri__release(plan, bytes);
}

static void fill_step_inputs(const compile *c, peri__plan *plan, uint32_t k, uint32_t first, uint32_t *edge_count) {
  static const peri_channel_rule mono = {1, PERI_COUNT_EXPLICIT, PERI_SPEAKERS};
  peri__graph *graph = c->graph;
  const peri__graph_node *node = &graph->nodes[node_at(c, k)];
  uint32_t own = node->render->input_count, places = own + node->render->kind->info.params;
  peri__plan_input *inputs = &plan->inputs[first];
  for (uint32_t i = 0; i < places; i++) {
    bool is_input = i < own;
    peri__input *input = is_input ? &node->render->inputs[i] : &node->render->params[i - own].input;
    inputs[i] = (peri__plan_input){input, 0, 0, is_input ? node->rule : mono, is_input ? input->channels : 1};
  }
  for (uint32_t e = first_read(c, k); e != PERI_NONE; e = next_read(c, k, e))
    inputs[graph->edges[e].place].edge_count++;
  for (uint32_t i = 0; i < places; i++) {
    inputs[i].first_edge = *edge_count;
    *edge_count += inputs[i].edge_count;
    inputs[i].edge_count = 0;
  }
  for (uint32_t e = first_read(c, k); e != PERI_NONE; e = next_read(c, k, e)) {
    peri__plan_input *input = &inputs[graph->edges[e].place];
    plan->edges[input->first_edge + input->edge_count++] =
        graph->nodes[graph->edges[e].from].signal + graph->edges[e].output;
  }
}

static uint32_t fill_step_taps(const compile *c, peri__plan *plan, uint32_t node, uint32_t first) {
  uint32_t count = 0;
  for (const peri_tap *tap = c->engine->taps; tap; tap = tap->next)
    if (!tap->closed && tap->node == node) plan->taps[first + count++] = (peri__plan_tap){tap->blocks, tap->channels};
  return count;
}

static void fill_plan(const compile *c, peri__plan *plan, const uint32_t *place, float *floats) {
  peri__graph *graph = c->graph;
  uint32_t inputs = 0, edges = 0, taps = 0;
  for (uint32_t k = 0; k < c->count; k++) {
    uint32_t n = node_at(c, k);
    const peri__graph_node *node = &graph->nodes[n];
    bool absorbs = (c->order[k] & ABSORBS) != 0;
    uint8_t part = absorbs ? PERI_STEP_ABSORB : node->split && !node->muted ? PERI_STEP_PROCESS : PERI_STEP_WHOLE;
    peri__plan_step *step = &plan->steps[k];
    *step = (peri__plan_step){node->render, inputs, node->signal, taps, 0, node->muted, false, part};
    fill_step_inputs(c, plan, k, inputs, &edges);
    for (uint32_t p = 0; p < node->render->kind->info.params; p++)
      step->modulated |= plan->inputs[inputs + node->render->input_count + p].edge_count != 0;
    inputs += node->render->input_count + node->render->kind->info.params;
    if (absorbs) continue;
    if (node->taps) step->tap_count = fill_step_taps(c, plan, n, taps);
    taps += step->tap_count;
    for (uint32_t o = 0; o < node->render->output_count; o++)
      plan->signals[node->signal + o] =
          (peri__signal){floats + (size_t)place[node->signal + o] * PERI_QUANTUM, true, 1, node->bound, false, true};
  }
  plan->step_count = c->count;
  plan->destination = graph->nodes[c->engine->destination].signal;
  plan->sequence = graph->sequence + 1;
  if (c->engine->listener != PERI_NONE) plan->listener = graph->nodes[c->engine->listener].render->state;
}

static bool grow_work(peri__graph *graph) {
  size_t needed = graph->node_count * 5 + 16; /* the order may have each node twice, and cycles are sought by three */
  uint32_t *work = peri__grow(graph->work, sizeof *work, 0, &graph->work_capacity, needed);
  if (!work) return false;
  graph->work = work;
  uint32_t *removed = peri__grow(graph->removed, sizeof *removed, graph->removed_count, &graph->removed_capacity,
                                 graph->node_count + graph->removed_count);
  if (!removed) return false;
  graph->removed = removed;
  uint32_t *tails = peri__grow(graph->tails, sizeof *tails, 0, &graph->tail_capacity, graph->node_count + 1);
  if (!tails) return false;
  graph->tails = tails;
  return true;
}

/* ---- Sending ---------------------------------------------------------------------------------------------------- */

static void send_moves(peri_engine *engine) {
  peri__graph *graph = &engine->graph;
  for (size_t m = 0; m < graph->move_count; m++) {
    const peri__move *move = &graph->moves[m];
    move->from->started--;
    if (move->source->generation != move->generation) continue;
    PERI_SEND(engine, SOURCE_MOVE, peri__voice_of(move->source), move->from, move->to);
  }
  graph->move_count = 0;
}

/* Remembers where the plan waits, so that the next one can take its place while nobody renders. */
static void send_plan(peri_engine *engine, peri__plan *plan) {
  peri__graph *graph = &engine->graph;
  peri__command *record = peri__commands_push(&engine->render.commands, PERI_COMMAND_PLAN, PERI_COMMAND_BYTES(PLAN));
  engine->pushed++;
  atomic_init(&record->PLAN.plan, plan);
  graph->overtaken = graph->sent;
  graph->overtaken_as = graph->sent_as;
  graph->overtaken_sequence = graph->sequence;
  graph->sent = &record->PLAN.plan;
  graph->sent_as = engine->pushed;
  graph->sequence++;
}

void peri__plan_take_back(peri_engine *engine) {
  peri__graph *graph = &engine->graph;
  peri__plan_place *place = graph->overtaken;
  graph->overtaken = NULL;
  /* Once its command is applied, the record's chunk may have become another one's. */
  if (!place || atomic_load_explicit(&engine->render.applied, memory_order_acquire) >= graph->overtaken_as) return;
  peri__plan *plan = atomic_exchange_explicit(place, NULL, memory_order_acq_rel);
  if (!plan) return;
  if (graph->overtaken_to + 1 != graph->overtaken_sequence) graph->overtaken_from = graph->overtaken_sequence;
  graph->overtaken_to = graph->overtaken_sequence;
  peri__plan_returned(engine, graph->returned);
  peri__plan_free(engine, plan);
}

/* All plans up to the last one returned are gone, and those behind it that were taken back. */
void peri__plan_returned(peri_engine *engine, uint64_t sequence) {
  peri__graph *graph = &engine->graph;
  if (sequence > graph->returned) graph->returned = sequence;
  if (graph->overtaken_from <= graph->returned + 1 && graph->overtaken_to > graph->returned)
    graph->returned = graph->overtaken_to;
}

/* Nodes that need memory by their number of channels get more, ahead of the plan. */
static bool grow_nodes(const compile *c) {
  for (uint32_t k = 0; k < c->count; k++) {
    peri__graph_node *node = &c->graph->nodes[node_at(c, k)];
    peri__node *render = node->render;
    if (!render->kind->grow || node->bound <= render->grown) continue;
    peri__part *part = render->kind->grow(render->state, node->bound);
    if (!part || !peri__node_send_part(c->engine, node, part)) return false;
    render->grown = node->bound;
  }
  return true;
}

bool peri__compile(peri_engine *engine) {
  peri__graph *graph = &engine->graph;
  if (!graph->dirty || engine->batch) return true;
  if (!grow_work(graph)) return false;
  compile c = {.engine = engine, .graph = graph, .order = graph->work, .stack = graph->work + 2 * graph->node_count};
  reach(&c);
  keep_tails(&c);
  remove_unreached(&c);
  sort_steps(&c);
  measure_steps(&c);
  uint32_t room = PERI_COMMAND_BYTES(PLAN) + (uint32_t)graph->move_count * PERI_COMMAND_BYTES(SOURCE_MOVE);
  if (!grow_nodes(&c) || !peri__commands_reserve(&engine->render.commands, room)) return false;
  uint32_t *places = PERI_NEW_ARRAY(uint32_t, (size_t)c.size.signals * 3);
  if (!places) return false;
  place_signals(&c, places, places + c.size.signals, places + 2 * (size_t)c.size.signals);
  float *floats;
  peri__plan *plan = make_plan(graph, &c.size, &floats);
  if (plan) fill_plan(&c, plan, places, floats);
  peri__release(places, (size_t)c.size.signals * 3 * sizeof *places);
  if (!plan) return false;
  send_moves(engine);
  send_plan(engine, plan);
  graph->steps = c.count;
  graph->dirty = false;
  return true;
}
