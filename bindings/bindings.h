/* What the files of the bindings share: the record of a Lua state, the shape of its handles, contexts.
 *
 * A handle is a full userdata that begins with a peri__lua_head. Its type is a static descriptor: checking one compares
 * a size and a pointer. What lives longer than a handle (a context, the state's callbacks) is C memory or in the
 * registry, because at the end of a state Lua finalises handles in any order; their memory stays until all are. */
#ifndef PERI_LUA_BINDINGS_H
#define PERI_LUA_BINDINGS_H

#include "compat.h"
#include "perilune/perilune.h"
#include "perilune/perilune_lua.h"

typedef struct peri__lua peri__lua;
typedef struct peri__lua_type peri__lua_type;
typedef struct peri__lua_trial peri__lua_trial;

typedef struct peri__lua_head {
  void *zero[2]; /* LÖVE reads the first words of any userdata as its own proxy; zeros say "not mine" */
  const peri__lua_type *type;
} peri__lua_head;

typedef struct peri__lua_property {
  const char *name;
  void (*get)(lua_State *L, peri__lua *state, void *self); /* pushes one value */
  /* Takes what stands at `value`; NULL: read only. */
  void (*set)(lua_State *L, peri__lua *state, void *self, int value, const char *name);
} peri__lua_property;

typedef enum {
  PERI_LUA_CONTEXT,
  PERI_LUA_OFFLINE_CONTEXT,
  PERI_LUA_DESTINATION,
  PERI_LUA_BUFFER_SOURCE,
  PERI_LUA_GAIN,
  PERI_LUA_STEREO_PANNER,
  PERI_LUA_CONSTANT_SOURCE,
  PERI_LUA_CHANNEL_SPLITTER,
  PERI_LUA_CHANNEL_MERGER,
  PERI_LUA_DELAY,
  PERI_LUA_WAVE_SHAPER,
  PERI_LUA_ANALYSER,
  PERI_LUA_OSCILLATOR,
  PERI_LUA_WAVE,
  PERI_LUA_BIQUAD_FILTER,
  PERI_LUA_IIR_FILTER,
  PERI_LUA_CONVOLVER,
  PERI_LUA_DYNAMICS_COMPRESSOR,
  PERI_LUA_LISTENER,
  PERI_LUA_PANNER,
  PERI_LUA_CUSTOM,
  PERI_LUA_CUSTOM_SOURCE,
  PERI_LUA_PARAM,
  PERI_LUA_BUFFER,
  PERI_LUA_SOUND,
  PERI_LUA_SOURCE,
  PERI_LUA_TAP,
  PERI_LUA_BLOCK,
  PERI_LUA_TYPES
} peri__lua_type_id;

#define PERI_LUA_NO_NODE (-1)

struct peri__lua_type {
  const char *name;
  const peri__lua_type *base; /* its methods and properties belong to this type too */
  const luaL_Reg *methods;    /* ends with {NULL, NULL}, like the others; NULL: none */
  const peri__lua_property *properties;
  const luaL_Reg *metamethods;
  void (*item)(lua_State *L, void *self, double place); /* pushes self[place]; NULL: it has no items */
  size_t size;
  peri__lua_type_id id;
  int node_kind; /* a peri_node_kind, whose parameters are properties; or PERI_LUA_NO_NODE */
};

extern const peri__lua_type peri__lua_base_context, peri__lua_context_type, peri__lua_offline_context_type;
extern const peri__lua_type peri__lua_audio_node, peri__lua_destination_type, peri__lua_gain_type,
    peri__lua_stereo_panner_type, peri__lua_scheduled_node, peri__lua_constant_source_type,
    peri__lua_channel_splitter_type, peri__lua_channel_merger_type;
extern const peri__lua_type peri__lua_delay_type, peri__lua_wave_shaper_type, peri__lua_analyser_type;
extern const peri__lua_type peri__lua_oscillator_type, peri__lua_wave_type, peri__lua_biquad_filter_type,
    peri__lua_iir_filter_type;
