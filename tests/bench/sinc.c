/* Windowed sinc in the voice, against libsamplerate's SRC_SINC_FASTEST with one converter a voice, both asked for 128
 * frames at a time of the same looping sound. libsamplerate is loaded at run time: what its header would say stands
 * here (samplerate.h of libsamplerate 0.2), and where it is missing the rows say so. */
#include "bench/bench.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N PERI_QUANTUM
#define FRAMES 14400 /* 0.3 s */
#define AHEAD 512    /* frames that a converter is offered: it takes what it needs for N at rates up to 2, and more */
#define LIBRARY "libsamplerate.so.0"
#define MISSING "libsamplerate is not installed (libsamplerate0)"

/* ---- libsamplerate ---------------------------------------------------------------------------------------------- */

enum { SRC_SINC_FASTEST = 2 };

typedef struct src_data {
  const float *data_in;
  float *data_out;
  long input_frames, output_frames, input_frames_used, output_frames_gen;
  int end_of_input;
  double src_ratio; /* of the output's rate to the input's */
} src_data;

static struct {
  void *(*create)(int converter, int channels, int *error);
  int (*process)(void *state, src_data *data);
  void *(*destroy)(void *state);
  const char *(*version)(void);
} src;

static bool load_samplerate(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!library) return false;
  *(void **)&src.create = dlsym(library, "src_new");
  *(void **)&src.process = dlsym(library, "src_process");
  *(void **)&src.destroy = dlsym(library, "src_delete");
  *(void **)&src.version = dlsym(library, "src_get_version");
  return src.create && src.process && src.destroy && src.version;
}

/* ---- Streams ---------------------------------------------------------------------------------------------------- */

typedef struct stream {
  void *state;
  uint32_t at; /* the next frame of the sound that the converter gets */
  double ratio;
  float left, right;
} stream;

/* One quantum of a looping sound, behind whose end its start stands once more. */
static void convert(stream *s, const float *samples, uint32_t frames, float out[N]) {
  for (long made = 0; made < N;) {
    src_data data = {.data_in = samples + s->at, .data_out = out + made, .input_frames = AHEAD};
    data.output_frames = N - made;
    data.src_ratio = s->ratio;
    bench_must(src.process(s->state, &data) == 0, "libsamplerate");
    made += data.output_frames_gen;
    s->at = (s->at + (uint32_t)data.input_frames_used) % frames;
  }
}

static stream stream_of(double rate, uint32_t at) {
  int error;
  stream s = {.state = src.create(SRC_SINC_FASTEST, 1, &error), .at = at, .ratio = 1 / rate};
  bench_must(s.state != NULL, "libsamplerate");
  return s;
}

/* ---- Speed ------------------------------------------------------------------------------------------------------ */

typedef struct sinc_scene {
  peri_engine *engine;
  const float *samples;
  stream *streams;
  uint32_t count, quanta;
  float *out; /* interleaved stereo, of a run */
} sinc_scene;

static double run_engine(void *user) {
  const sinc_scene *scene = user;
  uint64_t from = bench_now(false);
  bench_must(peri_engine_render(scene->engine, scene->out, scene->quanta * N), "render");
  return (double)(bench_now(false) - from);
}

static double run_streams(void *user) {
  const sinc_scene *scene = user;
  uint64_t from = bench_now(false);
  memset(scene->out, 0, (size_t)scene->quanta * 2 * N * sizeof(float));
  for (uint32_t q = 0; q < scene->quanta; q++) {
    float *out = scene->out + (size_t)q * 2 * N, voice[N];
    for (stream *s = scene->streams; s < scene->streams + scene->count; s++) {
      convert(s, scene->samples, FRAMES, voice);
      for (int i = 0; i < N; i++) {
        out[2 * i] += voice[i] * s->left;
        out[2 * i + 1] += voice[i] * s->right;
      }
    }
  }
  return (double)(bench_now(false) - from);
}

