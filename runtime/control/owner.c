/* Owners: each is told only of its own sources and loads. */
#include "control/control.h"

#define MAX_OWNERS 65535u
#define KEPT_EVENTS 256u /* room for so many is kept */

static peri__owner_events *find(const peri_engine *engine, peri_owner owner) {
  if (owner == 0 || owner > engine->owner_count) return NULL;
  peri__owner_events *events = &engine->owners[owner - 1];
  return events->used ? events : NULL;
}

bool peri__owner_exists(const peri_engine *engine, peri_owner owner) { return find(engine, owner) != NULL; }

peri_owner peri_owner_create(peri_engine *engine) {
  peri__lock(engine);
  peri_owner owner = 0;
  for (size_t o = 0; o < engine->owner_count && !owner; o++)
    if (!engine->owners[o].used) owner = (peri_owner)o + 1;
  if (!owner && engine->owner_count >= MAX_OWNERS)
    peri__fail("an engine has at most %u owners", MAX_OWNERS);
  else if (!owner) {
    peri__owner_events *owners = peri__grow(engine->owners, sizeof *owners, engine->owner_count,
                                            &engine->owner_capacity, engine->owner_count + 1);
    if (owners) {
      engine->owners = owners;
      owners[engine->owner_count++] = (peri__owner_events){0};
      owner = (peri_owner)engine->owner_count;
    }
  }
  if (owner) engine->owners[owner - 1].used = true;
  peri__unlock(engine);
  return owner;
}

static void forget_events(peri__owner_events *events) {
  for (size_t e = 0; e < events->count; e++) peri_buffer_release(events->events[events->first + e].buffer);
  peri__release(events->events, events->capacity * sizeof *events->events);
  *events = (peri__owner_events){0};
}

void peri_owner_close(peri_engine *engine, peri_owner owner) {
  peri__lock(engine);
  peri__owner_events *events = find(engine, owner);
  if (events) {
    peri__reclaim(engine, UINT32_MAX); /* a source of an owner to come cannot be mistaken for one of this */
    peri__source_stop_owner(engine, owner);
    peri__scheduled_stop_owner(engine, owner);
    peri__loads_forget(engine, owner);
    forget_events(events);
  }
  peri__unlock(engine);
}

void peri__owners_destroy(peri_engine *engine) {
  for (size_t o = 0; o < engine->owner_count; o++) forget_events(&engine->owners[o]);
  peri__release(engine->owners, engine->owner_capacity * sizeof *engine->owners);
}

/* Room for one event more, besides those of the loads under way. */
static bool make_room(peri__owner_events *events) {
  size_t needed = events->count + events->loads + 1;
  if (events->first && events->first + needed > events->capacity) {
    memmove(events->events, events->events + events->first, events->count * sizeof *events->events);
    events->first = 0;
  }
  peri_event *larger =
      peri__grow(events->events, sizeof *larger, events->count, &events->capacity, events->first + needed);
  if (!larger) return false;
  events->events = larger;
  return true;
}

bool peri__owner_notify(peri_engine *engine, peri_owner owner, const peri_event *event) {
  peri__owner_events *events = find(engine, owner);
  if (!events) {
    peri_buffer_release(event->buffer);
    return true;
  }
  if (event->type == PERI_EVENT_LOADED) events->loads--;
  if (!make_room(events)) return false;
  events->events[events->first + events->count++] = *event;
  return true;
}

bool peri__owner_expect_load(peri_engine *engine, peri_owner owner) {
  peri__owner_events *events = find(engine, owner);
  if (!make_room(events)) return false;
  events->loads++;
  return true;
}

void peri__owner_expect_no_load(peri_engine *engine, peri_owner owner) { find(engine, owner)->loads--; }

/* After a burst the memory goes. */
static void forget_room(peri__owner_events *events) {
  if (events->loads || events->capacity <= KEPT_EVENTS) return;
  peri__release(events->events, events->capacity * sizeof *events->events);
  events->events = NULL;
  events->capacity = 0;
}

bool peri_owner_poll(peri_engine *engine, peri_owner owner, peri_event *event) {
  peri__lock(engine);
  peri__owner_events *events = find(engine, owner);
  bool any = events && events->count;
  if (any) {
    *event = events->events[events->first++];
    if (--events->count == 0) {
      events->first = 0;
      forget_room(events);
    }
  }
  peri__unlock(engine);
  return any;
}
