/* The game's thread: the state behind perilune.h that the audio thread never sees. Everything here is guarded by the
 * engine's lock; functions named peri__… expect it to be held unless they say otherwise. */
#ifndef PERI_CONTROL_H
#define PERI_CONTROL_H

#include "base/thread.h"
#include "device/device.h"
#include "media/loader.h"
#include "nodes/nodes.h"
#include "render/render.h"

/* ---- Buffers ---------------------------------------------------------------------------------------------------- */

typedef struct peri__registry_entry peri__registry_entry;
typedef struct peri__use peri__use;

struct peri_buffer {
  uint64_t id;
  peri_format format; /* of every storage that it will have */
  atomic_uint_fast32_t references;
  peri__mutex lock;                 /* guards `storage` and what is in it, and all below */
  _Atomic(peri__storage *) storage; /* one holder is the buffer; written with the lock held, compared without it */
  atomic_uint_fast64_t version;     /* number of the reload that its samples come from; 0: none. Likewise */
  uint64_t reloads;                 /* asked for so far */
  /* What the storage says too, to be read on any thread without the lock: consistent when `facts` is even and the same
   * before and after. */
  atomic_uint_fast32_t facts, channels, frames;
  _Atomic double sample_rate, loop_start, loop_end;
  peri__registry_entry *entry; /* of the registry that knows it, guarded by the registries' lock */
  peri_buffer *newer, *older;  /* of all that are alive, guarded by a lock of their own */
};

/* No lock needed. Takes over the storage's reference; NULL drops it. */
peri_buffer *peri__buffer_of_storage(peri__storage *storage);
/* No lock needed. False for one whose last holder is just letting go: it stays lost. */
bool peri__buffer_retain_if_alive(peri_buffer *buffer);
/* No lock needed. The storage that a source gets now, held. */
peri__storage *peri__buffer_hold_storage(peri_buffer *buffer);
/* No lock needed. The number of a reload that is asked for. */
uint64_t peri__buffer_next_reload(peri_buffer *buffer);
/* No lock needed. Gives the buffer the samples of a reload, unless a later one was faster; what is left in `storage` is
 * the caller's to drop. */
bool peri__buffer_replace(peri_buffer *buffer, uint64_t reload, peri__storage **storage);
/* Grows with each reload that took place, in the whole process. */
uint64_t peri__buffer_replacements(void);

/* ---- Uses of storages, use.c ------------------------------------------------------------------------------------ */

/* Sources of one engine over one storage; see use.c. */
struct peri__use {
  peri__storage *storage; /* held; its buffer too */
  uint32_t count;         /* sources */
  peri__use *next;        /* in its place of the table */
};

/* Of the samples that the buffer has now. The use holds its storage, so no other one can have that address. */
static inline bool peri__use_is_of(const peri__use *use, peri_buffer *buffer) {
  return use->storage == atomic_load_explicit(&buffer->storage, memory_order_relaxed);
}

/* Whether the buffer was reloaded since. What a write has left behind is not outdated: its sources keep it. */
static inline bool peri__use_is_outdated(const peri__use *use) {
  const peri__storage *storage = use->storage;
  return storage->version != atomic_load_explicit(&storage->buffer->version, memory_order_relaxed);
}

peri__use *peri__use_find_or_make(peri_engine *engine, peri_buffer *buffer); /* not counted yet; NULL without memory */
void peri__use_end(peri_engine *engine, peri__use *use);                     /* its last source is gone */
static inline void peri__use_drop(peri_engine *engine, peri__use *use) {
  if (use && --use->count == 0) peri__use_end(engine, use);
}
void peri__uses_destroy(peri_engine *engine);

/* ---- The registry ----------------------------------------------------------------------------------------------- */

/* registry.c, no lock of an engine needed. Keys of contents begin with a 1. */
static inline bool peri__key_is_path(const char *key) { return key[0] != 1; }
/* A reference, or NULL. */
peri_buffer *peri__registry_find(peri_engine *engine, const char *key, size_t key_bytes, peri_format format);
/* Takes over the reference of `buffer`; gives back one of the buffer that the key has in its format from now on: it, or
 * the one that somebody else has made meanwhile. NULL without memory. */
