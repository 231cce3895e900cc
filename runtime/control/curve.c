/* Curves of wave shapers. The last one that was sent is the node's until the next: control may read it, since a part
 * comes back only when another has taken its place. */
#include "control/control.h"

#include <math.h>

static peri__graph_node *find_shaper(peri_engine *engine, peri_node id) {
  peri__graph_node *node = peri__find_node(engine, id);
  if (!node || node->render->kind->has_curve) return node;
  peri__fail("%s has no curve", node->render->kind->info.name);
  return NULL;
}

static bool check_curve(const float *values, uint32_t count) {
  if (!values) return true;
  if (count < 2) return peri__fail("a curve has at least 2 values, got %u", count);
  for (uint32_t i = 0; i < count; i++)
    if (!isfinite(values[i])) return peri__fail("value %u of the curve is not finite", i + 1);
  return true;
}

static bool set_curve(peri_engine *engine, peri__graph_node *node, const float *values, uint32_t count) {
  peri__part *part = peri__curve_create(values, values ? count : 0);
  if (!part || !peri__node_send_part(engine, node, part)) return false;
  node->render->curve = part;
  return peri__publish(engine);
}

bool peri_node_set_curve(peri_engine *engine, peri_node id, const float *values, uint32_t count) {
  if (!check_curve(values, count)) return false;
  peri__lock(engine);
  peri__graph_node *node = find_shaper(engine, id);
  bool done = node && set_curve(engine, node, values, count);
  peri__unlock(engine);
  return done;
}

bool peri_node_get_curve(peri_engine *engine, peri_node id, float *values, uint32_t *count) {
  peri__lock(engine);
  const peri__graph_node *node = find_shaper(engine, id);
  if (node) {
    uint32_t room = *count;
    const float *curve = peri__curve_values(node->render->curve, count);
    uint32_t copied = room < *count ? room : *count;
    if (copied) memcpy(values, curve, copied * sizeof *values);
  }
  peri__unlock(engine);
  return node != NULL;
}
