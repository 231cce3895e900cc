/* The WAV writer: 32-bit IEEE float, little endian. Sizes in the header stay 0 until the file is closed. */
#include "base/base.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HEADER_BYTES 58 /* RIFF 12, fmt 26, fact 12, data 8 */
#define MAX_DATA_BYTES (UINT32_MAX - (HEADER_BYTES - 8))

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are written as they stand in memory");

struct peri_wav {
  FILE *file;
  uint64_t frames;
  uint32_t channels, sample_rate;
  int problem; /* errno of the first write that failed */
  size_t path_bytes;
  char path[];
};

static unsigned char *put(unsigned char *to, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; i++) *to++ = (unsigned char)(value >> (8 * i));
  return to;
}

static unsigned char *put_name(unsigned char *to, const char *name) {
  memcpy(to, name, 4);
  return to + 4;
}

static void make_header(const peri_wav *wav, uint64_t frames, unsigned char header[HEADER_BYTES]) {
  uint32_t frame_bytes = wav->channels * (uint32_t)sizeof(float), data_bytes = (uint32_t)(frames * frame_bytes);
  unsigned char *at = put_name(header, "RIFF");
  at = put(at, HEADER_BYTES - 8 + data_bytes, 4);
  at = put_name(put_name(at, "WAVE"), "fmt ");
  at = put(at, 18, 4);
  at = put(at, 3, 2); /* WAVE_FORMAT_IEEE_FLOAT */
  at = put(at, wav->channels, 2);
  at = put(at, wav->sample_rate, 4);
  at = put(at, wav->sample_rate * frame_bytes, 4);
  at = put(at, frame_bytes, 2);
  at = put(at, 32, 2);
  at = put(at, 0, 2);
  at = put(put_name(at, "fact"), 4, 4);
  at = put(at, (uint32_t)frames, 4);
  put(put_name(at, "data"), data_bytes, 4);
}

static bool refuse(const char *path, const char *reason) {
  return peri__fail("'%s' cannot be written: %s", path, reason);
}

static bool write_bytes(peri_wav *wav, const void *bytes, size_t size) {
  if (wav->problem) return false;
  errno = 0;
  if (fwrite(bytes, 1, size, wav->file) != size) wav->problem = errno ? errno : EIO;
  return wav->problem == 0;
}

static bool write_header(peri_wav *wav, uint64_t frames) {
  unsigned char header[HEADER_BYTES];
  make_header(wav, frames, header);
  return write_bytes(wav, header, sizeof header);
}

peri_wav *peri_wav_create(const char *path, uint32_t channels, double sample_rate) {
  if (!path) return peri__fail("WAV: a path is wanted"), NULL;
  if (channels < 1 || channels > PERI_MAX_CHANNELS)
    return peri__fail("'%s': channels must be 1 to %d, not %u", path, PERI_MAX_CHANNELS, channels), NULL;
  if (!(sample_rate >= PERI_MIN_SAMPLE_RATE && sample_rate <= PERI_MAX_SAMPLE_RATE))
    return peri__fail("'%s': the sample rate must be %g to %g Hz, not %g", path, PERI_MIN_SAMPLE_RATE,
                      PERI_MAX_SAMPLE_RATE, sample_rate),
           NULL;
  size_t path_bytes = strlen(path) + 1;
  peri_wav *wav = (peri_wav *)peri__allocate(sizeof *wav + path_bytes, 16);
  if (!wav) return NULL;
  memcpy(wav->path, path, path_bytes);
  wav->path_bytes = path_bytes;
  wav->channels = channels;
  wav->sample_rate = (uint32_t)lround(sample_rate);
  wav->file = fopen(path, "wbe");
  if (!wav->file) {
    refuse(path, strerror(errno));
    peri__release(wav, sizeof *wav + path_bytes);
    return NULL;
  }
  write_header(wav, 0);
  return wav;
}

bool peri_wav_write(peri_wav *wav, const float *interleaved, uint64_t frames) {
  if (!wav || (!interleaved && frames)) return peri__fail("WAV: a file and samples are wanted");
  size_t frame_bytes = wav->channels * sizeof(float);
  if (frames > MAX_DATA_BYTES / frame_bytes - wav->frames)
    return refuse(wav->path, "a WAV file ends at 4 GiB; close this one and begin another");
  if (frames == 0) return true;
  if (!write_bytes(wav, interleaved, (size_t)frames * frame_bytes)) return refuse(wav->path, strerror(wav->problem));
  wav->frames += frames;
  return true;
}

/* Puts the sizes in. After a failed write they cover what was written whole before. */
static void complete(peri_wav *wav) {
  int before = wav->problem;
  wav->problem = 0;
  if (fseek(wav->file, 0, SEEK_SET) != 0)
    wav->problem = errno;
  else
    write_header(wav, wav->frames);
  if (fclose(wav->file) != 0 && !wav->problem) wav->problem = errno ? errno : EIO;
  if (before) wav->problem = before;
}

bool peri_wav_close(peri_wav *wav) {
  if (!wav) return peri__fail("WAV: a file is wanted");
  complete(wav);
  bool fine = wav->problem == 0;
  if (!fine) refuse(wav->path, strerror(wav->problem));
  peri__release(wav, sizeof *wav + wav->path_bytes);
  return fine;
}