peri_buffer *peri__registry_add(peri_engine *engine, const char *key, size_t key_bytes, peri_buffer *buffer);
/* peri__buffer_replace, and the buffer is known by where its samples come from. A path stays when contents come, which
 * are taken for the path's; no key is taken from another buffer. False, and nothing was done, without memory. */
bool peri__registry_replace(peri_engine *engine, const char *key, size_t key_bytes, peri_buffer *buffer,
                            uint64_t reload, peri__storage **storage);
/* The last reference is gone: takes the buffer out. */
void peri__registry_forget(peri_buffer *buffer);
void peri__registry_destroy(peri_engine *engine);

/* ---- The graph -------------------------------------------------------------------------------------------------- */

#define PERI_SOURCE_BIT 0x80000000u /* of an id's lower half: a source, not a node of the graph */

/* The place of an edge that carries nothing: the node only runs after the other one. */
#define PERI_PLACE_AFTER 0xFFFF

typedef struct peri__edge {
  uint32_t from, to;                                     /* nodes */
  uint16_t output, place;                                /* place: input, or number of inputs + parameter */
  uint32_t next_out, previous_out, next_in, previous_in; /* in the order of their calls */
} peri__edge;

typedef struct peri__graph_node {
  peri__node *render; /* NULL: a free slot */
  uint32_t generation;
  uint32_t next_free;
  uint8_t kind;
  bool held;    /* by whoever created it */
  bool removed; /* out of the graph, waiting for the plans that know it */
  peri_channel_rule rule;
  uint32_t first_out, last_out, first_in, last_in; /* edges */
  uint32_t sources;                                /* that feed one of its inputs or parameters */
  uint32_t taps;
  peri__source *source; /* whose step it is, for buffer sources */
  uint64_t removed_in;  /* sequence of the first plan without it */
  uint64_t removed_as;  /* commands sent before, which may name it */
  /* while a plan is compiled */
  uint32_t waiting;     /* edges from nodes not yet in order */
  uint32_t low, number; /* of the search for cycles */
  bool reached, on_stack, muted;
  bool loops;      /* it is connected to itself */
  bool split;      /* it breaks a cycle, in two steps */
  uint32_t bound;  /* channels of its outputs */
  uint32_t signal; /* its first */
} peri__graph_node;

typedef struct peri__move {
  peri__source *source;
  uint32_t generation;
  peri__input *from, *to;
} peri__move;

typedef struct peri__graph {
  peri__graph_node *nodes;
  size_t node_capacity, node_count; /* slots ever used */
  uint32_t free_node, live;
  peri__edge *edges;
  size_t edge_capacity, edge_count;
  uint32_t free_edge;
  peri__move *moves; /* to be sent ahead of the next plan */
  size_t move_capacity, move_count;
  uint32_t *work; /* order of the nodes, and a stack */
  size_t work_capacity;
  bool dirty;
  uint32_t scheduled; /* nodes that were started and have not ended */
  uint32_t *tails;    /* nodes that live only until their tail is over */
  size_t tail_capacity, tail_count;
  uint64_t sequence, returned; /* of the last plan sent; of the last before which all are gone, and that one too */
  uint64_t overtaken_from, overtaken_to; /* the latest plans that were taken back, in a row */
  peri__plan_place *sent;                /* where the last plan waits, until `sent_as` commands are applied */
  uint64_t sent_as;
  peri__plan_place *overtaken; /* where the one before waits, to be taken back once the last is committed */
  uint64_t overtaken_as, overtaken_sequence;
  uint32_t steps;    /* of the last plan */
  uint32_t *removed; /* nodes waiting to be freed */
  size_t removed_capacity, removed_count;
  void *spare; /* a plan's memory for reuse */
  size_t spare_bytes;
} peri__graph;

/* ---- Owners ----------------------------------------------------------------------------------------------------- */

typedef struct peri__owner_events {
  bool used;
  peri_event *events; /* a queue: from `first` on, `count` of them */
  size_t first, count, capacity;
  uint32_t loads; /* under way; there is room for their events */
} peri__owner_events;

