/* Nodes of the graph that start and stop: Web Audio 1.1, AudioScheduledSourceNode. */
#include "control/control.h"

#include <math.h>

static peri__node *find_scheduled(peri_engine *engine, peri_node id) {
  const peri__graph_node *node = peri__find_node(engine, id);
  if (!node) return NULL;
  if (node->render->kind->info.scheduled) return node->render;
  peri__fail("%s neither starts nor stops", node->render->kind->info.name);
  return NULL;
}

static bool start(peri_engine *engine, peri__node *node, double when) {
  if (node->schedule != PERI_SCHEDULE_NEW) return peri__fail("the %s has been started already", node->kind->info.name);
  node->schedule = PERI_SCHEDULE_STARTED;
  if (!peri__compile(engine) || !PERI_ROOM(engine, NODE_START)) {
    node->schedule = PERI_SCHEDULE_NEW;
    return false;
  }
  PERI_SEND(engine, NODE_START, node, peri__frames_of(engine, when));
  engine->graph.scheduled++;
  return peri__publish(engine);
}

bool peri__scheduled_start(peri_engine *engine, peri_node id, double when, double offset, double duration) {
  if (!peri__check_time("the start time", when)) return false;
  if (offset != 0.0 || duration != INFINITY) return peri__fail("only a buffer source has an offset and a duration");
  peri__lock(engine);
  peri__node *node = find_scheduled(engine, id);
  bool done = node && start(engine, node, when);
  peri__unlock(engine);
  return done;
}

static bool stop(peri_engine *engine, peri__node *node, double when) {
  if (node->schedule == PERI_SCHEDULE_NEW)
    return peri__fail("a %s that was not started cannot be stopped", node->kind->info.name);
  if (!PERI_ROOM(engine, NODE_STOP)) return false;
  PERI_SEND(engine, NODE_STOP, node, peri__frames_of(engine, when));
  return peri__publish(engine);
}

bool peri__scheduled_stop(peri_engine *engine, peri_node id, double when) {
  if (!peri__check_time("the stop time", when)) return false;
  peri__lock(engine);
  peri__node *node = find_scheduled(engine, id);
  bool done = node && stop(engine, node, when);
  peri__unlock(engine);
  return done;
}

bool peri__scheduled_set_notify(peri_engine *engine, peri_node id, bool notify, uint64_t user) {
  peri__lock(engine);
  peri__node *node = find_scheduled(engine, id);
  if (node) {
    node->notify = notify;
    node->user = user;
  }
  peri__unlock(engine);
  return node != NULL;
}

peri_source_state peri__scheduled_state(peri_engine *engine, peri_node id) {
  peri__lock(engine);
  const peri__graph_node *node = peri__peek_node(engine, id);
  peri_source_state state = PERI_SOURCE_GONE;
  if (node && node->render->schedule == PERI_SCHEDULE_NEW) state = PERI_SOURCE_CREATED;
  if (node && node->render->schedule == PERI_SCHEDULE_STARTED) state = PERI_SOURCE_PLAYING;
  peri__unlock(engine);
  return state;
}

bool peri__scheduled_ended(peri_engine *engine, peri__node *node) {
  if (node->notify) {
    peri_event event = {.type = PERI_EVENT_ENDED, .source = peri__node_id(engine, node->index), .user = node->user};
    if (!peri__owner_notify(engine, node->owner, &event)) return false;
  }
  node->schedule = PERI_SCHEDULE_ENDED;
  engine->graph.scheduled--;
  if (!engine->graph.nodes[node->index].held) engine->graph.dirty = true; /* it may go */
  return true;
}

void peri__scheduled_stop_owner(peri_engine *engine, peri_owner owner) {
  for (size_t n = 0; n < engine->graph.node_count; n++) {
    peri__node *node = engine->graph.nodes[n].render;
    if (!node || !node->kind->info.scheduled || node->owner != owner || !owner) continue;
    node->owner = 0;
    node->notify = false;
    if (node->schedule == PERI_SCHEDULE_STARTED) stop(engine, node, 0.0);
  }
}
