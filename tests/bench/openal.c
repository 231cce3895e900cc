/* Mixing against OpenAL Soft, which renders offline too, through its loopback device. It is loaded at run time: what
 * its headers would say stands here, and where it is missing the rows say so. What a voice costs it depends much on how
 * many frames a call asks for, so that both sides are asked for 1,024, then for 128. */
#include "bench/bench.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N PERI_QUANTUM
#define FRAMES 14400 /* 0.3 s */
#define WHY_LARGE_CALLS "OpenAL Soft takes each voice up once for all 1,024 frames, perilune once a quantum of 128"
#define MISSING "OpenAL Soft is not installed (libopenal1)"

/* ---- OpenAL ----------------------------------------------------------------------------------------------------- */

enum {
  ALC_FREQUENCY = 0x1007,
  ALC_MONO_SOURCES = 0x1010,
  ALC_FORMAT_CHANNELS = 0x1990,
  ALC_FORMAT_TYPE = 0x1991,
  ALC_HRTF = 0x1992,
  ALC_STEREO = 0x1501,
  ALC_FLOAT = 0x1406,
  AL_SOURCE_RELATIVE = 0x202,
  AL_PITCH = 0x1003,
  AL_POSITION = 0x1004,
  AL_LOOPING = 0x1007,
  AL_BUFFER = 0x1009,
  AL_GAIN = 0x100a,
  AL_SOURCE_STATE = 0x1010,
  AL_PLAYING = 0x1012,
  AL_ROLLOFF_FACTOR = 0x1021,
  AL_SAMPLE_OFFSET = 0x1025,
  AL_NUM_RESAMPLERS = 0x1210,
  AL_RESAMPLER_NAME = 0x1213,
  AL_SOURCE_RESAMPLER = 0x1214,
  AL_MONO_FLOAT32 = 0x10010,
  AL_DIRECT_FILTER = 0x20005,
  AL_FILTER_TYPE = 0x8001,
  AL_FILTER_LOWPASS = 1,
  AL_LOWPASS_GAINHF = 2,
  AL_VERSION = 0xb002,
};

#define OPENAL(X)                                                                                                      \
  X(void *, alcLoopbackOpenDeviceSOFT, (const char *name))                                                             \
  X(void, alcRenderSamplesSOFT, (void *device, void *out, int frames))                                                 \
  X(void *, alcCreateContext, (void *device, const int *attributes))                                                   \
  X(char, alcMakeContextCurrent, (void *context))                                                                      \
  X(void, alcDestroyContext, (void *context))                                                                          \
  X(char, alcCloseDevice, (void *device))                                                                              \
  X(void *, alGetProcAddress, (const char *name))                                                                      \
  X(const char *, alGetString, (int name))                                                                             \
  X(int, alGetInteger, (int name))                                                                                     \
  X(int, alGetError, (void))                                                                                           \
  X(void, alGenBuffers, (int count, unsigned *ids))                                                                    \
  X(void, alDeleteBuffers, (int count, const unsigned *ids))                                                           \
  X(void, alBufferData, (unsigned id, int format, const void *samples, int size, int rate))                            \
  X(void, alGenSources, (int count, unsigned *ids))                                                                    \
  X(void, alDeleteSources, (int count, const unsigned *ids))                                                           \
  X(void, alSourcei, (unsigned id, int name, int value))                                                               \
  X(void, alSourcef, (unsigned id, int name, float value))                                                             \
  X(void, alSource3f, (unsigned id, int name, float x, float y, float z))                                              \
  X(void, alGetSourcei, (unsigned id, int name, int *value))                                                           \
  X(void, alSourcePlayv, (int count, const unsigned *ids))

/* Found once there is a context. */
#define EXTENSIONS(X)                                                                                                  \
  X(const char *, alGetStringiSOFT, (int name, int index))                                                             \
  X(void, alGenFilters, (int count, unsigned *ids))                                                                    \
  X(void, alDeleteFilters, (int count, const unsigned *ids))                                                           \
  X(void, alFilteri, (unsigned id, int name, int value))                                                               \
  X(void, alFilterf, (unsigned id, int name, float value))

#define POINTER(result, name, parameters) result(*name) parameters;
static struct {
  OPENAL(POINTER)
  EXTENSIONS(POINTER)
} al;

