/* Sets of responses: read by libmysofa, resampled, transformed. CONTROL. */
#include "nodes/hrtf.h"

#include "base/mysofa.h"
#include "base/thread.h"
#include "dsp/fft.h"
#include "dsp/resample.h"

#include <math.h>

#define DEGREE (3.14159265358979323846 / 180)
#define MEASURED_RATE 44100.0 /* KEMAR's; other sets are resampled to it by libmysofa */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list and of holders; held while a set is made */
static peri__hrtf_set *sets;

/* What a set is made by: one response at a time, as it was measured and resampled. */
typedef struct reader {
  const peri__mysofa *library;
  struct MYSOFA_EASY *easy;
  peri__resampler resampler;
  float *table;         /* the resampler's */
  int frames;           /* of a response of libmysofa's */
  uint32_t delay;       /* room for the longest delay before it, frames */
  uint32_t length;      /* resampled frames */
  float *measured[2];   /* delay + frames */
  float *resampled;     /* parts × PERI_QUANTUM */
  float *floats, *work; /* the memory of all of these; the transform's scratch */
  size_t floats_count;
  double gain;
} reader;

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static void ask(const reader *r, double azimuth, double elevation, float *left, float *right, float delay[2]) {
  double level = cos(elevation * DEGREE);
  float x = (float)(level * cos(azimuth * DEGREE)), y = (float)(-level * sin(azimuth * DEGREE));
  delay[0] = delay[1] = 0.0f;
  r->library->getfilter_float(r->easy, x, y, (float)sin(elevation * DEGREE), left, right, &delay[0], &delay[1]);
}

/* Delays stand apart in some files: they go in front of the response. */
static void read_direction(const reader *r, double azimuth, double elevation) {
  float delay[2];
  ask(r, azimuth, elevation, r->measured[0], r->measured[1], delay);
  for (int ear = 0; ear < 2; ear++) {
    double frames = floor((double)delay[ear] * MEASURED_RATE + 0.5);
    uint32_t shift = frames > 0.0 ? frames < r->delay ? (uint32_t)frames : r->delay : 0;
    memmove(r->measured[ear] + shift, r->measured[ear], (size_t)r->frames * sizeof(float));
    memset(r->measured[ear], 0, shift * sizeof(float));
    memset(r->measured[ear] + shift + r->frames, 0, (r->delay - shift) * sizeof(float));
  }
}

/* A response is a signal in time: resampled it must be scaled, to do the same to what it is convolved with. */
static void resample(const reader *r, int ear, double rate) {
  peri__resampling job = {r->table, r->measured[ear], r->delay + (uint64_t)r->frames, r->resampled, r->length};
  if (rate == MEASURED_RATE)
    memcpy(r->resampled, r->measured[ear], r->length * sizeof(float));
  else
    peri__resampler_run(&r->resampler, &job);
  float scale = (float)(r->gain * MEASURED_RATE / rate);
  for (uint32_t i = 0; i < r->length; i++) r->resampled[i] *= scale;
}

static void transform(const reader *r, const peri__hrtf_set *set, float *spectra) {
  float *window = r->work + PERI__FFT_SCRATCH(PERI_HRTF_WINDOW);
  for (uint32_t p = 0; p < set->parts; p++, spectra += PERI_HRTF_SPECTRUM) {
    memset(window, 0, PERI_HRTF_WINDOW * sizeof(float));
    memcpy(window, r->resampled + (size_t)p * PERI_QUANTUM, PERI_QUANTUM * sizeof(float));
    peri__fft_forward(set->fft, window, spectra, spectra + PERI_HRTF_BINS, r->work);
  }
}

/* Straight ahead both ears together have the energy 1, as equal power has. What is resampled to a higher rate keeps its
 * loudness; to a lower one, white noise of that rate. */
static double find_gain(reader *r, double rate) {
  double energy = 0.0;
  r->gain = 1.0;
  read_direction(r, 0.0, 0.0);
  for (int ear = 0; ear < 2; ear++) {
    resample(r, ear, rate);
    for (uint32_t i = 0; i < r->length; i++) energy += (double)r->resampled[i] * (double)r->resampled[i];
  }
  if (rate > MEASURED_RATE) energy *= rate / MEASURED_RATE;
  return energy > 0.0 ? 1.0 / sqrt(energy) : 1.0;
}

static bool open_file(reader *r) {
  int error = 0;
  r->library = peri__mysofa_functions();
  if (!r->library) return false;
  r->easy = r->library->open(PERI_MYSOFA_DATA, (float)MEASURED_RATE, &r->frames, &error);
  if (r->easy && r->frames > 0) return true;
  return peri__fail("HRTF needs measured responses, and libmysofa cannot read " PERI_MYSOFA_DATA
                    " (error %d); install Debian's package libmysofa1",
                    error);
}

/* The longest delay of any direction. */
static bool find_delay(reader *r) {
  size_t bytes = 2 * (size_t)r->frames * sizeof(float);
  float *responses = peri__allocate(bytes, PERI_CACHE_LINE), delay[2], most = 0.0f;
  if (!responses) return false;
  for (int elevation = -90; elevation <= 90; elevation += 10) {
    for (int azimuth = 0; azimuth < 360; azimuth += 10) {
      ask(r, azimuth, elevation, responses, responses + r->frames, delay);
      for (int ear = 0; ear < 2; ear++)
        if (delay[ear] > most) most = delay[ear];
    }
  }
  peri__release(responses, bytes);
  r->delay = (uint32_t)ceil(fmin((double)most, 0.1) * MEASURED_RATE);
  return true;
}