/* ---- The engine ------------------------------------------------------------------------------------------------- */

struct peri__load;

struct peri_engine {
  peri__quick_lock lock;
  uint32_t batch;  /* depth of begin … commit */
  bool plan_owed;  /* what was sent since begin waits for a plan that could not be made yet */
  uint64_t pushed; /* commands */
  peri_files files;
  uint32_t loader_threads;
  peri__render render;
  peri__graph graph;
  uint32_t destination; /* its node; the id never changes */
  peri_node destination_id;
  uint32_t listener; /* its node, or PERI_NONE */
  /* sources */
  peri__source_chunk **chunks;
  size_t chunk_capacity, chunk_count;
  peri__source *free_source;
  peri__source_details *free_details;
  peri__filter *free_filters;
  peri_interpolation interpolation; /* of sources that name none */
  peri__use **uses;                 /* a table by buffer */
  size_t use_places, use_count;
  peri__use *last_use, *free_use;
  peri__link *ended;                 /* came back, not yet looked at */
  peri__link *ended_nodes;           /* likewise, of the graph, whose event there is no memory for */
  uint64_t replacements;             /* of buffers, that all sources have been told of */
  uint64_t followed_replacements;    /* likewise, by all convolvers */
  peri__successor *spare_successor;  /* for the next renewal */
  uint32_t sources;                  /* slots in use */
  uint64_t list_bytes;               /* of voice lists */
  peri__source_details *old_details; /* their parameters are named by commands that are not applied yet; oldest first */
  peri__source_details *last_old_details;
  /* owners */
  peri__owner_events *owners;
  size_t owner_capacity, owner_count;
  /* files */
  peri__registry_entry *registry;
  struct peri__load *loads; /* under way */
  peri__loader *loader;
  uint32_t load_count;
  atomic_bool closing; /* read by loader threads without the lock */
  bool told_nonfinite;
  /* output */
  peri__mutex changing_device; /* held by open and close, taken before `lock`: they are slow */
  peri__device *device;        /* written with both locks held */
  struct peri_tap *taps;
  struct peri_visualizer *visualizers;
  uint64_t underruns, device_losses; /* of devices that are closed */
  uint64_t tap_dropped;              /* of taps that are closed */
  double sample_rate;
  peri_wave *waves[PERI_OSCILLATOR_CUSTOM]; /* of the types that oscillators had so far; a sine has none */
  uint64_t profile_runs;                    /* times that profiling was switched on */
};

static inline void peri__lock(const peri_engine *engine) { peri__quick_lock_take((peri__quick_lock *)&engine->lock); }
static inline void peri__unlock(const peri_engine *engine) {
  peri__quick_lock_leave((peri__quick_lock *)&engine->lock);
}

/* Room for `bytes` of commands, so that what follows cannot fail half way. */
#define PERI_ROOM(engine, name) peri__commands_reserve(&(engine)->render.commands, PERI_COMMAND_BYTES(name))
#define PERI_SEND(engine, name, ...)                                                                                   \
  ((engine)->pushed++, (void)(PERI_PUSH(&(engine)->render.commands, name, __VA_ARGS__)))
/* What is left to do of it when a plan is owed or was overtaken. */
void peri__publish_plan(peri_engine *engine);
/* Commits what was sent, outside of begin … commit. Returns true. */
static inline bool peri__publish(peri_engine *engine) {
  if (engine->batch) return true;
  if (engine->plan_owed || engine->graph.overtaken)
    peri__publish_plan(engine);
  else
    peri__commands_commit(&engine->render.commands);
  return true;
}

/* Seconds to frames on the engine's clock; snaps to whole frames within 1/1024 of a frame. */
double peri__frames_of(const peri_engine *engine, double seconds);

