/* What each node costs: switched on and read here, measured in render/render.c. */
#include "control/control.h"

void peri_engine_set_profiling(peri_engine *engine, bool on) {
  peri__lock(engine);
  if (on != peri_engine_is_profiling(engine))
    atomic_store_explicit(&engine->render.profiling, on ? ++engine->profile_runs : 0, memory_order_relaxed);
  peri__unlock(engine);
}

bool peri_engine_is_profiling(const peri_engine *engine) {
  return atomic_load_explicit(&engine->render.profiling, memory_order_relaxed) != 0;
}

/* ---- The costliest ---------------------------------------------------------------------------------------------- */

/* The records kept so far. Once full they are a heap, whose root is the cheapest. */
typedef struct ranking {
  peri_node_load *loads;
  uint32_t capacity, kept;
  uint32_t found; /* kept or not */
} ranking;

static void swap(peri_node_load *a, peri_node_load *b) {
  peri_node_load kept = *a;
  *a = *b;
  *b = kept;
}

static void sink(peri_node_load *heap, uint32_t count, uint32_t at) {
  for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && heap[child + 1].load < heap[child].load) child++;
    if (heap[at].load <= heap[child].load) return;
    swap(&heap[at], &heap[child]);
  }
}

static void make_heap(ranking *top) {
  for (uint32_t at = top->kept / 2; at-- > 0;) sink(top->loads, top->kept, at);
}

static void rank(ranking *top, const peri_node_load *load) {
  top->found++;
  if (top->kept < top->capacity) {
    top->loads[top->kept++] = *load;
    if (top->kept == top->capacity) make_heap(top);
  } else if (top->kept && load->load > top->loads[0].load) {
    top->loads[0] = *load;
    sink(top->loads, top->kept, 0);
  }
}

/* Takes the cheapest to the end, again and again. */
static void sort_costliest_first(ranking *top) {
  make_heap(top);
  for (uint32_t count = top->kept; count > 1;) {
    swap(&top->loads[0], &top->loads[--count]);
    sink(top->loads, count, 0);
  }
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

/* False when nothing was measured in this run. */
static bool read_cost(const peri__cost *cost, uint64_t run, peri_node_load *load) {
  if (atomic_load_explicit(&cost->run, memory_order_acquire) != run) return false;
  load->voices = (uint32_t)atomic_load_explicit(&cost->voices, memory_order_relaxed);
  load->load = atomic_load_explicit(&cost->load.mean, memory_order_relaxed);
  load->load_peak = atomic_load_explicit(&cost->load.peak, memory_order_relaxed);
  load->voices_load = atomic_load_explicit(&cost->voices_load, memory_order_relaxed);
  return true;
}

/* A source's node lives on a little when the source itself is gone. */
static bool is_shown(const peri__graph_node *node) {
  return node->render && !node->removed && (node->source || node->kind != PERI_NODE_BUFFER_SOURCE);
}

static void rank_all(peri_engine *engine, uint64_t run, ranking *top) {
  const peri__graph *graph = &engine->graph;
  peri_node_load load = {.kind = PERI_NODE_BUFFER_SOURCE};
  if (read_cost(&engine->render.nowhere_cost, run, &load) && load.voices) rank(top, &load);
  for (uint32_t n = 0; n < graph->node_count; n++) {
    const peri__graph_node *node = &graph->nodes[n];
    if (!is_shown(node) || !read_cost(&node->render->cost, run, &load)) continue;
    load.node = node->source ? peri__source_id(node->source) : peri__node_id(engine, n);
    load.kind = (peri_node_kind)node->kind;
    rank(top, &load);
  }
}

uint32_t peri_engine_profile(peri_engine *engine, peri_node_load *loads, uint32_t capacity) {
  ranking top = {.loads = loads, .capacity = capacity};
  peri__lock(engine);
  uint64_t run = atomic_load_explicit(&engine->render.profiling, memory_order_relaxed);
  if (run) rank_all(engine, run, &top);
  peri__unlock(engine);
  sort_costliest_first(&top);
  return top.found;
}