static double loudness(const float *out, uint32_t frames) {
  double sum = 0;
  for (uint32_t i = 0; i < 2 * frames; i++) sum += (double)out[i] * (double)out[i];
  return sqrt(sum / (2 * frames));
}

static void race(peri_buffer *sound, const float *samples, const char *name, uint32_t count) {
  sinc_scene ours = {.engine = bench_engine(), .count = count, .quanta = 1024 / count + 1};
  bench_voice *voices = malloc(count * sizeof *voices);
  ours.out = malloc((size_t)ours.quanta * 2 * N * sizeof(float));
  bench_must(voices && ours.out, "memory");
  bench_plan_voices(voices, count, true);
  bench_start_voices(ours.engine, sound, voices, count, BENCH_SINC);

  sinc_scene theirs = {.samples = samples, .count = count, .quanta = ours.quanta};
  theirs.streams = malloc(count * sizeof *theirs.streams);
  theirs.out = malloc((size_t)ours.quanta * 2 * N * sizeof(float));
  bench_must(theirs.streams && theirs.out, "memory");
  for (uint32_t v = 0; v < count; v++) {
    theirs.streams[v] = stream_of((double)voices[v].rate, (uint32_t)(bench_random() * (FRAMES - 1)));
    theirs.streams[v].left = voices[v].volume * cosf((voices[v].pan + 1) * 0.785398163f);
    theirs.streams[v].right = voices[v].volume * sinf((voices[v].pan + 1) * 0.785398163f);
  }
  for (int run = 0; run < 2; run++) run_engine(&ours), run_streams(&theirs);
  double ratio = loudness(theirs.out, theirs.quanta * N) / loudness(ours.out, ours.quanta * N);
  bench_must(ratio > 0.75 && ratio < 1.25, "libsamplerate is not about as loud as ours");

  char peer[64];
  const char *version = src.version();
  snprintf(peer, sizeof peer, "SRC_SINC_FASTEST, %.*s", (int)strcspn(version, " "), version);
  bench_race figures = {.name = name, .per = (double)count * ours.quanta * N, .goal = {1.0 / 3}};
  figures.ours = (bench_side){NULL, run_engine, &ours};
  figures.limit[0] = (bench_side){peer, run_streams, &theirs};
  bench_run(&figures);

  for (uint32_t v = 0; v < count; v++) src.destroy(theirs.streams[v].state);
  peri_engine_destroy(ours.engine);
  free(theirs.streams);
  free(theirs.out);
  free(ours.out);
  free(voices);
}

/* ---- Quality: a sine played at another rate, and what of the result is not that sine ------------------------------
 */

#define HEARD 8192   /* frames */
#define SETTLED 1024 /* before them */
#define TURN 6.28318530717958648

/* In dB of full scale. */
typedef struct quality {
  double kept, error; /* of the sine's level; all else. Where it lies above what can be heard, all is error */
} quality;

static double decibels(double amplitude) { return 20 * log10(amplitude + 1e-10); }

/* Takes the sine of that frequency (cycles a frame) out, by projections: over thousands of frames sine and cosine are
 * almost orthogonal, and the rest of it goes in the next passes. */
static quality measure(float *heard, double frequency) {
  double kept = 0;
  for (int pass = 0; pass < 4 && frequency < 0.5; pass++) {
    double s = 0, c = 0;
    for (int i = 0; i < HEARD; i++) {
      s += (double)heard[i] * sin(TURN * frequency * i) * 2 / HEARD;
      c += (double)heard[i] * cos(TURN * frequency * i) * 2 / HEARD;
    }
    if (pass == 0) kept = sqrt(s * s + c * c);
    for (int i = 0; i < HEARD; i++) heard[i] -= (float)(s * sin(TURN * frequency * i) + c * cos(TURN * frequency * i));
  }
  double sum = 0;
  for (int i = 0; i < HEARD; i++) sum += (double)heard[i] * (double)heard[i];
  return (quality){decibels(kept), decibels(sqrt(2 * sum / HEARD))};
}

