/* The audio thread's side of an engine: signals, inputs, parameters, nodes and the plan that orders them; voices are in
 * voice.h, which also says how structs tell who may write them. */
#ifndef PERI_RENDER_H
#define PERI_RENDER_H

#include "render/voice.h"

#include "dsp/kernels.h"

#include <stddef.h>
#include <string.h>

typedef struct peri__render peri__render;

/* ---- Load ------------------------------------------------------------------------------------------------------- */

/* Time taken over the time that is rendered. The audio thread writes, control reads. */
typedef struct peri__load_meter {
  _Atomic double mean; /* of what is measured so far, and that forgets in some 100 ms */
  _Atomic double peak; /* the worst measurement of the last second */
  /* audio thread */
  double measured; /* seconds rendered */
  double peak_age; /* seconds rendered since peak was set */
} peri__load_meter;

/* What a node takes, written each quantum while profiling. */
typedef struct peri__cost {
  peri__load_meter load;       /* its voices included */
  _Atomic double voices_load;  /* mean of its voices alone */
  atomic_uint_fast32_t voices; /* in the lists of its inputs and parameters */
  atomic_uint_fast64_t run;    /* of profiling, in which all of this was measured */
} peri__cost;

/* ---- Signals ---------------------------------------------------------------------------------------------------- */

/* One quantum of audio. When `silent`, the samples are not to be read: they stand for zeros. */
typedef struct peri__signal {
  float *samples; /* planar, channels PERI_QUANTUM floats apart */
  bool silent;
  uint32_t channels; /* in this quantum, 1 to capacity */
  uint32_t capacity;
  bool finite; /* of an output: whoever made it has seen that it is; false: it is looked at. Not beside `silent`:
                * compilers read both as one number, which waits for the bytes that have just been written. */
  bool idle;   /* no node that is actively processing has a part in it (Web Audio 1.1, 1.5.3): silent, and one channel
                * where a node puts it out. Whoever made an output does not say this: render.c does. */
} peri__signal;

/* AUDIO THREAD. The output becomes the input. */
static inline void peri__hand_on(const peri__signal *in, peri__signal *out) {
  out->channels = in->channels;
  out->silent = in->silent;
  if (!in->silent) memcpy(out->samples, in->samples, (size_t)in->channels * PERI_QUANTUM * sizeof(float));
}

/* ---- Inputs: of nodes and of parameters ------------------------------------------------------------------------- */

typedef struct peri__voice_list {
  peri__retired retired;
  uint32_t capacity;
  peri__voice *voice[];
} peri__voice_list;

struct peri__input {
  /* audio thread */
  peri__voice_list *list; /* in the order of their starts */
  uint32_t count;
  bool *settled; /* of the node whose parameter it belongs to, see peri__node; NULL: there is none */
  /* control */
  uint32_t sources;     /* that have it as their destination, started or not, until they are reclaimed */
  uint32_t started;     /* of them, those the list must have room for */
  uint32_t promised;    /* capacity of the list last sent */
  uint32_t channels;    /* upper bound of its voices' */
  uint32_t node, place; /* whose it is: the node's place-th input, its parameters' counted behind */
};

/* ---- Parameters ------------------------------------------------------------------------------------------------- */

typedef enum {
  PERI_EVENT_SET,
  PERI_EVENT_LINEAR,
  PERI_EVENT_EXPONENTIAL,
  PERI_EVENT_TARGET,
  PERI_EVENT_CURVE,
} peri__event_type;

/* An automation event. Control makes it, the audio thread has it from PARAM_EVENT until it is retired. */
typedef struct peri__event {
  peri__retired retired;
  struct peri__event *next;
  peri__event_type type;
  float value;          /* reached at `time`; the target of a TARGET */
  double time;          /* frames on the engine's clock: the end of a ramp, the start of the others */
  double span;          /* frames: time constant of a TARGET, duration of a CURVE */
  uint32_t curve_count; /* values of a CURVE, behind the struct */
  float curve[];
} peri__event;

/* What is in force since the last event that has come. */
typedef struct peri__anchor {
  peri__event_type type; /* SET, TARGET or CURVE */
  double time;           /* since when, frames; below 0 before anything was set: a ramp does not begin there */
  double value;          /* then: of a SET for good, of a TARGET where it began */
  peri__event *event;    /* of a TARGET or CURVE, retired when it is over */
  double curve_end;      /* frames; a hold may cut a curve short */
} peri__anchor;

