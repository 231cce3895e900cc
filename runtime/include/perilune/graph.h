/* The graph: nodes of every kind, how they are connected, and their parameters. Part of perilune.h. */
#ifndef PERILUNE_GRAPH_H
#define PERILUNE_GRAPH_H

#include "perilune/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Nodes ------------------------------------------------------------------------------------------------------ */

typedef enum {
  PERI_NODE_DESTINATION,
  PERI_NODE_BUFFER_SOURCE,
  PERI_NODE_GAIN,
  PERI_NODE_STEREO_PANNER,
  PERI_NODE_CONSTANT_SOURCE,
  PERI_NODE_CHANNEL_SPLITTER,
  PERI_NODE_CHANNEL_MERGER,
  PERI_NODE_DELAY,
  PERI_NODE_WAVE_SHAPER,
  PERI_NODE_ANALYSER,
  PERI_NODE_OSCILLATOR,
  PERI_NODE_BIQUAD_FILTER,
  PERI_NODE_IIR_FILTER,
  PERI_NODE_CONVOLVER,
  PERI_NODE_DYNAMICS_COMPRESSOR,
  PERI_NODE_LISTENER, /* one an engine: peri_engine_listener */
  PERI_NODE_PANNER,
  PERI_NODE_KINDS, /* those of peri_register_node_kind come from here on */
  PERI_NODE_KINDS_END = PERI_NODE_KINDS + 64
} peri_node_kind;

/* Indices of parameters, by kind of node. */
enum { PERI_GAIN_GAIN = 0 };
enum { PERI_STEREO_PANNER_PAN = 0 };
enum { PERI_SOURCE_PLAYBACK_RATE = 0, PERI_SOURCE_DETUNE = 1 };
enum { PERI_CONSTANT_SOURCE_OFFSET = 0 };
enum { PERI_DELAY_DELAY_TIME = 0 };
enum { PERI_WAVE_SHAPER_OVERSAMPLE = 0 }; /* an option */
enum {                                    /* options */
       PERI_ANALYSER_FFT_SIZE,
       PERI_ANALYSER_MIN_DECIBELS,
       PERI_ANALYSER_MAX_DECIBELS,
       PERI_ANALYSER_SMOOTHING
};
enum { PERI_OSCILLATOR_FREQUENCY = 0, PERI_OSCILLATOR_DETUNE = 1 };
enum { PERI_BIQUAD_FREQUENCY = 0, PERI_BIQUAD_DETUNE = 1, PERI_BIQUAD_Q = 2, PERI_BIQUAD_GAIN = 3 };
enum {
  PERI_COMPRESSOR_THRESHOLD = 0, /* dB */
  PERI_COMPRESSOR_KNEE = 1,      /* dB */
  PERI_COMPRESSOR_RATIO = 2,
  PERI_COMPRESSOR_ATTACK = 3, /* seconds */
  PERI_COMPRESSOR_RELEASE = 4 /* seconds */
};

/* Places of options. */
enum { PERI_CONVOLVER_NORMALIZE = 0 };
enum {
  PERI_LISTENER_POSITION_X = 0,
  PERI_LISTENER_POSITION_Y,
  PERI_LISTENER_POSITION_Z,
  PERI_LISTENER_FORWARD_X,
  PERI_LISTENER_FORWARD_Y,
  PERI_LISTENER_FORWARD_Z,
  PERI_LISTENER_UP_X,
  PERI_LISTENER_UP_Y,
  PERI_LISTENER_UP_Z,
};
enum {
  PERI_PANNER_POSITION_X = 0,
  PERI_PANNER_POSITION_Y,
  PERI_PANNER_POSITION_Z,
  PERI_PANNER_ORIENTATION_X,
  PERI_PANNER_ORIENTATION_Y,
  PERI_PANNER_ORIENTATION_Z,
};

/* Indices of a panner's options (peri_node_set_option), and the places of its words. PERI_PANNING_HRTF is refused with
 * a message where libmysofa or its measured responses are missing; the first panner of an engine that is set to it
 * reads and prepares them, some 100 ms at 48 kHz. */
