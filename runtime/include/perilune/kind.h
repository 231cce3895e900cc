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
  bool silent; /* the samples are not to be read: they stand for zeros */
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
  const peri_signal *inputs; /* may share memory with each other; not to be written */
  /* To be filled in: all samples of `channels` channels, and `silent` set to false. Untouched it is silent. */
  peri_signal *outputs;
  const peri_values *params;
  const double *options;
  double sample_rate;
  uint64_t frame; /* of the quantum's start, on the engine's clock */
} peri_process;

/* A kind of node. It is copied, but not what it points to, which must stay for good. */
typedef struct peri_node_kind_def {
  uint32_t size;            /* sizeof(peri_node_kind_def); set by peri_default_node_kind_def */
  const char *name;         /* 1 to 63 characters, unlike those of all other kinds: "BitCrusher" */
  uint32_t inputs, outputs; /* 1, 0 to 32; 1, 1 to 32 */
  uint32_t output_channels; /* of each output, 1 to 32; 0: as many as the widest input has in a quantum. 0 */
  uint32_t params;          /* 0 to PERI_MAX_KIND_PARAMS; 0 */
  const peri_param_info *param;
  uint32_t options; /* 0 to PERI_MAX_KIND_OPTIONS; 0 */
  const peri_option_info *option;
  peri_channel_rule rule; /* of its inputs, at first; 2, PERI_COUNT_MAX, PERI_SPEAKERS */
  size_t state_bytes;     /* of each node, at most 2^30; zeroed, aligned to 64 bytes */
  bool has_tail;          /* it may sound after its inputs have fallen silent, and stays so long; not without inputs */
  void *user;
  /* Any thread but the audio thread, with the engine's lock held: they must not call this library. What a node needs
   * besides its state, false when there is none; and its end. Both may be NULL. */
  bool (*create)(void *state, double sample_rate, void *user);
  void (*destroy)(void *state, void *user);
  /* AUDIO THREAD, as the rest: nothing here may allocate, lock, block, log or do I/O. One quantum. An output with a NaN
   * or an infinity is silenced. */
  void (*process)(const peri_process *process);
  void (*reset)(void *state, void *user);        /* after such an output: forgets everything; may be NULL */
  bool (*sounds)(const void *state, void *user); /* of one with a tail: whether it goes on; NULL: when it was heard */
} peri_node_kind_def;

PERI_API peri_node_kind_def peri_default_node_kind_def(void);

/* Adds a kind for all engines of the process, and for good: peri_node_create makes nodes of it, peri_node_kind_info has
 * its parameters and options, Lua has createNode(name, options). 0 on failure: a wrong definition, or
 * PERI_NODE_KINDS_END is reached. Any thread, at any time. */
PERI_API peri_node_kind peri_register_node_kind(const peri_node_kind_def *def);
/* The kind that was registered by this name; 0: none. */
PERI_API peri_node_kind peri_find_node_kind(const char *name);

#ifdef __cplusplus
}
#endif
#endif
