/* Decoding, against stb_vorbis alone: what remains is checking the stream, writing it anew and copying. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

#define STB_VORBIS_HEADER_ONLY
#include <stb/stb_vorbis.h>

#define SOUND "assets/music.ogg"
#define BATCH 4096

typedef struct file {
  unsigned char *bytes;
  size_t size;
} file;

static file read_file(const char *path) {
  FILE *in = fopen(path, "rb");
  if (!in) {
    fprintf(stderr, "perilune-bench: cannot open %s: run this in the project's folder\n", path);
    exit(1);
  }
  fseek(in, 0, SEEK_END);
  file f = {.size = (size_t)ftell(in)};
  rewind(in);
  f.bytes = malloc(f.size);
  bench_must(f.bytes && fread(f.bytes, 1, f.size, in) == f.size, SOUND);
  fclose(in);
  return f;
}

static double decode(void *user) {
  const file *f = user;
  uint64_t from = bench_now(false);
  peri_buffer *buffer = peri_buffer_decode(f->bytes, f->size, 0.0, PERI_FORMAT_F32);
  uint64_t to = bench_now(false);
  bench_must(buffer != NULL, SOUND);
  peri_buffer_release(buffer);
  return (double)(to - from);
}

static double decode_by_stb(void *user) {
  const file *f = user;
  uint64_t from = bench_now(false);
  int error;
  stb_vorbis *decoder = stb_vorbis_open_memory(f->bytes, (int)f->size, &error, NULL);
  bench_must(decoder != NULL, "stb_vorbis");
  int channels = stb_vorbis_get_info(decoder).channels;
  size_t frames = stb_vorbis_stream_length_in_samples(decoder);
  float *samples = malloc(frames * (size_t)channels * sizeof *samples),
        *at[2] = {samples, samples + frames * (size_t)(channels - 1)};
  bench_must(samples && channels <= 2, "stb_vorbis");
  for (int count; (count = stb_vorbis_get_samples_float(decoder, channels, at, BATCH)) > 0;)
    at[0] += count, at[1] += count;
  stb_vorbis_close(decoder);
  uint64_t to = bench_now(false);
  free(samples);
  return (double)(to - from);
}

void bench_decode(void) {
  file f = read_file(SOUND);
  peri_buffer *buffer = peri_buffer_decode(f.bytes, f.size, 0.0, PERI_FORMAT_F32);
  bench_must(buffer != NULL, SOUND);
  double seconds = peri_buffer_duration(buffer);
  peri_buffer_release(buffer);
  bench_run(&(bench_race){.name = "music.ogg, stereo, not resampled",
                          .ours = {NULL, decode, &f},
                          .limit = {{"stb_vorbis called directly", decode_by_stb, &f}},
                          .sound = seconds,
                          .goal = {1.05}});
  free(f.bytes);
}