enum {
  PERI_PANNER_PANNING_MODEL = 0,
  PERI_PANNER_DISTANCE_MODEL,
  PERI_PANNER_REF_DISTANCE,     /* from 0 */
  PERI_PANNER_MAX_DISTANCE,     /* above 0 */
  PERI_PANNER_ROLLOFF_FACTOR,   /* from 0 */
  PERI_PANNER_CONE_INNER_ANGLE, /* degrees */
  PERI_PANNER_CONE_OUTER_ANGLE,
  PERI_PANNER_CONE_OUTER_GAIN, /* 0 to 1 */
};
enum { PERI_PANNING_EQUAL_POWER = 0, PERI_PANNING_HRTF };
enum { PERI_DISTANCE_LINEAR = 0, PERI_DISTANCE_INVERSE, PERI_DISTANCE_EXPONENTIAL };

typedef struct peri_param_info {
  const char *name; /* Web Audio's: "gain", "playbackRate" */
  float default_value, min_value, max_value;
  bool audio_rate; /* a-rate unless set otherwise */
  bool fixed_rate; /* its automation rate cannot be changed */
} peri_param_info;

typedef enum { PERI_OPTION_NUMBER, PERI_OPTION_WHOLE, PERI_OPTION_BOOLEAN, PERI_OPTION_WORD } peri_option_type;

/* A property of a node that is no parameter: a number, a whole number, 0 or 1, or the place of a word. */
typedef struct peri_option_info {
  const char *name; /* Web Audio's: "type", "oversample" */
  peri_option_type type;
  double default_value, min_value, max_value;
  const char *const *words; /* of a PERI_OPTION_WORD, ends with NULL */
} peri_option_info;

typedef struct peri_node_info {
  const char *name;         /* Web Audio's: "GainNode" */
  uint32_t inputs, outputs; /* where their number is chosen, those that it has unless told otherwise */
  uint32_t params;
  const peri_param_info *param; /* `params` of them */
  uint32_t options;
  const peri_option_info *option; /* `options` of them */
  bool scheduled;                 /* it starts and stops like a source */
  uint32_t min_ports;     /* not 0: its inputs are chosen for each node, from so many to 32 (peri_node_def.ports) */
  bool ports_are_outputs; /* its outputs are, not its inputs */
} peri_node_info;

/* What a kind of node has; NULL for an unknown kind. */
PERI_API const peri_node_info *peri_node_kind_info(peri_node_kind kind);

/* A new node of a kind other than destination and buffer source. The caller holds it. 0 on failure. */
PERI_API peri_node peri_node_create(peri_engine *engine, peri_node_kind kind);

/* What some kinds of nodes are made with, and cannot be changed later. */
typedef struct peri_node_def {
  uint32_t size; /* sizeof(peri_node_def); set by peri_default_node_def */
  peri_node_kind kind;
  uint32_t ports;   /* outputs of a channel splitter, inputs of a channel merger: 1 to 32; 6. See peri_node_info */
  peri_owner owner; /* of a scheduled source, as the next two: see peri_source_def */
  bool notify;
  uint64_t user;
  double max_delay; /* of a delay: the longest it can be, in seconds, above 0 and below 180; 1 */
  /* of an IIR filter: see "Filters" */
  const double *feedforward, *feedback;
  uint32_t feedforward_count, feedback_count;
} peri_node_def;

PERI_API peri_node_def peri_default_node_def(peri_node_kind kind);
PERI_API peri_node peri_node_create_from(peri_engine *engine, const peri_node_def *def);

/* How many inputs and outputs a node has. */
PERI_API bool peri_node_get_ports(peri_engine *engine, peri_node node, uint32_t *inputs, uint32_t *outputs);

/* A property by its place in peri_node_info.option, from the next quantum on. */
PERI_API bool peri_node_set_option(peri_engine *engine, peri_node node, uint32_t option, double value);
PERI_API bool peri_node_get_option(peri_engine *engine, peri_node node, uint32_t option, double *value);
/* Whether it would take this value, with a message when not; nothing changes. `others`: the values that all options of
 * the node have by then, NULL for those they have. */