extern const peri__lua_type peri__lua_convolver_type, peri__lua_dynamics_compressor_type;
extern const peri__lua_type peri__lua_listener_type, peri__lua_panner_type;
/* Of all kinds that a host has registered; the second of those that start and stop. */
extern const peri__lua_type peri__lua_custom_type, peri__lua_custom_source_type;
static inline bool peri__lua_is_custom(const peri__lua_type *type) { return type->node_kind == PERI_NODE_KINDS_END; }
extern const peri__lua_type peri__lua_buffer_source_type, peri__lua_param_type, peri__lua_buffer_type;
extern const peri__lua_type peri__lua_sound_type, peri__lua_source_type, peri__lua_tap_type, peri__lua_block_type;
extern const peri__lua_type *const peri__lua_types[PERI_LUA_TYPES]; /* by id */
extern const luaL_Reg peri__lua_functions[];                        /* of the module, and what its Lua half calls */
extern const luaL_Reg peri__lua_offline_methods[];

/* ---- Contexts --------------------------------------------------------------------------------------------------- */

typedef enum {
  PERI_LUA_SHARED,   /* the process's default engine, which all its Lua states share */
  PERI_LUA_ATTACHED, /* a host's engine */
  PERI_LUA_OWN,      /* made by newContext */
  PERI_LUA_OFFLINE,  /* made by newOfflineContext */
} peri__lua_context_kind;

typedef enum { PERI_LUA_WAITING, PERI_LUA_RENDERING, PERI_LUA_SUSPENDED, PERI_LUA_RENDERED } peri__lua_offline_state;

/* A state's part in an engine. Lives until the last handle that leads to it is gone, and while it sounds. */
typedef struct peri__lua_context {
  struct peri__lua_context *next; /* in the state's list */
  peri__lua *state;
  peri_engine *engine; /* NULL once it is destroyed */
  peri_owner owner;
  peri_node destination;
  peri_node listener; /* 0 until it is asked for */
  double sample_rate;
  double closed_at; /* currentTime when it was closed */
  uint32_t references;
  peri__lua_context_kind kind;
  bool closed;
  bool on_trial, made_on_trial; /* its engine is in a trial's batch; it was made by the trial */
  int callbacks;                /* registry reference of the table key → function; LUA_NOREF until there is one */
  int nodes; /* likewise of the table slot → handle, weak: nodes but destination and buffer sources */
  uint32_t callback_count;
  uint32_t loads;                    /* asynchronous ones under way */
  struct peri__lua_late_event *late; /* events that wait for the end of a trial, in their order */

  uint64_t length; /* offline only, as the rest: frames to render */
  peri__lua_offline_state offline;
  int suspensions; /* registry reference of the table frame → function; LUA_NOREF until there is one */
} peri__lua_context;

/* Gives the caller a reference; NULL sets peri_error() or means no memory. */
peri__lua_context *peri__lua_context_create(peri__lua *state, peri_engine *engine, peri__lua_context_kind kind);
/* The default context, made at its first use; raises when it cannot be. */
peri__lua_context *peri__lua_context_default(lua_State *L, peri__lua *state);
void peri__lua_context_retain(peri__lua_context *context);
/* Closes the context when nothing leads to it and nothing sounds. */
void peri__lua_context_release(lua_State *L, peri__lua_context *context);
/* Stops its sounds and forgets its callbacks; an engine that nobody else uses is destroyed. */
void peri__lua_context_close(lua_State *L, peri__lua_context *context);
/* The engine of a context that is not closed; else raises. */
peri_engine *peri__lua_engine(lua_State *L, const peri__lua_context *context);
/* The state closes, and all contexts are closed: those go too that handles still have, see own.c. */
void peri__lua_contexts_free(peri__lua *state);
void peri__lua_push_context(lua_State *L, peri__lua_context *context);
peri__lua_context *peri__lua_check_context(lua_State *L, int index);
int peri__lua_open_default(lua_State *L);
int peri__lua_new_context(lua_State *L);
int peri__lua_new_offline_context(lua_State *L);

