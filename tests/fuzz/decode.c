/* Mutates real sound files and decodes them: `perilune-fuzz-decode ITERATIONS FILE…`, the same mutations at every
 * run. stb_vorbis is compiled in here from Debian's header, so that a sanitizer build watches its inside too. Checksums
 * of Ogg pages are made right again after most mutations: otherwise hardly any would get past them. */
#include "media/decoders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <stb/stb_vorbis.h>

#define MAX_SIZE (1u << 20)

static uint64_t state = 1;

static uint32_t any(uint32_t limit) { /* xorshift64* */
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return (uint32_t)((state * 2685821657736338717u) >> 33) % (limit ? limit : 1);
}

typedef struct file {
  unsigned char *bytes;
  size_t size;
} file;

static size_t ogg_page(const file *f, size_t at) {
  if (at + 27 > f->size || memcmp(f->bytes + at, "OggS", 4) != 0 || at + 27 + f->bytes[at + 26] > f->size) return 0;
  size_t size = 27u + f->bytes[at + 26];
  for (int i = 0; i < f->bytes[at + 26]; i++) size += f->bytes[at + 27 + (size_t)i];
  return at + size <= f->size ? size : 0;
}

static void mend_checksums(file *f) {
  size_t size;
  for (size_t at = 0; (size = ogg_page(f, at)) != 0; at += size) {
    uint32_t crc = 0;
    memset(f->bytes + at + 22, 0, 4);
    for (size_t i = 0; i < size; i++) {
      crc ^= (uint32_t)f->bytes[at + i] << 24;
      for (int bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x80000000u ? 0x04c11db7u : 0);
    }
    memcpy(f->bytes + at + 22, &crc, 4);
  }
}

static size_t place(const file *f) { /* the headers are the interesting part */
  return any(3) ? any((uint32_t)(f->size < 6000 ? f->size : 6000)) : any((uint32_t)f->size);
}

static void flip_bits(file *f) {
  for (uint32_t n = 1 + any(8); n; n--) f->bytes[place(f)] ^= (unsigned char)(1u << any(8));
}

static void set_bytes(file *f) {
  static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 16, 255};
  size_t at = place(f);
  for (uint32_t n = 1 + any(6); n && at < f->size; n--)
    f->bytes[at++] = any(2) ? values[any(8)] : (unsigned char)any(256);
}

static void cut_end(file *f) { f->size = 1 + any((uint32_t)f->size); }

static void move_block(file *f) {
  size_t length = 1 + any(512), from = any((uint32_t)f->size), to = place(f);
  if (from + length <= f->size && to + length <= f->size) memmove(f->bytes + to, f->bytes + from, length);
}

static void remove_block(file *f) {
  size_t length = 1 + any(64), at = place(f);
  if (at + length >= f->size) return;
  memmove(f->bytes + at, f->bytes + at + length, f->size - at - length);
  f->size -= length;
}

static void mutate(file *f) {
  static void (*const kinds[])(file *) = {flip_bits, flip_bits, flip_bits,  set_bytes,
                                          set_bytes, cut_end,   move_block, remove_block};
  for (uint32_t n = 1 + any(2); n; n--) kinds[any(8)](f);
  if (any(8)) mend_checksums(f);
}

/* A changed copy, exactly as large as it has become: reading past the end shows. */
static file mutated(const void *bytes, size_t size) {
  file f = {malloc(size), size};
  memcpy(f.bytes, bytes, size);
  mutate(&f);
  f.bytes = realloc(f.bytes, f.size);
  return f;
}

/* What the files say of loops, by itself: inside a file hardly any change would hit it. */
static long mutate_loops(void) {
  static const char comments[] = "\3\0\0\0own\2\0\0\0\15\0\0\0LOOPSTART=100\17\0\0\0LOOP_LENGTH=500";
  static const unsigned char sampler[60] = {[28] = 1, [44] = 10, [48] = 99};
  file f = mutated(comments, sizeof comments - 1), g = mutated(sampler, sizeof sampler);
  long loops = peri__loop_within(peri__loop_of_comments(f.bytes, f.size), 1000).end > 0;
  loops += peri__loop_within(peri__loop_of_sampler(g.bytes, g.size), 1000).end > 0;
  free(f.bytes);
  free(g.bytes);
  return loops;
}

static bool read_seed(const char *path, file *seed) {
  seed->bytes = peri__read_file(path, &seed->size);
  if (seed->bytes && seed->size <= MAX_SIZE) return true;
  fprintf(stderr, "%s\n", seed->bytes ? "a seed is larger than 1 MiB" : peri_error());
  return false;
}

int main(int count, char **arguments) {
  if (count < 3) return fprintf(stderr, "usage: %s ITERATIONS FILE...\n", arguments[0]), 2;
  long iterations = atol(arguments[1]), decoded = 0, loops = 0;
  uint32_t seeds = (uint32_t)count - 2;
  file *seed = calloc(seeds, sizeof *seed);
  for (uint32_t i = 0; i < seeds; i++)
    if (!read_seed(arguments[2 + i], &seed[i])) return 1;
  for (long i = 0; i < iterations; i++) {
    const file *from = &seed[any(seeds)];
    file f = mutated(from->bytes, from->size);
    peri_file_info info;
    peri__inspect("fuzz", f.bytes, f.size, &info);
    peri__storage *storage = peri__decode("fuzz", f.bytes, f.size, any(16) ? 0 : 48000);
    decoded += storage != NULL;
    peri__storage_drop(storage);
    free(f.bytes);
    loops += mutate_loops();
  }
  printf("%ld mutated files: %ld decoded, %ld refused\n", iterations, decoded, iterations - decoded);
  printf("%ld mutated loops: %ld hold, %ld are none\n", 2 * iterations, loops, 2 * iterations - loops);
  for (uint32_t i = 0; i < seeds; i++) peri__release(seed[i].bytes, seed[i].size);
  free(seed);
  if (peri__storage_bytes_alive() == 0 && peri__memory_bytes() == 0) return 0;
  fprintf(stderr, "memory was lost: %llu bytes\n", (unsigned long long)peri__memory_bytes());
  return 1;
}
