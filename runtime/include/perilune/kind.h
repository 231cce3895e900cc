/* Kinds of nodes that a host adds. Part of perilune.h. */
#ifndef PERILUNE_KIND_H
#define PERILUNE_KIND_H

#include "perilune/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PERI_MAX_KIND_PARAMS 16
#define PERI_MAX_KIND_OPTIONS 8

/* One quantum of audio: channel c begins at samples + c × PERI_QUANTUM. */
typedef struct peri_signal {
  float *samples;
  uint32_t channels;
  bool silent;       /* the samples are not to be read: they stand for zeros */
  uint32_t capacity; /* of an output: the most channels that it has room for now */
} peri_signal;

/* A parameter in one quantum. */
typedef struct peri_values {
  const float *frames; /* PERI_QUANTUM of them, also when steady */
  float first;
  bool steady; /* all are `first` */
} peri_values;

typedef struct peri_process {
  void *state;
  void *user;
  uint32_t input_count, output_count;
  /* Not to be written: they may share memory with each other, and with a sound. Aligned as floats, no further. */
  const peri_signal *inputs;
  /* To be filled in: all samples of `channels` channels, and `silent` set to false. Untouched it is silent. `channels`
   * is what the kind says (see output_channels), and may be set to anything from 1 to `capacity`. */
  peri_signal *outputs;
  const peri_values *params;
  const double *options;
  double sample_rate;
  uint64_t frame; /* of the quantum's start, on the engine's clock */
  void *part;     /* the last one that the node was given, see free_part; NULL: none */
  /* Of a scheduled kind: the frames of this quantum in which it sounds, `begin` ≤ i < `end`; the engine silences the
   * others. 0 and PERI_QUANTUM of all other kinds. */
  uint32_t begin, end;
  double fraction; /* frames, below 1: where `begin` is the first frame that sounds, how far behind its start; else 0 */
  bool in_cycle;   /* of one with `absorb`: the inputs are not there yet, and come to `absorb` */
} peri_process;