/* What a callback is kept by, whole below 2^53, as all numbers of Lua 5.1 must be. A slot of the engine is used 2^21
 * times before a source has the key of an earlier one. Loads count downwards from −1. */
static inline int64_t peri__lua_source_key(peri_node id) {
  uint64_t of_graph = id & 0x80000000u ? 0 : (uint64_t)1 << 52; /* a node that is no buffer source */
  return (int64_t)(of_graph | (id >> 32 & 0x1FFFFFu) << 31 | (id & 0x7FFFFFFFu));
}
/* Keeps the function at `index` as the callback of `key`; nil forgets it. */
void peri__lua_set_callback(lua_State *L, peri__lua_context *context, int64_t key, int index);
/* Pushes it, or nil. */
void peri__lua_push_callback(lua_State *L, peri__lua_context *context, int64_t key);

/* ---- The record of a Lua state ---------------------------------------------------------------------------------- */

#define PERI_LUA_PLAY_OPTIONS 13

struct peri__lua {
  void *zero[2];
  peri__lua_context *context;  /* the default one; NULL before its first use */
  peri_engine *attached;       /* the host's, or NULL */
  peri__lua_context *contexts; /* all of this state's */
  int64_t last_load;           /* the key of its callback */
  uint64_t errors;             /* raised by callbacks so far */
  uint64_t random;             /* state of the generator of random picks */
  peri__lua_trial *trial;      /* NULL: none is under way (trial.h) */
  bool closing;
  int metatables[PERI_LUA_TYPES];                  /* registry references, as the rest */
  int handles;                                     /* weak: address → handle, for those that must be found again */
  int extras;                                      /* weak: handle → what few of them have */
  const char *play_options[PERI_LUA_PLAY_OPTIONS]; /* names, as this state has them, kept by the registry */
  int core;                                        /* the table of C functions for the Lua half */
  int module, on_error, files;                     /* LUA_NOREF: none, as for the rest */
  int settings, settings_before;                   /* what the file that runs assigns; what it did the last time */
  int undo_on_error, undo_files;                   /* functions that forget these, held weakly by the reloader */
  int reloader;                                    /* the table of functions of perilune.reload */
  struct peri__lua_owned **owned;                  /* a table: what handles lead to (own.c) */
  size_t owned_places, owned_count;
};

/* The record, from a function of the bindings (its first upvalue). */
static inline peri__lua *peri__lua_state(lua_State *L) { return (peri__lua *)lua_touserdata(L, lua_upvalueindex(1)); }

/* The record of any state, made at the first call. May raise for want of memory. */
peri__lua *peri__lua_open(lua_State *L);

/* Pushes a new handle of zeros behind its head. */
void *peri__lua_new(lua_State *L, peri__lua *state, const peri__lua_type *type, int user_values);

/* Handles that are found again by the address of what they stand for, as long as they live: `find` pushes the handle
 * and returns true, or pushes nothing; `remember` notes the one on top of the stack. */
bool peri__lua_find(lua_State *L, peri__lua *state, const void *address);
void peri__lua_remember(lua_State *L, peri__lua *state, const void *address);

/* Takes over the caller's reference for a handle, which has the object until it disowns it; NULL is none. Without
 * memory it is let go, and an error raised. */
peri_buffer *peri__lua_own_buffer(lua_State *L, peri__lua *state, peri_buffer *buffer);
peri_wave *peri__lua_own_wave(lua_State *L, peri__lua *state, peri_wave *wave);
void *peri__lua_own_memory(lua_State *L, peri__lua *state, void *memory); /* of malloc, whose NULL raises too */
void peri__lua_disown(peri__lua *state, const void *object);
/* The state closes: whatever handles still have. */
void peri__lua_disown_all(peri__lua *state);

/* One value that lives as long as the handle at `handle` (an index from the bottom), though it may lead to it: `keep`
 * pops it. Only handles that have one pay for it. Not for a Source, whose extras stand in its place. */