typedef enum { PERI_MOTION_LINE, PERI_MOTION_POWER, PERI_MOTION_CURVE } peri__motion_shape;

/* How a parameter's value goes from the anchor on until something comes, worked out once: base + step × t,
 * base + scale × 2^(step × t), or a curve whose place is step × t, where t are frames since `since`. */
typedef struct peri__motion {
  double until; /* frames; not later than now: it is to be worked out */
  double since, base, scale, step;
  double ratio; /* 2^step, of a POWER */
  peri__motion_shape shape;
  bool moves; /* not a line that is flat */
} peri__motion;

struct peri__param {
  const peri_param_info *info;
  peri__input input; /* what is connected to it */
  /* audio thread */
  peri__motion motion;
  peri__anchor anchor;
  peri__anchor beneath; /* of an anchor that is a curve: the one before it, for when the curve is cancelled */
  peri__event *events;  /* yet to come, by time, in the order of their calls where times are equal */
  peri__event *last;    /* of them; most are added behind it */
  bool audio_rate;
  uint64_t evaluated;           /* 1 + the frame of the quantum that `value` belongs to */
  float value;                  /* computed, at the start of that quantum */
  _Atomic float shown;          /* intrinsic value at the end of the last quantum, for control */
  atomic_uint_fast32_t applied; /* sequence of the last PARAM_VALUE */
  /* control */
  float set_value;   /* by the last PARAM_VALUE */
  uint32_t sequence; /* of the last PARAM_VALUE sent */
  bool set_audio_rate;
  struct peri__timeline *timeline; /* what was scheduled, for the checks that an error demands */
};

/* A parameter's values in one quantum. */
typedef struct peri__values {
  const float *frames; /* PERI_QUANTUM of them, also when steady, but see peri__kind.first_if_steady */
  float first;
  bool steady; /* all are `first` */
} peri__values;

/* ---- Nodes ------------------------------------------------------------------------------------------------------ */

/* What a node's process is given. */
typedef struct peri__process {
  void *state;
  const struct peri__part *part; /* or NULL */
  uint32_t input_count, output_count;
  /* of a scheduled node: the frames of this quantum in which it sounds, and how far behind its start the first one is,
   * a part of a frame if it is just that one */
  uint32_t begin, end;
  double fraction;
  const peri__signal *inputs;
  peri__signal *outputs; /* to be filled in: channels, silent, samples */
  const peri__values *params;
  const void *listener; /* state of the engine's listener, of a kind that hears_listener */
  const peri__kernels *kernels;
  double sample_rate;
  uint64_t frame; /* of the quantum's start */
  bool in_cycle;  /* this step makes the outputs, `absorb` takes the inputs */
  peri_interpretation interpretation;
} peri__process;

/* What a node's set-up is handed. CONTROL. */
typedef struct peri__setup {
  const struct peri__kind *kind;
  const peri_node_def *def; /* NULL for check_option and option_part */
  double sample_rate;
  void *listener; /* state of the engine's listener, for option_part */
  void **ahead;   /* what option_ahead made, likewise: taken over where NULL is left */
} peri__setup;

#define PERI_MAX_OPTIONS 8 /* of a kind */

/* Something large that a node works with and control replaces as a whole: a curve, a wave, a response. Control makes
 * it; the audio thread has it from NODE_PART on and hands it back when another one came. */
typedef struct peri__part {
  peri__retired retired;
  void (*free)(struct peri__part *part); /* CONTROL */
} peri__part;

/* Of a node. A faint one, below −120 dB, goes on, but nobody waits for its end. */
typedef enum { PERI_TAIL_OVER, PERI_TAIL_FAINT, PERI_TAIL_HEARD } peri__tail;
#define PERI_FAINT 1e-6f