static bool open_reader(reader *r, double rate) {
  if (!open_file(r) || !find_delay(r)) return false;
  r->length = r->delay + (uint32_t)r->frames;
  if (rate == MEASURED_RATE) return true;
  r->resampler = peri__resampler_plan(MEASURED_RATE, rate);
  r->length = (uint32_t)ceil((r->length + r->resampler.taps / 2) * rate / MEASURED_RATE);
  return true;
}

static bool take_memory(reader *r, uint32_t parts) {
  size_t measured = r->delay + (size_t)r->frames, resampled = (size_t)parts * PERI_QUANTUM;
  size_t work = PERI__FFT_SCRATCH(PERI_HRTF_WINDOW) + PERI_HRTF_WINDOW;
  r->floats_count = 2 * measured + resampled + work + r->resampler.table_floats;
  r->floats = PERI_NEW_ARRAY(float, r->floats_count);
  if (!r->floats) return false;
  r->measured[0] = r->floats;
  r->measured[1] = r->measured[0] + measured;
  r->resampled = r->measured[1] + measured;
  r->work = r->resampled + resampled;
  r->table = r->work + work;
  return true;
}

static void close_reader(reader *r) {
  if (r->easy) r->library->close(r->easy);
  if (r->floats) peri__release(r->floats, r->floats_count * sizeof(float));
}

/* ---- Sets ------------------------------------------------------------------------------------------------------- */

static size_t spectra_bytes(const peri__hrtf_set *set) {
  return set->first[PERI_HRTF_RINGS] * peri__hrtf_response_floats(set) * sizeof(float);
}

static void free_set(peri__hrtf_set *set) {
  if (set->spectra) peri__release(set->spectra, spectra_bytes(set));
  if (set->fft) peri__release(set->fft, peri__fft_bytes(PERI_HRTF_WINDOW));
  peri__release(set, sizeof *set);
}

/* Azimuths on the ring of an elevation: KEMAR's at the equator and near the poles. */
static uint32_t ring_size(int elevation) {
  int away = elevation < 0 ? -elevation : elevation;
  return away == 90 ? 1 : away == 80 ? 12 : away == 70 ? 24 : away == 60 ? 36 : 72;
}

static bool make_room(peri__hrtf_set *set) {
  void *fft = peri__allocate(peri__fft_bytes(PERI_HRTF_WINDOW), PERI_CACHE_LINE);
  if (!fft) return false;
  set->fft = peri__fft_prepare(fft, PERI_HRTF_WINDOW);
  for (int ring = 0; ring < PERI_HRTF_RINGS; ring++)
    set->first[ring + 1] = set->first[ring] + ring_size(10 * ring - 90);
  set->spectra = peri__allocate(spectra_bytes(set), PERI_CACHE_LINE);
  return set->spectra != NULL;
}

static void fill(peri__hrtf_set *set, reader *r) {
  float *to = set->spectra;
  r->gain = find_gain(r, set->sample_rate);
  for (int ring = 0; ring < PERI_HRTF_RINGS; ring++) {
    uint32_t size = set->first[ring + 1] - set->first[ring];
    for (uint32_t i = 0; i < size; i++) {
      read_direction(r, 360.0 * i / size, 10.0 * ring - 90.0);
      for (int ear = 0; ear < 2; ear++, to += (size_t)set->parts * PERI_HRTF_SPECTRUM) {
        resample(r, ear, set->sample_rate);
        transform(r, set, to);
      }
    }
  }
}

static peri__hrtf_set *make_set(double rate) {
  reader r = {0};
  peri__hrtf_set *set = open_reader(&r, rate) ? PERI_NEW(peri__hrtf_set) : NULL;
  bool made = set != NULL;
  if (made) {
    set->sample_rate = rate;
    set->parts = (r.length + PERI_QUANTUM - 1) / PERI_QUANTUM;
    made = make_room(set) && take_memory(&r, set->parts);
  }
  if (made) {
    if (rate != MEASURED_RATE) peri__resampler_prepare(&r.resampler, r.table);
    fill(set, &r);
  } else if (set) {
    free_set(set);
    set = NULL;
  }
  close_reader(&r);
  return set;
}

peri__hrtf_set *peri__hrtf_set_hold(double sample_rate) {
  peri__mutex_lock(&lock);
  peri__hrtf_set *set = sets;
  while (set && set->sample_rate != sample_rate) set = set->next;
  if (!set && (set = make_set(sample_rate)) != NULL) {
    set->next = sets;
    sets = set;
  }
  if (set) set->holders++;
  peri__mutex_unlock(&lock);
  return set;
}

void peri__hrtf_set_drop(peri__hrtf_set *set) {
  if (!set) return;
  peri__mutex_lock(&lock);
  if (--set->holders == 0) {
    peri__hrtf_set **place = &sets;
    while (*place != set) place = &(*place)->next;
    *place = set->next;
    free_set(set);
  }
  peri__mutex_unlock(&lock);
}
