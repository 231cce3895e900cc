/* Connections. A source with one connection is a voice of the input it feeds; with more it becomes a step of the plan,
 * and its connections are edges like any node's. */
#include "control/control.h"

/* Where a connection begins or ends: a node of the graph, or a source that is only a voice. */
typedef struct end_point {
  peri__source *source; /* NULL: a node */
  uint32_t node;        /* PERI_NONE: a source that is no step */
} end_point;

static bool find_end(peri_engine *engine, peri_node id, end_point *end) {
  if ((uint32_t)id & PERI_SOURCE_BIT) {
    end->source = peri__find_source(engine, id);
    if (!end->source) return false;
    const peri__source_details *details = peri__source_details_now(end->source);
    end->node = details ? details->junction : PERI_NONE;
    return true;
  }
  *end = (end_point){NULL, (uint32_t)id};
  return peri__find_node(engine, id) != NULL;
}

static peri__input *input_of(peri_engine *engine, uint32_t node, uint32_t place) {
  peri__node *render = engine->graph.nodes[node].render;
  uint32_t inputs = render->input_count;
  return place < inputs ? &render->inputs[place] : &render->params[place - inputs].input;
}

/* ---- Edges ------------------------------------------------------------------------------------------------------ */

/* So that the next `count` edges need no memory. */
bool peri__edges_reserve(peri__graph *graph, size_t count) {
  peri__edge *edges =
      peri__grow(graph->edges, sizeof *edges, graph->edge_count, &graph->edge_capacity, graph->edge_count + count);
  if (edges) graph->edges = edges;
  return edges != NULL;
}

void peri__edge_add(peri__graph *graph, uint32_t from, uint32_t output, uint32_t to, uint32_t place) {
  uint32_t index = graph->free_edge;
  if (index == PERI_NONE)
    index = (uint32_t)graph->edge_count++;
  else
    graph->free_edge = graph->edges[index].next_out;
  peri__graph_node *source = &graph->nodes[from], *target = &graph->nodes[to];
  graph->edges[index] = (peri__edge){
      from, to, (uint16_t)output, (uint16_t)place, PERI_NONE, source->last_out, PERI_NONE, target->last_in};
  if (source->last_out == PERI_NONE)
    source->first_out = index;
  else
    graph->edges[source->last_out].next_out = index;
  source->last_out = index;
  if (target->last_in == PERI_NONE)
    target->first_in = index;
  else
    graph->edges[target->last_in].next_in = index;
  target->last_in = index;
  graph->dirty = true;
}

static bool add_edge(peri_engine *engine, uint32_t from, uint32_t output, uint32_t to, uint32_t place) {
  peri__graph *graph = &engine->graph;
  for (uint32_t e = graph->nodes[from].first_out; e != PERI_NONE; e = graph->edges[e].next_out) {
    const peri__edge *edge = &graph->edges[e];
    if (edge->to == to && edge->output == output && edge->place == place) return true;
  }
  if (graph->free_edge == PERI_NONE && !peri__edges_reserve(graph, 1)) return false;
  peri__edge_add(graph, from, output, to, place);
  return true;
}

static void unlink_from_out(peri__graph *graph, uint32_t index) {
  const peri__edge *edge = &graph->edges[index];
  peri__graph_node *node = &graph->nodes[edge->from];
  if (edge->previous_out == PERI_NONE)
    node->first_out = edge->next_out;
  else
    graph->edges[edge->previous_out].next_out = edge->next_out;
  if (edge->next_out == PERI_NONE)
    node->last_out = edge->previous_out;
  else
    graph->edges[edge->next_out].previous_out = edge->previous_out;
}

static void unlink_from_in(peri__graph *graph, uint32_t index) {
  const peri__edge *edge = &graph->edges[index];
  peri__graph_node *node = &graph->nodes[edge->to];
  if (edge->previous_in == PERI_NONE)
    node->first_in = edge->next_in;
  else
    graph->edges[edge->previous_in].next_in = edge->next_in;
  if (edge->next_in == PERI_NONE)
    node->last_in = edge->previous_in;
  else
    graph->edges[edge->next_in].previous_in = edge->previous_in;
}

static void free_edge(peri__graph *graph, uint32_t edge) {
  graph->edges[edge].next_out = graph->free_edge;
  graph->free_edge = edge;
  graph->dirty = true;
}