static bool load_openal(void) {
  void *library = dlopen("libopenal.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return false;
#define LOAD(result, name, parameters)                                                                                 \
  if (!(*(void **)&al.name = dlsym(library, #name))) return false;
  OPENAL(LOAD)
  return true;
}

static void load_extensions(void) {
#define EXTEND(result, name, parameters)                                                                               \
  bench_must((*(void **)&al.name = al.alGetProcAddress(#name)) != NULL, "OpenAL Soft lacks " #name);
  EXTENSIONS(EXTEND)
}

static int linear_resampler(void) {
  int count = al.alGetInteger(AL_NUM_RESAMPLERS);
  for (int i = 0; i < count; i++)
    if (strcmp(al.alGetStringiSOFT(AL_RESAMPLER_NAME, i), "Linear") == 0) return i;
  bench_must(false, "OpenAL Soft has no linear resampler");
  return 0;
}

/* ---- Scenes ----------------------------------------------------------------------------------------------------- */

typedef struct openal_scene {
  void *device, *context;
  unsigned buffer, filter, *sources;
  uint32_t count, frames, call; /* frames: of a run; call: of them, in a call */
  float *out;                   /* interleaved stereo, of a run */
} openal_scene;

typedef struct engine_scene {
  peri_engine *engine;
  uint32_t frames, call;
  float *out;
} engine_scene;

static double run_openal(void *user) {
  const openal_scene *scene = user;
  uint64_t from = bench_now(false);
  for (uint32_t done = 0; done < scene->frames; done += scene->call)
    al.alcRenderSamplesSOFT(scene->device, scene->out + 2 * done, (int)scene->call);
  return (double)(bench_now(false) - from);
}

static double run_engine(void *user) {
  const engine_scene *scene = user;
  uint64_t from = bench_now(false);
  for (uint32_t done = 0; done < scene->frames; done += scene->call)
    bench_must(peri_engine_render(scene->engine, scene->out + 2 * done, scene->call), "render");
  return (double)(bench_now(false) - from);
}

static void open_device(openal_scene *scene) {
  const int attributes[][2] = {
      {ALC_FREQUENCY, 48000}, {ALC_FORMAT_CHANNELS, ALC_STEREO},     {ALC_FORMAT_TYPE, ALC_FLOAT},
      {ALC_HRTF, 0},          {ALC_MONO_SOURCES, (int)scene->count}, {0, 0}};
  scene->device = al.alcLoopbackOpenDeviceSOFT(NULL);
  bench_must(scene->device != NULL, "OpenAL Soft's loopback device");
  scene->context = al.alcCreateContext(scene->device, attributes[0]);
  bench_must(scene->context && al.alcMakeContextCurrent(scene->context), "OpenAL Soft's context");
  load_extensions();
}

static void set_source(const openal_scene *scene, uint32_t v, const bench_voice *voice, int resampler) {
  unsigned source = scene->sources[v];
  float angle = voice->pan * 1.57079633f;                                     /* 0 is ahead */
  uint32_t rendered = (BENCH_STAGGER - v * BENCH_STAGGER / scene->count) * N; /* of ours, see bench_start_voices */
  al.alSourcei(source, AL_BUFFER, (int)scene->buffer);
  al.alSourcei(source, AL_LOOPING, 1);
  al.alSourcei(source, AL_SOURCE_RELATIVE, 1);
  al.alSourcef(source, AL_ROLLOFF_FACTOR, 0);
  al.alSource3f(source, AL_POSITION, sinf(angle), 0, -cosf(angle));
  al.alSourcef(source, AL_GAIN, voice->volume);
  al.alSourcef(source, AL_PITCH, voice->rate);
  al.alSourcei(source, AL_SOURCE_RESAMPLER, resampler);
  al.alSourcei(source, AL_SAMPLE_OFFSET, (int)fmodf((float)rendered * voice->rate, FRAMES));
  if (scene->filter) al.alSourcei(source, AL_DIRECT_FILTER, (int)scene->filter);
}

static void make_filter(openal_scene *scene) {
  al.alGenFilters(1, &scene->filter);
  al.alFilteri(scene->filter, AL_FILTER_TYPE, AL_FILTER_LOWPASS);
  al.alFilterf(scene->filter, AL_LOWPASS_GAINHF, 0.25f);
}

static openal_scene openal_scene_of(const float *samples, const bench_voice *voices, uint32_t count, uint32_t frames,
                                    bool filtered) {
  openal_scene scene = {.count = count, .frames = frames};
  scene.sources = malloc(count * sizeof *scene.sources);
  scene.out = malloc((size_t)frames * 2 * sizeof(float));
  bench_must(scene.sources && scene.out, "memory");
  open_device(&scene);
  al.alGenBuffers(1, &scene.buffer);
  al.alBufferData(scene.buffer, AL_MONO_FLOAT32, samples, FRAMES * (int)sizeof(float), 48000);
  al.alGenSources((int)count, scene.sources);
  if (filtered) make_filter(&scene);
  int resampler = linear_resampler();
  for (uint32_t v = 0; v < count; v++) set_source(&scene, v, &voices[v], resampler);
  al.alSourcePlayv((int)count, scene.sources);
  bench_must(al.alGetError() == 0, "OpenAL Soft's voices");
  return scene;
}

static void close_openal(openal_scene *scene) {
  al.alDeleteSources((int)scene->count, scene->sources);
  if (scene->filter) al.alDeleteFilters(1, &scene->filter);
  al.alDeleteBuffers(1, &scene->buffer);
  al.alcMakeContextCurrent(NULL);
  al.alcDestroyContext(scene->context);
  al.alcCloseDevice(scene->device);
  free(scene->sources);
  free(scene->out);
}

static double loudness(const float *out, uint32_t frames) {
  double sum = 0;
  for (uint32_t i = 0; i < 2 * frames; i++) sum += (double)out[i] * (double)out[i];
  return sqrt(sum / (2 * frames));
}

/* Pan laws differ, so that samples do; what plays, and about how loud, does not. */
static void check_playing(const openal_scene *scene) {
  for (uint32_t v = 0; v < scene->count; v++) {
    int state = 0;
    al.alGetSourcei(scene->sources[v], AL_SOURCE_STATE, &state);
    bench_must(state == AL_PLAYING, "a voice of OpenAL Soft does not play");
  }
}

static void check_similar(const engine_scene *ours, const openal_scene *theirs) {
  double ratio = loudness(theirs->out, theirs->frames) / loudness(ours->out, ours->frames);
  bench_must(ratio > 0.75 && ratio < 1.25, "OpenAL Soft is not about as loud as ours");
}

/* ---- Races ------------------------------------------------------------------------------------------------------ */

typedef struct openal_race {
  const char *name;
  uint32_t count;
  bool rates, filtered;
  double goal;
} openal_race;

/* The plot has the calls that suit OpenAL better. */
static bench_line line_of(const openal_race *work, uint32_t call) {
  if (call == N) return BENCH_LINE_NONE;
  if (work->filtered) return BENCH_LINE_OPENAL_FILTERED;
  return work->rates ? BENCH_LINE_OPENAL_LINEAR : BENCH_LINE_OPENAL_UNITY;
}

static void race(const openal_race *work, peri_buffer *sound, const float *samples, uint32_t call) {
  uint32_t count = work->count, quanta = count > 1024 ? 8 : 8192 / count;
  uint32_t frames = quanta * N;
  bench_extra extra = work->filtered ? BENCH_FILTERED : BENCH_PLAIN;
  bench_voice *voices = malloc(count * sizeof *voices);
  engine_scene ours = {bench_engine(), frames, call, malloc((size_t)frames * 2 * sizeof(float))};
  bench_must(voices && ours.out, "memory");
  bench_plan_voices(voices, count, work->rates);
  for (uint32_t v = 0; v < count; v++) voices[v].volume *= (float)count / 16; /* below 0.00001 OpenAL mixes nothing */
  bench_start_voices(ours.engine, sound, voices, count, extra);
  openal_scene theirs = openal_scene_of(samples, voices, count, frames, work->filtered);
  theirs.call = call;
  for (int run = 0; run < 2; run++) run_engine(&ours), run_openal(&theirs); /* OpenAL's first call fades in */
  check_playing(&theirs);
  if (!work->filtered) check_similar(&ours, &theirs); /* their filter is a shelf: as much work, another sound */

  char peer[96];
  const char *version = strstr(al.alGetString(AL_VERSION), "ALSOFT ");
  snprintf(peer, sizeof peer, "OpenAL Soft %s%s%s, %s frames a call", version ? version + 7 : "",
           work->rates ? ", linear" : "", work->filtered ? ", a low-pass each" : "", call == N ? "128" : "1,024");
  bench_race figures = {.name = work->name, .per = (double)count * frames, .goal = {work->goal}, .voices = count};
  figures.reason = call == N ? NULL : WHY_LARGE_CALLS;
  figures.ours = (bench_side){NULL, run_engine, &ours};
  figures.limit[0] = (bench_side){peer, run_openal, &theirs};
  figures.line[1] = line_of(work, call);
  bench_run(&figures);

  close_openal(&theirs);
  peri_engine_destroy(ours.engine);
  free(ours.out);
  free(voices);
}

void bench_openal(void) {
  static const openal_race races[] = {
      {"64 voices, rate 1", 64, false, false, 0},
      {"256 voices, rate 1", 256, false, false, 1.0 / 8},
      {"1,000 voices, rate 1", 1000, false, false, 1.0 / 10},
      {"4,096 voices, rate 1", 4096, false, false, 1.0 / 12},
      {"64 voices, rates 0.5 to 2", 64, true, false, 0},
      {"256 voices, rates 0.5 to 2", 256, true, false, 1.0 / 4},
      {"1,000 voices, rates 0.5 to 2", 1000, true, false, 1.0 / 4},
      {"4,096 voices, rates 0.5 to 2", 4096, true, false, 1.0 / 4},
      {"64 voices, a low-pass each", 64, false, true, 0},
      {"256 voices, a low-pass each", 256, false, true, 1.0 / 5},
      {"1,000 voices, a low-pass each", 1000, false, true, 0},
      {"4,096 voices, a low-pass each", 4096, false, true, 0},
  };
  static float samples[FRAMES];
  bool there = load_openal();
  peri_buffer *sound = bench_noise(FRAMES);
  bench_must(peri_buffer_read(sound, 0, 0, samples, FRAMES), "buffer");
  for (size_t r = 0; r < sizeof races / sizeof *races; r++) {
    if (there) {
      race(&races[r], sound, samples, 8 * N);
      race(&races[r], sound, samples, N);
    } else {
      bench_print(
          &(bench_figure){.name = races[r].name, .unit = "ns", .limit_name = MISSING, .ours = NAN, .limit = NAN});
    }
  }
  peri_buffer_release(sound);
}