PERI_API bool peri_node_check_option(peri_engine *engine, peri_node node, uint32_t option, double value,
                                     const double *others);

/* The curve of a wave shaper, at least 2 finite values, copied; NULL: none. At any time, from the next quantum on. */
PERI_API bool peri_node_set_curve(peri_engine *engine, peri_node node, const float *values, uint32_t count);
/* Copies at most `*count` of its values, and sets `*count` to how many it has: 0 without a curve. */
PERI_API bool peri_node_get_curve(peri_engine *engine, peri_node node, float *values, uint32_t *count);

/* What an analyser has heard last, mixed to mono: the latest fftSize frames; and how strong frequencies are in them, in
 * dB, fftSize / 2 of them from 0 Hz on, each by sample rate / fftSize above the one before. −INFINITY is silence.
 * Levels are smoothed from one call to the next (smoothingTimeConstant); calls within one quantum get the same. Bytes
 * are as Web Audio has them: 128 (1 + sample), and 0 to 255 from minDecibels to maxDecibels. At most `count` values are
 * written, the first ones. Any thread, at any time; rendering does not notice. */
PERI_API bool peri_analyser_get_time_data(peri_engine *engine, peri_node node, float *samples, uint32_t count);
PERI_API bool peri_analyser_get_time_bytes(peri_engine *engine, peri_node node, uint8_t *bytes, uint32_t count);
PERI_API bool peri_analyser_get_frequency_data(peri_engine *engine, peri_node node, float *levels, uint32_t count);
PERI_API bool peri_analyser_get_frequency_bytes(peri_engine *engine, peri_node node, uint8_t *bytes, uint32_t count);
/* The impulse response of a convolver: 1, 2 or 4 channels, at the engine's sample rate; NULL takes it away. The samples
 * that the buffer has now are transformed (a response of 10 s takes some tens of milliseconds), scaled to an equal
 * power if the option `normalize` is set now, and are in use from the next quantum on. What sounds then does not click:
 * what came in before rings out with the response that was there, and what comes in is led over to the new one within 8
 * quanta; while one is ringing out already, the next waits 8 quanta for that to fade away. A write to the buffer
 * changes nothing until it is set again; a reload (peri_engine_reload_async) does, by itself, with the same
 * `normalize`. */
PERI_API bool peri_node_set_buffer(peri_engine *engine, peri_node convolver, peri_buffer *buffer);
/* What was set last, a reference for the caller; NULL: nothing. */
PERI_API peri_buffer *peri_node_get_buffer(peri_engine *engine, peri_node convolver);

/* How much a dynamics compressor lowers the gain now: dB, 0 or less, as of the last quantum; its makeup gain is left
 * out. */
PERI_API bool peri_node_get_reduction(peri_engine *engine, peri_node compressor, float *decibels);

/* The caller's hold ends: the node is freed as soon as nothing that can sound leads to it. A source that was started
 * plays to its end. A stale or null id is ignored. */
PERI_API void peri_node_release(peri_engine *engine, peri_node node);

PERI_API bool peri_node_is_valid(peri_engine *engine, peri_node node);
PERI_API bool peri_node_get_kind(peri_engine *engine, peri_node node, peri_node_kind *kind);

/* Connects an output to an input; a second time changes nothing. */
PERI_API bool peri_connect(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t input);
/* Connects an output to a parameter; what arrives is mixed to mono and added to its value. */
PERI_API bool peri_connect_param(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t param);

#define PERI_ANY UINT32_MAX /* for disconnect: every output, input or parameter */

/* Removes connections from `from` to `to` (0: to everything), of that output and input (PERI_ANY: all of them).
 * Fails when none matches, unless `to` is 0. */
PERI_API bool peri_disconnect(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t input);
PERI_API bool peri_disconnect_param(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t param);

typedef enum { PERI_COUNT_MAX, PERI_COUNT_CLAMPED_MAX, PERI_COUNT_EXPLICIT } peri_count_mode;
typedef enum { PERI_SPEAKERS, PERI_DISCRETE } peri_interpretation;

