/* Web Audio 1.1, DynamicsCompressorNode, "Processing": the input, delayed by 6 ms, times a gain that an envelope
 * follower makes of the input as it comes in. Where the text leaves a curve open it is chosen to sound like Chromium's:
 *
 * - the soft knee bends as T + (1 − e^(−k·(x − T))) / k, with the k that meets the ratio's slope at its end;
 * - the detector falls at once and rises by the attenuation in 2.5 ms, that taken as 2 dB at least;
 * - an attack leaves ¼ dB of the difference that it has begun with after `attack` seconds;
 * - a release is adaptive: 5 dB take 0.98 of `release` close to the target, 0.09 of it 12 dB below or farther. */
#include "nodes/nodes.h"

#include "dsp/math.h"

#define N PERI_QUANTUM
#define STEP 32 /* frames between new rates of the envelope */
#define LOOK_AHEAD 0.006
#define DB_OF_LOG2 6.02059991327962390427
#define LOG2_OF_DB (1.0 / DB_OF_LOG2)
#define LOG2_E 1.44269504088896340736

/* The compression curve, of amplitudes. */
typedef struct curve {
  float threshold_db, knee_db, ratio; /* that it is made for */
  double threshold;                   /* identity up to here */
  double knee_end;                    /* the soft knee up to here, then a slope of 1 / ratio in dB */
  double k;
  double log2_knee_end, log2_shaped; /* of the knee's end, and what becomes of it */
  double makeup;
} curve;

typedef struct compressor {
  curve curve;
  double sample_rate;
  double average, gain;             /* [[detector average]] and [[compressor gain]] */
  double deepest;                   /* dB that the gain had to fall since the attack began; 0: none is on */
  uint32_t delay, ring;             /* frames */
  uint32_t at;                      /* where the next quantum is written; a mono input is on both sides */
  uint32_t sound_left, stereo_left; /* frames until the last of it has come out */
  float *samples;                   /* two sides of `ring` */
  _Atomic float reduction;          /* dB, for control */
} compressor;

/* ---- Set-up. CONTROL -------------------------------------------------------------------------------------------- */

static void forget(void *state) {
  compressor *c = state;
  c->average = 0.0;
  c->gain = 1.0;
  c->deepest = 0.0;
  c->sound_left = c->stereo_left = 0;
  memset(c->samples, 0, 2 * (size_t)c->ring * sizeof *c->samples);
  atomic_store_explicit(&c->reduction, 0.0f, memory_order_relaxed);
}

static bool create(void *state, const peri__setup *setup) {
  compressor *c = state;
  c->sample_rate = setup->sample_rate;
  c->delay = (uint32_t)(LOOK_AHEAD * setup->sample_rate + 1e-6);
  c->ring = (c->delay + 2 * N - 1) / N * N; /* whole quanta, one of them to write to */
  c->samples = PERI_NEW_ARRAY(float, 2 * (size_t)c->ring);
  if (!c->samples) return false;
  forget(state);
  return true;
}

static void destroy(void *state) {
  compressor *c = state;
  peri__release(c->samples, 2 * (size_t)c->ring * sizeof *c->samples);
}

float peri__compressor_reduction(const void *state) {
  return atomic_load_explicit(&((compressor *)state)->reduction, memory_order_relaxed);
}

/* ---- The compression curve -------------------------------------------------------------------------------------- */

static double of_db(double db) { return peri__exp2(db * LOG2_OF_DB); }

static double knee(double threshold, double k, double x) {
  return threshold + (1.0 - peri__exp2(-k * LOG2_E * (x - threshold))) / k;
}

static double shape(const curve *c, double x) {
  if (x <= c->threshold) return x;
  if (x <= c->knee_end) return knee(c->threshold, c->k, x);
  return peri__exp2(c->log2_shaped + (peri__log2(x) - c->log2_knee_end) / (double)c->ratio);
}

/* In dB over dB: x·y'/y. It falls with k, from 1 to 0. */
static double knee_slope(double threshold, double k, double x) {
  return x * peri__exp2(-k * LOG2_E * (x - threshold)) / knee(threshold, k, x);
}

