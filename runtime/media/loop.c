/* Where a file says that it loops: the comments LOOPSTART with LOOPLENGTH or LOOPEND of an Ogg Vorbis, the smpl chunk
 * of a WAV. What contradicts itself or the file's length is no loop: a wrong one is worse than none. */
#include "media/decoders.h"

#include <string.h>
#include <strings.h>

static const peri__loop no_loop = {0, 0};

peri__loop peri__loop_within(peri__loop loop, uint64_t frames) {
  if (loop.end == PERI_LOOP_TO_END) loop.end = frames;
  return loop.start < loop.end && loop.end <= frames ? loop : no_loop;
}

void peri__set_loop(peri__storage *storage, peri__loop loop) {
  peri__loop heard = peri__loop_within(loop, storage->frames);
  storage->loop_start = (double)heard.start / storage->sample_rate;
  storage->loop_end = (double)heard.end / storage->sample_rate;
}

/* ---- Vorbis comments (Vorbis I, 5.2.1) ------------------------------------------------------------------------ */

typedef struct text {
  const unsigned char *bytes;
  size_t size;
} text;

static void skip(text *from, size_t count) {
  from->bytes += count;
  from->size -= count;
}

/* A string with its length in front. */
static bool take_string(text *from, text *string) {
  if (from->size < 4) return false;
  uint32_t length = peri__little_32(from->bytes);
  if (length > from->size - 4) return false;
  *string = (text){from->bytes + 4, length};
  skip(from, 4 + (size_t)length);
  return true;
}

/* In any case of letters. */
static bool take_word(text *from, const char *word) {
  size_t length = strlen(word);
  if (from->size < length || strncasecmp((const char *)from->bytes, word, length) != 0) return false;
  skip(from, length);
  return true;
}

enum { START, LENGTH, END, TAGS };

/* Which tag a comment is, or TAGS; its value is left. */
static int take_tag(text *comment) {
  static const char *const names[TAGS] = {"START=", "LENGTH=", "END="};
  if (!take_word(comment, "LOOP")) return TAGS;
  if (!take_word(comment, "_")) take_word(comment, "-");
  int tag = START;
  while (tag < TAGS && !take_word(comment, names[tag])) tag++;
  return tag;
}

/* Digits alone; few enough that sums stay below PERI_LOOP_TO_END. */
static bool read_frames(text value, uint64_t *frames) {
  if (value.size < 1 || value.size > 18) return false;
  *frames = 0;
  for (size_t i = 0; i < value.size; i++) {
    if (value.bytes[i] < '0' || value.bytes[i] > '9') return false;
    *frames = *frames * 10 + (value.bytes[i] - '0');
  }
  return true;
}

peri__loop peri__loop_of_comments(const unsigned char *bytes, size_t size) {
  text rest = {bytes, size}, comment;
  if (!take_string(&rest, &comment) || rest.size < 4) return no_loop; /* the encoder's name */
  uint32_t count = peri__little_32(rest.bytes);
  skip(&rest, 4);
  bool found[TAGS] = {false};
  uint64_t frames[TAGS] = {0};
  for (; count; count--) {
    if (!take_string(&rest, &comment)) return no_loop;
    int tag = take_tag(&comment);
    if (tag == TAGS || found[tag]) continue;
    if (!read_frames(comment, &frames[tag])) return no_loop;
    found[tag] = true;
  }
  if (found[LENGTH]) return (peri__loop){frames[START], frames[START] + frames[LENGTH]};
  if (found[END]) return (peri__loop){frames[START], frames[END]};
  return found[START] ? (peri__loop){frames[START], PERI_LOOP_TO_END} : no_loop;
}

/* ---- WAV's smpl chunk ----------------------------------------------------------------------------------------- */

enum { SAMPLER_LOOPS = 28, SAMPLER_HEADER = 36, LOOP_TYPE = 4, LOOP_START = 8, LOOP_LAST = 12, LOOP_SIZE = 24 };

/* The first loop, if it runs forwards (the other types run to and fro, or backwards). */
peri__loop peri__loop_of_sampler(const unsigned char *bytes, size_t size) {
  if (size < SAMPLER_HEADER + LOOP_SIZE || peri__little_32(bytes + SAMPLER_LOOPS) == 0) return no_loop;
  const unsigned char *first = bytes + SAMPLER_HEADER;
  if (peri__little_32(first + LOOP_TYPE) != 0) return no_loop;
  return (peri__loop){peri__little_32(first + LOOP_START), (uint64_t)peri__little_32(first + LOOP_LAST) + 1};
}
