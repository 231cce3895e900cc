/* WAV. SDL2 decodes (PCM of 8 to 32 bits, float, ADPCM, A-law, µ-law); what a header claims is checked here first, as
 * SDL is lenient towards files that end early. */
#include "media/decoders.h"

#include "base/sdl.h"

#include <string.h>

enum { TAG_PCM = 1, TAG_FLOAT = 3, TAG_ALAW = 6, TAG_MULAW = 7, TAG_EXTENSIBLE = 0xfffe };

typedef struct wav_header {
  uint32_t tag, channels, sample_rate, bits;
  uint32_t data_bytes;
  uint32_t fact_frames; /* what a fact chunk says, or 0 */
} wav_header;

static bool read_format(const peri__sound_file *file, size_t at, size_t size, wav_header *header) {
  const unsigned char *format = file->bytes + at;
  if (size < 16)
    return peri__cannot_decode(file, "it is corrupted: its format chunk has %zu bytes, 16 are the least", size);
  header->tag = peri__little_16(format);
  header->channels = peri__little_16(format + 2);
  header->sample_rate = peri__little_32(format + 4);
  header->bits = peri__little_16(format + 14);
  if (header->tag == TAG_EXTENSIBLE && size >= 26) header->tag = peri__little_16(format + 24);
  if (header->tag == TAG_FLOAT && header->bits != 32)
    return peri__cannot_decode(file, "its samples are floats of %u bits; 32 are known", header->bits);
  if (header->tag == TAG_PCM && (header->bits % 8 || header->bits < 8 || header->bits > 32))
    return peri__cannot_decode(file, "its samples have %u bits; 8, 16, 24 and 32 are known", header->bits);
  return peri__can_play(file, header->channels, header->sample_rate, 1);
}

static bool read_data(const peri__sound_file *file, size_t at, uint32_t claimed, wav_header *header) {
  size_t there = file->size - at;
  if (claimed > there)
    return peri__cannot_decode(file, "it is truncated: it claims %u bytes of samples and holds %zu", claimed, there);
  header->data_bytes = claimed;
  return true;
}

static bool read_header(const peri__sound_file *file, wav_header *header) {
  *header = (wav_header){0};
  if (file->size < 12) return peri__cannot_decode(file, "it is truncated: it ends after %zu bytes", file->size);
  if (memcmp(file->bytes + 8, "WAVE", 4) != 0)
    return peri__cannot_decode(file, "it is a RIFF file, but no WAV; WAV and Ogg Vorbis are known");
  bool format_known = false;
  for (size_t at = 12; at + 8 <= file->size;) {
    const unsigned char *chunk = file->bytes + at;
    uint32_t size = peri__little_32(chunk + 4);
    at += 8;
    if (memcmp(chunk, "data", 4) == 0 && format_known) return read_data(file, at, size, header);
    if (size > file->size - at) break;
    if (memcmp(chunk, "fmt ", 4) == 0) {
      if (!read_format(file, at, size, header)) return false;
      format_known = true;
    }
    if (memcmp(chunk, "fact", 4) == 0 && size >= 4) header->fact_frames = peri__little_32(chunk + 8);
    at += (size_t)size + (size & 1);
  }
  return peri__cannot_decode(file, "it is truncated or corrupted: no %s was found",
                             format_known ? "sample data" : "format chunk");
}

/* Bytes of a frame where that is fixed, or 0. */
static uint32_t frame_bytes(const wav_header *header) {
  switch (header->tag) {
  case TAG_PCM:
  case TAG_FLOAT:
  case TAG_ALAW:
  case TAG_MULAW: return header->channels * ((header->bits + 7) / 8);
  default: return 0;
  }
}

/* Stands in front of the samples or behind them. */
static peri__loop read_loop(const peri__sound_file *file) {
  for (size_t at = 12; at + 8 <= file->size;) {
    const unsigned char *chunk = file->bytes + at;
    uint32_t size = peri__little_32(chunk + 4);
    at += 8;
    if (size > file->size - at) break;
    if (memcmp(chunk, "smpl", 4) == 0) return peri__loop_of_sampler(chunk + 8, size);
    at += (size_t)size + (size & 1);
  }
  return (peri__loop){0, 0};
}

/* ---- Samples to float ----------------------------------------------------------------------------------------- */

static void copy_u8(float *to, const Uint8 *from, size_t count, size_t step) {
  for (size_t i = 0; i < count; i++) to[i] = (float)(from[i * step] - 128) * (1.0f / 128);
}

static void copy_s8(float *to, const Sint8 *from, size_t count, size_t step) {
  for (size_t i = 0; i < count; i++) to[i] = (float)from[i * step] * (1.0f / 128);
}

static void copy_s16(float *to, const Sint16 *from, size_t count, size_t step) {
  for (size_t i = 0; i < count; i++) to[i] = (float)from[i * step] * (1.0f / 32768);
}

