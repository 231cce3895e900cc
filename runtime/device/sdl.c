/* SDL2's default output. */
#include "device/drivers.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- The callback --------------------------------------------------------------------------------------------- */

static PERI_AUDIO_THREAD void copy_channels(const peri__sdl_output *output, float *out, uint32_t frames) {
  uint32_t from = output->channels, to = output->device_channels, both = from < to ? from : to;
  for (uint32_t i = 0; i < frames; i++) {
    for (uint32_t c = 0; c < both; c++) out[(size_t)i * to + c] = output->mapped[(size_t)i * from + c];
    for (uint32_t c = both; c < to; c++) out[(size_t)i * to + c] = 0;
  }
}

static PERI_AUDIO_THREAD void fill_mapped(const peri__sdl_output *output, float *out, uint32_t frames) {
  while (frames) {
    uint32_t part = frames < output->block_size ? frames : output->block_size;
    output->fill(output->user, output->mapped, part);
    copy_channels(output, out, part);
    out += (size_t)part * output->device_channels;
    frames -= part;
  }
}

static void SDLCALL callback(void *user, Uint8 *bytes, int size) {
  peri__sdl_output *output = (peri__sdl_output *)user;
  uint32_t frames = (uint32_t)size / (output->device_channels * (uint32_t)sizeof(float));
  uint64_t begin = peri__nanoseconds();
  float *out = (float *)(void *)bytes;
  if (output->mapped)
    fill_mapped(output, out, frames);
  else
    output->fill(output->user, out, frames);
  if ((double)(peri__nanoseconds() - begin) > frames * output->nanoseconds_a_frame)
    atomic_fetch_add_explicit(output->underruns, 1, memory_order_relaxed);
}

/* ---- Opening -------------------------------------------------------------------------------------------------- */

/* SDL opens 1, 2, 4, 6 or 8 channels. Beyond 8 the first 8 are heard. */
static uint32_t channels_to_open(uint32_t channels) {
  if (channels <= 2) return channels;
  return channels >= 7 ? 8 : (channels + 1) / 2 * 2;
}

/* ALSA's library prints what it does not find on standard error, at every try. Its handler is put away meanwhile. */
typedef void (*alsa_handler)(const char *file, int line, const char *function, int problem, const char *format, ...);

static void keep_quiet(const char *file, int line, const char *function, int problem, const char *format, ...) {
  (void)file, (void)line, (void)function, (void)problem, (void)format;
}

static alsa_handler alsa_set_handler(alsa_handler handler) {
  void *library = dlopen("libasound.so.2", RTLD_NOW | RTLD_NOLOAD);
  if (!library) return NULL;
  alsa_handler *current = (alsa_handler *)dlsym(library, "snd_lib_error");
  int (*set)(alsa_handler) = NULL;
  *(void **)&set = dlsym(library, "snd_lib_error_set_handler");
  alsa_handler before = current ? *current : NULL;
  if (current && set) set(handler);
  dlclose(library);
  return before;
}

/* SDL's audio brings its events along, and those take Ctrl-C unless told not to, from a host that never asked for SDL.
 * Whoever does ask for them later must get them with their signals, though, and would not while they run already. So
 * events that audio has brought are given back at once: audio does without. */
static const char *forbid_signals(const peri__sdl *sdl, char before[16]) {
  const char *set = sdl->GetHint(SDL_HINT_NO_SIGNAL_HANDLERS);
  snprintf(before, 16, "%s", set ? set : "");
  sdl->SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
  return set ? before : NULL;
}

static bool init_audio(peri__sdl_output *output) {
  const peri__sdl *sdl = output->sdl;
  char text[16];
  const char *before = forbid_signals(sdl, text);
  bool had_events = sdl->WasInit(SDL_INIT_EVENTS) != 0;
  bool fine = sdl->InitSubSystem(SDL_INIT_AUDIO) == 0;
  output->gave_events = fine && !had_events && sdl->WasInit(SDL_INIT_EVENTS) != 0;
  if (output->gave_events) sdl->QuitSubSystem(SDL_INIT_EVENTS);
  sdl->SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, before);
  return fine;
}

/* Quitting audio quits events too, which are the program's by now: what was given back is taken again first. */
static void quit_audio(peri__sdl_output *output) {
  const peri__sdl *sdl = output->sdl;
  char text[16];
  const char *before = forbid_signals(sdl, text);
  if (output->gave_events) sdl->InitSubSystem(SDL_INIT_EVENTS);
  sdl->QuitSubSystem(SDL_INIT_AUDIO);
  sdl->SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, before);
}

static bool open_default(peri__sdl_output *output, const peri__device_plan *plan) {
  const peri__sdl *sdl = output->sdl;
  if (!init_audio(output)) return peri__fail("SDL2 has no sound output: %s", sdl->GetError());
  SDL_AudioSpec wanted = {.freq = (int)lround(plan->sample_rate), .format = AUDIO_F32SYS, .callback = callback};
  wanted.channels = (Uint8)output->device_channels;
  wanted.samples = (Uint16)plan->block_size;
  wanted.userdata = output;
  SDL_AudioSpec obtained;
  output->id = sdl->OpenAudioDevice(NULL, 0, &wanted, &obtained, 0);
  if (output->id != 0) return true;
  peri__fail("SDL2 cannot open the default output: %s", sdl->GetError());
  quit_audio(output);
  return false;
}

static size_t mapped_bytes(const peri__sdl_output *output) {
  return (size_t)output->block_size * output->channels * sizeof(float);
}

static void forget(peri__sdl_output *output) {
  peri__release(output->mapped, mapped_bytes(output));
  *output = (peri__sdl_output){0};
}

bool peri__sdl_output_open(peri__sdl_output *output, const peri__device_plan *plan, atomic_uint_fast64_t *underruns) {
  const peri__sdl *sdl = peri__sdl_functions();
  if (!sdl) return false;
  *output = (peri__sdl_output){.sdl = sdl, .fill = plan->fill, .user = plan->user, .underruns = underruns};
  output->channels = plan->channels;
  output->device_channels = channels_to_open(plan->channels);
  output->block_size = plan->block_size;
  output->nanoseconds_a_frame = 1e9 / plan->sample_rate;
  if (output->device_channels != output->channels) {
    output->mapped = (float *)peri__allocate(mapped_bytes(output), PERI_CACHE_LINE);
    if (!output->mapped) return *output = (peri__sdl_output){0}, false;
  }
  alsa_handler before = alsa_set_handler(keep_quiet);
  bool fine = open_default(output, plan);
  if (before) alsa_set_handler(before);
  if (!fine) return forget(output), false;
  const char *name = sdl->GetCurrentAudioDriver();
  snprintf(output->name, sizeof output->name, "%s", name ? name : "SDL2");
  return true;
}

void peri__sdl_output_close(peri__sdl_output *output) {
  if (!output->sdl) return;
  alsa_handler before = alsa_set_handler(keep_quiet);
  output->sdl->CloseAudioDevice(output->id);
  quit_audio(output);
  if (before) alsa_set_handler(before);
  forget(output);
}

void peri__sdl_output_set_paused(peri__sdl_output *output, bool paused) {
  output->sdl->PauseAudioDevice(output->id, paused);
}

/* SDL 2 shows an opened device that was unplugged as stopped. */
bool peri__sdl_output_is_lost(const peri__sdl_output *output) {
  return output->sdl->GetAudioDeviceStatus(output->id) == SDL_AUDIO_STOPPED;
}