/* Web Audio 1.1, channelCount, channelCountMode and channelInterpretation of a node's inputs. */
typedef struct peri_channel_rule {
  uint32_t count;
  peri_count_mode mode;
  peri_interpretation interpretation;
} peri_channel_rule;

PERI_API bool peri_node_get_channels(peri_engine *engine, peri_node node, peri_channel_rule *rule);
PERI_API bool peri_node_set_channels(peri_engine *engine, peri_node node, const peri_channel_rule *rule);
/* Whether the node would take this rule, with a message when not; nothing changes. */
PERI_API bool peri_node_check_channels(peri_engine *engine, peri_node node, const peri_channel_rule *rule);

/* ---- Parameters: (node, index) ---------------------------------------------------------------------------------- */

/* Web Audio 1.1, AudioParam: one function an automation method. Times in seconds, not negative; times past mean now.
 * NaN and infinite arguments are refused. */
PERI_API bool peri_param_value(peri_engine *engine, peri_node node, uint32_t param, float *value);
/* What a node's own parameter is: as peri_node_kind_info has it, but for ranges that depend on how it was made. */
PERI_API bool peri_param_get_info(peri_engine *engine, peri_node node, uint32_t param, peri_param_info *info);
PERI_API bool peri_param_set_value(peri_engine *engine, peri_node node, uint32_t param, float value);
/* Whether it would take this value now, with a message when not; nothing changes. */
PERI_API bool peri_param_check_value(peri_engine *engine, peri_node node, uint32_t param, float value);
PERI_API bool peri_param_set_value_at_time(peri_engine *engine, peri_node node, uint32_t param, float value,
                                           double time);
PERI_API bool peri_param_linear_ramp(peri_engine *engine, peri_node node, uint32_t param, float value, double end_time);
/* value must not be 0 */
PERI_API bool peri_param_exponential_ramp(peri_engine *engine, peri_node node, uint32_t param, float value,
                                          double end_time);
/* time_constant ≥ 0: the time in which 1 − 1/e of the way is gone */
PERI_API bool peri_param_set_target(peri_engine *engine, peri_node node, uint32_t param, float target,
                                    double start_time, double time_constant);
/* at least 2 values, duration > 0; the values are copied */
PERI_API bool peri_param_set_curve(peri_engine *engine, peri_node node, uint32_t param, const float *values,
                                   size_t count, double start_time, double duration);
PERI_API bool peri_param_cancel(peri_engine *engine, peri_node node, uint32_t param, double time);
PERI_API bool peri_param_cancel_and_hold(peri_engine *engine, peri_node node, uint32_t param, double time);
/* true: a value a frame; false: one a quantum */
PERI_API bool peri_param_set_audio_rate(peri_engine *engine, peri_node node, uint32_t param, bool audio_rate);
PERI_API bool peri_param_get_audio_rate(peri_engine *engine, peri_node node, uint32_t param, bool *audio_rate);

/* ---- Oscillators ------------------------------------------------------------------------------------------------- */

/* PERI_NODE_OSCILLATOR starts and stops like a source (peri_source_start). Its shape is an option, the first one of its
 * kind; it goes on with its phase. It cannot be set to PERI_OSCILLATOR_CUSTOM, which peri_oscillator_set_wave does.
 * Partials at half the sample rate and above are left out; at such a frequency nothing sounds. */
enum { PERI_OSCILLATOR_TYPE = 0 };
typedef enum {
  PERI_OSCILLATOR_SINE,
  PERI_OSCILLATOR_SQUARE,
  PERI_OSCILLATOR_SAWTOOTH,
  PERI_OSCILLATOR_TRIANGLE,
  PERI_OSCILLATOR_CUSTOM
} peri_oscillator_type;

/* A period of a sound (Web Audio 1.1, PeriodicWave): Σ real[k] cos(2πkt) + imag[k] sin(2πkt) for k from 1 to count − 1.
 * Opaque and counted, of no engine; safe on any thread. */
typedef struct peri_wave peri_wave;

#define PERI_MAX_WAVE_TERMS 8192

/* The terms of a wave, finite numbers, `count` of each, 2 to PERI_MAX_WAVE_TERMS; those at 0 are ignored. NULL stands
 * for zeros. `normalize` scales the wave, so that its largest absolute value is 1. The caller holds it. NULL on
 * failure. Takes milliseconds when there are thousands of terms: its tables are made here. */