void peri__unlink_out(peri_engine *engine, uint32_t node) {
  peri__graph *graph = &engine->graph;
  for (uint32_t e = graph->nodes[node].first_out; e != PERI_NONE;) {
    uint32_t next = graph->edges[e].next_out;
    unlink_from_in(graph, e);
    free_edge(graph, e);
    e = next;
  }
  graph->nodes[node].first_out = graph->nodes[node].last_out = PERI_NONE;
}

void peri__unlink_in(peri_engine *engine, uint32_t node) {
  peri__graph *graph = &engine->graph;
  for (uint32_t e = graph->nodes[node].first_in; e != PERI_NONE;) {
    uint32_t next = graph->edges[e].next_in;
    unlink_from_out(graph, e);
    free_edge(graph, e);
    e = next;
  }
  graph->nodes[node].first_in = graph->nodes[node].last_in = PERI_NONE;
}

static bool matches(const peri__edge *edge, uint32_t output, uint32_t to, uint32_t from_place, uint32_t to_place) {
  if (output != PERI_ANY && edge->output != output) return false;
  if (to != PERI_NONE && edge->to != to) return false;
  return edge->place >= from_place && edge->place < to_place;
}

/* ---- Connect ---------------------------------------------------------------------------------------------------- */

/* Makes a step of a source that gets its second connection: the first one becomes an edge. */
static bool become_step(peri_engine *engine, peri__source *source, uint32_t *node) {
  peri__input *voice_of = source->destination;
  if (!peri__edges_reserve(&engine->graph, 1)) return false;
  uint32_t index = peri__source_junction(engine, source);
  if (index == PERI_NONE) return false;
  *node = index;
  return voice_of->node == PERI_NONE || add_edge(engine, index, 0, voice_of->node, voice_of->place);
}

uint32_t peri__source_step_node(peri_engine *engine, peri__source *source) {
  const peri__source_details *details = peri__source_details_now(source);
  uint32_t node = details ? details->junction : PERI_NONE;
  return node != PERI_NONE || become_step(engine, source, &node) ? node : PERI_NONE;
}

static bool connect(peri_engine *engine, end_point *from, uint32_t output, uint32_t to, uint32_t place) {
  if (from->node != PERI_NONE) return add_edge(engine, from->node, output, to, place);
  peri__input *input = input_of(engine, to, place), *now = from->source->destination;
  if (now == input) return true;
  if (now->node == PERI_NONE) return peri__source_attach(engine, from->source, input);
  return become_step(engine, from->source, &from->node) && add_edge(engine, from->node, output, to, place);
}

/* The outputs a connection may begin at. */
static bool check_output(peri_engine *engine, const end_point *from, uint32_t output) {
  uint32_t outputs = from->source ? 1 : engine->graph.nodes[from->node].render->output_count;
  if (!outputs) return peri__fail("%s has no output", engine->graph.nodes[from->node].render->kind->info.name);
  if (output == PERI_ANY || output < outputs) return true;
  return peri__fail("there is no output %u: the node has %u", output, outputs);
}

/* The first connection of a source, to a node, as most are; else NULL. */
static peri__source *first_connection(peri_engine *engine, peri_node from, uint32_t output, peri_node to,
                                      uint32_t input, peri__input **of) {
  peri__source *source = peri__peek_source(engine, from);
  const peri__graph_node *node = source ? peri__peek_node(engine, to) : NULL;
  if (!node || source->destination != &engine->render.nowhere || output != 0) return NULL;
  if (input >= node->render->input_count) return NULL;
  *of = &node->render->inputs[input];
  return source;
}

static bool connect_any(peri_engine *engine, peri_node from_id, uint32_t output, peri_node to_id, uint32_t input) {
  end_point from, to;
  bool done = find_end(engine, from_id, &from) && find_end(engine, to_id, &to);
  if (done && output == PERI_ANY) done = peri__fail("connect one output, not any");
  if (done) done = check_output(engine, &from, output);
  uint32_t inputs = !done || to.source ? 0 : engine->graph.nodes[to.node].render->input_count;
  if (done && input >= inputs) done = peri__fail("there is no input %u: the node has %u", input, inputs);
  return done && connect(engine, &from, output, to.node, input);
}