/* A kind of node. It is copied, but not what it points to, which must stay for good. */
typedef struct peri_node_kind_def {
  uint32_t size;            /* sizeof(peri_node_kind_def); set by peri_default_node_kind_def */
  const char *name;         /* 1 to 63 characters, no control characters, unlike all other kinds': "BitCrusher" */
  uint32_t inputs, outputs; /* 1, 0 to 32; 1, 1 to 32 */
  uint32_t output_channels; /* of each output, 1 to 32; 0: as many as the widest input has in a quantum. 0 */
  /* Parameters and options are named as variables are in C and Lua, 1 to 63 characters, none as another or as what all
   * nodes have in Lua ("connect", "start", "channelCount"): it could not be reached. */
  uint32_t params; /* 0 to PERI_MAX_KIND_PARAMS; 0 */
  const peri_param_info *param;
  uint32_t options; /* 0 to PERI_MAX_KIND_OPTIONS; 0 */
  const peri_option_info *option;
  peri_channel_rule rule; /* of its inputs, at first; 2, PERI_COUNT_MAX, PERI_SPEAKERS */
  size_t state_bytes;     /* of each node, at most 2^30; zeroed, aligned to 64 bytes */
  bool has_tail;          /* it may sound after its inputs have fallen silent, and stays so long; not without inputs */
  void *user;
  /* Any thread but the audio thread, mostly with the engine's lock held: they must not call this library. Several may
   * run at a time, for different nodes. What a node needs besides its state, false when there is none; and its end.
   * Both may be NULL. */
  bool (*create)(void *state, double sample_rate, void *user);
  void (*destroy)(void *state, void *user);
  /* AUDIO THREAD, as the rest: nothing here may allocate, lock, block, log or do I/O. One quantum. An output with a NaN
   * or an infinity is silenced. */
  void (*process)(const peri_process *process);
  void (*reset)(void *state, void *user);        /* after such an output: forgets everything; may be NULL */
  bool (*sounds)(const void *state, void *user); /* of one with a tail: whether it goes on; NULL: when it was heard */
  /* With `sounds`: what goes on is fainter than −120 dB, so that peri_engine_is_active need not wait for it. */
  bool (*is_faint)(const void *state, void *user);

  /* What few kinds have: zero says that this one has not. */

  /* Its nodes start and stop once, as an oscillator does: peri_source_start, peri_source_stop, PERI_EVENT_ENDED; in Lua
   * start, stop and onended. `process` is called from the start to the stop. Not with inputs. */
  bool scheduled;

  /* The number of inputs (`ports_are_outputs`: of outputs) is chosen for each node, from min_ports to 32, by
   * peri_node_def.ports, in Lua by the option numberOfInputs (numberOfOutputs); `inputs` (`outputs`) is that of nodes
   * that say nothing. With `channels_are_ports` an output has as many channels as there are inputs, as a merger's; or
   * the channel count is at first the number of outputs, as a splitter's. */
  uint32_t min_ports;
  bool ports_are_outputs, channels_are_ports;

  /* Which channel rules its nodes refuse: counts above max_count (0: above 32), the mode PERI_COUNT_MAX, any change of
   * the count, the mode or the interpretation. `rule` must be none of them. */
  uint32_t max_count;
  bool no_max_mode, fixed_count, fixed_mode, fixed_interpretation;

  /* Called as `create` is, and so are the next four. Frees a part: something large that a node works with, a table or a
   * response, given as a whole while it plays. It comes from peri_node_set_part, from `option_part` or from `grow`;
   * `process` has it in `part` from the next quantum on; it is freed once the audio thread has let go of it, or with
   * the node. NULL: there are no parts. */
  void (*free_part)(void *part, void *user);
  /* Sets min_value and max_value of the parameters, copies of `param`, for an engine of this rate (Hz). A node is
   * refused whose ranges are not finite or are without their default values. Called more than once a node. */
  void (*ranges)(double sample_rate, peri_param_info *params, void *user);
  /* Whether an option may get a value, which is of its type and in its range: NULL, or a sentence why not. `options`
   * are those that the node has now. */
  const char *(*check_option)(const double *options, uint32_t option, double value, void *user);
  /* The part that goes with an option's new value: sets *part, or leaves it NULL: the node keeps what it has. Returns
   * NULL, or a sentence why there is none: then the option does not change. Defaults bring none: until an option is set
   * a node has no part. Needs free_part. */
  const char *(*option_part)(double sample_rate, const double *options, uint32_t option, double value, void **part,
                             void *user);
  /* A part with room for so many channels, more than before: the most that an output may have from now on (`capacity`);
   * NULL: out of memory. A node has one before it is processed; the one before is freed when this one is in use. Needs
   * free_part; not with option_part or peri_node_set_part. */
  void *(*grow)(void *state, uint32_t channels, void *user);

  /* AUDIO THREAD. It breaks cycles, as a delay does: in one of the graph, `process` makes the outputs with in_cycle set
   * and no inputs, and `absorb` gets the inputs of the same quantum when all that they depend on has run; it has no
   * outputs and params (NULL). So the way round takes at least a quantum. Outside of cycles `process` does both. Needs
   * inputs and has_tail: what came in is heard later. */
  void (*absorb)(const peri_process *process);
} peri_node_kind_def;

PERI_API peri_node_kind_def peri_default_node_kind_def(void);

/* Adds a kind for all engines of the process, and for good: peri_node_create makes nodes of it, peri_node_kind_info has
 * its parameters and options, Lua has createNode(name, options). 0 on failure: a wrong definition, or
 * PERI_NODE_KINDS_END is reached. Any thread, at any time. */
PERI_API peri_node_kind peri_register_node_kind(const peri_node_kind_def *def);
/* The kind that was registered by this name; 0: none. */
PERI_API peri_node_kind peri_find_node_kind(const char *name);

/* Gives a node of a kind with free_part another part, from the next quantum on, and takes it over; NULL: none. The one
 * before is freed by a later call (peri_engine_update). False, and the part stays the caller's: no such node, its kind
 * has no part or makes it by `grow`, no memory. */
PERI_API bool peri_node_set_part(peri_engine *engine, peri_node node, void *part);

#ifdef __cplusplus
}
#endif
#endif