#define PERI_RECLAIM_EACH_CALL 4u /* sources, at each create and play: nothing piles up without updates */
/* engine.c: takes back what the audio thread is done with; at most `most` sources. */
void peri__reclaim(peri_engine *engine, uint32_t most);
/* The same at each create and play: most find nothing to do. */
static inline void peri__reclaim_some(peri_engine *engine) {
  peri__render *render = &engine->render;
  bool any = engine->ended || engine->graph.removed_count || engine->taps ||
             atomic_load_explicit(&render->ended_sources.offered, memory_order_relaxed) ||
             atomic_load_explicit(&render->retired.offered, memory_order_relaxed);
  if (any) peri__reclaim(engine, PERI_RECLAIM_EACH_CALL);
}
/* Starts the loader threads if need be. */
bool peri__need_loader(peri_engine *engine);

/* graph.c */
bool peri__graph_create(peri_engine *engine, uint32_t channels);
void peri__graph_destroy(peri_engine *engine);
/* A slot and its render half; PERI_NONE on failure. `params` are taken over if given. */
uint32_t peri__graph_add(peri_engine *engine, const peri_node_def *def, peri__param *params);
/* Not for sources. NULL, and the first one sets no peri_error(): many that ask only want to know. */
static inline peri__graph_node *peri__peek_node(const peri_engine *engine, peri_node id) {
  uint32_t index = (uint32_t)id, generation = (uint32_t)(id >> 32);
  if (index >= engine->graph.node_count || generation == 0) return NULL;
  peri__graph_node *node = &engine->graph.nodes[index];
  return generation == node->generation && node->render && !node->removed && !node->source ? node : NULL;
}
peri__graph_node *peri__find_node(peri_engine *engine, peri_node id);
peri_node peri__node_id(const peri_engine *engine, uint32_t index);
void peri__graph_free_node(peri_engine *engine, uint32_t index);
void peri__unlink_out(peri_engine *engine, uint32_t node);
void peri__unlink_in(peri_engine *engine, uint32_t node);
peri__param *peri__params_create(const peri__kind *kind);
void peri__params_free(const peri__kind *kind, peri__param *params);
void peri__input_free(peri_engine *engine, peri__input *input);

/* convolver.c. Without the lock, on any thread but the audio thread: convolvers whose buffers were reloaded get new
 * responses; false without memory, and another call goes on. */
bool peri__convolvers_follow(peri_engine *engine);

/* option.c: sends a new part for a node, whose old one comes back; the part is freed if that fails. */
bool peri__node_send_part(peri_engine *engine, peri__graph_node *node, peri__part *part);

/* wave.c: the shapes of oscillators. */
bool peri__oscillator_set_type(peri_engine *engine, peri__graph_node *node, peri_oscillator_type type);
/* listener.c: makes the listener if need be, and what one more that hears it takes; false without memory. */
bool peri__listener_need(peri_engine *engine);
/* Ahead of it, a node that hears it. Cannot fail after peri__listener_need. */
void peri__listener_heard_by(peri_engine *engine, uint32_t node);

/* schedule.c: nodes that start and stop. */
bool peri__scheduled_start(peri_engine *engine, peri_node id, double when, double offset, double duration);
bool peri__scheduled_stop(peri_engine *engine, peri_node id, double when);
bool peri__scheduled_set_notify(peri_engine *engine, peri_node id, bool notify, uint64_t user);
peri_source_state peri__scheduled_state(peri_engine *engine, peri_node id);
/* One has ended, and has come back; false: nothing was done, for want of memory. */
bool peri__scheduled_ended(peri_engine *engine, peri__node *node);
void peri__scheduled_stop_owner(peri_engine *engine, peri_owner owner);
static inline bool peri__is_node(peri_node id) { return id && !((uint32_t)id & PERI_SOURCE_BIT); }

/* connect.c: room for `count` edges, and one of them, new for sure. */
bool peri__edges_reserve(peri__graph *graph, size_t count);
void peri__edge_add(peri__graph *graph, uint32_t from, uint32_t output, uint32_t to, uint32_t place);

/* connect.c: the node of a source as a step of the plan, with its connection; PERI_NONE on failure. */
uint32_t peri__source_step_node(peri_engine *engine, peri__source *source);

