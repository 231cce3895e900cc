/* Random graphs, with cycles and edits while they play, against a computation of their own that goes frame by frame and
 * knows no quanta, steps or plans. All numbers are small multiples of a power of two, so that every sum is exact in any
 * order: the engine has to agree in every bit, in whatever order nodes and connections are made. */
#include "unit/scene.h"

#define NODES 14
#define EDGES 30
#define QUANTA 12
#define FRAMES (QUANTA * 128)
#define WIDTH 4 /* channels at most: what is wider loses them here as it would nowhere */
#define DELAY_MOST 500
#define FINEST (1.0 / 1024.0)
#define LARGEST 4096.0 /* FINEST and this are 22 bits apart: partial sums are exact */

typedef enum { CONSTANT, GAIN, SPLITTER, MERGER, DELAY } shape_kind;

typedef struct shape_node {
  shape_kind kind;
  uint32_t ports;              /* of a splitter or merger */
  float number;                /* offset, gain */
  uint32_t start, stop, delay; /* frames */
} shape_node;

typedef struct shape_edge {
  uint32_t from, output, to, input;
  bool to_param;
  uint32_t since, until; /* quanta */
} shape_edge;

/* Node 0 is what is heard: a gain. */
typedef struct shape {
  shape_node node[NODES];
  shape_edge edge[EDGES];
  uint32_t nodes, edges;
} shape;

static uint32_t random_state;

static uint32_t roll(uint32_t below) {
  random_state = random_state * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)random_state * below >> 32);
}

static float dyadic(void) {
  static const float values[] = {1.0f, -1.0f, 0.5f, -0.5f, 1.0f, 0.25f};
  return values[roll(6)];
}

static bool same_edge(const shape_edge *a, const shape_edge *b) {
  return a->from == b->from && a->output == b->output && a->to == b->to && a->input == b->input &&
         a->to_param == b->to_param;
}

static void add_edge(shape *s) {
  shape_edge edge = {.from = 1 + roll(s->nodes - 1), .to = roll(s->nodes), .until = QUANTA};
  const shape_node *from = &s->node[edge.from], *to = &s->node[edge.to];
  if (to->kind == CONSTANT) return;
  if (from->kind == SPLITTER) edge.output = roll(from->ports);
  if (to->kind == MERGER) edge.input = roll(to->ports);
  bool mono = from->kind == CONSTANT || from->kind == SPLITTER;
  edge.to_param = mono && to->kind == GAIN && roll(6) == 0;
  for (uint32_t e = 0; e < s->edges; e++)
    if (same_edge(&s->edge[e], &edge)) return;
  if (roll(5) == 0) edge.since = 1 + roll(QUANTA - 1);
  if (roll(5) == 0) edge.until = edge.since + 1 + roll(QUANTA - edge.since);
  s->edge[s->edges++] = edge;
}

static void make_shape(shape *s) {
  *s = (shape){.nodes = 4 + roll(NODES - 3), .edges = 0};
  s->node[0] = (shape_node){.kind = GAIN, .number = 1.0f};
  for (uint32_t n = 1; n < s->nodes; n++) {
    shape_kind kind = n == 1 ? CONSTANT : (shape_kind)roll(5);
    s->node[n] = (shape_node){.kind = kind, .number = dyadic(), .ports = 1 + roll(WIDTH), .start = roll(300)};
    s->node[n].stop = s->node[n].start + 1 + roll(500);
    s->node[n].delay = roll(3) ? roll(DELAY_MOST) : roll(3) * 128;
  }
  uint32_t wanted = s->nodes + roll(EDGES - s->nodes);
  for (int tries = 0; tries < 200 && s->edges < wanted; tries++) add_edge(s);
}

/* ---- What should be heard --------------------------------------------------------------------------------------- */

typedef struct model {
  const shape *shape;
  bool split[NODES], mute[NODES]; /* in this quantum */
  uint32_t valid[NODES];          /* of a delay: the first frame that it remembers */
  double out[NODES][FRAMES][WIDTH], in[NODES][FRAMES][WIDTH];
  bool known[NODES][FRAMES];
  bool exact;
} model;

static bool is_there(const shape_edge *edge, uint32_t quantum) {
  return edge->since <= quantum && quantum < edge->until;
}

/* Who leads to whom; a split delay's input leads nowhere. */
static void find_ways(const model *m, uint32_t quantum, bool way[NODES][NODES]) {
  memset(way, 0, sizeof(bool[NODES][NODES]));
  for (uint32_t e = 0; e < m->shape->edges; e++) {
    const shape_edge *edge = &m->shape->edge[e];
    if (is_there(edge, quantum) && !(m->split[edge->to] && !edge->to_param)) way[edge->from][edge->to] = true;
  }
  for (int k = 0; k < NODES; k++)
    for (int i = 0; i < NODES; i++)
      for (int j = 0; j < NODES; j++) way[i][j] = way[i][j] || (way[i][k] && way[k][j]);
}