static void copy_s32(float *to, const Sint32 *from, size_t count, size_t step) {
  for (size_t i = 0; i < count; i++) to[i] = (float)((double)from[i * step] * (1.0 / 2147483648.0));
}

static void copy_f32(float *to, const float *from, size_t count, size_t step) {
  for (size_t i = 0; i < count; i++) to[i] = from[i * step];
}

/* One channel out of interleaved samples; false for a format that SDL's loader does not make. */
static bool copy_channel(SDL_AudioFormat format, float *to, const void *samples, uint32_t channel, size_t count,
                         size_t step) {
  switch (format) {
  case AUDIO_U8: return copy_u8(to, (const Uint8 *)samples + channel, count, step), true;
  case AUDIO_S8: return copy_s8(to, (const Sint8 *)samples + channel, count, step), true;
  case AUDIO_S16SYS: return copy_s16(to, (const Sint16 *)samples + channel, count, step), true;
  case AUDIO_S32SYS: return copy_s32(to, (const Sint32 *)samples + channel, count, step), true;
  case AUDIO_F32SYS: return copy_f32(to, (const float *)samples + channel, count, step), true;
  default: return false;
  }
}

/* ---- Loading -------------------------------------------------------------------------------------------------- */

typedef struct loaded {
  const peri__sdl *sdl;
  SDL_AudioSpec spec;
  Uint8 *bytes;
  uint64_t frames;
} loaded;

static bool load(const peri__sound_file *file, const wav_header *header, loaded *wav) {
  *wav = (loaded){.sdl = peri__sdl_functions()};
  if (!wav->sdl) return peri__cannot_decode(file, "%s", peri_error());
  if (file->size > INT32_MAX) return peri__cannot_decode(file, "it is larger than 2 GiB");
  Uint32 length = 0;
  SDL_RWops *source = wav->sdl->RWFromConstMem(file->bytes, (int)file->size);
  if (!source || !wav->sdl->LoadWAV_RW(source, 1, &wav->spec, &wav->bytes, &length))
    return peri__cannot_decode(file, "%s", wav->sdl->GetError());
  uint32_t bytes = wav->spec.channels * SDL_AUDIO_BITSIZE(wav->spec.format) / 8u;
  wav->frames = bytes ? length / bytes : 0;
  uint32_t fixed = frame_bytes(header);
  if (wav->spec.channels != header->channels || (fixed && wav->frames != header->data_bytes / fixed)) {
    wav->sdl->FreeWAV(wav->bytes);
    return peri__cannot_decode(file, "it is corrupted: the sizes in its header contradict each other");
  }
  /* The last block of ADPCM is filled up. */
  if (!fixed && header->fact_frames && header->fact_frames < wav->frames) wav->frames = header->fact_frames;
  if (peri__can_play(file, wav->spec.channels, wav->spec.freq, wav->frames)) return true;
  wav->sdl->FreeWAV(wav->bytes);
  return false;
}

static peri__storage *make_storage(const peri__sound_file *file, const loaded *wav) {
  uint32_t channels = wav->spec.channels, frames = (uint32_t)wav->frames;
  peri__storage *storage = peri__storage_create_raw(channels, frames, wav->spec.freq);
  for (uint32_t c = 0; storage && c < channels; c++) {
    if (copy_channel(wav->spec.format, peri__storage_channel(storage, c), wav->bytes, c, frames, channels)) continue;
    peri__storage_drop(storage);
    return peri__cannot_decode(file, "its sample format (SDL's 0x%x) is not known", wav->spec.format), NULL;
  }
  return storage;
}

peri__storage *peri__decode_wav(const peri__sound_file *file) {
  wav_header header;
  loaded wav;
  if (!read_header(file, &header) || !load(file, &header, &wav)) return NULL;
  peri__storage *storage = make_storage(file, &wav);
  wav.sdl->FreeWAV(wav.bytes);
  if (storage) peri__set_loop(storage, read_loop(file));
  return storage;
}

static bool count_frames(const peri__sound_file *file, const wav_header *header, uint64_t *frames) {
  uint32_t bytes = frame_bytes(header);
  if (bytes) return *frames = header->data_bytes / bytes, true;
  loaded wav;
  if (!load(file, header, &wav)) return false;
  *frames = wav.frames;
  wav.sdl->FreeWAV(wav.bytes);
  return true;
}

bool peri__inspect_wav(const peri__sound_file *file, peri_file_info *info) {
  wav_header header;
  if (!read_header(file, &header) || !count_frames(file, &header, &info->frames)) return false;
  if (!peri__can_play(file, header.channels, header.sample_rate, info->frames)) return false;
  strcpy(info->format, "WAV");
  info->channels = header.channels;
  info->sample_rate = header.sample_rate;
  peri__loop loop = peri__loop_within(read_loop(file), info->frames);
  info->loop_start = loop.start;
  info->loop_end = loop.end;
  return true;
}