/* plan.c: compiles and sends the plan if anything was edited and no batch is open. */
bool peri__compile(peri_engine *engine);
/* Whether a tail is over, so that its node can go. */
void peri__tails_check(peri_engine *engine);
/* Takes back a plan that was never used, now that a newer one is committed. */
void peri__plan_take_back(peri_engine *engine);
void peri__plan_returned(peri_engine *engine, uint64_t sequence);
void peri__plan_free(peri_engine *engine, peri__plan *plan);

/* source.c; peri__source.flags */
enum {
  PERI_SOURCE_NOTIFY = 1,
  PERI_SOURCE_PANNED = 2,
  PERI_SOURCE_WHOLE_FRAMES = 4,
  PERI_SOURCE_WAS_STARTED = 8,
  PERI_SOURCE_HAD_BUFFER = 16,
  PERI_SOURCE_LOOPS = 32,
  PERI_SOURCE_IS_PAUSED = 64,
};

static inline bool peri__source_gone(const peri__source *source) {
  unsigned phase = atomic_load_explicit(&((peri__source *)source)->phase, memory_order_relaxed);
  return phase == PERI_SOURCE_FREE || phase == PERI_SOURCE_ENDED;
}
static inline bool peri__source_started(const peri__source *source) {
  return (source->flags & PERI_SOURCE_WAS_STARTED) != 0;
}
static inline peri_node peri__source_id(const peri__source *source) {
  return (peri_node)source->generation << 32 | PERI_SOURCE_BIT | source->index;
}
static inline peri__storage *peri__source_storage(const peri__source *source) {
  return source->use ? source->use->storage : NULL;
}

/* NULL, and the first one sets no peri_error(): many that ask only want to know. */
static inline peri__source *peri__peek_source(const peri_engine *engine, peri_node id) {
  uint32_t index = (uint32_t)id & ~PERI_SOURCE_BIT;
  size_t chunk = index / PERI_SOURCE_CHUNK;
  if (!((uint32_t)id & PERI_SOURCE_BIT) || chunk >= engine->chunk_count) return NULL;
  peri__source *source = &engine->chunks[chunk]->source[index % PERI_SOURCE_CHUNK];
  return source->generation == (uint32_t)(id >> 32) && !peri__source_gone(source) ? source : NULL;
}
peri__source *peri__find_source(peri_engine *engine, peri_node id);
bool peri__source_reclaim(peri_engine *engine, peri__source *source); /* false: nothing was done, for want of memory */
void peri__sources_destroy(peri_engine *engine);
void peri__source_release(peri_engine *engine, peri__source *source);
void peri__source_stop_owner(peri_engine *engine, peri_owner owner);
/* The graph node of a source, made if need be (it becomes a step of the plan); PERI_NONE on failure. */
uint32_t peri__source_junction(peri_engine *engine, peri__source *source);
/* Makes `input` the one that the source is a voice of; NULL: none. */
bool peri__source_attach(peri_engine *engine, peri__source *source, peri__input *input);

static inline peri__source_details *peri__source_details_now(const peri__source *source) { /* or NULL */
  return atomic_load_explicit(&((peri__source *)source)->details, memory_order_relaxed);
}
/* What a source comes to over a storage, mostly its own: loop points in 32.32 frames of the sound, gains of a volume,
 * the ratio of the sound's rate to ours, the step. */
void peri__source_loop_points(const peri__source *source, const peri__storage *storage, int64_t *start, int64_t *end);
void peri__source_gains(const peri__source *source, float volume, uint32_t channels, float gain[4]);
double peri__rate_ratio(const peri_engine *engine, const peri__storage *storage);
int64_t peri__source_step(const peri_engine *engine, const peri__source *source, const peri__storage *storage);
uint32_t peri__source_channels(const peri__source *source); /* the most that it will have in its input, unpanned */
void peri__source_raise_channels(peri_engine *engine, peri__input *input, uint32_t channels);
/* In the place of what it plays; NULL: nothing. False: nothing was done, for want of memory. */
bool peri__source_take_buffer(peri_engine *engine, peri__source *source, peri_buffer *buffer);

