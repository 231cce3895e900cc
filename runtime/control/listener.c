/* The listener: Web Audio 1.1, AudioListener. A node that nothing connects to but its parameters; what hears it runs
 * after it. */
#include "control/control.h"

static bool make(peri_engine *engine) {
  if (engine->listener != PERI_NONE) return true;
  peri_node_def def = peri_default_node_def(PERI_NODE_LISTENER);
  engine->listener = peri__graph_add(engine, &def, NULL);
  if (engine->listener == PERI_NONE) return false;
  engine->graph.nodes[engine->listener].held = true;
  return true;
}

bool peri__listener_need(peri_engine *engine) { return peri__edges_reserve(&engine->graph, 1) && make(engine); }

void peri__listener_heard_by(peri_engine *engine, uint32_t node) {
  peri__edge_add(&engine->graph, engine->listener, 0, node, PERI_PLACE_AFTER);
}

peri_node peri_engine_listener(peri_engine *engine) {
  peri__lock(engine);
  peri_node id = make(engine) ? peri__node_id(engine, engine->listener) : 0;
  peri__unlock(engine);
  return id;
}