static void settle(model *m, uint32_t quantum) {
  bool way[NODES][NODES];
  memset(m->split, 0, sizeof m->split);
  find_ways(m, quantum, way);
  for (uint32_t n = 0; n < m->shape->nodes; n++) m->split[n] = m->shape->node[n].kind == DELAY && way[n][n];
  find_ways(m, quantum, way);
  for (uint32_t n = 0; n < m->shape->nodes; n++) {
    m->mute[n] = way[n][n];
    if (m->mute[n]) m->valid[n] = (quantum + 1) * 128;
  }
}

static const double *output_of(model *m, uint32_t n, uint32_t frame);

static void note_exact(model *m, double value, double size) {
  if (size >= LARGEST || value / FINEST != floor(value / FINEST)) m->exact = false;
}

/* Adds what arrives at an input (of all of a merger's, each its channel) or the parameter. */
static void arrive(model *m, uint32_t n, uint32_t frame, bool at_param, double sum[WIDTH]) {
  double size = 0.0;
  memset(sum, 0, sizeof(double[WIDTH]));
  for (uint32_t e = 0; e < m->shape->edges; e++) {
    const shape_edge *edge = &m->shape->edge[e];
    if (edge->to != n || edge->to_param != at_param || !is_there(edge, frame / 128)) continue;
    const double *from = output_of(m, edge->from, frame);
    bool splits = m->shape->node[edge->from].kind == SPLITTER, merges = m->shape->node[n].kind == MERGER;
    for (uint32_t c = 0; c < WIDTH; c++) {
      double value = splits ? (c == 0 ? from[edge->output] : 0.0) : from[c];
      if (merges && c == 0) sum[edge->input] += value;
      if (!merges) sum[c] += value;
      size += fabs(value);
    }
  }
  for (uint32_t c = 0; c < WIDTH; c++) note_exact(m, sum[c], size);
}

static void compute(model *m, uint32_t n, uint32_t frame) {
  const shape_node *node = &m->shape->node[n];
  double *out = m->out[n][frame], *in = m->in[n][frame], param[WIDTH];
  switch (node->kind) {
  case CONSTANT: out[0] = frame >= node->start && frame < node->stop ? (double)node->number : 0.0; break;
  case DELAY: {
    uint32_t delay = m->split[n] && node->delay < 128 ? 128 : node->delay;
    if (delay == 0) arrive(m, n, frame, false, in);
    if (frame >= delay && frame - delay >= m->valid[n]) memcpy(out, m->in[n][frame - delay], sizeof(double[WIDTH]));
    break;
  }
  default:
    arrive(m, n, frame, false, in);
    arrive(m, n, frame, true, param);
    for (uint32_t c = 0; c < WIDTH; c++) {
      out[c] = in[c] * (node->kind == GAIN ? (double)node->number + param[0] : 1.0);
      note_exact(m, out[c], fabs(out[c]));
    }
    if (node->kind == SPLITTER)
      for (uint32_t c = node->ports; c < WIDTH; c++) out[c] = 0.0;
  }
}

static const double *output_of(model *m, uint32_t n, uint32_t frame) {
  if (!m->known[n][frame]) {
    m->known[n][frame] = true;
    if (!m->mute[n]) compute(m, n, frame);
  }
  return m->out[n][frame];
}

/* Whether all of it is exact in float. */
static bool compute_all(model *m, const shape *s) {
  memset(m, 0, sizeof *m);
  m->shape = s;
  m->exact = true;
  for (uint32_t frame = 0; frame < FRAMES && m->exact; frame++) {
    if (frame % 128 == 0) settle(m, frame / 128);
    for (uint32_t n = 0; n < s->nodes; n++) output_of(m, n, frame);
    for (uint32_t n = 0; n < s->nodes; n++)
      if (s->node[n].kind == DELAY && !m->mute[n]) arrive(m, n, frame, false, m->in[n][frame]);
  }
  return m->exact;
}

/* ---- What is heard ---------------------------------------------------------------------------------------------- */