/* reload.c: successors of what sources play. */
/* Whether it has samples of which there are newer ones, that nothing but a reload replaced. */
static inline bool peri__source_is_outdated(const peri__source *source) {
  return source->use && peri__use_is_outdated(source->use);
}
/* Whether its buffer has been written or reloaded since it got it. */
static inline bool peri__source_is_behind(const peri__source *source) {
  return source->use && !peri__use_is_of(source->use, source->use->storage->buffer);
}
/* Before its start: it gets what the buffer has now (Web Audio 1.1, acquire the content). */
bool peri__source_acquire(peri_engine *engine, peri__source *source);
/* A started source whose samples were reloaded is offered the new ones; false without memory. `own`: it is an update,
 * which publishes edits of the graph; else also false where that would have to be done. */
bool peri__source_catch_up(peri_engine *engine, peri__source *source, bool own);
/* Tells the sources that wait for it of every reload; false when one could not be, and another call goes on. */
bool peri__reloads_offer(peri_engine *engine, bool own);
/* Room for commands of so many bytes about a source, and for the renewal that may follow them. */
bool peri__source_room(peri_engine *engine, peri__source *source, uint32_t bytes);
/* After commands that were made for the samples which the source had: the same for those on their way. */
void peri__successor_renew(peri_engine *engine, peri__source *source);
void peri__successor_renew_gains(peri_engine *engine, peri__source *source, uint32_t frames, bool keep_ramp);
void peri__successor_returned(peri_engine *engine, peri__successor *successor);
void peri__successor_free(peri_engine *engine, peri__successor *successor);

/* details.c; made if need be, NULL on failure. A source with a filter or parameters has details too. */
peri__source_details *peri__source_details_of(peri_engine *engine, peri__source *source);
peri__filter *peri__source_filter_of(peri_engine *engine, peri__source *source);
peri__param *peri__source_params(peri_engine *engine, peri__source *source);
void peri__source_drop_details(peri_engine *engine, peri__source *source);
/* Frees those of ended sources that none of the commands left to apply can name. */
void peri__details_collect(peri_engine *engine, uint64_t applied);
void peri__details_destroy(peri_engine *engine);

/* check.c; false sets peri_error(). */
/* Plain: nothing in it but what every source has, to start at once. */
typedef enum { PERI_DEF_WRONG, PERI_DEF_PLAIN, PERI_DEF_DETAILED } peri__def_kind;
peri__def_kind peri__check_source_def(const peri_engine *engine, const peri_source_def *def);
bool peri__check_duration(double value);
bool peri__check_finite(const char *what, double value);
bool peri__check_time(const char *what, double value);
bool peri__check_loop(double start, double end);
bool peri__check_pan(float pan);
bool peri__check_filter(const peri_filter *filter);
bool peri__check_interpolation(const char *whose, peri_interpolation interpolation);

/* param.c */
float peri__param_value(const peri__param *param);
void peri__timeline_free(struct peri__timeline *timeline);

/* owner.c */
/* Takes over the event's buffer. False without memory, never for PERI_EVENT_LOADED. An owner that is gone is told
 * nothing. */
bool peri__owner_notify(peri_engine *engine, peri_owner owner, const peri_event *event);
/* Keeps room for the event of a load that begins; false sets peri_error(). */
bool peri__owner_expect_load(peri_engine *engine, peri_owner owner);
void peri__owner_expect_no_load(peri_engine *engine, peri_owner owner);
bool peri__owner_exists(const peri_engine *engine, peri_owner owner);
void peri__owners_destroy(peri_engine *engine);

/* load.c */
void peri__loads_forget(peri_engine *engine, peri_owner owner);

/* tap.c */
struct peri_tap {
  peri_tap *next;
  peri_engine *engine;
  uint32_t node;
  uint32_t channels;
  bool closed;
  uint64_t removed_in; /* sequence of the first plan without it */
  struct peri__blocks *blocks;
};
void peri__taps_collect(peri_engine *engine); /* frees closed taps that no plan knows any more */
void peri__taps_destroy(peri_engine *engine);
void peri__visualizers_destroy(peri_engine *engine);

#endif