static double find_k(double threshold, double knee_end, double slope) {
  double low = -10.0, high = 14.0; /* log2 */
  for (int i = 0; i < 30; i++) {
    double middle = 0.5 * (low + high);
    if (knee_slope(threshold, peri__exp2(middle), knee_end) < slope)
      high = middle;
    else
      low = middle;
  }
  return peri__exp2(0.5 * (low + high));
}

static void bend(curve *c, float threshold_db, float knee_db, float ratio) {
  if (c->ratio == ratio && c->threshold_db == threshold_db && c->knee_db == knee_db) return;
  *c = (curve){.threshold_db = threshold_db, .knee_db = knee_db, .ratio = ratio};
  c->threshold = c->knee_end = of_db((double)threshold_db);
  c->log2_knee_end = c->log2_shaped = (double)threshold_db * LOG2_OF_DB;
  if (knee_db > 0.0f && ratio > 1.0f) {
    c->log2_knee_end += (double)knee_db * LOG2_OF_DB;
    c->knee_end = peri__exp2(c->log2_knee_end);
    c->k = find_k(c->threshold, c->knee_end, 1.0 / (double)ratio);
    c->log2_shaped = peri__log2(knee(c->threshold, c->k, c->knee_end));
  }
  c->makeup = peri__exp2(-0.6 * peri__log2(shape(c, 1.0)));
}

/* ---- The envelope follower -------------------------------------------------------------------------------------- */

/* Per frame: multiplied by where `releasing`, else the part of the difference that goes. */
typedef struct envelope {
  bool releasing;
  double rate;
} envelope;

static envelope envelope_of(compressor *c, float attack, float release) {
  /* dB that the gain lies above its target; next to nothing is the target only before anything came in */
  double difference = c->average > 1e-6 ? DB_OF_LOG2 * peri__log2(c->gain / c->average) : 1.0;
  if (difference < 0.0) {
    double near = difference > -12.0 ? 1.0 + difference / 12.0 : 0.0;
    double part = 0.09 * peri__exp2(near * 3.44479); /* … to 0.98 */
    double frames = (double)release * c->sample_rate * part;
    c->deepest = 0.0;
    return (envelope){true, of_db(5.0 / (frames > 1.0 ? frames : 1.0))};
  }
  if (difference > c->deepest) c->deepest = difference;
  double frames = (double)(attack > 0.001f ? attack : 0.001f) * c->sample_rate;
  double left = 0.25 / (c->deepest > 0.5 ? c->deepest : 0.5);
  return (envelope){false, 1.0 - peri__exp2(peri__log2(left) / frames)};
}

static double attenuation_of(const compressor *c, double x) {
  return x < 0.0001 || x <= c->curve.threshold ? 1.0 : shape(&c->curve, x) / x;
}

static double detector_rate(const compressor *c, double attenuation) {
  double db = attenuation < 1.0 ? -DB_OF_LOG2 * peri__log2(attenuation) : 0.0;
  return of_db((db > 2.0 ? db : 2.0) / (0.0025 * c->sample_rate)) - 1.0;
}

/* The gain at each frame. `loudest` is the input's amplitude, of all channels. */
static void follow(compressor *c, const float *loudest, float attack, float release, float *gain) {
  double slowest = detector_rate(c, 1.0), average = c->average, now = c->gain;
  envelope e = {false, 0.0};
  for (int i = 0; i < N; i++) {
    if (i % STEP == 0) {
      c->average = average;
      c->gain = now > 1e-6 ? now : 1e-6;
      e = envelope_of(c, attack, release);
    }
    double attenuation = attenuation_of(c, (double)loudest[i]);
    double rate = attenuation <= average ? 1.0 : attenuation == 1.0 ? slowest : detector_rate(c, attenuation);
    average += (attenuation - average) * rate;
    if (average > 1.0) average = 1.0;
    now = e.releasing ? now * e.rate : now + (average - now) * e.rate;
    if (now > 1.0) now = 1.0;
    gain[i] = (float)(now * c->curve.makeup);
  }
  c->average = average;
  c->gain = now;
  bool fed = c->sound_left > 0; /* without a signal there is no reduction, the text says */
  float reduction = fed && now < 1.0 ? (float)(DB_OF_LOG2 * peri__log2(now)) : 0.0f;
  atomic_store_explicit(&c->reduction, reduction, memory_order_relaxed);
}