/* A kind of node: everything the engine knows of it. */
typedef struct peri__kind {
  peri_node_info info;
  size_t state_bytes;   /* zeroed, aligned to a cache line */
  bool first_if_steady; /* `process` reads no `frames` of a steady parameter, which then hold anything */
  bool has_tail;        /* may sound, or still change, after its inputs have fallen silent */
  bool has_curve;       /* its part is one: nodes/wave_shaper.c */
  bool breaks_cycles;   /* in a cycle it is run in two steps: `process` without inputs, and later `absorb` */
  bool hears_listener;  /* runs after the engine's listener, whose state it reads */
  /* CONTROL; each may be NULL. What is wrong with a definition, as a failure; memory besides the state. */
  bool (*check)(const peri__setup *setup);
  bool (*create)(void *state, const peri__setup *setup);
  void (*destroy)(void *state);
  /* CONTROL. A part for so many channels, more than before; `state` is what `create` has left there for it. */
  peri__part *(*grow)(void *state, uint32_t channels);
  /* CONTROL. Ranges of parameters that are other than `info` has them, by the definition; NULL: none are. */
  void (*ranges)(const peri__setup *setup, peri_param_info *params);
  /* CONTROL. Whether an option that is of its type and in its range may become `value`, as a failure; NULL: always. */
  bool (*check_option)(const peri__setup *setup, const double *options, uint32_t option, double value);
  /* CONTROL. What follows from another value. */
  void (*option_changed)(void *state, uint32_t option);
  /* CONTROL, on any thread, and alone without the engine's lock, since it may take long: what several parts for an
   * option's new value share. *ahead is NULL and stays so when there is nothing; what is left in it is let go by
   * `drop_ahead`. False with a message: the option does not change. Both NULL: no option needs any. */
  bool (*option_ahead)(double sample_rate, uint32_t option, double value, void **ahead);
  void (*drop_ahead)(void *ahead);
  /* CONTROL. The part that an option's new value needs, sent ahead of it; *part is NULL and stays so when it needs
   * none. False with a message: the option does not change. NULL: no option needs one. */
  bool (*option_part)(const peri__setup *setup, const double *options, uint32_t option, double value,
                      peri__part **part);
  /* AUDIO THREAD. */
  void (*set_option)(void *state, uint32_t option, double value);
  /* AUDIO THREAD. The second step in a cycle: takes the inputs of the quantum that `process` has made the outputs of.
   */
  void (*absorb)(const peri__process *process);
  /* AUDIO THREAD. Of a kind that goes on for a while with the parts that it had: the next one, NULL for none, is the
   * state's from now on. Asked for until it has none, then and after each quantum: a part that it is done with, or
   * NULL. What it has at its end, `destroy` frees. Both NULL: the node's part is `process`'s until the next one comes.
   */
  void (*take_part)(void *state, peri__part *part);
  peri__part *(*spent_part)(void *state);
  /* AUDIO THREAD. What there is of the tail, whether or not anything comes out now; NULL: just what comes out. */
  peri__tail (*tail)(const void *state);
  peri_channel_rule rule; /* default of its inputs */
  uint32_t max_count;     /* largest channelCount allowed */
  bool no_max_mode;       /* channelCountMode "max" is refused */
  bool fixed_mode;        /* channelCountMode cannot be changed, and so on */
  bool fixed_count, fixed_interpretation;
  bool count_is_ports; /* a node's first channelCount is the number of its ports */
  /* Of an output at most: as many as there are inputs, or so many; if neither, as many as an input has. */
  bool output_is_ports;
  uint32_t output_channels;
  /* AUDIO THREAD. */
  void (*process)(const peri__process *process);
  /* AUDIO THREAD. Forgets all state after a NaN; NULL where there is none. */
  void (*reset)(void *state);
} peri__kind;

enum { PERI_SCHEDULE_NEW, PERI_SCHEDULE_STARTED, PERI_SCHEDULE_ENDED };