static quality our_quality(const float *samples, double rate, double frequency) {
  static float out[2 * (SETTLED + HEARD)], heard[HEARD];
  peri_buffer *sound = peri_buffer_create(1, FRAMES, 48000.0);
  bench_must(sound && peri_buffer_write(sound, 0, 0, samples, FRAMES), "buffer");
  peri_engine *engine = bench_engine();
  bench_voice voice = {.volume = 1, .pan = -1, .rate = (float)rate};
  bench_start_voices(engine, sound, &voice, 1, BENCH_SINC);
  bench_must(peri_engine_render(engine, out, SETTLED + HEARD), "render");
  for (int i = 0; i < HEARD; i++) heard[i] = out[2 * (SETTLED + i)];
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
  return measure(heard, frequency);
}

static quality their_quality(const float *samples, double rate, double frequency) {
  static float heard[SETTLED + HEARD];
  stream s = stream_of(rate, 0);
  for (int q = 0; q < (SETTLED + HEARD) / N; q++) convert(&s, samples, FRAMES, heard + (size_t)q * N);
  src.destroy(s.state);
  return measure(heard + SETTLED, frequency);
}

/* Rates are ones that 32 bits hold exactly; sines fit the sound, so that its loop has no seam. */
static void compare_quality(void) {
  static const struct {
    const char *name;
    double hertz, rate;
    bool level; /* what is kept is shown, not the error */
  } sines[] = {
      {"1 kHz at rate 0.5625, error", 1000, 0.5625, false},   {"8 kHz at rate 0.75, error", 8000, 0.75, false},
      {"8 kHz at rate 1.3125, error", 8000, 1.3125, false},   {"12 kHz at rate 1.75, error", 12000, 1.75, false},
      {"20 kHz at rate 1.9375, error", 20000, 1.9375, false}, {"16 kHz at rate 0.875, kept", 16000, 0.875, true},
      {"16 kHz at rate 1.0625, kept", 16000, 1.0625, true}};
  static float samples[FRAMES + AHEAD];
  double worst[2] = {-INFINITY, -INFINITY};
  for (size_t k = 0; k < sizeof sines / sizeof *sines; k++) {
    double cycles = sines[k].hertz / 48000, rate = sines[k].rate;
    for (int i = 0; i < FRAMES + AHEAD; i++) samples[i] = (float)sin(TURN * fmod(cycles * i, 1));
    quality theirs = their_quality(samples, rate, cycles * rate);
    quality ours = our_quality(samples, rate, cycles * rate);
    if (!sines[k].level) worst[0] = fmax(worst[0], ours.error), worst[1] = fmax(worst[1], theirs.error);
    bench_print(&(bench_figure){.name = sines[k].name,
                                .unit = "dB",
                                .limit_name = "SRC_SINC_FASTEST",
                                .ours = sines[k].level ? ours.kept : ours.error,
                                .limit = sines[k].level ? theirs.kept : theirs.error});
  }
  bench_print(&(bench_figure){.name = "the worst of these errors",
                              .unit = "ppm",
                              .limit_name = "SRC_SINC_FASTEST",
                              .ours = pow(10, worst[0] / 20) * 1e6,
                              .limit = pow(10, worst[1] / 20) * 1e6,
                              .goal = 1});
}

void bench_sinc(void) {
  static float samples[FRAMES + AHEAD];
  if (!load_samplerate()) {
    bench_print(&(bench_figure){.name = "256 voices", .unit = "ns", .limit_name = MISSING, .ours = NAN, .limit = NAN});
    return;
  }
  peri_buffer *sound = bench_noise(FRAMES);
  bench_must(peri_buffer_read(sound, 0, 0, samples, FRAMES), "buffer");
  memcpy(samples + FRAMES, samples, AHEAD * sizeof *samples);
  race(sound, samples, "64 voices, rates 0.5 to 2", 64);
  race(sound, samples, "256 voices, rates 0.5 to 2", 256);
  race(sound, samples, "1,000 voices, rates 0.5 to 2", 1000);
  peri_buffer_release(sound);
  compare_quality();
}