void peri__lua_keep(lua_State *L, peri__lua *state, int handle);
void peri__lua_push_kept(lua_State *L, peri__lua *state, int handle); /* or nil */

/* Calls the function below its `arguments` and reports an error; true when there was none. Pops all of them. */
bool peri__lua_call(lua_State *L, peri__lua *state, int arguments);

/* Updates every context and runs callbacks; false when one raised an error. */
bool peri__lua_update(lua_State *L, peri__lua *state);
/* Drops what waits for the end of a trial. */
void peri__lua_forget_late(peri__lua_context *context);
/* Takes and runs what came for one context. */
void peri__lua_deliver(lua_State *L, peri__lua_context *context);

/* Makes the files of the Lua half available to require. */
void peri__lua_preload_half(lua_State *L, peri__lua *state);
/* Runs one with the core table as its argument and pushes what it returns. */
void peri__lua_run_half(lua_State *L, peri__lua *state, const char *name);

/* ---- Nodes, parameters, buffers, the file hook ------------------------------------------------------------------ */

typedef struct peri__lua_node {
  peri__lua_head head;
  peri__lua_context *context; /* a reference; NULL once finalised */
  peri_node id;
  peri_node_kind kind; /* of a custom node; of others its type says it */
} peri__lua_node;

/* What its kind has. */
const peri_node_info *peri__lua_node_info(const peri__lua_node *node);
/* What it is called in messages. */
const char *peri__lua_node_name(const peri__lua_node *node);

/* The engine of a node that can be used; raises when its context is closed or it has ended. */
peri_engine *peri__lua_node_engine(lua_State *L, const peri__lua_node *node);
bool peri__lua_node_has_ended(const peri__lua_node *node);
/* Raises what the engine said of a call that it refused; of a node that has ended, that it has. */
void peri__lua_node_fail(lua_State *L, const peri__lua_node *node) __attribute__((noreturn));
peri__lua_node *peri__lua_new_node(lua_State *L, peri__lua *state, peri__lua_context *context,
                                   const peri__lua_type *type);
/* Its finaliser; a source that was started needs no release. */
void peri__lua_node_let_go(lua_State *L, peri__lua_node *node, bool release);
/* Notes the node on top of the stack, so that it is found by its id as long as its handle lives. */
void peri__lua_remember_node(lua_State *L, peri__lua_context *context);
/* Pushes the handle of a node, or nil when there is none, or it is a buffer source's. */
void peri__lua_push_node(lua_State *L, peri__lua_context *context, peri_node id);
void peri__lua_push_destination(lua_State *L, peri__lua *state, peri__lua_context *context);
/* Sets each property that the table at `options` names (nil and none: nothing to do). */
void peri__lua_apply_options(lua_State *L, peri__lua *state, int node, int options);
int peri__lua_create_buffer_source(lua_State *L);
/* A new node of the context at 1, by `def` (NULL: what its kind has by default), with the properties of the table at
 * `options`, if any. The node alone is left on the stack. */
int peri__lua_create_node(lua_State *L, const peri__lua_type *type, const peri_node_def *def, int options);
/* Puts a copy without `name` in the place of the table at `options`, and pushes what the name had. */
void peri__lua_take_option(lua_State *L, int options, const char *name);
/* A finaliser of nodes. */
int peri__lua_collect_node(lua_State *L);
/* A property that is an option of the engine's. */
void peri__lua_push_option(lua_State *L, const peri__lua_node *node, uint32_t option);
void peri__lua_set_option(lua_State *L, const peri__lua_node *node, uint32_t option, int value, const char *name);

/* A node that starts and stops. */
typedef struct peri__lua_scheduled {
  peri__lua_node node;
  bool started;
  bool keeps_function; /* its onended, until the start */
} peri__lua_scheduled;