bool peri_connect(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t input) {
  peri__lock(engine);
  peri__input *of;
  peri__source *source = first_connection(engine, from, output, to, input, &of);
  bool done = source ? peri__source_attach(engine, source, of) : connect_any(engine, from, output, to, input);
  peri__unlock(engine);
  return done;
}

/* The parameters of an end, as places; a source gets its step. */
static bool param_place(peri_engine *engine, end_point *to, uint32_t param, bool make, uint32_t *place) {
  const peri__kind *kind =
      to->source ? peri__kind_of(PERI_NODE_BUFFER_SOURCE) : engine->graph.nodes[to->node].render->kind;
  if (param >= kind->info.params) return peri__fail("%s has no parameter %u", kind->info.name, param);
  *place = (to->node == PERI_NONE ? kind->info.inputs : engine->graph.nodes[to->node].render->input_count) + param;
  if (to->node != PERI_NONE || !make) return true;
  return become_step(engine, to->source, &to->node);
}

bool peri_connect_param(peri_engine *engine, peri_node from_id, uint32_t output, peri_node to_id, uint32_t param) {
  peri__lock(engine);
  end_point from, to;
  uint32_t place;
  bool done = find_end(engine, from_id, &from) && find_end(engine, to_id, &to);
  if (done && output == PERI_ANY) done = peri__fail("connect one output, not any");
  if (done) done = check_output(engine, &from, output);
  done = done && param_place(engine, &to, param, true, &place);
  if (done && from.source && from.source == to.source) from.node = to.node; /* it has just become a step */
  done = done && connect(engine, &from, output, to.node, place);
  peri__unlock(engine);
  return done;
}

/* ---- Disconnect ------------------------------------------------------------------------------------------------- */

/* Removes edges of `from`; places from_place … to_place − 1 of `to` (PERI_NONE: of any node). */
static bool disconnect(peri_engine *engine, const end_point *from, uint32_t output, uint32_t to, uint32_t from_place,
                       uint32_t to_place) {
  peri__graph *graph = &engine->graph;
  if (from->node == PERI_NONE) {
    peri__input *input = from->source->destination;
    bool hit = input->node != PERI_NONE && (to == PERI_NONE || input->node == to) && input->place >= from_place &&
               input->place < to_place;
    return hit && peri__source_attach(engine, from->source, NULL);
  }
  bool any = false;
  for (uint32_t e = graph->nodes[from->node].first_out; e != PERI_NONE;) {
    uint32_t next = graph->edges[e].next_out;
    if (matches(&graph->edges[e], output, to, from_place, to_place)) {
      unlink_from_out(graph, e);
      unlink_from_in(graph, e);
      free_edge(graph, e);
      any = true;
    }
    e = next;
  }
  return any;
}

bool peri_disconnect(peri_engine *engine, peri_node from_id, uint32_t output, peri_node to_id, uint32_t input) {
  peri__lock(engine);
  end_point from, to = {NULL, PERI_NONE};
  bool done = find_end(engine, from_id, &from) && (to_id == 0 || find_end(engine, to_id, &to));
  if (done) done = check_output(engine, &from, output);
  if (done && to_id == 0) {
    disconnect(engine, &from, output, PERI_NONE, 0, UINT32_MAX);
  } else if (done) {
    uint32_t inputs = to.source ? 0 : engine->graph.nodes[to.node].render->input_count;
    if (input != PERI_ANY && input >= inputs) done = peri__fail("there is no input %u: the node has %u", input, inputs);
    uint32_t first = input == PERI_ANY ? 0 : input, last = input == PERI_ANY ? inputs : input + 1;
    if (done && (to.source || !disconnect(engine, &from, output, to.node, first, last)))
      done = peri__fail("the nodes are not connected that way");
  }
  peri__unlock(engine);
  return done;
}

bool peri_disconnect_param(peri_engine *engine, peri_node from_id, uint32_t output, peri_node to_id, uint32_t param) {
  peri__lock(engine);
  end_point from, to;
  uint32_t place = 0;
  bool done = find_end(engine, from_id, &from) && find_end(engine, to_id, &to);
  if (done) done = check_output(engine, &from, output) && param_place(engine, &to, param, false, &place);
  if (done && (to.node == PERI_NONE || !disconnect(engine, &from, output, to.node, place, place + 1)))
    done = peri__fail("the node is not connected to that parameter");
  peri__unlock(engine);
  return done;
}