PERI_API peri_wave *peri_wave_create(const float *real, const float *imag, size_t count, bool normalize);
PERI_API peri_wave *peri_wave_retain(peri_wave *wave); /* returns its argument; NULL is ignored */
PERI_API void peri_wave_release(peri_wave *wave);      /* NULL is ignored */

/* The oscillator has this wave from the next quantum on, and holds it. */
PERI_API bool peri_oscillator_set_wave(peri_engine *engine, peri_node oscillator, peri_wave *wave);

/* ---- Filters ----------------------------------------------------------------------------------------------------- */

/* The type of a PERI_NODE_BIQUAD_FILTER, its first option (Web Audio 1.1, "Filters Characteristics"). Low-pass and
 * high-pass take Q as decibels of resonance, shelves have none. When it is changed, what rings goes on. */
enum { PERI_BIQUAD_TYPE = 0 };
typedef enum {
  PERI_BIQUAD_LOWPASS,
  PERI_BIQUAD_HIGHPASS,
  PERI_BIQUAD_BANDPASS,
  PERI_BIQUAD_LOWSHELF,
  PERI_BIQUAD_HIGHSHELF,
  PERI_BIQUAD_PEAKING,
  PERI_BIQUAD_NOTCH,
  PERI_BIQUAD_ALLPASS
} peri_biquad_type;

/* A PERI_NODE_IIR_FILTER is made with the coefficients of its definition, and has them for good (Web Audio 1.1,
 * IIRFilterNode): feedback[0] y[n] + feedback[1] y[n − 1] + … = feedforward[0] x[n] + feedforward[1] x[n − 1] + …,
 * 1 to PERI_MAX_COEFFICIENTS of each, finite numbers; feedback[0] is not 0, nor are all of feedforward. It is computed
 * in doubles. One that is not stable is silenced when it has grown over all numbers, and begins anew. */
#define PERI_MAX_COEFFICIENTS 20

/* What a filter makes of sines of `count` frequencies in Hz: by what factor, and by how many radians it shifts them, by
 * the current values of its parameters (peri_param_value). NaN below 0 and above half the sample rate. Of both kinds.
 */
PERI_API bool peri_filter_get_response(peri_engine *engine, peri_node filter, const float *frequencies,
                                       float *magnitudes, float *phases, size_t count);

/* ---- What each node costs ---------------------------------------------------------------------------------------- */

/* Measures from the next quantum on what each node takes, or does not any more; begins anew each time it is switched
 * on. Off at first: it costs a reading of the clock a node and quantum, and two for each input with sources. */
PERI_API void peri_engine_set_profiling(peri_engine *engine, bool on);
PERI_API bool peri_engine_is_profiling(const peri_engine *engine);

/* What a node takes to render, over the time that is rendered, as in peri_stats. */
typedef struct peri_node_load {
  peri_node node;      /* 0: the sources that lead nowhere and only keep time, taken together */
  peri_node_kind kind; /* of those, PERI_NODE_BUFFER_SOURCE */
  uint32_t voices;     /* sources mixed straight into its inputs and parameters: playing, or scheduled */
  double load;         /* everything, voices too; mean of the last 100 ms or so */
  double load_peak;    /* the worst quantum of the last second or so */
  double voices_load;  /* the voices' part of `load`: what the sources cost, apart from the node's own work */
} peri_node_load;

/* The costliest nodes, costliest first, `capacity` of them at most (0: `loads` may be NULL). Returns how many there are
 * in all: the nodes rendered since profiling began and still in the graph; 0 while it is off. A source has a record of
 * its own when it is rendered as a node (it has several connections, a tap, or something connected to a parameter);
 * any other is a voice of the node that it feeds. Together they make up most of peri_stats.load; commands and the
 * output are in that alone. Never blocks the audio thread. */
PERI_API uint32_t peri_engine_profile(peri_engine *engine, peri_node_load *loads, uint32_t capacity);

#ifdef __cplusplus
}
#endif
#endif
