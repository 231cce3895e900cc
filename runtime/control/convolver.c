/* Responses of convolvers. Their spectra are made without the engine's lock: that takes milliseconds. */
#include "control/control.h"

static peri__graph_node *find_convolver(peri_engine *engine, peri_node id) {
  peri__graph_node *node = peri__find_node(engine, id);
  if (!node || node->kind == PERI_NODE_CONVOLVER) return node;
  peri__fail("%s has no buffer", node->render->kind->info.name);
  return NULL;
}

static bool check_response(const peri_engine *engine, const peri__storage *storage) {
  uint32_t channels = storage->channels;
  if (channels != 1 && channels != 2 && channels != 4)
    return peri__fail("the buffer of a ConvolverNode must have 1, 2 or 4 channels, got %u", channels);
  if (storage->sample_rate != engine->sample_rate)
    return peri__fail("the buffer of a ConvolverNode must have the engine's sample rate, %g, got %g",
                      engine->sample_rate, storage->sample_rate);
  return true;
}

/* What a response is made of, read with the lock held for a moment, and what is made of it without. */
typedef struct response {
  peri_node convolver;
  peri_buffer *buffer; /* a reference; NULL: no response, and no part */
  bool normalize;
  uint64_t version; /* of the samples that were read: which reload they came by */
  bool refused;     /* they cannot be a response */
  peri__part *part;
} response;

/* Reads the buffer and makes the part, or says why not. */
static bool make_part(const peri_engine *engine, response *r) {
  peri__storage *storage = peri__buffer_hold_storage(r->buffer);
  r->version = storage->version;
  r->refused = !check_response(engine, storage);
  if (!r->refused) r->part = peri__convolver_part(storage, r->normalize, engine->render.kernels);
  peri__storage_drop(storage);
  return r->part != NULL;
}

/* With the lock held. */
static bool send_part(peri_engine *engine, peri__node *node, const response *r) {
  if (!PERI_ROOM(engine, NODE_PART)) return false;
  PERI_SEND(engine, NODE_PART, node, r->part);
  node->buffer_version = r->version;
  node->normalized = r->normalize;
  return peri__publish(engine);
}

static void drop(const response *r) {
  if (r->part) r->part->free(r->part);
  peri_buffer_release(r->buffer);
}

/* ---- Set by the game -------------------------------------------------------------------------------------------- */

static bool read_normalize(peri_engine *engine, response *r) {
  peri__lock(engine);
  const peri__graph_node *node = find_convolver(engine, r->convolver);
  if (node) r->normalize = node->render->options[PERI_CONVOLVER_NORMALIZE] != 0.0;
  peri__unlock(engine);
  return node != NULL;
}

/* Takes over both, or leaves them. */
static bool give(peri_engine *engine, response *r) {
  peri__lock(engine);
  peri__graph_node *node = find_convolver(engine, r->convolver);
  bool done = node && send_part(engine, node->render, r);
  if (done) {
    peri_buffer *before = node->render->buffer;
    node->render->buffer = r->buffer;
    engine->followed_replacements = UINT64_MAX; /* it may have been reloaded since: updates look */
    *r = (response){.buffer = before};
  }
  peri__unlock(engine);
  return done;
}

bool peri_node_set_buffer(peri_engine *engine, peri_node id, peri_buffer *buffer) {
  response r = {.convolver = id, .buffer = peri_buffer_retain(buffer)};
  bool done = read_normalize(engine, &r) && (!buffer || make_part(engine, &r)) && give(engine, &r);
  drop(&r);
  return done;
}

peri_buffer *peri_node_get_buffer(peri_engine *engine, peri_node id) {
  peri__lock(engine);
  const peri__graph_node *node = find_convolver(engine, id);
  peri_buffer *buffer = node ? peri_buffer_retain(node->render->buffer) : NULL;
  peri__unlock(engine);
  return buffer;
}

/* ---- Reloads ---------------------------------------------------------------------------------------------------- */

static bool is_outdated(const peri__graph_node *node) {
  if (!node->render || node->removed || node->kind != PERI_NODE_CONVOLVER || !node->render->buffer) return false;
  peri_buffer *buffer = node->render->buffer;
  return node->render->buffer_version != atomic_load_explicit(&buffer->version, memory_order_acquire);
}

/* The first one whose buffer was reloaded; false: there is none, and `replacements` are seen to. */
static bool find_outdated(peri_engine *engine, uint64_t replacements, response *r) {
  const peri__graph *graph = &engine->graph;
  size_t n = 0;
  peri__lock(engine);
  while (n < graph->node_count && !is_outdated(&graph->nodes[n])) n++;
  bool found = n < graph->node_count;
  if (found) {
    const peri__node *node = graph->nodes[n].render;
    *r = (response){.convolver = peri__node_id(engine, (uint32_t)n),
                    .buffer = peri_buffer_retain(node->buffer),
                    .normalize = node->normalized};
  } else {
    engine->followed_replacements = replacements;
  }
  peri__unlock(engine);
  return found;
}

/* The node may have got another buffer meanwhile, or this one's response by another thread. What cannot be one is not
 * asked for again: the convolver keeps what it has. */
static bool follow(peri_engine *engine, response *r) {
  if (!make_part(engine, r) && !r->refused) return false;
  bool done = true;
  peri__lock(engine);
  const peri__graph_node *node = peri__peek_node(engine, r->convolver);
  bool wanted = node && node->render->buffer == r->buffer && node->render->buffer_version < r->version;
  if (wanted && r->refused) {
    node->render->buffer_version = r->version;
  } else if (wanted) {
    done = send_part(engine, node->render, r);
    if (done) r->part = NULL;
  }
  peri__unlock(engine);
  if (wanted && r->refused) peri__log(PERI_LOG_WARNING, "a convolver keeps its response: %s", peri_error());
  return done;
}

bool peri__convolvers_follow(peri_engine *engine) {
  uint64_t replacements = peri__buffer_replacements();
  bool done = true;
  response r;
  while (done && find_outdated(engine, replacements, &r)) {
    done = follow(engine, &r);
    drop(&r);
  }
  return done;
}