typedef struct peri__node {
  _Alignas(PERI_CACHE_LINE) const peri__kind *kind; /* first what each quantum reads */
  void *state;
  uint32_t input_count, output_count;
  peri__input *inputs; /* input_count */
  peri__param *params; /* kind->info.params */
  /* audio thread */
  peri__values *values; /* of all parameters; NULL: they are computed each quantum */
  peri__part *part;
  bool settled; /* `values` hold until a command or a voice comes to a parameter; edges to them are the plan's */
  bool ended;
  double start, stop; /* of a scheduled node, in frames; PERI_UNSCHEDULED: not yet */
  peri__cost cost;
  peri__retired retired; /* of a scheduled node that has ended */
  /* the audio thread writes, control reads */
  atomic_bool sounding; /* of a kind with a tail: in the last quantum something came in, or went out and may again */
  /* control alone */
  size_t bytes;            /* of the block that it begins */
  peri_param_info *ranges; /* of its parameters, where they are not their kind's; else NULL */
  double options[PERI_MAX_OPTIONS];
  uint32_t index, generation; /* of the graph */
  uint8_t schedule;
  uint32_t grown;          /* channels that its part has room for */
  const peri__part *curve; /* the last one that was sent, of a kind with a curve */
  uint32_t widest;         /* of a kind with a tail: the most channels that its output could have so far */
  peri_buffer *buffer;     /* of a convolver, a reference */
  uint64_t buffer_version; /* that its response was made of */
  bool normalized;         /* its response was */
  peri_owner owner;
  bool notify;
  uint64_t user;
} peri__node;

#define PERI_UNSCHEDULED 1e300

/* CONTROL. The node that was handed back by its link. */
static inline peri__node *peri__node_of(peri__link *retired) {
  return (peri__node *)(void *)((char *)retired - offsetof(peri__node, retired.link));
}

/* CONTROL. A node that was started stays until it has ended. */
static inline bool peri__node_plays(const peri__node *node) { return node->schedule == PERI_SCHEDULE_STARTED; }

/* ---- The render plan -------------------------------------------------------------------------------------------- */

typedef struct peri__plan_input {
  peri__input *input;
  uint32_t first_edge, edge_count; /* of plan->edges */
  peri_channel_rule rule;
  uint32_t bound; /* no voice of it has more channels; where the rule fixes them it says nothing */
} peri__plan_input;

typedef struct peri__plan_tap {
  struct peri__blocks *blocks;
  uint32_t channels;
} peri__plan_tap;

/* A node in a cycle that it breaks has two steps. */
enum { PERI_STEP_WHOLE, PERI_STEP_PROCESS, PERI_STEP_ABSORB };

typedef struct peri__plan_step {
  peri__node *node;
  uint32_t first_input;  /* of plan->inputs: the node's inputs, then its parameters' */
  uint32_t first_output; /* of plan->signals */
  uint32_t first_tap, tap_count;
  bool muted;     /* in a cycle without a delay (Web Audio 1.1, render loop) */
  bool modulated; /* a parameter has edges */
  uint8_t part;
} peri__plan_step;

/* Immutable but for the signals, which hold the current quantum. One block of memory. */
typedef struct peri__plan {
  peri__retired retired;
  uint64_t sequence;
  size_t bytes;
  uint32_t step_count, destination; /* the signal that is heard */
  const void *listener;             /* its state; NULL: there is none */
  peri__plan_step *steps;
  peri__plan_input *inputs;
  uint32_t *edges; /* signals */
  peri__signal *signals;
  peri__plan_tap *taps;
} peri__plan;

/* ---- The renderer ----------------------------------------------------------------------------------------------- */

#define PERI_MAX_PARAMS 16 /* of a node */
#define PERI_MAX_INPUTS 32 /* of a node */

/* Voices' spans are mixed when there are so many of them, or of quanta that are not played in place. One voice may add
 * PERI_VOICE_SPANS spans and as many quanta on top, and its own channels. */
#define PERI_BATCH_SPANS 64
#define PERI_BATCH_SCRATCH 32
#define PERI_VOICE_SPANS 12

