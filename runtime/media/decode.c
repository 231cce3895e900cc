#include "media/decoders.h"

#include "dsp/mix.h"
#include "dsp/resample.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool peri__cannot_decode(const peri__sound_file *file, const char *format, ...) {
  char reason[384];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  return peri__fail("'%s' cannot be decoded: %s", file->name, reason);
}

bool peri__can_play(const peri__sound_file *file, uint32_t channels, double sample_rate, uint64_t frames) {
  if (channels < 1 || channels > PERI_MAX_CHANNELS)
    return peri__cannot_decode(file, "it has %u channels; 1 to %d can be played", channels, PERI_MAX_CHANNELS);
  if (!(sample_rate >= PERI_MIN_SAMPLE_RATE && sample_rate <= PERI_MAX_SAMPLE_RATE))
    return peri__cannot_decode(file, "its sample rate is %.0f Hz; %.0f to %.0f Hz can be played", sample_rate,
                               PERI_MIN_SAMPLE_RATE, PERI_MAX_SAMPLE_RATE);
  if (frames == 0) return peri__cannot_decode(file, "it holds no samples");
  if (frames > PERI_MAX_FRAMES)
    return peri__cannot_decode(file, "it has %llu frames; at most %u can be played", (unsigned long long)frames,
                               PERI_MAX_FRAMES);
  return true;
}

/* ---- Which format --------------------------------------------------------------------------------------------- */

typedef struct sound_format {
  peri__storage *(*decode)(const peri__sound_file *file);
  bool (*inspect)(const peri__sound_file *file, peri_file_info *info);
} sound_format;

static const sound_format wav = {peri__decode_wav, peri__inspect_wav};
static const sound_format vorbis = {peri__decode_vorbis, peri__inspect_vorbis};

static bool begins(const peri__sound_file *file, const char *start) {
  size_t length = strlen(start);
  return file->size >= length && memcmp(file->bytes, start, length) == 0;
}

static bool is_text(const peri__sound_file *file) {
  size_t length = file->size < 64 ? file->size : 64;
  for (size_t i = 0; i < length; i++)
    if (!isprint(file->bytes[i]) && !isspace(file->bytes[i])) return false;
  return true;
}

/* What a file of no known format looks like. */
static const char *guess(const peri__sound_file *file) {
  if (begins(file, "ID3")) return "an MP3 file";
  if (file->size > 1 && file->bytes[0] == 0xff && (file->bytes[1] & 0xe0) == 0xe0) return "an MP3 file";
  if (begins(file, "fLaC")) return "a FLAC file";
  if (begins(file, "FORM")) return "an AIFF file";
  if (begins(file, "RIFX")) return "a big-endian WAV file (RIFX)";
  if (begins(file, "RF64") || begins(file, "BW64")) return "a WAV file of more than 4 GiB (RF64)";
  if (begins(file, "\x89PNG")) return "a PNG picture";
  if (is_text(file)) return "text";
  return "something else";
}

static const sound_format *find_format(const peri__sound_file *file) {
  if (file->size == 0) return peri__cannot_decode(file, "it is empty"), NULL;
  if (begins(file, "RIFF")) return &wav;
  if (begins(file, "OggS")) return &vorbis;
  return peri__cannot_decode(file, "it is %s; WAV and Ogg Vorbis are known", guess(file)), NULL;
}

/* ---- Decoding ------------------------------------------------------------------------------------------------- */

static void silence_nonfinite(const peri__sound_file *file, peri__storage *storage) {
  uint64_t found = 0;
  for (uint32_t c = 0; c < storage->channels; c++) {
    float *samples = peri__storage_channel(storage, c);
    if (peri__all_finite(samples, storage->frames)) continue;
    for (uint32_t i = 0; i < storage->frames; i++) {
      if (isfinite(samples[i])) continue;
      samples[i] = 0;
      found++;
    }
  }
  if (found)
    peri__log(PERI_LOG_WARNING, "'%s': samples that are no numbers (NaN or infinite) are silent, %llu of them",
              file->name, (unsigned long long)found);
}

static void resample_channels(const peri__resampler *resampler, const float *table, const peri__storage *from,
                              peri__storage *to) {
  for (uint32_t c = 0; c < from->channels; c++) {
    peri__resampling job = {.table = table, .in = peri__storage_channel(from, c), .in_frames = from->frames};
    job.out = peri__storage_channel(to, c);
    job.out_frames = to->frames;
    peri__resampler_run(resampler, &job);
  }
}

static peri__storage *resampled(const peri__sound_file *file, const peri__storage *storage, double sample_rate) {
  peri__resampler resampler = peri__resampler_plan(storage->sample_rate, sample_rate);
  uint64_t frames = peri__resampler_frames(&resampler, storage->frames);
  if (!peri__can_play(file, storage->channels, sample_rate, frames)) return NULL;
  float *table = PERI_NEW_ARRAY(float, resampler.table_floats);
  if (!table) return NULL;
  peri__resampler_prepare(&resampler, table);
  peri__storage *result = peri__storage_create_raw(storage->channels, (uint32_t)frames, sample_rate);
  if (result) {
    resample_channels(&resampler, table, storage, result);
    /* Rounding the length may have cut a part of a frame. */
    double duration = (double)frames / sample_rate;
    result->loop_start = storage->loop_start;
    result->loop_end = storage->loop_end < duration ? storage->loop_end : duration;
  }
  peri__release(table, resampler.table_floats * sizeof(float));
  return result;
}

peri__storage *peri__decode(const char *name, const void *bytes, size_t size, double sample_rate) {
  peri__sound_file file = {name, (const unsigned char *)bytes, size};
  const sound_format *format = find_format(&file);
  peri__storage *storage = format ? format->decode(&file) : NULL;
  if (!storage) return NULL;
  silence_nonfinite(&file, storage);
  if (sample_rate <= 0 || sample_rate == storage->sample_rate) return storage;
  peri__storage *result = resampled(&file, storage, sample_rate);
  peri__storage_drop(storage);
  return result;
}

bool peri__inspect(const char *name, const void *bytes, size_t size, peri_file_info *info) {
  peri__sound_file file = {name, (const unsigned char *)bytes, size};
  const sound_format *format = find_format(&file);
  peri_file_info found = {.bytes = size};
  if (!format || !format->inspect(&file, &found)) return false;
  *info = found;
  return true;
}