static void shuffle(uint32_t *order, uint32_t count, bool really) {
  for (uint32_t i = 0; i < count; i++) order[i] = i;
  for (uint32_t i = count; really && i > 1; i--) {
    uint32_t j = roll(i), kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}

static peri_node make_node(peri_engine *engine, const shape_node *node) {
  static const peri_node_kind kinds[] = {PERI_NODE_CONSTANT_SOURCE, PERI_NODE_GAIN, PERI_NODE_CHANNEL_SPLITTER,
                                         PERI_NODE_CHANNEL_MERGER, PERI_NODE_DELAY};
  peri_node_def def = peri_default_node_def(kinds[node->kind]);
  def.ports = node->ports;
  def.max_delay = (DELAY_MOST + 1) / 48000.0;
  peri_node id = peri_node_create_from(engine, &def);
  CHECK(id != 0);
  if (node->kind == CONSTANT) {
    CHECK(peri_param_set_value(engine, id, PERI_CONSTANT_SOURCE_OFFSET, node->number));
    CHECK(peri_source_start(engine, id, node->start / 48000.0, 0.0, INFINITY));
    CHECK(peri_source_stop(engine, id, node->stop / 48000.0));
    return id;
  }
  if (node->kind == GAIN) CHECK(peri_param_set_value(engine, id, PERI_GAIN_GAIN, node->number));
  if (node->kind == DELAY)
    CHECK(peri_param_set_value(engine, id, PERI_DELAY_DELAY_TIME, (float)(node->delay / 48000.0)));
  peri_channel_rule rule;
  CHECK(peri_node_get_channels(engine, id, &rule));
  rule.interpretation = PERI_DISCRETE;
  CHECK(peri_node_set_channels(engine, id, &rule));
  return id;
}

static void edit(peri_engine *engine, const peri_node *ids, const shape_edge *edge, bool connect) {
  peri_node from = ids[edge->from], to = ids[edge->to];
  if (connect && edge->to_param)
    CHECK(peri_connect_param(engine, from, edge->output, to, PERI_GAIN_GAIN));
  else if (connect)
    CHECK(peri_connect(engine, from, edge->output, to, edge->input));
  else if (edge->to_param)
    CHECK(peri_disconnect_param(engine, from, edge->output, to, PERI_GAIN_GAIN));
  else
    CHECK(peri_disconnect(engine, from, edge->output, to, edge->input));
}

static void perform(const shape *s, bool shuffled, float *out) {
  peri_engine *engine = scene_engine(WIDTH);
  peri_channel_rule rule = {WIDTH, PERI_COUNT_EXPLICIT, PERI_DISCRETE};
  CHECK(peri_node_set_channels(engine, peri_engine_destination(engine), &rule));
  uint32_t node_order[NODES], edge_order[EDGES];
  peri_node ids[NODES];
  shuffle(node_order, s->nodes, shuffled);
  shuffle(edge_order, s->edges, shuffled);
  for (uint32_t n = 0; n < s->nodes; n++) ids[node_order[n]] = make_node(engine, &s->node[node_order[n]]);
  CHECK(peri_connect(engine, ids[0], 0, peri_engine_destination(engine), 0));
  for (uint32_t quantum = 0; quantum < QUANTA; quantum++) {
    for (uint32_t e = 0; e < s->edges; e++) {
      const shape_edge *edge = &s->edge[edge_order[e]];
      if (quantum > 0 && edge->until == quantum) edit(engine, ids, edge, false);
      if (edge->since == quantum && edge->until > quantum) edit(engine, ids, edge, true);
    }
    CHECK(peri_engine_update(engine));
    CHECK(peri_engine_render(engine, out + (size_t)quantum * 128 * WIDTH, 128));
  }
  CHECK_EQ(scene_stats(engine).nonfinite, 0);
  peri_engine_destroy(engine);
}

static void check_shape(const shape *s, const model *m, uint32_t seed) {
  static float heard[2][FRAMES * WIDTH];
  perform(s, false, heard[0]);
  perform(s, true, heard[1]);
  for (uint32_t i = 0; i < FRAMES * WIDTH; i++) {
    double wanted = m->out[0][i / WIDTH][i % WIDTH];
    for (int k = 0; k < 2; k++)
      if ((double)heard[k][i] != wanted)
        fail_msg("graph %u%s: frame %u, channel %u is %.9g, wanted %.9g", seed, k ? ", shuffled" : "", i / WIDTH,
                 i % WIDTH, (double)heard[k][i], wanted);
  }
}

TEST(any_graph_sounds_as_it_should_in_every_bit_in_whatever_order_it_was_made) {
  model *m = malloc(sizeof *m);
  uint32_t checked = 0, split = 0, mute = 0;
  for (uint32_t seed = 1; seed <= 400; seed++) {
    shape s;
    random_state = seed * 2654435761u;
    make_shape(&s);
    if (!compute_all(m, &s)) continue;
    checked++;
    for (uint32_t n = 0; n < s.nodes; n++) split += m->split[n], mute += m->mute[n];
    check_shape(&s, m, seed);
  }
  free(m);
  CHECK(checked > 200); /* the rest is not exact */
  CHECK(split > 100);   /* at the end, and of them some more in the middle */
  CHECK(mute > 100);
}