struct peri__render {
  /* constant */
  double sample_rate;
  uint32_t channels;
  const peri__kernels *kernels;
  /* shared */
  atomic_bool busy;                                /* somebody renders */
  atomic_uint_fast64_t published;                  /* frame of the next quantum */
  atomic_uint_fast32_t playing, scheduled, paused; /* sources, in the last quantum */
  atomic_uint_fast32_t tails;                      /* nodes with a tail that could be heard in it */
  atomic_uint_fast64_t started, ended, applied, quanta, nonfinite;
  peri__load_meter load;
  peri__cost nowhere_cost;
  atomic_uint_fast64_t profiling; /* control writes: 0, or the number of the run of profiling that is under way */
  /* the audio thread takes and hands back */
  peri__commands commands;
  peri__handback ended_sources;
  peri__handback retired;
  /* audio thread */
  uint64_t frame;
  peri__plan *plan;
  peri__input nowhere; /* sources without a destination: they keep time */
  uint32_t kept;       /* frames of the last quantum not yet given out */
  uint32_t now_playing, now_scheduled, now_paused, now_started, now_tails;
  peri__input *leaving; /* while commands are applied: whose list has voices that are PERI_VOICE_MOVING */
  uint64_t profile;     /* `profiling`, for this quantum; the next two are in use while it is not 0 */
  uint64_t lap;         /* nanoseconds: when the step before was done */
  uint64_t voices_time; /* nanoseconds that voices took since then */
  float *out;           /* interleaved, the last quantum */
  float *sums;          /* PERI_MAX_INPUTS inputs' sums are made here */
  float *voice_scratch; /* PERI_BATCH_SCRATCH + PERI_VOICE_SPANS + 2 quanta */
  float *wide_scratch;  /* 3 × PERI_MAX_CHANNELS channels of one voice */
  float *param_values;  /* PERI_MAX_PARAMS quanta */
};

/* CONTROL. */
bool peri__render_create(peri__render *render, double sample_rate, uint32_t channels, size_t command_limit,
                         const peri__kernels *kernels);
void peri__render_destroy(peri__render *render);

/* AUDIO THREAD. See peri_engine_render. */
bool peri__render_frames(peri__render *render, float *out, uint32_t frames);

/* render/apply.c, AUDIO THREAD: carries out all commands that are committed. */
void peri__render_apply(peri__render *render);

/* AUDIO THREAD. Sends back what a node of a kind with spent_part is done with. */
void peri__node_return_parts(peri__render *render, peri__node *node);

/* render/voices.c, AUDIO THREAD. Adds an input's voices to `sum`, which has its channels and is zeroed if not silent;
 * clears `silent` when anything was added. With sum NULL the voices only keep time. Ended voices leave the list. */
void peri__voices_render(peri__render *render, peri__input *input, peri__signal *sum,
                         peri_interpretation interpretation);
/* Of an input with one voice: its quantum in the sound itself, where it plays a mono sound as it is and nothing happens
 * to it; NULL: it has to be rendered. */
const float *peri__voices_lone(peri__render *render, peri__input *input);
/* The most channels a voice of the input has in this quantum, at most `bound`; 0 when none sounds ("not actively
 * processing"). */
uint32_t peri__voices_channels(peri__render *render, const peri__input *input, uint32_t bound);
void peri__voices_add(peri__input *input, peri__voice *voice);
/* Takes the voices that are PERI_VOICE_MOVING out of the list, and the mark from them. */
void peri__voices_remove_moving(peri__input *input);

/* render/param.c, AUDIO THREAD unless it says otherwise. `times` are frames. */
/* Fills `frames` with the values of the quantum at `frame`, unless they are steady; `added` is what is connected, or
 * NULL. */
peri__values peri__param_values(peri__render *render, peri__param *param, uint64_t frame, const float *added,
                                float *frames);
/* Whether it stays at the value that it has until a command comes, or something connected. */
static inline bool peri__param_rests(const peri__param *param) {
  return param->anchor.type == PERI_EVENT_SET && !param->events;
}
/* The computed value at the start of a quantum of a k-rate parameter with nothing connected, once a quantum. */
float peri__param_at(peri__render *render, peri__param *param, uint64_t frame);
void peri__param_insert(peri__render *render, peri__param *param, peri__event *event);
void peri__param_set(peri__render *render, peri__param *param, float value);
/* `hold` NULL: cancelScheduledValues; else cancelAndHoldAtTime, and the event is there to be used. */
void peri__param_cancel(peri__render *render, peri__param *param, double time, peri__event *hold);
/* CONTROL, when the audio thread knows the parameter no more: frees its events. */
void peri__param_clear(peri__param *param);

/* A voice's step: 2^cents/1200 × rate × ratio as a 32.32 number, at most 2^20 frames a frame. */
int64_t peri__step(double rate, double cents, double ratio);

static inline size_t peri__event_bytes(const peri__event *event) {
  return sizeof *event + event->curve_count * sizeof *event->curve;
}

#endif
