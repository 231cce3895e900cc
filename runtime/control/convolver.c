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

/* With the lock held, for a moment. */
static bool read_normalize(peri_engine *engine, peri_node id, bool *normalize) {
  peri__lock(engine);
  const peri__graph_node *node = find_convolver(engine, id);
  if (node) *normalize = node->render->options[PERI_CONVOLVER_NORMALIZE] != 0.0;
  peri__unlock(engine);
  return node != NULL;
}

/* Takes over both, or frees the part; NULL and NULL take the response away. */
static bool give(peri_engine *engine, peri_node id, peri__part *part, peri_buffer *buffer) {
  peri__lock(engine);
  peri__graph_node *node = find_convolver(engine, id);
  peri_buffer *before = buffer;
  bool done = node && PERI_ROOM(engine, NODE_PART);
  if (done) {
    PERI_SEND(engine, NODE_PART, node->render, part);
    before = node->render->buffer;
    node->render->buffer = buffer;
    peri__publish(engine);
  } else if (part) {
    part->free(part);
  }
  peri__unlock(engine);
  peri_buffer_release(before);
  return done;
}

bool peri_node_set_buffer(peri_engine *engine, peri_node id, peri_buffer *buffer) {
  bool normalize;
  if (!read_normalize(engine, id, &normalize)) return false;
  if (!buffer) return give(engine, id, NULL, NULL);
  peri__storage *storage = peri__buffer_hold_storage(buffer);
  bool good = check_response(engine, storage);
  peri__part *part = good ? peri__convolver_part(storage, normalize, engine->render.kernels) : NULL;
  peri__storage_drop(storage);
  return part && give(engine, id, part, peri_buffer_retain(buffer));
}

peri_buffer *peri_node_get_buffer(peri_engine *engine, peri_node id) {
  peri__lock(engine);
  const peri__graph_node *node = find_convolver(engine, id);
  peri_buffer *buffer = node ? peri_buffer_retain(node->render->buffer) : NULL;
  peri__unlock(engine);
  return buffer;
}