/* ---- The node --------------------------------------------------------------------------------------------------- */

static void remember(compressor *c, const peri__signal *in, float *loudest) {
  for (uint32_t side = 0; side < 2; side++) {
    float *to = c->samples + (size_t)side * c->ring + c->at;
    if (in->silent) {
      memset(to, 0, N * sizeof *to);
      continue;
    }
    memcpy(to, in->samples + (in->channels == 2 ? side * N : 0), N * sizeof *to);
  }
  const float *left = c->samples + c->at, *right = left + c->ring;
  for (int i = 0; i < N; i++) {
    float l = left[i] < 0.0f ? -left[i] : left[i], r = right[i] < 0.0f ? -right[i] : right[i];
    loudest[i] = l > r ? l : r;
  }
  if (!in->silent) c->sound_left = c->delay + N;
  if (!in->idle && in->channels == 2) c->stereo_left = c->delay + N;
}

static void put_out(const compressor *c, const float *gain, peri__signal *out) {
  for (uint32_t side = 0; side < out->channels; side++) {
    const float *from = c->samples + (size_t)side * c->ring;
    float *to = out->samples + side * N;
    uint32_t place = (c->at + c->ring - c->delay) % c->ring;
    for (uint32_t i = 0; i < N; i++) {
      to[i] = from[place] * gain[i];
      if (++place == c->ring) place = 0;
    }
  }
}

static uint32_t less(uint32_t left) { return left > N ? left - N : 0; }

static void process(const peri__process *p) {
  const peri__values *value = p->params;
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  compressor *c = p->state;
  float loudest[N], gain[N];
  bend(&c->curve, value[PERI_COMPRESSOR_THRESHOLD].first, value[PERI_COMPRESSOR_KNEE].first,
       value[PERI_COMPRESSOR_RATIO].first);
  remember(c, in, loudest);
  follow(c, loudest, value[PERI_COMPRESSOR_ATTACK].first, value[PERI_COMPRESSOR_RELEASE].first, gain);
  out->silent = c->sound_left == 0;
  out->channels = c->stereo_left ? 2 : 1;
  if (!out->silent) put_out(c, gain, out);
  c->at = (c->at + N) % c->ring;
  c->sound_left = less(c->sound_left);
  c->stereo_left = less(c->stereo_left);
}

static const peri_param_info params[] = {
    [PERI_COMPRESSOR_THRESHOLD] = {"threshold", -24.0f, -100.0f, 0.0f, false, true},
    [PERI_COMPRESSOR_KNEE] = {"knee", 30.0f, 0.0f, 40.0f, false, true},
    [PERI_COMPRESSOR_RATIO] = {"ratio", 12.0f, 1.0f, 20.0f, false, true},
    [PERI_COMPRESSOR_ATTACK] = {"attack", 0.003f, 0.0f, 1.0f, false, true},
    [PERI_COMPRESSOR_RELEASE] = {"release", 0.25f, 0.0f, 1.0f, false, true},
};

const peri__kind peri__kind_dynamics_compressor = {
    .info = {.name = "DynamicsCompressorNode", .inputs = 1, .outputs = 1, .params = 5, .param = params},
    .state_bytes = sizeof(compressor),
    .create = create,
    .destroy = destroy,
    .rule = {2, PERI_COUNT_CLAMPED_MAX, PERI_SPEAKERS},
    .max_count = 2,
    .no_max_mode = true,
    .has_tail = true,
    .output_channels = 2, /* what was stereo comes out later */
    .process = process,
    .reset = forget,
};
