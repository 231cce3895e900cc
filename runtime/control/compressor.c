/* What a compressor shows of itself. */
#include "control/control.h"

static bool read_reduction(const peri__graph_node *node, float *decibels) {
  if (node->kind != PERI_NODE_DYNAMICS_COMPRESSOR)
    return peri__fail("%s has no reduction", node->render->kind->info.name);
  *decibels = peri__compressor_reduction(node->render->state);
  return true;
}

bool peri_node_get_reduction(peri_engine *engine, peri_node id, float *decibels) {
  peri__lock(engine);
  const peri__graph_node *node = peri__find_node(engine, id);
  bool done = node && read_reduction(node, decibels);
  peri__unlock(engine);
  return done;
}