/* Starts the node of the method that runs, whose arguments are 1 to `count`. */
void peri__lua_start(lua_State *L, peri__lua_scheduled *source, int count, double when, double offset, double duration);
/* Ditto of onended, which both kinds have; see peri__lua_property. */
void peri__lua_get_on_ended(lua_State *L, peri__lua *state, void *self);
void peri__lua_set_on_ended(lua_State *L, peri__lua *state, void *self, int value, const char *name);
int peri__lua_stop_scheduled(lua_State *L);
int peri__lua_create_constant_source(lua_State *L);
int peri__lua_create_channel_splitter(lua_State *L);
int peri__lua_create_channel_merger(lua_State *L);
int peri__lua_create_delay(lua_State *L);
int peri__lua_create_wave_shaper(lua_State *L);
int peri__lua_create_analyser(lua_State *L);
int peri__lua_create_oscillator(lua_State *L);
int peri__lua_create_periodic_wave(lua_State *L);
int peri__lua_create_biquad_filter(lua_State *L);
int peri__lua_create_iir_filter(lua_State *L);
int peri__lua_create_convolver(lua_State *L);
int peri__lua_create_dynamics_compressor(lua_State *L);
int peri__lua_create_panner(lua_State *L);
int peri__lua_create_custom(lua_State *L);
/* The place of a member of a custom node: a parameter's, or an option's counted downwards from −1. Raises when there is
 * none. */
int peri__lua_custom_member(lua_State *L, const peri__lua_node *node, int key);
void peri__lua_push_listener(lua_State *L, peri__lua *state, peri__lua_context *context);

typedef struct peri__lua_param {
  peri__lua_head head;
  peri__lua_node *node; /* kept by the user value */
  uint32_t index;
} peri__lua_param;

const peri_param_info *peri__lua_param_info(const peri__lua_param *param);
void peri__lua_push_param(lua_State *L, peri__lua *state, int node_index, uint32_t param_index);
/* The value that stands at `index`, for a parameter of a node. */
void peri__lua_set_param(lua_State *L, peri__lua_node *node, uint32_t param, int index, const char *name);

typedef struct peri__lua_buffer {
  peri__lua_head head;
  peri_buffer *buffer; /* owned; NULL once finalised */
} peri__lua_buffer;

/* Pushes the handle of a buffer and takes over the caller's reference. NULL raises peri_error(). */
void peri__lua_push_buffer(lua_State *L, peri__lua *state, peri_buffer *buffer);
peri_buffer *peri__lua_check_buffer(lua_State *L, int index, const char *name);
/* Pushes the buffer of the path or file contents at `index`. */
void peri__lua_decode(lua_State *L, peri__lua *state, peri__lua_context *context, int index, peri_format format);
/* The same on a loader thread; the function at `callback` gets the Buffer, or nil and why not. */
void peri__lua_decode_async(lua_State *L, peri__lua *state, peri__lua_context *context, int index, int callback,
                            peri_format format);

/* The file at `index` in the place of what the buffer holds; the function at `callback` likewise gets it, or nil and
 * why not, and nothing has changed. */
void peri__lua_reload_async(lua_State *L, peri__lua *state, peri__lua_context *context, peri_buffer *buffer, int index,
                            int callback);

/* Pushes a table of all figures of the context's engine. */
void peri__lua_push_stats(lua_State *L, peri__lua_context *context);

int peri__lua_create_tap(lua_State *L);
int peri__lua_new_sound(lua_State *L);
/* Finds out where this state has the names of play's options. */
void peri__lua_intern_options(lua_State *L, peri__lua *state);
int peri__lua_seed(lua_State *L);

/* Files that may be saved while the game runs, for the Lua half. */
int peri__lua_watch(lua_State *L);
int peri__lua_unwatch(lua_State *L);
int peri__lua_changed_files(lua_State *L);

/* ---- For reloading: all that a state holds (heap_save.c, heap_replace.c, locals.c) ------------------------------- */

int peri__lua_save_heap(lua_State *L);
int peri__lua_restore_heap(lua_State *L);
int peri__lua_was_in_heap(lua_State *L);
int peri__lua_replace_in_heap(lua_State *L);
int peri__lua_call_with_locals(lua_State *L);
int peri__lua_call_marked(lua_State *L);
int peri__lua_chunk_ended(lua_State *L);

#endif
